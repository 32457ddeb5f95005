"""Looking up what audits found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ordergraph.commerce.auditing.tables import AuditRow
from ordergraph.runtime.db.database import Database

Found = Mapping[str, Mapping[str, int]]
"""How many violations there are, by environment's id as text and check."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the newest audit found; `found` counts violations by environment and check."""

    finished_at: datetime
    checks: int
    violations: int
    found: dict[str, dict[str, int]]


async def newest_audit(database: Database) -> Recorded | None:
    """Return what the newest audit of the whole database found; None before the first.

    A read of the system itself, of no environment.
    """
    async with database.engine.connect() as connection:
        row: Any = (await connection.execute(_NEWEST)).first()
    return None if row is None else Recorded(*row)


_NEWEST = (
    select(AuditRow.finished_at, AuditRow.checks, AuditRow.violations, AuditRow.found)
    .order_by(AuditRow.started_at.desc())
    .limit(1)
)
