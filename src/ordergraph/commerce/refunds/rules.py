"""What refunding is asked for, and how its end is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Told
from ordergraph.commerce.refunds.lifecycle import RefundReason, RefundStatus
from ordergraph.commerce.refunds.reads import Refund
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Problem


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """Units of a line to give back; `quantity` is whatever number came in."""

    line_item_id: UUID
    quantity: Any


@dataclass(frozen=True, slots=True)
class NewRefund:
    """What to give back: an amount, or units of lines, or else all that is left (REF-2).

    `restock` None puts back the units of line refunds and of a refund that leaves nothing.
    """

    order_id: UUID
    amount: Money | None = None
    line_items: tuple[RefundedLine, ...] | None = None
    restock: bool | None = None
    include_tip: bool = False
    reason: RefundReason | None = None
    reason_message: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Refunded:
    """What refunding came to; a refund that failed is kept and returned with the problem."""

    refund: Refund
    order: Order
    problem: Problem | None = None


def told(refund: Refund) -> Told:
    """Return how the order's timeline names a refund that was made."""
    return Told("refund", "Money was given back.", encode(Prefix.REFUND, refund.id))


def problem_of(refund: Refund) -> Problem | None:
    """Return how a failed refund is told to its caller, or None if it did not fail."""
    if refund.status is not RefundStatus.FAILED:
        return None
    return Problem(
        ErrorCode.REFUND_FAILED, "The processor refused the refund; nothing was given back."
    )
