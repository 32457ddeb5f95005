"""The variables of an operation: plain scalars are taken as they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import graphql
from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    Undefined,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource

from ordergraph.graph.execution.documents import Operation

_CORE: Any = graphql
"""graphql-core leaves parts of its signatures untyped."""

_PLAIN: Mapping[Any, type] = {
    GraphQLBoolean: bool,
    GraphQLID: str,
    GraphQLInt: int,
    GraphQLString: str,
}

Plain = Sequence[tuple[str, GraphQLVariableSignature, type, bool]]
"""Each variable with its declaration, the class of its values, and whether it may be left out."""


def taken(
    schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any]
) -> VariableValues | None:
    """Return the variables as they came, where all are plain scalars of the types declared.

    Otherwise None: they are to be coerced, or refused.
    """
    plain = operation.plain
    if plain is None:
        plain = operation.plain = _plain(schema, operation) or ()
    if len(plain) != len(operation.node.variable_definitions or ()):
        return None
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for name, signature, known, optional in plain:
        value = variables.get(name, Undefined)
        if value is Undefined and optional:
            sources[name] = VariableValueSource(signature)
            continue
        if value.__class__ is not known:
            return None
        if known is int and not GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT:
            return None
        sources[name] = VariableValueSource(signature, value)
        coerced[name] = value
    return VariableValues(sources, coerced)


def _plain(schema: GraphQLSchema, operation: Operation) -> Plain | None:
    """Return the variables of an operation, if all are of GraphQL's own scalars."""
    found: list[tuple[str, GraphQLVariableSignature, type, bool]] = []
    for node in operation.node.variable_definitions or ():
        signature = get_variable_signature(schema, node)
        if isinstance(signature, GraphQLError):
            return None
        kind = cast(Any, signature).type
        plain = _CORE.get_nullable_type(kind)
        known, required = _PLAIN.get(plain), plain is not kind
        if known is None:
            return None
        found.append(
            (signature.name, signature, known, not required and node.default_value is None)
        )
    return found
