"""Leaving a listening socket, with clients at every point of a conversation."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from ordergraph.cli import draining
from ordergraph.cli.draining import Connection, Server

ASK = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
PATIENCE = 30


class Answering:
    """Answers requests, those to /slow when it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = asyncio.Event()
        self.leaving = asyncio.Event()

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            self.asked.set()
            await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [LENGTH]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def end_streams(self) -> None:
        self.leaving.set()


LENGTH = (b"content-length", b"2")


class Client:
    """One connection, and what came over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def ask(self, path: str = "/") -> list[str]:
        """Ask and return the answer's headers."""
        self.writer.write(ASK.replace(b"/", path.encode(), 1))
        return await self.answer()

    async def answer(self) -> list[str]:
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), PATIENCE)
        assert await self._reader.readexactly(2) == b"ok"
        return head.decode().splitlines()

    async def closed(self) -> bool:
        """Wait until the server closes the connection without another word."""
        return await asyncio.wait_for(self._reader.read(), PATIENCE) == b""


class House:
    """A server and the clients that it has."""

    def __init__(self, server: Server, app: Answering, port: int) -> None:
        self.server = server
        self.app = app
        self._port = port

    async def client(self) -> Client:
        return Client(*await asyncio.open_connection("127.0.0.1", self._port))

    async def leave(self, *, gently: bool) -> None:
        """Ask the server to leave, and wait until it has begun to."""
        self.server.gently = gently
        self.server.should_exit = True
        await self.app.leaving.wait()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with opened() as house:
        yield house


@asynccontextmanager
async def opened() -> AsyncIterator[House]:
    app = Answering()
    config = uvicorn.Config(app, http=Connection, lifespan="off", log_config=None, access_log=False)
    server = Server(config, app.end_streams)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        yield House(server, app, listener.getsockname()[1])
        app.may_answer.set()
        server.should_exit = True
        await serving
    assert app.leaving.is_set()


async def test_a_request_that_comes_while_the_server_leaves_gently_is_answered_as_the_last(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "QUIET_SECONDS", PATIENCE)
    idle, silent = await house.client(), await house.client()
    assert "connection: close" not in await idle.ask()
    await house.leave(gently=True)
    for client in (idle, silent):
        assert "connection: close" in await client.ask()
        assert await client.closed()


async def test_a_connection_on_which_nothing_is_asked_ends_after_a_quiet_moment(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "QUIET_SECONDS", 0)
    idle, silent = await house.client(), await house.client()
    await idle.ask()
    await house.leave(gently=True)
    assert await idle.closed()
    assert await silent.closed()


@pytest.mark.parametrize("gently", [False, True])
async def test_what_is_being_answered_is_finished(house: House, gently: bool) -> None:
    slow = await house.client()
    asking = asyncio.create_task(slow.ask("/slow"))
    await house.app.asked.wait()
    await house.leave(gently=gently)
    house.app.may_answer.set()
    assert "connection: close" in await asking
    assert await slow.closed()


async def test_a_server_that_nobody_follows_closes_idle_connections_at_once(house: House) -> None:
    idle = await house.client()
    await idle.ask()
    await house.leave(gently=False)
    assert await idle.closed()
