"""Describing the groups of a set: all of them are judged before anything is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from ordergraph.commerce.modifiers.bounding import ANY, Bounds, bound_list, bound_text, check_number
from ordergraph.commerce.modifiers.rules import (
    DEFAULT_TEXT_LENGTH,
    LONGEST_TEXT,
    MOST_GROUPS,
    MOST_MODIFIERS,
    MOST_OF_ONE,
    MOST_ON_A_LINE,
    Modifier,
    ModifierGroup,
    ModifierGroupType,
    ModifierStatus,
)
from ordergraph.core.currencies import check_money
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, not_found
from ordergraph.core.texts import LONGEST_NAME, check_text

Path = tuple[str, ...]
Known = Mapping[UUID, object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WantedChoice:
    """A modifier as it shall be; `id` names the one of the set that it was until now."""

    name: str
    unit_price_delta: Money
    id: UUID | None = None
    selected_by_default: bool = False
    default_quantity: int | Decimal | None = None
    taxable: bool = True
    tax_category: TaxCategory | None = None
    status: ModifierStatus = ModifierStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class WantedChoices:
    """A group as it shall be; `id` names the one of the set that it was until now.

    `longest_text` is of text groups alone, everything about quantities of lists alone.
    """

    name: str
    type: ModifierGroupType = ModifierGroupType.LIST
    id: UUID | None = None
    bounds: Bounds = ANY
    longest_text: int | Decimal | None = None
    show_on_receipt: bool = True
    show_on_fulfillment: bool = True
    status: ModifierStatus = ModifierStatus.ACTIVE
    modifiers: Sequence[WantedChoice] = ()


def describe_groups(
    findings: Findings,
    set_id: UUID,
    wanted: Sequence[WantedChoices],
    present: Sequence[ModifierGroup] = (),
) -> list[ModifierGroup]:
    """Return the groups of a set in their order; all that is wrong is noted below `groups`.

    What names an id of `present` keeps it, an id of anything else is `RESOURCE_NOT_FOUND`. All
    deltas have one currency (`CURRENCY_MISMATCH`). What a line must take, or takes when nothing is
    said, never exceeds what it may have.
    """
    if len(wanted) > MOST_GROUPS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS, f"A modifier set has at most {MOST_GROUPS} groups.", "groups"
        )
        return []
    groups = {group.id: group for group in present}
    modifiers = {each.id: each for group in present for each in group.modifiers}
    described = [
        _group(findings, set_id, position, each, ("groups", str(position)), modifiers)
        for position, each in enumerate(wanted)
    ]
    _keep_ids(findings, [(each.id, path) for each, path in _groups_of(wanted)], groups)
    _keep_ids(findings, [(each.id, path) for each, path in _choices_of(wanted)], modifiers)
    _check_currency(findings, wanted)
    _check_together(findings, described)
    return described


def _group(
    findings: Findings,
    set_id: UUID,
    position: int,
    wanted: WantedChoices,
    path: Path,
    known: Known,
) -> ModifierGroup:
    id = wanted.id or new_id()
    is_text = wanted.type is ModifierGroupType.TEXT
    bounds = (bound_text if is_text else bound_list)(findings, wanted.bounds, *path)
    group = ModifierGroup(
        id=id,
        set_id=set_id,
        name=check_text(findings, wanted.name, LONGEST_NAME, *path, "name", least=1) or "",
        type=wanted.type,
        position=position,
        min_selected=bounds.min_selected,
        max_selected=bounds.max_selected,
        allow_quantities=bounds.allow_quantities,
        min_quantity=bounds.min_quantity,
        max_quantity=bounds.max_quantity,
        max_total_quantity=bounds.max_total_quantity,
        longest_text=_longest_text(findings, wanted, path),
        show_on_receipt=wanted.show_on_receipt,
        show_on_fulfillment=wanted.show_on_fulfillment,
        status=wanted.status,
    )
    _check_number_of_modifiers(findings, wanted, path)
    group.modifiers = [
        _modifier(findings, group, place, each, (*path, "modifiers", str(place)))
        for place, each in enumerate(wanted.modifiers[:MOST_MODIFIERS])
    ]
    if not is_text:
        _check_against_modifiers(findings, group, path)
    return group


def _longest_text(findings: Findings, wanted: WantedChoices, path: Path) -> int:
    if wanted.longest_text is None:
        return DEFAULT_TEXT_LENGTH
    if wanted.type is not ModifierGroupType.TEXT:
        findings.add(
            ErrorCode.INVALID_FIELD, "Only a text has a longest length.", *path, "longestText"
        )
        return DEFAULT_TEXT_LENGTH
    return check_number(findings, wanted.longest_text, 1, LONGEST_TEXT, *path, "longestText")


def _check_number_of_modifiers(findings: Findings, wanted: WantedChoices, path: Path) -> None:
    number, is_text = len(wanted.modifiers), wanted.type is ModifierGroupType.TEXT
    if is_text and number:
        findings.add(ErrorCode.INVALID_FIELD, "A text has no modifiers.", *path, "modifiers")
    elif not is_text and not number:
        findings.add(ErrorCode.FIELD_REQUIRED, "A list has modifiers.", *path, "modifiers")
    elif number > MOST_MODIFIERS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"A group has at most {MOST_MODIFIERS} modifiers.",
            *path,
            "modifiers",
        )


def _modifier(
    findings: Findings, group: ModifierGroup, position: int, wanted: WantedChoice, path: Path
) -> Modifier:
    quantity = group.min_quantity
    if wanted.default_quantity is not None:
        most = (group.max_quantity or MOST_OF_ONE) if group.allow_quantities else 1
        quantity = check_number(
            findings, wanted.default_quantity, group.min_quantity, most, *path, "defaultQuantity"
        )
    check_money(findings, wanted.unit_price_delta, *path, "unitPriceDelta")
    return Modifier(
        id=wanted.id or new_id(),
        group_id=group.id,
        name=check_text(findings, wanted.name, LONGEST_NAME, *path, "name", least=1) or "",
        unit_price_delta=wanted.unit_price_delta,
        position=position,
        selected_by_default=wanted.selected_by_default,
        default_quantity=quantity,
        taxable=wanted.taxable,
        tax_category=wanted.tax_category,
        status=wanted.status,
    )


def _check_against_modifiers(findings: Findings, group: ModifierGroup, path: Path) -> None:
    """Note a minimum that cannot be met, and defaults that may not be taken."""
    offered = [each for each in group.modifiers if each.status is ModifierStatus.ACTIVE]
    is_offered = group.status is ModifierStatus.ACTIVE and group.modifiers
    if is_offered and len(offered) < group.min_selected:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"Only {len(offered)} modifiers of this group are offered.",
            *path,
            "minSelected",
        )
    defaults = _defaults(group)
    if group.max_selected is not None and len(defaults) > group.max_selected:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"{len(defaults)} modifiers are selected by default, at most {group.max_selected} may.",
            *path,
            "maxSelected",
        )
    together = sum(each.default_quantity for each in defaults)
    if group.max_total_quantity is not None and together > group.max_total_quantity:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"The defaults come to {together} in all, at most {group.max_total_quantity} may.",
            *path,
            "maxTotalQuantity",
        )


def _defaults(group: ModifierGroup) -> list[Modifier]:
    return [
        each
        for each in group.modifiers
        if each.selected_by_default and each.status is ModifierStatus.ACTIVE
    ]


def _groups_of(wanted: Sequence[WantedChoices]) -> Iterator[tuple[WantedChoices, Path]]:
    for index, each in enumerate(wanted):
        yield each, ("groups", str(index))


def _choices_of(wanted: Sequence[WantedChoices]) -> Iterator[tuple[WantedChoice, Path]]:
    for group, path in _groups_of(wanted):
        for index, each in enumerate(group.modifiers[:MOST_MODIFIERS]):
            yield each, (*path, "modifiers", str(index))


def _keep_ids(findings: Findings, wanted: Sequence[tuple[UUID | None, Path]], known: Known) -> None:
    """Note ids that are not the set's own, and those that are named twice."""
    seen: set[UUID] = set()
    for id, path in wanted:
        if id is None:
            continue
        if id not in known:
            what = "modifier" if "modifiers" in path else "modifier group"
            findings.note(not_found(f"{what} of this set", *path, "id"))
        elif id in seen:
            findings.add(ErrorCode.INVALID_FIELD, "This id is named twice.", *path, "id")
        seen.add(id)


def _check_currency(findings: Findings, wanted: Sequence[WantedChoices]) -> None:
    first: str | None = None
    for each, path in _choices_of(wanted):
        currency = each.unit_price_delta.currency
        first = first or currency
        if currency != first:
            findings.add(
                ErrorCode.CURRENCY_MISMATCH,
                "All modifiers of a set have one currency.",
                *path,
                "unitPriceDelta",
                "currency",
            )


def _check_together(findings: Findings, groups: Sequence[ModifierGroup]) -> None:
    """Note groups that together put more on every line than a line may have."""
    taken = sum(
        max(group.min_selected, len(_defaults(group)))
        for group in groups
        if group.status is ModifierStatus.ACTIVE
    )
    if taken > MOST_ON_A_LINE:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"A line has at most {MOST_ON_A_LINE} modifiers, and these groups put {taken} on it.",
            "groups",
        )
