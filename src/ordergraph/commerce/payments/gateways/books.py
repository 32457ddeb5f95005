"""The sandbox gateway's own books: what it charged and refunded, durably, beside our tables."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.payments.gateway import ChargeStatus, RefundStatus
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of
from ordergraph.runtime.db.driver import DriverConnection
from ordergraph.runtime.db.prepared import Prepared, Record, named
from ordergraph.runtime.db.scope import ENVIRONMENT, within


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

    def __init__(self, connection: DriverConnection) -> None:
        self._connection = connection

    async def charge(self, environment_id: UUID, key: UUID) -> Any:
        """Lock a charge and return it, if there is one."""
        return await self._first(_FIND, environment_id, {"id": key})

    async def open_charge(self, environment_id: UUID, values: Mapping[str, Any]) -> Any:
        """Enter a charge and return it; None if its key is taken."""
        return await self._first(_OPEN, environment_id, {**_NOTHING, **values})

    async def bar(self, environment_id: UUID, key: UUID, now: datetime) -> Any:
        """Enter a tombstone for a key and return it; None if the key is taken."""
        tombstone = {
            "id": key,
            "amount_minor": 0,
            "refunded_minor": 0,
            "status": ChargeStatus.CANCELED,
            "created_at": now,
            "updated_at": now,
        }
        return await self.open_charge(environment_id, tombstone)

    async def move(
        self, charge: Any, status: ChargeStatus, now: datetime, failure: str | None = None
    ) -> Any:
        """Enter the new status of a locked charge and return it."""
        values = {"id": charge.id, "to_status": status, "to_failure": failure, "at": now}
        return await self._first(_MOVE, charge.environment_id, values)

    async def give_back(self, charge: Any, minor: int) -> None:
        """Count minor units of a locked charge as refunded."""
        await self._first(_GIVE_BACK, charge.environment_id, {"id": charge.id, "by": minor})

    async def refund(self, environment_id: UUID, key: UUID) -> Any:
        """Return a refund, if there is one."""
        return await self._first(_FIND_REFUND, environment_id, {"id": key}, _refund)

    async def add_refund(self, environment_id: UUID, values: Mapping[str, Any]) -> Any:
        """Enter a refund and return it."""
        return await self._first(_ADD_REFUND, environment_id, values, _refund)

    async def _first(
        self,
        statement: Prepared,
        environment_id: UUID,
        values: Mapping[str, Any],
        make: Callable[[Record], Any] | None = None,
    ) -> Any:
        arguments = statement.arguments(environment_id, values)
        row = await self._connection.fetchrow(statement.text, *arguments)
        return None if row is None else (make or _charge)(row)


def _inserted(row: type[TenantRow]) -> Any:
    names = [str(column.name) for column in row.__table__.c if column.name != "environment_id"]
    return insert(row).values(
        environment_id=ENVIRONMENT, **{name: bindparam(name) for name in names}
    )


_COLUMNS: tuple[Any, ...] = tuple(SandboxChargeRow.__table__.c)
_REFUND_COLUMNS: tuple[Any, ...] = tuple(SandboxRefundRow.__table__.c)
_charge = named(_COLUMNS)
_refund = named(_REFUND_COLUMNS)
_NOTHING: Mapping[str, Any] = {str(column.name): None for column in _COLUMNS}
_THIS = (within(SandboxChargeRow), SandboxChargeRow.id == bindparam("id"))
_OPEN = Prepared(_inserted(SandboxChargeRow).on_conflict_do_nothing().returning(*_COLUMNS))
_FIND = Prepared(select(*_COLUMNS).where(*_THIS).with_for_update())
_CHARGES: Any = update(SandboxChargeRow)
_CHANGE: Any = _CHARGES.where(*_THIS).returning(*_COLUMNS)
_MOVE = Prepared(
    _CHANGE.values(
        status=bindparam("to_status"),
        failure_code=bindparam("to_failure"),
        updated_at=bindparam("at"),
    )
)
_GIVE_BACK = Prepared(
    _CHANGE.values(refunded_minor=SandboxChargeRow.refunded_minor + bindparam("by"))
)
_ADD_REFUND = Prepared(_inserted(SandboxRefundRow).returning(*_REFUND_COLUMNS))
_FIND_REFUND = Prepared(
    select(*_REFUND_COLUMNS).where(within(SandboxRefundRow), SandboxRefundRow.id == bindparam("id"))
)
