"""Reading the log: its events by position, its heads, and where a cursor still leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    Uuid,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from ordergraph.core.problems import CursorProblem
from ordergraph.runtime.events.cursors import CursorSeal, Place
from ordergraph.runtime.events.tables import EventRow, EventSequencerRow

PAGE = 500

_EPOCH = select(EventSequencerRow.epoch).scalar_subquery().label("epoch")

_HEADS = text("""
SELECT environment_id, position, (SELECT epoch FROM event_sequencer) AS epoch
FROM unnest(cast(:environments AS uuid[])) AS asked (environment_id)
LEFT JOIN event_heads USING (environment_id)
""")

_PAGE = (
    select(
        EventRow.environment_id,
        EventRow.position,
        EventRow.id,
        EventRow.type,
        EventRow.subject_id,
        EventRow.payload,
        EventRow.request_id,
        EventRow.occurred_at,
        _EPOCH,
    )
    .where(
        EventRow.environment_id == bindparam("environment"),
        EventRow.position > bindparam("after"),
        EventRow.position <= bindparam("upto"),
    )
    .order_by(EventRow.position)
    .limit(PAGE)
)
_SUBJECT_PAGE = _PAGE.where(EventRow.subject_id == bindparam("subject"))

# What is committed by now: the head, and the events that have no position yet.
_START = text("""
SELECT (SELECT position FROM event_heads WHERE environment_id = :environment) AS position,
       ARRAY(SELECT id FROM event_log
             WHERE environment_id = :environment AND position IS NULL) AS waiting,
       (SELECT epoch FROM event_sequencer) AS epoch
""")

# Those that have no position yet will get a later one.
_HAS_NEWER = select(
    select(literal(1))
    .where(
        EventRow.environment_id == bindparam("environment"),
        EventRow.subject_id == bindparam("subject"),
        or_(EventRow.position > bindparam("after"), EventRow.position.is_(None)),
    )
    .exists()
    .label("found"),
    _EPOCH,
)


def _newer() -> Select[Any]:
    """Walk each environment's index from the position known: LATERAL, however large the log."""
    known = (
        func.unnest(
            bindparam("environments", type_=ARRAY(Uuid)),
            bindparam("positions", type_=ARRAY(BigInteger)),
        )
        .table_valued(column("environment_id", Uuid), column("position", BigInteger), name="known")
        .render_derived()
    )
    following = (
        select(*_PAGE.selected_columns)
        .where(EventRow.environment_id == known.c.environment_id)
        .where(EventRow.position > known.c.position)
        .order_by(EventRow.position)
        .limit(PAGE)
        .lateral("following")
    )
    return select(following).select_from(known.join(following, true()))


_NEWER = _newer()

# `kept` is how far this log and that of the cursor's epoch are one: to where the first later
# epoch began, or, in the present epoch, to the head.
_REACH = text("""
SELECT coalesce(head.pruned, 0) AS pruned,
       (SELECT epoch FROM event_sequencer) AS epoch,
       CASE WHEN own.epoch IS NULL THEN -1 ELSE coalesce(
           (SELECT min(coalesce(began.position, 0)) FROM event_epochs AS later
            LEFT JOIN event_epoch_heads AS began
              ON began.epoch = later.epoch AND began.environment_id = :environment
            WHERE later.number > own.number),
           head.position, 0) END AS kept
FROM (SELECT) AS nothing
LEFT JOIN event_heads AS head ON head.environment_id = :environment
LEFT JOIN event_epochs AS own ON own.epoch = :epoch
""")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of the log; `cursor` resumes behind it."""

    environment_id: UUID
    position: int
    cursor: str
    id: UUID
    type: str
    subject_id: UUID
    payload: Mapping[str, Any]
    request_id: str
    occurred_at: datetime


class EventLog:
    """The log of all environments, as rows; every call is one statement."""

    def __init__(self, engine: AsyncEngine, seal: CursorSeal) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._seal = seal
        self.epoch = 0

    async def head(self, environment_id: UUID) -> int:
        """Return the position of the environment's last event, 0 before the first.

        State that is read afterwards includes every event up to there.
        """
        return (await self.heads([environment_id]))[environment_id]

    async def heads(self, environments: Sequence[UUID]) -> dict[UUID, int]:
        """Return the heads of several environments."""
        rows = await self._rows(_HEADS, environments=list(environments))
        return {row.environment_id: row.position or 0 for row in rows}

    async def start(self, environment_id: UUID) -> tuple[int, frozenset[UUID]]:
        """Return where the events committed from now on begin, exactly.

        They are those behind the position that are not among the ids: events committed before, to
        which no position has been given yet.
        """
        row = (await self._rows(_START, environment=environment_id))[0]
        return row.position or 0, frozenset(row.waiting)

    async def newer(self, positions: Mapping[UUID, int]) -> list[LogEvent]:
        """Return what follows each environment's position: at most `PAGE` events of each."""
        rows = await self._rows(
            _NEWER, environments=list(positions), positions=list(positions.values())
        )
        return [self._event(row) for row in rows]

    async def page(
        self, environment_id: UUID, after: int, upto: int, subject_id: UUID | None
    ) -> list[LogEvent]:
        """Return the first `PAGE` events behind `after`, up to `upto`, of one subject or of all."""
        bound = {"environment": environment_id, "after": after, "upto": upto}
        if subject_id is None:
            rows = await self._rows(_PAGE, **bound)
        else:
            rows = await self._rows(_SUBJECT_PAGE, subject=subject_id, **bound)
        return [self._event(row) for row in rows]

    async def has_newer(self, environment_id: UUID, after: int, subject_id: UUID) -> bool:
        """Tell whether a subject has events behind `after`, given their positions yet or not."""
        rows = await self._rows(
            _HAS_NEWER, environment=environment_id, after=after, subject=subject_id
        )
        return rows[0].found

    def cursor(self, environment_id: UUID, position: int) -> str:
        """Return the cursor that resumes behind `position`, as read before from this log."""
        return self._seal.seal(environment_id, Place(self.epoch, position))

    async def resume(self, environment_id: UUID, cursor: str, *field: str | int) -> int:
        """Return the position that `cursor` stands for.

        Raises INVALID_CURSOR for what is no cursor of this environment, `CursorProblem` when the
        events behind it were pruned or belong to another life of the database.
        """
        place = self._seal.open(environment_id, cursor, *field)
        row = (await self._rows(_REACH, environment=environment_id, epoch=place.epoch))[0]
        if not row.pruned <= place.position <= row.kept:
            raise CursorProblem(self.cursor(environment_id, row.pruned), field)
        return place.position

    async def _rows(self, statement: Any, **bound: object) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement, bound)).all()
        if rows:
            self.epoch = rows[0].epoch
        return rows

    def _event(self, row: Row[Any]) -> LogEvent:
        return LogEvent(
            row.environment_id,
            row.position,
            self._seal.seal(row.environment_id, Place(row.epoch, row.position)),
            row.id,
            row.type,
            row.subject_id,
            row.payload,
            row.request_id,
            row.occurred_at,
        )
