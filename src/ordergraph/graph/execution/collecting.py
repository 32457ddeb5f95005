"""Which fields an operation selects of a type, decided when it is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

Switches = Mapping[str, bool]
"""The values of the variables that @skip and @include ask."""

_SWITCHING = ("skip", "include")
_READ_BY_RESOLVERS = ("idempotent",)
"""Directives that change nothing here: the resolver finds them in its `info`."""


class Unsupported(Exception):
    """The compiler does not handle a part of the operation; the reference executor runs it."""


def switch_names(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """Return the names of the variables that decide which fields an operation selects.

    Raises `Unsupported` for a directive that may change an answer in another way.
    """
    if operation.directives:
        raise Unsupported("a directive on an operation")
    names: set[str] = set()
    for node in _selections(operation.selection_set, fragments, set()):
        for directive in node.directives or ():
            name = directive.name.value
            if name in _SWITCHING:
                value = _condition(directive)
                if isinstance(value, VariableNode):
                    names.add(value.name.value)
            elif name not in _READ_BY_RESOLVERS:
                raise Unsupported(f"@{name}")
    return tuple(sorted(names))


def _condition(directive: DirectiveNode) -> Node:
    arguments = directive.arguments
    assert arguments  # validation has seen to it
    return arguments[0].value


def _selections(
    selection_set: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: set[str],
) -> Iterator[SelectionNode]:
    """Yield every selection below a set, those of each fragment once."""
    for node in selection_set.selections:
        yield node
        inner: SelectionSetNode | None = None
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in seen:
                seen.add(name)
                inner = fragments[name].selection_set
        elif isinstance(node, FieldNode | InlineFragmentNode):
            inner = node.selection_set
        if inner is not None:
            yield from _selections(inner, fragments, seen)


class Collector:
    """Collects the fields of one operation with its switches set, a limited number in all."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        switches: Switches,
        most_fields: int,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._switches = switches
        self._most_fields = most_fields
        self.collected = 0
        """How many fields were collected so far: the size of the plan."""

    def collect(
        self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """Return the nodes of each response key in the order of the answer.

        Raises `Unsupported` once an operation is written out too long.
        """
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selection_set in sets:
            self._collect(parent, selection_set, found, seen)
        self.collected += len(found)
        if self.collected > self._most_fields:
            raise Unsupported(f"more than {self._most_fields} fields")
        return found

    def _collect(
        self,
        parent: GraphQLObjectType,
        selection_set: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selection_set.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                fragment = self._fragments[name]
                if name not in seen and self._fits(parent, fragment):
                    seen.add(name)
                    self._collect(parent, fragment.selection_set, found, seen)
            elif isinstance(node, InlineFragmentNode) and self._fits(parent, node):
                self._collect(parent, node.selection_set, found, seen)

    def _is_included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in _SWITCHING:
                value = self._switch(_condition(directive))
                if value == (name == "skip"):
                    return False
        return True

    def _switch(self, value: Node) -> bool:
        if isinstance(value, VariableNode):
            return self._switches[value.name.value]
        assert isinstance(value, BooleanValueNode)  # validation has seen to it
        return value.value

    def _fits(
        self, parent: GraphQLObjectType, fragment: FragmentDefinitionNode | InlineFragmentNode
    ) -> bool:
        condition = fragment.type_condition
        if condition is None:
            return True
        wanted = self._schema.get_type(condition.name.value)
        return wanted is parent or (
            is_abstract_type(wanted) and self._schema.is_sub_type(wanted, parent)
        )
