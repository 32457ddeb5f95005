"""Modifiers as the rest of the house knows them, and the limits of their sets (domain 6.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money

MOST_GROUPS = 50
MOST_MODIFIERS = 100
"""So many modifiers a group has at most."""

MOST_ON_A_LINE = 50
DEFAULT_TEXT_LENGTH = 255
LONGEST_TEXT = 2_000
MOST_OF_ONE = 1_000_000
"""No modifier stands more often on one unit of a line than this."""

_SORTED_CHARACTERS = 100
"""A longer name is ordered by its beginning: cursors carry this text."""


class ModifierSetStatus(StrEnum):
    """Whether a set is used for new sales; a retired one stays readable (domain 3.6)."""

    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class ModifierStatus(StrEnum):
    """Whether a group or a modifier is offered."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class ModifierGroupType(StrEnum):
    """Whether a buyer chooses from a list or writes a text."""

    LIST = "LIST"
    TEXT = "TEXT"


@dataclass(slots=True)
class Modifier:
    """One choice of a list; `unit_price_delta` is what one of it adds to one unit of the line."""

    id: UUID
    group_id: UUID
    name: str
    unit_price_delta: Money
    position: int
    selected_by_default: bool
    default_quantity: int
    taxable: bool
    tax_category: TaxCategory | None
    status: ModifierStatus


@dataclass(slots=True)
class ModifierGroup:
    """Choices that belong together, with how many may be made; None means without a limit."""

    id: UUID
    set_id: UUID
    name: str
    type: ModifierGroupType
    position: int
    min_selected: int
    max_selected: int | None
    allow_quantities: bool
    min_quantity: int
    max_quantity: int | None
    max_total_quantity: int | None
    longest_text: int
    show_on_receipt: bool
    show_on_fulfillment: bool
    status: ModifierStatus
    modifiers: Sequence[Modifier] = ()


@dataclass(slots=True)
class ListedModifierSet:
    """A set with as much of it as lists show: all but its groups."""

    id: UUID
    name: str
    status: ModifierSetStatus
    metadata: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class ModifierSet(ListedModifierSet):
    """Groups of choices, attached to products, variants or bundles; a variant's own set wins."""

    groups: Sequence[ModifierGroup] = ()


def name_key(name: str) -> str:
    """Return what sets are ordered by: the beginning of the name, whatever its case."""
    return name.casefold()[:_SORTED_CHARACTERS]
