"""Connections of the driver itself, beside the pool: for listening, locks and the job queue."""

from typing import Any

import asyncpg
from sqlalchemy import URL, make_url

DriverConnection = Any
"""A connection of asyncpg, which ships no types."""


def engine_url(text: str) -> str:
    """Return the SQLAlchemy URL for any usual Postgres URL: `postgres://`, `sslmode=` and all."""
    url = make_url(text)
    query = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    url = url.set(drivername="postgresql+asyncpg", query=query)
    return url.render_as_string(hide_password=False)


async def connect(url: str, application_name: str, **settings: str) -> DriverConnection:
    """Open one connection to the database of `url`, in autocommit; the caller closes it."""
    parsed: URL = make_url(engine_url(url))
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    driver: Any = asyncpg
    return await driver.connect(
        **arguments,
        timeout=10,
        max_cacheable_statement_size=0,  # any: the longest cost the most to plan
        server_settings={"application_name": application_name, "timezone": "UTC", **settings},
    )


async def learn_arrays(connection: DriverConnection) -> None:
    """Have the driver find out now how arrays are read that stand in rows which stand in rows.

    Elsewhere it asks the server when it meets a type; there it gives up.
    """
    await connection.fetch("SELECT NULL::uuid[], NULL::text[]")


class StandingConnection:
    """One driver connection kept for a purpose of its own, opened again after it broke.

    Not shared between tasks: its owner runs one statement at a time.
    """

    def __init__(self, url: str, application_name: str, **settings: str) -> None:
        self._url = url
        self._name = application_name
        self._settings = settings
        self._connection: DriverConnection | None = None

    async def get(self) -> DriverConnection:
        """Return the connection, opening one if there is none or it is closed."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url, self._name, **self._settings)
        return self._connection

    async def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=2)
