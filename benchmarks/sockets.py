"""Subscribers: `python -m benchmarks.sockets` holds thousands of websockets and times what comes.

It speaks graphql-transport-ws over bare sockets and looks into a frame no further than it must:
it shares the processor with the server, and is to be told of a push as soon as it arrives.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import defaultdict
from typing import Any, cast

import orjson
import uvloop

from benchmarks.jobs import written

_HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: benchmark\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_AT_ONCE = 100

Arrivals = defaultdict[int, list[float]]


class Subscriber(asyncio.Protocol):
    """One socket with one subscription; notes when each version of an order arrives."""

    def __init__(self, token: str, request: dict[str, Any], arrivals: Arrivals) -> None:
        self._first = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        self._request = request
        self._arrivals = arrivals
        self._received = b""
        self._open = False
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.enough: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.wanted = 0
        self.last = b""
        self.ended = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(_HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        data = self._received + data if self._received else data
        at = 0
        if not self._open:
            at = data.find(b"\r\n\r\n") + 4
            if at == 3:
                self._received = data
                return
            self._open = True
            self._say(self._first)
        self._received = self._read(data, at, now)

    def _read(self, data: bytes, at: int, now: float) -> bytes:
        """Take all whole frames and return what is left."""
        end = len(data)
        while end - at >= 2:
            length, begin = data[at + 1], at + 2
            if length == 126:
                begin = at + 4
                length = int.from_bytes(data[at + 2 : begin], "big")
            elif length == 127:
                begin = at + 10
                length = int.from_bytes(data[at + 2 : begin], "big")
            if end < begin + length:
                break
            self._take(data[at] & 15, data[begin : begin + length], now)
            at = begin + length
        return data[at:]

    def _take(self, opcode: int, payload: bytes, now: float) -> None:
        if opcode == _TEXT:
            place = payload.find(b'"version":')
            if place >= 0:
                self._note(payload, place + 10, now)
            else:
                self._answer(payload)
        elif opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            self.ended = f"closed: {payload[:2].hex()} {payload[2:].decode(errors='replace')}"

    def _note(self, payload: bytes, begin: int, now: float) -> None:
        version = int(payload[begin : payload.index(b",", begin)])
        self._arrivals[version].append(now)
        self.last = payload
        self.wanted -= 1
        if self.wanted == 0:
            self.enough.set_result(None)

    def _answer(self, payload: bytes) -> None:
        message = orjson.loads(payload)
        if message["type"] == "connection_ack":
            self._say({"id": "1", "type": "subscribe", "payload": self._request})
            self.subscribed.set_result(None)
        elif message["type"] == "ping":
            self._say({"type": "pong"})
        elif message["type"] != "pong":
            self.ended = payload.decode()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = self.ended or "cut off"
        if not self.subscribed.done():
            self.subscribed.set_exception(ConnectionError(self.ended))

    def close(self) -> None:
        """Cut the socket off."""
        self._transport.abort()

    def _say(self, message: dict[str, Any]) -> None:
        self._send(_TEXT, orjson.dumps(message))

    def _send(self, opcode: int, payload: bytes) -> None:
        """Send a frame with a mask of zeros, which leaves the payload as it is."""
        length = len(payload)
        size = bytes([128 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
        self._transport.write(bytes([128 | opcode]) + size + b"\0\0\0\0" + payload)


class Crowd:
    """All subscribers of this process."""

    def __init__(self) -> None:
        self._members: list[Subscriber] = []
        self._arrivals: Arrivals = defaultdict(list)

    async def open(self, port: int, count: int, token: str, request: dict[str, Any]) -> Any:
        """Open so many sockets that all subscribe to the same."""
        begun = time.perf_counter()
        while len(self._members) < count:
            few = min(_AT_ONCE, count - len(self._members))
            joined = await asyncio.gather(*(self._join(port, token, request) for _ in range(few)))
            self._members += joined
        return {"seconds": time.perf_counter() - begun}

    async def count(self) -> Any:
        """Tell how many events have arrived, and what went wrong."""
        ended = [each.ended for each in self._members if each.ended]
        arrived = sum(len(each) for each in self._arrivals.values())
        return {"arrived": arrived, "ended": len(ended), "why": ended[:1]}

    async def report(self, since: dict[str, float]) -> Any:
        """Tell how long events took from the instants that are given by version; forget them."""
        took = sorted(
            (arrival - since[str(version)]) * 1000
            for version, arrivals in self._arrivals.items()
            for arrival in arrivals
            if str(version) in since
        )
        self._arrivals.clear()
        return {"took": [took[len(took) * percent // 100] for percent in (0, 50, 95, 99)]}

    async def last(self) -> Any:
        """Return the last event of the first subscriber."""
        return orjson.loads(self._members[0].last)["payload"]["data"]

    async def resume(self, port: int, token: str, request: dict[str, Any], events: int) -> Any:
        """Subscribe behind a cursor and tell how long it took to get so many events."""
        begun = time.perf_counter()
        one = await self._join(port, token, request, events)
        await one.enough
        took = time.perf_counter() - begun
        one.close()
        self._arrivals.clear()
        return {"seconds": took}

    async def close(self) -> Any:
        """Cut all sockets off."""
        for each in self._members:
            each.close()
        self._members.clear()
        return {}

    async def _join(
        self, port: int, token: str, request: dict[str, Any], wanted: int = 0
    ) -> Subscriber:
        def subscriber() -> Subscriber:
            one = Subscriber(token, request, self._arrivals)
            one.wanted = wanted
            return one

        loop = asyncio.get_running_loop()
        _, one = await loop.create_connection(subscriber, "127.0.0.1", port)
        await one.subscribed
        return one


async def serve() -> None:
    """Do what the lines of stdin say, one after the other, until it ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    crowd = Crowd()
    while line := await lines.readline():
        command = orjson.loads(line)
        answer = await getattr(crowd, command.pop("do"))(**command)
        os.write(sys.stdout.fileno(), written(answer))


if __name__ == "__main__":
    uvloop.run(serve())
