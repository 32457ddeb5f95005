"""Scalars and enum values: which are answered as they are, and how the others are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Straight:
    """How a scalar writes what it gets, with a short way for values of the class `known`.

    Those are answered as they are, between `least` and `most` where that is said, or as `turned`
    writes them. Everything else goes through `slow`.
    """

    slow: Callable[[Any], Any]
    known: type
    least: int | None = None
    most: int | None = None
    turned: Callable[[Any], Any] | None = None

    def __call__(self, value: Any) -> Any:
        """Write any value, or refuse it."""
        return self.slow(value)


_AS_IT_IS: Mapping[str, type] = {
    GraphQLString.name: str,
    GraphQLID.name: str,
    GraphQLBoolean.name: bool,
}


class Unfit(Exception):
    """A resolver returned what the plan cannot answer with; graphql-core says what is wrong."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """How the values of a scalar or enum are completed at one place."""

    slow: Callable[[Any], Any]
    """Completes any value, as graphql-core does."""

    short: Straight | None = None
    """The short way of values of one class, if there is one."""

    names: Mapping[str, str] | None = None
    """For enums: what the members of the class are called in the schema, by their Python names."""

    nullable: bool = False

    @property
    def plain(self) -> type | None:
        """The class of values that are all answered as they are."""
        short = self.short
        if short is None or self.names or short.turned or short.least is not None:
            return None
        return short.known

    def written(self, value: str, expression: str, index: int) -> tuple[list[str], dict[str, Any]]:
        """Write lines that put the completed `expression` into the name `value`.

        Returns the lines and what their names with this index stand for.
        """
        slow, short = f"slow{index}({value})", self.short
        names: dict[str, Any] = {f"slow{index}": self.slow}
        if short is None:
            return [f"{value} = slow{index}({expression})"], names
        names[f"known{index}"] = short.known
        lines = [f"{value} = {expression}"]
        turned: str | None = None
        if self.names is not None:
            names[f"names{index}"] = self.names
            turned = f"names{index}[{value}._name_]"
        elif short.turned is not None:
            names[f"turned{index}"] = short.turned
            turned = f"turned{index}({value})"
        if turned is not None:
            line = f"{value} = {turned} if {value}.__class__ is known{index} else {slow}"
            return [*lines, line], names
        odd = f"{value}.__class__ is not known{index}"
        if short.least is not None:
            odd = f"({odd} or not {short.least} <= {value} <= {short.most})"
        if self.nullable:
            odd += f" and {value} is not None"
        return [*lines, f"if {odd}:", f" {value} = {slow}"], names


def leaf(kind: GraphQLLeafType, *, nullable: bool) -> Leaf:
    """Return how values of a type are completed; those of another class go the long way."""
    slow, coerce = _slow(kind, nullable), kind.coerce_output_value
    enum = getattr(kind, "wrapped_cls", None)
    if isinstance(kind, GraphQLEnumType) and enum is not None:
        names = {member.name: kind.coerce_output_value(member) for member in enum}
        return Leaf(slow, Straight(slow, enum), names, nullable)
    if isinstance(coerce, Straight):
        return Leaf(slow, coerce, nullable=nullable)
    if kind.name == GraphQLInt.name:
        short = Straight(slow, int, GRAPHQL_MIN_INT, GRAPHQL_MAX_INT)
        return Leaf(slow, short, nullable=nullable)
    known = str if coerce is str else _AS_IT_IS.get(kind.name)
    return Leaf(slow, None if known is None else Straight(slow, known), nullable=nullable)


def missing() -> Unfit:
    """Return what is raised about a value that is not there and must be."""
    return Unfit("null where none may be")


def _slow(kind: GraphQLLeafType, nullable: bool) -> Callable[[Any], Any]:
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None or value is Undefined:
            if nullable:
                return None
            raise missing()
        if isinstance(value, Exception) or optimized_is_awaitable(value):
            raise Unfit(f"a {type(value).__name__} for {kind}")
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Unfit(f"nothing for {kind}")
        return coerced

    return complete
