"""Connections for reads: the driver's own, in autocommit, opened when needed and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ordergraph.runtime.db.driver import DriverConnection, connect, learn_arrays
from ordergraph.runtime.db.failures import translated

_LONGEST_WAIT = 30
"""Seconds that a read waits for a connection while all are busy."""

_JSONB_VERSION = b"\x01"
"""The byte that stands before JSON in the binary form of Postgres, which rows in rows need."""


class ReadingConnections:
    """At most `most` connections to the database of `url`; none of them can write.

    Beside the pool of transactions, so that a page is never kept waiting by purchases; and as the
    driver has them, because what SQLAlchemy does for a statement costs several times the read.
    """

    def __init__(self, url: str, most: int, name: str, settings: Mapping[str, str]) -> None:
        self._url = url
        self._name = name
        self._settings = {**settings, "default_transaction_read_only": "on"}
        self._places = asyncio.Semaphore(most)
        self._idle: list[DriverConnection] = []
        self._closed = False

    async def fetch(self, text: str, arguments: Sequence[Any]) -> list[Any]:
        """Run a prepared statement and return its rows; a server that is gone is `Unavailable`."""
        with translated():
            if self._places.locked():
                async with asyncio.timeout(_LONGEST_WAIT):
                    await self._places.acquire()
            else:
                await self._places.acquire()
            try:
                return await self._fetch(text, arguments)
            finally:
                self._places.release()

    async def close(self) -> None:
        """Close what is idle now, and what is busy as soon as it is given back."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(each.close(timeout=2) for each in idle), return_exceptions=True)

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> list[Any]:
        connection = await self._take()
        try:
            return await connection.fetch(text, *arguments)
        finally:
            if self._closed:
                connection.terminate()
            elif not connection.is_closed():
                self._idle.append(connection)

    async def _take(self) -> DriverConnection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        connection = await connect(self._url, self._name, **self._settings)
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=_binary, decoder=_value, format="binary"
        )
        await learn_arrays(connection)
        return connection


def _binary(value: Any) -> bytes:
    return _JSONB_VERSION + orjson.dumps(value)


def _value(binary: bytes) -> Any:
    return orjson.loads(binary[1:])
