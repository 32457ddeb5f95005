"""A dump restored elsewhere is another life: positions stay, what came after the dump does not."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import make_url

from ordergraph.core.ids import new_id
from ordergraph.core.problems import CursorProblem
from ordergraph.runtime.db.binaries import find_binaries
from ordergraph.runtime.db.driver import connect
from ordergraph.runtime.db.embedded import EmbeddedPostgres
from tests.databases import Databases
from tests.places import new_folder
from tests.runtime.processes import SHOP, Process, numbers, running


def _client(program: str, url: str, *arguments: str) -> bytes:
    """Run a client program of Postgres over the database of `url`."""
    parsed = make_url(url)
    host = str(parsed.host or parsed.query["host"])
    account = ["-h", host, "-U", parsed.username or "postgres", "-p", str(parsed.port or 5432)]
    return subprocess.run(
        [str(find_binaries() / program), *account, "-d", str(parsed.database), *arguments],
        check=True,
        capture_output=True,
        env={"PGPASSWORD": parsed.password or ""},
    ).stdout


async def _copy(source: str, target: str) -> None:
    dump = await asyncio.to_thread(_client, "pg_dump", source, "--no-owner")
    with tempfile.NamedTemporaryFile(suffix=".sql") as file:
        file.write(dump)
        file.flush()
        quiet = ("-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.name)
        await asyncio.to_thread(_client, "psql", target, *quiet)


@pytest.fixture(scope="module")
def second_server() -> Iterator[str]:
    """The URL of a second Postgres."""
    folder = new_folder("og-")
    server = EmbeddedPostgres(folder / "other", durable=False)
    yield server.start()
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def other_cluster(second_server: str) -> AsyncIterator[Databases]:
    """A second Postgres, whose transaction ids begin anew."""
    async with Databases(second_server) as databases:
        yield databases


async def test_cursors_up_to_the_dump_go_on_in_another_cluster_and_later_ones_do_not(
    fresh_database: str, other_cluster: Databases
) -> None:
    async with running(fresh_database) as process, other_cluster.empty() as restored:
        await process.tell(1, 2, 3)
        before = await process.take(3)
        await _copy(fresh_database, restored)
        await process.tell(4)
        (lost,) = await process.take(1, after=3)
        async with running(restored) as moved:
            assert await moved.log.resume(SHOP, before[1].cursor) == 2
            assert await moved.log.resume(SHOP, before[2].cursor) == 3
            await moved.tell(5)
            assert numbers(await moved.take(2, after=2)) == [3, 5]
            with pytest.raises(CursorProblem) as expired:
                await moved.log.resume(SHOP, lost.cursor)
            assert await moved.log.resume(SHOP, expired.value.earliest) == 0
            (fifth,) = await moved.take(1, after=3)
            assert fifth.position == lost.position
            assert await moved.log.resume(SHOP, fifth.cursor) == 4
            with pytest.raises(CursorProblem):
                await process.log.resume(SHOP, fifth.cursor)


async def test_rows_without_a_position_get_one_after_a_restore_before_anything_is_served(
    fresh_database: str, other_cluster: Databases
) -> None:
    """Transaction ids begin anew there, so no row may depend on the id of its writer."""
    async with running(fresh_database) as process:
        await process.tell(1)
        (first,) = await process.take(1)
    unsequenced = Process(fresh_database, 60)
    for number in range(2, 6):
        await unsequenced.tell(number)
    await unsequenced.database.close()
    async with other_cluster.empty() as restored:
        await _copy(fresh_database, restored)
        async with running(restored, 60) as moved:
            assert await moved.log.head(SHOP) == 5
            assert await moved.log.resume(SHOP, first.cursor) == 1
            await moved.tell(6)
            assert numbers(await moved.take(6)) == [1, 2, 3, 4, 5, 6]
            assert [e.position for e in await moved.take(6)] == [1, 2, 3, 4, 5, 6]
            early = [await moved.log.resume(SHOP, e.cursor) for e in await moved.take(6)]
            assert early == [1, 2, 3, 4, 5, 6]


async def test_a_copy_in_the_same_cluster_is_another_life_too(
    fresh_database: str, databases: Databases
) -> None:
    other = new_id()
    async with running(fresh_database) as process:
        await process.tell(1)
    source = str(make_url(fresh_database).database)
    async with (
        databases.empty(source) as copied,
        running(fresh_database) as process,
        running(copied) as copy,
    ):
        await process.tell(2)
        await process.tell(3, environment_id=other)
        (second,) = await process.take(1, after=1)
        (third,) = await process.take(1, environment_id=other)
        await copy.tell(20)
        await copy.take(1, after=1)
        with pytest.raises(CursorProblem):
            await copy.log.resume(SHOP, second.cursor)
        with pytest.raises(CursorProblem):
            await copy.log.resume(other, third.cursor)


async def test_a_dump_restored_twice_makes_two_lives_that_do_not_mix(
    fresh_database: str, databases: Databases
) -> None:
    async with running(fresh_database) as process:
        await process.tell(1)
    source = str(make_url(fresh_database).database)
    async with (
        databases.empty(source) as one,
        databases.empty(source) as two,
        running(one) as first,
        running(two) as second,
    ):
        await first.tell(2)
        await second.tell(3)
        (told,) = await first.take(1, after=1)
        await second.take(1, after=1)
        with pytest.raises(CursorProblem):
            await second.log.resume(SHOP, told.cursor)


async def test_a_restart_of_the_same_database_is_the_same_life(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        await process.tell(1)
        (told,) = await process.take(1)
    async with running(fresh_database) as process:
        await process.tell(2)
        await process.take(2)
        assert await process.log.resume(SHOP, told.cursor) == 1
        connection = await connect(fresh_database, "test")
        assert await connection.fetchval("SELECT count(*) FROM event_epochs") == 1
        await connection.close()
