"""Sending refunds: the processor is asked, and its answer applied once (CON-6, REF-30)."""

from __future__ import annotations

from datetime import timedelta

from ordergraph.commerce.orders.events import OrderEventType, told_status
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, Told, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.gateway import (
    NotSent,
    OutcomeUnknown,
    RefundOutcome,
    RefundRequest,
)
from ordergraph.commerce.refunds.lifecycle import OBSERVED, RefundStatus, advance
from ordergraph.commerce.refunds.reads import Refund, lock_refund
from ordergraph.commerce.refunds.reversing import count_given_back, read, reverse
from ordergraph.commerce.refunds.rules import Refunded, problem_of, told
from ordergraph.commerce.refunds.tables import RefundRow
from ordergraph.core.ids import Prefix, encode
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import together
from ordergraph.runtime.db.documents import replacement, write
from ordergraph.runtime.db.transaction import Conflict, Transaction

LEASE_MARGIN = timedelta(seconds=2)
"""What a process may take around its call to the processor."""

_TRIES = 3


async def send(orders: Orders, actor: Actor, refund: Refund) -> Refunded:
    """Ask the processor for a refund that was accepted, with its own key, and apply the answer.

    Repeating it is safe: the key makes the processor refund once. Without an answer the refund
    stays pending and is asked for again.
    """
    request = RefundRequest(
        key=refund.id,
        charge_key=refund.attempt_id,
        environment_id=actor.environment_id,
        amount=refund.amount,
    )
    try:
        outcome = await orders.gateway.refund(request)
    except (NotSent, OutcomeUnknown):
        outcome = None
    for _ in range(_TRIES):
        try:
            return await settle(orders, actor, refund, outcome)
        except Conflict:
            continue  # money may have moved: it is not given up because somebody stood in the way
    found = await orders_by_ids(orders.database.viewer(actor), [refund.order_id])
    return Refunded(refund, found[refund.order_id])


async def settle(
    orders: Orders, actor: Actor, refund: Refund, outcome: RefundOutcome | None
) -> Refunded:
    """Apply what the processor says to a refund in one transaction; a final one stays (CON-6)."""
    async with orders.database.transaction(actor) as tx:
        order = await load_order(tx, refund.order_id)
        present = await lock_refund(tx, refund.id)
        assert present is not None  # refunds are never deleted
        _apply(tx, orders, order, present, outcome, await _before(tx, order, present))
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
    outcome: RefundOutcome | None,
    before: Before,
) -> None:
    """Write an observation into refund and order; the order's timeline learns of each change once.

    Until the refund is told the log knows nothing of it, so a failure is told as the only event.
    """
    if refund.status.is_final:
        return
    was_told = refund.told
    after = advance(refund.status, refund.status if outcome is None else OBSERVED[outcome.status])
    if outcome is not None:
        refund.reference = outcome.reference
        refund.failure_reason = outcome.failure_reason
    refund.status = after
    refund.told = True
    refund.updated_at = tx.now
    refund.lease_until = tx.now + orders.gateway.timeout + LEASE_MARGIN
    if after.is_final:
        refund.completed_at = tx.now
        order.pending_refunds -= 1
    if after is RefundStatus.FAILED:
        reversal = read(refund.reversal)
        reverse(order, reversal, sign=-1)
        ledger.take_back(tx, {refund.payment_id: reversal.money})
        count_given_back(order, refund.payment_id, -reversal.money)
        save_order(tx, order, before, OrderEventType.REFUND_FAILED, _told_failed(refund))
    elif not was_told:
        save_order(tx, order, before, OrderEventType.REFUNDED, told(refund))
    elif after.is_final:
        arrived = Told("refund", "A refund arrived.", encode(Prefix.REFUND, refund.id))
        save_order(tx, order, before, OrderEventType.UPDATED, arrived)
    tx.defer(_MOVED, {"refund": write([refund], RefundRow, tx.environment_id)})


def _told_failed(refund: Refund) -> Told:
    why = refund.failure_reason or "the processor refused it"
    return Told("refund_failed", f"A refund failed: {why}.", encode(Prefix.REFUND, refund.id))


_MOVED = together.write("refund_moved", replacement(RefundRow, "refund"))
