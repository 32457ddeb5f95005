"""Charging: the processor is asked with nothing held, and what it says is settled (PAY-7)."""

from __future__ import annotations

from uuid import UUID

from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import GivenUp, Paid, settle
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.gateway import (
    ChargeOutcome,
    ChargeRequest,
    ChargeStatus,
    NotSent,
    OutcomeUnknown,
)
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import Attempt, attempts_by_ids, lock_attempt
from ordergraph.core.problems import ErrorCode, PaymentProblem, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Conflict
from ordergraph.runtime.idempotency import in_progress

_TRIES = 3


async def charge_again(orders: Orders, actor: Actor, attempt_id: UUID, token: str) -> Paid:
    """Charge an attempt whose process died, once for its key, however many callers come (IDM-8).

    `IDEMPOTENCY_KEY_IN_PROGRESS` while its lease runs: one caller takes it over at a time. What the
    processor cannot be asked stays open: it may have charged for the process that died.
    """
    async with orders.database.transaction(actor) as tx:
        attempt = await lock_attempt(tx, attempt_id)
        if attempt.status is not AttemptStatus.PROCESSING or attempt.lease_until > tx.now:
            raise in_progress()
        attempt = await ledger.renew_lease(tx, attempt, orders.gateway.timeout)
    return await charge(orders, actor, attempt, token, again=True)


async def charge(
    orders: Orders, actor: Actor, attempt: Attempt, token: str, *, again: bool = False
) -> Paid:
    """Charge an attempt that was written down, with its own id as the key, and settle it.

    Repeating it after a crash is safe: the key makes the processor charge once. If nothing reached
    the processor the attempt is canceled, unless somebody else may have charged it: those who ask
    `again`, or who look after it since its lease has passed.
    """
    request = ChargeRequest(
        key=attempt.id,
        environment_id=actor.environment_id,
        order_id=attempt.order_id,
        amount=attempt.amount,
        token=token,
        livemode=actor.livemode,
    )
    try:
        outcome = await orders.gateway.charge(request)
    except NotSent:
        return await (_unknown if again else _not_sent)(orders, actor, attempt)
    except OutcomeUnknown:
        return await _unknown(orders, actor, attempt)
    return await _settled(orders, actor, attempt, outcome, known=attempt)


async def _not_sent(orders: Orders, actor: Actor, attempt: Attempt) -> Paid:
    """Give an attempt up that nobody charged: nobody else has had it in hand yet."""
    canceled, failure = ChargeOutcome(ChargeStatus.CANCELED, ""), _processor_error(attempt)
    try:
        return await settle(
            orders, actor, attempt.order_id, attempt.id, canceled, failure, known=attempt
        )
    except Conflict:
        return await _unknown(orders, actor, attempt)


async def resume(orders: Orders, actor: Actor, order: Order, attempt: Attempt) -> Paid:
    """Take the client's word that it has finished its action, and settle what came of it."""
    try:
        outcome = await orders.gateway.resume(actor.environment_id, attempt.id)
    except NotSent:
        return Paid(order, attempt, _processor_error(attempt))
    except OutcomeUnknown:
        return await _unknown(orders, actor, attempt)
    return await _settled(orders, actor, attempt, outcome)


async def _settled(
    orders: Orders,
    actor: Actor,
    attempt: Attempt,
    outcome: ChargeOutcome,
    known: Attempt | None = None,
) -> Paid:
    """Settle, again if somebody stood in the way: money may have moved, so it is not given up.

    What cannot be written now is found out by the reconciler (B4).
    """
    for _ in range(_TRIES):
        try:
            return await settle(orders, actor, attempt.order_id, attempt.id, outcome, known=known)
        except Conflict:
            known = None  # look again, under a lock
    return await _unknown(orders, actor, attempt)


async def _unknown(orders: Orders, actor: Actor, attempt: Attempt) -> Paid:
    """Tell that nobody knows yet whether money moved; the reconciler will find out (B4)."""
    viewer = orders.database.viewer(actor)
    order = (await orders_by_ids(viewer, [attempt.order_id])).get(attempt.order_id)
    if order is None:
        raise GivenUp((await attempts_by_ids(viewer, [attempt.id]))[attempt.id])
    problem = PaymentProblem(
        ErrorCode.PAYMENT_OUTCOME_UNKNOWN,
        "The processor did not answer in time. The order will show whether it was paid.",
        attempt_id=attempt.id,
    )
    return Paid(order, attempt, problem)


def _processor_error(attempt: Attempt) -> Problem:
    return PaymentProblem(
        ErrorCode.PROCESSOR_ERROR,
        "The processor could not be reached; nothing was charged. Please repeat.",
        attempt_id=attempt.id,
    )
