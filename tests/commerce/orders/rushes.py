"""Many buyers at once: all pay in the same moment, and the shelves must come out right."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from uuid import UUID

from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.supplying import wanted_stock
from ordergraph.core.problems import ErrorCode
from tests.commerce.inventory.shelves import history, holds
from tests.commerce.orders.counter import Counter

BUYERS = 200


async def rush(counter: Counter, orders: Sequence[Order]) -> tuple[list[Order], list[Order]]:
    """Pay all orders at once; return those that were paid and those that stock refused.

    Whoever was refused was not charged; whoever was not refused was charged once, all of it.
    """
    outcomes = await asyncio.gather(
        *(counter.pay(order) for order in orders), return_exceptions=True
    )
    paid: list[Order] = []
    refused: list[Order] = []
    for order, outcome in zip(orders, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            assert getattr(outcome, "code", outcome) is ErrorCode.INVENTORY_UNAVAILABLE
            refused.append(order)
        else:
            assert (outcome.problem, outcome.order.status) == (None, OrderStatus.PAID)
            paid.append(order)
    charged = Tally({order.id: len(await counter.charges(order)) for order in orders})
    assert charged == Tally({order.id: 1 for order in paid})
    return paid, refused


async def assert_sold(
    counter: Counter, before: Mapping[UUID, int], paid: Sequence[Order], refused: Sequence[Order]
) -> None:
    """Check that what was paid left the shelf, and that no refused order could be served."""
    sold: Tally[UUID] = Tally()
    for order in paid:
        sold.update(wanted_stock(order))
    left: dict[UUID, int] = {}
    for variant, units in before.items():
        left[variant], held = await counter.stock(variant)
        assert (left[variant], held) == (units - sold[variant], 0)
        assert left[variant] >= 0
        entries = await history(counter.world, variant)
        assert sum(entry.quantity_delta for entry in entries) == left[variant]
    assert await holds(counter.world) == {}
    for order in refused:
        assert any(left[variant] < units for variant, units in wanted_stock(order).items())


async def lined_up(counter: Counter, carts: Sequence[Sequence[WantedLine]]) -> list[Order]:
    """Bring so many buyers to the payment, each with an order."""
    return list(await asyncio.gather(*(counter.order(*cart) for cart in carts)))
