"""Reading a field's arguments for its resolver: what never changes once, the rest for each run."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, coerce_argument
from strawberry import Schema
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import has_object_definition
from strawberry.types.unset import UnsetType

from ordergraph.graph.execution.converting import Convert, Converters, as_it_is

Read = Callable[[VariableValues, Any], Any]
"""Returns an argument by the variables and the info, or `Undefined` where it is left out."""

_PLAIN = (str, int, float, Decimal, Enum, type(None), type(Undefined), UnsetType)
"""What no resolver can change, so that all runs may be given the same one."""


class Arguments:
    """Reads the arguments of one schema as graphql-core coerces and Strawberry converts them."""

    def __init__(self, schema: GraphQLSchema) -> None:
        strawberry_schema = cast(Schema, schema._strawberry_schema)  # pyright: ignore
        self._converter = strawberry_schema.schema_converter
        self._converters = Converters(self._converter)

    def reader(
        self, argument: StrawberryArgument, known: dict[str, GraphQLArgument], node: FieldNode
    ) -> Read:
        """Return the reader of an argument; it raises the `GraphQLError` of a wrong value."""
        name = self._converter.config.name_converter.from_argument(argument)
        definition = known[name]
        given = next((each for each in node.arguments or () if each.name.value == name), None)
        coerce = _coercion(node, name, definition, given)
        if given is None or not _has_variable(given.value):
            return self._constant(coerce, argument, name)
        read = self._converted(coerce, argument, name)
        convert = self._converters.find(argument.type)
        if isinstance(given.value, VariableNode) and convert is not None:
            return _from_variable(given.value.name.value, convert, read)
        return read

    def _constant(
        self, coerce: Callable[[VariableValues], Any], argument: StrawberryArgument, name: str
    ) -> Read:
        read = self._converted(coerce, argument, name)
        try:
            value = read(VariableValues({}, {}), None)
        except GraphQLError:
            return read
        if isinstance(value, _PLAIN):
            return lambda _variables, _info: value
        return (lambda _variables, _info: _fresh(value)) if _is_known(value) else read

    def _converted(
        self, coerce: Callable[[VariableValues], Any], argument: StrawberryArgument, name: str
    ) -> Read:
        converter, kind = self._converter, argument.type
        convert = self._converters.find(kind)
        if convert is not None:
            return _read(coerce, convert)

        def read(variables: VariableValues, info: Any) -> Any:
            value = coerce(variables)
            if value is Undefined:
                return value
            return convert_argument(
                value, kind, converter.scalar_registry, converter.config, info, path=(name,)
            )

        return read


def _is_known(value: Any) -> bool:
    """Tell whether `_fresh` can make another one of a converted value."""
    if isinstance(value, list):
        return all(map(_is_known, cast(list[Any], value)))
    if isinstance(value, _PLAIN):
        return True
    return has_object_definition(value) and all(map(_is_known, _held(value).values()))


def _fresh(value: Any) -> Any:
    """Make an equal input for one run: a resolver may change what it is given."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list):
        return [_fresh(each) for each in cast(list[Any], value)]
    another: Any = object.__new__(value.__class__)
    _held(another).update({name: _fresh(each) for name, each in _held(value).items()})
    return another


def _held(value: object) -> dict[str, Any]:
    return vars(value)


def _coercion(
    node: FieldNode, name: str, definition: GraphQLArgument, given: ArgumentNode | None
) -> Callable[[VariableValues], Any]:
    def coerce(variables: VariableValues) -> Any:
        held: dict[str, Any] = {}
        coerce_argument(held, node, name, definition, given, variables, None)
        return held.get(definition.out_name or name, Undefined)

    return coerce


def _read(coerce: Callable[[VariableValues], Any], convert: Convert) -> Read:
    def read(variables: VariableValues, _info: Any) -> Any:
        value = coerce(variables)
        return value if value is Undefined else convert(value)

    return read


def _from_variable(variable: str, convert: Convert, read: Read) -> Read:
    """Take a variable's value without more ado; where it is missing or null, the long way."""

    def taken(variables: VariableValues, info: Any) -> Any:
        value = variables.coerced.get(variable)
        return read(variables, info) if value is None else value

    def converted(variables: VariableValues, info: Any) -> Any:
        value = variables.coerced.get(variable)
        return read(variables, info) if value is None else convert(value)

    return taken if convert is as_it_is else converted


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, VariableNode):
        return True
    if isinstance(value, ListValueNode):
        return any(_has_variable(each) for each in value.values)
    return isinstance(value, ObjectValueNode) and any(
        _has_variable(field.value) for field in value.fields
    )
