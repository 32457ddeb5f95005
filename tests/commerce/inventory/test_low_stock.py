"""What is told of stock: each change once, and when it runs low (INV-19)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from ordergraph.commerce.inventory.holding import (
    consume_holds,
    release_holds,
    restock,
    take_stock,
)
from ordergraph.commerce.inventory.stocking import set_limits
from ordergraph.core.ids import new_id
from tests.commerce.inventory.shelves import (
    adjust,
    count,
    give_back,
    hold,
    locate,
    main,
    sell,
    shelve,
    told,
    transfer,
)
from tests.world import World


async def limit(world: World, variant_id: UUID, **limits: Any) -> bool:
    """Change how the stock of a variant is kept."""
    async with world.database.transaction(world.actor) as tx:
        return await set_limits(tx, variant_id, **limits)


async def lows(world: World, variant_id: UUID) -> list[dict[str, Any]]:
    """Return what was told of low stock."""
    return [payload for kind, payload in await told(world, variant_id) if kind == "LOW"]


async def for_the_shop(world: World, threshold: int | None) -> None:
    """Set the threshold of the shop."""
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            text(
                "UPDATE environments SET settings = settings || jsonb_build_object("
                "'lowStockThreshold', CAST(:threshold AS bigint)) WHERE id = :scope"
            ),
            {"threshold": threshold},
        )


async def test_inv_19_stock_that_falls_to_its_threshold_is_told_once_until_it_rises_above(
    world: World,
) -> None:
    beans = await shelve(world, 10)
    await limit(world, beans, low_stock_threshold=5)
    await sell(world, {beans: 4})
    assert await lows(world, beans) == []
    await sell(world, {beans: 1})
    assert await lows(world, beans) == [{"onHand": 5, "threshold": 5}]
    await sell(world, {beans: 2})
    await give_back(world, {beans: 2})
    await sell(world, {beans: 1})
    assert len(await lows(world, beans)) == 1
    await give_back(world, {beans: 2})
    await sell(world, {beans: 3})
    assert await lows(world, beans) == [
        {"onHand": 5, "threshold": 5},
        {"onHand": 3, "threshold": 5},
    ]


async def test_inv_19_every_way_down_is_watched(world: World) -> None:
    async def by_hold(beans: UUID) -> None:
        attempt = new_id()
        await hold(world, {beans: 6}, attempt)
        assert await told(world, beans) == []
        async with world.database.transaction(world.actor) as tx:
            await consume_holds(tx, attempt, new_id())

    ways = (
        by_hold,
        lambda beans: sell(world, {beans: 6}),
        lambda beans: adjust(world, beans, -6),
        lambda beans: count(world, beans, 4),
    )
    for way in ways:
        beans = await shelve(world, 10)
        await limit(world, beans, low_stock_threshold=5)
        await way(beans)
        assert await told(world, beans) == [
            ("CHANGED", {"onHand": 4, "held": 0}),
            ("LOW", {"onHand": 4, "threshold": 5}),
        ]


async def test_inv_19_the_shops_threshold_holds_where_a_variant_has_none(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 10)
    await for_the_shop(world, 3)
    await limit(world, cups, low_stock_threshold=0)
    await sell(world, {beans: 7, cups: 7})
    assert await lows(world, beans) == [{"onHand": 3, "threshold": 3}]
    assert await lows(world, cups) == []
    await adjust(world, cups, -3)
    assert await lows(world, cups) == [{"onHand": 0, "threshold": 0}]
    await for_the_shop(world, None)
    await sell(world, {beans: 1})
    await for_the_shop(world, 3)
    await adjust(world, beans, -1)
    assert len(await lows(world, beans)) == 2


async def test_inv_19_without_any_threshold_stock_is_never_low(world: World) -> None:
    beans = await shelve(world, 1, enforced=False)
    await sell(world, {beans: 5})
    assert await lows(world, beans) == []


async def test_inv_19_a_threshold_above_present_stock_is_told_of_with_the_next_fall(
    world: World,
) -> None:
    beans = await shelve(world, 3)
    await limit(world, beans, low_stock_threshold=5)
    await adjust(world, beans, 1)
    assert await lows(world, beans) == []
    await sell(world, {beans: 1})
    assert await lows(world, beans) == [{"onHand": 3, "threshold": 5}]


async def test_inv_19_a_threshold_that_is_lowered_and_raised_again_tells_again(
    world: World,
) -> None:
    beans = await shelve(world, 10)
    await limit(world, beans, low_stock_threshold=9)
    await sell(world, {beans: 1})
    await limit(world, beans, low_stock_threshold=5)
    await limit(world, beans, low_stock_threshold=9)
    await sell(world, {beans: 1})
    assert [each["onHand"] for each in await lows(world, beans)] == [9, 8]


async def test_holding_and_letting_go_changes_nothing_on_hand_and_tells_nothing(
    world: World,
) -> None:
    beans, attempt = await shelve(world, 10), new_id()
    await limit(world, beans, low_stock_threshold=9)
    await hold(world, {beans: 5}, attempt)
    async with world.database.transaction(world.actor) as tx:
        await release_holds(tx, attempt)
    assert await told(world, beans) == []


async def test_a_change_tells_what_is_on_hand_at_all_locations_and_what_is_held(
    world: World,
) -> None:
    beans, there = await shelve(world, 10), await locate(world)
    await hold(world, {beans: 2})
    await adjust(world, beans, 5, at=there)
    assert await told(world, beans) == [("CHANGED", {"onHand": 15, "held": 2})]


async def test_one_event_for_each_variant_and_transaction_has_the_last_state(
    world: World,
) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 10)
    await limit(world, beans, low_stock_threshold=5)
    async with world.database.transaction(world.actor) as tx:
        await take_stock(tx, new_id(), {beans: 5, cups: 1})
        await restock(tx, new_id(), new_id(), {beans: 1})
    assert await told(world, beans) == [("CHANGED", {"onHand": 6, "held": 0})]
    assert await told(world, cups) == [("CHANGED", {"onHand": 9, "held": 0})]
    async with world.database.transaction(world.actor) as tx:
        await take_stock(tx, new_id(), {beans: 1})
        await take_stock(tx, new_id(), {beans: 1})
    assert (await told(world, beans))[1:] == [
        ("LOW", {"onHand": 5, "threshold": 5}),
        ("CHANGED", {"onHand": 4, "held": 0}),
    ]


async def test_a_refused_or_rolled_back_movement_tells_nothing(world: World) -> None:
    beans = await shelve(world, 1)
    assert await sell(world, {beans: 2}) == {beans: 1}

    async def fail() -> None:
        async with world.database.transaction(world.actor) as tx:
            await take_stock(tx, new_id(), {beans: 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await told(world, beans) == []


async def test_a_transfer_never_makes_stock_low(world: World) -> None:
    beans = await shelve(world, 3)
    await limit(world, beans, low_stock_threshold=5)
    await transfer(world, beans, await main(world), await locate(world), 3)
    assert await lows(world, beans) == []
