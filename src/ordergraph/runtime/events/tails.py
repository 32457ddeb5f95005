"""The live end of one environment's log, in memory: its newest events and who waits for more."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ordergraph.runtime.events.log import LogEvent

RECENT = 1_000


@dataclass(eq=False, slots=True)
class Follower:
    """Where events wait for one consumer, of one subject or of all; at most `limit` of them.

    When more come, all are dropped: the consumer has to read them from the log instead.
    `full_since` is the loop's time of that moment, `ended` says that none will come any more.
    """

    subject_id: UUID | None
    limit: int
    waiting: deque[LogEvent] = field(default_factory=deque[LogEvent])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    full_since: float | None = None
    ended: bool = False

    @property
    def served(self) -> bool:
        """Whether every event since the attachment waits here or was taken."""
        return self.full_since is None and not self.ended

    def put(self, event: LogEvent) -> None:
        """Queue an event, if there is room."""
        if len(self.waiting) >= self.limit:
            self.full_since = asyncio.get_running_loop().time()
            self.waiting.clear()
        if self.served:
            self.waiting.append(event)
        self.arrived.set()

    def end(self) -> None:
        """Send the consumer away."""
        self.ended = True
        self.waiting.clear()
        self.arrived.set()

    def full_for(self) -> float:
        """Return for how many seconds events have been dropped here."""
        now = asyncio.get_running_loop().time()
        return now - (self.full_since or now)


class Tail:
    """The newest events of one environment and its followers; `position` is the last event's."""

    def __init__(self) -> None:
        self.position: int | None = None
        self.users = 0
        self.ended = False
        self._recent: deque[LogEvent] = deque(maxlen=RECENT)
        self._followers: dict[UUID | None, set[Follower]] = {}

    def extend(self, event: LogEvent) -> None:
        """Take an event, if it is the next one, and hand it to whoever follows it."""
        if self.position is None or event.position != self.position + 1:
            return
        self.position = event.position
        self._recent.append(event)
        for key in (None, event.subject_id):
            for follower in self._followers.get(key, ()):
                follower.put(event)

    def since(self, position: int) -> Sequence[LogEvent] | None:
        """Return all events behind `position`, or None when not all of them are at hand."""
        if self.position is None or position >= self.position:
            return ()
        if not self._recent or position < self._recent[0].position - 1:
            return None
        return [event for event in self._recent if event.position > position]

    def attach(self, follower: Follower) -> None:
        """Hand the follower every event from the next one on."""
        follower.full_since = None
        if self.ended:
            follower.end()
        self._followers.setdefault(follower.subject_id, set()).add(follower)

    def detach(self, follower: Follower) -> None:
        """Forget the follower."""
        followers = self._followers.get(follower.subject_id)
        if followers is not None:
            followers.discard(follower)
            if not followers:
                del self._followers[follower.subject_id]

    def end(self) -> None:
        """Send every follower away, also those to come."""
        self.ended = True
        for followers in self._followers.values():
            for follower in followers:
                follower.end()
