"""Reading orders: whole ones with their parts in one statement, pages, timelines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    select,
)

from ordergraph.commerce.catalog.rules import NamedVariant
from ordergraph.commerce.catalog.tables import SellableCodeRow, VariantRow
from ordergraph.commerce.orders.itemizing import (
    Activity,
    AppliedDiscount,
    Charge,
    LineItem,
    ShownLine,
    Tip,
)
from ordergraph.commerce.orders.rules import Order, ShownOrder
from ordergraph.commerce.orders.tables import (
    ActivityRow,
    ChargeRow,
    DiscountRow,
    LineItemRow,
    OrderRow,
    TipRow,
)
from ordergraph.commerce.payments.reads import PAYMENT_COLUMNS, payment_of
from ordergraph.commerce.payments.tables import PaymentRow
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import Prepared, Record, Values, maker, named
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


async def orders_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Order]:
    """Return the orders among `ids` that this reader may see, by id, in one statement."""
    actor = reader.actor
    allowed = [id for id in ids if not actor.is_buyer or id == actor.order_id]
    if not allowed:
        return {}
    rows = await reader.fetch(_BY_IDS, {"ids": allowed})
    return {order.id: order for order in map(order_of, rows)}


async def order_by_number(reader: Reader, number: str) -> Order | None:
    """Return the order with this number."""
    rows = await reader.fetch(_BY_NUMBER, {"wanted": number})
    return order_of(rows[0]) if rows else None


async def order_id_by_secret(reader: Reader, digest: bytes) -> UUID | None:
    """Return the order that a client secret opens, by the digest that is kept of it."""
    rows = await reader.fetch(_BY_SECRET, {"digest": digest})
    return rows[0][0] if rows else None


async def order_ids_by_secrets(reader: Reader, digests: Sequence[bytes]) -> Mapping[bytes, UUID]:
    """Return the orders that client secrets open, by the digests that open one."""
    rows = await reader.fetch(_BY_SECRETS, {"digests": list(digests)})
    return {row[0]: row[1] for row in rows}


async def activity_pages(
    reader: Reader, order_ids: Sequence[UUID], page: PageRequest, until: datetime | None = None
) -> Mapping[UUID, Page[Activity]]:
    """Return one page of the timeline of each order, in one statement; `until` ends it earlier."""
    pages = await _TIMELINES.pages(reader, "created_at", page, order_ids, _by_then(until))
    return {
        id: Page([Activity(*each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def activity_counts(
    reader: Reader, order_ids: Sequence[UUID], until: datetime | None = None
) -> Mapping[UUID, int]:
    """Count the entries of the timeline of each order, to one beyond the limit of counts."""
    return await _TIMELINES.counts(reader, order_ids, _by_then(until))


def _by_then(until: datetime | None) -> Values:
    return {} if until is None else {"until": until}


async def line_items_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, LineItem]:
    """Return the lines among `ids` that this reader may see, by id."""
    lines = map(_line, await reader.fetch(_LINES_BY_IDS, {"ids": ids}))
    actor = reader.actor
    return {
        line.id: line for line in lines if not actor.is_buyer or line.order_id == actor.order_id
    }


async def earlier_paid_orders(
    reader: Reader, order_id: UUID, customer_id: UUID | None, email: str | None
) -> int:
    """Count the other orders that this customer, or else this e-mail address, has paid."""
    statement = select(func.count()).where(
        within(OrderRow), OrderRow.paid_at.is_not(None), OrderRow.id != order_id
    )
    if customer_id is not None:
        statement = statement.where(OrderRow.customer_id == customer_id)
    else:
        statement = statement.where(func.lower(OrderRow.buyer_email) == (email or "").lower())
    return int(await reader.scalar(statement))


def order_of(row: Record) -> Order:
    """Make an order of a row of `WHOLE`."""
    *_, lines, discounts, charges, tips, payments = row
    order = _scalars(row[: len(_SCALARS)])
    order.line_items = [_line(each) for each in lines]
    order.applied_discounts = [_discount(each) for each in discounts]
    order.charges = [_charge(each) for each in charges]
    order.tips = [_tip(each) for each in tips]
    order.payments = [payment_of(_payment(each)) for each in payments]
    return order


def shown_order_of(row: Record) -> ShownOrder[ShownLine]:
    """Make an order of a row of `shown`."""
    *_, lines, discounts, charges, tips, payments = row
    order = _shown(row[: len(_SHOWN_COLUMNS)])
    order.line_items = [_shown_line(*each) for each in lines]
    order.applied_discounts = [_discount(each) for each in discounts]
    order.charges = [_charge(each) for each in charges]
    order.tips = [_tip(each) for each in tips]
    order.payments = [payment_of(_payment(each)) for each in payments]
    return order


def shown(*, named: bool) -> tuple[Any, ...]:
    """Return the columns of an order as its page shows it; `named` tells what its variants are
    called, as a merchant sees them."""
    lines = parts_of(_SHOWN_LINE_COLUMNS, LineItemRow, "position")
    if named:
        lines = _named_lines()
    return (*_SHOWN_COLUMNS, lines, *WHOLE[len(_SCALARS) + 1 :])


def _named_lines() -> Any:
    line, variant, sku = LineItemRow, VariantRow, SellableCodeRow
    environment = line.environment_id
    lines = (
        select(func.row(*_SHOWN_LINE_COLUMNS, variant.id, sku.sku))
        .select_from(line)
        .outerjoin(
            variant, and_(variant.environment_id == environment, variant.id == line.variant_id)
        )
        .outerjoin(sku, and_(sku.environment_id == environment, sku.id == variant.id))
        .where(environment == OrderRow.environment_id, line.order_id == OrderRow.id)
        .order_by(line.position, line.id)
        .correlate(OrderRow)
    )
    return func.array(lines.scalar_subquery()).label("lines")


def _shown_line(*values: Any) -> ShownLine:
    line = ShownLine(*values[:_OF_LINE])
    if values[_OF_LINE:] and values[_OF_LINE] is not None:
        line.named = NamedVariant(*values[_OF_LINE:])
    return line


def parts_of(columns: Sequence[ColumnElement[Any]], row: type[TenantRow], by: str) -> Any:
    """Select the parts of one kind beside their order, as a list of rows."""
    table: Any = row.__table__
    parts = (
        select(func.row(*columns))
        .where(table.c.environment_id == OrderRow.environment_id, table.c.order_id == OrderRow.id)
        .order_by(table.c[by], table.c.id)
        .correlate(OrderRow)
    )
    return func.array(parts.scalar_subquery()).label(table.name)


_PARTS = ("line_items", "applied_discounts", "charges", "tips", "payments")
_SCALARS = columns_of(OrderRow, Order, skip=_PARTS)
_SHOWN_COLUMNS = columns_of(OrderRow, ShownOrder, skip=_PARTS)
_LINE_COLUMNS = columns_of(LineItemRow, LineItem)
_SHOWN_LINE_COLUMNS = columns_of(LineItemRow, ShownLine)
_OF_LINE = len(_SHOWN_LINE_COLUMNS)
_DISCOUNT_COLUMNS = columns_of(DiscountRow, AppliedDiscount)
_CHARGE_COLUMNS = columns_of(ChargeRow, Charge)
_TIP_COLUMNS = columns_of(TipRow, Tip)
_scalars = maker(Order, _SCALARS)
_shown: Callable[[Record], ShownOrder[ShownLine]] = maker(ShownOrder, _SHOWN_COLUMNS)
_line = maker(LineItem, _LINE_COLUMNS)
_discount = maker(AppliedDiscount, _DISCOUNT_COLUMNS)
_charge = maker(Charge, _CHARGE_COLUMNS)
_tip = maker(Tip, _TIP_COLUMNS)
_payment = named(PAYMENT_COLUMNS)

WHOLE: tuple[Any, ...] = (
    *_SCALARS,
    parts_of(_LINE_COLUMNS, LineItemRow, "position"),
    parts_of(_DISCOUNT_COLUMNS, DiscountRow, "applied_at"),
    parts_of(_CHARGE_COLUMNS, ChargeRow, "created_at"),
    parts_of(_TIP_COLUMNS, TipRow, "created_at"),
    parts_of(PAYMENT_COLUMNS, PaymentRow, "captured_at"),
)
_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_ALL = select(*WHOLE).where(within(OrderRow))
_BY_IDS = Prepared(_ALL.where(OrderRow.id == _IDS))
_BY_NUMBER = Prepared(_ALL.where(OrderRow.number == bindparam("wanted")))
_TIMELINES = Listing(
    select(*columns_of(ActivityRow, Activity)).where(within(ActivityRow)),
    ActivityRow,
    {"created_at": ActivityRow.created_at},
    {"until": ActivityRow.created_at <= bindparam("until")},
    owner=ActivityRow.order_id,
)
_LINES_BY_IDS = Prepared(select(*_LINE_COLUMNS).where(within(LineItemRow), LineItemRow.id == _IDS))
_BY_SECRET = Prepared(
    select(OrderRow.id).where(
        within(OrderRow), OrderRow.secret_hash == bindparam("digest", type_=LargeBinary)
    )
)
_BY_SECRETS = Prepared(
    select(OrderRow.secret_hash, OrderRow.id).where(
        within(OrderRow),
        OrderRow.secret_hash == any_(bindparam("digests", type_=ARRAY(LargeBinary))),
    )
)
