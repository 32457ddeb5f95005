"""From which locations sold units are taken, and where returned ones go (INV-24)."""

import asyncio
from uuid import UUID

from sqlalchemy import text

from ordergraph.commerce.inventory.holding import consume_holds, release_holds, take_stock
from ordergraph.commerce.inventory.locating import LocationChanges, update_location
from ordergraph.commerce.inventory.reads import levels_by_variants
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.shifting import Shift, Why, lock_item, shift
from ordergraph.core.ids import new_id
from ordergraph.runtime.db import statements
from tests.commerce.inventory.shelves import (
    adjust,
    give_back,
    history,
    hold,
    levels,
    locate,
    main,
    sell,
    shelve,
    stock,
    transfer,
    until_somebody_waits,
)
from tests.world import World


async def consume(world: World, wanted: dict[UUID, int]) -> None:
    """Hold units and sell them."""
    attempt = new_id()
    assert await hold(world, wanted, attempt) == {}
    async with world.database.transaction(world.actor) as tx:
        assert await consume_holds(tx, attempt, new_id()) == wanted


async def spread(world: World, *units: int, enforced: bool = True) -> tuple[UUID, list[UUID]]:
    """Put units of a new variant at the default location and at others, ordered by their id."""
    beans = await shelve(world, units[0], enforced=enforced)
    places = [await main(world), *sorted([await locate(world) for _ in units[1:]])]
    for place, there in zip(places[1:], units[1:], strict=True):
        await adjust(world, beans, there, at=place)
    return beans, places


async def at(world: World, variant_id: UUID, places: list[UUID]) -> list[int]:
    """Return what lies at each place."""
    found = await levels(world, variant_id)
    return [found.get(place, 0) for place in places]


async def test_inv_24_a_sale_takes_from_the_default_location_first_then_by_id(
    world: World,
) -> None:
    beans, places = await spread(world, 3, 4, 5)
    await consume(world, {beans: 2})
    assert await at(world, beans, places) == [1, 4, 5]
    await consume(world, {beans: 6})
    assert await at(world, beans, places) == [0, 0, 4]
    assert await sell(world, {beans: 4}) == {}
    assert await at(world, beans, places) == [0, 0, 0]
    assert await stock(world, beans) == (0, 0)


async def test_each_location_that_a_sale_takes_from_has_an_entry_of_its_own(world: World) -> None:
    beans, places = await spread(world, 3, 4)
    before = len(await history(world, beans))
    attempt, order = new_id(), new_id()
    await hold(world, {beans: 5}, attempt)
    async with world.database.transaction(world.actor) as tx:
        await consume_holds(tx, attempt, order)
    first, second = (await history(world, beans))[before:]
    assert [first.location_id, second.location_id] == places
    assert [first.quantity_delta, second.quantity_delta] == [-3, -2]
    assert [first.new_quantity, second.new_quantity] == [0, 2]
    assert {first.order_id, second.order_id} == {order}
    assert first.id != second.id
    assert second.id.version == 7
    moment = second.id.int >> 80
    assert moment == int(world.clock.now().timestamp() * 1000)


async def test_inv_24_what_is_beyond_all_stock_is_taken_from_the_default_location(
    world: World,
) -> None:
    beans, places = await spread(world, 1, 2, enforced=False)
    await consume(world, {beans: 7})
    assert await at(world, beans, places) == [-4, 0]
    await sell(world, {beans: 1})
    assert await at(world, beans, places) == [-5, 0]
    assert await stock(world, beans) == (-5, 0)


async def test_units_elsewhere_are_sold_before_an_oversold_default_location_sinks_deeper(
    world: World,
) -> None:
    beans = await shelve(world, 0, enforced=False)
    await sell(world, {beans: 3})
    places = [await main(world), await locate(world)]
    await adjust(world, beans, 5, at=places[1])
    await sell(world, {beans: 2})
    assert await at(world, beans, places) == [-3, 3]
    assert await stock(world, beans) == (0, 0)


async def test_inv_24_restocked_units_go_to_the_default_location(world: World) -> None:
    beans, places = await spread(world, 0, 4)
    await sell(world, {beans: 2})
    assert await at(world, beans, places) == [0, 2]
    await give_back(world, {beans: 2})
    assert await at(world, beans, places) == [2, 2]
    assert await stock(world, beans) == (4, 0)


async def test_inv_24_a_new_default_location_is_sold_from_first_and_restocked(
    world: World,
) -> None:
    beans, places = await spread(world, 5, 5, enforced=False)
    await update_location(world.database, world.actor, places[1], LocationChanges(is_default=True))
    await sell(world, {beans: 6})
    assert await at(world, beans, places) == [4, 0]
    await give_back(world, {beans: 1})
    assert await at(world, beans, places) == [4, 1]


async def test_a_default_location_without_a_level_gets_one_when_it_is_needed(
    world: World,
) -> None:
    beans, cups = await shelve(world, 1, enforced=False), await shelve(world, 1)
    old, new = await main(world), await locate(world)
    await update_location(world.database, world.actor, new, LocationChanges(is_default=True))
    await consume(world, {beans: 3, cups: 1})
    assert await levels(world, beans) == {old: 0, new: -2}
    assert await levels(world, cups) == {old: 0}
    await give_back(world, {cups: 1})
    assert await levels(world, cups) == {old: 0, new: 1}


async def test_a_sale_that_waits_for_a_transfer_takes_from_where_the_units_are_now(
    world: World,
) -> None:
    beans, places = await spread(world, 5, 1)
    async with world.database.transaction(world.actor) as tx:
        await take_stock(tx, new_id(), {beans: 1})  # the item is locked from here on
        waiting = asyncio.create_task(transfer(world, beans, places[0], places[1], 4))
        await until_somebody_waits(world)
        selling = asyncio.create_task(consume(world, {beans: 3}))
        await asyncio.sleep(0.1)
    await asyncio.gather(waiting, selling)
    assert sum(await at(world, beans, places)) == 2
    assert min(await at(world, beans, places)) >= 0


async def test_a_sale_that_waited_finds_a_level_that_was_made_meanwhile(world: World) -> None:
    beans = await shelve(world, 4)
    here, there = await main(world), await locate(world)
    attempt, other = new_id(), new_id()
    await hold(world, {beans: 2}, attempt)
    await hold(world, {beans: 1}, other)

    async def settle() -> None:
        async with world.database.transaction(world.actor) as tx:
            assert await consume_holds(tx, attempt, new_id()) == {beans: 2}

    async def take() -> None:
        assert await sell(world, {beans: 1}) == {}

    async with world.database.transaction(world.actor) as tx:
        await release_holds(tx, other)  # the item is locked from here on
        item = await lock_item(tx, beans)
        waiting = [asyncio.create_task(settle()), asyncio.create_task(take())]
        await until_somebody_waits(world)
        await asyncio.sleep(0.1)
        why = Why(InventoryChangeReason.TRANSFER)
        await shift(tx, item, [Shift(here, -4), Shift(there, 4)], why)
    await asyncio.gather(*waiting)
    assert await levels(world, beans) == {here: 0, there: 1}
    assert await stock(world, beans) == (1, 0)
    assert sum(each.quantity_delta for each in await history(world, beans)) == 1


async def test_a_sale_is_one_statement_wherever_the_units_lie(world: World) -> None:
    beans, _ = await spread(world, 1, 1, 1)
    attempt = new_id()
    await hold(world, {beans: 3}, attempt)
    async with world.database.transaction(world.actor) as tx:
        with statements.counted() as sent:
            await consume_holds(tx, attempt, new_id())
    assert len(sent) == 2  # BEGIN and the sale


async def test_levels_that_do_not_add_up_are_no_reason_not_to_sell(world: World) -> None:
    beans = await shelve(world, 5)
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            text("UPDATE inventory_levels SET on_hand = 1 WHERE variant_id = :id"), {"id": beans}
        )
    await consume(world, {beans: 2})
    assert await sell(world, {beans: 1}) == {}
    assert await stock(world, beans) == (2, 0)


async def test_the_levels_of_a_variant_are_read_with_the_default_location_first(
    world: World,
) -> None:
    beans, places = await spread(world, 1, 2, 3)
    await update_location(world.database, world.actor, places[2], LocationChanges(is_default=True))
    viewer = world.database.viewer(world.actor)
    read = (await levels_by_variants(viewer, [beans]))[beans]
    assert [(each.location_id, each.on_hand) for each in read] == [
        (places[2], 3),
        *sorted([(places[0], 1), (places[1], 2)]),
    ]
