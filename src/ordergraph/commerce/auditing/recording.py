"""Recording audits: what was found is kept for metrics, and told where it is news."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, insert

from ordergraph.commerce.auditing.auditing import audit
from ordergraph.commerce.auditing.events import drift
from ordergraph.commerce.auditing.reads import newest_audit
from ordergraph.commerce.auditing.rules import Audit
from ordergraph.commerce.auditing.tables import AuditRow
from ordergraph.commerce.merchants.reads import environment_ids
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database

KEPT = timedelta(days=90)
_NAME = "auditing"

_log = structlog.get_logger(__name__)


async def audit_and_record(database: Database) -> Audit:
    """Audit the whole database, keep what was found, and tell each environment what is new of it.

    An environment hears of drift once, until something else is found or nothing any more.
    """
    before = await newest_audit(database)
    done = await audit(database)
    found = counted(done)
    async with database.engine.begin() as connection:
        await connection.execute(insert(AuditRow), _row(done, found))
        await connection.execute(
            delete(AuditRow).where(AuditRow.started_at < done.started_at - KEPT)
        )
    known = {} if before is None else before.found
    news = {id: checks for id, checks in found.items() if checks != known.get(id)}
    if news:
        await _tell(database, news)
    return done


def counted(audit: Audit) -> dict[str, dict[str, int]]:
    """Return how many violations each environment has, by its id as text and check."""
    found: dict[str, dict[str, int]] = {}
    for finding in audit.findings:
        for environment_id, count in finding.counts.items():
            found.setdefault(str(environment_id), {})[finding.check] = count
    return found


async def _tell(database: Database, news: dict[str, dict[str, int]]) -> None:
    nobody = Actor.system(new_id(), new_id(), _NAME)
    merchants = await environment_ids(database.viewer(nobody))
    for text, checks in news.items():
        environment_id = UUID(text)
        named = encode(Prefix.ENVIRONMENT, environment_id)
        _log.error("audit_found_drift", environment=named, violations=checks)
        if environment_id in merchants:
            actor = Actor.system(environment_id, merchants[environment_id], _NAME)
            async with database.transaction(actor) as tx:
                tx.emit(drift(environment_id, checks))


def _row(audit: Audit, found: dict[str, dict[str, int]]) -> dict[str, object]:
    return {
        "id": audit.id,
        "started_at": audit.started_at,
        "finished_at": audit.finished_at,
        "checks": audit.checks,
        "violations": audit.violations,
        "found": found,
    }
