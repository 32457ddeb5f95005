"""Scope policies: declared in the schema with @requiresScopes and enforced from the same words."""

import dataclasses
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, cast

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional
from strawberry.utils.str_converters import to_camel_case

from ordergraph.core.problems import Forbidden
from ordergraph.runtime.actor import Actor


@strawberry.schema_directive(
    locations=[
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.ARGUMENT_DEFINITION,
    ],
    name="requiresScopes",
    description="The token must hold at least one of these scopes; an empty list means any valid "
    "token. An input field with this directive may only be sent by such a token.",
)
class RequiresScopes:
    scopes: list[str] = strawberry.field(name="scopes", description="Any one of these is enough.")


def needs(*scopes: str) -> list[object]:
    """Return the policy of a field: a token with any one of `scopes` may use it."""
    return [RequiresScopes(scopes=list(scopes))]


def require(actor: Actor, scopes: Iterable[str], what: str) -> None:
    """Refuse an actor that holds none of `scopes`, naming them (KEY-4)."""
    wanted = tuple(scopes)
    if wanted and actor.scopes.isdisjoint(wanted):
        raise Forbidden(wanted, what)


def scopes_of(directives: Iterable[object]) -> tuple[str, ...] | None:
    """Return the scopes that a field's policy names, or None where it has no policy."""
    for directive in directives:
        if isinstance(directive, RequiresScopes):
            return tuple(directive.scopes)
    return None


def require_for_input(actor: Actor, value: Any, path: tuple[str, ...]) -> None:
    """Refuse an input that carries a field whose policy the actor does not meet.

    Such a field is refused and never ignored, so that nobody believes that it had an effect.
    """
    kind = cast("type[object]", type(value))
    for field, scopes, name, clears in _policies(kind):
        held: object = getattr(value, field)
        if held is strawberry.UNSET or (held is None and not clears):
            continue
        here = (*path, name)
        if scopes is not None and actor.scopes.isdisjoint(scopes):
            raise Forbidden(scopes, f"The input field {name}", here)
        for child, index in _children(held):
            require_for_input(actor, child, (*here, *index))


def _children(held: object) -> Iterator[tuple[object, tuple[str, ...]]]:
    if isinstance(held, list):
        for index, item in enumerate(cast("list[object]", held)):
            if _definition(type(item)) is not None:
                yield item, (str(index),)
    elif _definition(type(held)) is not None:
        yield held, ()


def _definition(kind: type) -> StrawberryObjectDefinition | None:
    """Return how an input type is made; enums have a definition of another sort."""
    found = getattr(kind, "__strawberry_definition__", None)
    return found if isinstance(found, StrawberryObjectDefinition) else None


@cache
def _policies(kind: type) -> tuple[tuple[str, tuple[str, ...] | None, str, bool], ...]:
    """Return what may matter of an input type: attribute, scopes, GraphQL name, null is a change.

    A field that tells null from omitted is cleared by null, so null counts as sent there.
    """
    definition = _definition(kind)
    if definition is None:
        return ()
    found: list[tuple[str, tuple[str, ...] | None, str, bool]] = []
    for field in definition.fields:
        scopes = scopes_of(field.directives)
        if scopes is not None or _is_input(field.type):
            name = field.graphql_name or to_camel_case(field.python_name)
            found.append((field.python_name, scopes, name, _is_cleared_by_null(field)))
    return tuple(found)


def _is_cleared_by_null(field: Any) -> bool:
    return field.default is strawberry.UNSET


def _is_input(kind: Any) -> bool:
    while isinstance(kind, StrawberryOptional | StrawberryList):
        kind = kind.of_type
    return dataclasses.is_dataclass(kind) and _definition(kind) is not None  # pyright: ignore[reportArgumentType]
