"""What was levied on an order: its taxes as they were when it was last priced (TAX-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from ordergraph.commerce.orders.itemizing import Charge, LineItem
from ordergraph.core.jurisdictions import Jurisdiction, TaxType
from ordergraph.core.money import Money
from ordergraph.core.taxes import TaxLocationSource


@dataclass(slots=True)
class TaxedAt:
    """Where an order is taxed, and whose address says so (TAX-2)."""

    source: TaxLocationSource
    country: str
    region: str | None
    postal_code: str | None

    @staticmethod
    def stored(place: Mapping[str, Any] | None) -> TaxedAt | None:
        """Read a place as an order keeps it."""
        if place is None:
            return None
        source = TaxLocationSource(place["source"])
        return TaxedAt(source, place["country"], place["region"], place["postalCode"])


@dataclass(slots=True)
class TaxBreakdown:
    """What one tax component came to; `taxable` is the amount its rate was applied to.

    The taxes of its allocations add up to `tax`, but for a flat tax, which has none (PRC-33).
    """

    id: UUID
    name: str
    type: TaxType
    jurisdiction: Jurisdiction | None
    percent: Decimal | None
    inclusive: bool
    taxable: Money
    tax: Money
    allocations: list[TaxAllocation] = field(default_factory=list["TaxAllocation"])


@dataclass(slots=True)
class TaxAllocation:
    """What a tax component comes to on one line or charge."""

    breakdown: TaxBreakdown
    line_item: LineItem | None
    charge: Charge | None
    taxable: Money
    tax: Money


def breakdowns_of(
    taxes: Sequence[Mapping[str, Any]],
    order_id: UUID,
    currency: str,
    lines: Sequence[LineItem],
    charges: Sequence[Charge],
) -> list[TaxBreakdown]:
    """Return the stored taxes of an order as money, on the lines and charges they are on."""
    by_id = {str(line.id): line for line in lines}
    fees = {str(charge.id): charge for charge in charges}
    return [_breakdown(tax, order_id, currency, by_id, fees) for tax in taxes]


def _breakdown(
    tax: Mapping[str, Any],
    order_id: UUID,
    currency: str,
    lines: Mapping[str, LineItem],
    charges: Mapping[str, Charge],
) -> TaxBreakdown:
    breakdown = TaxBreakdown(
        uuid5(order_id, tax["id"]),
        tax["name"],
        TaxType(tax.get("type", TaxType.SALES_TAX)),
        Jurisdiction.stored(tax.get("jurisdiction")),
        None if tax["percent"] is None else Decimal(tax["percent"]),
        tax["inclusive"],
        Money(tax["taxable"], currency),
        Money(tax["tax"], currency),
    )
    shares = dict(tax.get("shares", ()))
    breakdown.allocations = [
        TaxAllocation(
            breakdown,
            lines.get(id),
            charges.get(id),
            Money(base, currency),
            Money(shares.get(id, 0), currency),
        )
        for id, base in tax.get("bases", ())
    ]
    return breakdown
