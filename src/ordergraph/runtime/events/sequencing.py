"""The sequencer: turns committed outbox rows into the log, as soon as it is woken."""

import asyncio
import contextlib

import structlog

from ordergraph.runtime.db.driver import DriverConnection, StandingConnection
from ordergraph.runtime.events import positions
from ordergraph.runtime.events.broadcast import Broadcast
from ordergraph.runtime.events.heads import TOPIC, write_head

POLL_SECONDS = 1.0
RETRY_SECONDS = 0.2

_SESSION = {
    "lock_timeout": "5000",
    "statement_timeout": "10000",
    "idle_in_transaction_session_timeout": "5000",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""A process that hangs in the middle of a batch keeps the others waiting for 5 s at most.

A batch is planned once, to go from its events to their rows by the index, however many rows the
log had then: planning costs more than the batch itself.
"""

_log = structlog.get_logger(__name__)


class Sequencer:
    """Gives positions to the events of this process at once, and to forgotten ones within a second.

    Runs in every process that writes; whichever comes first does the work. `lag_seconds` is how
    long the oldest event of the last batch had waited.
    """

    def __init__(self, url: str, broadcast: Broadcast, poll_seconds: float = POLL_SECONDS) -> None:
        self._connection = StandingConnection(url, "ordergraph sequencer", **_SESSION)
        self._broadcast = broadcast
        self._poll_seconds = poll_seconds
        self._woken = asyncio.Event()
        self._known: DriverConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self.lag_seconds = 0.0

    async def start(self) -> None:
        """Position everything that waits, then keep doing so in the background.

        Returns when nothing waits any more: after a restore no cursor is handed out before that.
        """
        await self.drain()
        self._task = asyncio.create_task(self._run(), name="sequencer")

    async def stop(self) -> None:
        """End the background work and close the connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._connection.close()

    def wake(self) -> None:
        """Say that a transaction with events has been committed."""
        self._woken.set()

    async def drain(self) -> None:
        """Position batches until nothing waits, announcing each."""
        while True:
            connection = await self._connection.get()
            known = connection is self._known
            batch = await positions.position_batch(connection, known=known)
            self._known = connection
            for environment_id, head in batch.heads.items():
                self._broadcast.announce(TOPIC, write_head(environment_id, head))
            if batch.size:
                self.lag_seconds = batch.lag_seconds
            if batch.size < positions.BATCH:
                return

    async def _run(self) -> None:
        while True:
            try:
                if await self._wait() or await self._forgotten():
                    await self.drain()
            except Exception as failure:
                _log.warning("sequencer_failed", error=str(failure))
                await self._connection.close()
                self._woken.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _wait(self) -> bool:
        """Wait for the next commit; False when none came within the poll time."""
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _forgotten(self) -> bool:
        """Look for events of a process that died before it could position them."""
        return await positions.events_wait(await self._connection.get())
