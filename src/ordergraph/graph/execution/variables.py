"""The variables of an operation: what is plainly right is taken without graphql-core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import GraphQLError, GraphQLNonNull, GraphQLSchema, Undefined
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource

from ordergraph.graph.execution.coercing import Coerce, Coercers, Odd, Unknown
from ordergraph.graph.execution.documents import Operation

Known = Sequence[tuple[str, GraphQLVariableSignature, Coerce, bool]]
"""Each variable with its declaration, what coerces it, and whether it may be left out."""


class Variables:
    """Takes the variables of one schema's operations."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._coercers = Coercers()

    def taken(self, operation: Operation, variables: Mapping[str, Any]) -> VariableValues | None:
        """Return the variables as graphql-core coerces them, where all are plainly right.

        Otherwise None: they are to be coerced by it, or refused. Nothing has had an effect.
        """
        known = operation.known
        if known is None:
            known = operation.known = self._known(operation) or ()
        if len(known) != len(operation.node.variable_definitions or ()):
            return None
        try:
            return _coerced(known, variables)
        except Odd:
            return None

    def _known(self, operation: Operation) -> Known | None:
        """Return what coerces the variables of an operation, if that is known of all."""
        found: list[tuple[str, GraphQLVariableSignature, Coerce, bool]] = []
        for node in operation.node.variable_definitions or ():
            signature = get_variable_signature(self._schema, node)
            if isinstance(signature, GraphQLError):
                return None
            kind = cast(Any, signature).type
            try:
                coerce = self._coercers.build(kind)
            except Unknown:
                return None
            optional = not isinstance(kind, GraphQLNonNull) and node.default_value is None
            found.append((signature.name, signature, coerce, optional))
        return found


def _coerced(known: Known, variables: Mapping[str, Any]) -> VariableValues:
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for name, signature, coerce, optional in known:
        value = variables.get(name, Undefined)
        if value is not Undefined:
            coerced[name] = coerce(value)
            sources[name] = VariableValueSource(signature, value)
        elif optional:
            sources[name] = VariableValueSource(signature)
        else:
            raise Odd
    return VariableValues(sources, coerced)
