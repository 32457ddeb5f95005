"""Auditing: every inspection over the whole database, each one statement, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ordergraph.commerce.auditing import counting, figuring, paying, telling
from ordergraph.commerce.auditing.rules import Audit, Finding, Inspection, Violation
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.database import Database

INSPECTIONS: Sequence[Inspection] = (
    figuring.ORDERS,
    figuring.LINES,
    figuring.PARTS,
    figuring.CURRENCIES,
    paying.STATUSES,
    paying.MONEY,
    paying.PAYMENTS,
    paying.LEDGER,
    paying.REVERSALS,
    counting.STOCK,
    counting.COUPONS,
    telling.EVENTS,
    telling.TENANTS,
)

CHECKS: Mapping[str, tuple[int, str]] = {
    name: what for inspection in INSPECTIONS for name, what in inspection.checks.items()
}
"""Every check by its name: the number of its invariant (domain 32), and what holds in words."""

MOST_SHOWN = 100
"""Of one check so many violations of an environment are named; all are counted."""


async def audit(
    database: Database,
    environment_id: UUID | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Audit:
    """Look for all that does not hold, in every environment unless one is named.

    A read of the system itself, which crosses environments. Each inspection sees one moment;
    nothing is locked and nothing is written. `tell` hears how many inspections are done, of how
    many.
    """
    started_at = database.clock.now()
    async with database.engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        found = await look(connection, environment_id, tell)
    return Audit(new_id(), started_at, database.clock.now(), len(CHECKS), found)


async def look(
    connection: AsyncConnection,
    environment_id: UUID | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> list[Finding]:
    """Return what does not hold, as this connection sees the database."""
    found: list[Finding] = []
    for done, inspection in enumerate(INSPECTIONS):
        tell(done, len(INSPECTIONS))
        found += await _inspect(connection, inspection, environment_id)
    tell(len(INSPECTIONS), len(INSPECTIONS))
    return found


async def _inspect(
    connection: AsyncConnection, inspection: Inspection, environment_id: UUID | None
) -> list[Finding]:
    values = {"only": environment_id, "most": MOST_SHOWN}
    rows = await connection.execute(text(_LIMITED.format(inspection.sql)), values)
    return [_finding(name, list(group)) for name, group in groupby(rows, lambda row: row[3])]


def _finding(name: str, rows: Sequence[Any]) -> Finding:
    invariant, holds = CHECKS[name]
    counts = {row[0]: row[6] for row in rows}
    violations = [Violation(*row[:6]) for row in rows]
    return Finding(name, invariant, holds, counts, violations)


_LIMITED = """
    SELECT environment_id, kind, id, check_name, found, due, total FROM (
        SELECT v.*, count(*) OVER (PARTITION BY check_name, environment_id) AS total,
               row_number() OVER (PARTITION BY check_name, environment_id ORDER BY id) AS place
        FROM ({}) AS v
        WHERE CAST(:only AS uuid) IS NULL OR v.environment_id = CAST(:only AS uuid)
    ) AS counted
    WHERE place <= :most ORDER BY check_name, environment_id, place
"""
