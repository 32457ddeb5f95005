"""Weighing a document before it is validated: depth, aliases, cost, in one walk with a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_composite_type,
)

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.limits import Limits

TYPICAL_SIZE = "typical_size"
"""The key of a Strawberry field's metadata that declares how long its list usually is."""

_CONNECTION = "Connection"
_COSTLY = {"ProofDocument": 20}
"""Scalars that are computed when they are asked for, and how many objects they cost."""
_WRAPPERS = (GraphQLList, GraphQLNonNull)
_INTROSPECTION = ("__schema", "__type")
_DEEPEST_WALK = 250
"""Bounds the recursion over inline fragments and chains of fragments, which no depth counts."""


@dataclass(slots=True)
class Weight:
    """What a part of a document adds up to, with its fragments written out.

    `cost` counts once, `per_entry` once for each entry of the connection that the part stands in.
    `fields` are those of the part's own level that do something; depths are counted from it.
    """

    depth: int = 0
    introspection_depth: int = 0
    introspections: int = 0
    aliases: int = 0
    cost: int = 0
    per_entry: int = 0
    fields: int = 0

    def add(self, other: Weight) -> None:
        """Add a part that stands beside this one."""
        self.depth = max(self.depth, other.depth)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self.introspections += other.introspections
        self.aliases += other.aliases
        self.cost += other.cost
        self.per_entry += other.per_entry
        self.fields += other.fields


_NOTHING = Weight()


class Weigher:
    """Weighs the operations of one document, walking each fragment once.

    It is the first to see a document, so nothing about it is taken for granted: unknown names,
    missing and circular fragments weigh nothing here and are told by validation afterwards.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        limits: Limits,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._limits = limits
        self._variables = variables
        self._defaults: Mapping[str, ValueNode | None] = {}
        self._weighed: dict[str, Weight] = {}
        self._walked = 0
        self.sizes: set[str] = set()
        """The names of the variables that page sizes and lists of ids were read from."""

    def weigh(self, operation: OperationDefinitionNode) -> Weight:
        """Return what an operation weighs, or refuse one that is nested beyond all measure."""
        self._defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.variable_definitions or ()
        }
        if self.sizes:
            self._weighed = {}  # the same variable may have another default here
        root = self._schema.get_root_type(operation.operation)
        return self._selections(operation.selection_set, root, 0)

    def _selections(
        self, selections: SelectionSetNode, parent: GraphQLNamedType | None, level: int
    ) -> Weight:
        if level > _DEEPEST_WALK:
            raise Problem(ErrorCode.QUERY_TOO_DEEP, "The document is nested too deeply.")
        self._walked += len(selections.selections)
        if self._walked > self._limits.selections:
            raise Problem(
                ErrorCode.QUERY_TOO_COMPLEX,
                f"The document selects more than {self._limits.selections} fields.",
            )
        total = Weight()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                total.add(self._field(node, parent, level))
            elif isinstance(node, FragmentSpreadNode):
                total.add(self._fragment(node.name.value, level))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                total.add(self._selections(node.selection_set, inner, level + 1))
        return total

    def _fragment(self, name: str, level: int) -> Weight:
        known = self._weighed.get(name)
        if known is not None:
            return known
        definition = self._fragments.get(name)
        if definition is None:
            return _NOTHING
        self._weighed[name] = _NOTHING  # what comes back to itself ends here
        condition = self._schema.get_type(definition.type_condition.name.value)
        weight = self._selections(definition.selection_set, condition, level + 1)
        self._weighed[name] = weight
        return weight

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int) -> Weight:
        aliases = 0 if node.alias is None else 1
        definition = _definition(self._schema, parent, node.name.value)
        named = None if definition is None else _named(definition.type)
        inner = node.selection_set
        below = _NOTHING if inner is None else self._selections(inner, named, level + 1)
        fields = 0 if node.name.value.startswith("__") else 1
        weight = Weight(aliases=aliases + below.aliases, fields=fields)
        weight.introspections = below.introspections
        if node.name.value in _INTROSPECTION:
            weight.introspections += node.name.value == "__schema"
            weight.introspection_depth = 1 + max(below.depth, below.introspection_depth)
            return weight
        weight.depth = 1 + below.depth
        if below.introspection_depth:
            weight.introspection_depth = 1 + below.introspection_depth
        if is_composite_type(named) and not named.name.startswith("__"):
            self._cost(node, parent, definition, below, weight)
        elif named is not None:
            weight.cost = _COSTLY.get(named.name, 0)
        return weight

    def _cost(
        self,
        node: FieldNode,
        parent: GraphQLNamedType | None,
        definition: Any,
        below: Weight,
        weight: Weight,
    ) -> None:
        one = 1 + below.cost
        if _named(definition.type).name.endswith(_CONNECTION):
            weight.cost = one + below.per_entry * self._page(node, definition)
        elif not _is_list(definition.type):
            weight.cost = one
        elif parent is not None and parent.name.endswith(_CONNECTION):
            weight.per_entry = one
        else:
            weight.cost = one * self._length(node, definition)

    def _page(self, node: FieldNode, definition: Any) -> int:
        """Return the page size that a connection asks for; the resolver judges odd ones."""
        first = self._argument(node, definition, "first")
        if not isinstance(first, int):
            return self._limits.page_size if first is None else self._limits.largest_page
        return min(max(first, 0), self._limits.largest_page)

    def _length(self, node: FieldNode, definition: Any) -> int:
        """Return how long a plain list is taken to be: its ids, else its declared typical size."""
        if "ids" in definition.args:
            ids = self._argument(node, definition, "ids")
            return len(ids) if isinstance(ids, list) else 1  # pyright: ignore[reportUnknownArgumentType]
        strawberry_field = definition.extensions.get("strawberry-definition")
        metadata: Mapping[Any, Any] = getattr(strawberry_field, "metadata", {})
        return metadata.get(TYPICAL_SIZE, self._limits.list_size)

    def _argument(self, node: FieldNode, definition: Any, name: str) -> Any:
        if name not in definition.args:
            return None
        for argument in node.arguments or ():
            if argument.name.value == name:
                return self._value(argument.value)
        return None

    def _value(self, value: ValueNode | None) -> Any:
        """Read an integer or the length of a list from the document or from its variables."""
        if isinstance(value, VariableNode):
            name = value.name.value
            self.sizes.add(name)
            if name in self._variables:
                return self._variables[name]
            value = self._defaults.get(name)
        if value is None or isinstance(value, NullValueNode):
            return None
        if isinstance(value, IntValueNode):
            return int(value.value[:9])
        if isinstance(value, ListValueNode):
            return list(value.values)
        return False


def _definition(schema: GraphQLSchema, parent: GraphQLNamedType | None, name: str) -> Any:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return schema.get_field(parent, name)
    return None


def _named(kind: Any) -> Any:
    return _named(_inside(kind)) if isinstance(kind, _WRAPPERS) else kind


def _is_list(kind: Any) -> bool:
    return isinstance(_inside(kind) if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def _inside(wrapper: Any) -> Any:
    return wrapper.of_type
