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
    """Units of a line to give back, or an amount of its money; numbers are whatever came in.

    `tax` replaces the tax that is computed (TAX-7), `restock_quantity` the units that go back on
    the shelf.
    """

    line_item_id: UUID
    quantity: Any = None
    amount: Money | None = None
    tax: Money | None = None
    restock_quantity: Any = None


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """A charge or tip to give back: an amount of it, or all that is left."""

    id: UUID
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class RefundedFlatTax:
    """The taxes on no line to give back: an amount of them, or all that is left."""

    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Allocated:
    """What a refund is to give back of one payment."""

    payment_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class NewRefund:
    """What to give back: an amount, or parts of the sale, or else all that is left (REF-2).

    It names an order, a payment, or both (REF-1). `restock` None puts back the units of line
    refunds, and all of them with a refund that leaves nothing if the shop is set so (REF-20).
    """

    order_id: UUID | None = None
    amount: Money | None = None
    line_items: tuple[RefundedLine, ...] | None = None
    charges: tuple[RefundedPart, ...] | None = None
    tips: tuple[RefundedPart, ...] | None = None
    flat_tax: RefundedFlatTax | None = None
    payment_id: UUID | None = None
    allocations: tuple[Allocated, ...] | None = None
    restock: bool | None = None
    include_tip: bool = False
    reason: RefundReason | None = None
    reason_message: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    external_reference_id: str | None = None
    expected_version: int | None = None

    @property
    def has_parts(self) -> bool:
        """Whether it names lines, charges, tips or flat taxes."""
        named = (self.line_items, self.charges, self.tips, self.flat_tax)
        return any(each is not None for each in named)


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
    """Return how a refund that failed, or a part of it, is told to its caller; else None."""
    if refund.status is RefundStatus.FAILED:
        return Problem(
            ErrorCode.REFUND_FAILED, "The processor refused the refund; nothing was given back."
        )
    if refund.failed_minor:
        return Problem(
            ErrorCode.REFUND_FAILED,
            "The processor refused a part of the refund: see what failed of its payments.",
        )
    return None
