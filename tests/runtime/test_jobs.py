"""Jobs: as certain as the transaction that asked for them, and done at least once."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.runtime.db.driver import connect
from ordergraph.runtime.jobs.pruning import prune_jobs
from ordergraph.runtime.jobs.queue import enqueue
from ordergraph.runtime.jobs.running import POLL, Job, JobKind, Worker
from ordergraph.runtime.jobs.schedule import Periodic, daily, every_minutes, every_seconds
from tests.runtime.processes import PATIENCE, Process, actor, running

SOON = timedelta(milliseconds=50)


class Diary:
    """A handler that notes the jobs it did, and can be told to fail."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.jobs: list[Job] = []
        self.noted = asyncio.Event()

    async def handle(self, job: Job) -> None:
        self.jobs.append(job)
        self.noted.set()
        if self.failures:
            raise self.failures.pop(0)

    async def wait_for(self, count: int) -> None:
        # Less than the worker waits between two looks at the queue: it must have been told.
        async with asyncio.timeout(0.8 * POLL.total_seconds()):
            while len(self.jobs) < count:
                self.noted.clear()
                await self.noted.wait()


@asynccontextmanager
async def working(
    process: Process, url: str, *kinds: JobKind, periodic: tuple[Periodic, ...] = ()
) -> AsyncGenerator[Worker]:
    worker = Worker(url, process.broadcast, kinds, periodic, heartbeat=timedelta(seconds=2))
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


async def _ask(url: str, sql: str) -> Any:
    connection = await connect(url, "test")
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def _eventually(ask: Callable[[], Awaitable[Any]], expected: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if await ask() == expected:
                return
            await asyncio.sleep(0.02)


async def _send(process: Process, name: str, **options: Any) -> None:
    async with process.database.transaction(actor()) as tx:
        await enqueue(tx, name, {"to": "ada@example.com", "cents": 5}, **options)


async def _send_and_fail(process: Process) -> None:
    async with process.database.transaction(actor()) as tx:
        await enqueue(tx, "mail", {})
        raise ZeroDivisionError


async def test_a_committed_job_is_done_at_once_with_its_payload(fresh_database: str) -> None:
    diary = Diary()
    async with (
        running(fresh_database) as process,
        working(process, fresh_database, JobKind("mail", diary.handle)),
    ):
        await asyncio.sleep(0.5)
        await _send(process, "mail")
        await diary.wait_for(1)
        assert diary.jobs == [Job("mail", {"to": "ada@example.com", "cents": 5}, 1)]
        await _eventually(lambda: _ask(fresh_database, "SELECT count(*) FROM pgqueuer"), 0)


async def test_a_job_of_another_process_is_done_at_once(fresh_database: str) -> None:
    diary = Diary()
    async with (
        running(fresh_database) as shop,
        running(fresh_database) as process,
        working(process, fresh_database, JobKind("mail", diary.handle)),
    ):
        await asyncio.sleep(0.5)
        await _send(shop, "mail")
        await diary.wait_for(1)


async def test_a_rolled_back_transaction_leaves_no_job(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        with pytest.raises(ZeroDivisionError):
            await _send_and_fail(process)
    assert await _ask(fresh_database, "SELECT count(*) FROM pgqueuer") == 0


async def test_a_job_waits_for_its_delay(fresh_database: str) -> None:
    diary = Diary()
    async with (
        running(fresh_database) as process,
        working(process, fresh_database, JobKind("mail", diary.handle)),
    ):
        clock = asyncio.get_running_loop()
        sent = clock.time()
        await _send(process, "mail", delay=timedelta(seconds=0.6))
        await diary.wait_for(1)
        assert clock.time() - sent >= 0.6


async def test_jobs_with_one_key_are_one_job_while_it_waits(fresh_database: str) -> None:
    diary = Diary()
    async with running(fresh_database) as process:
        for _ in range(3):
            await _send(process, "mail", key="ada")
        await _send(process, "mail", key="bob")
        await _send(process, "mail")
        async with working(process, fresh_database, JobKind("mail", diary.handle)):
            await diary.wait_for(3)
            await asyncio.sleep(0.3)
            assert len(diary.jobs) == 3
            await _eventually(lambda: _ask(fresh_database, "SELECT count(*) FROM pgqueuer"), 0)
            await _send(process, "mail", key="ada")
            await diary.wait_for(4)


async def test_a_failing_job_is_tried_again_and_then_held_with_its_traceback(
    fresh_database: str,
) -> None:
    diary = Diary(ValueError("first"), ValueError("second"), ValueError("third"))
    kind = JobKind("mail", diary.handle, attempts=3, first_delay=SOON)
    async with running(fresh_database) as process, working(process, fresh_database, kind):
        await _send(process, "mail")
        await diary.wait_for(3)
        status = "SELECT status::text || entrypoint FROM pgqueuer"
        await _eventually(lambda: _ask(fresh_database, status), "failedmail")
        assert [job.attempt for job in diary.jobs] == [1, 2, 3]
        trace = "SELECT traceback::text FROM pgqueuer_log WHERE status = 'failed'"
        assert "third" in await _ask(fresh_database, trace)


async def test_a_job_that_fails_once_is_done_in_the_end(fresh_database: str) -> None:
    diary = Diary(ValueError("first"))
    kind = JobKind("mail", diary.handle, first_delay=SOON)
    async with running(fresh_database) as process, working(process, fresh_database, kind):
        await _send(process, "mail")
        await diary.wait_for(2)
        await _eventually(lambda: _ask(fresh_database, "SELECT count(*) FROM pgqueuer"), 0)


async def test_the_job_of_a_worker_that_died_is_done_by_another(fresh_database: str) -> None:
    diary = Diary()
    async with running(fresh_database) as process:
        await _send(process, "mail")
        await _ask(
            fresh_database,
            "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),"
            " heartbeat = now() - interval '3 seconds' RETURNING id",
        )
        async with working(process, fresh_database, JobKind("mail", diary.handle)):
            await diary.wait_for(1)


async def test_a_worker_whose_connection_is_cut_goes_on(fresh_database: str) -> None:
    diary = Diary()
    async with (
        running(fresh_database) as process,
        working(process, fresh_database, JobKind("mail", diary.handle)),
    ):
        await _send(process, "mail")
        await diary.wait_for(1)
        await _ask(
            fresh_database,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'ordergraph worker'",
        )
        await _send(process, "mail")
        await diary.wait_for(2)


async def test_a_worker_that_stops_finishes_the_job_at_hand(fresh_database: str) -> None:
    began = asyncio.Event()
    finished: list[Job] = []

    async def slow(job: Job) -> None:
        began.set()
        await asyncio.sleep(0.5)
        finished.append(job)

    async with running(fresh_database) as process:
        async with working(process, fresh_database, JobKind("mail", slow)):
            await _send(process, "mail")
            await began.wait()
        assert len(finished) == 1
    assert await _ask(fresh_database, "SELECT count(*) FROM pgqueuer") == 0


async def test_a_periodic_job_runs_once_for_each_time_however_many_workers(
    fresh_database: str,
) -> None:
    runs = 0
    enough = asyncio.Event()

    async def note() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            enough.set()

    tick = Periodic("tick", every_seconds(1), note)
    began = int(time.time())
    async with (
        running(fresh_database) as process,
        working(process, fresh_database, periodic=(tick,)),
        working(process, fresh_database, periodic=(tick,)),
        working(process, fresh_database, periodic=(tick,)),
    ):
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
        # However late a run may be: three workers that all ran would be three for each time.
        assert runs <= int(time.time()) - began + 1


def test_schedules_are_written_as_cron() -> None:
    assert every_seconds(5) == "* * * * * */5"
    assert every_minutes(15) == "*/15 * * * *"
    assert daily(3, 30) == "30 3 * * *"
    with pytest.raises(ValueError, match="divide a minute"):
        every_seconds(7)
    with pytest.raises(ValueError, match="divide an hour"):
        every_minutes(50)


async def test_notes_on_jobs_done_long_ago_are_pruned_and_those_on_held_ones_stay(
    fresh_database: str,
) -> None:
    diary = Diary(ValueError("broken"))
    kind = JobKind("mail", diary.handle, attempts=1)
    async with running(fresh_database) as process:
        async with working(process, fresh_database, kind):
            await _send(process, "mail")
            await diary.wait_for(1)
            await _send(process, "mail")
            await diary.wait_for(2)
        old = "UPDATE pgqueuer_log SET created = created - interval '8 days' RETURNING id"
        await _ask(fresh_database, old)
        await _send(process, "mail")
        engine = process.database.engine
        assert await prune_jobs(engine, timedelta(days=9)) == 0
        assert await prune_jobs(engine, timedelta(days=7)) == 3
    notes = "SELECT array_agg(status::text ORDER BY id) FROM pgqueuer_log"
    assert await _ask(fresh_database, notes) == ["queued", "picked", "failed", "queued"]
