"""One socket: who it is, and the operations that run on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph import masking
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport import cors
from ordergraph.graph.transport.application import Credentials, I
from ordergraph.graph.transport.asgi import Message as AsgiMessage
from ordergraph.graph.transport.asgi import Receive, Send, new_request_id
from ordergraph.graph.transport.hub import Hub
from ordergraph.graph.transport.messages import (
    CloseCode,
    Closing,
    Message,
    read_message,
    written,
)
from ordergraph.graph.transport.operations import Operations
from ordergraph.graph.transport.outlet import Outlet
from ordergraph.graph.transport.rechecking import Rechecking

_LOOK_SECONDS = 0.1


class Session(Generic[I]):
    """Speaks the protocol on one accepted socket, in the task of that socket alone."""

    def __init__(
        self,
        hub: Hub[I],
        rechecking: Rechecking[I],
        limits: Limits,
        headers: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        self._hub = hub
        self._rechecking = rechecking
        self._application = hub.application
        self._limits = limits
        self._headers: Mapping[str, str] = headers
        self._receive = receive
        self._outlet = Outlet(
            send, _text, limits.queued_messages, limits.queued_bytes, self._too_slow
        )
        self._initialised = False
        self._operations: Operations[I] | None = None
        self._unwatch: Callable[[], None] | None = None
        self._serving: asyncio.Task[Any] | None = None
        self._closing: Closing | None = None

    async def serve(self) -> None:
        """Serve until the client leaves, or raise the `Closing` that ends the socket."""
        serving = self._serving = asyncio.current_task()
        assert serving is not None
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.init_seconds, self._look_again)
        try:
            await self._read()
        except asyncio.CancelledError:
            if self._closing is None or serving.uncancel() > 0:
                raise
            raise self._closing from None
        finally:
            self._serving = None
            self._timer.cancel()
            if self._unwatch is not None:
                self._unwatch()
            await self._outlet.close()
            if self._operations is not None:
                await self._operations.close()

    def _look_again(self) -> None:
        """Let a process that was held up read what has arrived before anybody is late."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_LOOK_SECONDS, loop.call_soon, self._be_late)

    def _be_late(self) -> None:
        if not self._initialised:
            late = "No connection_init arrived in time."
            self._close(Closing(CloseCode.INITIALISATION_TIMEOUT, late))

    def _close(self, closing: Closing) -> None:
        """Close the socket from elsewhere than its own task."""
        if self._serving is not None and self._closing is None:
            self._closing = closing
            self._serving.cancel()

    def _too_slow(self) -> None:
        cursor = self._operations and self._operations.cursor()
        reason = "Events came faster than they were taken; subscribe again"
        self._close(
            Closing(CloseCode.TOO_SLOW, f"{reason} after {cursor}" if cursor else f"{reason}.")
        )

    async def _read(self) -> None:
        while True:
            event = await self._receive()
            if event["type"] != "websocket.receive":
                return
            text = event.get("text")
            if text is None:
                raise Closing(CloseCode.BAD_REQUEST, "Send text.")
            if len(text) > self._limits.frame_bytes:
                raise Closing(CloseCode.TOO_BIG, "The message is too big.")
            await self._handle(read_message(text))

    async def _handle(self, message: Message) -> None:
        match message.type:
            case "connection_init":
                await self._initialise(message.payload)
            case "ping":
                await self._outlet.say(written("pong"))
            case "subscribe":
                await self._start(message.id, message.payload)
            case "complete":
                if self._operations is not None:
                    self._operations.cancel(message.id)
            case _:
                pass

    async def _initialise(self, parameters: Mapping[str, Any]) -> None:
        if self._initialised:
            again = "connection_init was sent before."
            raise Closing(CloseCode.TOO_MANY_INITIALISATIONS, again)
        self._initialised = True
        self._timer.cancel()
        credentials = Credentials(self._headers, parameters)
        try:
            identity = await self._application.authenticate(credentials, new_request_id())
        except Problem as problem:
            raise Closing(CloseCode.FORBIDDEN, masking.shortened(problem.message)[:100]) from None
        if not self._admits_origin(identity):
            raise Closing(CloseCode.FORBIDDEN, "This key may not be used from this origin.")
        self._headers = {}  # of no more use, and sockets are many
        self._operations = Operations(self._hub, identity, self._outlet)
        revoked = Closing(CloseCode.FORBIDDEN, "The credential no longer opens.")
        self._unwatch = self._rechecking.watch(identity, partial(self._close, revoked))
        await self._outlet.say(written("connection_ack"))

    def _admits_origin(self, identity: I) -> bool:
        """Tell whether the page, if it is one, may use this credential."""
        if cors.is_same_origin(self._headers):
            return True
        origins = self._application.origins(identity)
        return origins is not None and origins.admit(self._headers["origin"])

    async def _start(self, id: str, payload: Mapping[str, Any]) -> None:
        operations = self._operations
        if operations is None:
            raise Closing(CloseCode.UNAUTHORIZED, "Send connection_init first.")
        if id in operations:
            raise Closing(CloseCode.SUBSCRIBER_EXISTS, "This id is in use.")
        if len(operations) >= self._limits.socket_operations:
            most = Problem(
                ErrorCode.RATE_LIMITED,
                f"At most {self._limits.socket_operations} operations run on one socket.",
            )
            shown = masking.stopped(most, new_request_id())
            return await self._outlet.say(written("error", id, shown))
        operations.start(id, payload)


def _text(text: str) -> AsgiMessage:
    return {"type": "websocket.send", "text": text}
