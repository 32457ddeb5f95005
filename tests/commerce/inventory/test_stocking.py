"""How the stock of a variant is kept: tracked, enforced, and when it is low."""

from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.inventory.reads import items_by_variants
from ordergraph.commerce.inventory.rules import MOST_UNITS, InventoryChangeReason
from ordergraph.commerce.inventory.stocking import set_limits
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
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


async def limit(world: World, variant_id: UUID, **limits: Any) -> bool:
    """Change how the stock of a variant is kept."""
    async with world.database.transaction(world.actor) as tx:
        return await set_limits(tx, variant_id, "input", **limits)


async def refusal(world: World, variant_id: UUID, **limits: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        await limit(world, variant_id, **limits)
    return refused.value


async def test_a_variant_that_is_not_tracked_lies_nowhere(world: World) -> None:
    advice, beans = await shelve(world, None), await shelve(world, 0)
    assert await levels(world, advice) == {}
    assert await levels(world, beans) == {await main(world): 0}
    assert await history(world, beans) == []


async def test_first_units_leave_an_entry_and_no_event_but_the_products(world: World) -> None:
    beans = await shelve(world, 5)
    (entry,) = await history(world, beans)
    assert (entry.quantity_delta, entry.new_quantity) == (5, 5)
    assert entry.change_reason is InventoryChangeReason.RECEIVED_STOCK
    assert entry.created_at == world.clock.now()
    assert await told(world, beans) == []


async def test_tracking_is_switched_on_at_zero(world: World) -> None:
    advice = await shelve(world, None)
    assert await limit(world, advice, tracked=True)
    viewer = world.database.viewer(world.actor)
    assert (await variants_for_sale(viewer, [advice]))[advice].quantity_available == 0
    assert await limit(world, advice, tracked=True) is False


async def test_tracking_that_is_switched_off_writes_off_what_lies_there(world: World) -> None:
    beans, there = await shelve(world, 5, enforced=True), await locate(world)
    await adjust(world, beans, 3, at=there)
    assert await limit(world, beans, tracked=False)
    assert await stock(world, beans) == (0, 0)
    assert set((await levels(world, beans)).values()) == {0}
    entries = (await history(world, beans))[2:]
    assert sorted(each.quantity_delta for each in entries) == [-5, -3]
    assert {each.note for each in entries} == {"Tracking was switched off."}
    assert (await told(world, beans))[-1] == ("CHANGED", {"onHand": 0, "held": 0})
    viewer = world.database.viewer(world.actor)
    assert (await variants_for_sale(viewer, [beans]))[beans].quantity_available is None
    await adjust(world, beans, 2)
    assert await stock(world, beans) == (2, 0)


async def test_tracking_goes_on_while_running_payments_hold_units(world: World) -> None:
    beans = await shelve(world, 5)
    await hold(world, {beans: 2})
    problem = await refusal(world, beans, tracked=False)
    assert problem.code is ErrorCode.INVENTORY_UNAVAILABLE
    assert problem.field == ("input", "trackInventory")
    assert await stock(world, beans) == (5, 2)
    assert len(await history(world, beans)) == 1


async def test_oversold_stock_cannot_be_enforced(world: World) -> None:
    beans = await shelve(world, 1, enforced=False)
    await hold(world, {beans: 2})
    problem = await refusal(world, beans, enforced=True)
    assert problem.code is ErrorCode.INSUFFICIENT_STOCK
    assert problem.field == ("input", "enforceInventoryLimit")
    await adjust(world, beans, 1)
    assert await limit(world, beans, enforced=True)
    assert await sell(world, {beans: 1}) == {beans: 0}
    assert await limit(world, beans, enforced=False)
    assert await sell(world, {beans: 1}) == {}


async def test_a_threshold_is_a_whole_number_or_none(world: World) -> None:
    beans = await shelve(world, 1)
    for threshold in (-1, MOST_UNITS + 1):
        problem = await refusal(world, beans, low_stock_threshold=threshold)
        assert problem.code is ErrorCode.INVALID_FIELD
        assert problem.field == ("input", "lowStockThreshold")
    for threshold in (0, MOST_UNITS, None):
        assert await limit(world, beans, low_stock_threshold=threshold)
        items = await items_by_variants(world.database.viewer(world.actor), [beans])
        assert items[beans].low_stock_threshold == threshold
    assert await limit(world, beans, low_stock_threshold=None) is False
    assert await told(world, beans) == []


async def test_limits_of_what_does_not_exist_are_not_found(world: World) -> None:
    problem = await refusal(world, new_id(), tracked=True)
    assert (problem.code, problem.field) == (ErrorCode.RESOURCE_NOT_FOUND, ("input",))
