"""Telling all processes at once, best effort: the port, and its adapter over LISTEN and NOTIFY."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from ordergraph.runtime.db.driver import DriverConnection, connect

CHANNEL = "ordergraph"
RECONNECT_SECONDS = 0.2
PROBE_SECONDS = 30.0
FLUSH_SECONDS = 2.0
LARGEST_PAYLOAD = 7_900
"""Postgres takes less than 8,000 bytes in one notification."""

_SESSION = {"jit": "off", "synchronous_commit": "off"}
"""What is announced need not survive a crash, so nobody waits for the disk."""

_log = structlog.get_logger(__name__)

Receiver = Callable[[str], None]
GapMark = Callable[[], None]


class Broadcast(Protocol):
    """Carries short messages to every process, this one included; some may get lost.

    Receivers run on the event loop and must not block. After messages may have been lost every
    gap mark is called: whoever needs all of them reads the database again.
    """

    def announce(self, topic: str, message: str) -> None: ...
    def subscribe(self, topic: str, receive: Receiver, gap: GapMark | None = None) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class PostgresBroadcast:
    """Broadcast over one connection of its own, in autocommit, never inside a transaction.

    NOTIFY inside business transactions would make all commits wait for one another. What is
    announced in one turn of the event loop travels in one statement.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._receivers: dict[str, list[Receiver]] = defaultdict(list)
        self._gaps: list[GapMark] = []
        self._outgoing: list[str] = []
        self._filled = asyncio.Event()
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._own_pid = 0
        self._sent = asyncio.Event()
        self._sent.set()

    def announce(self, topic: str, message: str) -> None:
        """Tell `message` to every process; returns at once. Neither may hold a line break."""
        self._outgoing.append(f"{topic} {message}")
        self._filled.set()
        self._sent.clear()
        self._deliver(topic, message)

    def subscribe(self, topic: str, receive: Receiver, gap: GapMark | None = None) -> None:
        """Have `receive` called with each message of `topic`, for as long as this object lives."""
        self._receivers[topic].append(receive)
        if gap is not None:
            self._gaps.append(gap)

    async def start(self) -> None:
        """Connect and listen; returns when messages of other processes arrive."""
        self._task = asyncio.create_task(self._run(), name="broadcast")
        listening = asyncio.create_task(self._listening.wait())
        await asyncio.wait({self._task, listening}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            listening.cancel()
            self._task.result()

    async def flush(self) -> None:
        """Return when what was announced has been sent, or cannot be: for who leaves at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._sent.wait()

    async def stop(self) -> None:
        """Disconnect; what was announced and not yet sent is dropped."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._converse()
            except Exception as failure:
                if not self._listening.is_set():
                    raise
                _log.warning("broadcast_interrupted", error=str(failure))
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _converse(self) -> None:
        """Listen and send over one connection until it ends."""
        connection = await connect(self._url, "ordergraph broadcast", **_SESSION)
        try:
            connection.add_termination_listener(self._ended)
            await connection.add_listener(CHANNEL, self._heard)
            self._own_pid = connection.get_server_pid()
            for mark in self._gaps:
                mark()
            self._listening.set()
            while not connection.is_closed():
                await self._wait(connection)
                await self._send(connection)
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    async def _wait(self, connection: DriverConnection) -> None:
        """Wait until there is something to send or the connection broke; probe a silent one."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._filled.wait()
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=5)
        self._filled.clear()

    async def _send(self, connection: DriverConnection) -> None:
        if not self._outgoing or connection.is_closed():
            return
        sending, self._outgoing = self._outgoing, []
        try:
            await connection.execute(
                "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload",
                CHANNEL,
                _packed(sending),
            )
        except BaseException:
            self._outgoing = sending + self._outgoing
            raise
        if not self._outgoing:
            self._sent.set()

    def _heard(self, _connection: Any, pid: int, _channel: str, payload: object) -> None:
        if pid == self._own_pid:
            return
        for line in str(payload).split("\n"):
            topic, _, message = line.partition(" ")
            self._deliver(topic, message)

    def _ended(self, _connection: Any) -> None:
        self._filled.set()

    def _deliver(self, topic: str, message: str) -> None:
        for receive in self._receivers[topic]:
            receive(message)


def _packed(messages: list[str]) -> list[str]:
    """Join messages into as few payloads as Postgres allows; equal ones travel once."""
    payloads: list[str] = []
    for message in dict.fromkeys(messages):
        if payloads and len(payloads[-1]) + len(message) < LARGEST_PAYLOAD:
            payloads[-1] += "\n" + message
        else:
            payloads.append(message)
    return payloads
