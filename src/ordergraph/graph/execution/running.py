"""One run of a compiled operation: what its closures share, what they refuse, what they await."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from graphql import FieldNode, GraphQLError, located_error
from graphql.execution.values import VariableValues

from ordergraph.core.problems import Problem, Problems

EXPECTED = (Problem, Problems, GraphQLError)
"""What a resolver raises to refuse; anything else is nobody's plan."""

Complete = Callable[[Any, "Run"], Any]
"""Turns what a resolver returned into what is answered."""

Container = dict[str, Any] | list[Any]


class Awaited:
    """A field whose value arrives later: how it is completed, and refused where it may be null."""

    __slots__ = ("complete", "key", "nodes", "nullable")

    def __init__(
        self, key: str, nodes: Sequence[FieldNode], complete: Complete, *, nullable: bool
    ) -> None:
        self.key = key
        self.nodes = nodes
        self.complete = complete
        self.nullable = nullable


Pending = tuple[dict[str, Any], Awaited, Awaitable[Any]]


class Run:
    """One run. Errors are noted where they happened; their paths are found at the end."""

    __slots__ = ("context", "infos", "pending", "refusals", "variables")

    def __init__(self, context: Any, variables: VariableValues, fields: int) -> None:
        self.context = context
        self.variables = variables
        self.infos: list[Any] = [None] * fields
        self.pending: list[Pending] = []
        self.refusals: list[tuple[Container, str | int, Sequence[FieldNode], Exception]] = []

    def refuse(
        self,
        error: Exception,
        container: Container,
        key: str | int,
        nodes: Sequence[FieldNode],
    ) -> None:
        """Note an error at a place that is null because of it."""
        self.refusals.append((container, key, nodes, error))

    async def drain(self) -> None:
        """Await what is pending, level by level, so that loaders batch over a whole level."""
        while self.pending:
            if len(self.pending) == 1:
                out, field, awaitable = self.pending.pop()
                try:
                    value = await awaitable
                except EXPECTED as error:
                    self._fail(error, out, field)
                else:
                    out[field.key] = field.complete(value, self)
                continue
            level, self.pending = self.pending, []
            values = await asyncio.gather(
                *(awaitable for _, _, awaitable in level), return_exceptions=True
            )
            for (out, field, _), value in zip(level, values, strict=True):
                if isinstance(value, BaseException):
                    self._fail(value, out, field)
                else:
                    out[field.key] = field.complete(value, self)

    async def settle(self, outcome: Any, out: dict[str, Any], field: Awaited) -> None:
        """Complete one field from its outcome, a value or an exception, and all below it."""
        if isinstance(outcome, Exception):
            self._fail(outcome, out, field)
        else:
            out[field.key] = field.complete(outcome, self)
            await self.drain()

    def _fail(self, error: BaseException, out: dict[str, Any], field: Awaited) -> None:
        if not (field.nullable and isinstance(error, EXPECTED)):
            raise error
        self.refuse(error, out, field.key, field.nodes)

    def abandon(self) -> None:
        """Close what will not be awaited any more."""
        for _, _, awaitable in self.pending:
            close = getattr(awaitable, "close", None)
            if close is not None:
                close()
        self.pending = []

    def errors(self, data: dict[str, Any]) -> list[GraphQLError]:
        """Return what was refused, each error at its path in `data`."""
        if not self.refusals:
            return []
        paths: dict[int, list[str | int]] = {}
        _find_paths(data, [], {id(container) for container, *_ in self.refusals}, paths)
        return [
            located_error(error, list(nodes), [*paths[id(container)], key])
            for container, key, nodes, error in self.refusals
        ]


def _find_paths(
    value: Any, path: list[str | int], wanted: set[int], found: dict[int, list[str | int]]
) -> None:
    if isinstance(value, dict):
        steps: Any = value.items()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    elif isinstance(value, list):
        steps = enumerate(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    else:
        return
    if id(value) in wanted:  # pyright: ignore[reportUnknownArgumentType]
        found[id(value)] = path  # pyright: ignore[reportUnknownArgumentType]
    for step, inner in steps:
        _find_paths(inner, [*path, step], wanted, found)
