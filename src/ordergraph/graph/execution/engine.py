"""The way of every operation, whatever brought it: prepare, then run or follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

import strawberry
import structlog
from graphql import ExecutionResult, GraphQLSchema, OperationType
from graphql.execution.values import VariableValues

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph import masking
from ordergraph.graph.execution.compiled import CompiledExecution
from ordergraph.graph.execution.deadline import Deadline
from ordergraph.graph.execution.documents import Documents, InvalidDocument, Operation
from ordergraph.graph.execution.reference import ReferenceExecution
from ordergraph.graph.execution.sharing import shared_seconds
from ordergraph.graph.limits import Limits
from ordergraph.runtime.events.live import Live

Answer = dict[str, Any]

ExecutorName = Literal["reference", "compiled"]
_EXECUTIONS = {"reference": ReferenceExecution, "compiled": CompiledExecution}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that may run, with its variables coerced and its cost known."""

    operation: Operation
    variables: VariableValues
    cost: int

    @property
    def kind(self) -> OperationType:
        return self.operation.kind

    @property
    def root_fields(self) -> int:
        """How many root fields it has, with its fragments written out."""
        return self.operation.weight.fields


class Engine:
    """Prepares and runs the operations of one schema."""

    def __init__(
        self, schema: strawberry.Schema, limits: Limits, executor: ExecutorName = "compiled"
    ) -> None:
        graphql_schema: GraphQLSchema = schema._schema  # pyright: ignore[reportPrivateUsage]
        self._schema = graphql_schema
        self._limits = limits
        self._documents = Documents(graphql_schema, limits)
        self._execution = _EXECUTIONS[executor](graphql_schema)
        self._unbroken: set[asyncio.Task[Answer]] = set()

    def prepare(
        self,
        text: str,
        operation_name: str | None,
        variables: Mapping[str, Any],
        *,
        live: bool,
        may_introspect: bool,
        registered: bool = False,
    ) -> Prepared:
        """Return an operation ready to run, or raise the `Problem` or `InvalidDocument` it has.

        In live no error suggests another name. What is `registered` the operator trusts. What is
        refused is logged, cut short and without what variables hold.
        """
        try:
            document = self._documents.prepare(text, hide_suggestions=live, registered=registered)
            operation = document.choose(operation_name)
            if operation.introspects and not may_introspect:
                raise Problem(ErrorCode.FORBIDDEN, "The schema may not be asked for here.")
            cost = self._documents.cost(operation, variables)
            coerced = self._execution.coerce(operation, variables, hide_suggestions=live)
            return Prepared(operation, coerced, cost)
        except (Problem, InvalidDocument) as error:
            _log.info(
                "document refused",
                reason=masking.shortened(str(error)),
                document=masking.shortened(text),
                characters=len(text),
            )
            raise

    def shared_seconds(self, prepared: Prepared) -> int:
        """Return for how long an answer may be shared by all who see the same; 0 for never."""
        return shared_seconds(self._schema, prepared.operation)

    async def run(self, prepared: Prepared, context: Any, request_id: str) -> Answer:
        """Run a query or mutation and return its answer.

        A query that takes too long is given up; a mutation is never cut off in the middle.
        """
        running = self._execution.run(prepared.operation, prepared.variables, context)
        if prepared.kind is not OperationType.QUERY:
            return _answer(await running, context, request_id)
        try:
            with Deadline(self._limits.query_seconds):
                return _answer(await running, context, request_id)
        except TimeoutError:
            late = Problem(ErrorCode.TIMEOUT, "The query took too long.")
            return {"data": None, "errors": masking.stopped(late, request_id)}

    async def run_to_its_end(self, prepared: Prepared, context: Any, request_id: str) -> Answer:
        """Run like `run`; whoever stops waiting for a mutation does not stop the mutation."""
        if prepared.kind is not OperationType.MUTATION:
            return await self.run(prepared, context, request_id)
        running = asyncio.create_task(self.run(prepared, context, request_id))
        self._unbroken.add(running)
        running.add_done_callback(self._unbroken.discard)
        return await asyncio.shield(running)

    async def follow(
        self, prepared: Prepared, context: Any, request_id: str
    ) -> AsyncGenerator[Answer | Live]:
        """Run a subscription and yield an answer for each event; use it under `aclosing`.

        At its live end a subscription may yield a `Live`: whoever takes it brings what follows
        with `tell`. Whatever ends it other than its own end is raised: show it with
        `masking.stopped`.
        """
        results = self._execution.follow(prepared.operation, prepared.variables, context)
        async with aclosing(results):
            async for result in results:
                yield result if isinstance(result, Live) else _answer(result, context, request_id)

    async def tell(self, prepared: Prepared, event: Any, context: Any, request_id: str) -> Answer:
        """Run the selection of a subscription on one event."""
        result = await self._execution.tell(prepared.operation, prepared.variables, context, event)
        return _answer(result, context, request_id)


def _answer(result: ExecutionResult, context: Any, request_id: str) -> Answer:
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = masking.failed(result.errors, request_id)
    if context.extensions:
        answer["extensions"] = context.extensions
    return answer
