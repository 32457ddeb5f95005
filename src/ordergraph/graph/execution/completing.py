"""Closures that turn lists and objects that resolvers return into what is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graphql import FieldNode, pyutils
from strawberry.execution import optimized_is_awaitable

from ordergraph.graph.execution.leaves import Unfit, missing
from ordergraph.graph.execution.running import EXPECTED, Complete, Run

_CORE: Any = pyutils
"""graphql-core leaves parts of its signatures untyped."""


def listed(
    item: Complete, nodes: Sequence[FieldNode], *, nullable: bool, nullable_items: bool
) -> Complete:
    """Complete lists; an entry that refuses is null where entries may be."""
    absent = missing(nullable)

    def complete_all(value: Any, run: Run) -> Any:
        if value is None:
            return absent()
        return [item(each, run) for each in _entries(value)]

    def complete_each(value: Any, run: Run) -> Any:
        if value is None:
            return absent()
        found: list[Any] = []
        for index, each in enumerate(_entries(value)):
            if isinstance(each, EXPECTED):
                run.refuse(each, found, index, nodes)
                found.append(None)
            else:
                found.append(item(each, run))
        return found

    return complete_each if nullable_items else complete_all


def _entries(value: Any) -> Iterable[Any]:
    if value.__class__ is list or value.__class__ is tuple:
        return value
    if not _CORE.is_iterable(value) or optimized_is_awaitable(value):
        raise Unfit(f"a {type(value).__name__} for a list")
    return value


def by_class(find: Callable[[Any], Complete], *, nullable: bool) -> Complete:
    """Complete an object of an interface or union; `find` is asked once for each class."""
    absent = missing(nullable)
    known: dict[type, Complete] = {}

    def complete(value: Any, run: Run) -> Any:
        found = known.get(value.__class__)
        if found is None:
            if value is None:
                return absent()
            found = known[value.__class__] = find(value)
        return found(value, run)

    return complete
