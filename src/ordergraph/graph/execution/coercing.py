"""Coercing variables as graphql-core does, by functions that are built once for each type.

They take what is plainly right. Of anything else, even what could be made right, they raise `Odd`:
then graphql-core coerces all variables from the start, or says what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce = Callable[[Any], Any]
"""Makes of a value what graphql-core's `coerce_input_value` makes of it, or raises `Odd`."""

_PLAIN: Mapping[Any, type] = {GraphQLBoolean: bool, GraphQLID: str, GraphQLString: str}
"""The scalars that take all values of a class as they are."""


class Odd(Exception):
    """The value is for graphql-core to coerce or to refuse."""


class Unknown(Exception):
    """The type is for graphql-core to coerce values to."""


class _Field(NamedTuple):
    name: str
    out_name: str
    coerce: Coerce
    default: Any
    required: bool


class Coercers:
    """Builds the coercers of one schema and keeps those of its inputs."""

    def __init__(self) -> None:
        self._inputs: dict[GraphQLInputObjectType, Coerce | None] = {}

    def build(self, kind: Any) -> Coerce:
        """Return the coercer of a type, or raise `Unknown`."""
        if isinstance(kind, GraphQLNonNull):
            return _not_null(self._nullable(cast(Any, kind).of_type))
        return _null_too(self._nullable(kind))

    def _nullable(self, kind: Any) -> Coerce:
        """Return what coerces the values but null."""
        if isinstance(kind, GraphQLList):
            return _list(self.build(cast(Any, kind).of_type))
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind)
        if kind is GraphQLInt:
            return _int
        if kind in _PLAIN:
            return _plain(_PLAIN[kind])
        if isinstance(kind, GraphQLEnumType):
            return _enum({name: kind.coerce_input_value(name) for name in kind.values})
        if isinstance(kind, GraphQLScalarType):
            return _scalar(kind.coerce_input_value)
        raise Unknown

    def _input(self, kind: GraphQLInputObjectType) -> Coerce:
        if kind not in self._inputs:
            self._inputs[kind] = None  # so it stays where it is unknown or holds itself
            self._inputs[kind] = self._built(kind)
        built = self._inputs[kind]
        if built is None:
            raise Unknown
        return built

    def _built(self, kind: GraphQLInputObjectType) -> Coerce:
        if kind.is_one_of or kind.out_type is not GraphQLInputObjectType.out_type:
            raise Unknown
        return _object(
            [
                _Field(
                    name,
                    field.out_name or name,
                    self.build(field.type),
                    coerce_default_value(field),
                    is_required_input_field(field),
                )
                for name, field in kind.fields.items()
            ]
        )


def _not_null(coerce: Coerce) -> Coerce:
    def coerced(value: Any) -> Any:
        if value is None:
            raise Odd
        return coerce(value)

    return coerced


def _null_too(coerce: Coerce) -> Coerce:
    def coerced(value: Any) -> Any:
        return None if value is None else coerce(value)

    return coerced


def _plain(known: type) -> Coerce:
    def coerced(value: Any) -> Any:
        if value.__class__ is known:
            return value
        raise Odd

    return coerced


def _int(value: Any) -> Any:
    if value.__class__ is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT:
        return value
    raise Odd


def _enum(values: Mapping[str, Any]) -> Coerce:
    def coerced(value: Any) -> Any:
        if value.__class__ is str and value in values:
            return values[value]
        raise Odd

    return coerced


def _scalar(parse: Callable[[Any], Any]) -> Coerce:
    def coerced(value: Any) -> Any:
        try:
            found = parse(value)
        except Exception as refusal:
            raise Odd from refusal
        if found is Undefined:
            raise Odd
        return found

    return coerced


def _list(item: Coerce) -> Coerce:
    def coerced(value: Any) -> Any:
        if value.__class__ is not list:
            raise Odd
        return [item(each) for each in value]

    return coerced


def _object(fields: Sequence[_Field]) -> Coerce:
    def coerced(value: Any) -> Any:
        if value.__class__ is not dict:
            raise Odd
        found: dict[str, Any] = {}
        left = len(value)
        for name, out_name, coerce, default, required in fields:
            if name in value:
                found[out_name] = coerce(value[name])
                left -= 1
            elif required:
                raise Odd
            elif default is not Undefined:
                found[out_name] = default
        if left:
            raise Odd  # a field that the input has not
        return found

    return coerced
