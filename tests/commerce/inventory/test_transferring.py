"""Transferring stock between locations (INV-22)."""

import asyncio

import pytest

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.transferring import Transfer, transfer_inventory
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem, Problems
from tests.commerce.inventory.shelves import (
    history,
    hold,
    levels,
    locate,
    main,
    sell,
    shelve,
    stock,
    told,
    transfer,
)
from tests.world import World


async def test_inv_22_a_transfer_leaves_two_entries_and_all_stock_together_as_it_was(
    world: World,
) -> None:
    beans = await shelve(world, 10)
    here, there = await main(world), await locate(world)
    await hold(world, {beans: 3})
    done = await transfer(world, beans, here, there, 8)
    assert await levels(world, beans) == {here: 2, there: 8}
    assert await stock(world, beans) == (10, 3)
    _, sent, received = await history(world, beans)
    assert (sent.id, received.id) == (done.sent.id, done.received.id)
    assert [
        (each.location_id, each.quantity_delta, each.new_quantity) for each in (sent, received)
    ] == [
        (here, -8, 2),
        (there, 8, 8),
    ]
    assert {sent.change_reason, received.change_reason} == {InventoryChangeReason.TRANSFER}


async def test_a_transfer_is_told_because_levels_are_seen(world: World) -> None:
    beans = await shelve(world, 10)
    await transfer(world, beans, await main(world), await locate(world), 8)
    assert await told(world, beans) == [("CHANGED", {"onHand": 10, "held": 0})]


async def test_inv_22_no_more_is_transferred_than_lies_there(world: World) -> None:
    beans, oversold = await shelve(world, 5), await shelve(world, 0, enforced=False)
    here, there = await main(world), await locate(world)
    await sell(world, {oversold: 1})
    for variant, source, target, units in (
        (beans, here, there, 6),
        (beans, there, here, 1),
        (oversold, here, there, 1),
        (await shelve(world, None), here, there, 1),
    ):
        before = await levels(world, variant)
        with pytest.raises(Problem) as refused:
            await transfer(world, variant, source, target, units)
        assert refused.value.code is ErrorCode.INSUFFICIENT_STOCK
        assert refused.value.field == ("quantity",)
        assert await levels(world, variant) == before
    assert len(await history(world, beans)) == 1


async def test_held_units_may_lie_anywhere(world: World) -> None:
    beans = await shelve(world, 5)
    await hold(world, {beans: 5})
    here, there = await main(world), await locate(world)
    await transfer(world, beans, here, there, 5)
    assert await levels(world, beans) == {here: 0, there: 5}
    assert await stock(world, beans) == (5, 5)


async def test_err_1_a_transfer_is_told_all_that_is_wrong_at_once(world: World) -> None:
    beans, here = await shelve(world, 5), await main(world)
    with pytest.raises(Problems) as refused:
        await transfer_inventory(
            world.database, world.actor, Transfer(beans, here, here, 0, "x" * 501, "x" * 256)
        )
    assert [(each.code, each.field) for each in refused.value.problems] == [
        (ErrorCode.INVALID_FIELD, ("quantity",)),
        (ErrorCode.CONFLICTING_FIELDS, ("toLocationId",)),
        (ErrorCode.STRING_TOO_LONG, ("note",)),
        (ErrorCode.STRING_TOO_LONG, ("reference",)),
    ]


async def test_what_is_not_there_cannot_be_transferred(world: World) -> None:
    beans, here, there = await shelve(world, 5), await main(world), await locate(world)
    for variant, source, target, field in (
        (new_id(), here, there, "variantId"),
        (beans, new_id(), there, "fromLocationId"),
        (beans, here, new_id(), "toLocationId"),
    ):
        with pytest.raises(Problem) as refused:
            await transfer(world, variant, source, target, 1)
        assert refused.value.code is ErrorCode.RESOURCE_NOT_FOUND
        assert refused.value.field == (field,)
    assert await levels(world, beans) == {here: 5}


async def test_inv_22_transfers_to_and_fro_at_once_lose_nothing(world: World) -> None:
    beans = await shelve(world, 200)
    here, there = await main(world), await locate(world)
    await transfer(world, beans, here, there, 100)
    await asyncio.gather(
        *(
            transfer(world, beans, *((here, there) if turn % 2 else (there, here)), 3)
            for turn in range(40)
        )
    )
    assert await levels(world, beans) == {here: 100, there: 100}
    assert await stock(world, beans) == (200, 0)
