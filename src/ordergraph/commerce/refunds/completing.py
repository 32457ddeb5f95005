"""What follows once all that was paid for an order has arrived where it came from."""

from __future__ import annotations

from ordergraph.commerce.coupons.reserving import return_uses
from ordergraph.commerce.orders.lifecycle import DiscountStatus, OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.runtime.db.transaction import Transaction


async def complete(tx: Transaction, order: Order) -> None:
    """Give the uses of coupons back if the shop wants it so, after the last money of a full refund.

    `order` is saved already. It asks nothing for orders without coupons (DSC-8).
    """
    is_over = order.status is OrderStatus.REFUNDED and order.pending_refunds == 0
    if is_over and any(
        discount.coupon_id is not None and discount.status is DiscountStatus.REDEEMED
        for discount in order.applied_discounts
    ):
        await return_uses(tx, order.id)
