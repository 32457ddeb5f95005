"""Server-sent events: graphql-sse in its distinct connections mode, one stream an operation."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Generic

from ordergraph.core.problems import ErrorCode, OverflowProblem, Problem
from ordergraph.graph import masking
from ordergraph.graph.execution.engine import Answer
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport.application import I
from ordergraph.graph.transport.asgi import Headers, Message, Receive, Send, encoded
from ordergraph.graph.transport.hub import Asked, Group, Hub
from ordergraph.graph.transport.negotiation import EVENT_STREAM
from ordergraph.graph.transport.outlet import Outlet
from ordergraph.graph.transport.rechecking import Rechecking, ended
from ordergraph.runtime.events.live import Live

_COMPLETE = "event: complete\ndata: \n\n"


class EventStream:
    """One response of events."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def open(self, headers: Headers) -> None:
        """Begin the response; proxies are asked to pass events on at once."""
        headers.append((b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()))
        headers.append((b"x-accel-buffering", b"no"))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def finish(self, *answers: Answer) -> None:
        """Send the last answers and complete the operation."""
        events = "".join(_next(encoded(answer).decode()) for answer in answers)
        await self._send(_part(events + _COMPLETE, last=True))


class Subscribed(Generic[I]):
    """A subscription on a stream, kept alive with comments while there is nothing to tell.

    It has a seat in a group while it is live.
    """

    def __init__(
        self, hub: Hub[I], rechecking: Rechecking[I], limits: Limits, receive: Receive, send: Send
    ) -> None:
        self.group: Group[I] | None = None
        self.position = 0
        self._hub = hub
        self._rechecking = rechecking
        self._limits = limits
        self._receive = receive
        self._stream = EventStream(send)
        self._outlet = Outlet(
            send, _part, limits.queued_messages, limits.queued_bytes, self._too_slow
        )
        self._live: Live | None = None
        loop = asyncio.get_running_loop()
        self._cut: asyncio.Future[Problem] = loop.create_future()
        self._release: asyncio.Future[str] = loop.create_future()

    async def follow(self, asked: Asked[I], headers: Headers) -> None:
        """Send answers until they end, the client leaves or its credential no longer opens."""
        await self._stream.open(headers)
        unwatch = self._rechecking.watch(asked.identity, self._revoked)
        feeding = asyncio.create_task(self._feed(asked))
        gone = asyncio.create_task(self._gone())
        keeping = asyncio.create_task(self._keep_alive())
        try:
            waiting = [feeding, gone, self._cut]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._cut.done():
                await ended([feeding, keeping])
                await self._outlet.close()
                await self._refuse(self._cut.result(), asked.request_id)
        finally:
            unwatch()
            await ended([feeding, gone, keeping])
            await self._outlet.close()

    def push(self, payload: str, position: int) -> None:
        """Send an answer that was made for the whole group."""
        if self._outlet.push(_next(payload), self, position):
            self.position = position

    def released(self, cursor: str, error: Exception | None) -> None:
        """Go on alone: the group has ended."""
        if self._release.done():
            return
        if error is None:
            self._release.set_result(cursor)
        else:
            self._release.set_exception(error)

    async def _feed(self, asked: Asked[I]) -> None:
        try:
            await self._pursue(asked)
        except Exception as error:
            shown = {"errors": masking.stopped(error, asked.request_id)}
            await self._outlet.say(_next(encoded(shown).decode()))
        finally:
            if self.group is not None:
                self.group.remove(self)
        await self._outlet.flushed()
        await self._stream.finish()

    async def _pursue(self, asked: Asked[I]) -> None:
        answers = self._hub.engine.follow(asked.prepared, asked.context, asked.request_id)
        async with aclosing(answers):
            while live := await self._hub.pursue(asked, answers, self, self._tell):
                self._live = live
                live.overflow = await self._release
                self._release = asyncio.get_running_loop().create_future()

    async def _tell(self, answer: Answer, position: int) -> None:
        await self._outlet.say(_next(encoded(answer).decode()), self, position)

    async def _refuse(self, problem: Problem, request_id: str) -> None:
        """Say why the stream is cut off; who does not read does not get it."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._limits.close_seconds):
                await self._stream.finish({"errors": masking.stopped(problem, request_id)})

    def _revoked(self) -> None:
        self._cut_off(Problem(ErrorCode.UNAUTHENTICATED, "The credential no longer opens."))

    def _too_slow(self) -> None:
        if self._live is not None:
            unsent = self._outlet.unsent(self)
            reached = self.position if unsent is None else unsent - 1
            self._cut_off(OverflowProblem(self._live.feed.cursor(reached)))

    def _cut_off(self, problem: Problem) -> None:
        if not self._cut.done():
            self._cut.set_result(problem)

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._limits.keep_alive_seconds)
            await self._outlet.say(":\n\n")


def _next(payload: str) -> str:
    return f"event: next\ndata: {payload}\n\n"


def _part(text: str, *, last: bool = False) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": not last}
