"""What a refund took back of a sale, figure by figure, as money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.commerce.refunds.reversing import read, taxes_of
from ordergraph.core.money import Money
from ordergraph.core.untaxing import TaxReversal


@dataclass(frozen=True, slots=True)
class LineShare:
    """What goes back of a line; `amount` is the money of it, its tax included."""

    line_item_id: UUID
    quantity: int
    amount: Money
    discount: Money
    tax: Money
    included_tax: Money
    restocked: int


@dataclass(frozen=True, slots=True)
class ChargeShare:
    """What goes back of a charge, its tax included."""

    charge_id: UUID
    amount: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class TipShare:
    """What goes back of a tip."""

    tip_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class TaxShare:
    """What goes back of one tax."""

    name: str
    percent: Decimal | None
    inclusive: bool
    tax: Money


class Itemized:
    """A refund that knows what it took back, as its database document has it."""

    __slots__ = ()
    currency: str
    reversal: dict[str, Any]

    @property
    def returned(self) -> Money:
        """What only gives a payment back, without undoing any of the sale (AMT-3)."""
        return self._money(self.reversal["returned"])

    @property
    def tax(self) -> Money:
        """The tax that goes back, with what was inside the prices."""
        return self._money(read(self.reversal).amounts.tax)

    @property
    def tip(self) -> Money:
        return self._money(read(self.reversal).amounts.tip)

    @property
    def flat_tax(self) -> Money:
        return self._money(read(self.reversal).flat_tax)

    @property
    def line_items(self) -> list[LineShare]:
        """What goes back of each line."""
        restocked = self.reversal.get("restocked", {})
        lines = {line.id: line for line in read(self.reversal).lines}
        # A line whose money went back earlier may only come back to the shelf.
        only_back = [UUID(id) for id in restocked if UUID(id) not in lines]
        return [
            *(
                LineShare(
                    line.id,
                    line.quantity,
                    self._money(line.money),
                    self._money(line.discount),
                    self._money(line.tax),
                    self._money(line.included_tax),
                    restocked.get(str(line.id), 0),
                )
                for line in lines.values()
            ),
            *(self._only_back(id, restocked[str(id)]) for id in only_back),
        ]

    def _only_back(self, id: UUID, restocked: int) -> LineShare:
        nothing = self._money(0)
        return LineShare(id, 0, nothing, nothing, nothing, nothing, restocked)

    @property
    def charges(self) -> list[ChargeShare]:
        """What goes back of each charge."""
        return [
            ChargeShare(each.id, self._money(each.money), self._money(each.tax))
            for each in read(self.reversal).charges
        ]

    @property
    def tips(self) -> list[TipShare]:
        """What goes back of each tip."""
        return [TipShare(each.id, self._money(each.amount)) for each in read(self.reversal).tips]

    @property
    def tax_breakdowns(self) -> list[TaxShare]:
        """What goes back of each tax; together the tax that goes back."""
        named = self.reversal.get("taxNames", {})
        return [self._tax(tax, named[str(tax.id)]) for tax in taxes_of(self.reversal)]

    def _tax(self, tax: TaxReversal, named: Mapping[str, Any]) -> TaxShare:
        percent = named["percent"]
        return TaxShare(
            named["name"],
            None if percent is None else Decimal(percent),
            named["inclusive"],
            self._money(tax.tax),
        )

    def _money(self, minor: int) -> Money:
        return Money(minor, self.currency)


def names_of(
    order_taxes: Sequence[Mapping[str, Any]], taxes: Sequence[TaxReversal]
) -> dict[str, Any]:
    """Return what the taxes are called that a refund takes back, by their ids as text."""
    wanted = {str(tax.id) for tax in taxes}
    return {
        tax["id"]: {name: tax[name] for name in ("name", "percent", "inclusive")}
        for tax in order_taxes
        if tax["id"] in wanted
    }
