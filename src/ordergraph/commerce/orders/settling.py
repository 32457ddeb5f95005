"""Settling payments: what the processor observed becomes the order's truth, once (PAY-8, CON-6)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog

from ordergraph.commerce.accounting import rules as accounting
from ordergraph.commerce.coupons import reserving as coupons
from ordergraph.commerce.inventory import holding as stock
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.lifecycle import (
    DiscountStatus,
    InventoryException,
    OrderStatus,
    TipStatus,
)
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.placing import place
from ordergraph.commerce.orders.reserving import give_up_kept, reclaim_coupons, redeem, sell
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import NOTHING, Before, Told, forget_order, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeStatus
from ordergraph.commerce.payments.lifecycle import AttemptStatus, advance
from ordergraph.commerce.payments.reads import Attempt, Payment, attempts_by_ids, lock_attempt
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.problems import ErrorCode, PaymentProblem, Problem, not_found
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Transaction

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Paid:
    """What paying came to: the order, the attempt if there was one, and why it failed if it did."""

    order: Order
    attempt: Attempt | None = None
    problem: Problem | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the order is no more: it was there for this payment only, and that failed."""
        over = self.attempt is not None and not self.attempt.is_active
        return over and self.order.provisional


class GivenUp(Exception):
    """The attempt had failed already, and its order, which was there for it only, is gone."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self.attempt = attempt


async def settle_attempt(
    orders: Orders, actor: Actor, attempt_id: UUID, outcome: ChargeOutcome
) -> None:
    """Settle an attempt known by its id only: for whoever asks the processor later (PAY-7)."""
    viewer = orders.database.viewer(actor)
    attempt = (await attempts_by_ids(viewer, [attempt_id])).get(attempt_id)
    if attempt is None:
        raise not_found("payment attempt")
    try:
        await settle(orders, actor, attempt.order_id, attempt_id, outcome)
    except GivenUp:
        if outcome.status is ChargeStatus.SUCCEEDED:
            _log.error("charged_without_order", attempt=str(attempt_id))


async def settle(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    attempt_id: UUID,
    outcome: ChargeOutcome,
    failure: Problem | None = None,
    known: Attempt | None = None,
) -> Paid:
    """Apply an observed outcome in one transaction; whoever comes second changes nothing.

    Money, stock, coupon uses, status, timeline and event stand or fall together (PAY-8, PAY-9).
    `failure` is told instead of the decline's own words. `known` is the attempt as the caller has
    just written it: if somebody else has moved it since, that is a `Conflict`. An order that was
    there for this payment only is placed now, or deleted (CHK-5); `GivenUp` if it was before.
    """
    if outcome.status is ChargeStatus.SUCCEEDED:
        await orders.numbers.prepare(actor.environment_id)
    async with orders.database.transaction(actor) as tx:
        order = await _present(tx, order_id, attempt_id)
        before = known or await lock_attempt(tx, attempt_id)
        pays = _is_paid_by(before, outcome)
        completes = pays and _is_completed_by(order, before)
        if completes and not before.is_active:
            await reclaim_coupons(tx, order, before.id)
        if completes:
            await sell(tx, order, before.id, just_held=known is not None)
        attempt = ledger.record_outcome(tx, before, outcome, action_life=orders.action_life)
        tx.remember("attempt", Prefix.PAYMENT_ATTEMPT, attempt.id)
        if attempt.is_active or pays or not order.provisional:
            tx.remember("order", Prefix.ORDER, order.id)
        if pays:
            payment = ledger.record_payment(tx, attempt)
            if completes:
                redeem(tx, order, attempt.id)
            order.provisional = False
            place(orders, tx, order)
            write_paid(tx, order, payment)
        elif before.is_active and not attempt.is_active:
            await (_forget if order.provisional else _give_up)(tx, order, attempt)
        problem = failure or problem_of(attempt)
        if problem is not None:
            tx.errors.append(problem)
    return Paid(order, attempt, problem)


def problem_of(attempt: Attempt) -> Problem | None:
    """Return how a failed attempt is told to its caller (PAY-9), or None if it did not fail."""
    if attempt.is_active or attempt.status is AttemptStatus.SUCCEEDED:
        return None
    return PaymentProblem(
        ErrorCode.PAYMENT_DECLINED,
        attempt.failure_message or "The payment was declined; nothing was charged.",
        failure_code=attempt.failure_code,
        attempt_id=attempt.id,
    )


def write_paid(tx: Transaction, order: Order, payment: Payment | None) -> None:
    """Count a payment, or none for a free order, and mark what it completes (PAY-8).

    The caller has taken the stock and redeemed the coupons' uses in this same transaction.
    """
    is_new = order.version == 0
    before = NOTHING if is_new else Before.of(order)
    if payment is None or order.active_attempt_id == payment.attempt_id:
        order.active_attempt_id = None
    if payment is not None:
        order.paid_minor += payment.amount.minor
        order.payments.append(payment)
        order.postings.append(accounting.payment(payment.id, payment.amount.minor))
    if order.net.outstanding == 0 and order.paid_at is None and order.closed_at is None:
        order.paid_at = tx.now
        _complete(order)
    order.settle_statuses()
    is_paid = order.status is OrderStatus.PAID and before.status is not OrderStatus.PAID
    event = OrderEventType.PAID if is_paid else OrderEventType.UPDATED
    related = None if payment is None else encode(Prefix.PAYMENT, payment.id)
    words = "A payment was received." if payment is not None else "Nothing was left to pay."
    told = [*(_made(order) if is_new else []), Told("payment", words, related)]
    if order.inventory_exception is InventoryException.PAID_INVENTORY_FAILED:
        told.insert(0, Told("inventory_failed", "There was not enough stock for what was paid."))
    save_order(tx, order, before, event, *told)


def _made(order: Order) -> list[Told]:
    """Tell how an order came about that nothing was told of before its first payment (CHK-5)."""
    discounts = [
        Told(
            "discount_applied",
            f"The {'discount' if each.coupon_id is None else 'coupon'} {each.name} was applied.",
            encode(Prefix.APPLIED_DISCOUNT, each.id),
        )
        for each in order.live_discounts
    ]
    tips = [
        Told("tip_added", "A tip was added.", encode(Prefix.TIP, each.id))
        for each in order.live_tips
    ]
    return [Told("created", "The order was made."), *discounts, *tips]


def _is_paid_by(attempt: Attempt, outcome: ChargeOutcome) -> bool:
    """Tell whether an outcome brings money that was not counted yet, be it late (ORD-27)."""
    succeeds = outcome.status is ChargeStatus.SUCCEEDED
    return succeeds and advance(attempt.status, AttemptStatus.SUCCEEDED) is not attempt.status


def _is_completed_by(order: Order, attempt: Attempt) -> bool:
    """Tell whether an attempt's money is the last that an order lacks; a closed one lacks none."""
    is_open = order.closed_at is None and order.paid_at is None
    return is_open and attempt.amount.minor >= order.net.outstanding


def _complete(order: Order) -> None:
    for discount in order.live_discounts:
        counted = discount.reason is None
        discount.status = DiscountStatus.REDEEMED if counted else DiscountStatus.CANCELED
    for tip in order.live_tips:
        tip.status = TipStatus.SETTLED


async def _give_up(tx: Transaction, order: Order, attempt: Attempt) -> None:
    """Release what a failed attempt held and unlock the order (PAY-9, PAY-11)."""
    before = Before.of(order)
    await coupons.release_uses(tx, attempt.id)
    await stock.release_holds(tx, attempt.id)
    order.active_attempt_id = None
    await give_up_kept(tx, order)
    told = Told(
        "payment_failed",
        f"A payment failed: {attempt.failure_code or attempt.status.value}.",
        encode(Prefix.PAYMENT_ATTEMPT, attempt.id),
    )
    save_order(tx, order, before, OrderEventType.PAYMENT_FAILED, told)


async def _forget(tx: Transaction, order: Order, attempt: Attempt) -> None:
    """Release what a failed attempt held and leave nothing of its order (CHK-5)."""
    await coupons.release_uses(tx, attempt.id)
    await stock.release_holds(tx, attempt.id)
    coupons.forget_uses(tx, attempt.id)
    forget_order(tx, order)


async def _present(tx: Transaction, order_id: UUID, attempt_id: UUID) -> Order:
    """Lock the order; where it is gone with its attempt, that is `GivenUp`."""
    try:
        return await load_order(tx, order_id)
    except Problem as problem:
        if problem.code is not ErrorCode.RESOURCE_NOT_FOUND:
            raise
        attempt = await lock_attempt(tx, attempt_id)
        if attempt.is_active:
            raise
        raise GivenUp(attempt) from None
