"""How a plan calls a Strawberry resolver: with parent, info and arguments as it wants them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter
from typing import Any, cast

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLSchema, Undefined
from graphql.pyutils import Path
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.types.field import StrawberryField

from ordergraph.graph.execution.arguments import Arguments, Read
from ordergraph.graph.execution.collecting import Unsupported
from ordergraph.graph.execution.documents import Operation
from ordergraph.graph.execution.outlook import Outlook
from ordergraph.graph.execution.reference import ResolveInfo
from ordergraph.graph.execution.running import Run
from ordergraph.graph.execution.writing import Calling, Source


class _NestedInfo(ResolveInfo):
    """An info shared by all objects of a list: it knows the field but not which object it is."""

    __slots__ = ()

    @property
    def path(self) -> Path:  # pyright: ignore[reportIncompatibleVariableOverride]
        raise Unsupported("a resolver that asks for its path")


class _RunInfo:
    """An info of one run: what all runs share of it is not copied."""

    __slots__ = ("_shared", "context", "variable_values")

    def __init__(self, shared: ResolveInfo, run: Run) -> None:
        self._shared = shared
        self.context = run.context
        self.variable_values = run.variables.coerced

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shared, name)


@dataclass(frozen=True, slots=True)
class Place:
    """A field at a place in an operation."""

    definition: GraphQLField
    parent: GraphQLObjectType
    key: str
    nodes: Sequence[FieldNode]
    is_root: bool

    @property
    def type(self) -> Any:
        """Its type; graphql-core leaves out what its lists hold."""
        return cast(Any, self.definition).type

    @property
    def field(self) -> StrawberryField:
        """Its Strawberry field."""
        field = self.definition.extensions.get("strawberry-definition")
        if not isinstance(field, StrawberryField):
            raise Unsupported(f"{self.parent.name}.{self.key} is no field of Strawberry's")
        return field

    @property
    def resolver(self) -> Any:
        """Its resolver as Strawberry keeps it; None for one without."""
        return cast(Any, self.field).base_resolver


class Caller:
    """Makes the calls of one operation's resolvers."""

    def __init__(self, schema: GraphQLSchema, operation: Operation, arguments: Arguments) -> None:
        strawberry_schema = cast(Schema, schema._strawberry_schema)  # pyright: ignore
        self._schema = schema
        self._operation = operation
        self._converter = strawberry_schema.schema_converter
        if self._converter._exception_handler_specs:  # pyright: ignore[reportPrivateUsage]
            raise Unsupported("handlers of exceptions")
        self._arguments = arguments
        self.infos = 0
        """How many different infos the calls want."""

    def call(self, place: Place) -> Calling:
        """Return the call of a field's resolver; whatever the resolver raises goes through."""
        field = place.field
        resolver = place.resolver
        if resolver is None or field.extensions:
            raise Unsupported(f"{place.parent.name}.{place.key} has extensions")
        node, known = place.nodes[0], place.definition.args
        reads = [
            (argument.python_name, self._arguments.reader(argument, known, node))
            for argument in field.arguments
        ]
        names: dict[str, Any] = {"resolver{index}": resolver.wrapped_func}
        given = ["{value}"] if resolver.self_parameter is not None else []
        for parameter in (resolver.parent_parameter, resolver.root_parameter):
            each = None if parameter is None else f"{parameter.name}={{value}}"
            if each is not None and each not in given:
                given.append(each)
        if resolver.info_parameter is not None or reads:
            slot, names["info{index}"] = self._info(place)
            info = f"(run.infos[{slot}] or info{{index}}(run))"
            if resolver.info_parameter is not None:
                given.append(f"{resolver.info_parameter.name}={info}")
            if reads:
                names["arguments{index}"] = _given(reads)
                given.append(f"**arguments{{index}}(run, {info})")
        return Calling(f"resolver{{index}}({', '.join(given)})", names)

    def source(self, place: Place) -> Source | None:
        """Return a resolver that wants its parent alone as the source of a value: it is cheap."""
        field = place.field
        resolver = place.resolver
        if resolver is not None and not field.extensions and not field.arguments:
            parameters = list(resolver.signature.parameters.values())
            known = (resolver.self_parameter, resolver.parent_parameter, resolver.root_parameter)
            if len(parameters) == 1 and parameters[0] in known and _is_positional(parameters[0]):
                return Source(of_parent=resolver.wrapped_func)
        return None

    def _info(self, place: Place) -> tuple[int, Callable[[Run], Any]]:
        """Return the slot of a field's info in a run, and what makes it there.

        All objects of one run share it.
        """
        slot = self.infos
        self.infos += 1
        shared, field = self._static(place), place.field
        info_class: Any = self._converter.config.info_class

        def info(run: Run) -> Any:
            found = run.infos[slot] = info_class(_raw_info=_RunInfo(shared, run), _field=field)
            return found

        return slot, info

    def type_info(self, place: Place) -> Any:
        """Return the info for asking which type the objects of a field are shown as."""
        return self._static(place)

    def _static(self, place: Place) -> ResolveInfo:
        """Return what is the same in all runs of a field's info."""
        kind = ResolveInfo if place.is_root else _NestedInfo
        fragments = dict(self._operation.document.fragment_definitions)
        return kind(
            field_name=place.nodes[0].name.value,
            field_nodes=list(place.nodes),
            return_type=place.type,
            parent_type=place.parent,
            path=Path(None, place.key, place.parent.name),
            schema=self._schema,
            fragments=fragments,
            root_value=None,
            operation=self._operation.node,
            variable_values={},
            context=None,
            is_awaitable=optimized_is_awaitable,
            abort_signal=None,
            async_helpers=None,
            operation_extensions=None,
            outlook=Outlook(place.nodes, fragments),
        )


def _is_positional(parameter: Parameter) -> bool:
    return parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def _given(reads: Sequence[tuple[str, Read]]) -> Callable[[Run, Any], dict[str, Any]]:
    """Return what reads the arguments that are given to a resolver."""

    def given(run: Run, info: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, read in reads:
            value = read(run.variables, info)
            if value is not Undefined:
                found[name] = value
        return found

    return given
