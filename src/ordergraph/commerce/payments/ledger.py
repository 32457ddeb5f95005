"""Writing attempts and payments down: each function joins the order's transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid, bindparam, func, select, update

from ordergraph.commerce.payments.gateway import ChargeOutcome
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import Attempt, Payment
from ordergraph.commerce.payments.rules import ACTION_LIFE, after_outcome, payment_from
from ordergraph.commerce.payments.sources import Source
from ordergraph.commerce.payments.tables import (
    ONE_ACTIVE,
    ONE_PAYMENT,
    PaymentAttemptRow,
    PaymentRow,
)
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, PaymentProblem, Problem
from ordergraph.runtime.db import together
from ordergraph.runtime.db.documents import insertion, replacement, write_rows
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Conflict, Transaction

LEASE_MARGIN = timedelta(seconds=2)
"""What a process may take around its call to the processor."""


def open_attempt(
    tx: Transaction,
    order_id: UUID,
    amount: Money,
    source: Source,
    *,
    order_version: int,
    buyer_email: str | None = None,
    gateway_timeout: timedelta = timedelta(0),
    id: UUID | None = None,
) -> Attempt:
    """Write an attempt down as PROCESSING, before anybody else is asked for money (PAY-7).

    The reconciler leaves it alone while a call of at most `gateway_timeout` may be under way. `id`
    is given where something was reserved for it already.
    Another active attempt of the order is `PAYMENT_IN_PROGRESS` (PAY-17); the broken index ends
    the transaction, so callers lock the order and look for an active attempt first.
    """
    attempt = _new_attempt(tx.now, order_id, amount, source, order_version, buyer_email)
    lease_until = tx.now + gateway_timeout + LEASE_MARGIN
    attempt = replace(attempt, id=id or attempt.id, lease_until=lease_until)
    _add_attempt(tx, attempt)
    return attempt


def record_tender(
    tx: Transaction,
    order_id: UUID,
    amount: Money,
    source: Source,
    *,
    order_version: int,
    buyer_email: str | None = None,
    id: UUID | None = None,
) -> tuple[Attempt, Payment]:
    """Write down money that is here already, cash or external: SUCCEEDED at once (EXT-1)."""
    attempt = _new_attempt(tx.now, order_id, amount, source, order_version, buyer_email)
    attempt = replace(
        attempt, id=id or attempt.id, status=AttemptStatus.SUCCEEDED, completed_at=tx.now
    )
    _add_attempt(tx, attempt)
    return attempt, record_payment(tx, attempt)


async def renew_lease(tx: Transaction, attempt: Attempt, gateway_timeout: timedelta) -> Attempt:
    """Have the reconciler look after an attempt once a call that begins now must have ended.

    Written before `resume` is called: should this process die meanwhile, the outcome is found
    soon, and not only when the attempt expires. Whoever held it before can write nothing of it any
    more (`record_outcome`).
    """
    until = tx.now + gateway_timeout + LEASE_MARGIN
    await tx.execute(_RENEW, {"attempt": attempt.id, "until": until})
    return replace(attempt, lease_until=until)


def record_outcome(
    tx: Transaction,
    attempt: Attempt,
    outcome: ChargeOutcome,
    *,
    action_life: timedelta = ACTION_LIFE,
) -> Attempt:
    """Apply what the processor says to an attempt; a final one stays as it is (CON-6), unless it
    was given up and is charged after all (ORD-27).

    `attempt` comes from `lock_attempt` in this transaction: whoever finds it active there, and
    final here, is the one whose effects count. A charge canceled after its time for the client's
    action is EXPIRED (PAY-11). One that moved on since it was read, or that somebody else looks
    after since its lease has passed, is a `Conflict` when the transaction ends.
    """
    after = after_outcome(attempt, outcome, tx.now, action_life)
    if after is attempt:
        return attempt
    row = write_rows([_attempt_row(after)], tx.environment_id)
    was = {"status_was": attempt.status, "lease_was": attempt.lease_until}
    tx.defer(_OUTCOME, {"outcome": row, **was}, expecting=1)
    return after


def record_payment(tx: Transaction, attempt: Attempt) -> Payment:
    """Write down the money that a succeeded attempt collected; once for each attempt (PAY-8).

    Whoever comes second finds a `Conflict` when the transaction ends.
    """
    if attempt.status is not AttemptStatus.SUCCEEDED:
        raise ValueError(f"an attempt that is {attempt.status} collected nothing")
    payment = payment_from(attempt, tx.now)
    row = write_rows([_payment_row(payment)], tx.environment_id)
    tx.defer(_RECEIVED, {"payment": row}, refusals={ONE_PAYMENT: Conflict()})
    return payment


def give_back(tx: Transaction, allocations: Mapping[UUID, int]) -> None:
    """Count minor units of payments as refunded; more than is left: `REFUND_EXCEEDS_REFUNDABLE`."""
    too_much = Problem(
        ErrorCode.REFUND_EXCEEDS_REFUNDABLE, "More was asked for than the payments have left."
    )
    _shift(tx, allocations, too_much)


def take_back(tx: Transaction, allocations: Mapping[UUID, int]) -> None:
    """Take back what `give_back` counted for a refund that failed (REF-30)."""
    taken = {id: -minor for id, minor in allocations.items()}
    _shift(tx, taken, ValueError("more is taken back than was given"))


def _new_attempt(
    now: datetime,
    order_id: UUID,
    amount: Money,
    source: Source,
    order_version: int,
    buyer_email: str | None,
) -> Attempt:
    return Attempt(
        id=new_id(),
        order_id=order_id,
        order_version=order_version,
        amount=amount,
        status=AttemptStatus.PROCESSING,
        kind=source.kind,
        source=source.summary(),
        buyer_email=buyer_email,
        failure_code=None,
        failure_message=None,
        client_secret=None,
        redirect_url=None,
        reference=None,
        lease_until=now,
        expires_at=None,
        created_at=now,
        updated_at=now,
        completed_at=None,
    )


def _add_attempt(tx: Transaction, attempt: Attempt) -> None:
    row = write_rows([_attempt_row(attempt)], tx.environment_id)
    tx.defer(_OPENED, {"attempt_row": row}, refusals={ONE_ACTIVE: payment_in_progress()})


def payment_in_progress(attempt_id: UUID | None = None) -> Problem:
    """Build the answer for an order that has an active attempt (PAY-17)."""
    return PaymentProblem(
        ErrorCode.PAYMENT_IN_PROGRESS,
        "This order is being paid already: wait for that payment to end.",
        attempt_id=attempt_id,
    )


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "order_id": attempt.order_id,
        "order_version": attempt.order_version,
        "amount_minor": attempt.amount.minor,
        "currency": attempt.amount.currency,
        "status": attempt.status,
        "source_kind": attempt.kind,
        "source": attempt.source,
        "buyer_email": attempt.buyer_email,
        "failure_code": attempt.failure_code,
        "failure_message": attempt.failure_message,
        "client_secret": attempt.client_secret,
        "redirect_url": attempt.redirect_url,
        "reference": attempt.reference,
        "lease_until": attempt.lease_until,
        "expires_at": attempt.expires_at,
        "created_at": attempt.created_at,
        "updated_at": attempt.updated_at,
        "completed_at": attempt.completed_at,
    }


def _payment_row(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "order_id": payment.order_id,
        "attempt_id": payment.attempt_id,
        "amount_minor": payment.amount.minor,
        "refunded_minor": payment.refunded.minor,
        "currency": payment.amount.currency,
        "kind": payment.kind,
        "status": payment.status,
        "tendered_minor": payment.tendered and payment.tendered.minor,
        "change_minor": payment.change and payment.change.minor,
        "external_kind": payment.external_kind,
        "reference": payment.reference,
        "received_at": payment.received_at,
        "brand": payment.brand,
        "last4": payment.last4,
        "gateway_reference": payment.gateway_reference,
        "captured_at": payment.captured_at,
    }


def _shift(tx: Transaction, allocations: Mapping[UUID, int], otherwise: Exception) -> None:
    """Move the refunded amounts of payments within their bounds, all of them."""
    if allocations:
        shifts = {"payments": list(allocations), "shifts": list(allocations.values())}
        tx.defer(_SHIFTS, shifts, expecting=len(allocations), otherwise=otherwise)


_THIS = (within(PaymentAttemptRow), PaymentAttemptRow.id == bindparam("attempt"))
_RENEW = update(PaymentAttemptRow).where(*_THIS).values(lease_until=bindparam("until"))
_OPENED = together.write("attempt_opened", insertion(PaymentAttemptRow, "attempt_row"))
_RECEIVED = together.write("payment_received", insertion(PaymentRow, "payment"))
_OUTCOME = together.write(
    "attempt_outcome",
    f"{replacement(PaymentAttemptRow, 'outcome')} AND old.status = :status_was"
    " AND old.lease_until = :lease_was RETURNING 1",
)
_MOVES = select(
    func.unnest(bindparam("payments", type_=ARRAY(Uuid))).label("id"),
    func.unnest(bindparam("shifts", type_=ARRAY(BigInteger))).label("shift"),
).subquery()
_SHIFTED = PaymentRow.refunded_minor + _MOVES.c.shift
_SHIFTS = (
    update(PaymentRow)
    .where(
        PaymentRow.environment_id == ENVIRONMENT,
        PaymentRow.id == _MOVES.c.id,
        _SHIFTED.between(0, PaymentRow.amount_minor),
    )
    .values(refunded_minor=_SHIFTED)
    .returning(PaymentRow.id)
    .cte("payments_shifted")
)
