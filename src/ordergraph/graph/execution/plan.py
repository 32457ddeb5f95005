"""A compiled operation: what all its runs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql.execution.values import VariableValues

from ordergraph.graph.execution.running import Awaited, Complete, Run

MOST_FAILURES = 3
REST = 1_000
"""How many runs graphql-core does before a plan that failed is tried again: a fault of the
database passes, and one of the plan then costs little."""


@dataclass(frozen=True, slots=True)
class Step:
    """One root field of a mutation."""

    resolve: Complete
    field: Awaited


@dataclass(slots=True)
class Plan:
    """An operation compiled for one setting of its @skip and @include.

    Plans hold nothing of any caller, so all callers share them.
    """

    size: int
    """How many fields it has, written out for every type."""

    infos: int
    query: Complete | None = None
    """Completes the root of a query."""

    steps: tuple[Step, ...] = ()
    """The root fields of a mutation, in their order."""

    event: Complete | None = None
    """Completes one event of a subscription."""

    failures: int = 0
    """How many runs in a row graphql-core had to take over without a known reason."""

    _rest: int = 0

    def begin(self, context: Any, variables: VariableValues) -> Run:
        """Begin a run."""
        return Run(context, variables, self.infos)

    def fail(self) -> None:
        """Note that a run failed; after three in a row the plan rests."""
        self.failures += 1
        if self.failures >= MOST_FAILURES:
            self.failures = 0
            self._rest = REST

    def is_resting(self) -> bool:
        """Tell whether graphql-core is to do this run; each answer counts as one run."""
        if self._rest == 0:
            return False
        self._rest -= 1
        return True
