"""What is levied on the lines and charges of orders, for whoever shows one of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders import levying
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.graph.context import Info
from ordergraph.runtime.db.transaction import Reader

Taxes = Mapping[UUID, Sequence[levying.TaxAllocation]]


async def taxes_by_orders(reader: Reader, order_ids: Sequence[UUID]) -> Mapping[UUID, Taxes]:
    """Return what is levied on each line and charge of the orders, by order and by item."""
    orders = await orders_by_ids(reader, order_ids)
    return {id: _by_item(order.tax_breakdowns) for id, order in orders.items()}


async def taxes_on(info: Info, order_id: UUID, item_id: UUID) -> list[Any]:
    """Return what is levied on a line or charge of an order."""
    found = await info.context.load(taxes_by_orders, order_id)
    return list((found or {}).get(item_id, ()))


def _by_item(breakdowns: Sequence[levying.TaxBreakdown]) -> Taxes:
    taxes: dict[UUID, list[levying.TaxAllocation]] = {}
    for breakdown in breakdowns:
        for each in breakdown.allocations:
            item = each.line_item or each.charge
            if item is not None:
                taxes.setdefault(item.id, []).append(each)
    return taxes
