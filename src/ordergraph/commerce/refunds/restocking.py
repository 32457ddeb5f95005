"""Restocking: returned units go back on the shelf (REF-20)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ordergraph.commerce.inventory import holding as stock
from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.supplying import without_missing
from ordergraph.commerce.refunds.rules import NewRefund
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.sales import Reversal
from ordergraph.runtime.db.transaction import Transaction


async def restock(tx: Transaction, order: Order, refund_id: UUID, back: Mapping[UUID, int]) -> None:
    """Put units of lines back on the shelf, a bundle's as it was sold with them (BUN-8).

    They come back when the refund is accepted, and stay when it fails (REF-21).
    """
    shelved: dict[UUID, int] = {}
    for line in order.line_items:
        count = back.get(line.id, 0)
        line.restocked_quantity += count
        for variant_id, each in line.units_each.items():
            if count:
                shelved[variant_id] = shelved.get(variant_id, 0) + each * count
    await stock.restock(tx, order.id, refund_id, without_missing(order, shelved))


def units_back(
    order: Order,
    wanted: NewRefund,
    reversal: Reversal,
    settings: ShopSettings,
    *,
    is_whole: bool,
) -> Mapping[UUID, int]:
    """Return how many units of each line come back, never more than were sold and are not back.

    By default the units of a line refund, and with a refund that leaves nothing all that are still
    out if `restock_on_full_refund` is set (REF-20). Units that came back with a refund that failed
    are there and do not come a second time (REF-21). `order` does not have the refund counted in.
    """
    if order.paid_at is None:
        return {}  # nothing ever left the shelf (INV-17)
    asked = _asked(order, wanted)
    by_default = wanted.restock
    if by_default is None:
        by_default = settings.restock_on_full_refund if is_whole else True
    returned = {part.id: part.quantity for part in reversal.lines}
    back: dict[UUID, int] = {}
    for line in order.line_items:
        count = asked.get(line.id)
        if count is None and by_default:
            count = _still_out(line) if is_whole else _coming_back(line, returned.get(line.id, 0))
        if count and count > 0 and line.units_each:
            back[line.id] = count
    return back


def _asked(order: Order, wanted: NewRefund) -> Mapping[UUID, int]:
    """Return the units that the caller names, each no more than what it returns of the line."""
    lines = {line.id: line for line in order.line_items}
    asked: dict[UUID, int] = {}
    for at, each in enumerate(wanted.line_items or ()):
        if each.restock_quantity is None:
            continue
        count: int = each.restock_quantity
        path = ("lineItems", at, "restockQuantity")
        if wanted.restock is False and count:
            raise Problem(
                ErrorCode.CONFLICTING_FIELDS, "With restock false no unit comes back.", path
            )
        if sum(other.line_item_id == each.line_item_id for other in wanted.line_items or ()) > 1:
            raise Problem(ErrorCode.CONFLICTING_FIELDS, "This line is named more than once.", path)
        left = min(each.quantity or 0, _still_out(lines[each.line_item_id]))
        if count > left:
            raise Problem(
                ErrorCode.REFUND_QUANTITY_EXCEEDED,
                f"Of this line {left} can go back on the shelf with this refund.",
                path,
            )
        asked[each.line_item_id] = count
    return asked


def _still_out(line: LineItem) -> int:
    return line.quantity - line.restocked_quantity


def _coming_back(line: LineItem, units: int) -> int:
    ahead = max(0, line.restocked_quantity - line.refunded_quantity)
    return min(units - ahead, _still_out(line))
