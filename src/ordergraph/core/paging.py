"""Keyset pages: what a list is asked for and what it answers (PAG-1, PAG-3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

SortValue = str | int | datetime

LARGEST_PAGE = 100
DEFAULT_PAGE = 20
COUNT_LIMIT = 10_000
"""`totalCount` counts to here; beyond it says so (`totalCountIsExact`)."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: the sort value and the id of the last row already seen."""

    value: SortValue
    id: UUID


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page of a list, in one order; ties are broken by id in the same direction."""

    limit: int = DEFAULT_PAGE
    after: Position | None = None
    descending: bool = False


@dataclass(slots=True)
class Edge(Generic[T]):
    """One row of a page and the cursor that points at it."""

    cursor: str
    node: T


@dataclass(slots=True)
class Page(Generic[T]):
    """The rows of one page, and whether another follows."""

    items: Sequence[T]
    has_next: bool


Count = Callable[[], Awaitable[int]]


def cut(rows: Sequence[T], limit: int) -> Page[T]:
    """Make a page of `limit` rows from one row more than was asked for."""
    return Page(rows[:limit], len(rows) > limit)
