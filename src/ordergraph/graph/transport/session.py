"""One socket: who it is, and the operations that run on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, Generic

import structlog
from graphql import OperationType

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph import masking
from ordergraph.graph.execution.documents import InvalidDocument
from ordergraph.graph.execution.engine import Engine
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport import cors
from ordergraph.graph.transport.application import Application, Credentials, I
from ordergraph.graph.transport.asgi import Receive, Send, new_request_id
from ordergraph.graph.transport.messages import (
    CloseCode,
    Closing,
    Message,
    read_message,
    written,
)
from ordergraph.graph.transport.preparing import prepare
from ordergraph.graph.transport.rechecking import ended, until_invalid
from ordergraph.graph.transport.requests import read_request


class Session(Generic[I]):
    """Speaks the protocol on one accepted socket."""

    def __init__(
        self,
        engine: Engine,
        application: Application[I],
        limits: Limits,
        headers: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        self._engine = engine
        self._application = application
        self._limits = limits
        self._headers = headers
        self._receive = receive
        self._send = send
        self._initialised = asyncio.Event()
        self._identity: asyncio.Future[I] = asyncio.get_running_loop().create_future()
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Serve until the client leaves, or raise the `Closing` that ends the socket."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._watch())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await ended([*tasks, *self._operations.values()])

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

    async def _watch(self) -> None:
        """Wait for the start of the protocol, then for the end of the credential."""
        try:
            async with asyncio.timeout(self._limits.init_seconds):
                await self._initialised.wait()
        except TimeoutError:
            late = "No connection_init arrived in time."
            raise Closing(CloseCode.INITIALISATION_TIMEOUT, late) from None
        identity = await asyncio.shield(self._identity)
        still_valid = partial(self._application.still_valid, identity)
        await until_invalid(still_valid, self._limits.recheck_seconds)
        raise Closing(CloseCode.FORBIDDEN, "The credential no longer opens.")

    async def _handle(self, message: Message) -> None:
        match message.type:
            case "connection_init":
                await self._initialise(message.payload)
            case "ping":
                await self._tell(written("pong"))
            case "subscribe":
                await self._start(message.id, message.payload)
            case "complete":
                operation = self._operations.pop(message.id, None)
                if operation is not None:
                    operation.cancel()
            case _:
                pass

    async def _initialise(self, parameters: Mapping[str, Any]) -> None:
        if self._initialised.is_set():
            again = "connection_init was sent before."
            raise Closing(CloseCode.TOO_MANY_INITIALISATIONS, again)
        self._initialised.set()
        credentials = Credentials(self._headers, parameters)
        try:
            identity = await self._application.authenticate(credentials, new_request_id())
        except Problem as problem:
            raise Closing(CloseCode.FORBIDDEN, masking.shortened(problem.message)[:100]) from None
        if not self._admits_origin(identity):
            raise Closing(CloseCode.FORBIDDEN, "This key may not be used from this origin.")
        self._identity.set_result(identity)
        await self._tell(written("connection_ack"))

    def _admits_origin(self, identity: I) -> bool:
        """Tell whether the page, if it is one, may use this credential."""
        if cors.is_same_origin(self._headers):
            return True
        origins = self._application.origins(identity)
        return origins is not None and origins.admit(self._headers["origin"])

    async def _start(self, id: str, payload: Mapping[str, Any]) -> None:
        if not self._identity.done():
            raise Closing(CloseCode.UNAUTHORIZED, "Send connection_init first.")
        if id in self._operations:
            raise Closing(CloseCode.SUBSCRIBER_EXISTS, "This id is in use.")
        if len(self._operations) >= self._limits.socket_operations:
            most = Problem(
                ErrorCode.RATE_LIMITED,
                f"At most {self._limits.socket_operations} operations run on one socket.",
            )
            shown = masking.stopped(most, new_request_id())
            return await self._tell(written("error", id, shown))
        self._operations[id] = asyncio.create_task(self._operate(id, payload))

    async def _operate(self, id: str, payload: Mapping[str, Any]) -> None:
        request_id = new_request_id()
        last = written("complete", id)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._run(id, payload, request_id)
            except InvalidDocument as invalid:
                last = written("error", id, masking.refused(invalid.errors, request_id))
            except Exception as error:
                last = written("error", id, masking.stopped(error, request_id))
        self._operations.pop(id, None)
        await self._tell(last)

    async def _run(self, id: str, payload: Mapping[str, Any], request_id: str) -> None:
        identity = self._identity.result()
        request = read_request(payload)
        prepared = await prepare(self._engine, self._application, identity, request)
        context = self._application.context(identity, request_id, None)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            answer = await self._engine.run_to_its_end(prepared, context, request_id)
            return await self._tell(written("next", id, answer))
        answers = self._engine.follow(prepared, context, request_id)
        async with aclosing(answers):
            async for answer in answers:
                await self._tell(written("next", id, answer))

    async def _tell(self, text: str) -> None:
        with suppress(OSError):
            await self._send({"type": "websocket.send", "text": text})
