"""Sending the head of an answer together with its body: one packet and one call of the system."""

from __future__ import annotations

import asyncio
from typing import Any, cast

_HEAD = b"HTTP/1.1 "


class Corked:
    """A transport that holds the head of an answer back until its body comes, or the tick ends."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.plain = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send data, behind what was held back; a head is held back itself."""
        if self._head:
            head, self._head = self._head, b""
            self.plain.write(head + data)
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self.flush)
        else:
            self.plain.write(data)

    def flush(self) -> None:
        """Send what was held back."""
        head, self._head = self._head, b""
        if head and not self.plain.is_closing():
            self.plain.write(head)

    def close(self) -> None:
        """Close the transport once all has been sent."""
        self.flush()
        self.plain.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


def corked(transport: asyncio.BaseTransport, loop: asyncio.AbstractEventLoop) -> asyncio.Transport:
    """Return a transport that holds heads back, for protocols that write head and body apart."""
    return cast("asyncio.Transport", Corked(cast("asyncio.Transport", transport), loop))


def uncorked(transport: Any) -> asyncio.Transport:
    """Return the transport itself, for another protocol to go on with."""
    if isinstance(transport, Corked):
        transport.flush()
        return transport.plain
    return transport
