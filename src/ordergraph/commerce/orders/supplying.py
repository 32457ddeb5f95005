"""Supplying orders: what they take off the shelves, in bundles and loose, and what they lack."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ordergraph.commerce.inventory import holding as stock
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.lifecycle import InventoryException
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.problems import ErrorCode, StockProblem, StockShortage
from ordergraph.runtime.db.transaction import Transaction


def wanted_stock(order: Order) -> Mapping[UUID, int]:
    """Return how many units of each variant the order's lines sell together.

    Units inside bundles count with the loose ones, so that what is checked is the sum (INV-9).
    """
    wanted: dict[UUID, int] = {}
    for line in order.line_items:
        for variant_id, each in line.units_each.items():
            wanted[variant_id] = wanted.get(variant_id, 0) + each * line.quantity
    return wanted


def refuse_short(order: Order, wanted: Mapping[UUID, int], available: Mapping[UUID, int]) -> None:
    """Refuse an order that stock cannot serve, naming every line concerned (INV-11).

    `available` has the variants that are short; a line is told in its own units: so many of a
    bundle as the scarcest of its components would make.
    """
    if available:
        raise StockProblem(
            ErrorCode.INVENTORY_UNAVAILABLE,
            "There is not enough stock for the order; nothing was charged.",
            shortages_of(order, wanted, available),
        )


def shortages_of(
    order: Order, wanted: Mapping[UUID, int], available: Mapping[UUID, int]
) -> list[StockShortage]:
    """Return the lines that are short, each in its own units (INV-11)."""
    lines = [_shortage(line, wanted, available) for line in order.line_items]
    return [line for line in lines if line is not None]


async def sell_held(tx: Transaction, order: Order, attempt_id: UUID, *, just_held: bool) -> None:
    """Sell what an attempt holds (INV-8), and what it should hold and does not, if it is there.

    What is not there is noted on the order: it is paid all the same, and a person resolves it
    (INV-14). What this very call held a moment ago needs no second look.
    """
    sold = await stock.consume_holds(tx, attempt_id, order.id)
    if just_held:
        return
    missing = {
        variant_id: units - sold.get(variant_id, 0)
        for variant_id, units in wanted_stock(order).items()
        if units > sold.get(variant_id, 0)
    }
    short = await stock.take_stock(tx, order.id, missing)
    if short:
        # Their levels are locked by now: what was not short is not short the second time.
        there = {id: units for id, units in missing.items() if id not in short}
        await stock.take_stock(tx, order.id, there)
        order.inventory_exception = InventoryException.PAID_INVENTORY_FAILED
        order.missing_stock = {str(id): missing[id] for id in short}


async def supply_missing(tx: Transaction, order: Order) -> None:
    """Take now what the order was sold without, all of it or nothing (INV-14)."""
    missing = {UUID(id): units for id, units in order.missing_stock.items()}
    refuse_short(order, missing, await stock.take_stock(tx, order.id, missing))
    order.missing_stock = {}


def without_missing(order: Order, back: Mapping[UUID, int]) -> Mapping[UUID, int]:
    """Return what comes back to the shelf of returned units: not those that never left it.

    They are no longer missing then.
    """
    left = dict(order.missing_stock)
    found: dict[UUID, int] = {}
    for variant_id, units in back.items():
        missing = left.pop(str(variant_id), 0)
        if missing > units:
            left[str(variant_id)] = missing - units
        if units > missing:
            found[variant_id] = units - missing
    order.missing_stock = left
    return found


def _shortage(
    line: LineItem, wanted: Mapping[UUID, int], available: Mapping[UUID, int]
) -> StockShortage | None:
    short = {id: each for id, each in line.units_each.items() if id in available}
    if not short:
        return None
    requested = max(-(-wanted[id] // each) for id, each in short.items())
    there = min(available[id] // each for id, each in short.items())
    return StockShortage(line.id, min(requested, line.quantity), there)
