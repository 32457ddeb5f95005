"""The GraphQL endpoint: one ASGI application for HTTP and the websocket on the same path."""

from __future__ import annotations

from typing import Generic

import strawberry

from ordergraph.graph.execution.engine import Engine, ExecutorName
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport.application import Application, I
from ordergraph.graph.transport.asgi import Receive, Scope, Send
from ordergraph.graph.transport.http import HttpTransport
from ordergraph.graph.transport.hub import Hub
from ordergraph.graph.transport.rechecking import Rechecking
from ordergraph.graph.transport.shelf import Shelf
from ordergraph.graph.transport.websocket import WebSocketTransport


class GraphQLEndpoint(Generic[I]):
    """Serves a schema to whoever the application lets in, within the limits."""

    def __init__(
        self,
        schema: strawberry.Schema,
        application: Application[I],
        limits: Limits | None = None,
        executor: ExecutorName = "compiled",
        shelf: Shelf | None = None,
    ) -> None:
        limits = limits or Limits()
        engine = Engine(schema, limits, executor)
        hub = Hub(engine, application)
        rechecking = Rechecking(application, limits.recheck_seconds)
        self._http = HttpTransport(engine, application, limits, hub, rechecking, shelf)
        self._websocket = WebSocketTransport(hub, rechecking, limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
