"""Lists of orders: which there are, in which order, and as much of each as is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select

from ordergraph.commerce.orders.lifecycle import (
    FulfillmentStatus,
    InventoryException,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
)
from ordergraph.commerce.orders.reads import WHOLE, order_of
from ordergraph.commerce.orders.rules import BriefOrder, ListedOrder, Order
from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.core.money import Money
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Column, Listing, contains, one_of_these, pattern
from ordergraph.runtime.db.prepared import Record, Values, maker
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


class OrderSortField(StrEnum):
    """What a list of orders is ordered by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    TOTAL = "TOTAL"
    OUTSTANDING = "OUTSTANDING"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders a list has; None places no condition.

    Bounds of time: from inclusive, to exclusive. Bounds of totals, both inclusive, are in one
    currency, which the orders have too.
    """

    statuses: tuple[OrderStatus, ...] | None = None
    payment_statuses: tuple[OrderPaymentStatus, ...] | None = None
    refund_statuses: tuple[OrderRefundStatus, ...] | None = None
    fulfillment_statuses: tuple[FulfillmentStatus, ...] | None = None
    inventory_exceptions: tuple[InventoryException, ...] | None = None
    sources: tuple[OrderSource, ...] | None = None
    customer_id: UUID | None = None
    number: str | None = None
    external_reference_id: str | None = None
    query: str | None = None
    min_total: Money | None = None
    max_total: Money | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    placed: bool | None = True


async def order_page(
    reader: Reader, wanted: OrderFilter, sort: OrderSortField, page: PageRequest
) -> Page[Order]:
    """Return one page of orders with all their parts, in one statement."""
    found = await _ORDERS.page(reader, sort, page, _conditions(wanted))
    return Page([order_of(row) for row in found.items], found.has_next)


async def listed_order_page(
    reader: Reader, wanted: OrderFilter, sort: OrderSortField, page: PageRequest
) -> Page[ListedOrder]:
    """Return the same page with as much of each order as lists show."""
    found = await _LISTED_ORDERS.page(reader, sort, page, _conditions(wanted))
    return Page([_listed(row) for row in found.items], found.has_next)


async def brief_order_page(
    reader: Reader, wanted: OrderFilter, sort: OrderSortField, page: PageRequest
) -> Page[BriefOrder]:
    """Return the same page with as much of each order as most lists show."""
    found = await _BRIEF_ORDERS.page(reader, sort, page, _conditions(wanted))
    return Page(_briefly(found.items), found.has_next)


async def order_count(reader: Reader, wanted: OrderFilter) -> int:
    """Count the orders of a list, to one beyond the limit of counts."""
    return await _LISTED_ORDERS.count(reader, _conditions(wanted))


async def orders_of_customers(
    reader: Reader, customer_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[Order]]:
    """Return one page of the placed orders of each customer, in one statement."""
    pages = await _ORDERS.pages(
        reader, OrderSortField.CREATED_AT, page, customer_ids, {"is_placed": True}
    )
    return {
        id: Page([order_of(each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def order_counts_of_customers(
    reader: Reader, customer_ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """Count the placed orders of each customer, to one beyond the limit of counts."""
    return await _LISTED_ORDERS.counts(reader, customer_ids, {"is_placed": True})


def sort_key(order: BriefOrder, sort: OrderSortField) -> tuple[datetime | int, UUID]:
    """Return where an order stands in a list ordered by `sort`."""
    match sort:
        case OrderSortField.CREATED_AT:
            return order.created_at, order.id
        case OrderSortField.UPDATED_AT:
            return order.updated_at, order.id
        case OrderSortField.TOTAL:
            return order.total_minor, order.id
        case OrderSortField.OUTSTANDING:
            return max(order.net_amounts.balance.minor, 0), order.id


def _conditions(wanted: OrderFilter) -> Values:
    """Return which conditions hold, with their values."""
    conditions: dict[str, Any] = {
        name: value for name in _GIVEN if (value := getattr(wanted, name, None)) is not None
    }
    for name in ("min_total", "max_total"):
        bound: Money | None = getattr(wanted, name)
        if bound is not None:
            conditions |= {name: bound.minor, "currency": bound.currency}
    if wanted.query:
        conditions["query"] = pattern(wanted.query)
    if wanted.placed is not None:
        conditions["is_placed" if wanted.placed else "is_cart"] = True
    return conditions


def _briefly(rows: Sequence[Record]) -> list[BriefOrder]:
    """Make orders of rows of `_BRIEF_COLUMNS`: by name, for a page makes a hundred."""
    return [
        BriefOrder(
            id,
            number,
            _STATUSES[status],
            _PAYMENTS[paid],
            _REFUNDS[refunded],
            _FULFILLMENTS[sent],
            *rest,
        )
        for id, number, status, paid, refunded, sent, *rest in rows
    ]


_STATUSES = {each.value: each for each in OrderStatus}
_PAYMENTS = {each.value: each for each in OrderPaymentStatus}
_REFUNDS = {each.value: each for each in OrderRefundStatus}
_FULFILLMENTS = {each.value: each for each in FulfillmentStatus}
_BRIEF_COLUMNS = columns_of(OrderRow, BriefOrder)
_LISTED_COLUMNS = columns_of(OrderRow, ListedOrder)
_listed = maker(ListedOrder, _LISTED_COLUMNS)

_GIVEN: Mapping[str, ColumnElement[bool]] = {
    "statuses": one_of_these(OrderRow.status, "statuses"),
    "payment_statuses": one_of_these(OrderRow.payment_status, "payment_statuses"),
    "refund_statuses": one_of_these(OrderRow.refund_status, "refund_statuses"),
    "fulfillment_statuses": one_of_these(OrderRow.fulfillment_status, "fulfillment_statuses"),
    "inventory_exceptions": one_of_these(OrderRow.inventory_exception, "inventory_exceptions"),
    "sources": one_of_these(OrderRow.source, "sources"),
    "customer_id": OrderRow.customer_id == bindparam("customer_id"),
    "number": OrderRow.number == bindparam("number"),
    "external_reference_id": OrderRow.external_reference_id == bindparam("external_reference_id"),
    "created_from": OrderRow.created_at >= bindparam("created_from"),
    "created_to": OrderRow.created_at < bindparam("created_to"),
    "updated_from": OrderRow.updated_at >= bindparam("updated_from"),
    "updated_to": OrderRow.updated_at < bindparam("updated_to"),
}
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    **_GIVEN,
    "min_total": OrderRow.total_minor >= bindparam("min_total"),
    "max_total": OrderRow.total_minor <= bindparam("max_total"),
    "currency": OrderRow.currency == bindparam("currency"),
    "query": contains(
        "query", OrderRow.number, OrderRow.buyer_email, OrderRow.external_reference_id
    ),
    "is_placed": OrderRow.placed_at.is_not(None),
    "is_cart": OrderRow.placed_at.is_(None),
}
_SORTS: Mapping[str, Column] = {
    OrderSortField.CREATED_AT: OrderRow.created_at,
    OrderSortField.UPDATED_AT: OrderRow.updated_at,
    OrderSortField.TOTAL: OrderRow.total_minor,
    OrderSortField.OUTSTANDING: OrderRow.outstanding_minor,
}


def _listing(columns: Sequence[ColumnElement[Any]]) -> Listing:
    statement = select(*columns).where(within(OrderRow))
    return Listing(statement, OrderRow, _SORTS, _CONDITIONS, OrderRow.customer_id)


_ORDERS = _listing(WHOLE)
_LISTED_ORDERS = _listing(_LISTED_COLUMNS)
_BRIEF_ORDERS = _listing(_BRIEF_COLUMNS)
