"""What is paid with: a processor's token, cash over the counter, money that came another way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from ordergraph.commerce.payments.gateway import Gateway
from ordergraph.core.amounts import check_amount, require_same_currency
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, Problem
from ordergraph.core.texts import LONGEST_NAME, check_text

FIRST_SOURCE: FieldPath = ("sources", "0")


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
    """A processor's token; it is passed on and never kept."""

    kind: ClassVar[PaymentKind] = PaymentKind.TOKEN
    token: str = field(repr=False)

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
