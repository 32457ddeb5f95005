"""The port to a card processor: what is asked of it, and what it answers."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from ordergraph.core.money import Money


class ChargeStatus(StrEnum):
    """Where a charge stands at the processor."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    PROCESSING = "PROCESSING"
    CANCELED = "CANCELED"


class RefundStatus(StrEnum):
    """Where a refund stands at the processor."""

    SUCCEEDED = "SUCCEEDED"
    PENDING = "PENDING"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """One charge to make; `key` is our attempt's id, never a caller's key (IDM-10)."""

    key: UUID
    environment_id: UUID
    order_id: UUID
    amount: Money
    token: str
    livemode: bool

    def __repr__(self) -> str:
        return f"ChargeRequest(key={self.key})"


@dataclass(frozen=True, slots=True)
class ChargeOutcome:
    """What the processor says about a charge; `reference` is its own name for it.

    `failure_code` is one of `FailureCode` for a decline; `failure_message` is fit for a buyer.
    """

    status: ChargeStatus
    reference: str
    failure_code: str | None = None
    failure_message: str | None = None
    brand: str | None = None
    last4: str | None = None
    client_secret: str | None = None
    redirect_url: str | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One refund to make of the charge that was made with `charge_key`; `key` is our own id."""

    key: UUID
    charge_key: UUID
    environment_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """What the processor says about a refund."""

    status: RefundStatus
    reference: str
    failure_reason: str | None = None


class NotSent(Exception):
    """Nothing reached the processor: the same call may be repeated."""


class OutcomeUnknown(Exception):
    """The call may or may not have had its effect: ask by its key, never repeat it blindly."""


class Gateway(Protocol):
    """A processor that can be asked by our keys; the same key always means the same effect.

    Every call ends within `timeout`. It is never made inside a database transaction (PAY-7), and
    raises `NotSent` or `OutcomeUnknown` where there is no answer.
    """

    @property
    def timeout(self) -> timedelta: ...

    def accepts(self, token: str, *, livemode: bool) -> bool:
        """Tell, without asking anybody, whether a token can be one of this processor's (PAY-14)."""
        ...

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge once for a key; repeated, answer where that charge stands now."""
        ...

    async def resume(self, environment_id: UUID, key: UUID) -> ChargeOutcome:
        """Carry on with a charge whose client says that it finished its action (PAY-10)."""
        ...

    async def look_up(self, environment_id: UUID, key: UUID) -> ChargeOutcome | None:
        """Say where the charge of a key stands; None if no charge was ever made with it."""
        ...

    async def cancel(self, environment_id: UUID, key: UUID) -> ChargeOutcome:
        """Give a charge up; from then on one that comes late with this key is refused.

        A charge that succeeded before answers SUCCEEDED: it is to be adopted, not canceled.
        """
        ...

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Return money of a charge, once for a key."""
        ...

    async def look_up_refund(self, environment_id: UUID, key: UUID) -> RefundOutcome | None:
        """Say where the refund of a key stands; None if none was ever made with it."""
        ...
