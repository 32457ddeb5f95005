"""A server process as the log sees it, so that a test can have several."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from uuid import UUID

from ordergraph.core.events import Event
from ordergraph.core.ids import new_id
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.events.broadcast import PostgresBroadcast
from ordergraph.runtime.events.cursors import CursorSeal
from ordergraph.runtime.events.following import LogFollowing, Overflow
from ordergraph.runtime.events.log import EventLog, LogEvent
from ordergraph.runtime.events.outbox import Outbox
from ordergraph.runtime.events.sequencing import Sequencer
from ordergraph.runtime.secrets import server_secret

SHOP = new_id()
ORDER = new_id()
PATIENCE = 60
"""Seconds after which something that was awaited will not come."""


def actor(environment_id: UUID = SHOP) -> Actor:
    """A caller of one environment."""
    return Actor(environment_id, new_id(), ActorKind.SYSTEM, "test", frozenset(), request_id="r1")


def event(number: int, subject_id: UUID = ORDER) -> Event:
    """An event that can be told from others by its number."""
    return Event("order.UPDATED", subject_id, {"number": number})


class Process:
    """Database, outbox, sequencer, broadcast and followers, as a server process has them."""

    def __init__(self, url: str, poll_seconds: float) -> None:
        self.broadcast = PostgresBroadcast(url)
        self.sequencer = Sequencer(url, self.broadcast, poll_seconds)
        hooks = [Outbox(self.sequencer.wake, self.broadcast)]
        self.database = Database(url, SystemClock(), hooks=hooks, pool_size=24)
        self._poll_seconds = poll_seconds

    async def start(self) -> None:
        secret = await server_secret(self.database.engine, "cursors")
        self.log = EventLog(self.database.engine, CursorSeal(secret))
        self.following = LogFollowing(self.log, self.broadcast, self._poll_seconds)
        await self.broadcast.start()
        await self.sequencer.start()
        await self.following.start()

    async def stop(self) -> None:
        await self.following.stop()
        await self.sequencer.stop()
        await self.broadcast.stop()
        await self.database.close()

    async def tell(self, *numbers: int, environment_id: UUID = SHOP, of: UUID = ORDER) -> None:
        """Commit one transaction that tells these events."""
        async with self.database.transaction(actor(environment_id)) as tx:
            for number in numbers:
                tx.emit(event(number, of))

    async def followed(self, by: int = 1) -> None:
        """Wait until the live end of the shop's log is followed: what is told now is pushed."""
        async with asyncio.timeout(PATIENCE):
            while True:
                tail = self.following._tails.get(SHOP)
                if tail and sum(map(len, tail._followers.values())) >= by:
                    return
                await asyncio.sleep(0.005)

    async def take(
        self,
        count: int,
        after: int | None = 0,
        environment_id: UUID = SHOP,
        of: UUID | None = None,
    ) -> list[LogEvent]:
        """Follow the log until `count` events came."""
        events: list[LogEvent] = []
        async with asyncio.timeout(PATIENCE):
            async with aclosing(self.following.follow(environment_id, after, of)) as following:
                async for item in following:
                    assert not isinstance(item, Overflow)
                    events.append(item)
                    if len(events) == count:
                        break
        return events


@asynccontextmanager
async def running(url: str, poll_seconds: float = 0.2) -> AsyncGenerator[Process]:
    """Run one process over the database of `url`."""
    process = Process(url, poll_seconds)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


def numbers(events: list[LogEvent]) -> list[int]:
    """Return what tells the events apart."""
    return [event.payload["number"] for event in events]
