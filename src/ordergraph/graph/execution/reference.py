"""Running an operation with graphql-core's executor, without Strawberry's per-request layers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple, cast

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLSchema,
    execution,
)
from graphql.execution import Executor
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from ordergraph.graph.execution.documents import InvalidVariables, Operation
from ordergraph.graph.execution.outlook import Outlook
from ordergraph.runtime.events.live import Live

_MOST_ERRORS = 10
_CORE: Any = execution
"""graphql-core leaves parts of its signatures untyped."""


class Unwritable(Exception):
    """A resolver returned what its field's type cannot write: our fault, not the caller's."""


class ResolveInfo(NamedTuple):
    """What Strawberry's resolvers read of graphql-core's info; variables are a plain mapping."""

    field_name: str
    field_nodes: list[FieldNode]
    return_type: Any
    parent_type: GraphQLObjectType
    path: Path
    schema: GraphQLSchema
    fragments: dict[str, Any]
    root_value: Any
    operation: Any
    variable_values: dict[str, Any]
    context: Any
    is_awaitable: Any
    abort_signal: Any
    async_helpers: Any
    operation_extensions: Any
    outlook: Outlook


class _Executor(Executor[None]):
    def build_resolve_info(
        self,
        field_def: Any,
        field_nodes: list[FieldNode],
        parent_type: GraphQLObjectType,
        path: Path,
    ) -> Any:
        return ResolveInfo(
            field_nodes[0].name.value,
            field_nodes,
            field_def.type,
            parent_type,
            path,
            self.schema,
            self.fragment_definitions,
            self.root_value,
            self.operation,
            self.variable_values.coerced,
            self.context_value,
            optimized_is_awaitable,
            self.abort_signal,
            self.async_helpers,
            None,
            Outlook(field_nodes, self.fragment_definitions),
        )

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: Any) -> Any:
        try:
            return Executor.complete_leaf_value(return_type, result)
        except GraphQLError as error:
            raise Unwritable(f"{return_type}: {error.message}") from error


class _Remembering:
    """Gives back what one root field's resolver returned or raised, and calls all others."""

    def __init__(self, key: str, outcome: Any) -> None:
        self._key = key
        self._outcome = outcome

    def get_field_resolver(self, resolve: Callable[..., Any]) -> Callable[..., Any]:
        def remember(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
            if info.path.prev is None and info.path.key == self._key:
                return self._outcome
            return resolve(source, info, **arguments)

        return remember


class _ResumingExecutor(_Executor):
    """Goes on with a mutation behind the root fields that are done."""

    done: Collection[str] = ()

    def execute_collected_root_fields(
        self,
        root_type: Any,
        root_value: Any,
        grouped_field_set: Any,
        serially: bool,
        new_defer_usages: Any,
    ) -> Any:
        left = {key: each for key, each in grouped_field_set.items() if key not in self.done}
        return super().execute_collected_root_fields(
            root_type, root_value, left, serially, new_defer_usages
        )


def in_order(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """Order errors by their paths, so that equal requests get equal answers.

    Otherwise they would stand in the order in which they came, which the database decides.
    """
    return sorted(errors, key=_place)


def _place(error: GraphQLError) -> list[tuple[bool, str | int]]:
    return [(isinstance(step, str), step) for step in error.path or ()]


class ReferenceExecution:
    """Runs the operations of one schema, exactly as the specification says."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def coerce(
        self, operation: Operation, variables: Mapping[str, Any], *, hide_suggestions: bool = False
    ) -> VariableValues:
        """Return the variables as the operation declares them, or raise `InvalidVariables`."""
        values = get_variable_values(
            self._schema,
            operation.node.variable_definitions or (),
            cast("dict[str, Any]", variables),
            max_errors=_MOST_ERRORS,
            hide_suggestions=hide_suggestions,
        )
        if isinstance(values, list):
            raise InvalidVariables(values)
        return values

    async def run(
        self, operation: Operation, variables: VariableValues, context: Any
    ) -> ExecutionResult:
        """Run a query or mutation; errors of its fields stand in the result."""
        return await _ended(self._executor(operation, variables, context))

    async def resume(
        self,
        operation: Operation,
        variables: VariableValues,
        context: Any,
        *,
        done: Collection[str],
        key: str,
        outcome: Any,
    ) -> ExecutionResult:
        """Go on with a mutation of which the root fields `done` are answered already.

        The field at `key` has run and is completed from its outcome, a value or an exception;
        those behind it are run. The result has only what was not done before.
        """
        executor = self._executor(
            operation, variables, context, _ResumingExecutor, _Remembering(key, outcome)
        )
        executor.done = done
        return await _ended(executor)

    async def follow(
        self, operation: Operation, variables: VariableValues, context: Any
    ) -> AsyncGenerator[ExecutionResult | Live]:
        """Run a subscription: its selection once for each event that the resolver yields.

        A `Live` that the resolver yields is passed on. What stops the subscription itself is
        raised, as it is or located in the document. Use it under `aclosing`.
        """
        events = await self.open(operation, variables, context)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Live):
                    yield event
                else:
                    yield await self.tell(operation, variables, context, event)

    async def tell(
        self, operation: Operation, variables: VariableValues, context: Any, event: Any
    ) -> ExecutionResult:
        """Run the selection of a subscription on one event."""
        executor = self._executor(operation, variables, context)
        return await _ended(executor.build_per_event_executor(event), False)

    async def open(
        self, operation: Operation, variables: VariableValues, context: Any
    ) -> AsyncGenerator[Any]:
        """Return what a subscription's resolver yields; close it in the end."""
        executor = self._executor(operation, variables, context)
        source: Any = _CORE.create_source_event_stream(executor)
        if optimized_is_awaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise (source.errors or [GraphQLError("There is nothing to follow.")])[0]
        return source

    def _executor(
        self,
        operation: Operation,
        variables: VariableValues,
        context: Any,
        kind: Any = _Executor,
        remembering: _Remembering | None = None,
    ) -> Any:
        return kind(
            self._schema,
            operation.document.fragment_definitions,
            operation.document.fragments,
            None,
            context,
            operation.node,
            variables,
            _CORE.default_field_resolver,
            _CORE.default_type_resolver,
            _CORE.default_field_resolver,
            middleware_manager=remembering,
            is_awaitable=optimized_is_awaitable,
        )


async def _ended(executor: Any, serially: bool | None = None) -> ExecutionResult:
    result = executor.execute_operation(serially)
    ended = result if isinstance(result, ExecutionResult) else await result
    return ExecutionResult(ended.data, in_order(ended.errors)) if ended.errors else ended
