"""Scalars and enum values: which are answered as they are, and how the others are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable

from ordergraph.graph.execution.running import Complete, Run

_AS_IT_IS: Mapping[str, type] = {
    GraphQLString.name: str,
    GraphQLID.name: str,
    GraphQLBoolean.name: bool,
    GraphQLInt.name: int,
}


class Unfit(Exception):
    """A resolver returned what the plan cannot answer with; graphql-core says what is wrong."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """How the values of a scalar or enum are completed at one place."""

    slow: Callable[[Any], Any]
    """Completes any value, as graphql-core does."""

    known: type | None
    """The class of values for which there is a short way."""

    names: Mapping[str, str] | None
    """For enums: what the members of `known` are called in the schema, by their Python names."""

    is_int: bool
    """Whether values of `known` have to lie in the range of an Int besides."""

    def complete(self) -> Complete:
        """Return the closure that completes a value."""
        slow, known, names = self.slow, self.known, self.names
        if known is None or self.is_int:
            return lambda value, _run: slow(value)
        if names is None:

            def complete_known(value: Any, _run: Run) -> Any:
                return value if value.__class__ is known else slow(value)

            return complete_known
        name_of = attrgetter("_name_")

        def complete_member(value: Any, _run: Run) -> Any:
            return names[name_of(value)] if value.__class__ is known else slow(value)

        return complete_member

    def written(self, value: str, expression: str, index: int) -> tuple[list[str], dict[str, Any]]:
        """Write the same as lines that put the completed `expression` into the name `value`.

        Returns the lines and what their names with this index stand for.
        """
        slow = f"slow{index}({value})"
        names: dict[str, Any] = {f"slow{index}": self.slow}
        if self.known is None:
            return [f"{value} = slow{index}({expression})"], names
        names[f"known{index}"] = self.known
        lines = [f"{value} = {expression}"]
        if self.names is not None:
            names[f"names{index}"] = self.names
            lines.append(
                f"{value} = names{index}[{value}._name_] "
                f"if {value}.__class__ is known{index} else {slow}"
            )
            return lines, names
        odd = f"{value}.__class__ is not known{index}"
        if self.is_int:
            odd += f" or not {GRAPHQL_MIN_INT} <= {value} <= {GRAPHQL_MAX_INT}"
        return [*lines, f"if {odd}:", f"    {value} = {slow}"], names


def leaf(kind: GraphQLLeafType, *, nullable: bool) -> Leaf:
    """Return how values of a type are completed; those of another class go the long way."""
    slow = _slow(kind, nullable)
    enum = getattr(kind, "wrapped_cls", None)
    if isinstance(kind, GraphQLEnumType) and enum is not None:
        names = {member.name: kind.coerce_output_value(member) for member in enum}
        return Leaf(slow, enum, names, is_int=False)
    known = str if kind.coerce_output_value is str else _AS_IT_IS.get(kind.name)
    return Leaf(slow, known, None, is_int=known is int)


def missing(nullable: bool) -> Callable[[], None]:
    """Return what is done about a value that is not there."""

    def refuse() -> None:
        raise Unfit("null where none may be")

    return (lambda: None) if nullable else refuse


def _slow(kind: GraphQLLeafType, nullable: bool) -> Callable[[Any], Any]:
    coerce, absent = kind.coerce_output_value, missing(nullable)

    def complete(value: Any) -> Any:
        if value is None or value is Undefined:
            return absent()
        if isinstance(value, Exception) or optimized_is_awaitable(value):
            raise Unfit(f"a {type(value).__name__} for {kind}")
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Unfit(f"nothing for {kind}")
        return coerced

    return complete
