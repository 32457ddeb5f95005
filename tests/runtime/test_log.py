"""The log: every committed event has one place, and whoever follows gets all of them in order."""

import asyncio
import random
from contextlib import aclosing
from datetime import timedelta

import pytest
from sqlalchemy import text

from ordergraph.core.ids import new_id
from ordergraph.runtime.db.driver import connect
from ordergraph.runtime.events.following import Overflow
from ordergraph.runtime.events.log import LogEvent
from ordergraph.runtime.events.positions import position_batch
from ordergraph.runtime.events.pruning import prune_log
from tests.runtime.processes import ORDER, SHOP, Process, actor, event, numbers, running


async def test_events_of_a_rolled_back_transaction_are_never_told(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        with pytest.raises(ZeroDivisionError):
            await _tell_and_fail(process)
        await process.tell(2)
        assert numbers(await process.take(1)) == [2]
        assert await process.log.head(SHOP) == 1


async def _tell_and_fail(process: Process) -> None:
    async with process.database.transaction(actor()) as tx:
        tx.emit(event(1))
        raise ZeroDivisionError


async def test_an_event_carries_what_was_true_when_it_happened(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        async with process.database.transaction(actor()) as tx:
            tx.emit(event(7))
            now = tx.now
        (told,) = await process.take(1)
    assert (told.type, told.subject_id, dict(told.payload)) == (
        "order.UPDATED",
        ORDER,
        {"number": 7},
    )
    assert (told.occurred_at, told.request_id, told.position) == (now, "r1", 1)


async def test_a_transaction_that_commits_late_is_not_skipped(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        late = process.database.transaction(actor())
        async with late:
            await late.execute(text("SELECT pg_current_xact_id()"))
            late.emit(event(1))
            await process.tell(2)
            assert numbers(await process.take(1)) == [2]
        assert numbers(await process.take(2)) == [2, 1]
        assert [e.position for e in await process.take(2)] == [1, 2]


async def test_events_of_one_order_keep_the_order_of_its_lock_whatever_began_first(
    fresh_database: str,
) -> None:
    """The second writer has the older transaction id, and a third one stays open meanwhile."""
    async with running(fresh_database, poll_seconds=60) as process:
        lock = text("SELECT pg_advisory_xact_lock(1)")
        begin = text("SELECT pg_current_xact_id()")
        second = process.database.transaction(actor())
        bystander = process.database.transaction(actor())
        first = process.database.transaction(actor())
        async with bystander:
            async with second:
                await second.execute(begin)
                await bystander.execute(begin)
                async with first:
                    await first.execute(lock)
                    first.emit(event(1))
                await second.execute(lock)
                second.emit(event(2))
            assert numbers(await process.take(2)) == [1, 2]


async def test_twenty_writers_at_once_leave_no_gap_and_no_double(fresh_database: str) -> None:
    shops = [new_id(), new_id()]
    async with running(fresh_database) as one, running(fresh_database) as other:

        async def write(writer: int) -> None:
            process = random.choice([one, other])
            for turn in range(15):
                number = writer * 1000 + turn * 10
                shop = shops[writer % 2]
                await process.tell(number, number + 1, environment_id=shop, of=new_id())

        readers = [
            asyncio.create_task(process.take(300, environment_id=shop))
            for shop in shops
            for process in (one, other)
        ]
        await asyncio.gather(*(write(writer) for writer in range(20)))
        seen = await asyncio.gather(*readers)
    for events in seen:
        assert [e.position for e in events] == list(range(1, 301))
        assert len(set(numbers(events))) == 300
    for writer in range(20):
        own = [n for n in numbers(seen[writer % 2 * 2]) if n // 1000 == writer]
        assert own == sorted(own)
    assert numbers(seen[0]) == numbers(seen[1])
    assert numbers(seen[2]) == numbers(seen[3])


async def test_a_sequencer_killed_in_the_middle_of_a_batch_has_done_nothing(
    fresh_database: str,
) -> None:
    async with running(fresh_database, poll_seconds=60) as process:
        zombie = await connect(fresh_database, "zombie")
        transaction = zombie.transaction()
        await transaction.start()
        await process.tell(1)
        await process.take(1)
        await zombie.fetch("SELECT FROM event_sequencer FOR UPDATE")
        await zombie.execute("UPDATE event_log SET position = 99")
        await process.tell(2)
        await asyncio.sleep(0.1)
        assert await process.log.head(SHOP) == 1
        zombie.terminate()
        assert numbers(await process.take(2)) == [1, 2]


async def test_two_sequencers_never_give_one_position_twice(fresh_database: str) -> None:
    async with running(fresh_database, poll_seconds=60) as process:
        await process.sequencer.stop()
        for number in range(0, 1200, 100):
            await process.tell(*range(number, number + 100))
        connections = [await connect(fresh_database, "rival") for _ in range(4)]
        batches = await asyncio.gather(*(position_batch(c, known=False) for c in connections))
        assert sorted(batch.size for batch in batches) == [0, 200, 500, 500]
        for connection in connections:
            await connection.close()
        assert numbers(await process.take(1200)) == list(range(1200))


async def test_events_of_a_process_that_died_are_found_by_another(fresh_database: str) -> None:
    dead = Process(fresh_database, 60)
    await dead.tell(1)
    await dead.database.close()
    async with running(fresh_database, poll_seconds=0.1) as process:
        assert numbers(await process.take(1)) == [1]
        died = Process(fresh_database, 60)
        await died.tell(2)
        await died.database.close()
        assert numbers(await process.take(2)) == [1, 2]


async def test_the_lag_is_measured(fresh_database: str) -> None:
    dead = Process(fresh_database, 60)
    await dead.tell(1)
    await dead.database.close()
    await asyncio.sleep(0.3)
    async with running(fresh_database) as process:
        assert process.sequencer.lag_seconds >= 0.3


async def test_events_cross_to_followers_in_another_process(fresh_database: str) -> None:
    async with running(fresh_database, 60) as one, running(fresh_database, 60) as other:
        following = asyncio.create_task(other.take(3, after=None))
        await other.followed()
        for number in (1, 2, 3):
            await one.tell(number)
        assert numbers(await following) == [1, 2, 3]


async def test_a_follower_resumes_behind_its_cursor_and_then_goes_live(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        await process.tell(*range(1, 6))
        second = (await process.take(2))[1]
        after = await process.log.resume(SHOP, second.cursor)
        following = asyncio.create_task(process.take(5, after=after))
        await process.followed()
        await process.tell(6, 7)
        assert numbers(await following) == [3, 4, 5, 6, 7]


async def test_a_replay_longer_than_a_page_loses_nothing_while_events_arrive(
    fresh_database: str,
) -> None:
    async with running(fresh_database) as process:
        for start in range(0, 1600, 200):
            await process.tell(*range(start, start + 200))
        following = asyncio.create_task(process.take(1800))
        for number in range(1600, 1800):
            await process.tell(number)
        assert numbers(await following) == list(range(1800))


async def test_a_follower_of_one_order_gets_that_order_only(fresh_database: str) -> None:
    mine = new_id()
    async with running(fresh_database) as process:
        await process.tell(1)
        await process.tell(2, of=mine)
        following = asyncio.create_task(process.take(3, of=mine))
        await process.followed()
        await process.tell(3)
        await process.tell(4, of=mine)
        await process.tell(5, environment_id=new_id(), of=mine)
        await process.tell(6, of=mine)
        assert numbers(await following) == [2, 4, 6]


async def test_without_a_cursor_only_later_events_come(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        await process.tell(1)
        await process.take(1)
        following = asyncio.create_task(process.take(1, after=None))
        await process.followed()
        await process.tell(2)
        assert numbers(await following) == [2]


async def test_a_burst_reaches_a_brisk_follower_however_large(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        following = asyncio.create_task(process.take(3000, after=None))
        await process.followed()
        for start in range(0, 3000, 1000):
            await process.tell(*range(start, start + 1000))
        assert numbers(await following) == list(range(3000))


async def test_a_follower_that_stays_away_is_told_its_cursor_and_the_others_go_on(
    fresh_database: str,
) -> None:
    async with running(fresh_database) as process:
        await process.tell(0)
        await process.take(1)
        brisk = asyncio.create_task(process.take(1001))
        async with aclosing(process.following.follow(SHOP, 1, patience=0.1)) as slow:
            waiting = asyncio.create_task(anext(slow))
            await process.followed(by=2)
            await process.tell(1)
            first = await waiting
            assert isinstance(first, LogEvent)
            await process.tell(*range(2, 1001))
            assert numbers(await brisk) == list(range(1001))
            await asyncio.sleep(0.11)
            overflow = await anext(slow)
            assert isinstance(overflow, Overflow)
            with pytest.raises(StopAsyncIteration):
                await anext(slow)
        after = await process.log.resume(SHOP, overflow.cursor)
        assert numbers(await process.take(999, after=after)) == list(range(2, 1001))


async def test_a_process_that_stops_sends_its_followers_away_with_their_cursors(
    fresh_database: str,
) -> None:
    async with running(fresh_database) as process, running(fresh_database) as other:
        async with aclosing(process.following.follow(SHOP, 0)) as following:
            await process.tell(1)
            first = await anext(following)
            waiting = asyncio.create_task(anext(following))
            await process.followed()
            await process.following.stop()
            last = await waiting
        assert isinstance(first, LogEvent)
        assert last == Overflow(first.cursor)
        assert await other.log.resume(SHOP, first.cursor) == 1


async def test_a_cut_connection_is_made_again_and_what_was_missed_is_read(
    fresh_database: str,
) -> None:
    async with running(fresh_database, 60) as one, running(fresh_database, 60) as other:
        following = asyncio.create_task(other.take(4, after=None))
        await other.followed()
        await one.tell(1)
        await asyncio.sleep(0.05)
        admin = await connect(fresh_database, "test")
        cut = await admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'ordergraph %'"
        )
        await admin.close()
        assert len(cut) == 4
        await one.tell(2)
        assert not following.done()
        await asyncio.sleep(0.5)
        await one.tell(3, 4)
        assert numbers(await following) == [1, 2, 3, 4]


async def test_an_announcement_that_got_lost_delays_but_loses_nothing(fresh_database: str) -> None:
    async with running(fresh_database, 0.2) as process:
        following = asyncio.create_task(process.take(1, after=None))
        await process.followed()
        await process.sequencer.stop()
        await process.tell(1)
        connection = await connect(fresh_database, "test")
        assert (await position_batch(connection, known=False)).heads == {SHOP: 1}
        await connection.close()
        assert numbers(await following) == [1]


async def test_old_events_are_pruned_and_young_ones_stay(fresh_database: str) -> None:
    async with running(fresh_database) as process:
        for start in range(0, 1200, 200):
            await process.tell(*range(start, start + 200))
        await process.take(1200)
        async with process.database.engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE event_log SET recorded_at = recorded_at - interval '31 days'"
                    " WHERE position <= 1000"
                )
            )
        old = process.log.cursor(SHOP, 999)
        edge = process.log.cursor(SHOP, 1000)
        assert await prune_log(process.database.engine, timedelta(days=30)) == 1000
        assert await prune_log(process.database.engine, timedelta(days=30)) == 0
        assert await process.log.resume(SHOP, edge) == 1000
        assert numbers(await process.take(200, after=1000)) == list(range(1000, 1200))
        with pytest.raises(Exception, match="no longer known") as refused:
            await process.log.resume(SHOP, old)
        assert refused.value.earliest == edge
