"""What is to be priced: an order's lines, discounts, taxes, charges and tips, in minor units.

An order has one currency, checked before a draft is made (MON-4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from ordergraph.core.jurisdictions import Jurisdiction, TaxType


class TaxCategory(StrEnum):
    """What kind of thing a line sells, for the rates that depend on it (domain 11)."""

    GENERAL = "GENERAL"
    PHYSICAL_GOODS = "PHYSICAL_GOODS"
    DIGITAL_GOODS = "DIGITAL_GOODS"
    SOFTWARE = "SOFTWARE"
    SAAS = "SAAS"
    SERVICES = "SERVICES"
    PROFESSIONAL_SERVICES = "PROFESSIONAL_SERVICES"
    FOOD = "FOOD"
    PREPARED_FOOD = "PREPARED_FOOD"
    CLOTHING = "CLOTHING"
    MEDICAL_GOODS = "MEDICAL_GOODS"
    ADMISSION = "ADMISSION"


class DiscountScope(StrEnum):
    """Whether a discount belongs to certain lines or to the order; it decides the turn (5.3)."""

    ORDER = "ORDER"
    LINE_ITEM = "LINE_ITEM"


class Allocation(StrEnum):
    """How often a fixed amount is taken: once per unit, or once for all (PRC-23)."""

    EACH = "EACH"
    ACROSS = "ACROSS"


class ChargeBasis(StrEnum):
    """What a percent charge is a percentage of (PRC-60)."""

    SUBTOTAL_PRE_DISCOUNT = "SUBTOTAL_PRE_DISCOUNT"
    SUBTOTAL_POST_DISCOUNT = "SUBTOTAL_POST_DISCOUNT"


class TaxRounding(StrEnum):
    """Whether each tax component is rounded once per order or once per line (PRC-31)."""

    ORDER = "ORDER"
    LINE = "LINE"


class ModifierDraft(NamedTuple):
    """What one of a modifier adds to each unit of its line, and how many of it each unit has.

    `taxable` says whether tax is due on it, whatever its line says (MOD-6); None as its line.
    """

    unit_delta: int
    quantity: int
    taxable: bool | None = None


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line; `position` is its insertion index and never changes (PRC-5).

    The category of the line is that of its modifiers too.
    """

    id: UUID
    position: int
    quantity: int
    unit_price: int
    modifiers: tuple[ModifierDraft, ...] = ()
    taxable: bool = True
    tax_category: TaxCategory = TaxCategory.GENERAL

    @property
    def has_taxable(self) -> bool:
        """Whether tax may be due on any part of it (MOD-6)."""
        return self.taxable or any(each.taxable for each in self.modifiers)


@dataclass(frozen=True, slots=True)
class DiscountDraft:
    """A discount of a percentage or of an amount, exactly one of the two.

    `line_ids` names the eligible lines, None means all. Without an `allocation` a fixed amount is
    taken per unit in line scope and once in order scope (PRC-23).
    """

    id: UUID
    scope: DiscountScope
    applied_at: datetime
    percent: Decimal | None = None
    amount: int | None = None
    allocation: Allocation | None = None
    line_ids: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class TaxComponent:
    """One rate of one jurisdiction; `applies_to` holds ids of lines and charges, None means all.

    Only what is taxable by itself is taxed, whatever `applies_to` says. A `stated` amount is what
    the tax comes to instead of what the percentage makes of it (TAX-4).
    """

    id: UUID
    name: str
    percent: Decimal
    inclusive: bool = False
    applies_to: frozenset[UUID] | None = None
    type: TaxType = TaxType.SALES_TAX
    jurisdiction: Jurisdiction | None = None
    stated: int | None = None


@dataclass(frozen=True, slots=True)
class FlatTax:
    """A tax of a fixed amount, once per order and on no line (PRC-33)."""

    id: UUID
    name: str
    amount: int
    type: TaxType = TaxType.SALES_TAX
    jurisdiction: Jurisdiction | None = None


@dataclass(frozen=True, slots=True)
class ChargeDraft:
    """A fee of an amount or of a percentage of `basis`, exactly one of the two (CHG-1)."""

    id: UUID
    amount: int | None = None
    percent: Decimal | None = None
    basis: ChargeBasis = ChargeBasis.SUBTOTAL_POST_DISCOUNT
    taxable: bool = False
    tax_category: TaxCategory = TaxCategory.GENERAL

    @property
    def has_taxable(self) -> bool:
        """Whether tax may be due on it."""
        return self.taxable


@dataclass(frozen=True, slots=True)
class TipDraft:
    """A tip of an amount or of a percentage of the goods, exactly one of the two (PRC-65)."""

    id: UUID
    amount: int | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """All that the price of an order depends on.

    `tip_limit` is an amount up to which tips are always accepted; None means the currency's own
    (PRC-66).
    """

    currency: str
    lines: tuple[LineDraft, ...] = ()
    discounts: tuple[DiscountDraft, ...] = ()
    taxes: tuple[TaxComponent, ...] = ()
    flat_taxes: tuple[FlatTax, ...] = ()
    charges: tuple[ChargeDraft, ...] = ()
    tips: tuple[TipDraft, ...] = ()
    tax_rounding: TaxRounding = TaxRounding.ORDER
    tip_limit: int | None = None
