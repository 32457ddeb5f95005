"""The worker: takes jobs from the queue, retries what fails, keeps what failed for good."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from croniter import croniter
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.models import TableChangedEvent
from pgqueuer.executors import DatabaseRetryEntrypointExecutor, ScheduleExecutor
from pgqueuer.ports.driver import NotifyCallback

from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.driver import DriverConnection, connect
from ordergraph.runtime.events.broadcast import Broadcast
from ordergraph.runtime.jobs.queue import NAMES, TOPIC, queries
from ordergraph.runtime.jobs.schedule import Periodic

RESTART_SECONDS = 1.0
POLL = timedelta(seconds=30)
HEARTBEAT = timedelta(seconds=10)
MARGIN = timedelta(seconds=0.5)
GRACE_SECONDS = 10.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One job as its handler gets it; `attempt` counts from 1."""

    name: str
    payload: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class JobKind:
    """A name of jobs, what does them, and how often a failing one is tried.

    Between tries it waits `first_delay`, doubled each time up to `longest_delay`. After the last
    try the job is held with its traceback until somebody queues it again. `concurrency` limits
    how many of this kind run at once over all workers; 0 means no limit.
    """

    name: str
    handle: Callable[[Job], Awaitable[None]]
    attempts: int = 10
    first_delay: timedelta = timedelta(seconds=1)
    longest_delay: timedelta = timedelta(minutes=5)
    concurrency: int = 0


class Worker:
    """Does the jobs of the given kinds and the periodic ones, over one connection of its own."""

    def __init__(
        self,
        url: str,
        broadcast: Broadcast,
        kinds: Sequence[JobKind],
        periodic: Sequence[Periodic] = (),
        heartbeat: timedelta = HEARTBEAT,
    ) -> None:
        self._url = url
        self._kinds = tuple(kinds)
        self._periodic = tuple(periodic)
        self._heartbeat = heartbeat
        self._task: asyncio.Task[None] | None = None
        self._queue: PgQueuer | None = None
        self._stopping = False
        self._waker: NotifyCallback | None = None
        broadcast.subscribe(TOPIC, self._told, lambda: self._told(""))

    async def start(self) -> None:
        """Begin to work in the background; a lost connection is made again."""
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="worker")

    async def stop(self) -> None:
        """Take no more jobs and wait for those that run; after 10 s they are cut off."""
        self._stopping = True
        if self._task is None:
            return
        if self._queue is not None:
            self._queue.shutdown.set()
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(self._task, GRACE_SECONDS)
        self._task = None

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._work()
            except Exception as failure:
                _log.warning("worker_interrupted", error=str(failure))
                await asyncio.sleep(RESTART_SECONDS)

    async def _work(self) -> None:
        connection = await connect(self._url, "ordergraph worker", jit="off")
        try:
            driver = _Driver(connection, self._listen)
            self._queue = PgQueuer(driver, NAMES.channel, queries=queries(driver))
            self._register(self._queue)
            if self._stopping:
                return
            await self._queue.run(
                dequeue_timeout=POLL,
                heartbeat_timeout=self._heartbeat,
                shutdown_on_listener_failure=True,
            )
        finally:
            self._queue = self._waker = None
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)

    def _register(self, queue: PgQueuer) -> None:
        for kind in self._kinds:
            queue.entrypoint(
                kind.name,
                concurrency_limit=kind.concurrency,
                accepts_context=False,
                on_failure="hold",
                executor_factory=_retrying(kind),
            )(_handler(kind))
        for periodic in self._periodic:
            queue.schedule(
                periodic.name, periodic.cron, executor_factory=_Unhurried, accepts_context=False
            )(_timer(periodic))

    def _listen(self, waker: NotifyCallback) -> None:
        self._waker = waker

    def _told(self, _name: str) -> None:
        """Pass on what the queue would otherwise hear from a trigger on its table."""
        if self._waker is not None:
            changed = TableChangedEvent(
                type="table_changed_event",
                operation="insert",
                table=NAMES.queue_table,
                channel=NAMES.channel,
                sent_at=SystemClock().now(),
            )
            self._waker(changed.model_dump_json())


class _Driver(AsyncpgDriver):
    """The worker's connection; its listener also hears what our broadcast tells."""

    def __init__(
        self, connection: DriverConnection, listen: Callable[[NotifyCallback], None]
    ) -> None:
        super().__init__(connection)
        self._listen = listen

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        await super().add_listener(channel, callback)
        self._listen(callback)


class _Unhurried(ScheduleExecutor):
    """Names as next time one that is not just about to come.

    The database adds the wait to its own clock a moment later: a time that passes in between would
    be set again, and run twice.
    """

    def get_next(self) -> datetime:
        start = SystemClock().now() + MARGIN
        return croniter(self.parameters.expression, start_time=start).get_next(datetime)


def _retrying(kind: JobKind) -> Callable[[Any], DatabaseRetryEntrypointExecutor]:
    def build(parameters: Any) -> DatabaseRetryEntrypointExecutor:
        return DatabaseRetryEntrypointExecutor(
            parameters,
            max_attempts=kind.attempts - 1,
            initial_delay=kind.first_delay,
            max_delay=kind.longest_delay,
        )

    return build


def _handler(kind: JobKind) -> Callable[[QueuedJob], Awaitable[None]]:
    async def handle(job: QueuedJob) -> None:
        payload = orjson.loads(job.payload or b"{}")
        await kind.handle(Job(kind.name, payload, job.attempts + 1))

    return handle


def _timer(periodic: Periodic) -> Callable[[Any], Awaitable[None]]:
    async def run(_schedule: Any) -> None:
        await periodic.run()

    return run
