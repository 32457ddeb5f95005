"""Categories as the rest of the house knows them, and their limits."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

MOST_CATEGORIES = 50
"""So many labels a product or bundle has at most (domain 3.3)."""

LONGEST_LABEL = 100


class MemberKind(StrEnum):
    """What a category has."""

    PRODUCT = "PRODUCT"
    BUNDLE = "BUNDLE"


LAST_POSITION = 9_999_999


@dataclass(slots=True)
class Category:
    """A label with what menus need; `position` orders menus, equal ones by name.

    `menu_key` is both in one text, as lists of categories are ordered.
    """

    id: UUID
    name: str
    slug: str
    position: int
    image_url: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    menu_key: str


@dataclass(slots=True)
class MemberCounts:
    """How many active products and bundles a category has (CTG-3)."""

    products: int
    bundles: int


def label_key(label: str) -> str:
    """Return what labels are compared by: whatever their case (CTG-1)."""
    return label.casefold()
