"""Running operations by their plans, and by graphql-core where there is none or it fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLSchema
from graphql.execution.values import VariableValues

from ordergraph.core.problems import Problem, Problems
from ordergraph.graph.execution.documents import Operation
from ordergraph.graph.execution.plan import Plan
from ordergraph.graph.execution.plans import Plans
from ordergraph.graph.execution.reference import ReferenceExecution, in_order
from ordergraph.graph.execution.running import Complete, Run
from ordergraph.graph.execution.variables import Variables
from ordergraph.runtime.events.live import Live

MOST_FIELDS = 50_000
"""How many fields all plans that are kept may have: a few hundred bytes of memory each."""

_log = structlog.get_logger(__name__)


class CompiledExecution:
    """Runs the operations of one schema by plans; the answers are those of graphql-core.

    What a plan cannot answer is run by graphql-core: a query again from the start, a mutation
    from the root field that failed, whose resolver is not called again.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._reference = ReferenceExecution(schema)
        self._variables = Variables(schema)
        self._plans = Plans(schema, MOST_FIELDS)

    def coerce(
        self, operation: Operation, variables: Mapping[str, Any], *, hide_suggestions: bool = False
    ) -> VariableValues:
        """Return the variables as the operation declares them, or raise `InvalidDocument`."""
        return self._variables.taken(operation, variables) or self._reference.coerce(
            operation, variables, hide_suggestions=hide_suggestions
        )

    async def run(
        self, operation: Operation, variables: VariableValues, context: Any
    ) -> ExecutionResult:
        """Run a query or mutation; errors of its fields stand in the result."""
        plan = self._plans.find(operation, variables)
        if plan is None or plan.is_resting():
            return await self._reference.run(operation, variables, context)
        if plan.query is None:
            return await self._mutate(plan, operation, variables, context)
        run = plan.begin(context, variables)
        result = await _attempt(plan, run, plan.query, operation)
        if result is None:
            return await self._reference.run(operation, variables, context)
        return result

    async def follow(
        self, operation: Operation, variables: VariableValues, context: Any
    ) -> AsyncGenerator[ExecutionResult | Live]:
        """Run a subscription: its selection once for each event that the resolver yields.

        A `Live` that the resolver yields is passed on. What stops the subscription itself is
        raised, as it is or located in the document. Use it under `aclosing`.
        """
        events = await self._reference.open(operation, variables, context)
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
        plan = self._plans.find(operation, variables)
        if plan is not None and plan.event is not None and not plan.is_resting():
            run = plan.begin(context, variables)
            result = await _attempt(plan, run, plan.event, operation, event)
            if result is not None:
                return result
        return await self._reference.tell(operation, variables, context, event)

    async def _mutate(
        self, plan: Plan, operation: Operation, variables: VariableValues, context: Any
    ) -> ExecutionResult:
        """Run the root fields one after the other, each resolver once whatever happens."""
        run = plan.begin(context, variables)
        data: dict[str, Any] = {}
        for step in plan.steps:
            field, refusals = step.field, len(run.refusals)
            outcome = await _outcome(step.resolve, run)
            data[field.key] = None
            try:
                await run.settle(outcome, data, field)
            except Exception as error:
                run.abandon()
                _note(plan, operation, error)
                del data[field.key], run.refusals[refusals:]
                rest = await self._reference.resume(
                    operation, variables, context, done=set(data), key=field.key, outcome=outcome
                )
                return _joined(data, run, rest)
        plan.failures = 0
        return _result(data, run)


async def _attempt(
    plan: Plan, run: Run, complete: Complete, operation: Operation, value: Any = None
) -> ExecutionResult | None:
    """Complete a whole answer by its plan; None when the plan could not."""
    try:
        data = complete(value, run)
        if run.pending:
            await run.drain()
        result = _result(data, run)
    except Exception as error:
        _note(plan, operation, error)
        return None
    finally:
        if run.pending:
            run.abandon()
    plan.failures = 0
    return result


async def _outcome(resolve: Complete, run: Run) -> Any:
    """Return what a root field's resolver returned, or the exception that it raised."""
    try:
        value = resolve(None, run)
        return await value if hasattr(value, "__await__") else value
    except Exception as error:
        return error


def _note(plan: Plan, operation: Operation, error: Exception) -> None:
    """Count a failure of which nobody knows the reason; a known refusal only takes a detour."""
    if isinstance(error, Problem | Problems):
        return
    plan.fail()
    _log.warning(
        "plan gave way to graphql-core", operation=operation.name, reason=type(error).__name__
    )


def _result(data: dict[str, Any], run: Run) -> ExecutionResult:
    if not run.refusals:
        return ExecutionResult(data, None)
    return ExecutionResult(data, in_order(run.errors(data)) or None)


def _joined(data: dict[str, Any], run: Run, rest: ExecutionResult) -> ExecutionResult:
    """Put what was done by the plan before what graphql-core did."""
    errors = in_order([*run.errors(data), *(rest.errors or ())])
    return ExecutionResult(None if rest.data is None else {**data, **rest.data}, errors or None)
