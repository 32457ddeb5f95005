"""Selecting modifiers on a line: what is asked for is judged against the set in force (MOD-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from ordergraph.commerce.modifiers.rules import (
    MOST_OF_ONE,
    MOST_ON_A_LINE,
    Modifier,
    ModifierGroup,
    ModifierGroupType,
    ModifierSet,
    ModifierSetStatus,
    ModifierStatus,
)
from ordergraph.commerce.modifiers.snapshotting import Snapshot, chosen, made_up, written
from ordergraph.core.counts import whole_number
from ordergraph.core.currencies import check_money
from ordergraph.core.drafts import ModifierDraft
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.texts import LONGEST_NAME, check_text


@dataclass(frozen=True, slots=True)
class WantedModifier:
    """A modifier that is asked for, and how many for each unit; None means its own default."""

    modifier_id: UUID
    quantity: int | Decimal | None = None


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """What is asked for of a group; `selected` is None where nothing was said (MOD-2)."""

    group_id: UUID
    selected: tuple[WantedModifier, ...] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class AdHocModifier:
    """A modifier that no set has; `unit_delta` is what one adds to each unit (MOD-7)."""

    name: str
    unit_delta: Money
    quantity: int | Decimal = 1


class _Choice(NamedTuple):
    """A modifier that may stand on the line, where it was asked for."""

    modifier: Modifier
    quantity: int
    path: tuple[str, ...]


def select(
    modifier_set: ModifierSet | None,
    groups: Sequence[WantedGroup],
    ad_hoc: Sequence[AdHocModifier],
    currency: str,
    findings: Findings,
    *path: str,
) -> list[Snapshot]:
    """Return the modifiers of a line as it stores them, in the order of the set, ad hoc ones last.

    `path` is that of the line's input; what is wrong is noted below its fields `modifiers` and
    `adHocModifiers`, all at once. An unknown, inactive or foreign group or modifier is
    `MODIFIER_NOT_AVAILABLE` where it is named, counts and quantities out of bounds are
    `MODIFIER_SELECTION_INVALID` naming the group (MOD-1, MOD-3). A group that is left out takes
    its defaults, an empty list takes none (MOD-2); a text may not be too long (MOD-4). A set that
    is retired, like None, offers nothing and demands nothing. Deltas in another currency than the
    order's are `CURRENCY_MISMATCH`. `unitDelta` is minor units for one, on each unit of the line.
    """
    asked = sum(len(each.selected or ()) for each in groups)
    if max(asked, len(groups), len(ad_hoc)) > MOST_ON_A_LINE:
        _note_too_many(findings, *path, "modifiers" if groups else "adHocModifiers")
        return []
    offered = _offered(modifier_set)
    wanted = _by_group(findings, groups, offered, (*path, "modifiers"))
    taken: list[Snapshot] = []
    for group in offered.values():
        place = wanted.get(group.id, ((*path, "modifiers"), WantedGroup(group.id)))
        if group.type is ModifierGroupType.TEXT:
            taken += _text(findings, group, *place)
        else:
            taken += _listed(findings, group, *place, currency)
    taken += _ad_hoc(findings, ad_hoc, currency, (*path, "adHocModifiers"))
    if len(taken) > MOST_ON_A_LINE:
        _note_too_many(findings, *path, "modifiers")
    return taken


def drafted(snapshots: Iterable[Mapping[str, Any]]) -> tuple[ModifierDraft, ...]:
    """Return the stored modifiers of a line as `LineDraft.modifiers` takes them.

    Texts cost nothing and are left out. A catalog's modifier is taxed as it says itself, an ad hoc
    one (`taxable` null) as its line is (MOD-6). The tax category in a snapshot is kept for later:
    rates are those of the line's category.
    """
    return tuple(
        ModifierDraft(each["unitDelta"], each["quantity"], each["taxable"])
        for each in snapshots
        if each["unitDelta"]
    )


def _note_too_many(findings: Findings, *path: str) -> None:
    findings.add(ErrorCode.TOO_MANY_ITEMS, f"A line has at most {MOST_ON_A_LINE} modifiers.", *path)


def _offered(modifier_set: ModifierSet | None) -> dict[UUID, ModifierGroup]:
    """Return the groups that can be chosen from, each with the modifiers that can be chosen."""
    if modifier_set is None or modifier_set.status is not ModifierSetStatus.ACTIVE:
        return {}
    active = ModifierStatus.ACTIVE
    return {
        group.id: replace(
            group, modifiers=[each for each in group.modifiers if each.status is active]
        )
        for group in modifier_set.groups
        if group.status is active
    }


def _by_group(
    findings: Findings,
    groups: Sequence[WantedGroup],
    offered: Mapping[UUID, ModifierGroup],
    path: tuple[str, ...],
) -> dict[UUID, tuple[tuple[str, ...], WantedGroup]]:
    """Return what is asked for of each group, with where; groups that are not offered are noted."""
    wanted: dict[UUID, tuple[tuple[str, ...], WantedGroup]] = {}
    for index, each in enumerate(groups):
        where = (*path, str(index))
        if each.group_id not in offered:
            findings.add(
                ErrorCode.MODIFIER_NOT_AVAILABLE,
                "This item offers no such group of modifiers.",
                *where,
                "groupId",
            )
        elif each.group_id in wanted:
            _invalid(findings, offered[each.group_id], "is named twice", *where, "groupId")
        else:
            wanted[each.group_id] = where, each
    return wanted


def _listed(
    findings: Findings,
    group: ModifierGroup,
    path: tuple[str, ...],
    asked: WantedGroup,
    currency: str,
) -> list[Snapshot]:
    """Take the chosen modifiers of a list, or its defaults."""
    if asked.text is not None:
        _invalid(findings, group, "takes no text", *path, "text")
    if asked.selected is None:
        place = path
        choices = [
            _Choice(each, each.default_quantity, path)
            for each in group.modifiers
            if each.selected_by_default
        ]
    else:
        place = (*path, "selected")
        found = _choices(findings, group, asked.selected, place)
        if found is None:
            return []
        choices = found
    _check_counts(findings, group, choices, place)
    for choice in choices:
        if choice.modifier.unit_price_delta.currency != currency:
            _note_currency(findings, currency, *choice.path)
    choices.sort(key=lambda choice: choice.modifier.position)
    return [chosen(group, choice.modifier, choice.quantity) for choice in choices]


def _choices(
    findings: Findings,
    group: ModifierGroup,
    selected: Sequence[WantedModifier],
    path: tuple[str, ...],
) -> list[_Choice] | None:
    """Find what is named; None where something was noted, for then counting is of no use."""
    known = {each.id: each for each in group.modifiers}
    before = len(findings.problems)
    choices: dict[UUID, _Choice] = {}
    for index, wanted in enumerate(selected):
        where = (*path, str(index))
        modifier = known.get(wanted.modifier_id)
        if modifier is None:
            findings.add(
                ErrorCode.MODIFIER_NOT_AVAILABLE,
                f"“{group.name}” offers no such modifier.",
                *where,
                "modifierId",
            )
            continue
        if modifier.id in choices:
            _invalid(findings, group, "has a modifier named twice", *where, "modifierId")
            continue
        quantity = _quantity(findings, group, modifier, wanted, where)
        choices[modifier.id] = _Choice(modifier, quantity, (*where, "modifierId"))
    return None if len(findings.problems) > before else list(choices.values())


def _quantity(
    findings: Findings,
    group: ModifierGroup,
    modifier: Modifier,
    wanted: WantedModifier,
    path: tuple[str, ...],
) -> int:
    if wanted.quantity is None:
        return modifier.default_quantity
    least, most = (1, 1)
    if group.allow_quantities:
        least, most = group.min_quantity, group.max_quantity or MOST_OF_ONE
    quantity = whole_number(wanted.quantity, least, most)
    if quantity is None:
        bounds = f"{least}" if least == most else f"{least} to {most}"
        _invalid(findings, group, f"takes {bounds} of each modifier", *path, "quantity")
    return quantity or 1


def _check_counts(
    findings: Findings, group: ModifierGroup, choices: Sequence[_Choice], path: tuple[str, ...]
) -> None:
    """Note too few or too many modifiers of a group, or of all their quantities (MOD-1, MOD-3)."""
    if len(choices) < group.min_selected:
        _invalid(findings, group, f"needs at least {_modifiers(group.min_selected)}", *path)
    if group.max_selected is not None and len(choices) > group.max_selected:
        _invalid(findings, group, f"takes at most {_modifiers(group.max_selected)}", *path)
    together, most = sum(choice.quantity for choice in choices), group.max_total_quantity
    if most is not None and together > most:
        _invalid(findings, group, f"takes at most {most} in all", *path)


def _modifiers(number: int) -> str:
    return "1 modifier" if number == 1 else f"{number} modifiers"


def _text(
    findings: Findings, group: ModifierGroup, path: tuple[str, ...], asked: WantedGroup
) -> list[Snapshot]:
    """Take the text of a group, which costs nothing (MOD-4)."""
    if asked.selected:
        _invalid(findings, group, "takes a text and no modifiers", *path, "selected")
    text = check_text(findings, asked.text, group.longest_text, *path, "text")
    if not text:
        if group.min_selected:
            _invalid(findings, group, "needs a text", *path)
        return []
    return [written(group, text)]


def _ad_hoc(
    findings: Findings,
    ad_hoc: Sequence[AdHocModifier],
    currency: str,
    path: tuple[str, ...],
) -> list[Snapshot]:
    """Take modifiers that no set has: a name and what one adds, from 0 (MOD-7)."""
    taken: list[Snapshot] = []
    for index, each in enumerate(ad_hoc):
        where = (*path, str(index))
        name = check_text(findings, each.name, LONGEST_NAME, *where, "name", least=1) or ""
        delta = check_money(findings, each.unit_delta, *where, "unitPriceDelta")
        if delta is not None and delta.currency != currency:
            _note_currency(findings, currency, *where, "unitPriceDelta", "currency")
        quantity = whole_number(each.quantity, 1, MOST_OF_ONE)
        if quantity is None:
            findings.add(
                ErrorCode.MODIFIER_SELECTION_INVALID,
                f"The quantity of a modifier is a whole number from 1 to {MOST_OF_ONE}.",
                *where,
                "quantity",
            )
        taken.append(made_up(name, each.unit_delta.minor, quantity or 1))
    return taken


def _note_currency(findings: Findings, currency: str, *path: str) -> None:
    findings.add(
        ErrorCode.CURRENCY_MISMATCH, f"This order is in {currency}, the modifier is not.", *path
    )


def _invalid(findings: Findings, group: ModifierGroup, why: str, *path: str) -> None:
    findings.add(ErrorCode.MODIFIER_SELECTION_INVALID, f"“{group.name}” {why}.", *path)
