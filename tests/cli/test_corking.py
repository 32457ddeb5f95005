"""Answers leave in one piece."""

import asyncio
from typing import Any

from ordergraph.cli.corking import Corked, uncorked


class Wire:
    """A transport that notes each call of the system."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> str:
        return name


def corked() -> tuple[Wire, Any]:
    wire: Any = Wire()
    return wire, Corked(wire, asyncio.get_running_loop())


async def test_a_head_travels_with_its_body() -> None:
    wire, transport = corked()
    for number in (b"1", b"2"):
        transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
        transport.write(b"body " + number)
    transport.write(b"more")
    assert wire.sent == [
        b"HTTP/1.1 200 OK\r\n\r\nbody 1",
        b"HTTP/1.1 200 OK\r\n\r\nbody 2",
        b"more",
    ]
    await asyncio.sleep(0)
    assert len(wire.sent) == 3


async def test_a_head_without_a_body_leaves_with_the_tick() -> None:
    wire, transport = corked()
    transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [b"HTTP/1.1 204 No Content\r\n\r\n"]


async def test_what_is_held_back_leaves_before_the_end() -> None:
    wire, transport = corked()
    transport.write(b"HTTP/1.1 101 ...")
    assert uncorked(transport) is wire
    transport.write(b"HTTP/1.1 200 OK")
    transport.close()
    assert (wire.sent, wire.closed) == ([b"HTTP/1.1 101 ...", b"HTTP/1.1 200 OK"], True)


async def test_nothing_is_written_to_a_connection_that_is_gone() -> None:
    wire, transport = corked()
    transport.write(b"HTTP/1.1 200 OK")
    wire.close()
    await asyncio.sleep(0)
    assert wire.sent == []
    assert transport.get_extra_info("peername") == "peername"
