"""GraphQL on a websocket: the protocol graphql-transport-ws, and no other."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Generic

import structlog

from ordergraph.graph.limits import Limits
from ordergraph.graph.transport.application import I
from ordergraph.graph.transport.asgi import Receive, Scope, Send, headers_of
from ordergraph.graph.transport.hub import Hub
from ordergraph.graph.transport.messages import PROTOCOL, CloseCode, Closing
from ordergraph.graph.transport.rechecking import Rechecking
from ordergraph.graph.transport.session import Session

_log = structlog.get_logger(__name__)


class WebSocketTransport(Generic[I]):
    """Serves sockets, each with a session of its own, and closes each with the right code."""

    def __init__(self, hub: Hub[I], rechecking: Rechecking[I], limits: Limits) -> None:
        self._hub = hub
        self._rechecking = rechecking
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        closing = await self._serve(scope, receive, send)
        if closing is not None:
            close = {"type": "websocket.close", "code": closing.code, "reason": closing.reason}
            # Who does not read does not get it; nobody waits for that for ever.
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._limits.close_seconds):
                    await send(close)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> Closing | None:
        """Serve a socket until the client leaves; returns how to close it where we do."""
        fits = PROTOCOL in scope.get("subprotocols", ())
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if fits else None})
        if not fits:
            return Closing(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, f"Speak {PROTOCOL}.")
        session = Session(
            self._hub, self._rechecking, self._limits, headers_of(scope), receive, send
        )
        try:
            await session.serve()
        except Closing as closing:
            return closing
        except Exception as error:
            _log.error("a socket failed", exc_info=error)
            return Closing(CloseCode.TRY_AGAIN_LATER, "Something went wrong on our side.")
        return None
