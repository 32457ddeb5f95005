"""Paying orders: the intent is written down, the processor is asked, the outcome is settled."""

from __future__ import annotations

from uuid import UUID

from ordergraph.commerce.orders import charging
from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.opening import PayRequest, begin, reprice_without
from ordergraph.commerce.orders.reserving import CouponsLost
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import GivenUp, Paid, problem_of
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import attempts_by_ids, lock_attempt
from ordergraph.commerce.payments.sources import TokenSource
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import ErrorCode, PaymentProblem, Problem, not_found
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.idempotency import Replay, in_progress, stored_error


async def pay(orders: Orders, actor: Actor, wanted: PayRequest) -> Paid:
    """Charge what is due and mark the order paid, or leave it open as it was (PAY-1, PAY-7).

    A decline is a result, not an exception (PAY-9): the attempt is kept and returned with the
    problem. So is a total that had to be repriced first (ORD-30).
    """
    try:
        return await _answered(orders, actor, wanted)
    except GivenUp as gone:
        problem = problem_of(gone.attempt)
        assert problem is not None  # it failed: its order is gone
        raise problem from None


async def _answered(orders: Orders, actor: Actor, wanted: PayRequest) -> Paid:
    try:
        return await _run(orders, actor, wanted)
    except Replay as replay:
        again = await _recovered(orders, actor, wanted, replay)
        if again is None:
            raise
        return again


async def _run(orders: Orders, actor: Actor, wanted: PayRequest, was: UUID | None = None) -> Paid:
    """Pay; `was` is the attempt that came to nothing when the same key was used before."""
    if wanted.resume_attempt_id is not None:
        return await _resume(orders, actor, wanted, wanted.resume_attempt_id)
    try:
        begun = await begin(orders, actor, wanted, was)
    except CouponsLost as lost:
        if actor.idempotency is not None and was is not None:
            actor.idempotency.claimed = True  # what was rolled back took it over, not claimed it
        return await reprice_without(orders, actor, wanted, lost.refusals, was)
    if begun.attempt is None or not begun.attempt.is_active:
        return begun
    return await charging.charge(orders, actor, begun.attempt, _token(wanted))


def _token(wanted: PayRequest) -> str:
    (source,) = wanted.sources
    assert isinstance(source, TokenSource)  # nobody else is asked for money
    return source.token


async def _resume(orders: Orders, actor: Actor, wanted: PayRequest, attempt_id: UUID) -> Paid:
    """Carry on with an attempt whose client has finished its action (PAY-10)."""
    if wanted.sources:
        raise Problem(
            ErrorCode.CONFLICTING_FIELDS, "A resumed attempt takes no new sources.", ("sources",)
        )
    async with orders.database.transaction(actor) as tx:
        order = await load_order(tx, wanted.order_id, "orderId")
        check_version(order, wanted.expected_version)
        attempt = await lock_attempt(tx, attempt_id, "resumeAttemptId")
        if attempt.order_id != order.id:
            raise not_found("payment attempt", "resumeAttemptId")
        if attempt.status is not AttemptStatus.REQUIRES_ACTION:
            raise PaymentProblem(
                ErrorCode.PAYMENT_ATTEMPT_NOT_RESUMABLE,
                "This attempt does not wait for an action.",
                attempt_id=attempt.id,
                field=("resumeAttemptId",),
            )
        await ledger.renew_lease(tx, attempt, orders.gateway.timeout)
        tx.remember("order", Prefix.ORDER, order.id)
        tx.remember("attempt", Prefix.PAYMENT_ATTEMPT, attempt.id)
    return await charging.resume(orders, actor, order, attempt)


async def _recovered(
    orders: Orders, actor: Actor, wanted: PayRequest, replay: Replay
) -> Paid | None:
    """Finish what an earlier request with the same key began and did not end (IDM-8).

    None means that it ended, and its answer is replayed. While it may still be talking to the
    processor: `IDEMPOTENCY_KEY_IN_PROGRESS`. After a crash the same attempt is charged or resumed
    with its own key, so once at most; one that came to nothing meanwhile is begun anew, by one
    caller only.
    """
    known = replay.objects.get("attempt")
    if known is None or actor.idempotency is None:
        return None
    attempt_id = decode(Prefix.PAYMENT_ATTEMPT, known)
    viewer = orders.database.viewer(actor)
    attempt = (await attempts_by_ids(viewer, [attempt_id])).get(attempt_id)
    if attempt is None:
        return None
    resumes = wanted.resume_attempt_id is not None
    if resumes and attempt.is_resumable:
        actor.idempotency.claimed = True
        return await _run(orders, actor, wanted)
    if not resumes and attempt.status is AttemptStatus.PROCESSING and attempt.reference is None:
        if attempt.lease_until > viewer.now:
            raise in_progress()
        actor.idempotency.claimed = True
        return await charging.charge_again(orders, actor, attempt.id, _token(wanted))
    if not resumes and attempt.status is AttemptStatus.CANCELED:
        actor.idempotency.claimed = True
        return await _run(orders, actor, wanted, attempt.id)
    problem = problem_of(attempt)
    if problem is not None and not replay.errors:
        replay.errors.append(stored_error(problem))
    return None
