"""Following the log: replay from SQL, then live from a tail that all followers share."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from ordergraph.runtime.events.broadcast import Broadcast
from ordergraph.runtime.events.heads import TOPIC, read_head
from ordergraph.runtime.events.log import PAGE, EventLog, LogEvent
from ordergraph.runtime.events.tails import Follower, Tail

QUEUE = 256
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.2

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Overflow:
    """The consumer is served no more: it stayed away, or the server ends or was restored.

    `cursor` resumes behind what it got.
    """

    cursor: str


class LogFollowing:
    """Serves all followers of this process: one read for each announcement, whoever listens."""

    def __init__(
        self, log: EventLog, broadcast: Broadcast, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self.log = log
        self._broadcast = broadcast
        self._poll_seconds = poll_seconds
        self._tails: dict[UUID, Tail] = {}
        self._epoch = 0
        self._behind: set[UUID] = set()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        broadcast.subscribe(TOPIC, self._heard, self._mark_all)

    async def start(self) -> None:
        """Begin to read what is announced."""
        self._task = asyncio.create_task(self._run(), name="log following")

    async def stop(self) -> None:
        """Stop reading and end every follower with its cursor."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._end_all()

    async def follow(
        self,
        environment_id: UUID,
        after: int | None = None,
        subject_id: UUID | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> AsyncGenerator[LogEvent | Overflow]:
        """Yield every event behind `after`, once and in order, then live ones, without end.

        Without `after` only live ones; with `subject_id` only those of that subject. Nothing is
        kept in memory for a consumer that does not keep up: it reads on from the log. One that
        stays away for `patience` seconds while more than `QUEUE` events pass gets an `Overflow`
        as the last item. Use it under `aclosing`.
        """
        follower = Follower(subject_id, QUEUE)
        with self._using(environment_id) as tail:
            try:
                position = await self._begin(tail, environment_id, after)
                cursor = self.log.cursor(environment_id, position)
                while not follower.ended and follower.full_for() < patience:
                    async with aclosing(
                        self._serve(tail, follower, environment_id, position)
                    ) as events:
                        async for event in events:
                            position, cursor = event.position, event.cursor
                            yield event
                yield Overflow(cursor)
            finally:
                tail.detach(follower)

    async def replay(
        self, environment_id: UUID, after: int, subject_id: UUID | None = None
    ) -> AsyncGenerator[LogEvent | int]:
        """Yield every event behind `after` that there is, then the position that was reached.

        Nothing waits between the last look for newer events and that position, so whoever follows
        from there at once misses nothing. Use it under `aclosing`.
        """
        with self._using(environment_id) as tail:
            position = await self._begin(tail, environment_id, after)
            while position < (upto := tail.position or 0):
                missed = tail.since(position)
                if missed is None:
                    missed = await self.log.page(environment_id, position, upto, subject_id)
                    upto = missed[-1].position if len(missed) == PAGE else upto
                for event in missed:
                    if subject_id in (None, event.subject_id):
                        yield event
                position = upto
            yield position

    async def _serve(
        self, tail: Tail, follower: Follower, environment_id: UUID, position: int
    ) -> AsyncGenerator[LogEvent]:
        """Yield from the log what is behind `position`, then from the tail until it is too much."""
        while (missed := tail.since(position)) is None or len(missed) > QUEUE:
            upto = tail.position or 0
            missed = await self.log.page(environment_id, position, upto, follower.subject_id)
            position = missed[-1].position if len(missed) == PAGE else upto
            for event in missed:
                yield event
        # Nothing waits between the last look at the tail and this, so nothing slips through.
        tail.attach(follower)
        follower.waiting.extend(e for e in missed if follower.subject_id in (None, e.subject_id))
        while follower.served:
            while follower.waiting:
                event = follower.waiting.popleft()
                if event.position > position:
                    position = event.position
                    yield event
            if follower.served:
                follower.arrived.clear()
                await follower.arrived.wait()

    @contextmanager
    def _using(self, environment_id: UUID) -> Generator[Tail]:
        """Keep an environment's tail while somebody needs it."""
        tail = self._tails.setdefault(environment_id, Tail())
        tail.users += 1
        try:
            yield tail
        finally:
            tail.users -= 1
            if not tail.users and self._tails.get(environment_id) is tail:
                del self._tails[environment_id]

    async def _begin(self, tail: Tail, environment_id: UUID, after: int | None) -> int:
        if tail.position is None:
            head = await self.log.head(environment_id)
            if tail.position is None:
                tail.position = head
                # What was announced while the head was read found no tail to extend.
                self._mark([environment_id])
        return tail.position if after is None else after

    def _heard(self, message: str) -> None:
        environment_id, head = read_head(message)
        if self._is_behind(environment_id, head):
            self._mark([environment_id])

    def _mark_all(self) -> None:
        self._mark(self._tails)

    def _mark(self, environments: Iterable[UUID]) -> None:
        self._behind.update(environments)
        self._woken.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._wait()
                behind, self._behind = self._behind, set()
                await self._catch_up(behind)
                self._notice_restore()
            except Exception as failure:
                _log.warning("log_following_failed", error=str(failure))
                self._mark_all()
                await asyncio.sleep(RETRY_SECONDS)

    async def _wait(self) -> None:
        """Wait for an announcement; now and then look whether one got lost."""
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()
        except TimeoutError:
            if self._tails:
                heads = await self.log.heads(list(self._tails))
                self._behind.update(e for e, head in heads.items() if self._is_behind(e, head))
        self._woken.clear()

    def _is_behind(self, environment_id: UUID, head: int) -> bool:
        tail = self._tails.get(environment_id)
        return tail is not None and tail.position is not None and tail.position < head

    async def _catch_up(self, behind: Iterable[UUID]) -> None:
        """Extend the tails of these environments to their heads."""
        while positions := self._positions(behind):
            events = await self.log.newer(positions)
            for event in events:
                tail = self._tails.get(event.environment_id)
                if tail is not None:
                    tail.extend(event)
            counts = Counter(event.environment_id for event in events)
            behind = [environment_id for environment_id in counts if counts[environment_id] == PAGE]

    def _positions(self, environments: Iterable[UUID]) -> dict[UUID, int]:
        tails = {e: self._tails[e] for e in environments if e in self._tails}
        return {e: tail.position for e, tail in tails.items() if tail.position is not None}

    def _notice_restore(self) -> None:
        """End all followers when the database under us was replaced: positions begin elsewhere."""
        if self._epoch not in (0, self.log.epoch):
            self._end_all()
        self._epoch = self.log.epoch

    def _end_all(self) -> None:
        tails, self._tails = self._tails, {}
        for tail in tails.values():
            tail.end()
