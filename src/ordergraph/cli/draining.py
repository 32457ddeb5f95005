"""Leaving a listening socket: what is under way is finished, and what would never end is ended."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ordergraph.cli.corking import corked, uncorked

QUIET_SECONDS = 1.0
"""How long a kept connection without a request stays open for one that is on its way."""
LATE_SECONDS = 0.1
"""By when connections have been made that were being accepted while we stopped accepting."""


class Connection(HttpToolsProtocol):
    """A connection that can be retired: its next answer says that it is the last.

    A server that just closes its idle connections resets those on which a request is arriving.
    """

    retiring = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin; answers are sent in one piece each."""
        super().connection_made(corked(transport, self.loop))

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the websocket, which writes as it thinks fit."""
        self.transport = uncorked(self.transport)
        super().handle_websocket_upgrade()

    def retire(self) -> None:
        """Close after the present or the next answer, or when none is asked for."""
        self.retiring = True
        self._make_last()
        self.loop.call_later(QUIET_SECONDS, super().shutdown)

    def shutdown(self) -> None:
        """End the connection after the present answer, or at once; a retiring one ends itself."""
        if not self.retiring:
            super().shutdown()

    def on_headers_complete(self) -> None:
        """Begin to answer a request."""
        super().on_headers_complete()
        if self.retiring:
            self._make_last()

    def _make_last(self) -> None:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        if cycle is not None:
            cycle.keep_alive = False


class Server(uvicorn.Server):
    """A server that ends its streams when it leaves, and can leave unnoticed.

    `end_streams` ends what would go on for ever; sockets have been closed with 1012 by then.
    """

    gently = False
    """Whether kept connections are retired, since others answer at the same address."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more and return when all answers have been given, or the grace is over."""
        loop = asyncio.get_running_loop()
        ending = asyncio.ensure_future(self._end_streams())
        if self.gently:
            told = set(self.server_state.connections)
            for connection in told:
                if isinstance(connection, Connection):
                    connection.retire()
            loop.call_later(LATE_SECONDS, self._tell_those_who_came_late, told)
        await super().shutdown(sockets)
        await ending

    def _tell_those_who_came_late(self, told: set[Any]) -> None:
        for connection in self.server_state.connections - told:
            if isinstance(connection, Connection):
                connection.retire()
            else:
                connection.shutdown()
