"""The unit of work: commits on exit, rolls back on any exception; nobody else calls commit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Row,
    insert,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ordergraph.core.events import Event
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.problems import Problem, not_found
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import statements
from ordergraph.runtime.db.base import Base, TenantRow
from ordergraph.runtime.db.failures import (
    Conflict,
    ConstraintViolated,
    Unavailable,
    translated,
)
from ordergraph.runtime.db.prepared import NOTHING, Prepared, Record, Values
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.together import together

__all__ = [
    "Conflict",
    "ConstraintViolated",
    "Parameters",
    "Reader",
    "Transaction",
    "TransactionHook",
    "Unavailable",
    "translated",
]

Parameters = Mapping[str, Any]


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


class Transaction:
    """One database transaction on behalf of an actor; use it as an async context manager.

    Statements are confined to the actor's environment through the bound `environment_id`.
    `emit` tells an event, written in this same transaction. `remember` says which objects the
    mutation answers with, so that a replay of its idempotency key can render them (IDM-5).

    It begins with the first statement that locks or writes: one that only looks before that stands
    alone, and a transaction whose writes all travel in its last statement needs no other.
    """

    __slots__ = (
        "_begun",
        "_driver",
        "_engine",
        "_expected",
        "_hooks",
        "_lent",
        "_pending",
        "_refusals",
        "_slow",
        "_values",
        "actor",
        "announcements",
        "answer",
        "environment_id",
        "errors",
        "events",
        "now",
        "outdated",
    )

    def __init__(
        self, engine: AsyncEngine, actor: Actor, now: datetime, hooks: Sequence[TransactionHook]
    ) -> None:
        self._engine = engine
        self._hooks = hooks
        self._begun = False
        self._slow: AsyncConnection | None = None
        self._pending: list[CTE] = []
        self._expected: dict[CTE, tuple[int, Exception]] = {}
        self._values: dict[str, Any] = {}
        self._refusals: dict[str, Problem] = {}
        self.actor = actor
        self.environment_id = actor.environment_id
        self.now = now
        self.events: list[Event] = []
        self.announcements: list[tuple[str, str]] = []
        self.answer: dict[str, str | None] = {}
        self.errors: list[Problem] = []
        self.outdated: set[UUID] = set()

    async def __aenter__(self) -> Self:
        await self._borrow()
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
            await self._flush(last=True)
        except BaseException:
            await self._leave(commit=False)
            raise
        await self._leave(commit=True)

    async def _borrow(self) -> None:
        """Take a connection of the pool, and no notice of those that broke while they lay there."""
        while True:
            with translated():
                self._lent: Any = await self._engine.raw_connection()
            self._driver: Any = self._lent.driver_connection
            if not self._driver.is_closed():
                return
            self._lent.invalidate()
            self._lent.close()

    def _give_back(self, *, broken: bool) -> None:
        if self._lent.is_valid and (broken or self._driver.is_closed()):
            self._lent.invalidate()
        self._lent.close()

    async def _leave(self, *, commit: bool) -> None:
        ended = False
        try:
            with translated():
                await self._end("COMMIT" if commit else "ROLLBACK")
            ended = True
            self.actor.committed += commit
        except Exception:
            if commit:
                raise
        finally:
            self._give_back(broken=not ended)
            for hook in self._hooks:
                hook.closed(self, committed=commit and ended)

    async def _end(self, word: str) -> None:
        if not self._begun:
            return
        statements.note(word)
        if await self._driver.execute(word) != word:
            raise RuntimeError("a statement of this transaction failed: it cannot be committed")

    async def _begin(self) -> None:
        if not self._begun:
            statements.note("BEGIN")
            with translated():
                await self._driver.execute("BEGIN")
            self._begun = True

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
        await self._flush()
        await self._begin()
        if self._slow is None:
            # SQLAlchemy over the same connection; it is told that nothing is for it to begin.
            plain = Connection(self._engine.sync_engine, connection=self._lent)
            self._slow = AsyncConnection(
                self._engine, plain.execution_options(isolation_level="AUTOCOMMIT")
            )
        with translated():
            return await self._slow.execute(statement, bound)

    async def fetch(self, statement: Prepared, values: Values = NOTHING) -> Sequence[Record]:
        """Return all rows of a prepared statement, as the driver gives them."""
        await self._flush()
        return await self._fetch(statement, values)

    async def _fetch(self, statement: Prepared, values: Values) -> Sequence[Record]:
        text = statement.text
        if not _only_looks(text):
            await self._begin()
        return await self._run(text, statement.arguments(self.environment_id, values))

    async def _run(self, text: str, arguments: Sequence[Any]) -> Sequence[Record]:
        statements.note(text)
        with translated():
            return await self._driver.fetch(text, *arguments)

    def defer(
        self,
        write: CTE,
        values: Values = NOTHING,
        *,
        expecting: int | None = None,
        otherwise: Exception | None = None,
        refusals: Mapping[str, Problem] = NOTHING,
    ) -> None:
        """Have a write travel with others in one statement, at the end of the transaction or
        before anything else is asked of it.

        Another number of rows than `expecting` raises `otherwise`, by default a `Conflict`;
        `refusals` says what broken constraints mean, by their names. Values are shared by all that
        travel together: one name means one thing.
        """
        if write in self._pending:
            raise ValueError("the same write twice in one statement")
        self._pending.append(write)
        self._values.update(values)
        self._refusals.update(refusals)
        if expecting is not None:
            self._expected[write] = expecting, otherwise or Conflict()

    async def _flush(self, *, last: bool = False) -> None:
        if not self._pending:
            return
        expected, values, refusals = self._expected, self._values, self._refusals
        statement = together(tuple(self._pending), tuple(expected))
        self._pending, self._expected, self._values, self._refusals = [], {}, {}, {}
        if expected or not last:
            await self._begin()
        try:
            arguments = statement.arguments(self.environment_id, values)
            (counts,) = await self._run(statement.text, arguments)
        except ConstraintViolated as violated:
            raise refusals.get(violated.constraint, violated) from violated
        for count, (wanted, otherwise) in zip(counts, expected.values(), strict=False):
            if count != wanted:
                raise otherwise

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
        await self._flush()
        await self._begin()
        return [dict(row) for row in await self._run(sql, arguments)]

    def emit(self, event: Event) -> None:
        """Tell an event: it is in the log if, and only if, this transaction commits."""
        self.events.append(event)

    def announce(self, topic: str, message: str) -> None:
        """Broadcast a message to all processes once this transaction has committed, best effort."""
        self.announcements.append((topic, message))

    def outdate(self, ids: Iterable[UUID]) -> None:
        """Note products, or variants whose stock moved: what caches keep of them is out of date
        once this transaction has committed."""
        self.outdated.update(ids)

    def remember(self, name: str, prefix: Prefix, id: UUID) -> None:
        """Note that the mutation's payload has the object `id` under `name` (IDM-5)."""
        self.answer[name] = encode(prefix, id)


_LOOKING = re.compile(r"\s*SELECT\b", re.IGNORECASE)
_LOCKING = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?(UPDATE|SHARE|KEY)\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _only_looks(text: str) -> bool:
    """Tell whether a statement neither writes nor locks; a WITH counts as one that may."""
    return _LOOKING.match(text) is not None and _LOCKING.search(text) is None


@cache
def _insertion(row: type[Base], *, many: bool) -> Executable:
    """Return the insert of a table; with RETURNING several rows travel in one statement."""
    statement = insert(row)
    one: ColumnElement[int] = literal_column("1")
    return statement.returning(one) if many else statement
