"""Idempotency: one effect for one key, claimed in the transaction that does the work (IDM-8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Index, LargeBinary, Text, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.core.ids import Prefix, encode
from ordergraph.core.problems import ErrorCode, PaymentProblem, Problem
from ordergraph.runtime.actor import IdempotencyKey
from ordergraph.runtime.db.base import Base
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Conflict, Transaction

RETENTION = timedelta(hours=24)
"""How long the keys of operations that move no money are kept (IDM-7)."""

MONEY_OPERATIONS = frozenset({"checkoutOrder", "pay", "refund"})
"""Operations whose keys are never pruned."""


class IdempotencyRow(Base):
    """One claimed key, with the ids of the objects that its mutation answered with (IDM-5)."""

    __tablename__ = "idempotency_keys"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    principal: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_idempotency_keys_age", "created_at"),)


class Replay(Exception):
    """The key was used before for the same request: answer from what it did then."""

    def __init__(self, objects: dict[str, str | None], errors: list[dict[str, Any]]) -> None:
        super().__init__("replayed")
        self.objects = objects
        self.errors = errors


def in_progress() -> Problem:
    """Build the answer for a key whose first request has not finished (IDM-4)."""
    return Problem(
        ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS,
        "A request with this idempotency key is still running: repeat it in a second.",
    )


class Idempotency:
    """Takes part in every transaction of an actor that carries a key.

    The first transaction of a mutation claims the key; a second caller waits for it, then gets
    `Replay`, or a problem when its arguments differ (IDM-3) or the wait is too long (IDM-4).
    """

    async def opened(self, tx: Transaction) -> None:
        """Claim the actor's key, unless an earlier transaction of this mutation has."""
        key = tx.actor.idempotency
        if key is None or key.claimed:
            return
        try:
            mine = await tx.fetch(_CLAIM, _claim(tx, key))
        except Conflict as conflict:
            raise in_progress() from conflict
        if not mine:
            found = await tx.fetch(_FIND, _identity(tx, key))
            if not found:
                raise in_progress()
            fingerprint, kept = found[0]
            if fingerprint != key.fingerprint:
                raise Problem(
                    ErrorCode.IDEMPOTENCY_KEY_REUSED,
                    "This idempotency key was used with other arguments: use a new key.",
                )
            answer: dict[str, Any] = kept or {}
            raise Replay(answer.get("objects", {}), answer.get("errors", []))
        key.claimed = True

    async def closing(self, tx: Transaction) -> None:
        """Keep the ids that the mutation answers with, beside the claimed key."""
        key = tx.actor.idempotency
        if key is None or not (tx.answer or tx.errors):
            return
        answer = {
            "objects": tx.answer,
            "errors": [stored_error(problem) for problem in tx.errors],
        }
        tx.defer(_KEEP, {**_identity(tx, key), "kept": orjson.dumps(answer).decode()})

    def closed(self, tx: Transaction, *, committed: bool) -> None:
        """Forget the claim when the transaction that made it came to nothing."""
        key = tx.actor.idempotency
        if key is not None and not committed and tx.actor.committed == 0:
            key.claimed = False


async def begin_anew(tx: Transaction, name: str, prefix: Prefix, id: UUID) -> None:
    """Take over the caller's key from an earlier request that came to nothing (IDM-8).

    Of several callers one does: the others, who find that its answer does not have the object `id`
    under `name` any more, are told to repeat.
    """
    key = tx.actor.idempotency
    if key is None:
        return
    values = {**_identity(tx, key), "named": name, "was": encode(prefix, id)}
    if not await tx.fetch(_TAKE_OVER, values):
        raise in_progress()


async def prune(tx: Transaction) -> int:
    """Delete a batch of the environment's keys that are past their life (IDM-7); say how many."""
    identity = (IdempotencyRow.principal, IdempotencyRow.operation, IdempotencyRow.key)
    old = (
        select(*identity)
        .where(
            IdempotencyRow.environment_id == ENVIRONMENT,
            IdempotencyRow.created_at < tx.now - RETENTION,
            IdempotencyRow.operation.not_in(sorted(MONEY_OPERATIONS)),
        )
        .limit(1_000)
    )
    gone = await tx.execute(
        delete(IdempotencyRow).where(
            IdempotencyRow.environment_id == ENVIRONMENT, tuple_(*identity).in_(old)
        )
    )
    return gone.rowcount


def stored_error(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain values, to be kept beside a key."""
    stored: dict[str, Any] = {
        "code": problem.code.value,
        "message": problem.message,
        "field": list(problem.field),
    }
    if isinstance(problem, PaymentProblem):
        attempt_id = None if problem.attempt_id is None else str(problem.attempt_id)
        stored |= {"failureCode": problem.failure_code, "attemptId": attempt_id}
    return stored


def restored_error(stored: Mapping[str, Any]) -> Problem:
    """Return a problem that was kept beside a key."""
    code, message = ErrorCode(stored["code"]), stored["message"]
    if "failureCode" not in stored:
        return Problem(code, message, stored["field"])
    attempt_id = None if stored["attemptId"] is None else UUID(stored["attemptId"])
    return PaymentProblem(code, message, stored["failureCode"], attempt_id, stored["field"])


def _identity(tx: Transaction, key: IdempotencyKey) -> dict[str, Any]:
    return {"claimed_by": tx.actor.principal, "claimed_for": key.operation, "with_key": key.key}


def _claim(tx: Transaction, key: IdempotencyKey) -> dict[str, Any]:
    return {
        **_identity(tx, key),
        "print": key.fingerprint,
        "at": tx.now,
    }


_CLAIM = Prepared(
    insert(IdempotencyRow)
    .values(
        environment_id=ENVIRONMENT,
        principal=bindparam("claimed_by"),
        operation=bindparam("claimed_for"),
        key=bindparam("with_key"),
        fingerprint=bindparam("print"),
        created_at=bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(IdempotencyRow.created_at)
)

_THIS = (
    IdempotencyRow.environment_id == ENVIRONMENT,
    IdempotencyRow.principal == bindparam("claimed_by"),
    IdempotencyRow.operation == bindparam("claimed_for"),
    IdempotencyRow.key == bindparam("with_key"),
)
_FIND = Prepared(select(IdempotencyRow.fingerprint, IdempotencyRow.answer).where(*_THIS))
_TAKE_OVER = Prepared(
    select(IdempotencyRow.key)
    .where(
        *_THIS,
        IdempotencyRow.answer["objects"][bindparam("named", type_=Text)].astext
        == bindparam("was", type_=Text),
    )
    .with_for_update()
)
_KEEP = (
    update(IdempotencyRow)
    .where(*_THIS)
    .values(answer=bindparam("kept", type_=JSONB))
    .cte("kept_answer")
)
