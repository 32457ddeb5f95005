"""A worker as its parent sees it."""

import asyncio
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Self

from ordergraph.cli.control import SERVING, WELL_SECONDS, Assignment

SILENT_SECONDS = 12 * WELL_SECONDS
"""A worker that says nothing for so long hangs."""
LEAVING_SECONDS = 30
"""What a worker may take that was asked to leave; it gives open requests much less."""


class Child:
    """One worker process and our end of the socket to it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def launch(cls, listener: socket.socket) -> Self:
        """Start a new interpreter, so that it runs the code as it is now.

        In a session of its own: what is typed at our terminal reaches it through us.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            files = (theirs.fileno(), listener.fileno())
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "ordergraph.cli.supervised", *map(str, files)),
                stdin=subprocess.DEVNULL,
                pass_fds=files,
                start_new_session=True,
            )
        return cls(process, *await asyncio.open_connection(sock=ours))

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    async def serves(self, assignment: Assignment) -> bool:
        """Say what to serve, and wait until it does; False when it died before."""
        with suppress(ConnectionError):
            self._writer.write(assignment.line())
            await self._writer.drain()
            return await self._reader.readline() == SERVING
        return False

    async def ended(self) -> int:
        """Wait until it is gone, and return the code it left with; one that hangs is killed."""
        try:
            with suppress(ConnectionError):
                while await asyncio.wait_for(self._reader.readline(), SILENT_SECONDS):
                    pass
        except TimeoutError:
            self.kill()
        return await self._gone()

    async def retire(self) -> None:
        """Have it finish what it has begun, unnoticed by clients, and wait until it is gone."""
        self._writer.close()
        await self._gone()

    async def stop(self) -> None:
        """Have it leave, and wait until it is gone."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        # One that still waits for its assignment learns by this that there will be none.
        self._writer.close()
        await self._gone()

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def _gone(self) -> int:
        try:
            return await asyncio.wait_for(self._process.wait(), LEAVING_SECONDS)
        except TimeoutError:
            self.kill()
            return await self._process.wait()
        finally:
            self._writer.close()
