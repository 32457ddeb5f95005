"""What stands on an order: lines, discounts, charges, tips, its timeline, its taxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.commerce.catalog.rules import NamedVariant
from ordergraph.commerce.orders.lifecycle import (
    ChargeType,
    DiscountSource,
    DiscountStatus,
    LineSource,
    TipStatus,
)
from ordergraph.core.drafts import Allocation, ChargeBasis, DiscountScope, TaxCategory
from ordergraph.core.money import Money


class Figured:
    """What any line comes to, of which not all may have been read."""

    __slots__ = ()
    currency: str
    unit_price_minor: int
    gross_minor: int
    discount_minor: int
    tax_minor: int
    included_tax_minor: int

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_price_minor, self.currency)

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def discount(self) -> Money:
        return Money(self.discount_minor, self.currency)

    @property
    def net(self) -> Money:
        return Money(self.gross_minor - self.discount_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.gross_minor - self.discount_minor + self.added_tax_minor, self.currency)

    @property
    def added_tax_minor(self) -> int:
        return self.tax_minor - self.included_tax_minor


@dataclass(frozen=True, slots=True)
class SoldComponent:
    """So many units of a variant in each unit of a bundle, as it was when it was sold (BUN-8)."""

    variant_id: UUID
    quantity: int
    name: str
    sku: str | None


@dataclass(frozen=True, slots=True)
class ChosenModifier:
    """What was chosen on a line, `quantity` of it on each unit; `total` is for all units.

    An ad hoc modifier is of no group; a text has no price.
    """

    id: UUID
    group_name: str | None
    name: str
    unit_price_delta: Money
    quantity: int
    total: Money
    text: str | None


@dataclass(slots=True)
class ShownLine(Figured):
    """A line with as much of it as pages of one order show most often.

    `named` is its variant, where no more of that is shown than what it is called by.
    """

    id: UUID
    variant_id: UUID | None
    name: str
    sku: str | None
    image_url: str | None
    currency: str
    unit_price_minor: int
    quantity: int
    gross_minor: int
    discount_minor: int
    tax_minor: int
    included_tax_minor: int
    named: NamedVariant | None = None


@dataclass(slots=True)
class LineItem(Figured):
    """One line; amounts are minor units of `currency`, `tax_minor` contains the included tax.

    `as_of` is the instant of the past that it is shown at.
    """

    id: UUID
    order_id: UUID
    position: int
    source_type: LineSource
    variant_id: UUID | None
    product_id: UUID | None
    name: str
    description: str | None
    sku: str | None
    image_url: str | None
    currency: str
    unit_price_minor: int
    price_overridden: bool
    quantity: int
    taxable: bool
    tax_category: TaxCategory
    metadata: dict[str, str]
    bundle_id: UUID | None = None
    components: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    modifiers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    fulfillable: bool = True
    category_ids: list[UUID] = field(default_factory=list[UUID])
    gross_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    included_tax_minor: int = 0
    reversed_gross_minor: int = 0
    reversed_discount_minor: int = 0
    reversed_tax_minor: int = 0
    reversed_included_tax_minor: int = 0
    refunded_quantity: int = 0
    restocked_quantity: int = 0
    as_of: datetime | None = field(default=None, repr=False, compare=False)

    @property
    def is_of_catalog(self) -> bool:
        """Whether it sells a variant or a bundle, and no thing that is in no catalog."""
        return self.variant_id is not None or self.bundle_id is not None

    @property
    def units_each(self) -> Mapping[UUID, int]:
        """Return what one unit of the line takes of each variant's stock, as it was sold."""
        if self.variant_id is not None:
            return {self.variant_id: 1}
        return {each.variant_id: each.quantity for each in self.sold_components}

    @property
    def sold_components(self) -> list[SoldComponent]:
        """What each unit of a bundle is made of; nothing for any other line."""
        return [
            SoldComponent(UUID(each["variantId"]), each["quantity"], each["name"], each["sku"])
            for each in self.components
        ]

    @property
    def chosen_modifiers(self) -> list[ChosenModifier]:
        """What was chosen on the line, with its prices as money."""
        return [
            ChosenModifier(
                UUID(each["id"]),
                each["groupName"],
                each["name"],
                Money(each["unitDelta"], self.currency),
                each["quantity"],
                Money(each["unitDelta"] * each["quantity"] * self.quantity, self.currency),
                each["text"],
            )
            for each in self.modifiers
        ]

    @property
    def refunded(self) -> Money:
        reversed_net = self.reversed_gross_minor - self.reversed_discount_minor
        reversed_tax = self.reversed_tax_minor - self.reversed_included_tax_minor
        return Money(reversed_net + reversed_tax, self.currency)


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """What a discount takes off one line."""

    line_item_id: UUID
    amount: Money


@dataclass(slots=True)
class AppliedDiscount:
    """A discount on an order; `reason` says why it takes nothing off at present (ORD-30).

    `line_item_ids` are the lines it was narrowed to, `eligible_ids` those it acts on (None is
    all), `shares` what it takes off each, as pairs of an id as text and minor units.
    """

    id: UUID
    order_id: UUID
    source: DiscountSource
    coupon_id: UUID | None
    coupon_code: str | None
    name: str
    scope: DiscountScope
    allocation: Allocation | None
    line_item_ids: list[UUID] | None
    eligible_ids: list[UUID] | None
    shares: list[Any]
    currency: str
    percent: Decimal | None
    amount_off_minor: int | None
    amount_minor: int
    applied_minor: int
    status: DiscountStatus
    reason: str | None
    applied_at: datetime

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def applied(self) -> Money:
        return Money(self.applied_minor, self.currency)

    @property
    def amount_off(self) -> Money | None:
        """The fixed amount that it takes off; None for a percentage."""
        minor = self.amount_off_minor
        return None if minor is None else Money(minor, self.currency)

    @property
    def allocations(self) -> list[DiscountShare]:
        """What it takes off each line; the shares sum up to what is applied."""
        return [DiscountShare(UUID(id), Money(minor, self.currency)) for id, minor in self.shares]


@dataclass(slots=True)
class Charge:
    """A fee; `amount_minor` is what it comes to before tax on top, `tax_minor` contains the
    included tax."""

    id: UUID
    order_id: UUID
    type: ChargeType
    name: str
    description: str | None
    currency: str
    percent: Decimal | None
    basis: ChargeBasis
    fixed_minor: int | None
    taxable: bool
    tax_category: TaxCategory
    metadata: dict[str, str]
    created_at: datetime
    amount_minor: int = 0
    tax_minor: int = 0
    included_tax_minor: int = 0
    reversed_amount_minor: int = 0
    reversed_tax_minor: int = 0
    reversed_included_tax_minor: int = 0
    as_of: datetime | None = field(default=None, repr=False, compare=False)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def included_tax(self) -> Money:
        return Money(self.included_tax_minor, self.currency)

    @property
    def percent_basis(self) -> ChargeBasis | None:
        """What the percentage is of; a fixed amount is of nothing."""
        return None if self.percent is None else self.basis

    @property
    def total(self) -> Money:
        return Money(self.amount_minor + self.tax_minor - self.included_tax_minor, self.currency)

    @property
    def refunded(self) -> Money:
        reversed_tax = self.reversed_tax_minor - self.reversed_included_tax_minor
        return Money(self.reversed_amount_minor + reversed_tax, self.currency)


@dataclass(slots=True)
class Tip:
    """A tip; `amount_minor` is what it comes to at present, `from_buyer` who chose it (TIP-2)."""

    id: UUID
    order_id: UUID
    currency: str
    name: str | None
    description: str | None
    percent: Decimal | None
    fixed_minor: int | None
    amount_minor: int
    reversed_minor: int
    from_buyer: bool
    status: TipStatus
    metadata: dict[str, str]
    created_at: datetime

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.reversed_minor, self.currency)


@dataclass(slots=True)
class Activity:
    """One entry of an order's timeline."""

    id: UUID
    order_id: UUID
    type: str
    description: str
    currency: str
    balance_delta_minor: int
    running_balance_minor: int
    related_id: str | None
    actor: str
    request_id: str
    created_at: datetime

    @property
    def balance_delta(self) -> Money:
        return Money(self.balance_delta_minor, self.currency)

    @property
    def running_balance(self) -> Money:
        return Money(self.running_balance_minor, self.currency)
