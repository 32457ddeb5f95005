"""Counting many variants at once, as an import does."""

import asyncio

import pytest

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.stocking import set_limits
from ordergraph.commerce.inventory.tallying import Tally, tally, units_at_default
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db import statements
from tests.commerce.inventory.shelves import (
    adjust,
    history,
    hold,
    levels,
    locate,
    main,
    sell,
    shelve,
    stock,
    told,
)
from tests.world import World


async def count_all(world: World, *tallies: Tally) -> None:
    """Tally in a transaction of its own."""
    async with world.database.transaction(world.actor) as tx:
        await tally(tx, tallies)


async def test_inv_6_what_is_tallied_is_at_the_default_location_and_in_the_history(
    world: World,
) -> None:
    beans, cups, advice = await shelve(world, 10), await shelve(world, 4), await shelve(world, None)
    here, there = await main(world), await locate(world)
    await adjust(world, beans, 5, at=there)
    await count_all(
        world,
        Tally(beans, True, True, 7),
        Tally(cups, True, True, 4),
        Tally(advice, True, False, 3),
    )
    assert await levels(world, beans) == {here: 7, there: 5}
    assert await stock(world, beans) == (12, 0)
    entry = (await history(world, beans))[-1]
    assert (entry.quantity_delta, entry.new_quantity) == (-3, 7)
    assert entry.change_reason is InventoryChangeReason.INVENTORY_COUNT
    assert len(await history(world, cups)) == 1
    assert await levels(world, advice) == {here: 3}
    viewer = world.database.viewer(world.actor)
    assert await units_at_default(viewer, [beans, advice]) == {beans: 7, advice: 3}


async def test_inv_19_a_tally_tells_each_change_and_what_runs_low(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 4)
    async with world.database.transaction(world.actor) as tx:
        await set_limits(tx, beans, low_stock_threshold=7)
    await count_all(world, Tally(beans, True, True, 7), Tally(cups, True, True, 4))
    assert await told(world, beans) == [
        ("CHANGED", {"onHand": 7, "held": 0}),
        ("LOW", {"onHand": 7, "threshold": 7}),
    ]
    assert await told(world, cups) == []


async def test_a_tally_that_running_payments_forbid_changes_nothing(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 4)
    await hold(world, {beans: 5})
    for refused, code in (
        (Tally(beans, True, True, 4), ErrorCode.INSUFFICIENT_STOCK),
        (Tally(beans, False, False, 0), ErrorCode.INVENTORY_UNAVAILABLE),
    ):
        with pytest.raises(Problem) as problem:
            await count_all(world, Tally(cups, True, True, 1), refused)
        assert problem.value.code is code
    assert (await stock(world, beans), await stock(world, cups)) == ((10, 5), (4, 0))
    assert len(await history(world, cups)) == 1


async def test_inv_13_tallies_and_sales_in_opposite_order_never_deadlock(world: World) -> None:
    beans, cups = await shelve(world, 100), await shelve(world, 100)

    async def one(turn: int) -> None:
        order = (beans, cups) if turn % 2 else (cups, beans)
        if turn % 3:
            await sell(world, dict.fromkeys(order, 1))
        else:
            await count_all(world, *(Tally(id, True, True, 50) for id in order))

    await asyncio.gather(*(one(turn) for turn in range(30)))
    for id in (beans, cups):
        assert (
            sum(each.quantity_delta for each in await history(world, id))
            == (await stock(world, id))[0]
        )


@pytest.mark.parametrize("units", [1, 5])
async def test_a_tally_costs_the_same_for_any_number_of_variants(world: World, units: int) -> None:
    ids = [await shelve(world, 10) for _ in range(units)]
    with statements.counted() as sent:
        await count_all(world, *(Tally(id, True, True, 3) for id in ids))
    assert len(sent) == 7  # BEGIN, items, the location, levels, the change, events, COMMIT
