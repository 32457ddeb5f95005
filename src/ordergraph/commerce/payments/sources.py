"""What is paid with: a processor's token, cash over the counter, money that came another way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from ordergraph.commerce.payments.gateway import Gateway
from ordergraph.core.amounts import check_amount, require_same_currency
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, LimitProblem, Problem
from ordergraph.core.texts import LONGEST_NAME, check_text

FIRST_SOURCE: FieldPath = ("sources", "0")


class Completion(StrEnum):
    """What sources with amounts are meant to do: pay all that is due, or a part of it (PAY-3)."""

    COMPLETE_ORDER = "COMPLETE_ORDER"
    PARTIAL_PAYMENT = "PARTIAL_PAYMENT"


class PaymentKind(StrEnum):
    """How money is collected."""

    TOKEN = "TOKEN"
    CASH = "CASH"
    EXTERNAL = "EXTERNAL"


class ExternalKind(StrEnum):
    """How money came that was collected outside of this system (EXT-2)."""

    CHECK = "CHECK"
    BANK_TRANSFER = "BANK_TRANSFER"
    OTHER_TERMINAL = "OTHER_TERMINAL"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class TokenSource:
    """A processor's token; it is passed on and never kept.

    `amount` is what a source of any kind pays, all that is due if None.
    """

    kind: ClassVar[PaymentKind] = PaymentKind.TOKEN
    token: str = field(repr=False)
    amount: Money | None = None

    def check(self, gateway: Gateway, *, livemode: bool, path: FieldPath = FIRST_SOURCE) -> None:
        """Refuse a token that is not one of the processor's in this mode (PAY-14)."""
        if not gateway.accepts(self.token, livemode=livemode):
            raise Problem(
                ErrorCode.PAYMENT_SOURCE_INVALID,
                "This token cannot be charged here.",
                (*path, "token"),
            )

    def summary(self) -> dict[str, Any]:
        """Return what is kept of the source before the processor has answered: nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class CashSource:
    """Cash handed over; what is beyond the amount due is given back (EXT-1)."""

    kind: ClassVar[PaymentKind] = PaymentKind.CASH
    tendered: Money
    amount: Money | None = None

    def check(self, due: Money, *, path: FieldPath = FIRST_SOURCE) -> None:
        """Refuse cash in another currency, or less of it than is due."""
        where = (*path, "cash", "tendered")
        require_same_currency(self.tendered, due.currency, (*where, "currency"))
        check_amount(self.tendered.minor, field=(*where, "amount"))
        if self.tendered.minor < due.minor:
            raise Problem(
                ErrorCode.PAYMENT_AMOUNT_MISMATCH,
                "The cash tendered is less than the amount due.",
                (*where, "amount"),
            )

    def summary(self) -> dict[str, Any]:
        """Return what is kept of the source, as plain values."""
        return {"tendered": self.tendered.minor}


@dataclass(frozen=True, slots=True)
class ExternalSource:
    """Money that was collected elsewhere and is recorded here (EXT-2)."""

    kind: ClassVar[PaymentKind] = PaymentKind.EXTERNAL
    external_kind: ExternalKind
    reference: str
    received_at: datetime | None = None
    amount: Money | None = None

    def check(self, now: datetime, *, path: FieldPath = FIRST_SOURCE) -> None:
        """Refuse a reference beyond 1 to 255 characters, or money that has yet to come."""
        findings = Findings()
        check_text(findings, self.reference, LONGEST_NAME, *path, "external", "reference", least=1)
        if self.received_at is not None and self.received_at > now:
            findings.add(
                ErrorCode.INVALID_FIELD,
                "Money cannot have been received in the future.",
                *path,
                "external",
                "receivedAt",
            )
        findings.settle()

    def summary(self) -> dict[str, Any]:
        """Return what is kept of the source, as plain values."""
        return {
            "externalKind": self.external_kind.value,
            "reference": self.reference.strip(),
            "receivedAt": self.received_at and self.received_at.isoformat(),
        }


Source = TokenSource | CashSource | ExternalSource


def charged(source: Source, due: Money, completion: Completion) -> Money:
    """Return what a source pays of what is due (PAY-2, PAY-3).

    Less than is due has to be meant: else it is `PAYMENT_AMOUNT_MISMATCH`, at its amount. More is
    `PAYMENT_EXCEEDS_BALANCE`.
    """
    amount = source.amount
    if amount is None:
        return due
    where = (*FIRST_SOURCE, "amount")
    require_same_currency(amount, due.currency, (*where, "currency"))
    check_amount(amount.minor, 1, (*where, "amount"))
    if amount.minor > due.minor:
        raise LimitProblem(
            ErrorCode.PAYMENT_EXCEEDS_BALANCE, "That is more than what is due.", due, where
        )
    if amount.minor < due.minor and completion is Completion.COMPLETE_ORDER:
        raise Problem(
            ErrorCode.PAYMENT_AMOUNT_MISMATCH,
            "That is less than what is due: send completion PARTIAL_PAYMENT to pay a part.",
            where,
        )
    return amount
