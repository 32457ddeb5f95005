"""What is levied on the lines and charges of orders, for whoever shows one of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders import itemizing, levying
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.recalling import order_as_of
from ordergraph.graph.context import Info
from ordergraph.graph.loading import by_then
from ordergraph.runtime.db.transaction import Reader

Taxes = Mapping[UUID, Sequence[levying.TaxAllocation]]


async def taxes_by_orders(reader: Reader, order_ids: Sequence[UUID]) -> Mapping[UUID, Taxes]:
    """Return what is levied on each line and charge of the orders, by order and by item."""
    orders = await orders_by_ids(reader, order_ids)
    return {id: _by_item(order.tax_breakdowns) for id, order in orders.items()}


async def taxes_as_of(
    reader: Reader, order_ids: Sequence[UUID], instant: datetime
) -> Mapping[UUID, Taxes]:
    """Return what was levied on them as of an instant."""
    found = [await order_as_of(reader, id, instant) for id in order_ids]
    return {order.id: _by_item(order.tax_breakdowns) for order in found if order is not None}


async def taxes_on(info: Info, item: itemizing.LineItem | itemizing.Charge) -> list[Any]:
    """Return what is levied on a line or charge of an order."""
    taxes = by_then(taxes_by_orders, taxes_as_of, item.as_of)
    found = await info.context.load(taxes, item.order_id)
    return list((found or {}).get(item.id, ()))


def _by_item(breakdowns: Sequence[levying.TaxBreakdown]) -> Taxes:
    taxes: dict[UUID, list[levying.TaxAllocation]] = {}
    for breakdown in breakdowns:
        for each in breakdown.allocations:
            item = each.line_item or each.charge
            if item is not None:
                taxes.setdefault(item.id, []).append(each)
    return taxes
