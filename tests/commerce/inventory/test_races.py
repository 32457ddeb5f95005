"""Stock under many hands at once (INV-6, INV-13, CON-5)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from itertools import accumulate
from uuid import UUID

import pytest

from ordergraph.commerce.inventory.holding import (
    consume_holds,
    hold_stock,
    release_holds,
    restock,
    take_stock,
)
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from tests.commerce.inventory.shelves import (
    adjust,
    count,
    give_back,
    history,
    hold,
    holds,
    levels,
    locate,
    main,
    sell,
    shelve,
    stock,
    told,
    transfer,
    until_somebody_waits,
)
from tests.world import World


async def test_fifty_buyers_hold_the_last_ten_units_exactly_ten_times(world: World) -> None:
    beans = await shelve(world, 10)
    answers = await asyncio.gather(*(hold(world, {beans: 1}) for _ in range(50)))
    assert sorted(len(shortages) for shortages in answers) == [0] * 10 + [1] * 40
    assert [shortages for shortages in answers if shortages] == [{beans: 0}] * 40
    assert await stock(world, beans) == (10, 10)
    assert len(await holds(world)) == 10


async def test_a_hold_that_waits_for_a_release_gets_the_released_units(world: World) -> None:
    beans, attempt = await shelve(world, 1), new_id()
    await hold(world, {beans: 1}, attempt)
    async with world.database.transaction(world.actor) as tx:
        await release_holds(tx, attempt)
        waiting = asyncio.create_task(hold(world, {beans: 1}))
        await until_somebody_waits(world)
    assert await waiting == {}
    assert await stock(world, beans) == (1, 1)


async def test_a_sale_that_waits_for_a_delivery_gets_the_delivered_units(world: World) -> None:
    beans = await shelve(world, 0)

    async def sell() -> Mapping[UUID, int]:
        async with world.database.transaction(world.actor) as tx:
            return await take_stock(tx, new_id(), {beans: 2})

    async with world.database.transaction(world.actor) as tx:
        await restock(tx, new_id(), new_id(), {beans: 2})
        waiting = asyncio.create_task(sell())
        await until_somebody_waits(world)
    assert await waiting == {}
    assert await stock(world, beans) == (0, 0)


async def test_a_hold_that_waits_for_a_sale_finds_the_shelf_empty(world: World) -> None:
    beans = await shelve(world, 1)
    async with world.database.transaction(world.actor) as tx:
        await take_stock(tx, new_id(), {beans: 1})
        waiting = asyncio.create_task(hold(world, {beans: 1}))
        await until_somebody_waits(world)
    assert await waiting == {beans: 0}
    assert await stock(world, beans) == (0, 0)


async def test_fifty_sales_without_a_hold_sell_the_last_ten_units(world: World) -> None:
    beans = await shelve(world, 10)

    async def sell() -> bool:
        async with world.database.transaction(world.actor) as tx:
            return not await take_stock(tx, new_id(), {beans: 1})

    assert sum(await asyncio.gather(*(sell() for _ in range(50)))) == 10
    assert await stock(world, beans) == (0, 0)
    assert [entry.new_quantity for entry in await history(world, beans)].count(0) == 1


async def test_inv_13_orders_with_the_same_variants_in_opposite_order_never_deadlock(
    world: World,
) -> None:
    beans, cups = await shelve(world, 10_000), await shelve(world, 10_000)
    orders = [{beans: 1, cups: 1}, {cups: 1, beans: 1}]

    async def buy(wanted: dict[UUID, int]) -> None:
        attempt, order = new_id(), new_id()
        async with world.database.transaction(world.actor) as tx:
            assert await hold_stock(tx, attempt, order, wanted) == {}
            await asyncio.sleep(0)
            await consume_holds(tx, attempt, order)

    await asyncio.gather(*(buy(orders[turn % 2]) for turn in range(100)))
    assert await stock(world, beans) == (9_900, 0)
    assert await stock(world, cups) == (9_900, 0)


async def test_one_hold_is_sold_once_by_whoever_settles_first(world: World) -> None:
    beans = await shelve(world, 10)
    attempt, order = new_id(), new_id()
    await hold(world, {beans: 3}, attempt)

    async def settle() -> int:
        async with world.database.transaction(world.actor) as tx:
            return sum((await consume_holds(tx, attempt, order)).values())

    assert sorted(await asyncio.gather(*(settle() for _ in range(8)))) == [0] * 7 + [3]
    assert await stock(world, beans) == (7, 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_inv_6_the_deltas_add_up_to_the_stock_whatever_happens_at_once(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)
    variants = [await shelve(world, 20) for _ in range(3)]
    variants.append(await shelve(world, 5, enforced=False))
    refusals: set[ErrorCode] = set()

    async def one(turn: int) -> None:
        await asyncio.sleep(chance.random() / 50)
        wanted = {id: chance.randint(1, 4) for id in chance.sample(variants, chance.randint(1, 4))}
        attempt, order = new_id(), new_id()
        if turn % 4 == 0:
            id, delta = chance.choice(variants), chance.choice([-9, -2, 3, 5])
            try:
                await adjust(world, id, delta)
            except Problem as problem:
                refusals.add(problem.code)
            return
        if turn % 4 == 1:
            async with world.database.transaction(world.actor) as tx:
                await take_stock(tx, order, wanted)
                await restock(tx, order, new_id(), dict.fromkeys(wanted, 1))
            return
        if await hold(world, wanted, attempt) == {} and turn % 8 != 2:
            async with world.database.transaction(world.actor) as tx:
                if turn % 8 == 3:
                    await release_holds(tx, attempt)
                else:
                    await consume_holds(tx, attempt, order)

    await asyncio.gather(*(one(turn) for turn in range(120)))
    kept = await holds(world)
    for id in variants:
        on_hand, held = await stock(world, id)
        entries = await history(world, id)
        totals = list(accumulate(entry.quantity_delta for entry in entries))
        assert [entry.new_quantity for entry in entries] == totals
        assert totals[-1] == on_hand
        assert sum(units for (_, variant), units in kept.items() if variant == id) == held
        assert id == variants[-1] or 0 <= held <= on_hand
    assert kept
    assert refusals <= {ErrorCode.INSUFFICIENT_STOCK}


async def test_who_comes_when_all_is_sold_is_told_without_waiting_for_a_lock(world: World) -> None:
    beans = await shelve(world, 1)
    async with world.database.transaction(world.actor) as tx:
        assert await take_stock(tx, new_id(), {beans: 1}) == {}
    async with world.database.transaction(world.actor) as tx:
        await restock(tx, new_id(), new_id(), {beans: 1})  # holds the level until it commits
        async with world.database.transaction(world.actor) as late:
            assert await hold_stock(late, new_id(), new_id(), {beans: 1}) == {beans: 0}


async def test_inv_13_everything_that_moves_stock_at_once_never_deadlocks_and_adds_up(
    world: World,
) -> None:
    """Sales, counts, transfers, adjustments and refunds of the same variants, in opposite order."""
    variants = [await shelve(world, 300), await shelve(world, 300, enforced=False)]
    here, there = await main(world), await locate(world)
    for variant in variants:
        await transfer(world, variant, here, there, 100)
    refusals: list[ErrorCode] = []

    async def one(turn: int) -> None:
        wanted = dict.fromkeys(variants if turn % 2 else reversed(variants), 2)
        variant = variants[turn % 2]
        places = (here, there) if turn % 3 else (there, here)
        attempt, order = new_id(), new_id()
        ways: list[Callable[[], Awaitable[object]]] = [
            lambda: sell(world, wanted),
            lambda: give_back(world, wanted),
            lambda: adjust(world, variant, -3, at=places[0]),
            lambda: adjust(world, variant, 5, at=places[1]),
            lambda: transfer(world, variant, *places, 7),
            lambda: count(world, variant, 90, at=places[0]),
        ]
        if turn % 7 == 6:
            await hold(world, wanted, attempt)
            async with world.database.transaction(world.actor) as tx:
                await consume_holds(tx, attempt, order)
            return
        try:
            await ways[turn % 7]()
        except Problem as problem:
            refusals.append(problem.code)

    await asyncio.gather(*(one(turn) for turn in range(140)))
    assert set(refusals) <= {ErrorCode.INSUFFICIENT_STOCK}
    for variant in variants:
        on_hand, held = await stock(world, variant)
        lies = await levels(world, variant)
        assert (sum(lies.values()), held) == (on_hand, 0)
        totals = {here: 0, there: 0}
        for entry in await history(world, variant):
            totals[entry.location_id] += entry.quantity_delta
            assert entry.new_quantity == totals[entry.location_id]
        assert totals == lies
        (*_, last) = [payload for kind, payload in await told(world, variant) if kind == "CHANGED"]
        assert last["onHand"] == on_hand


async def test_the_last_of_many_sales_takes_the_last_units_of_every_location(
    world: World,
) -> None:
    beans, there = await shelve(world, 5), await locate(world)
    await adjust(world, beans, 5, at=there)
    answers = await asyncio.gather(*(sell(world, {beans: 1}) for _ in range(30)))
    assert [bool(short) for short in answers].count(False) == 10
    assert set((await levels(world, beans)).values()) == {0}
    assert await stock(world, beans) == (0, 0)
