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


@dataclass(slots=True)
class Category:
    """A label with what menus need; `position` orders menus, equal ones by name."""

    id: UUID
    name: str
    slug: str
    position: int
    image_url: str | None
    version: int
    created_at: datetime
    updated_at: datetime


def label_key(label: str) -> str:
    """Return what labels are compared by: whatever their case (CTG-1)."""
    return label.casefold()
