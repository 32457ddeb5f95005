"""What goes out on one connection: in order, bounded, and without a task while it flows."""

from __future__ import annotations

import asyncio
import types
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import Any

import structlog

from ordergraph.graph.transport.asgi import Message, Send

_log = structlog.get_logger(__name__)


_NOTHING: deque[Any] = deque(maxlen=0)
"""Stands for the queue of a connection that has never needed one: most never do."""


class _Item:
    """One message that waits for its turn: whose it is, and where that stands in the log."""

    __slots__ = ("owner", "position", "sent", "text")

    def __init__(self, text: str, owner: object, position: int) -> None:
        self.text = text
        self.owner = owner
        self.position = position
        self.sent: asyncio.Future[None] | None = None

    def is_placed_by(self, owner: object) -> bool:
        """Tell whether it is an event of `owner`; position 0 is none of the log."""
        return self.owner is owner and self.position > 0


class Outlet:
    """Sends the texts of one connection, one after the other.

    While the connection takes what it is given, a text is handed over at once, without a task or
    a turn of the event loop. From the moment it does not, texts wait. Those that are pushed are
    bounded: when one has no room, `overflowed` is called and nothing is sent any more. `message`
    wraps a text for the server.
    """

    __slots__ = (
        "_bytes",
        "_closed",
        "_message",
        "_most_bytes",
        "_most_messages",
        "_overflowed",
        "_send",
        "_under_way",
        "_waiting",
        "_writing",
    )

    def __init__(
        self,
        send: Send,
        message: Callable[[str], Message],
        most_messages: int,
        most_bytes: int,
        overflowed: Callable[[], None],
    ) -> None:
        self._send = send
        self._message = message
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._overflowed = overflowed
        self._waiting: deque[_Item] = _NOTHING
        self._bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._under_way: _Item | None = None
        self._closed = False

    def push(self, text: str, owner: object, position: int) -> bool:
        """Send a text if there is room for it; never waits."""
        if self._closed:
            return False
        if self._writing is None:
            rest = self._hand_over(text)
            if rest is not None:
                self._finish(rest, _Item(text, owner, position))
            return True
        if len(self._waiting) >= self._most_messages or self._bytes + len(text) > self._most_bytes:
            self._closed = True
            self._overflowed()
            return False
        self._put(_Item(text, owner, position))
        return True

    async def say(self, text: str, owner: object = None, position: int = 0) -> None:
        """Send a text in its turn, and wait until the connection has taken it."""
        if self._closed:
            return
        if self._writing is None:
            rest = self._hand_over(text)
            if rest is None:
                return
            item = _Item(text, owner, position)
            self._finish(rest, item)
        else:
            item = _Item(text, owner, position)
            self._put(item)
        item.sent = asyncio.get_running_loop().create_future()
        await item.sent

    async def flushed(self) -> None:
        """Wait until everything has been handed over or dropped."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def unsent(self, owner: object) -> int | None:
        """Return the position of the first text of `owner` that was not handed over."""
        items = [] if self._under_way is None else [self._under_way]
        return min(
            (each.position for each in (*items, *self._waiting) if each.is_placed_by(owner)),
            default=None,
        )

    def drop(self, owner: object) -> None:
        """Forget the texts of `owner` that still wait: its id may soon mean something else."""
        if self._waiting:
            self._waiting = deque(each for each in self._waiting if each.owner is not owner)
            self._bytes = sum(len(each.text) for each in self._waiting)

    async def close(self) -> None:
        """Send nothing any more; what waits is dropped."""
        self._closed = True
        if self._writing is not None:
            self._writing.cancel()
            with suppress(asyncio.CancelledError):
                await self._writing
        self._release()

    def _put(self, item: _Item) -> None:
        if self._waiting is _NOTHING:
            self._waiting = deque()
        self._waiting.append(item)
        self._bytes += len(item.text)

    def _hand_over(self, text: str) -> Awaitable[None] | None:
        """Give a text to the server; returns the rest of it where that has to wait.

        `send` is run up to where it would wait: mostly it does not, and no task is needed.
        """
        sending: Any = self._send(self._message(text))
        try:
            awaited = sending.send(None)
        except StopIteration:
            return None
        except Exception as error:
            self._fail(error)
            return None
        return _resumed(sending, awaited)

    def _finish(self, rest: Awaitable[None], item: _Item) -> None:
        self._under_way = item
        self._writing = asyncio.create_task(self._write(rest))

    async def _write(self, sending: Awaitable[None]) -> None:
        """Bring a send that waits to its end, then send what has gathered behind it."""
        try:
            await sending
            while self._waiting:
                self._sent()
                item = self._under_way = self._waiting.popleft()
                self._bytes -= len(item.text)
                await self._send(self._message(item.text))
            self._sent()
            self._writing = None
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Send nothing any more: mostly the client is gone, and whoever reads will notice."""
        self._closed = True
        self._release()
        if not isinstance(error, OSError):
            _log.error("a connection could not be written to", exc_info=error)

    def _sent(self) -> None:
        item, self._under_way = self._under_way, None
        if item is not None and item.sent is not None and not item.sent.done():
            item.sent.set_result(None)

    def _release(self) -> None:
        """Let nobody wait for what will not be sent."""
        self._sent()
        for item in self._waiting:
            if item.sent is not None and not item.sent.done():
                item.sent.set_result(None)
        self._waiting.clear()


@types.coroutine
def _resumed(coroutine: Any, awaited: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was run up to where it waits for `awaited`."""
    while True:
        try:
            result = yield awaited
        except BaseException as error:
            step, given = coroutine.throw, error
        else:
            step, given = coroutine.send, result
        try:
            awaited = step(given)
        except StopIteration:
            return
