"""The parts of completing lists and objects that are not written for each plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graphql import FieldNode, pyutils
from strawberry.execution import optimized_is_awaitable

from ordergraph.graph.execution.leaves import Unfit, missing
from ordergraph.graph.execution.running import EXPECTED, Complete, Run

_CORE: Any = pyutils
"""graphql-core leaves parts of its signatures untyped."""


def entries(value: Any) -> Iterable[Any]:
    """Return what is in a list, or raise `Unfit` for what is none."""
    if value.__class__ is tuple or value.__class__ is list:
        return value
    if value is None:
        raise missing()
    if not _CORE.is_iterable(value) or optimized_is_awaitable(value):
        raise Unfit(f"a {type(value).__name__} for a list")
    return value


def refused_or(
    complete: Complete, nodes: Sequence[FieldNode]
) -> Callable[[Any, Run, list[Any]], None]:
    """Return what adds one entry to a list in which one that refuses is null."""

    def add(value: Any, run: Run, found: list[Any]) -> None:
        if isinstance(value, EXPECTED):
            run.refuse(value, found, len(found), nodes)
            found.append(None)
        else:
            found.append(complete(value, run))

    return add


def by_class(find: Callable[[Any], Complete], *, nullable: bool) -> Complete:
    """Complete an object of an interface or union; `find` is asked once for each class."""
    known: dict[type, Complete] = {}

    def complete(value: Any, run: Run) -> Any:
        found = known.get(value.__class__)
        if found is None:
            if value is None:
                if nullable:
                    return None
                raise missing()
            found = known[value.__class__] = find(value)
        return found(value, run)

    return complete
