"""Locking orders: whoever changes one holds it until the change is committed (CON-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal_column, select

from ordergraph.commerce.orders.reads import WHOLE, order_of
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import stored_parts
from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.core.problems import not_found
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def load_order(tx: Transaction, id: UUID, *field: str) -> Order:
    """Lock an order and return it with all its parts; a missing one is not found at `field`.

    A buyer's credential opens only the order whose secret it holds. One statement: only if it had
    to wait for somebody who changed the order, the parts are older than the lock and read again.
    """
    if tx.actor.is_buyer and tx.actor.order_id != id:
        raise not_found("order", *field)
    for _ in range(2):
        for *row, is_fresh in await tx.fetch(_LOCKED, {"wanted": id}):
            if is_fresh:
                order = order_of(row)
                order.stored = stored_parts(order)
                return order
    raise not_found("order", *field)


# A statement sees all tables as they were when it began; only the row that it waited for is the
# newest. Whoever changes a part writes the order too, so an order that is the one seen has its
# parts beside it.
_IS_FRESH: ColumnElement[bool] = literal_column(
    "orders.xmin = (SELECT seen.xmin FROM orders AS seen"
    " WHERE seen.environment_id = orders.environment_id AND seen.id = orders.id)"
)
_LOCKED = Prepared(
    select(*WHOLE, _IS_FRESH)
    .where(within(OrderRow), OrderRow.id == bindparam("wanted"))
    .with_for_update(of=OrderRow)
)
