"""What caches may keep: declared in the schema with @cacheControl, and noted while answering."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.schema_directive import Location

from ordergraph.commerce.bundles.outdating import (
    bundle_key,
    environment_key,
    lists_key,
    product_key,
)
from ordergraph.graph.enums import shown

MOST_KEYS = 100
"""So many products an answer names: proxies commonly take 4 KB of headers."""

CATALOG = 60
STOCK = 10
"""How many seconds caches may keep the catalog, and what follows from stock."""


class CacheControlScope(StrEnum):
    """Who may share an answer."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


shown(
    CacheControlScope,
    "Who may share an answer.",
    {
        CacheControlScope.PUBLIC: "All callers with a publishable key and no order of their own.",
        CacheControlScope.PRIVATE: "Nobody but the caller: no cache keeps it.",
    },
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="cacheControl",
    description="How long caches may keep what it stands on. The least of an operation holds for "
    "all of its answer. A root field without it, and a type with an id without it, is private; "
    "other fields and types are kept as long as what they belong to.",
)
class CacheControl:
    max_age: int = strawberry.field(name="maxAge")
    scope: CacheControlScope | None = strawberry.field(name="scope", default=strawberry.UNSET)

    @property
    def seconds(self) -> int:
        """For how many seconds others may be answered the same; 0 for what is private."""
        return 0 if self.scope is CacheControlScope.PRIVATE else self.max_age


def kept_for(seconds: int) -> list[object]:
    """Return the policy of what caches may keep for some seconds."""
    return [CacheControl(max_age=seconds)]


def private() -> list[object]:
    """Return the policy of what no cache may keep."""
    return [CacheControl(max_age=0, scope=CacheControlScope.PRIVATE)]


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a root field is kept: for how long, and which products and bundles its value shows.

    None stands for a field that shows none. `lists` says that any product could be below it.
    """

    seconds: int
    products: Callable[[Any], Iterable[UUID]] | None = None
    bundles: Callable[[Any], Iterable[UUID]] | None = None
    lists: bool = False


@dataclass(slots=True)
class Shown:
    """The products and bundles that an answer shows, noted while it is made."""

    products: set[UUID] = field(default_factory=set[UUID])
    bundles: set[UUID] = field(default_factory=set[UUID])
    lists: bool = False
    """Whether another product could have been in it: a list, or a search that found nothing."""

    def note(self, keeping: Keeping, value: Any) -> Any:
        """Note what a root field returned, now or later, and return it."""
        if keeping.lists:
            self.lists = True
        if keeping.products is None and keeping.bundles is None:
            return value
        if inspect.isawaitable(value):
            return self._later(keeping, value)
        if value is None or hasattr(value, "nodes"):
            self.lists = True
        if keeping.products is not None:
            self.products.update(keeping.products(value))
        if keeping.bundles is not None:
            self.bundles.update(keeping.bundles(value))
        return value

    async def _later(self, keeping: Keeping, value: Awaitable[Any]) -> Any:
        return self.note(keeping, await value)

    def keys(self, environment_id: UUID) -> list[str]:
        """Return the surrogate keys of the answer: when one goes out of date, the answer does.

        Its environment's own key is among them. An answer with more of them than there is room
        for bears the key of lists instead.
        """
        keys = [environment_key(environment_id)]
        crowded = len(self.products) + len(self.bundles) > MOST_KEYS
        if self.lists or crowded:
            keys.append(lists_key(environment_id))
        if not crowded:
            keys.extend(sorted(map(bundle_key, self.bundles)))
            keys.extend(sorted(map(product_key, self.products)))
        return keys
