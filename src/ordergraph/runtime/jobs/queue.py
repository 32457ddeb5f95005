"""Putting jobs into the queue, in the transaction that makes them necessary."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver

from ordergraph.runtime.db.transaction import Transaction

TOPIC = "jobs"
"""Announced after a commit that left jobs, since a trigger would notify inside the transaction."""

NAMES = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)
"""The names that our migrations create, whatever the environment says about other queues."""


async def enqueue(
    tx: Transaction,
    name: str,
    payload: Mapping[str, Any],
    delay: timedelta | None = None,
    key: str | None = None,
) -> None:
    """Have the job `name` done after `tx` has committed, `delay` later at the earliest.

    A rollback leaves no job. A job runs at least once: its handler bears repetition. While a job
    with the same `key` waits or runs, no second one is added; a handler whose jobs have keys must
    therefore look for new work before it ends.
    """
    body = orjson.dumps(dict(payload))
    await queries(_InTransaction(tx)).enqueue(
        name, body, execute_after=delay, dedupe_key=key, on_conflict="skip"
    )
    tx.announce(TOPIC, name)


def queries(driver: Driver) -> Queries:
    """Return the queue's statements over `driver`."""
    return Queries(
        driver,
        QueryBuilderEnvironment(NAMES),
        QueryQueueBuilder(NAMES),
        QuerySchedulerBuilder(NAMES),
    )


class _InTransaction(AsyncpgDriver):
    """Runs the queue's statements on the connection of an open transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return await self._tx.driver_rows(query, args)
