"""What the parent of several workers and a worker say to each other, over a socket of their own.

The parent sends one assignment; the worker says when it serves, and then that it is well. A parent
that closes its end, or dies, asks the worker to leave gently.
"""

import asyncio
import json
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Self

from ordergraph.cli.leaving import Leaving

SERVING = b"serving\n"
WELL = b"well\n"
WELL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker serves; `first` is the one that tells of the demo shop."""

    url: str
    host: str
    data_dir: str
    pool_size: int
    demo: bool
    first: bool

    def line(self) -> bytes:
        """Write it down."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read what `line` wrote; an empty one means that the parent is gone."""
        return cls(**json.loads(line))


class Control:
    """A worker's end of the socket."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def assignment(self) -> Assignment | None:
        """Wait for the assignment; None when the parent left before it gave one."""
        with self._channel.makefile("rb", buffering=0) as lines:
            line = lines.readline()
        return Assignment.read(line) if line.endswith(b"\n") else None

    async def follow(self, leaving: Leaving) -> None:
        """Ask to leave gently once the parent has nothing more to say."""
        self._channel.setblocking(False)
        # A parent that died before it read what we said leaves a reset connection.
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_recv(self._channel, 1)
        leaving.ask(gently=True)

    def say(self, word: bytes) -> None:
        """Tell the parent; a parent that does not listen is not waited for."""
        with suppress(OSError):
            self._channel.send(word)
