"""The sandbox's test tokens: each stands for a card with a known behaviour (PAY-15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ordergraph.commerce.payments.rules import FailureCode


class Behaviour(StrEnum):
    """What a test card does when it is charged."""

    SUCCEEDS = "SUCCEEDS"
    DECLINES = "DECLINES"
    ASKS = "ASKS"
    ASKS_THEN_DECLINES = "ASKS_THEN_DECLINES"
    SETTLES_LATER = "SETTLES_LATER"
    REFUSES_REFUNDS = "REFUSES_REFUNDS"


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card that does not exist, and what it does."""

    brand: str
    last4: str
    behaviour: Behaviour = Behaviour.SUCCEEDS
    failure: FailureCode | None = None


def _declining(last4: str, failure: FailureCode) -> TestCard:
    return TestCard("visa", last4, Behaviour.DECLINES, failure)


_BRANDS = {
    "visa": TestCard("visa", "4242"),
    "visa_debit": TestCard("visa", "5556"),
    "mastercard": TestCard("mastercard", "4444"),
    "mastercard_debit": TestCard("mastercard", "8210"),
    "mastercard_prepaid": TestCard("mastercard", "5100"),
    "amex": TestCard("amex", "0005"),
    "discover": TestCard("discover", "1117"),
    "diners": TestCard("diners", "0004"),
    "jcb": TestCard("jcb", "0505"),
    "unionpay": TestCard("unionpay", "0005"),
}

# What is lost, stolen or suspicious reads like any other decline (DEC-1).
_DECLINES = {
    "": _declining("0002", FailureCode.CARD_DECLINED),
    "InsufficientFunds": _declining("9995", FailureCode.INSUFFICIENT_FUNDS),
    "ExpiredCard": _declining("0069", FailureCode.EXPIRED_CARD),
    "IncorrectCvc": _declining("0127", FailureCode.INCORRECT_CVC),
    "ProcessingError": _declining("0119", FailureCode.PROCESSING_ERROR),
    "LostCard": _declining("9987", FailureCode.CARD_DECLINED),
    "StolenCard": _declining("9979", FailureCode.CARD_DECLINED),
    "VelocityLimitExceeded": _declining("6975", FailureCode.CARD_DECLINED),
    "Fraudulent": _declining("0019", FailureCode.CARD_DECLINED),
}

_SPECIAL = {
    "insufficientFunds": _DECLINES["InsufficientFunds"],
    "expiredCard": _DECLINES["ExpiredCard"],
    "requires3ds": TestCard("visa", "3155", Behaviour.ASKS),
    "requires3dsThenFails": TestCard(
        "visa", "1629", Behaviour.ASKS_THEN_DECLINES, FailureCode.AUTHENTICATION_REQUIRED
    ),
    "threeDSecure2Required": TestCard("visa", "3220", Behaviour.ASKS),
    "threeDSecureRequired": TestCard("visa", "3063", Behaviour.ASKS),
    "authenticationRequired": TestCard("visa", "3184", Behaviour.ASKS),
    "processing": TestCard("visa", "4242", Behaviour.SETTLES_LATER),
    "refundFail": TestCard("visa", "5126", Behaviour.REFUSES_REFUNDS),
}


def _tokens() -> Mapping[str, TestCard]:
    """Return all tokens: ours, and Stripe's for the same cards as tokens and payment methods."""
    cards = {**_BRANDS, **_SPECIAL}
    for reason, card in _DECLINES.items():
        cards[f"chargeDeclined{reason}"] = card
        cards[f"visa_chargeDeclined{reason}"] = card
    return {f"{kind}_{name}": card for kind in ("tok", "pm_card") for name, card in cards.items()}


TEST_CARDS = _tokens()
