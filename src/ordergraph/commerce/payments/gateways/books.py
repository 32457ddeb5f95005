"""The sandbox gateway's own books: what it charged and refunded, durably, beside our tables."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.payments.gateway import ChargeStatus, RefundStatus
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of


class SandboxChargeRow(TenantRow):
    """One charge, with our attempt's id as its own; a tombstone is CANCELED with nothing to pay.

    Refunds are never above what was captured, whatever the code believes.
    """

    __tablename__ = "sandbox_charges"

    order_id: Mapped[UUID | None]
    token: Mapped[str | None]
    amount_minor: Mapped[int]
    refunded_minor: Mapped[int]
    currency: Mapped[str | None]
    status: Mapped[ChargeStatus] = mapped_column(one_of(ChargeStatus, "status"))
    failure_code: Mapped[str | None]
    client_secret: Mapped[str | None]
    settles_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "refunded_minor BETWEEN 0 AND "
            "CASE WHEN status = 'SUCCEEDED' THEN amount_minor ELSE 0 END",
            name="refunded",
        ),
    )


class SandboxRefundRow(TenantRow):
    """One refund, with our own id for it."""

    __tablename__ = "sandbox_refunds"

    charge_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[RefundStatus] = mapped_column(one_of(RefundStatus, "status"))
    failure_reason: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_sandbox_refunds_charge", "environment_id", "charge_id"),)


class Books:
    """One entry in the books: what is read of a charge is locked until the entry is made."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def charge(self, environment_id: UUID, key: UUID) -> Any:
        """Lock a charge and return it, if there is one."""
        return await self._first(_FIND, _key(environment_id, key))

    async def open_charge(self, values: Mapping[str, Any]) -> Any:
        """Enter a charge and return it; None if its key is taken."""
        return await self._first(_OPEN, values)

    async def bar(self, environment_id: UUID, key: UUID, now: datetime) -> Any:
        """Enter a tombstone for a key and return it; None if the key is taken."""
        tombstone = {
            "environment_id": environment_id,
            "id": key,
            "amount_minor": 0,
            "refunded_minor": 0,
            "status": ChargeStatus.CANCELED,
            "created_at": now,
            "updated_at": now,
        }
        return await self._first(_OPEN, tombstone)

    async def move(
        self, charge: Any, status: ChargeStatus, now: datetime, failure: str | None = None
    ) -> Any:
        """Enter the new status of a locked charge and return it."""
        values = {"to_status": status, "to_failure": failure, "at": now}
        return await self._first(_MOVE, {**_key(charge.environment_id, charge.id), **values})

    async def give_back(self, charge: Any, minor: int) -> None:
        """Count minor units of a locked charge as refunded."""
        key = _key(charge.environment_id, charge.id)
        await self._connection.execute(_GIVE_BACK, {**key, "by": minor})

    async def refund(self, environment_id: UUID, key: UUID) -> Any:
        """Return a refund, if there is one."""
        return await self._first(_FIND_REFUND, _key(environment_id, key))

    async def add_refund(self, values: Mapping[str, Any]) -> Any:
        """Enter a refund and return it."""
        return await self._first(_ADD_REFUND, values)

    async def _first(self, statement: Any, values: Mapping[str, Any]) -> Any:
        return (await self._connection.execute(statement, values)).first()


def _key(environment_id: UUID, key: UUID) -> dict[str, UUID]:
    return {"of_environment": environment_id, "of_key": key}


_COLUMNS = tuple(SandboxChargeRow.__table__.c)
_REFUND_COLUMNS = tuple(SandboxRefundRow.__table__.c)
_THIS = (
    SandboxChargeRow.environment_id == bindparam("of_environment"),
    SandboxChargeRow.id == bindparam("of_key"),
)
_OPEN = insert(SandboxChargeRow).on_conflict_do_nothing().returning(*_COLUMNS)
_FIND = select(*_COLUMNS).where(*_THIS).with_for_update()
_MOVE = (
    update(SandboxChargeRow)
    .where(*_THIS)
    .values(
        status=bindparam("to_status"),
        failure_code=bindparam("to_failure"),
        updated_at=bindparam("at"),
    )
    .returning(*_COLUMNS)
)
_GIVE_BACK = (
    update(SandboxChargeRow)
    .where(*_THIS)
    .values(refunded_minor=SandboxChargeRow.refunded_minor + bindparam("by"))
)
_ADD_REFUND = insert(SandboxRefundRow).returning(*_REFUND_COLUMNS)
_FIND_REFUND = select(*_REFUND_COLUMNS).where(
    SandboxRefundRow.environment_id == bindparam("of_environment"),
    SandboxRefundRow.id == bindparam("of_key"),
)
