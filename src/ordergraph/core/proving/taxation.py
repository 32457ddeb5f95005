"""The steps of taxes: on top of the price, or found inside it (PRC-30 to PRC-43)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ordergraph.core.drafts import TaxComponent
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.percents import percent_text
from ordergraph.core.proving.steps import About, Input, Parcel, Steps


class TaxableItem(NamedTuple):
    """A line or charge that may be taxed, and the amount its taxes are computed on."""

    id: UUID
    about: About
    base: Input

    @property
    def name(self) -> str:
        """The id as the document has it."""
        return self.about.id or ""


def tax_steps(
    steps: Steps, components: Sequence[TaxComponent], items: Sequence[TaxableItem], *, by_line: bool
) -> tuple[list[Input], list[Input]]:
    """Write the steps of all components; return what each item bears, and what of it the price
    includes. With `by_line` each item is rounded by itself (PRC-31)."""
    writing = _Taxes(steps, components, items, by_line=by_line)
    writing.write()
    return writing.borne()


class _Taxes:
    def __init__(
        self,
        steps: Steps,
        components: Sequence[TaxComponent],
        items: Sequence[TaxableItem],
        *,
        by_line: bool,
    ) -> None:
        self._steps = steps
        self._components = components
        self._items = items
        self._by_line = by_line
        self._shares: list[dict[UUID, Input]] = [{} for _ in components]

    def write(self) -> None:
        for number, component in enumerate(self._components):
            if component.stated is None and not component.inclusive:
                self._add(number, component)
        for numbers, items in self._groups():
            self._include(numbers, items)
        for number, component in enumerate(self._components):
            if component.stated is not None:
                self._state(number, component, component.stated)
            elif component.inclusive:
                self._taxable(component)
                self._sum_up(number, component)

    def borne(self) -> tuple[list[Input], list[Input]]:
        """Add up per item: all its tax, and what of it the price includes."""
        taxes: list[Input] = []
        included: list[Input] = []
        pairs = list(zip(self._components, self._shares, strict=True))
        for item in self._items:
            shares = [each[item.id] for _, each in pairs if item.id in each]
            inside = [each[item.id] for tax, each in pairs if tax.inclusive and item.id in each]
            if shares:
                taxes.append(self._steps.add("PRC-32", "tax", item.about, "sum", shares))
            if inside:
                included.append(self._steps.add("PRC-42", "includedTax", item.about, "sum", inside))
        return taxes, included

    def _add(self, number: int, component: TaxComponent) -> None:
        about, reached = self._about(component), self._reached(component)
        taxable = self._taxable(component)
        if self._by_line:
            for item in reached:
                of_item = about._replace(item=item.name)
                inputs = [self._percent(number), item.base.called("taxable")]
                share = self._steps.add("PRC-31", "share", of_item, "percent", inputs)
                self._shares[number][item.id] = share
            self._sum_up(number, component)
            return
        tax = self._steps.add("PRC-31", "tax", about, "percent", [self._percent(number), taxable])
        self._share(number, tax, reached)

    def _state(self, number: int, component: TaxComponent, stated: int) -> None:
        """Spread an amount that was stated from outside (TAX-4)."""
        self._taxable(component)
        given = Input("stated", stated, f"/inputs/taxes/{number}/stated")
        tax = self._steps.add("TAX-4", "tax", self._about(component), "given", [given])
        self._share(number, tax, self._reached(component))

    def _sum_up(self, number: int, component: TaxComponent) -> None:
        shares = list(self._shares[number].values())
        self._steps.add("PRC-32", "tax", self._about(component), "sum", shares)

    def _taxable(self, component: TaxComponent) -> Input:
        bases = [item.base for item in self._reached(component)]
        return self._steps.add("PRC-31", "taxable", self._about(component), "sum", bases)

    def _groups(self) -> list[tuple[tuple[int, ...], list[TaxableItem]]]:
        """Return items that share the same set of included components, the first item first."""
        groups: dict[tuple[int, ...], list[TaxableItem]] = {}
        for index, item in enumerate(self._items):
            numbers = tuple(
                number
                for number, component in enumerate(self._components)
                if component.inclusive and _reaches(component, item)
            )
            if numbers:
                key = (*numbers, -1 - index) if self._by_line else numbers
                groups.setdefault(key, []).append(item)
        return [
            (tuple(number for number in key if number >= 0), items) for key, items in groups.items()
        ]

    def _include(self, numbers: tuple[int, ...], items: Sequence[TaxableItem]) -> None:
        """Find the tax inside the price of a group, and part it by rate, then by base (PRC-41)."""
        about = About("includedTaxes", item=items[0].name)
        base = self._steps.add("PRC-41", "base", about, "sum", [item.base for item in items])
        percents = [self._percent(number) for number in numbers]
        tax = self._steps.add("PRC-41", "includedTax", about, "included", [base, *percents])
        parcels = [
            Parcel(_tax_id(self._components[number]), percent)
            for number, percent in zip(numbers, percents, strict=True)
        ]
        _, parts = self._steps.share("PRC-41", "parts", about, "allocate", [tax], parcels)
        for number, part in zip(numbers, parts, strict=True):
            if self._components[number].stated is None:
                self._share(number, part, items)

    def _share(self, number: int, amount: Input, items: Sequence[TaxableItem]) -> None:
        about = self._about(self._components[number])
        parcels = [Parcel(item.name, item.base) for item in items]
        _, shares = self._steps.share("PRC-3", "shares", about, "allocate", [amount], parcels)
        for item, share in zip(items, shares, strict=True):
            self._shares[number][item.id] = share

    def _reached(self, component: TaxComponent) -> list[TaxableItem]:
        return [item for item in self._items if _reaches(component, item)]

    def _percent(self, number: int) -> Input:
        percent = percent_text(self._components[number].percent)
        return Input("percent", percent, f"/inputs/taxes/{number}/percent")

    def _about(self, component: TaxComponent) -> About:
        return About("tax", _tax_id(component), component.name)


def _reaches(component: TaxComponent, item: TaxableItem) -> bool:
    return component.applies_to is None or item.id in component.applies_to


def _tax_id(component: TaxComponent) -> str:
    return encode(Prefix.TAX_BREAKDOWN, component.id)
