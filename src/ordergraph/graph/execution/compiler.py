"""Compiling an operation into closures over the objects that its resolvers return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import graphql
from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from strawberry.execution import optimized_is_awaitable

from ordergraph.graph.execution.arguments import Arguments
from ordergraph.graph.execution.calling import Caller, Place
from ordergraph.graph.execution.collecting import Collector, Switches, Unsupported
from ordergraph.graph.execution.completing import by_class
from ordergraph.graph.execution.documents import Operation
from ordergraph.graph.execution.leaves import Leaf, Unfit, leaf
from ordergraph.graph.execution.plan import Plan, Step
from ordergraph.graph.execution.running import Awaited, Complete, Run
from ordergraph.graph.execution.writing import (
    Call,
    Listed,
    Object,
    Other,
    Read,
    Selection,
    Source,
    Value,
    function,
)

_CORE: Any = graphql
"""graphql-core leaves parts of its signatures untyped."""

MOST_FIELDS = 3_000
"""How many fields a plan may have, its fragments written out for every type they are used on."""


def compile_operation(
    schema: GraphQLSchema, operation: Operation, switches: Switches, arguments: Arguments
) -> Plan:
    """Compile an operation for one setting of the variables that its @skip and @include ask.

    Raises `Unsupported` for what only graphql-core can run.
    """
    return _Compilation(schema, operation, switches, arguments).plan()


class _Compilation:
    def __init__(
        self, schema: GraphQLSchema, operation: Operation, switches: Switches, arguments: Arguments
    ) -> None:
        fragments = operation.document.fragment_definitions
        self._schema = schema
        self._operation = operation
        self._collector = Collector(schema, fragments, switches, MOST_FIELDS)
        self._caller = Caller(schema, operation, arguments)

    def plan(self) -> Plan:
        node, kind = self._operation.node, self._operation.kind
        root = self._schema.get_root_type(kind)
        assert root is not None  # validation has seen to it
        fields = self._collector.collect(root, [node.selection_set])
        plan = Plan(0, 0)
        if kind is OperationType.QUERY:
            selection = self._selection(root, fields, is_root=True)
            plan.query = function(Object(selection, None, nullable=False))
        elif kind is OperationType.MUTATION:
            plan.steps = tuple(self._step(root, key, nodes) for key, nodes in fields.items())
        else:
            ((key, nodes),) = fields.items()
            place = _place(root, key, nodes, is_root=True)
            plan.event = _under(key, self._awaited(place).complete)
        plan.size, plan.infos = self._collector.collected, self._caller.infos
        return plan

    def _step(self, root: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Step:
        if nodes[0].name.value == "__typename":
            typename = Awaited(key, nodes, lambda name, _run: name, nullable=False)
            return Step(lambda _parent, _run: root.name, typename)
        place = _place(root, key, nodes, is_root=True)
        return Step(self._caller.call(place).function(), self._awaited(place))

    def _awaited(self, place: Place, value: Value | None = None) -> Awaited:
        kind = place.type
        complete = function(value or self._value(kind, place))
        nullable = not isinstance(kind, GraphQLNonNull)
        return Awaited(place.key, place.nodes, complete, nullable=nullable)

    def _selection(
        self,
        parent: GraphQLObjectType,
        fields: dict[str, list[FieldNode]],
        *,
        is_root: bool = False,
    ) -> Selection:
        selection = Selection(list(fields))
        for key, nodes in fields.items():
            if nodes[0].name.value == "__typename":
                selection.reads.append(Read(key, Source(text=parent.name)))
            else:
                self._add(selection, _place(parent, key, nodes, is_root=is_root))
        return selection

    def _add(self, selection: Selection, place: Place) -> None:
        """Add a field to what its object selects: read at once, or called because it may refuse."""
        field, kind = place.field, place.type
        value = self._value(kind, place)
        source: Source | None = None
        if field.is_basic_field:
            if field.default_resolver is not getattr or not field.python_name.isidentifier():
                raise Unsupported("a default field that is no attribute")
            source = Source(attribute=field.python_name)
        elif not field.is_async and isinstance(kind, GraphQLNonNull):
            source = self._caller.source(place)
        if source is not None:
            selection.reads.append(Read(place.key, source, value))
            return
        known = value.plain if isinstance(value, Leaf) else None
        call, awaited = self._caller.call(place), self._awaited(place, value)
        selection.calls.append(Call(call, awaited, is_async=field.is_async, known=known))

    def _value(self, kind: Any, place: Place) -> Value:
        nullable = not isinstance(kind, GraphQLNonNull)
        inner = _CORE.get_nullable_type(kind)
        if _CORE.is_list_type(inner):
            entry = inner.of_type
            return Listed(
                self._value(entry, place),
                place.nodes,
                nullable=nullable,
                nullable_items=not isinstance(entry, GraphQLNonNull),
            )
        if is_leaf_type(inner):
            return leaf(inner, nullable=nullable)
        if is_abstract_type(inner):
            return Other(self._abstract(inner, place, nullable))
        assert is_object_type(inner)  # there is nothing else
        return Object(self._object(inner, place), self._fitness(inner, place), nullable=nullable)

    def _object(self, kind: GraphQLObjectType, place: Place) -> Selection:
        sets = [node.selection_set for node in place.nodes if node.selection_set]
        return self._selection(kind, self._collector.collect(kind, sets))

    def _fitness(self, kind: GraphQLObjectType, place: Place) -> Callable[[Any], bool]:
        """Return what tells by an object whether its class is shown as this type."""
        info = self._caller.type_info(place)

        def is_fit(value: Any) -> bool:
            if isinstance(value, Exception) or optimized_is_awaitable(value):
                return False
            return kind.is_type_of is None or kind.is_type_of(value, info) is True

        return is_fit

    def _abstract(self, kind: GraphQLAbstractType, place: Place, nullable: bool) -> Complete:
        definition = kind.extensions.get("strawberry-definition")
        if getattr(definition, "resolve_type", None) is not None:
            raise Unsupported(f"{kind.name} resolves its types itself")
        info = self._caller.type_info(place)
        resolve = cast(Callable[..., Any], kind.resolve_type or _CORE.default_type_resolver)
        possible = {
            each.name: (
                function(Object(self._object(each, place), None, nullable=False)),
                self._fitness(each, place),
            )
            for each in self._schema.get_possible_types(kind)
        }

        def find(value: Any) -> Complete:
            name = None if isinstance(value, Exception) else resolve(value, info, kind)
            complete, is_fit = possible.get(name, _NO_TYPE) if name else _NO_TYPE
            if not is_fit(value):
                raise Unfit(f"a {type(value).__name__} is no {kind.name}")
            return complete

        return by_class(find, nullable=nullable)


def _no_value(_value: Any, _run: Run) -> Any:
    raise Unfit("no type of its own")


_NO_TYPE: tuple[Complete, Callable[[Any], bool]] = (_no_value, lambda _value: False)


def _place(
    parent: GraphQLObjectType, key: str, nodes: Sequence[FieldNode], *, is_root: bool
) -> Place:
    definition = parent.fields.get(nodes[0].name.value)
    if definition is None:
        raise Unsupported("introspection")
    return Place(definition, parent, key, nodes, is_root)


def _under(key: str, complete: Complete) -> Complete:
    return lambda value, run: {key: complete(value, run)}
