"""Reading orders: whole ones with their parts in one statement, pages, timelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    Select,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from ordergraph.commerce.orders.itemizing import Activity, AppliedDiscount, LineItem, Tip
from ordergraph.commerce.orders.lifecycle import (
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import (
    ActivityRow,
    DiscountRow,
    LineItemRow,
    OrderRow,
    TipRow,
)
from ordergraph.commerce.payments.reads import payment_of
from ordergraph.commerce.payments.tables import PaymentRow
from ordergraph.core.paging import Page, PageRequest, cut
from ordergraph.core.problems import not_found
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.documents import columns_of, document_of, read, row_of
from ordergraph.runtime.db.paging import (
    contains,
    counted_to_limit,
    counts_by_owner,
    paged,
    pages_by_owner,
)
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader, Transaction


class OrderSortField(StrEnum):
    """What a list of orders is ordered by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    TOTAL = "TOTAL"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders a list has; None places no condition. Bounds: from inclusive, to exclusive."""

    statuses: tuple[OrderStatus, ...] | None = None
    payment_statuses: tuple[OrderPaymentStatus, ...] | None = None
    refund_statuses: tuple[OrderRefundStatus, ...] | None = None
    sources: tuple[OrderSource, ...] | None = None
    customer_id: UUID | None = None
    number: str | None = None
    external_reference_id: str | None = None
    query: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    placed: bool | None = True


_PLACED = OrderFilter()
_SCALARS = columns_of(OrderRow, Order, skip=("line_items", "applied_discounts", "tips", "payments"))
_SORTS = {
    OrderSortField.CREATED_AT: OrderRow.created_at,
    OrderSortField.UPDATED_AT: OrderRow.updated_at,
    OrderSortField.TOTAL: OrderRow.total_minor,
}


async def load_order(tx: Transaction, id: UUID, *field: str) -> Order:
    """Lock an order and return it with all its parts; a missing one is not found at `field`.

    A buyer's credential opens only the order whose secret it holds. Two statements: the parts
    are read after the lock is held, so that they are never older than the order.
    """
    if tx.actor.is_buyer and tx.actor.order_id != id:
        raise not_found("order", *field)
    if await tx.scalar(_LOCK, {"wanted": id}) is None:
        raise not_found("order", *field)
    row = await tx.first(_BY_IDS, {"ids": [id]})
    assert row is not None  # it is locked
    return _order(row)


async def orders_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Order]:
    """Return the orders among `ids` that this reader may see, by id, in one statement."""
    actor = reader.actor
    allowed = [id for id in ids if not actor.is_buyer or id == actor.order_id]
    if not allowed:
        return {}
    rows = await reader.rows(_BY_IDS, {"ids": allowed})
    return {row.id: _order(row) for row in rows}


async def order_by_number(reader: Reader, number: str) -> Order | None:
    """Return the order with this number."""
    row = await reader.first(_BY_NUMBER, {"wanted": number})
    return None if row is None else _order(row)


async def order_page(
    reader: Reader, wanted: OrderFilter, sort: OrderSortField, page: PageRequest
) -> Page[Order]:
    """Return one page of orders with all their parts, in one statement."""
    rows = await reader.rows(paged(_filtered(wanted, *_WHOLE), _SORTS[sort], OrderRow, page))
    return cut([_order(row) for row in rows], page.limit)


async def order_count(reader: Reader, wanted: OrderFilter) -> int:
    """Count the orders of a list, to one beyond the limit of counts."""
    return await counted_to_limit(reader, _filtered(wanted, *_SCALARS[:1]))


async def orders_of_customers(
    reader: Reader, customer_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[Order]]:
    """Return one page of the placed orders of each customer, in one statement."""
    row = OrderRow
    pages = await pages_by_owner(
        reader,
        _filtered(_PLACED, *_WHOLE),
        row.customer_id,
        row.created_at,
        row,
        customer_ids,
        page,
    )
    return {
        id: Page([_order(each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def order_counts_of_customers(
    reader: Reader, customer_ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """Count the placed orders of each customer, to one beyond the limit of counts."""
    statement = _filtered(_PLACED, *_SCALARS[:1])
    return await counts_by_owner(reader, statement, OrderRow.customer_id, customer_ids)


def sort_key(order: Order, sort: OrderSortField) -> tuple[datetime | int, UUID]:
    """Return where an order stands in a list ordered by `sort`."""
    match sort:
        case OrderSortField.CREATED_AT:
            return order.created_at, order.id
        case OrderSortField.UPDATED_AT:
            return order.updated_at, order.id
        case OrderSortField.TOTAL:
            return order.total_minor, order.id


async def order_id_by_secret(reader: Reader, digest: bytes) -> UUID | None:
    """Return the order that a client secret opens, by the digest that is kept of it."""
    return await reader.scalar(_BY_SECRET, {"digest": digest})


async def activity_pages(
    reader: Reader, order_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[Activity]]:
    """Return one page of the timeline of each order, in one statement."""
    row = ActivityRow
    pages = await pages_by_owner(
        reader, _ACTIVITIES, row.order_id, row.created_at, row, order_ids, page
    )
    return {
        id: Page([Activity(*each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def activity_counts(reader: Reader, order_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the entries of the timeline of each order, to one beyond the limit of counts."""
    return await counts_by_owner(reader, _ACTIVITIES, ActivityRow.order_id, order_ids)


async def line_items_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, LineItem]:
    """Return the lines among `ids` that this reader may see, by id."""
    statement = select(*columns_of(LineItemRow, LineItem)).where(
        within(LineItemRow), LineItemRow.id.in_(ids)
    )
    if reader.actor.is_buyer:
        statement = statement.where(LineItemRow.order_id == reader.actor.order_id)
    return {row.id: LineItem(*row) for row in await reader.rows(statement)}


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


def _filtered(wanted: OrderFilter, *columns: ColumnElement[Any]) -> Select[Any]:
    statement = select(*columns).where(within(OrderRow))
    for column, values in (
        (OrderRow.status, wanted.statuses),
        (OrderRow.payment_status, wanted.payment_statuses),
        (OrderRow.refund_status, wanted.refund_statuses),
        (OrderRow.source, wanted.sources),
    ):
        if values is not None:
            statement = statement.where(column.in_(values))
    for column, value in (
        (OrderRow.customer_id, wanted.customer_id),
        (OrderRow.number, wanted.number),
        (OrderRow.external_reference_id, wanted.external_reference_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.query:
        statement = statement.where(contains(wanted.query, OrderRow.number, OrderRow.buyer_email))
    if wanted.created_from is not None:
        statement = statement.where(OrderRow.created_at >= wanted.created_from)
    if wanted.created_to is not None:
        statement = statement.where(OrderRow.created_at < wanted.created_to)
    if wanted.placed is not None:
        placed = OrderRow.placed_at.is_not(None) if wanted.placed else OrderRow.placed_at.is_(None)
        statement = statement.where(placed)
    return statement


def _order(row: Any) -> Order:
    *scalars, lines, discounts, tips, payments = row
    return Order(
        *scalars,
        line_items=[read(LineItem, each) for each in lines],
        applied_discounts=[read(AppliedDiscount, each) for each in discounts],
        tips=[read(Tip, each) for each in tips],
        payments=[payment_of(row_of(PaymentRow, each)) for each in payments],
    )


def _parts(row: type[TenantRow], order: str) -> ColumnElement[Any]:
    """Return the parts of one kind as a JSON array beside their order."""
    name = row.__tablename__
    document = document_of(row, "part")
    return literal_column(
        f"(SELECT coalesce(jsonb_agg({document} ORDER BY part.{order}, part.id), '[]')"  # noqa: S608  # made of our own names
        f" FROM {name} AS part WHERE part.environment_id = orders.environment_id"
        f" AND part.order_id = orders.id)",
        JSONB(),
    ).label(name)


_LOCK = (
    select(OrderRow.id)
    .where(within(OrderRow), OrderRow.id == bindparam("wanted"))
    .with_for_update()
)
_WHOLE = (
    *_SCALARS,
    _parts(LineItemRow, "position"),
    _parts(DiscountRow, "applied_at"),
    _parts(TipRow, "created_at"),
    _parts(PaymentRow, "captured_at"),
)
_BY_IDS = select(*_WHOLE).where(
    within(OrderRow), OrderRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
)
_BY_NUMBER = select(*_WHOLE).where(within(OrderRow), OrderRow.number == bindparam("wanted"))
_ACTIVITIES = select(*columns_of(ActivityRow, Activity)).where(within(ActivityRow))
_BY_SECRET = select(OrderRow.id).where(
    within(OrderRow), OrderRow.secret_hash == bindparam("digest", type_=LargeBinary)
)
