"""What the tests of a bug are made of: a scenario that shows it, a breakage that brings it back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from copy import copy
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from ordergraph.core.problems import ErrorCode, Problem, Problems
from tests.commerce.inventory.shelves import until_somebody_waits
from tests.commerce.orders.counter import Counter

Scenario = Callable[[Counter], Awaitable[None]]
Breakage = Callable[[Counter, pytest.MonkeyPatch], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug of another shop: its number in our list, the thread it is told in, and how we would
    know if it were ours.

    `scenario` raises AssertionError where the bug is; `breakage` takes the one guard away that
    keeps it out.
    """

    number: int
    thread: str
    scenario: Scenario
    breakage: Breakage

    @property
    def kept_out(self) -> str:
        """The name of the test of our code as it is."""
        return f"bug_{self.number:02} {self.thread} {self.scenario.__name__}"

    @property
    def noticed(self) -> str:
        """The name of the test of our code with the breakage."""
        return f"{self.kept_out} is_noticed_when_{self.breakage.__name__}"


def rewritten(
    patch: pytest.MonkeyPatch, module: ModuleType, name: str, *changes: tuple[str, str]
) -> None:
    """Have a prepared statement of a module say something else; each change must be one."""
    statement: Any = copy(getattr(module, name))
    sql = statement.text
    for old, new in changes:
        if old not in sql:
            raise LookupError(f"{name} has no {old!r} to leave out")
        sql = sql.replace(old, new)
    statement._text = sql
    patch.setattr(module, name, statement)


async def dropped(counter: Counter, table: str, constraint: str) -> None:
    """Take a constraint off a table; the database is this test's own."""
    await counter.sql(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


async def at_once(*calls: Awaitable[Any]) -> list[Any]:
    """Run all calls in the same moment; return what each of them came to, exceptions too."""
    return list(await asyncio.gather(*calls, return_exceptions=True))


async def after_waiting(
    counter: Counter, row: tuple[str, str, UUID], *calls: Coroutine[Any, Any, Any]
) -> list[Any]:
    """Run calls that all need one row, and let them have it only when all of them wait for it.

    Whoever reads before it locks has then read what is no longer true. `row` is a table, a column
    and what the column has.
    """
    table, column, value = row
    async with counter.world.database.transaction(counter.actor) as tx:
        await tx.driver_rows(f"SELECT FROM {table} WHERE {column} = $1 FOR UPDATE", [value])
        tasks = [asyncio.create_task(call) for call in calls]
        await until_somebody_waits(counter.world, len(tasks))
    return await at_once(*tasks)


def code_of(outcome: Any) -> ErrorCode | None:
    """Return what an outcome was refused with, raised or told; None where it was not refused.

    An exception that is no refusal is a failure of the scenario.
    """
    problem = outcome if isinstance(outcome, BaseException) else getattr(outcome, "problem", None)
    if isinstance(problem, Problems):
        problem = problem.problems[0]
    assert problem is None or isinstance(problem, Problem), repr(problem)
    return None if problem is None else problem.code


def codes_of(outcomes: Sequence[Any]) -> list[ErrorCode | None]:
    """Return what each outcome was refused with."""
    return [code_of(each) for each in outcomes]
