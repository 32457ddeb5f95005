"""How much of each tax a refund takes back: the split of reversed tax by component (TAX-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ordergraph.core.money import allocate
from ordergraph.core.sales import Reversal


@dataclass(frozen=True, slots=True)
class TaxLeft:
    """What is left of one tax: of each line and charge by its id, or in one sum if it is flat."""

    id: UUID
    shares: Mapping[UUID, int] = field(default_factory=dict[UUID, int])
    flat: int = 0


@dataclass(frozen=True, slots=True)
class TaxReversal:
    """What one refund takes back of one tax, line by line and charge by charge."""

    id: UUID
    shares: tuple[tuple[UUID, int], ...] = ()
    flat: int = 0

    @property
    def tax(self) -> int:
        return self.flat + sum(minor for _, minor in self.shares)


def split_taxes(reversal: Reversal, left: Sequence[TaxLeft]) -> tuple[TaxReversal, ...]:
    """Split the tax of each line and charge of a reversal by what its components have left of it.

    The shares add up to the reversed tax, and to what is left once all is reversed. Components
    that lose nothing are not listed. Where nothing is known of an item's components, its tax is
    left out.
    """
    shares: dict[UUID, list[tuple[UUID, int]]] = {component.id: [] for component in left}
    for item in (*reversal.lines, *reversal.charges):
        weights = [component.shares.get(item.id, 0) for component in left]
        if not item.tax or not sum(weights):
            continue
        for component, part in zip(left, allocate(item.tax, weights), strict=True):
            if part:
                shares[component.id].append((item.id, part))
    flat_left = [component.flat for component in left]
    flat = allocate(reversal.flat_tax if sum(flat_left) else 0, flat_left)
    found = (
        TaxReversal(component.id, tuple(shares[component.id]), part)
        for component, part in zip(left, flat, strict=True)
    )
    return tuple(each for each in found if each.tax)
