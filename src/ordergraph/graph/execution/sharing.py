"""For how long the answer of an operation may be shared, told from its @cacheControl policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import graphql
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
    is_object_type,
)

from ordergraph.graph.caching import CacheControl
from ordergraph.graph.execution.documents import Operation

_CORE: Any = graphql
"""graphql-core leaves parts of its signatures untyped."""


def shared_seconds(schema: GraphQLSchema, operation: Operation) -> int:
    """Return for how many seconds everybody may be answered the same; 0 for what is private.

    The least of all that the operation selects, whatever its @skip and @include leave out. A root
    field counts as private unless a policy says otherwise, and so does a type with an id.
    """
    if operation.shared_seconds is None:
        walk = _Walk(schema, operation.document.fragment_definitions)
        operation.shared_seconds = walk.seconds(operation)
    return operation.shared_seconds


class _Walk:
    """Looks at every selection of an operation once, its fragments too."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._seen: set[str] = set()
        self._least: int | None = None

    def seconds(self, operation: Operation) -> int:
        root = self._schema.query_type
        if operation.kind is not OperationType.QUERY or root is None:
            return 0
        for _, field in self._fields(root, operation.node.selection_set):
            if field.name.value.startswith("__") and field.name.value != "__typename":
                return 0
            self._look(root, field, is_root=True)
        return self._least or 0

    def _below(self, parent: GraphQLNamedType, selections: SelectionSetNode) -> None:
        for kind, field in self._fields(parent, selections):
            for each in self._possible(kind):
                self._look(each, field)

    def _look(self, parent: GraphQLObjectType, field: FieldNode, *, is_root: bool = False) -> None:
        definition = parent.fields.get(field.name.value)
        if definition is None:
            return  # __typename, or a field of another type that an interface stands for
        kind: GraphQLNamedType = _CORE.get_named_type(definition.type)
        policies = [_policy(definition), *(_policy(each) for each in self._possible(kind))]
        stated = [policy for policy in policies if policy is not None]
        if is_root and not stated:
            stated = [0]
        for seconds in stated:
            self._least = seconds if self._least is None else min(self._least, seconds)
        if field.selection_set is not None:
            self._below(kind, field.selection_set)

    def _fields(
        self, parent: GraphQLNamedType, selections: SelectionSetNode
    ) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
        """Yield the fields of a selection with the type that they are selected on."""
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield parent, node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                kind = parent if condition is None else self._schema.type_map[condition.name.value]
                yield from self._fields(kind, node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in self._seen:
                self._seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                kind = self._schema.type_map[fragment.type_condition.name.value]
                yield from self._fields(kind, fragment.selection_set)

    def _possible(self, kind: Any) -> Sequence[GraphQLObjectType]:
        if is_object_type(kind):
            return (kind,)
        return self._schema.get_possible_types(kind) if is_abstract_type(kind) else ()


def _policy(definition: Any) -> int | None:
    """Return what a type or field says of itself; a type with an id is private unless it does."""
    declared = definition.extensions.get("strawberry-definition")
    for directive in getattr(declared, "directives", None) or ():
        if isinstance(directive, CacheControl):
            return directive.seconds
    if is_object_type(definition) and any(each.name == "Node" for each in definition.interfaces):
        return 0
    return None
