"""What an outcome makes of an attempt, and why attempts fail, in words that a buyer may read."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from ordergraph.commerce.payments.gateway import ChargeOutcome
from ordergraph.commerce.payments.lifecycle import OBSERVED, AttemptStatus, advance
from ordergraph.commerce.payments.reads import Attempt, Payment
from ordergraph.commerce.payments.sources import ExternalKind
from ordergraph.commerce.payments.tables import CaptureStatus
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money

ACTION_LIFE = timedelta(hours=1)
"""How long an attempt waits for a client's action, unless settings say otherwise (PAY-11)."""

FIRST_POLL = timedelta(seconds=2)
"""When a charge that the processor is still working on is first asked about again."""


class FailureCode(StrEnum):
    """Why an attempt came to nothing (domain 13.4); processors' codes are mapped to these."""

    CARD_DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    INCORRECT_CVC = "incorrect_cvc"
    PROCESSING_ERROR = "processing_error"
    AUTHENTICATION_REQUIRED = "authentication_required"
    PAYMENT_ATTEMPT_CANCELED = "payment_attempt_canceled"
    PAYMENT_ACTION_EXPIRED = "payment_action_expired"


_SENTENCES: Mapping[str, str] = {
    FailureCode.CARD_DECLINED: "The card was declined. Please use another way to pay.",
    FailureCode.INSUFFICIENT_FUNDS: "The card has insufficient funds.",
    FailureCode.EXPIRED_CARD: "The card has expired.",
    FailureCode.INCORRECT_CVC: "The card's security code is incorrect.",
    FailureCode.PROCESSING_ERROR: "The card could not be processed. Please try again.",
    FailureCode.AUTHENTICATION_REQUIRED: "The card's owner could not be authenticated.",
    FailureCode.PAYMENT_ATTEMPT_CANCELED: "The payment was canceled; nothing was charged.",
    FailureCode.PAYMENT_ACTION_EXPIRED: "The payment was not confirmed in time.",
}


def buyer_sentence(code: str) -> str:
    """Return what a buyer is told (DEC-1); an unknown code reads like any other decline."""
    return _SENTENCES.get(code, _SENTENCES[FailureCode.CARD_DECLINED])


def after_outcome(
    attempt: Attempt, outcome: ChargeOutcome, now: datetime, action_life: timedelta = ACTION_LIFE
) -> Attempt:
    """Return an attempt after an observation of its charge; a final one stays as it is (CON-6),
    but for one that we gave up and that was charged after all (ORD-27).

    A charge canceled after its time for the client's action is EXPIRED (PAY-11). What the client
    needed for its action is dropped with it.
    """
    observed = OBSERVED[outcome.status]
    if observed is AttemptStatus.CANCELED and attempt.expires_at and attempt.expires_at <= now:
        observed = AttemptStatus.EXPIRED
    status = advance(attempt.status, observed)
    if not attempt.is_active and status is attempt.status:
        return attempt
    waits = status is AttemptStatus.REQUIRES_ACTION
    expires_at = (attempt.expires_at or now + action_life) if waits else attempt.expires_at
    code, message = _failure(status, outcome)
    return replace(
        attempt,
        status=status,
        source={**attempt.source, **_card(outcome)},
        failure_code=code,
        failure_message=message,
        client_secret=outcome.client_secret if waits else None,
        redirect_url=outcome.redirect_url if waits else None,
        reference=outcome.reference or attempt.reference,
        lease_until=expires_at if waits and expires_at else now + FIRST_POLL,
        expires_at=expires_at,
        updated_at=now,
        completed_at=None if status.is_active else now,
    )


def payment_from(attempt: Attempt, now: datetime) -> Payment:
    """Return the payment that a succeeded attempt makes; cash beyond its amount is change."""
    source, currency = attempt.source, attempt.amount.currency
    tendered = source.get("tendered")
    external_kind, received_at = source.get("externalKind"), source.get("receivedAt")
    return Payment(
        id=new_id(),
        order_id=attempt.order_id,
        attempt_id=attempt.id,
        amount=attempt.amount,
        refunded=Money(0, currency),
        kind=attempt.kind,
        status=CaptureStatus.SUCCEEDED,
        tendered=None if tendered is None else Money(tendered, currency),
        change=None if tendered is None else Money(tendered - attempt.amount.minor, currency),
        external_kind=external_kind and ExternalKind(external_kind),
        reference=source.get("reference"),
        received_at=received_at and datetime.fromisoformat(received_at),
        brand=source.get("brand"),
        last4=source.get("last4"),
        gateway_reference=attempt.reference,
        captured_at=now,
    )


def _failure(status: AttemptStatus, outcome: ChargeOutcome) -> tuple[str | None, str | None]:
    """Return why an attempt came to nothing, as a code and as a sentence."""
    if status is AttemptStatus.FAILED:
        code = outcome.failure_code or FailureCode.CARD_DECLINED.value
        return code, outcome.failure_message or buyer_sentence(code)
    own = _OWN_FAILURES.get(status)
    return (None, None) if own is None else (own.value, buyer_sentence(own))


_OWN_FAILURES: Mapping[AttemptStatus, FailureCode] = {
    AttemptStatus.CANCELED: FailureCode.PAYMENT_ATTEMPT_CANCELED,
    AttemptStatus.EXPIRED: FailureCode.PAYMENT_ACTION_EXPIRED,
}


def _card(outcome: ChargeOutcome) -> dict[str, str]:
    known = {"brand": outcome.brand, "last4": outcome.last4}
    return {name: value for name, value in known.items() if value is not None}
