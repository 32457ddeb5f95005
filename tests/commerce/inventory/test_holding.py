"""Holding, selling and returning stock."""

import pytest

from ordergraph.commerce.inventory.holding import (
    consume_holds,
    hold_stock,
    release_holds,
    restock,
    take_stock,
)
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.core.ids import new_id
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from ordergraph.runtime.db.transaction import ConstraintViolated
from tests.commerce.inventory.shelves import history, hold, holds, shelve, stock
from tests.world import World


async def test_inv_10_a_hold_leaves_the_shelf_alone_and_takes_from_what_is_available(
    world: World,
) -> None:
    beans = await shelve(world, 10)
    attempt = new_id()
    assert await hold(world, {beans: 4}, attempt) == {}
    assert await stock(world, beans) == (10, 4)
    assert await holds(world) == {(attempt, beans): 4}
    assert len(await history(world, beans)) == 1
    assert await hold(world, {beans: 7}) == {beans: 6}
    assert await hold(world, {beans: 6}) == {}
    assert await stock(world, beans) == (10, 10)


async def test_inv_11_one_short_variant_means_that_nothing_is_held(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 1)
    assert await hold(world, {beans: 2, cups: 3}) == {cups: 1}
    assert await stock(world, beans) == (10, 0)
    assert await stock(world, cups) == (1, 0)
    assert await holds(world) == {}


async def test_every_short_variant_is_named(world: World) -> None:
    beans, cups = await shelve(world, 0), await shelve(world, 1)
    assert await hold(world, {beans: 1, cups: 2}) == {beans: 0, cups: 1}


async def test_a_variant_that_others_hold_is_named_beside_one_that_is_sold_out(
    world: World,
) -> None:
    beans, cups, tea = await shelve(world, 2), await shelve(world, 0), await shelve(world, 9)
    await hold(world, {beans: 1})
    assert await hold(world, {beans: 2, cups: 1, tea: 1}) == {beans: 1, cups: 0}
    assert await stock(world, beans) == (2, 1)
    assert await stock(world, tea) == (9, 0)


async def test_inv_12_what_is_not_enforced_is_held_and_sold_below_zero(world: World) -> None:
    beans = await shelve(world, 1, enforced=False)
    attempt, order = new_id(), new_id()
    assert await hold(world, {beans: 3}, attempt) == {}
    assert await stock(world, beans) == (1, 3)
    async with world.database.transaction(world.actor) as tx:
        assert await consume_holds(tx, attempt, order) == {beans: 3}
    assert await stock(world, beans) == (-2, 0)


async def test_what_is_not_tracked_needs_no_hold(world: World) -> None:
    advice = await shelve(world, None)
    attempt = new_id()
    async with world.database.transaction(world.actor) as tx:
        assert await hold_stock(tx, attempt, new_id(), {advice: 5}) == {}
        assert await take_stock(tx, new_id(), {advice: 5}) == {}
        await restock(tx, new_id(), new_id(), {advice: 5})
        assert await consume_holds(tx, attempt, new_id()) == {}
    assert await stock(world, advice) == (0, 0)
    assert await history(world, advice) == []


async def test_inv_8_a_consumed_hold_is_a_sale_with_its_order(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 5)
    attempt, order = new_id(), new_id()
    await hold(world, {beans: 4, cups: 5}, attempt)
    async with world.database.transaction(world.actor) as tx:
        assert await consume_holds(tx, attempt, order) == {beans: 4, cups: 5}
    assert await stock(world, beans) == (6, 0)
    assert await stock(world, cups) == (0, 0)
    assert await holds(world) == {}
    _, entry = await history(world, beans)
    assert (entry.quantity_delta, entry.new_quantity, entry.order_id) == (-4, 6, order)
    assert entry.change_reason is InventoryChangeReason.ORDER_FULFILLMENT
    assert (entry.actor_kind, entry.principal) == (ActorKind.SECRET_KEY, world.actor.principal)


async def test_a_hold_is_consumed_once(world: World) -> None:
    beans = await shelve(world, 10)
    attempt = new_id()
    await hold(world, {beans: 4}, attempt)
    async with world.database.transaction(world.actor) as tx:
        await consume_holds(tx, attempt, new_id())
        assert await consume_holds(tx, attempt, new_id()) == {}
        await release_holds(tx, attempt)
    assert await stock(world, beans) == (6, 0)
    assert len(await history(world, beans)) == 2


async def test_inv_16_a_released_hold_changes_no_stock(world: World) -> None:
    beans = await shelve(world, 10)
    attempt, other = new_id(), new_id()
    await hold(world, {beans: 4}, attempt)
    await hold(world, {beans: 1}, other)
    async with world.database.transaction(world.actor) as tx:
        await release_holds(tx, attempt)
        await release_holds(tx, attempt)
    assert await stock(world, beans) == (10, 1)
    assert await holds(world) == {(other, beans): 1}
    assert len(await history(world, beans)) == 1


async def test_inv_14_a_sale_without_a_hold_takes_all_or_nothing(world: World) -> None:
    beans, cups = await shelve(world, 10), await shelve(world, 3)
    await hold(world, {cups: 2})
    async with world.database.transaction(world.actor) as tx:
        assert await take_stock(tx, new_id(), {beans: 1, cups: 2}) == {cups: 1}
        assert await take_stock(tx, new_id(), {beans: 1, cups: 1}) == {}
    assert await stock(world, beans) == (9, 0)
    assert await stock(world, cups) == (2, 2)


async def test_ref_20_returned_units_go_back_on_the_shelf(world: World) -> None:
    beans = await shelve(world, 10)
    order, refund = new_id(), new_id()
    async with world.database.transaction(world.actor) as tx:
        await take_stock(tx, order, {beans: 3})
        await restock(tx, order, refund, {beans: 2})
    assert await stock(world, beans) == (9, 0)
    entry = (await history(world, beans))[-1]
    assert (entry.quantity_delta, entry.new_quantity) == (2, 9)
    assert (entry.order_id, entry.refund_id) == (order, refund)
    assert entry.change_reason is InventoryChangeReason.ORDER_REFUND


async def test_an_attempt_cannot_hold_the_same_variant_twice(world: World) -> None:
    beans = await shelve(world, 10)
    attempt = new_id()
    await hold(world, {beans: 1}, attempt)
    with pytest.raises(ConstraintViolated):
        await hold(world, {beans: 1}, attempt)
    assert await stock(world, beans) == (10, 1)


async def test_env_1_another_environment_can_neither_hold_nor_release(world: World) -> None:
    beans = await shelve(world, 10)
    attempt = new_id()
    await hold(world, {beans: 4}, attempt)
    stranger = world.caller(ActorKind.SECRET_KEY, frozenset(), environment_id=new_id())
    async with world.database.transaction(stranger) as tx:
        await hold_stock(tx, new_id(), new_id(), {beans: 1})
        await take_stock(tx, new_id(), {beans: 1})
        await restock(tx, new_id(), new_id(), {beans: 1})
        await release_holds(tx, attempt)
        assert await consume_holds(tx, attempt, new_id()) == {}
    assert await stock(world, beans) == (10, 4)


async def test_each_movement_is_one_statement_for_any_number_of_variants(world: World) -> None:
    wanted = {await shelve(world, 9): 2 for _ in range(5)}
    attempt, order = new_id(), new_id()
    async with world.database.transaction(world.actor) as tx:
        for movement in (
            hold_stock(tx, attempt, order, wanted),
            consume_holds(tx, attempt, order),
            take_stock(tx, order, wanted),
            restock(tx, order, new_id(), wanted),
            release_holds(tx, attempt),
        ):
            with statements.counted() as sent:
                await movement
            assert len([text for text in sent.texts if text != "BEGIN"]) == 1
