"""Reserving what a payment needs, coupon uses and stock, and what becomes of it (PAY-22).

An attempt reserves, its failure gives back, and the payment that completes the order sells and
redeems. A part of the payment takes nothing (INV-17): what its attempt has reserved is kept for
the order, so that what was sold to somebody who has paid a part is there when the rest comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ordergraph.commerce.coupons import keeping
from ordergraph.commerce.coupons import reserving as coupons
from ordergraph.commerce.coupons.reads import held_uses
from ordergraph.commerce.inventory import holding as stock
from ordergraph.commerce.orders.grounding import Grounds
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.quoting import buyer_of, customer_key, reprice
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.supplying import refuse_short, sell_held, wanted_stock
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.transaction import Transaction


class CouponsLost(Exception):
    """Coupons on the order were refused a use: somebody else was faster (DSC-7)."""

    def __init__(self, refusals: Mapping[UUID, Problem]) -> None:
        super().__init__()
        self.refusals = refusals


async def reserve(tx: Transaction, order: Order, attempt_id: UUID) -> None:
    """Reserve for an attempt what the order does not keep already (INV-9, DSC-7).

    Stock that is short is `INVENTORY_UNAVAILABLE`, lost coupons are `CouponsLost`: both end the
    transaction.
    """
    await reserve_coupons(tx, order, attempt_id)
    wanted = missing = wanted_stock(order)
    if order.is_part_paid:
        held = await stock.held_for(tx, order.id)
        missing = {id: units - held.get(id, 0) for id, units in wanted.items()}
        missing = {id: units for id, units in missing.items() if units > 0}
    refuse_short(order, wanted, await stock.hold_stock(tx, attempt_id, order.id, missing))


async def reserve_coupons(tx: Transaction, order: Order, attempt_id: UUID) -> None:
    """Reserve a use of each coupon that counts and of which the order keeps none."""
    wanted = counted_coupons(order)
    if wanted and order.is_part_paid:
        wanted = sorted(set(wanted) - set(await held_uses(tx, order.id)))
    refusals = await coupons.reserve_uses(tx, wanted, order.id, attempt_id, customer_key(order))
    if refusals:
        raise CouponsLost(refusals)


async def take(tx: Transaction, order: Order, attempt_id: UUID) -> None:
    """Sell and redeem at once what nobody needs to be asked for money for, or refuse as `reserve`.

    What the order keeps is part of it.
    """
    if order.is_part_paid:
        counted = counted_coupons(order)
        await keeping.give_back_kept(tx, order.id, counted, also=counted)
    await reserve_coupons(tx, order, attempt_id)
    if order.is_part_paid:
        await stock.release_all_holds(tx, order.id)
    wanted = wanted_stock(order)
    refuse_short(order, wanted, await stock.take_stock(tx, order.id, wanted))
    redeem(tx, order, attempt_id)


async def sell(tx: Transaction, order: Order, attempt_id: UUID, *, just_held: bool) -> None:
    """Sell what a succeeded attempt and the order hold; see `sell_held` for what is missing.

    What is kept is let go and taken at once, under the locks of its items: nobody comes between.
    Uses kept of coupons that no longer count go back before any item is locked (CON-2).
    """
    if _is_kept_otherwise(order, attempt_id):
        await keeping.give_back_kept(tx, order.id, counted_coupons(order))
        await stock.release_all_holds(tx, order.id)
        just_held = False
    await sell_held(tx, order, attempt_id, just_held=just_held)


def redeem(tx: Transaction, order: Order, attempt_id: UUID) -> None:
    """Redeem the uses of the coupons that count, after `sell` or `take`."""
    if _is_kept_otherwise(order, attempt_id):
        keeping.redeem_kept(tx, order.id, counted_coupons(order))
    elif order.live_discounts:
        coupons.redeem_uses(tx, attempt_id)


async def reclaim_coupons(tx: Transaction, order: Order, attempt_id: UUID) -> None:
    """Reserve again what a payment gave back that succeeds after all, if it is there (ORD-27).

    What is not there any more is nobody's use: the order was paid at that price all the same.
    """
    counted = counted_coupons(order)
    if not counted:
        return
    for id in sorted(set(counted) - set(await held_uses(tx, order.id))):
        await coupons.reserve_uses(tx, [id], order.id, attempt_id, customer_key(order))


def _is_kept_otherwise(order: Order, attempt_id: UUID) -> bool:
    """Whether stock and uses are kept beside those of an attempt: for a part that was paid, or by
    another attempt that runs while one that was given up succeeds (ORD-27)."""
    return order.is_part_paid or order.active_attempt_id not in (None, attempt_id)


async def reprice_for_buyer(
    tx: Transaction,
    order: Order,
    grounds: Grounds,
    was: tuple[UUID | None, str | None],
    refusals: Mapping[UUID, Problem] | None = None,
) -> None:
    """Price an order anew whose buyer may have changed: `was` is the `buyer_of` of before.

    What a part-paid order keeps of coupons belongs to whoever buys (PAY-25). A use that the new
    buyer may not have goes back, and its discount takes nothing off.
    """
    lost = dict(refusals or {})
    is_handed_over = order.is_part_paid and bool(order.live_discounts) and buyer_of(order) != was
    if is_handed_over:
        on_order = [each.coupon_id for each in order.live_discounts if each.coupon_id is not None]
        lost |= await keeping.hand_over_kept(tx, order.id, customer_key(order), also=on_order)
    await reprice(tx, order, grounds, lost)
    if is_handed_over:
        limit = ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED
        left = [each.coupon_id for each in order.live_discounts if each.reason != limit.value]
        await keeping.give_back_kept(tx, order.id, [id for id in left if id is not None])


async def give_up_kept(tx: Transaction, order: Order) -> None:
    """Give back what a part-paid order keeps once none of its money is left (PAY-22).

    While an attempt runs, it is left to what becomes of it.
    """
    nothing_left = order.is_part_paid and order.paid_minor == order.refunded_minor
    if nothing_left and order.active_attempt_id is None:
        await keeping.give_back_kept(tx, order.id)
        await stock.release_all_holds(tx, order.id)


async def return_coupons(tx: Transaction, order: Order) -> None:
    """Give the uses of its coupons back once all of an order's money has arrived back (DSC-8)."""
    is_over = order.status is OrderStatus.REFUNDED and order.pending_refunds == 0
    if is_over and any(each.coupon_id is not None for each in order.live_discounts):
        await coupons.return_uses(tx, order.id)


def counted_coupons(order: Order) -> list[UUID]:
    """Return the coupons that take something off the order now, in the order of their ids."""
    return sorted(
        each.coupon_id
        for each in order.live_discounts
        if each.coupon_id is not None and each.reason is None
    )
