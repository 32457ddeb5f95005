"""Server-sent events: graphql-sse in its distinct connections mode, one stream an operation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph import masking
from ordergraph.graph.execution.engine import Answer
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport.asgi import Headers, Receive, Send, encoded
from ordergraph.graph.transport.negotiation import EVENT_STREAM
from ordergraph.graph.transport.rechecking import StillValid, ended, until_invalid


class EventStream:
    """One response of events, kept alive with comments while there are none."""

    def __init__(self, receive: Receive, send: Send, limits: Limits) -> None:
        self._receive = receive
        self._send = send
        self._limits = limits

    async def open(self, headers: Headers) -> None:
        """Begin the response; proxies are asked to pass events on at once."""
        headers.append((b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()))
        headers.append((b"x-accel-buffering", b"no"))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def finish(self, *answers: Answer) -> None:
        """Send the last answers and complete the operation."""
        events = b"".join(_next(answer) for answer in answers)
        await self._write(events + b"event: complete\ndata: \n\n", last=True)

    async def follow(
        self, answers: AsyncGenerator[Answer], still_valid: StillValid, request_id: str
    ) -> None:
        """Send answers until they end, the client leaves or its credential no longer opens."""
        feeding = asyncio.create_task(self._feed(answers, request_id))
        watching = [
            asyncio.create_task(self._gone()),
            asyncio.create_task(self._revoked(still_valid)),
            asyncio.create_task(self._keep_alive()),
        ]
        try:
            await asyncio.wait([feeding, *watching[:2]], return_when=asyncio.FIRST_COMPLETED)
            if watching[1].done() and not feeding.done():
                await ended([feeding])
                refusal = Problem(ErrorCode.UNAUTHENTICATED, "The credential no longer opens.")
                await self.finish({"errors": masking.stopped(refusal, request_id)})
        finally:
            await ended([feeding, *watching])

    async def _feed(self, answers: AsyncGenerator[Answer], request_id: str) -> None:
        try:
            async with aclosing(answers):
                async for answer in answers:
                    await self._write(_next(answer))
        except Exception as error:
            await self.finish({"errors": masking.stopped(error, request_id)})
        else:
            await self.finish()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _revoked(self, still_valid: StillValid) -> None:
        await until_invalid(still_valid, self._limits.recheck_seconds)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._limits.keep_alive_seconds)
            await self._write(b":\n\n")

    async def _write(self, data: bytes, *, last: bool = False) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})


def _next(answer: Answer) -> bytes:
    return b"event: next\ndata: %b\n\n" % encoded(answer)
