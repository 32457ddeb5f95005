"""Finding out what became of refunds whose process died or whose processor was silent (B4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import bindparam, select, text, tuple_, update

from ordergraph.commerce.merchants.tables import EnvironmentRow
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.refunds.reads import refunds_by_ids
from ordergraph.commerce.refunds.sending import send
from ordergraph.commerce.refunds.tables import UNSETTLED, RefundRow
from ordergraph.runtime.actor import Actor

BATCH = 50
AGAIN_AFTER = timedelta(seconds=30)
"""How long a refund is left alone before it is asked about once more."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DueRefund:
    """A refund that nobody is working on, in any environment."""

    environment_id: UUID
    merchant_id: UUID
    id: UUID


async def reconcile_refunds(orders: Orders) -> int:
    """Ask the processor again for all refunds that are due; return how many.

    A refund that was accepted is a promise: it is sent again with its own key, which the processor
    honours once. Several processes may do so at once. What fails is logged and comes again.
    """
    due = await take_due_everywhere(orders)
    for each in due:
        actor = Actor.system(each.environment_id, each.merchant_id)
        try:
            found = await refunds_by_ids(orders.database.viewer(actor), [each.id])
            await send(orders, actor, found[each.id])
        except Exception:
            _log.exception("refund_not_reconciled", refund=str(each.id))
    return len(due)


async def take_due_everywhere(orders: Orders) -> Sequence[DueRefund]:
    """Take a batch of unsettled refunds whose lease has passed, and lease them to this process.

    A read of the system itself: the one statement of this room that crosses environments.
    """
    now = orders.database.clock.now()
    async with orders.database.engine.begin() as connection:
        rows = await connection.execute(_TAKE, {"at": now, "until": now + AGAIN_AFTER})
        return [DueRefund(*row) for row in rows]


_KEY = (RefundRow.environment_id, RefundRow.id)
_DUE = (
    select(*_KEY, EnvironmentRow.merchant_id)
    .join(EnvironmentRow, EnvironmentRow.id == RefundRow.environment_id)
    .where(
        text(f"refunds.{UNSETTLED}"),
        RefundRow.lease_until <= bindparam("at", type_=RefundRow.lease_until.type),
    )
    .order_by(RefundRow.lease_until)
    .limit(BATCH)
    .with_for_update(of=RefundRow, skip_locked=True)
    .cte("due")
    .prefix_with("MATERIALIZED")
)
_TAKE = (
    update(RefundRow)
    .where(tuple_(*_KEY) == tuple_(_DUE.c.environment_id, _DUE.c.id))
    .values(lease_until=bindparam("until"))
    .returning(RefundRow.environment_id, _DUE.c.merchant_id, RefundRow.id)
)
