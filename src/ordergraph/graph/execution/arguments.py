"""Reading a field's arguments for its resolver: what never changes once, the rest for each run."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import graphql
from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_leaf_type,
)
from graphql.execution.values import VariableValues, coerce_argument
from strawberry.relay import GlobalID
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import (
    StrawberryMaybe,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.unset import UnsetType

Read = Callable[[VariableValues, Any], Any]
"""Returns an argument by the variables and the info, or `Undefined` where it is left out."""

_CORE: Any = graphql
"""graphql-core leaves parts of its signatures untyped."""

_PLAIN = (str, int, float, Decimal, Enum, type(None), type(Undefined), UnsetType)
"""What no resolver can change, so that all runs may be given the same one."""


class Arguments:
    """Reads the arguments of one field as graphql-core coerces and Strawberry converts them."""

    def __init__(self, converter: GraphQLCoreConverter) -> None:
        self._converter = converter

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
        if isinstance(given.value, VariableNode) and _is_taken_as_it_is(definition, argument):
            return _from_variable(given.value.name.value, read)
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


def _from_variable(variable: str, read: Read) -> Read:
    """Take a variable's value without more ado; whatever is odd about it goes the long way."""

    def taken(variables: VariableValues, info: Any) -> Any:
        value = variables.coerced.get(variable)
        return read(variables, info) if value is None else value

    return taken


def _is_taken_as_it_is(definition: GraphQLArgument, argument: StrawberryArgument) -> bool:
    kind = argument.type
    if isinstance(kind, StrawberryOptional) and not isinstance(kind, StrawberryMaybe):
        kind = kind.of_type
    if kind is GlobalID or isinstance(kind, StrawberryMaybe):
        return False
    return is_leaf_type(_CORE.get_nullable_type(cast(Any, definition).type))


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, VariableNode):
        return True
    if isinstance(value, ListValueNode):
        return any(_has_variable(each) for each in value.values)
    return isinstance(value, ObjectValueNode) and any(
        _has_variable(field.value) for field in value.fields
    )
