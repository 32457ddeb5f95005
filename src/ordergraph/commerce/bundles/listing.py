"""Listing bundles: filters, sorts and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    or_,
    select,
)

from ordergraph.commerce.bundles.building import (
    BUNDLE_COLUMNS,
    COUNTED_COLUMNS,
    bundle_of,
    bundles,
)
from ordergraph.commerce.bundles.rules import Bundle, BundleStatus
from ordergraph.commerce.bundles.tables import BundleRow
from ordergraph.commerce.catalog.rules import name_key
from ordergraph.commerce.catalog.tables import SellableCodeRow
from ordergraph.commerce.categories.rules import label_key
from ordergraph.commerce.categories.tables import CategoryMemberRow, CategoryRow
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.paging import Column, Listing, contains, one_of_these, pattern
from ordergraph.runtime.db.prepared import Values
from ordergraph.runtime.db.transaction import Reader


class BundleSortField(StrEnum):
    """What a list of bundles is ordered by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


@dataclass(frozen=True, slots=True)
class BundleFilter:
    """Which bundles a list has; without `statuses` all that are not deleted.

    `query` is a part of the name, the description or the SKU; `id` that of a bundle, when the text
    looked for is one. `categories` are labels or slugs, `category_ids` ids of which one is enough.
    Times are from `_after`, included, to `_before`, excluded.
    """

    query: str | None = None
    id: UUID | None = None
    statuses: tuple[BundleStatus, ...] = ()
    categories: tuple[str, ...] = ()
    category_ids: tuple[UUID, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None


async def bundle_page(
    reader: Reader, wanted: BundleFilter, sort: BundleSortField, page: PageRequest
) -> Page[Bundle]:
    """Return one page of bundles, without their components, in one statement."""
    return await _page(_LISTING, reader, wanted, sort, page)


async def counted_bundle_page(
    reader: Reader, wanted: BundleFilter, sort: BundleSortField, page: PageRequest
) -> Page[Bundle]:
    """Return the same page without a look at stock: components are only counted (BUN-10).

    What is said of availability means nothing there.
    """
    return await _page(_COUNTED, reader, wanted, sort, page)


async def bundle_count(reader: Reader, wanted: BundleFilter) -> int:
    """Count the bundles of a list, to one beyond the limit of counts."""
    return await _COUNTED.count(reader, _conditions(reader, wanted))


def sort_key(bundle: Bundle, sort: BundleSortField) -> tuple[datetime | str, UUID]:
    """Return where a bundle stands in a list ordered by `sort`."""
    if sort is BundleSortField.NAME:
        return name_key(bundle.name), bundle.id
    at = bundle.created_at if sort is BundleSortField.CREATED_AT else bundle.updated_at
    return at, bundle.id


async def _page(
    listing: Listing,
    reader: Reader,
    wanted: BundleFilter,
    sort: BundleSortField,
    page: PageRequest,
) -> Page[Bundle]:
    found = await listing.page(reader, sort, page, _conditions(reader, wanted))
    return Page([bundle_of(row) for row in found.items], found.has_next)


def _conditions(reader: Reader, wanted: BundleFilter) -> Values:
    """Return which conditions hold, with their values."""
    conditions: dict[str, Any] = {
        name: value for name in _BOUNDS if (value := getattr(wanted, name)) is not None
    }
    if wanted.statuses:
        conditions["statuses"] = wanted.statuses
    else:
        conditions["not_deleted"] = True
    if reader.actor.is_buyer:
        conditions["active"] = True
    if wanted.categories or wanted.category_ids:
        conditions |= {
            "categories": [label_key(each) for each in wanted.categories],
            "category_ids": wanted.category_ids,
        }
    if wanted.query:
        conditions["text" if wanted.id is None else "text_or_id"] = True
        conditions |= {"query": pattern(wanted.query), "id": wanted.id}
    return conditions


def _in_categories() -> ColumnElement[bool]:
    """It stands in one of some categories, named by id, slug or label."""
    member, category = CategoryMemberRow, CategoryRow
    words = any_(bindparam("categories", type_=ARRAY(Text)))
    named = or_(
        category.slug == words,
        category.name_key == words,
        category.id == any_(bindparam("category_ids", type_=ARRAY(Uuid))),
    )
    return exists(
        select(member.member_id)
        .join(
            category,
            and_(
                category.environment_id == member.environment_id,
                category.id == member.category_id,
            ),
        )
        .where(
            member.environment_id == BundleRow.environment_id,
            member.member_id == BundleRow.id,
            named,
        )
        .correlate(BundleRow)
    )


_BOUNDS: Mapping[str, ColumnElement[bool]] = {
    "created_after": BundleRow.created_at >= bindparam("created_after"),
    "created_before": BundleRow.created_at < bindparam("created_before"),
    "updated_after": BundleRow.updated_at >= bindparam("updated_after"),
    "updated_before": BundleRow.updated_at < bindparam("updated_before"),
}
"""Bounds of TIME-2: `after` is included, `before` is not."""

_HAS_TEXT = contains("query", BundleRow.name, BundleRow.description, SellableCodeRow.sku)
_SORTS: Mapping[str, Column] = {
    BundleSortField.NAME: BundleRow.name_key,
    BundleSortField.CREATED_AT: BundleRow.created_at,
    BundleSortField.UPDATED_AT: BundleRow.updated_at,
}
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    **_BOUNDS,
    "statuses": one_of_these(BundleRow.status, "statuses"),
    "not_deleted": BundleRow.status != BundleStatus.DELETED,
    "active": BundleRow.status == BundleStatus.ACTIVE,
    "categories": _in_categories(),
    "text": _HAS_TEXT,
    "text_or_id": or_(_HAS_TEXT, BundleRow.id == bindparam("id", type_=Uuid)),
}
_LISTING, _COUNTED = (
    Listing(bundles(*columns), BundleRow, _SORTS, _CONDITIONS)
    for columns in (BUNDLE_COLUMNS, COUNTED_COLUMNS)
)
