"""A client of graphql-transport-ws that shows every message as it comes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE = 60.0


class Operation:
    """One operation on a socket."""

    def __init__(self, id: str) -> None:
        self.id = id
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def put(self, message: dict[str, Any]) -> None:
        self._messages.put_nowait(message)

    async def message(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """Return the next message of the protocol for this operation."""
        async with asyncio.timeout(seconds):
            return await self._messages.get()

    async def next(self, seconds: float = PATIENCE) -> Any:
        """Return what the next event says: the value of its only root field."""
        message = await self.message(seconds)
        assert message["type"] == "next", message
        payload = message["payload"]
        assert "errors" not in payload, payload
        (value,) = payload["data"].values()
        return value

    async def take(self, count: int) -> list[Any]:
        """Return the next `count` events."""
        return [await self.next() for _ in range(count)]

    async def refusal(self) -> str:
        """Return the code that ends this operation, told as an error or as its last answer."""
        message = await self.message()
        payload = message["payload"]
        errors = payload if message["type"] == "error" else payload["errors"]
        return errors[0]["extensions"]["code"]

    async def quiet(self, seconds: float = 0.5) -> None:
        """Make sure that nothing comes for a while."""
        with suppress(TimeoutError):
            raise AssertionError(await self.message(seconds))


class Socket:
    """A socket whose server has acknowledged it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._operations: dict[str, Operation] = {}
        self._reading = asyncio.create_task(self._read())

    async def subscribe(self, document: str, **variables: Any) -> Operation:
        """Start an operation."""
        operation = Operation(str(len(self._operations) + 1))
        self._operations[operation.id] = operation
        payload = {"query": document, "variables": variables}
        message = {"id": operation.id, "type": "subscribe", "payload": payload}
        await self._connection.send(json.dumps(message))
        return operation

    async def closed(self, seconds: float) -> int | None:
        """Wait until the server closes the socket, and return its code."""
        async with asyncio.timeout(seconds):
            await self._connection.wait_closed()
        return self._connection.close_code

    def cut(self) -> None:
        """Lose the network: no word of the protocol is said."""
        self._connection.transport.abort()

    async def close(self) -> None:
        await self._connection.close()
        self._reading.cancel()

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._connection:
                message = json.loads(text)
                if message["type"] == "ping":
                    await self._connection.send('{"type":"pong"}')
                elif "id" in message:
                    self._operations[message["id"]].put(message)


@asynccontextmanager
async def open_socket(url: str, token: str, secret: str | None = None) -> AsyncGenerator[Socket]:
    """Open a socket as the holder of a token, and perhaps of an order's secret."""
    parameters = {"Authorization": f"Bearer {token}"}
    if secret is not None:
        parameters["orderSecret"] = secret
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(url, subprotocols=[protocol], proxy=None) as connection:
        await connection.send(json.dumps({"type": "connection_init", "payload": parameters}))
        acknowledged = json.loads(await connection.recv())
        assert acknowledged["type"] == "connection_ack", acknowledged
        socket = Socket(connection)
        try:
            yield socket
        finally:
            await socket.close()
