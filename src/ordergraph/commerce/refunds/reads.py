"""Looking refunds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.refunds.lifecycle import RefundReason, RefundStatus
from ordergraph.commerce.refunds.tables import RefundRow
from ordergraph.core.money import Money
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.prepared import Prepared, maker
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader, Transaction


@dataclass(slots=True)
class Refund:
    """Money given back from one payment of an order; amounts are minor units of `currency`."""

    id: UUID
    order_id: UUID
    payment_id: UUID
    attempt_id: UUID
    amount_minor: int
    currency: str
    status: RefundStatus
    reason: RefundReason | None
    reason_message: str | None
    failure_reason: str | None
    reversal: dict[str, Any]
    metadata: dict[str, str]
    reference: str | None
    told: bool
    lease_until: datetime
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


async def refunds_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Refund]:
    """Return the refunds among `ids` that this caller may see, by id."""
    rows = await reader.rows(_BY_IDS, {"ids": list(ids)})
    return {row.id: Refund(*row) for row in rows if _visible(reader, row.order_id)}


async def refunds_by_orders(
    reader: Reader, order_ids: Sequence[UUID]
) -> Mapping[UUID, tuple[Refund, ...]]:
    """Return each order's refunds, the oldest first; an order without any is absent."""
    found: dict[UUID, list[Refund]] = defaultdict(list)
    for row in await reader.rows(_BY_ORDERS, {"ids": list(order_ids)}):
        if _visible(reader, row.order_id):
            found[row.order_id].append(Refund(*row))
    return {order_id: tuple(refunds) for order_id, refunds in found.items()}


async def lock_refund(tx: Transaction, id: UUID) -> Refund | None:
    """Lock a refund and return it; its order is locked first (CON-2)."""
    rows = await tx.fetch(_LOCKED, {"ids": [id]})
    return _refund(rows[0]) if rows else None


def _visible(reader: Reader, order_id: UUID) -> bool:
    return not reader.actor.is_buyer or order_id == reader.actor.order_id


_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_COLUMNS = columns_of(RefundRow, Refund)
_refund = maker(Refund, _COLUMNS)
_REFUNDS = select(*_COLUMNS).where(within(RefundRow))
_BY_IDS = _REFUNDS.where(RefundRow.id == _IDS)
_LOCKED = Prepared(_BY_IDS.with_for_update())
_BY_ORDERS = _REFUNDS.where(RefundRow.order_id == _IDS).order_by(RefundRow.created_at, RefundRow.id)
