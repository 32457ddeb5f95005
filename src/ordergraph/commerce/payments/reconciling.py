"""Finding out what became of attempts whose process died, or that ran out of time (PAY-7, B4).

Nothing here ever starts a charge: it asks the processor by our key, then adopts or cancels.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Interval, bindparam, func, literal, select, text, tuple_, update

from ordergraph.commerce.merchants.tables import EnvironmentRow
from ordergraph.commerce.payments.gateway import (
    ChargeOutcome,
    ChargeStatus,
    Gateway,
    NotSent,
    OutcomeUnknown,
)
from ordergraph.commerce.payments.lifecycle import OBSERVED, AttemptStatus
from ordergraph.commerce.payments.tables import IS_ACTIVE, PaymentAttemptRow
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database

Settle = Callable[[Actor, UUID, ChargeOutcome], Awaitable[Any]]
"""Applies an outcome to an attempt and its order; harmless when somebody else did so before."""

PERIOD = timedelta(seconds=10)
"""How often attempts are looked for, whatever else happens."""

BATCH = 50
AT_ONCE = 4
"""How many attempts are taken with one statement, and asked about at the same time."""

SHORTEST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(seconds=60)
"""An attempt is asked about again when it is twice as old, within these bounds."""

_PAUSE = timedelta(milliseconds=200)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DueAttempt:
    """An active attempt that nobody is working on, in any environment."""

    environment_id: UUID
    merchant_id: UUID
    id: UUID
    status: AttemptStatus
    expires_at: datetime | None


async def reconcile(database: Database, gateway: Gateway, settle: Settle) -> int:
    """Resolve all attempts that are due; return how many were looked at.

    Several processes may do so at once: each attempt is taken by one of them, and `settle` is
    monotone besides. What fails is logged and tried again later, and stops nothing else.
    """
    slots = asyncio.Semaphore(AT_ONCE)

    async def resolve(attempt: DueAttempt) -> None:
        async with slots:
            await _resolve(database, gateway, settle, attempt)

    looked_at = 0
    while True:
        batch = await take_due_everywhere(database)
        await asyncio.gather(*(resolve(attempt) for attempt in batch))
        looked_at += len(batch)
        if len(batch) < BATCH:
            return looked_at


async def take_due_everywhere(database: Database) -> Sequence[DueAttempt]:
    """Take a batch of attempts whose lease has passed, and lease them to this process.

    A read of the system itself: the one statement of this room that crosses environments.
    """
    async with database.engine.begin() as connection:
        rows = await connection.execute(_TAKE, {"at": database.clock.now()})
        return [DueAttempt(*row) for row in rows]


async def next_due_everywhere(database: Database) -> datetime | None:
    """Return when the next lease of any environment passes; None when no attempt is active."""
    async with database.engine.connect() as connection:
        return await connection.scalar(_NEXT)


class Reconciler:
    """Reconciles in the background: at the start, every 10 s, and when the next attempt is due."""

    def __init__(
        self, database: Database, gateway: Gateway, settle: Settle, period: timedelta = PERIOD
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._settle = settle
        self._period = period
        self._next = database.clock.now()
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with a first round at once."""
        self._task = asyncio.create_task(self._run(), name="reconciler")

    async def stop(self) -> None:
        """End; what was under way is found again by whoever starts next."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def nudge(self, at: datetime) -> None:
        """Say that there will be something to do at an instant, perhaps before the next round."""
        self._next = min(self._next, at)
        self._nudged.set()

    async def _run(self) -> None:
        while True:
            self._next = self._database.clock.now() + self._period
            try:
                await reconcile(self._database, self._gateway, self._settle)
                due = await next_due_everywhere(self._database)
                if due is not None:
                    self.nudge(max(due, self._database.clock.now() + _PAUSE))
            except Exception as failure:
                _log.warning("reconciling_failed", error=str(failure))
            await self._wait()

    async def _wait(self) -> None:
        """Wait until the next round, by the injected clock, but no longer than a period."""
        loop = asyncio.get_running_loop()
        latest = loop.time() + self._period.total_seconds()
        while True:
            self._nudged.clear()
            left = (self._next - self._database.clock.now()).total_seconds()
            left = min(left, latest - loop.time())
            if left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._nudged.wait()


async def _resolve(
    database: Database, gateway: Gateway, settle: Settle, attempt: DueAttempt
) -> None:
    """Find out about one attempt, and settle it if it has moved."""
    try:
        outcome = await _find_out(gateway, attempt, database.clock.now())
        if OBSERVED[outcome.status] is not attempt.status:
            actor = Actor.system(attempt.environment_id, attempt.merchant_id)
            await settle(actor, attempt.id, outcome)
    except (NotSent, OutcomeUnknown) as failure:
        _log.warning("processor_silent", attempt=str(attempt.id), error=str(failure))
    except Exception:
        _log.exception("attempt_not_reconciled", attempt=str(attempt.id))


async def _find_out(gateway: Gateway, attempt: DueAttempt, now: datetime) -> ChargeOutcome:
    """Ask the processor; give up what it never heard of, and actions whose time is over."""
    outcome = await gateway.look_up(attempt.environment_id, attempt.id)
    if outcome is None:
        return await gateway.cancel(attempt.environment_id, attempt.id)
    waits = outcome.status is ChargeStatus.REQUIRES_ACTION
    if waits and attempt.expires_at is not None and attempt.expires_at <= now:
        return await gateway.cancel(attempt.environment_id, attempt.id)
    return outcome


_AT = bindparam("at", type_=PaymentAttemptRow.lease_until.type)
_IS_ACTIVE = text(f"{PaymentAttemptRow.__tablename__}.{IS_ACTIVE}")
_KEY = (PaymentAttemptRow.environment_id, PaymentAttemptRow.id)
_DUE = (
    select(*_KEY, EnvironmentRow.merchant_id)
    .join(EnvironmentRow, EnvironmentRow.id == PaymentAttemptRow.environment_id)
    .where(_IS_ACTIVE, PaymentAttemptRow.lease_until <= _AT)
    .order_by(PaymentAttemptRow.lease_until)
    .limit(BATCH)
    .with_for_update(of=PaymentAttemptRow, skip_locked=True)
    .cte("due")
    .prefix_with("MATERIALIZED")
)
_WAIT = func.least(
    func.greatest(_AT - PaymentAttemptRow.created_at, literal(SHORTEST_WAIT, Interval)),
    literal(LONGEST_WAIT, Interval),
)
_TAKE = (
    update(PaymentAttemptRow)
    .where(tuple_(*_KEY) == tuple_(_DUE.c.environment_id, _DUE.c.id))
    .values(lease_until=_AT + _WAIT)
    .returning(
        PaymentAttemptRow.environment_id,
        _DUE.c.merchant_id,
        PaymentAttemptRow.id,
        PaymentAttemptRow.status,
        PaymentAttemptRow.expires_at,
    )
)
_NEXT = select(func.min(PaymentAttemptRow.lease_until)).where(_IS_ACTIVE)
