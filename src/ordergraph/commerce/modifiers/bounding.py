"""Bounding what may be taken of a group: how many modifiers, and how many of each."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ordergraph.commerce.modifiers.rules import (
    MOST_MODIFIERS,
    MOST_OF_ONE,
    MOST_ON_A_LINE,
)
from ordergraph.core.counts import whole_number
from ordergraph.core.problems import ErrorCode, Findings

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many modifiers are taken, and how many of each, as it was asked for; None is no limit."""

    min_selected: Number = 0
    max_selected: Number | None = None
    allow_quantities: bool = False
    min_quantity: Number = 1
    max_quantity: Number | None = None
    max_total_quantity: Number | None = None


ANY = Bounds()
"""Any number of modifiers, one of each."""


class Bounded(NamedTuple):
    """The bounds of a group as they are kept."""

    min_selected: int
    max_selected: int | None
    allow_quantities: bool
    min_quantity: int
    max_quantity: int | None
    max_total_quantity: int | None


def bound_list(findings: Findings, wanted: Bounds, *path: str) -> Bounded:
    """Return the bounds of a list; what contradicts itself is noted below `path`.

    No maximum is below its minimum, and where no quantities are allowed each is 1.
    """
    least = check_number(findings, wanted.min_selected, 0, MOST_ON_A_LINE, *path, "minSelected")
    most = _most(findings, wanted.max_selected, max(least, 1), MOST_MODIFIERS, path, "maxSelected")
    if not wanted.allow_quantities:
        _refuse_quantities(findings, wanted, path)
        return Bounded(least, most, False, 1, None, None)
    each = check_number(findings, wanted.min_quantity, 1, MOST_OF_ONE, *path, "minQuantity")
    fewest = max(least, 1) * each
    return Bounded(
        least,
        most,
        True,
        each,
        _most(findings, wanted.max_quantity, each, MOST_OF_ONE, path, "maxQuantity"),
        _most(
            findings,
            wanted.max_total_quantity,
            fewest,
            max(fewest, MOST_OF_ONE),
            path,
            "maxTotalQuantity",
        ),
    )


def bound_text(findings: Findings, wanted: Bounds, *path: str) -> Bounded:
    """Return the bounds of a text: one at most, required where the minimum is 1 (MOD-4)."""
    least = check_number(findings, wanted.min_selected, 0, 1, *path, "minSelected")
    _most(findings, wanted.max_selected, 1, 1, path, "maxSelected")
    if wanted.allow_quantities:
        findings.add(ErrorCode.INVALID_FIELD, "A text has no quantities.", *path, "allowQuantities")
    else:
        _refuse_quantities(findings, wanted, path)
    return Bounded(least, 1, False, 1, None, None)


def check_number(findings: Findings, value: Number, least: int, most: int, *path: str) -> int:
    """Return a whole number within bounds; for anything else noted at `path`, the least."""
    number = whole_number(value, least, most)
    if number is None:
        bounds = f"{least}" if least == most else f"a whole number from {least} to {most}"
        findings.add(ErrorCode.INVALID_FIELD, f"{path[-1]} is {bounds} here.", *path)
    return least if number is None else number


def _most(
    findings: Findings,
    value: Number | None,
    least: int,
    most: int,
    path: tuple[str, ...],
    name: str,
) -> int | None:
    return None if value is None else check_number(findings, value, least, most, *path, name)


def _refuse_quantities(findings: Findings, wanted: Bounds, path: tuple[str, ...]) -> None:
    for value, name in (
        (wanted.min_quantity, "minQuantity"),
        (wanted.max_quantity, "maxQuantity"),
    ):
        if value not in (None, 1):
            findings.add(
                ErrorCode.INVALID_FIELD, "This group allows one of each modifier.", *path, name
            )
    if wanted.max_total_quantity is not None:
        findings.add(
            ErrorCode.INVALID_FIELD,
            "This group allows one of each modifier: maxSelected limits them.",
            *path,
            "maxTotalQuantity",
        )
