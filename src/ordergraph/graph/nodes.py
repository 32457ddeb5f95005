"""Finding any object by its id: `node`, `nodes`, and the replay of a mutation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ordergraph.core.ids import Prefix, split
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.context import Context
from ordergraph.graph.loading import Batch
from ordergraph.graph.scopes import require


@dataclass(frozen=True, slots=True)
class Finder:
    """How objects of one kind are found, and which scopes may find them."""

    batch: Batch[Any]
    scopes: Sequence[str]


FINDERS: dict[Prefix, Finder] = {}
"""Filled by each room's `types` module with `findable`."""


def findable(prefix: Prefix, batch: Batch[Any], *scopes: str) -> None:
    """Let `node` find objects of a kind, for callers that hold one of `scopes`."""
    FINDERS[prefix] = Finder(batch, scopes)


async def find(context: Context, id: str, *field: str) -> Any:
    """Return the object behind an id of any kind, or None when this caller has none (ID-2)."""
    prefix, value = split(id, field)
    finder = FINDERS.get(prefix)
    if finder is None:
        raise Problem(ErrorCode.INVALID_ID, "Nothing can be found by an id of this kind.", field)
    require(context.actor, finder.scopes, f"An id that begins with {prefix.value}_")
    return await context.load(finder.batch, value)


async def written(context: Context, id: str) -> Any:
    """Return what a mutation of this caller wrote earlier: no scope but the mutation's (KEY-7)."""
    prefix, value = split(id)
    return await context.load(FINDERS[prefix].batch, value)
