"""What pricing an order yields: every figure of its lines, discounts, taxes, charges and tips."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ordergraph.core.amounts import OrderAmounts

Share = tuple[UUID, int]
"""The id of a line or charge, and its part of a discount or tax."""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line's figures: `net` = `gross` - `discount`; `tax` contains `included_tax`.

    `taxable` is the part of `net` that may be taxed: all of it, or 0 for a line that is exempt
    (PRC-30), unless its modifiers say otherwise (MOD-6).
    """

    id: UUID
    base_subtotal: int
    modifier_total: int
    gross: int
    discount: int
    net: int
    taxable: int
    tax: int
    included_tax: int

    @property
    def total(self) -> int:
        """What the line adds to the order's total."""
        return self.net + self.tax - self.included_tax


@dataclass(frozen=True, slots=True)
class PricedDiscount:
    """A discount's nominal `amount`, and what was `applied` of it after caps (PRC-25)."""

    id: UUID
    amount: int
    applied: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class PricedTax:
    """One tax; `taxable` is what its rate was applied to, tax included if `inclusive`.

    A flat tax has no `percent` and no shares.
    """

    id: UUID
    name: str
    percent: Decimal | None
    inclusive: bool
    taxable: int
    tax: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class PricedCharge:
    """A charge's `amount` before additive tax; `tax` contains `included_tax`."""

    id: UUID
    amount: int
    tax: int
    included_tax: int

    @property
    def total(self) -> int:
        """What the charge adds to the order's total."""
        return self.amount + self.tax - self.included_tax


@dataclass(frozen=True, slots=True)
class PricedTip:
    """A tip's effective amount."""

    id: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A priced order; lines stand in position order, discounts in the order they took effect."""

    currency: str
    lines: tuple[PricedLine, ...]
    discounts: tuple[PricedDiscount, ...]
    taxes: tuple[PricedTax, ...]
    charges: tuple[PricedCharge, ...]
    tips: tuple[PricedTip, ...]
    amounts: OrderAmounts

    @property
    def total(self) -> int:
        return self.amounts.total
