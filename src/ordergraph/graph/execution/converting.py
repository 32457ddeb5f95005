"""Converting arguments as Strawberry does, by functions that are built once for each type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, cast

from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    StrawberryType,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

Convert = Callable[[Any], Any]
"""Makes of a coerced value what `convert_argument` makes of it."""


class _Unknown(Exception):
    """The type has something that only Strawberry knows how to convert."""


def as_it_is(value: Any) -> Any:
    """Convert a scalar or an enum: it needs no conversion."""
    return value


class Converters:
    """Builds the converters of one schema and keeps those of its inputs."""

    def __init__(self, converter: GraphQLCoreConverter) -> None:
        self._converter = converter
        self._inputs: dict[type, Convert | None] = {}

    def find(self, kind: StrawberryType | type) -> Convert | None:
        """Return the converter of a type; None where it is up to `convert_argument`."""
        try:
            return self._build(kind)
        except _Unknown:
            return None

    def _build(self, kind: StrawberryType | type) -> Convert:
        if isinstance(kind, StrawberryMaybe) or kind is GlobalID:
            raise _Unknown
        if isinstance(kind, StrawberryOptional):
            return self._build(kind.of_type)
        if isinstance(kind, StrawberryList):
            return _list(self._build(kind.of_type))
        if is_scalar(kind, self._converter.scalar_registry):
            return as_it_is
        if isinstance(kind, StrawberryEnumDefinition):
            return as_it_is
        if isinstance(kind, LazyType):
            return self._build(cast(Any, kind).resolve_type())
        if has_enum_definition(kind):
            return as_it_is
        if has_object_definition(kind):
            return self._input(cast(type, kind), kind.__strawberry_definition__)
        raise _Unknown

    def _input(self, kind: type, definition: StrawberryObjectDefinition) -> Convert:
        if kind not in self._inputs:
            self._inputs[kind] = None  # so it stays where it is unknown or holds itself
            self._inputs[kind] = self._built(kind, definition)
        built = self._inputs[kind]
        if built is None:
            raise _Unknown
        return built

    def _built(self, kind: type, definition: StrawberryObjectDefinition) -> Convert:
        if definition.from_input is not None or not definition.is_input:
            raise _Unknown
        name_of = self._converter.config.name_converter.from_field
        fields = {
            name_of(field): (
                field.python_name,
                self._build(cast(Any, field.resolve_type(type_definition=definition))),
            )
            for field in definition.fields
        }
        missing = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and cast(Any, field).default_factory is MISSING
        }
        return _object(kind, fields, missing)


def _list(item: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        return list(value) if item is as_it_is else [item(each) for each in value]

    return convert


def _object(
    kind: type, fields: Mapping[str, tuple[str, Convert]], missing: Mapping[str, None]
) -> Convert:
    """Return what makes an input of its fields; `missing` are None where they are left out."""

    def convert(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        given: dict[str, Any] = {**missing}
        for name, item in value.items():
            if name in fields:
                python_name, make = fields[name]
                given[python_name] = make(item)
        return kind(**given)

    return convert
