"""Closing orders: archiving a paid one, canceling one that was never paid."""

from __future__ import annotations

from uuid import UUID

from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.lifecycle import (
    CloseKind,
    DiscountStatus,
    OrderAction,
    OrderStatus,
)
from ordergraph.commerce.orders.locking import load_to_price
from ordergraph.commerce.orders.quoting import reprice
from ordergraph.commerce.orders.reserving import give_up_kept
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, Told, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.texts import check_text
from ordergraph.runtime.actor import Actor

LONGEST_REASON = 500


async def close_order(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    reason: str | None = None,
    expected_version: int | None = None,
) -> Order:
    """Close an order for good; the reason is never shown to the buyer (ORD-25).

    Money that is kept or on its way stands in the way (9.4, ORD-27). What was never paid is
    canceled: its discounts stop counting (ORD-24), stock was never taken (INV-16).
    """
    async with orders.database.transaction(actor) as tx:
        order, grounds = await load_to_price(tx, order_id, "orderId")
        check_version(order, expected_version)
        order.take(OrderAction.CLOSE)
        _check_money(order)
        findings = Findings()
        order.close_reason = check_text(findings, reason, LONGEST_REASON, "reason")
        findings.settle()
        before = Before.of(order)
        await give_up_kept(tx, order)
        if order.status is OrderStatus.OPEN:
            for discount in order.live_discounts:
                discount.status = DiscountStatus.CANCELED
            await reprice(tx, order, grounds)
            order.close_kind = CloseKind.CANCELED
        else:
            order.close_kind = CloseKind.ARCHIVED
        order.closed_at = tx.now
        told = Told("closed", "The order was closed.")
        save_order(tx, order, before, OrderEventType.CLOSED, told)
        tx.remember("order", Prefix.ORDER, order.id)
    return order


def _check_money(order: Order) -> None:
    if order.pending_refunds > 0:
        raise Problem(
            ErrorCode.ORDER_HAS_PENDING_MONEY, "A refund of this order is still on its way."
        )
    if order.status is OrderStatus.OPEN and order.paid_minor > order.refunded_minor:
        raise Problem(
            ErrorCode.ORDER_HAS_PAYMENTS, "Money was paid on this order: refund it before closing."
        )
