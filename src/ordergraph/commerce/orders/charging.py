"""Charging: the processor is asked with nothing held, and what it says is settled (PAY-7)."""

from __future__ import annotations

from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import GivenUp, Paid, settle
from ordergraph.commerce.payments.gateway import (
    ChargeOutcome,
    ChargeRequest,
    ChargeStatus,
    NotSent,
    OutcomeUnknown,
)
from ordergraph.commerce.payments.reads import Attempt, attempts_by_ids
from ordergraph.core.problems import ErrorCode, PaymentProblem, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Conflict

_TRIES = 3


async def charge(orders: Orders, actor: Actor, attempt: Attempt, token: str) -> Paid:
    """Charge an attempt that was written down, with its own id as the key, and settle it.

    Repeating it after a crash is safe: the key makes the processor charge once.
    """
    request = ChargeRequest(
        key=attempt.id,
        environment_id=actor.environment_id,
        order_id=attempt.order_id,
        amount=attempt.amount,
        token=token,
        livemode=actor.livemode,
    )
    failure = None
    try:
        outcome = await orders.gateway.charge(request)
    except NotSent:
        outcome = ChargeOutcome(ChargeStatus.CANCELED, "")
        failure = _processor_error(attempt)
    except OutcomeUnknown:
        return await _unknown(orders, actor, attempt)
    return await _settled(orders, actor, attempt, outcome, failure, known=attempt)


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
    failure: Problem | None = None,
    known: Attempt | None = None,
) -> Paid:
    """Settle, again if somebody stood in the way: money may have moved, so it is not given up.

    What cannot be written now is found out by the reconciler (B4).
    """
    for _ in range(_TRIES):
        try:
            return await settle(
                orders, actor, attempt.order_id, attempt.id, outcome, failure, known
            )
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
