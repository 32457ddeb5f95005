"""Resolvers so small that calling them costs more than what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Writable:
    """An expression that plans may write in place of a call, and what its names stand for."""

    def __init__(self, expression: str, names: Mapping[str, Any]) -> None:
        self.expression = expression
        self.names = names


def writable(expression: str, **names: Any) -> Callable[[F], F]:
    """Declare that a resolver which wants its parent alone returns just this expression.

    `{parent}` stands for the parent, every other name in braces for one of `names`.
    """

    def declare(resolver: F) -> F:
        resolver.__writable__ = Writable(expression, names)  # type: ignore[attr-defined]
        return resolver

    return declare


def writable_of(resolver: Callable[..., Any]) -> Writable | None:
    """Return what was declared of a resolver."""
    return getattr(resolver, "__writable__", None)
