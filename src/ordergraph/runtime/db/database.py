"""The database: pooled connections, transactions for actors, one-statement reads for viewers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Executable, Row, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import Clock
from ordergraph.runtime.db import statements
from ordergraph.runtime.db.driver import learn_arrays
from ordergraph.runtime.db.prepared import NOTHING, Prepared, Record, Values
from ordergraph.runtime.db.reading import ReadingConnections
from ordergraph.runtime.db.transaction import Parameters, Transaction, TransactionHook, translated

_NAME = "ordergraph"
_SESSION = {
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "15000",
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""Lock waits end after 3 s (CON-4); an abandoned transaction may not hold the log back.

A statement is planned once for each connection: for most of ours planning costs more than running.
"""


class Database:
    """Opens transactions and answers reads; knows no table."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        hooks: Sequence[TransactionHook] = (),
        pool_size: int = 16,
    ) -> None:
        self.url = url
        self.clock = clock
        self._hooks = tuple(hooks)
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            connect_args={
                "server_settings": {"application_name": _NAME, **_SESSION},
                "timeout": 10,
            },
            json_serializer=_json,
            json_deserializer=orjson.loads,
        )
        self._alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._reading = ReadingConnections(url, max(1, pool_size // 2), _NAME, _SESSION)
        _count(self.engine)
        event.listen(self.engine.sync_engine, "connect", _prepare_driver)

    def transaction(self, actor: Actor) -> Transaction:
        """Open a unit of work for `actor`: commits on exit, rolls back on any exception."""
        return Transaction(self.engine, actor, self.clock.now(), self._hooks)

    def viewer(self, actor: Actor) -> Viewer:
        """Return a reader for `actor`: each statement stands alone, one round trip."""
        return Viewer(self._alone, self._reading, actor, self.clock)

    def alone(self) -> AsyncConnection:
        """Open a connection whose every statement commits by itself: for the system's own work."""
        return self._alone.connect()

    async def close(self) -> None:
        """Close all connections."""
        await self._reading.close()
        await self.engine.dispose()


class Viewer:
    """Looks, and cannot write: every statement runs by itself outside any transaction."""

    __slots__ = ("_clock", "_engine", "_reading", "actor", "environment_id")

    def __init__(
        self, engine: AsyncEngine, reading: ReadingConnections, actor: Actor, clock: Clock
    ) -> None:
        self._engine = engine
        self._reading = reading
        self._clock = clock
        self.actor = actor
        self.environment_id: UUID = actor.environment_id

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    async def fetch(self, statement: Prepared, values: Values = NOTHING) -> Sequence[Record]:
        """Return all rows of a prepared statement, as the driver gives them."""
        text = statement.text
        statements.note(text)
        return await self._reading.fetch(text, statement.arguments(self.environment_id, values))

    async def rows(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Sequence[Row[Any]]:
        """Return all rows of a statement."""
        bound = {"scope": self.environment_id, **(parameters or {})}
        with translated():
            async with self._engine.connect() as connection:
                return (await connection.execute(statement, bound)).all()

    async def first(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Row[Any] | None:
        """Return the first row, or None."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """Return the first column of the first row, or None."""
        row = await self.first(statement, parameters)
        return None if row is None else row[0]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_driver(connection: Any, _: Any) -> None:
    connection.run_async(learn_arrays)


def _count(engine: AsyncEngine) -> None:
    """Report every statement of the engine, transaction control included, to whoever counts."""

    def sent(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        statements.note(text)

    def control(text: str) -> Callable[[Connection], None]:
        def note(connection: Connection) -> None:
            if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
                statements.note(text)

        return note

    event.listen(engine.sync_engine, "before_cursor_execute", sent)
    for moment in ("begin", "commit", "rollback"):
        event.listen(engine.sync_engine, moment, control(moment.upper()))
