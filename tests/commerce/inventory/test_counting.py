"""Counting stock: compare and set (INV-21)."""

import asyncio
from decimal import Decimal

import pytest

from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.inventory.counting import Count, count_inventory
from ordergraph.commerce.inventory.rules import MOST_UNITS, InventoryChangeReason
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem, Problems
from tests.commerce.inventory.shelves import (
    count,
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


async def test_inv_21_a_count_takes_the_place_of_what_was_known(world: World) -> None:
    beans = await shelve(world, 10)
    entry = await count(world, beans, 7)
    assert entry is not None
    assert (entry.quantity_delta, entry.new_quantity) == (-3, 7)
    assert entry.change_reason is InventoryChangeReason.INVENTORY_COUNT
    assert await stock(world, beans) == (7, 0)
    assert await told(world, beans) == [("CHANGED", {"onHand": 7, "held": 0})]


async def test_inv_21_a_count_is_of_one_location(world: World) -> None:
    beans, there = await shelve(world, 10), await locate(world)
    await count(world, beans, 4, at=there)
    assert await levels(world, beans) == {await main(world): 10, there: 4}
    assert await stock(world, beans) == (14, 0)


async def test_inv_21_a_count_of_stock_that_changed_meanwhile_changes_nothing(
    world: World,
) -> None:
    beans = await shelve(world, 10)
    with pytest.raises(Problem) as refused:
        await count(world, beans, 7, expected=9)
    assert refused.value.code is ErrorCode.INVENTORY_CHANGED
    assert refused.value.field == ("expectedQuantity",)
    assert refused.value.message == "There are 10 units at this location: count again."
    assert await stock(world, beans) == (10, 0)
    assert len(await history(world, beans)) == 1
    assert await told(world, beans) == []
    await count(world, beans, 7, expected=10)
    assert await stock(world, beans) == (7, 0)


async def test_inv_21_of_many_who_count_at_once_all_but_one_count_again(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 10)
    # Afterwards as many connections are open, so that the counts do begin together.
    await asyncio.gather(*(count(world, cups, units) for units in range(20)))
    counts = (count(world, beans, units, expected=10) for units in range(11, 31))
    answers = await asyncio.gather(*counts, return_exceptions=True)
    refusals = [each for each in answers if isinstance(each, Problem)]
    assert [each.code for each in refusals] == [ErrorCode.INVENTORY_CHANGED] * 19
    assert len(await history(world, beans)) == 2


async def test_inv_21_a_count_that_finds_what_was_known_writes_no_entry(world: World) -> None:
    beans = await shelve(world, 10)
    assert await count(world, beans, 10, expected=10) is None
    assert len(await history(world, beans)) == 1
    assert await told(world, beans) == []


async def test_inv_4_counting_an_untracked_variant_begins_to_track_it(world: World) -> None:
    viewer = world.database.viewer(world.actor)
    for units in (0, 3):
        advice = await shelve(world, None)
        await count(world, advice, units, expected=0)
        variant = (await variants_for_sale(viewer, [advice]))[advice]
        assert (variant.tracked, variant.quantity_available) == (True, units)
        assert sum(each.quantity_delta for each in await history(world, advice)) == units
        assert await told(world, advice) == [("CHANGED", {"onHand": units, "held": 0})]


async def test_a_count_cannot_find_fewer_than_running_payments_hold(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 10, enforced=False)
    await hold(world, {beans: 4, cups: 4})
    with pytest.raises(Problem) as refused:
        await count(world, beans, 3)
    assert refused.value.code is ErrorCode.INSUFFICIENT_STOCK
    assert refused.value.field == ("quantity",)
    assert await stock(world, beans) == (10, 4)
    await count(world, beans, 4)
    await count(world, cups, 3)
    assert (await stock(world, beans), await stock(world, cups)) == ((4, 4), (3, 4))


async def test_oversold_stock_can_be_counted(world: World) -> None:
    beans = await shelve(world, 0, enforced=False)
    await sell(world, {beans: 3})
    entry = await count(world, beans, 2, expected=-3)
    assert entry is not None
    assert entry.quantity_delta == 5
    assert await stock(world, beans) == (2, 0)


async def test_err_1_a_count_is_told_all_that_is_wrong_at_once(world: World) -> None:
    beans = await shelve(world, 1)
    for quantity in (-1, Decimal("1.5"), MOST_UNITS + 1):
        wanted = Count(beans, quantity, note="x" * 501, reference="x" * 256)
        with pytest.raises(Problems) as refused:
            await count_inventory(world.database, world.actor, wanted)
        assert [(each.code, each.field) for each in refused.value.problems] == [
            (ErrorCode.INVALID_FIELD, ("quantity",)),
            (ErrorCode.STRING_TOO_LONG, ("note",)),
            (ErrorCode.STRING_TOO_LONG, ("reference",)),
        ]
    assert await stock(world, beans) == (1, 0)


async def test_all_stock_together_stays_below_the_largest_number(world: World) -> None:
    beans, there = await shelve(world, 1), await locate(world)
    with pytest.raises(Problem) as refused:
        await count(world, beans, MOST_UNITS, at=there)
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID_FIELD, ("quantity",))


async def test_what_is_not_there_cannot_be_counted(world: World) -> None:
    beans = await shelve(world, 1)
    for variant, place, field in ((new_id(), None, "variantId"), (beans, new_id(), "locationId")):
        with pytest.raises(Problem) as refused:
            await count(world, variant, 1, at=place)
        assert refused.value.code is ErrorCode.RESOURCE_NOT_FOUND
        assert refused.value.field == (field,)
