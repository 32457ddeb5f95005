"""Looking coupons up: as terms for orders, and as the object that the graph shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)

from ordergraph.commerce.coupons.lifecycle import EffectiveStatus
from ordergraph.commerce.coupons.rules import Coupon, name_key, normal_code
from ordergraph.commerce.coupons.tables import CouponRow, CouponUseRow, CouponUseStatus
from ordergraph.core.discounts import CouponStatus, CouponTerms
from ordergraph.core.money import Money
from ordergraph.core.paging import Page, PageRequest, SortValue
from ordergraph.runtime.db.paging import Listing, contains, pattern
from ordergraph.runtime.db.prepared import Prepared, Record, Values, named
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


class CouponSortField(StrEnum):
    """What a list of coupons is ordered by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    EXPIRES_AT = "EXPIRES_AT"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class CouponFilter:
    """Which coupons a list has; without statuses all but the deleted ones.

    `limit_item` is a product, variant, bundle or category that they are limited to. Bounds: from
    inclusive, to exclusive; a coupon that never expires is within none.
    """

    status: tuple[EffectiveStatus, ...] = ()
    query: str | None = None
    limit_item: UUID | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    expires_from: datetime | None = None
    expires_to: datetime | None = None


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Where coupons that do not expire stand among the others."""


async def terms_by_code(reader: Reader, code: str) -> CouponTerms | None:
    """Return the terms behind a code, whatever its case; None if unknown or deleted (DSC-2)."""
    rows = await reader.fetch(_BY_CODE, {"wanted": normal_code(code)})
    return _terms(_row(rows[0])) if rows else None


async def terms_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, CouponTerms]:
    """Return the terms of the coupons among `ids` that exist, deleted ones included (DSC-10)."""
    rows = await reader.fetch(_BY_IDS, {"ids": ids})
    return {row.id: _terms(row) for row in map(_row, rows)}


def terms_beside(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return a column for `terms_from`: the coupons that meet any of the conditions."""
    found = select(func.row(*_COLUMNS)).where(within(CouponRow), or_(*conditions))
    return func.array(found.scalar_subquery())


def terms_from(rows: Sequence[Record]) -> dict[UUID, CouponTerms]:
    """Return the terms of the coupons in a column that `terms_beside` made, by id."""
    return {row.id: _terms(row) for row in map(_row, rows)}


async def uses_of(
    reader: Reader,
    coupon_ids: Sequence[UUID],
    customer_key: str,
    but_order: UUID | None = None,
) -> Mapping[UUID, int]:
    """Count the uses that a customer holds or has spent of each coupon; 0 where there is none.

    What `but_order` holds itself is left out, for whomever it counts.
    """
    values = {"ids": coupon_ids, "customer": customer_key, "but_order": but_order}
    rows = await reader.fetch(_USES, values)
    return dict.fromkeys(coupon_ids, 0) | dict(map(tuple, rows))


async def held_uses(reader: Reader, order_id: UUID) -> Collection[UUID]:
    """Return the coupons of which an order holds or has spent a use (DSC-7)."""
    rows = await reader.fetch(_HELD, {"wanted": order_id})
    return {row[0] for row in rows}


async def newest_terms(reader: Reader, most: int) -> Sequence[CouponTerms]:
    """Return the terms of the newest coupons that are switched on, the newest first."""
    return [_terms(_row(row)) for row in await reader.fetch(_NEWEST, {"most": most})]


async def coupons_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Coupon]:
    """Return the coupons among `ids` that exist, deleted ones included, by id."""
    rows = await reader.fetch(_BY_IDS, {"ids": ids})
    return {row.id: coupon_of(row, reader.now) for row in map(_row, rows)}


async def coupon_by_code(reader: Reader, code: str) -> Coupon | None:
    """Return the coupon with this code, whatever its case; None if unknown or deleted."""
    rows = await reader.fetch(_BY_CODE, {"wanted": normal_code(code)})
    return coupon_of(_row(rows[0]), reader.now) if rows else None


async def coupon_page(
    reader: Reader, wanted: CouponFilter, sort: CouponSortField, page: PageRequest
) -> Page[Coupon]:
    """Return one page of coupons."""
    now = reader.now
    found = await _LISTING.page(reader, sort, page, _conditions(wanted, now))
    return Page([coupon_of(_row(each), now) for each in found.items], found.has_next)


async def coupon_count(reader: Reader, wanted: CouponFilter) -> int:
    """Count the coupons of a list, to one beyond the limit of counts."""
    return await _LISTING.count(reader, _conditions(wanted, reader.now))


def sort_key(coupon: Coupon, sort: CouponSortField) -> tuple[SortValue, UUID]:
    """Return where a coupon stands in a list ordered by `sort`."""
    if sort is CouponSortField.NAME:
        return name_key(coupon.name), coupon.id
    if sort is CouponSortField.EXPIRES_AT:
        return coupon.expires_at or _NEVER, coupon.id
    at = coupon.created_at if sort is CouponSortField.CREATED_AT else coupon.updated_at
    return at, coupon.id


def coupon_of(row: Any, now: datetime) -> Coupon:
    """Return a row as the coupon that it is at `now`."""
    return Coupon(
        id=row.id,
        name=row.name,
        description=row.description,
        code=row.code,
        percent_off=row.percent,
        amount_off=_money(row.amount_minor, row.currency),
        max_uses=row.max_uses,
        uses_count=row.uses_count,
        max_uses_per_customer=row.max_uses_per_customer,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        minimum_purchase=_money(row.minimum_minor, row.currency),
        limit_variant_ids=tuple(row.limit_variant_ids),
        limit_product_ids=tuple(row.limit_product_ids),
        limit_bundle_ids=tuple(row.limit_bundle_ids),
        limit_category_ids=tuple(row.limit_category_ids),
        first_order_only=row.first_order_only,
        stackable=row.stackable,
        stored_status=row.status,
        metadata=row.metadata,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        read_at=now,
    )


def _terms(row: Any) -> CouponTerms:
    return CouponTerms(
        id=row.id,
        code=row.code,
        name=row.name,
        percent=row.percent,
        amount=_money(row.amount_minor, row.currency),
        max_uses=row.max_uses,
        uses_count=row.uses_count,
        max_uses_per_customer=row.max_uses_per_customer,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        minimum=_money(row.minimum_minor, row.currency),
        limit_variant_ids=frozenset(row.limit_variant_ids),
        limit_product_ids=frozenset(row.limit_product_ids),
        limit_bundle_ids=frozenset(row.limit_bundle_ids),
        limit_category_ids=frozenset(row.limit_category_ids),
        first_order_only=row.first_order_only,
        stackable=row.stackable,
        status=row.status,
    )


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)


def _conditions(wanted: CouponFilter, now: datetime) -> Values:
    conditions: dict[str, Any] = {"not_deleted": True}
    if wanted.status:
        conditions = {"status": wanted.status, "now": now}
    if wanted.query:
        conditions["query"] = pattern(wanted.query)
    given = {name: getattr(wanted, name) for name in _GIVEN}
    return conditions | {name: value for name, value in given.items() if value is not None}


def _effective() -> ColumnElement[str]:
    """Say `lifecycle.effective_status` in SQL."""
    return case(
        (CouponRow.status != CouponStatus.ACTIVE, CouponRow.status.cast(Text)),
        (CouponRow.expires_at <= bindparam("now"), EffectiveStatus.EXPIRED.value),
        (CouponRow.uses_count >= CouponRow.max_uses, EffectiveStatus.EXHAUSTED.value),
        else_=EffectiveStatus.ACTIVE.value,
    )


_COLUMNS: tuple[Any, ...] = tuple(
    column for column in CouponRow.__table__.c if column.name != "environment_id"
)
_row = named(_COLUMNS)
_COUPONS = select(*_COLUMNS).where(within(CouponRow))
_NOT_DELETED = CouponRow.status != CouponStatus.DELETED
_BY_IDS = Prepared(_COUPONS.where(CouponRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
_BY_CODE = Prepared(_COUPONS.where(CouponRow.code == bindparam("wanted"), _NOT_DELETED))
_NEWEST = Prepared(
    _COUPONS.where(CouponRow.status == CouponStatus.ACTIVE)
    .order_by(CouponRow.created_at.desc(), CouponRow.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)
_HELD = Prepared(
    select(CouponUseRow.coupon_id).where(
        within(CouponUseRow),
        CouponUseRow.order_id == bindparam("wanted", type_=Uuid),
        CouponUseRow.status != CouponUseStatus.RELEASED,
    )
)
_ITEM = bindparam("limit_item", type_=Uuid)
_GIVEN: Mapping[str, ColumnElement[bool]] = {
    "limit_item": or_(
        any_(CouponRow.limit_product_ids) == _ITEM,
        any_(CouponRow.limit_variant_ids) == _ITEM,
        any_(CouponRow.limit_bundle_ids) == _ITEM,
        any_(CouponRow.limit_category_ids) == _ITEM,
    ),
    "created_from": CouponRow.created_at >= bindparam("created_from"),
    "created_to": CouponRow.created_at < bindparam("created_to"),
    "updated_from": CouponRow.updated_at >= bindparam("updated_from"),
    "updated_to": CouponRow.updated_at < bindparam("updated_to"),
    "expires_from": CouponRow.expires_at >= bindparam("expires_from"),
    "expires_to": CouponRow.expires_at < bindparam("expires_to"),
}
_LISTING = Listing(
    _COUPONS,
    CouponRow,
    sorts={
        CouponSortField.CREATED_AT: CouponRow.created_at,
        CouponSortField.UPDATED_AT: CouponRow.updated_at,
        CouponSortField.EXPIRES_AT: func.coalesce(CouponRow.expires_at, literal(_NEVER)),
        CouponSortField.NAME: CouponRow.name_key,
    },
    conditions={
        "status": _effective() == any_(bindparam("status", type_=ARRAY(Text))),
        "not_deleted": _NOT_DELETED,
        "query": contains("query", CouponRow.code, CouponRow.name),
        **_GIVEN,
    },
)
_USES = Prepared(
    select(CouponUseRow.coupon_id, func.count())
    .where(
        within(CouponUseRow),
        CouponUseRow.coupon_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        CouponUseRow.customer_key == bindparam("customer"),
        CouponUseRow.order_id.is_distinct_from(bindparam("but_order", type_=Uuid)),
        CouponUseRow.status != CouponUseStatus.RELEASED,
    )
    .group_by(CouponUseRow.coupon_id)
)
