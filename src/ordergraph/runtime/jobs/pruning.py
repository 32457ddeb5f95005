"""Forgetting jobs that were done long ago."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

BATCH = 5_000

# What a held job failed of stays as long as the job does.
_PRUNE = text("""
DELETE FROM pgqueuer_log WHERE id IN (
    SELECT id FROM pgqueuer_log AS note
    WHERE created < now() - cast(:keep AS interval)
      AND NOT EXISTS (SELECT FROM pgqueuer WHERE pgqueuer.id = note.job_id)
    ORDER BY created LIMIT :batch)
""")
_PRUNE_COUNTS = text("""
DELETE FROM pgqueuer_statistics WHERE created < now() - cast(:keep AS interval)
""")


async def prune_jobs(engine: AsyncEngine, keep: timedelta) -> int:
    """Delete the notes on jobs that ended longer than `keep` ago; return how many."""
    total = 0
    while True:
        async with engine.begin() as connection:
            deleted = await connection.execute(_PRUNE, {"keep": keep, "batch": BATCH})
        total += deleted.rowcount
        if deleted.rowcount < BATCH:
            break
    async with engine.begin() as connection:
        await connection.execute(_PRUNE_COUNTS, {"keep": keep})
    return total
