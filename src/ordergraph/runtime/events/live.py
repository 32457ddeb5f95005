"""The live end of the log: one feed that all who ask the same may follow together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from typing import Any
from uuid import UUID

from ordergraph.runtime.events.following import LogFollowing, Overflow
from ordergraph.runtime.events.log import LogEvent


class Feed:
    """What is told of an environment, or of one subject in it; it holds nothing of any follower.

    `show` turns an event into what is told of it, or None where nothing is.
    """

    __slots__ = ("_environment_id", "_following", "_subject_id", "show")

    def __init__(
        self,
        following: LogFollowing,
        environment_id: UUID,
        subject_id: UUID | None,
        show: Callable[[LogEvent], Any],
    ) -> None:
        self._following = following
        self._environment_id = environment_id
        self._subject_id = subject_id
        self.show = show

    def follow(self, after: int) -> AsyncGenerator[LogEvent | Overflow]:
        """Yield every event behind `after`, shown or not, as `LogFollowing.follow` does."""
        return self._following.follow(self._environment_id, after, self._subject_id)

    def replay(self, after: int) -> AsyncGenerator[LogEvent | int]:
        """Yield every event behind `after` that there is by now, then the position reached."""
        return self._following.replay(self._environment_id, after, self._subject_id)

    def cursor(self, position: int) -> str:
        """Return the cursor that resumes behind `position`."""
        return self._following.log.cursor(self._environment_id, position)


class Live:
    """Where one follower stands in a feed, yielded by a subscription when it has caught up.

    Whoever takes it brings every event behind `position` and goes on with the subscription when
    the feed ends, having set `overflow` to the cursor to go on from. `fresh` is called before each
    event that is told to this follower alone.
    """

    __slots__ = ("_fresh", "feed", "overflow", "position")

    def __init__(self, feed: Feed, position: int, fresh: Callable[[], None]) -> None:
        self.feed = feed
        self.position = position
        self.overflow = ""
        self._fresh = fresh

    async def catch_up(self) -> AsyncGenerator[Any]:
        """Yield what is shown of the events behind `position` up to now, moving it along."""
        async with aclosing(self.feed.replay(self.position)) as items:
            async for item in items:
                if isinstance(item, int):
                    self.position = item
                    continue
                self.position = item.position
                if (shown := self._shown(item)) is not None:
                    yield shown

    async def skip(self, before: Collection[UUID]) -> AsyncGenerator[Any]:
        """Yield what is shown until the events `before`, which are not, have all passed."""
        left = set(before)
        async with aclosing(self._events()) as events:
            while left:
                event = await anext(events, None)
                if event is None:
                    return
                if event.id in left:
                    left.discard(event.id)
                elif (shown := self._shown(event)) is not None:
                    yield shown

    async def alone(self) -> AsyncGenerator[Any]:
        """Yield what is shown of the events behind `position` until the feed ends."""
        async with aclosing(self._events()) as events:
            async for event in events:
                if (shown := self._shown(event)) is not None:
                    yield shown

    async def _events(self) -> AsyncGenerator[LogEvent]:
        """Follow the feed, moving `position` along; ends with the feed."""
        async with aclosing(self.feed.follow(self.position)) as items:
            async for item in items:
                if isinstance(item, Overflow):
                    self.overflow = item.cursor
                    return
                self.position = item.position
                yield item

    def _shown(self, event: LogEvent) -> Any:
        shown = self.feed.show(event)
        if shown is not None:
            self._fresh()
        return shown


async def alone(values: AsyncGenerator[Any]) -> AsyncGenerator[Any]:
    """Yield the values of a subscription, following its live end for it alone."""
    async with aclosing(values):
        async for value in values:
            if not isinstance(value, Live):
                yield value
                continue
            async with aclosing(value.alone()) as live:
                async for shown in live:
                    yield shown
