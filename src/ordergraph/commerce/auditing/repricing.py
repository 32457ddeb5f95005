"""Pricing every order again: whether it comes to what is stored (invariant 3)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, select

from ordergraph.commerce.auditing.rules import Finding, Violation
from ordergraph.commerce.merchants.reads import environment_ids
from ordergraph.commerce.orders.proving import differences
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.core.ids import Prefix, new_id
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

CHECK = "order.figures"
_HOLDS = "Priced again on what is kept of it, an order comes to the same."
_BATCH = 200
_NAME = "auditing"


async def reprice_all(database: Database, environment_id: UUID | None = None) -> list[Finding]:
    """Return the orders whose stored figures are not what pricing them again gives.

    Much more work than any inspection: every order is read and computed in this process.
    """
    nobody = Actor.system(new_id(), new_id(), _NAME)
    merchants = await environment_ids(database.viewer(nobody))
    found: list[Violation] = []
    for id, merchant_id in merchants.items():
        if environment_id in (None, id):
            found += await _reprice(database.viewer(Actor.system(id, merchant_id, _NAME)))
    counts: Mapping[UUID, int] = {
        id: sum(each.environment_id == id for each in found)
        for id in {each.environment_id for each in found}
    }
    return [Finding(CHECK, 3, _HOLDS, counts, found)] if found else []


async def _reprice(reader: Reader) -> list[Violation]:
    found: list[Violation] = []
    last = UUID(int=0)
    while True:
        ids = [row.id for row in await reader.rows(_NEXT, {"last": last, "most": _BATCH})]
        if not ids:
            return found
        last = ids[-1]
        for order in (await orders_by_ids(reader, ids)).values():
            wrong = differences(order)
            if wrong:
                told = " ".join(wrong[:3])
                here = reader.environment_id
                found.append(Violation(here, Prefix.ORDER.value, order.id, CHECK, told, "none"))


_NEXT = (
    select(OrderRow.id)
    .where(within(OrderRow), OrderRow.id > bindparam("last"))
    .order_by(OrderRow.id)
    .limit(bindparam("most"))
)
