"""What is told of orders: one event for each change that a client can see."""

from __future__ import annotations

from enum import StrEnum

from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.events import Event

PREFIX = "order."
"""Begins the type of every order event in the log."""


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
