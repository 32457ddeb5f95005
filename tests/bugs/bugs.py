"""What the tests of a bug are made of: a scenario that shows it, a breakage that brings it back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from ordergraph.core.problems import ErrorCode, Problem, Problems
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
