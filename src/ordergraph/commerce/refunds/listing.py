"""Lists of refunds: which ones, in which order, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select

from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.commerce.refunds.lifecycle import RefundReason, RefundStatus
from ordergraph.commerce.refunds.reads import REFUNDS, Refund, refund_of
from ordergraph.commerce.refunds.tables import PaymentRefundRow, RefundRow
from ordergraph.core.money import Money
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.paging import Column, Listing, contains, one_of_these, pattern
from ordergraph.runtime.db.prepared import Values
from ordergraph.runtime.db.transaction import Reader


class RefundSortField(StrEnum):
    """What a list of refunds is ordered by."""

    CREATED_AT = "CREATED_AT"
    AMOUNT = "AMOUNT"


@dataclass(frozen=True, slots=True)
class RefundFilter:
    """Which refunds a list has; None places no condition. Times: from inclusive, to exclusive.

    Amounts are bounds, both inclusive, in one currency, which the refunds have too.
    """

    order_id: UUID | None = None
    payment_id: UUID | None = None
    customer_id: UUID | None = None
    statuses: tuple[RefundStatus, ...] | None = None
    reasons: tuple[RefundReason, ...] | None = None
    min_amount: Money | None = None
    max_amount: Money | None = None
    query: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


async def refund_page(
    reader: Reader, wanted: RefundFilter, sort: RefundSortField, page: PageRequest
) -> Page[Refund]:
    """Return one page of refunds, with what each gives back of which payment."""
    found = await _LISTING.page(reader, sort, page, _conditions(wanted))
    return Page([refund_of(row) for row in found.items], found.has_next)


async def refund_count(reader: Reader, wanted: RefundFilter) -> int:
    """Count the refunds of a list, to one beyond the limit of counts."""
    return await _LISTING.count(reader, _conditions(wanted))


def sort_key(refund: Refund, sort: RefundSortField) -> tuple[datetime | int, UUID]:
    """Return where a refund stands in a list ordered by `sort`."""
    if sort is RefundSortField.AMOUNT:
        return refund.amount_minor, refund.id
    return refund.created_at, refund.id


def _conditions(wanted: RefundFilter) -> Values:
    """Return which conditions hold, with their values."""
    conditions: dict[str, Any] = {
        name: value for name in _GIVEN if (value := getattr(wanted, name)) is not None
    }
    for name in ("min_amount", "max_amount"):
        bound: Money | None = getattr(wanted, name)
        if bound is not None:
            conditions |= {name: bound.minor, "currency": bound.currency}
    if wanted.query:
        conditions["query"] = pattern(wanted.query)
    return conditions


def _of_customer() -> ColumnElement[bool]:
    order = (
        select(OrderRow.id)
        .where(
            OrderRow.environment_id == RefundRow.environment_id,
            OrderRow.id == RefundRow.order_id,
            OrderRow.customer_id == bindparam("customer_id"),
        )
        .correlate(RefundRow)
    )
    return order.exists()


def _of_payment() -> ColumnElement[bool]:
    leg = PaymentRefundRow
    legs = (
        select(leg.id)
        .where(
            leg.environment_id == RefundRow.environment_id,
            leg.refund_id == RefundRow.id,
            leg.payment_id == bindparam("payment_id"),
        )
        .correlate(RefundRow)
    )
    return legs.exists()


_GIVEN: Mapping[str, ColumnElement[bool]] = {
    "order_id": RefundRow.order_id == bindparam("order_id"),
    "payment_id": _of_payment(),
    "customer_id": _of_customer(),
    "statuses": one_of_these(RefundRow.status, "statuses"),
    "reasons": one_of_these(RefundRow.reason, "reasons"),
    "created_from": RefundRow.created_at >= bindparam("created_from"),
    "created_to": RefundRow.created_at < bindparam("created_to"),
}
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    **_GIVEN,
    "min_amount": RefundRow.amount_minor >= bindparam("min_amount"),
    "max_amount": RefundRow.amount_minor <= bindparam("max_amount"),
    "currency": RefundRow.currency == bindparam("currency"),
    "query": contains("query", RefundRow.reason_message, RefundRow.external_reference_id),
}
_SORTS: Mapping[str, Column] = {
    RefundSortField.CREATED_AT: RefundRow.created_at,
    RefundSortField.AMOUNT: RefundRow.amount_minor,
}
_LISTING = Listing(REFUNDS, RefundRow, _SORTS, _CONDITIONS)
