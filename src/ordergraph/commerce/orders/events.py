"""What is told of orders: one event for each change that a client can see."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, select

from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.events import Event
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Reader
from ordergraph.runtime.events.tables import EventRow

PREFIX = "order."
"""Begins the type of every order event in the log."""


CART_ABANDONED = "cart.abandoned"
"""No event of the order's: it changes no version, and lists of orders do not follow it."""


class OrderEventType(StrEnum):
    """What happened to an order. SNAPSHOT is never in the log: it opens a subscription."""

    SNAPSHOT = "SNAPSHOT"
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    PAID = "PAID"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    REFUNDED = "REFUNDED"
    REFUND_FAILED = "REFUND_FAILED"
    CLOSED = "CLOSED"


async def told_status(reader: Reader, order_id: UUID) -> OrderStatus | None:
    """Return the status that the newest event of an order told; None when it was pruned."""
    rows = await reader.fetch(_NEWEST, {"order": order_id})
    return OrderStatus(rows[0][0]) if rows else None


def order_event(order: Order, type: OrderEventType, before: OrderStatus | None) -> Event:
    """Build the event of a change, with the order's scalars as of now.

    The status before the change is kept too, so that a filter by status can tell what left it.
    """
    return Event(
        type=f"{PREFIX}{type.value}",
        subject_id=order.id,
        payload={
            "version": order.version,
            "status": order.status.value,
            "statusBefore": None if before is None else before.value,
            "paymentStatus": order.payment_status.value,
            "balance": order.net.balance,
            "currency": order.currency,
            "source": order.source.value,
            "placed": order.placed_at is not None,
            "customerId": None if order.customer_id is None else str(order.customer_id),
        },
    )


def cart_abandoned(order_id: UUID) -> Event:
    """Build the event of a cart that nobody has touched for a day; told once (ORD-28)."""
    return Event(type=CART_ABANDONED, subject_id=order_id, payload={})


_NEWEST = Prepared(
    select(EventRow.payload["status"].astext)
    .where(
        EventRow.environment_id == ENVIRONMENT,
        EventRow.subject_id == bindparam("order"),
        EventRow.type.startswith(PREFIX),
    )
    .order_by(EventRow.seq.desc())
    .limit(1)
)
