"""Restocking: returned units go back on the shelf (REF-20)."""

from __future__ import annotations

from uuid import UUID

from ordergraph.commerce.inventory import holding as stock
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.supplying import without_missing
from ordergraph.commerce.refunds.rules import NewRefund
from ordergraph.core.sales import Reversal
from ordergraph.runtime.db.transaction import Transaction


async def restock(
    tx: Transaction, order: Order, refund_id: UUID, wanted: NewRefund, reversal: Reversal
) -> None:
    """Put returned units back, never more than were sold and are not back already (REF-20).

    A bundle brings back its components as it was sold with them, whatever it has become (BUN-8).
    By default the units of a line refund come back, and all that is left when nothing stays paid.
    Units that came back with a refund that failed are there and do not come a second time
    (REF-21). `order` has the refund counted in.
    """
    if wanted.restock is False:
        return
    is_whole = wanted.line_items is None and order.refunded_minor == order.paid_minor
    returned = {part.id: part.quantity for part in reversal.lines}
    back: dict[UUID, int] = {}
    for line in order.line_items:
        count = _still_out(line) if is_whole else _coming_back(line, returned.get(line.id, 0))
        units = line.units_each
        if units and count > 0:
            line.restocked_quantity += count
            for variant_id, each in units.items():
                back[variant_id] = back.get(variant_id, 0) + each * count
    await stock.restock(tx, order.id, refund_id, without_missing(order, back))


def _still_out(line: LineItem) -> int:
    return line.quantity - line.restocked_quantity


def _coming_back(line: LineItem, units: int) -> int:
    refunded_before = line.refunded_quantity - units
    ahead = max(0, line.restocked_quantity - refunded_before)
    return min(units - ahead, _still_out(line))
