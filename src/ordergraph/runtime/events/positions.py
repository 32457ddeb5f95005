"""Giving positions: one batch of committed events, in one transaction on the driver."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from ordergraph.runtime.db.driver import DriverConnection

BATCH = 500

_LOCK = "SELECT epoch, true AS same FROM event_sequencer FOR UPDATE"

_LOCK_AND_KNOW = """
SELECT epoch, (known.system_identifier, known.database_oid)
            = (control.system_identifier, own.oid) AS same
FROM event_sequencer AS known,
     LATERAL (SELECT system_identifier FROM pg_control_system()) AS control,
     LATERAL (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS own
FOR UPDATE OF known
"""

_WAITING = "SELECT EXISTS (SELECT FROM event_log WHERE position IS NULL)"

# Every waiting event that is committed by now, in the order of writing. A later one of the same
# subject was written under that subject's lock, so whoever sees it also sees the earlier one: it
# has the smaller `seq` and stands before it in this batch, or in one before.
_POSITION = """
WITH batch AS MATERIALIZED (
    SELECT environment_id, seq, recorded_at,
           row_number() OVER (PARTITION BY environment_id ORDER BY seq) AS number
    FROM (SELECT environment_id, seq, recorded_at FROM event_log
          WHERE position IS NULL ORDER BY seq LIMIT $1) AS waiting
), added AS (
    SELECT environment_id, count(*) AS number FROM batch GROUP BY environment_id
), heads AS (
    INSERT INTO event_heads AS head (environment_id, position)
    SELECT environment_id, number FROM added
    ON CONFLICT (environment_id) DO UPDATE SET position = head.position + excluded.position
    RETURNING environment_id, position
), positioned AS (
    UPDATE event_log SET position = heads.position - added.number + batch.number
    FROM batch JOIN heads USING (environment_id) JOIN added USING (environment_id)
    WHERE event_log.environment_id = batch.environment_id AND event_log.seq = batch.seq
)
SELECT environment_id, position, (SELECT count(*) FROM batch) AS size,
       (SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM batch) AS lag
FROM heads
"""

_BEGIN_EPOCH = """
WITH begun AS (
    INSERT INTO event_epochs (epoch, number)
    SELECT $1::bigint, coalesce(max(number), 0) + 1 FROM event_epochs RETURNING epoch
), stood AS (
    INSERT INTO event_epoch_heads (epoch, environment_id, position)
    SELECT $1::bigint, environment_id, position FROM event_heads
)
INSERT INTO event_sequencer (id, epoch, system_identifier, database_oid)
SELECT 1, begun.epoch, control.system_identifier, own.oid
FROM begun, pg_control_system() AS control, pg_database AS own
WHERE own.datname = current_database()
ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch,
    system_identifier = excluded.system_identifier, database_oid = excluded.database_oid
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did: the new heads, how many events, how long the oldest had waited."""

    heads: dict[UUID, int]
    size: int
    lag_seconds: float


async def events_wait(connection: DriverConnection) -> bool:
    """Tell whether any committed event has no position yet."""
    return await connection.fetchval(_WAITING)


async def position_batch(connection: DriverConnection, *, known: bool) -> Batch:
    """Give the next positions of each environment to the oldest waiting events.

    Any number of processes may try: the sequencer's row is locked while the transaction lasts, so
    a process that dies half-way has done nothing, and one that hangs is ended by the server.
    `known` says that an earlier batch of the connection has looked which database this is.
    """
    async with connection.transaction():
        await _know_the_database(connection, _LOCK if known else _LOCK_AND_KNOW)
        rows = await connection.fetch(_POSITION, BATCH)
    heads = {row["environment_id"]: row["position"] for row in rows}
    if not heads:
        return Batch({}, 0, 0.0)
    return Batch(heads, rows[0]["size"], float(rows[0]["lag"]))


async def _know_the_database(connection: DriverConnection, lock: str) -> None:
    """Lock the sequencer's row; in a database that was restored from another, begin an epoch.

    What follows the heads of this moment was written in two lives, and cursors into the other one
    must not be taken for ours.
    """
    known = await connection.fetchrow(lock)
    if known is None:
        await connection.execute("LOCK TABLE event_epochs IN EXCLUSIVE MODE")
        known = await connection.fetchrow(_LOCK_AND_KNOW)
    if known is None or not known["same"]:
        await connection.execute(_BEGIN_EPOCH, secrets.randbits(62))
