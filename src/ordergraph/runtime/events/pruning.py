"""Forgetting old events: the log keeps at least its days, cursors from before are expired."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

ENVIRONMENTS = 50
EVENTS = 500

# The leading events of an environment up to the first that is young enough to stay.
_PRUNE = text("""
WITH old AS (
    SELECT head.environment_id,
           coalesce(min(oldest.position) FILTER (WHERE young) - 1, max(oldest.position)) AS upto
    FROM event_heads AS head, LATERAL (
        SELECT event_log.position, recorded_at >= clock_timestamp() - cast(:keep AS interval)
        FROM event_log
        WHERE environment_id = head.environment_id AND event_log.position > head.pruned
        ORDER BY event_log.position LIMIT :events) AS oldest (position, young)
    GROUP BY head.environment_id
    HAVING bool_or(NOT young)
), due AS (
    SELECT environment_id, upto FROM old JOIN event_heads AS head USING (environment_id)
    WHERE upto > head.pruned LIMIT :environments
), deleted AS (
    DELETE FROM event_log USING due
    WHERE event_log.environment_id = due.environment_id AND event_log.position <= due.upto
    RETURNING event_log.seq
), noted AS (
    UPDATE event_heads SET pruned = due.upto FROM due
    WHERE event_heads.environment_id = due.environment_id
)
SELECT count(*) FROM deleted
""")


async def prune_log(engine: AsyncEngine, keep: timedelta) -> int:
    """Delete events recorded longer than `keep` ago by the wall clock; return how many.

    Works in short transactions of a few thousand rows, so that nobody waits for it.
    """
    total = 0
    bound = {"keep": keep, "events": EVENTS, "environments": ENVIRONMENTS}
    while True:
        async with engine.begin() as connection:
            deleted = (await connection.execute(_PRUNE, bound)).scalar_one()
        if not deleted:
            return total
        total += deleted
