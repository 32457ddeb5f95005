"""Resolving what went wrong with stock after the money had come (INV-14)."""

from __future__ import annotations

from uuid import UUID

from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.lifecycle import InventoryException, OrderAction
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, Told, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.supplying import supply_missing
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor


async def resolve_inventory_exception(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    *,
    take_stock: bool,
    expected_version: int | None = None,
) -> Order:
    """Clear the exception of an order that was paid without enough stock, in any status.

    `take_stock` sells the missing units now; too few are `INVENTORY_UNAVAILABLE` and nothing
    changes. Without it nothing leaves the shelf: the buyer was refunded, or is served otherwise.
    """
    async with orders.database.transaction(actor) as tx:
        order = await load_order(tx, order_id, "orderId")
        check_version(order, expected_version)
        order.take(OrderAction.RESOLVE_INVENTORY)
        if order.inventory_exception is not InventoryException.PAID_INVENTORY_FAILED:
            raise Problem(
                ErrorCode.ORDER_NOT_MUTABLE, "The order has no inventory exception to resolve."
            )
        before = Before.of(order)
        if take_stock:
            await supply_missing(tx, order)
        order.inventory_exception = InventoryException.RESOLVED
        how = "the missing units were taken" if take_stock else "no units were taken"
        told = Told("inventory_resolved", f"The shortage of stock was resolved: {how}.")
        save_order(tx, order, before, OrderEventType.UPDATED, told)
        tx.remember("order", Prefix.ORDER, order.id)
    return order
