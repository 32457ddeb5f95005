"""The unit of work: commits on exit, rolls back on any exception; nobody else calls commit."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from asyncpg import PostgresConnectionError
from sqlalchemy import ColumnElement, CursorResult, Executable, Row, insert, literal_column, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ordergraph.core.events import Event
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.problems import ErrorCode, Problem, not_found
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.base import Base, TenantRow
from ordergraph.runtime.db.prepared import NOTHING, Prepared, Record, Values
from ordergraph.runtime.db.scope import within

Parameters = Mapping[str, Any]

_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""Serialisation failure, deadlock, lock wait above the limit (CON-4)."""

_UNREACHABLE = frozenset({"08", "57"})
"""Classes of errors that say that the server is gone, going or not yet there."""


class Reader(Protocol):
    """What can be asked for rows of one environment: a viewer, or a transaction."""

    @property
    def environment_id(self) -> UUID: ...
    @property
    def actor(self) -> Actor: ...
    @property
    def now(self) -> datetime: ...
    async def fetch(self, statement: Prepared, values: Values = NOTHING) -> Sequence[Record]: ...
    async def rows(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Sequence[Row[Any]]: ...
    async def first(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Row[Any] | None: ...
    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any: ...


class TransactionHook(Protocol):
    """Plumbing that takes part in every transaction: idempotency, the outbox."""

    async def opened(self, tx: Transaction) -> None: ...
    async def closing(self, tx: Transaction) -> None: ...
    def closed(self, tx: Transaction, *, committed: bool) -> None: ...


class ConstraintViolated(Exception):
    """The database refused a row; `constraint` names the rule that it broke."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class Conflict(Problem):
    """Another transaction stood in the way; nothing was written (CON-4)."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.ORDER_CONFLICT,
            "Somebody else was changing the same records. Nothing was changed: please repeat.",
        )


class Unavailable(Problem):
    """The database cannot be reached now; what was under way is not known to have happened."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.SERVICE_UNAVAILABLE,
            "The shop's database cannot be reached at the moment: please repeat in a while.",
        )


class Transaction:
    """One database transaction on behalf of an actor; use it as an async context manager.

    Statements are confined to the actor's environment through the bound `environment_id`.
    `emit` tells an event, written in this same transaction. `remember` says which objects the
    mutation answers with, so that a replay of its idempotency key can render them (IDM-5).
    """

    __slots__ = (
        "_connection",
        "_engine",
        "_hooks",
        "actor",
        "announcements",
        "answer",
        "environment_id",
        "errors",
        "events",
        "now",
    )

    def __init__(
        self, engine: AsyncEngine, actor: Actor, now: datetime, hooks: Sequence[TransactionHook]
    ) -> None:
        self._engine = engine
        self._hooks = hooks
        self.actor = actor
        self.environment_id = actor.environment_id
        self.now = now
        self.events: list[Event] = []
        self.announcements: list[tuple[str, str]] = []
        self.answer: dict[str, str | None] = {}
        self.errors: list[Problem] = []

    async def __aenter__(self) -> Self:
        with translated():
            self._connection: AsyncConnection = await self._engine.connect()
        try:
            for hook in self._hooks:
                await hook.opened(self)
        except BaseException:
            await self._leave(commit=False)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            await self._leave(commit=False)
            return
        try:
            for hook in self._hooks:
                await hook.closing(self)
        except BaseException:
            await self._leave(commit=False)
            raise
        await self._leave(commit=True)

    async def _leave(self, *, commit: bool) -> None:
        done = False
        try:
            with translated():
                if commit:
                    await self._connection.commit()
                    self.actor.committed += 1
                    done = True
                else:
                    await self._connection.rollback()
        finally:
            await self._connection.close()
            for hook in self._hooks:
                hook.closed(self, committed=done)

    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[Any]:
        """Run a statement; a broken constraint is `ConstraintViolated`, a race is `Conflict`."""
        return await self._send(statement, {"scope": self.environment_id, **(parameters or {})})

    async def add(self, row: type[Base], *values: Parameters) -> None:
        """Insert rows of one table into the actor's environment, in one statement."""
        if values:
            rows = [{"environment_id": self.environment_id, **value} for value in values]
            await self._send(
                _insertion(row, many=len(rows) > 1), rows if len(rows) > 1 else rows[0]
            )

    async def _send(self, statement: Executable, bound: Any) -> CursorResult[Any]:
        with translated():
            return await self._connection.execute(statement, bound)

    async def fetch(self, statement: Prepared, values: Values = NOTHING) -> Sequence[Record]:
        """Return all rows of a prepared statement, as the driver gives them."""
        arguments = tuple(statement.arguments(self.environment_id, values))
        with translated():
            return (await self._connection.exec_driver_sql(statement.text, arguments)).all()

    async def rows(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Sequence[Row[Any]]:
        """Return all rows of a statement."""
        return (await self.execute(statement, parameters)).all()

    async def first(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Row[Any] | None:
        """Return the first row, or None."""
        return (await self.execute(statement, parameters)).first()

    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """Return the first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def lock(self, row: type[TenantRow], id: UUID, what: str, *field: str | int) -> Row[Any]:
        """Lock one row for update and return it; a missing one is not found at `field`."""
        statement = select(*row.__table__.c).where(within(row), row.id == id).with_for_update()
        found = await self.first(statement)
        if found is None:
            raise not_found(what, *field)
        return found

    async def driver_rows(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run SQL in the driver's own spelling ($1, $2) inside this transaction (for jobs)."""
        with translated():
            result = await self._connection.exec_driver_sql(sql, tuple(arguments))
        return [dict(row) for row in result.mappings()]

    def emit(self, event: Event) -> None:
        """Tell an event: it is in the log if, and only if, this transaction commits."""
        self.events.append(event)

    def announce(self, topic: str, message: str) -> None:
        """Broadcast a message to all processes once this transaction has committed, best effort."""
        self.announcements.append((topic, message))

    def remember(self, name: str, prefix: Prefix, id: UUID) -> None:
        """Note that the mutation's payload has the object `id` under `name` (IDM-5)."""
        self.answer[name] = encode(prefix, id)


@cache
def _insertion(row: type[Base], *, many: bool) -> Executable:
    """Return the insert of a table; with RETURNING several rows travel in one statement."""
    statement = insert(row)
    one: ColumnElement[int] = literal_column("1")
    return statement.returning(one) if many else statement


@contextmanager
def translated() -> Generator[None]:
    """Raise what an error of the database means to the caller, inside the block."""
    try:
        yield
    except DBAPIError as error:
        raise _meaning(error) from error
    except (OSError, PoolTimeout, PostgresConnectionError) as error:
        raise Unavailable() from error


def _meaning(error: DBAPIError) -> Exception:
    cause: Any = error.orig
    state: str = getattr(cause, "sqlstate", None) or ""
    if state in _CONFLICTS:
        return Conflict()
    if error.connection_invalidated or state[:2] in _UNREACHABLE:
        return Unavailable()
    if isinstance(error, IntegrityError):
        driver: Any = getattr(cause, "__cause__", None) or cause
        return ConstraintViolated(getattr(driver, "constraint_name", None) or "")
    return error
