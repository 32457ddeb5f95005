"""Showing the business's enums in the schema, each value with its description."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

import strawberry

E = TypeVar("E", bound=Enum)


def shown(
    kind: type[E], description: str, values: Mapping[E, str], name: str | None = None
) -> type[E]:
    """Show `kind` as a GraphQL enum, by its own name or by `name`, and return it.

    Fields that hold it are annotated with the business's class itself. Every member needs a
    description in `values`. Enums may gain values: clients handle unknown ones.
    """
    strawberry.enum(kind, name=name, description=description)
    definition: Any = kind.__dict__["__strawberry_definition__"]
    for value in definition.values:
        value.description = values[kind[value.name]]
    return kind
