"""Computing taxes on what lines and charges come to after discounts (PRC-30 to PRC-43)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ordergraph.core.breakdowns import PricedTax
from ordergraph.core.drafts import TaxComponent, TaxRounding
from ordergraph.core.money import allocate, round_half_up
from ordergraph.core.percents import SCALE, millionths
from ordergraph.core.problems import ErrorCode, Problem

TaxBase = tuple[UUID, int]
"""The id of a line or charge that may be taxed, and the amount its taxes are computed on."""


def take_taxes(
    bases: Sequence[TaxBase], components: Sequence[TaxComponent], rounding: TaxRounding
) -> tuple[PricedTax, ...]:
    """Compute what each component takes from each base it applies to.

    Additive components are rounded one by one, inclusive ones together for all bases that share
    the same set of them (PRC-31, PRC-41). An amount that is stated is spread over the bases instead
    (TAX-4). A base with both kinds is `INVALID_FIELD` (PRC-40), and so is more tax than price.
    """
    reached = [_bases_of(component, bases) for component in components]
    shares: list[dict[int, int]] = [{} for _ in components]
    inclusive_sets: dict[int, list[int]] = {}
    for number, component in enumerate(components):
        if component.inclusive:
            for base in reached[number]:
                inclusive_sets.setdefault(base, []).append(number)
        else:
            amounts = [bases[base][1] for base in reached[number]]
            taken = _added(millionths(component.percent), amounts, rounding)
            shares[number] = dict(zip(reached[number], taken, strict=True))
    if inclusive_sets:
        if any(not inclusive_sets.keys().isdisjoint(added) for added in shares):
            raise Problem(
                ErrorCode.INVALID_FIELD,
                "Taxes that are included in the price and taxes on top of it meet on one item.",
            )
        _include(bases, components, rounding, inclusive_sets, shares)
    if any(component.stated is not None for component in components):
        _state(bases, components, reached, shares)
    return tuple(
        PricedTax(
            component.id,
            component.name,
            component.percent,
            component.inclusive,
            sum(bases[base][1] for base in reached[number]),
            sum(shares[number].values()),
            tuple((bases[base][0], share) for base, share in shares[number].items() if share),
        )
        for number, component in enumerate(components)
    )


def _bases_of(component: TaxComponent, bases: Sequence[TaxBase]) -> Sequence[int]:
    if component.applies_to is None:
        return range(len(bases))
    return [number for number, base in enumerate(bases) if base[0] in component.applies_to]


def _added(rate: int, amounts: Sequence[int], rounding: TaxRounding) -> Sequence[int]:
    if rounding is TaxRounding.LINE:
        return [round_half_up(rate * amount, SCALE) for amount in amounts]
    return allocate(round_half_up(rate * sum(amounts), SCALE), amounts)


def _include(
    bases: Sequence[TaxBase],
    components: Sequence[TaxComponent],
    rounding: TaxRounding,
    inclusive_sets: dict[int, list[int]],
    shares: list[dict[int, int]],
) -> None:
    """Find the tax inside the price, for each group of bases with the same components."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for base in sorted(inclusive_sets):
        numbers = tuple(inclusive_sets[base])
        key = numbers if rounding is TaxRounding.ORDER else (*numbers, -1 - base)
        groups.setdefault(key, []).append(base)
    for group in groups.values():
        numbers = inclusive_sets[group[0]]
        rates = [millionths(components[number].percent) for number in numbers]
        amounts = [bases[base][1] for base in group]
        together = sum(rates)
        included = round_half_up(sum(amounts) * together, SCALE + together)
        for number, part in zip(numbers, allocate(included, rates), strict=True):
            shares[number].update(zip(group, allocate(part, amounts), strict=True))


def _state(
    bases: Sequence[TaxBase],
    components: Sequence[TaxComponent],
    reached: Sequence[Sequence[int]],
    shares: list[dict[int, int]],
) -> None:
    """Put stated amounts in the place of computed ones; no base may include more than it is."""
    for number, component in enumerate(components):
        if component.stated is None:
            continue
        amounts = [bases[base][1] for base in reached[number]]
        if component.stated and not sum(amounts):
            raise Problem(ErrorCode.INVALID_FIELD, f"{component.name} is a tax on nothing.")
        shares[number] = dict(
            zip(reached[number], allocate(component.stated, amounts), strict=True)
        )
    for base, (_, amount) in enumerate(bases):
        included = sum(
            shares[number].get(base, 0)
            for number, component in enumerate(components)
            if component.inclusive
        )
        if included > amount:
            raise Problem(ErrorCode.INVALID_FIELD, "A price would include more tax than it is.")
