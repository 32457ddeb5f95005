"""Sending refunds: the processor is asked, and its answer applied once (CON-6, REF-30)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ordergraph.commerce.accounting import rules as accounting
from ordergraph.commerce.orders.events import OrderEventType, told_status
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.reserving import return_coupons
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, Told, keep_order, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.payments.gateway import (
    NotSent,
    OutcomeUnknown,
    RefundOutcome,
    RefundRequest,
)
from ordergraph.commerce.refunds.failing import take_back
from ordergraph.commerce.refunds.lifecycle import (
    OBSERVED,
    LegStatus,
    RefundStatus,
    advance,
    combined,
)
from ordergraph.commerce.refunds.reads import PaymentRefund, Refund, lock_refund
from ordergraph.commerce.refunds.reversing import read
from ordergraph.commerce.refunds.rules import Refunded, problem_of, told
from ordergraph.commerce.refunds.tables import PaymentRefundRow, RefundRow
from ordergraph.core.ids import Prefix, encode
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import together
from ordergraph.runtime.db.documents import replacement, write
from ordergraph.runtime.db.transaction import Conflict, Transaction

LEASE_MARGIN = timedelta(seconds=2)
"""What a process may take around its call to the processor."""

Outcomes = Mapping[UUID, RefundOutcome]
"""What the processor says, by the ids of the parts of a refund; nothing for one not answered."""

_TRIES = 3


async def send(orders: Orders, actor: Actor, refund: Refund) -> Refunded:
    """Ask the processor for what was accepted, payment by payment, and apply the answers together.

    Each payment's part has a key of its own, so repeating it is safe: the processor refunds once.
    What is not answered stays pending and is asked for again.
    """
    unsettled = [leg for leg in refund.payment_refunds if not leg.status.is_final]
    answers = await asyncio.gather(*(_ask(orders, actor, leg) for leg in unsettled))
    outcomes = {leg.id: answer for leg, answer in zip(unsettled, answers, strict=True) if answer}
    for _ in range(_TRIES):
        try:
            return await settle(orders, actor, refund, outcomes)
        except Conflict:
            continue  # money may have moved: it is not given up because somebody stood in the way
    found = await orders_by_ids(orders.database.viewer(actor), [refund.order_id])
    return Refunded(refund, found[refund.order_id])


async def _ask(orders: Orders, actor: Actor, leg: PaymentRefund) -> RefundOutcome | None:
    request = RefundRequest(
        key=leg.id,
        charge_key=leg.attempt_id,
        environment_id=actor.environment_id,
        amount=leg.amount,
    )
    try:
        return await orders.gateway.refund(request)
    except (NotSent, OutcomeUnknown):
        return None


async def settle(orders: Orders, actor: Actor, refund: Refund, outcomes: Outcomes) -> Refunded:
    """Apply what the processor says of a refund's payments, in one transaction (REF-12, REF-30).

    What is final stays (CON-6), so whoever comes second changes nothing.
    """
    async with orders.database.transaction(actor) as tx:
        order = await load_order(tx, refund.order_id)
        present = await lock_refund(tx, refund.id)
        assert present is not None  # refunds are never deleted
        _apply(tx, orders, order, present, outcomes, await _before(tx, order, present))
        await return_coupons(tx, order)
        tx.remember("order", Prefix.ORDER, order.id)
        tx.remember("refund", Prefix.REFUND, present.id)
        problem = problem_of(present)
        if problem is not None:
            tx.errors.append(problem)
    return Refunded(present, order, problem)


async def _before(tx: Transaction, order: Order, refund: Refund) -> Before:
    """Return what was last told of the order, before a refund that nobody was told of yet.

    Usually that is what it was when the refund was accepted. If other refunds run beside it, or
    anything was told meanwhile, the log knows.
    """
    before = Before.of(order)
    if refund.told:
        return before
    status = OrderStatus(refund.reversal["statusBefore"])
    if order.pending_refunds > 1 or order.version != refund.reversal.get("versionBefore"):
        status = await told_status(tx, order.id) or status
    return Before(before.balance - read(refund.reversal).returned, status)


def _apply(
    tx: Transaction,
    orders: Orders,
    order: Order,
    refund: Refund,
    outcomes: Outcomes,
    before: Before,
) -> None:
    """Write observations into refund and order; the order's timeline learns of each change once.

    Until the refund is told the log knows nothing of it, so if all of it failed at once that is the
    only event.
    """
    if refund.status.is_final:
        return
    was_told = refund.told
    moved = _observe(tx, refund, outcomes)
    refund.status = combined([leg.status for leg in refund.payment_refunds])
    refund.told = True
    refund.updated_at = tx.now
    refund.lease_until = tx.now + orders.gateway.timeout + LEASE_MARGIN
    if refund.status.is_final:
        refund.completed_at = tx.now
        order.pending_refunds -= 1
    failed = [leg for leg in moved if leg.status is LegStatus.FAILED]
    order.postings.extend(
        accounting.refund_sent(refund.id, leg.payment_id, leg.amount_minor)
        for leg in moved
        if leg.status is LegStatus.SUCCEEDED
    )
    if failed:
        take_back(tx, order, refund, failed)
    _tell(tx, order, refund, before, was_told=was_told, failed=failed)
    environment = tx.environment_id
    tx.defer(_MOVED, {"refund": write([refund], RefundRow, environment)})
    legs = write(refund.payment_refunds, PaymentRefundRow, environment)
    tx.defer(_LEGS_MOVED, {"payment_refunds": legs})


def _observe(tx: Transaction, refund: Refund, outcomes: Outcomes) -> list[PaymentRefund]:
    """Write what was observed into the parts of a refund; return those that moved."""
    moved: list[PaymentRefund] = []
    for leg in refund.payment_refunds:
        outcome = outcomes.get(leg.id)
        if outcome is None or leg.status.is_final:
            continue
        leg.status = advance(leg.status, OBSERVED[outcome.status])
        leg.reference = outcome.reference
        leg.failure_reason = outcome.failure_reason
        leg.sent_at = leg.sent_at or tx.now
        leg.completed_at = tx.now if leg.status.is_final else None
        refund.failure_reason = refund.failure_reason or leg.failure_reason
        moved.append(leg)
    return moved


def _tell(
    tx: Transaction,
    order: Order,
    refund: Refund,
    before: Before,
    *,
    was_told: bool,
    failed: Sequence[PaymentRefund],
) -> None:
    """Save the order with what happened to its refund; what failed is what subscribers hear of."""
    news = [] if was_told or refund.status is RefundStatus.FAILED else [told(refund)]
    if failed:
        news.append(_told_failed(refund, failed))
        save_order(tx, order, before, OrderEventType.REFUND_FAILED, *news)
    elif not was_told:
        save_order(tx, order, before, OrderEventType.REFUNDED, *news)
    elif refund.status.is_final:
        arrived = Told("refund", "A refund arrived.", encode(Prefix.REFUND, refund.id))
        save_order(tx, order, before, OrderEventType.UPDATED, arrived)
    elif order.postings:
        keep_order(tx, order)  # a part arrived, others are on their way


def _told_failed(refund: Refund, failed: Sequence[PaymentRefund]) -> Told:
    why = failed[0].failure_reason or "the processor refused it"
    what = "A refund" if refund.status is RefundStatus.FAILED else "A part of a refund"
    return Told("refund_failed", f"{what} failed: {why}.", encode(Prefix.REFUND, refund.id))


_MOVED = together.write("refund_moved", replacement(RefundRow, "refund"))
_LEGS_MOVED = together.write("refund_legs_moved", replacement(PaymentRefundRow, "payment_refunds"))
