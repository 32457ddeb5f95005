"""Adjusting stock by hand."""

from decimal import Decimal

import pytest
from sqlalchemy import insert, text, update

from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.inventory.holding import take_stock
from ordergraph.commerce.inventory.rules import (
    MAY_GO_NEGATIVE,
    MOST_UNITS,
    InventoryChangeReason,
)
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.commerce.merchants.founding import NewMerchant, found_merchant
from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import ConstraintViolated
from tests.commerce.inventory.shelves import (
    adjust,
    count,
    history,
    hold,
    levels,
    locate,
    main,
    shelve,
    stock,
    transfer,
)
from tests.world import World

LOSS = InventoryChangeReason.LOSS
BY_HAND = [each for each in InventoryChangeReason if each is not InventoryChangeReason.TRANSFER]


async def refusal(world: World, *arguments: object) -> Problem:
    with pytest.raises(Problem) as refused:
        await adjust(world, *arguments)
    return refused.value


async def test_an_adjustment_changes_the_stock_and_leaves_an_entry(world: World) -> None:
    beans = await shelve(world, 10)
    adjustment = await adjust(
        world,
        beans,
        50,
        InventoryChangeReason.RECEIVED_STOCK,
        " first delivery ",
    )
    assert (adjustment.quantity_delta, adjustment.new_quantity) == (50, 60)
    assert adjustment.note == "first delivery"
    assert await stock(world, beans) == (60, 0)
    _, entry = await history(world, beans)
    assert (entry.id, entry.quantity_delta, entry.new_quantity) == (adjustment.id, 50, 60)
    assert (entry.actor_kind, entry.principal) == (ActorKind.SECRET_KEY, world.actor.principal)
    assert entry.created_at == world.clock.now()


async def test_inv_1_a_delta_is_a_whole_number_other_than_zero(world: World) -> None:
    beans = await shelve(world, 10)
    for delta in (0, MOST_UNITS + 1, *map(Decimal, ("1.5", "Infinity", "NaN", "1e40"))):
        problem = await refusal(world, beans, delta)
        assert problem.code is ErrorCode.INVALID_QUANTITY_DELTA
        assert problem.field == ("quantityDelta",)
    assert await stock(world, beans) == (10, 0)


async def test_a_whole_number_written_as_a_fraction_is_whole(world: World) -> None:
    beans = await shelve(world, 10)
    adjustment = await adjust(world, beans, Decimal("-2.0"))
    assert adjustment.new_quantity == 8


async def test_inv_2_an_adjustment_without_a_reason_is_a_manual_one(world: World) -> None:
    beans = await shelve(world, 10)
    adjustment = await adjust(world, beans, 1)
    assert adjustment.change_reason is InventoryChangeReason.MANUAL_ADJUSTMENT


async def test_inv_3_every_reason_can_be_given_by_hand_and_names_no_order(world: World) -> None:
    beans = await shelve(world, 10)
    for reason in BY_HAND:
        await adjust(world, beans, -1, reason)
    _, *entries = await history(world, beans)
    assert [entry.change_reason for entry in entries] == BY_HAND
    assert {(entry.order_id, entry.refund_id) for entry in entries} == {(None, None)}


async def test_inv_4_adjusting_an_untracked_variant_begins_to_track_it_at_zero(
    world: World,
) -> None:
    advice = await shelve(world, None)
    assert (await refusal(world, advice, -1)).code is ErrorCode.INSUFFICIENT_STOCK
    viewer = world.database.viewer(world.actor)
    assert not (await variants_for_sale(viewer, [advice]))[advice].tracked
    await adjust(world, advice, 3)
    variant = (await variants_for_sale(viewer, [advice]))[advice]
    assert (variant.tracked, variant.quantity_available) == (True, 3)


async def test_inv_5_nobody_takes_more_than_there_is(world: World) -> None:
    for enforced in (True, False):
        beans = await shelve(world, 10, enforced=enforced)
        for reason in BY_HAND:
            problem = await refusal(world, beans, -11, reason)
            assert problem.code is ErrorCode.INSUFFICIENT_STOCK
            assert problem.field == ("quantityDelta",)
        assert await stock(world, beans) == (10, 0)
        assert len(await history(world, beans)) == 1
        await adjust(world, beans, -10)
        assert await stock(world, beans) == (0, 0)


async def test_units_held_for_running_payments_cannot_be_taken_away(world: World) -> None:
    beans = await shelve(world, 10)
    await hold(world, {beans: 4})
    problem = await refusal(world, beans, -7, LOSS)
    assert problem.message == (
        "There are 10 units, 4 of them held for running payments: 7 cannot be taken away."
    )
    await adjust(world, beans, -6, LOSS)
    assert await stock(world, beans) == (4, 4)


async def test_oversold_stock_can_be_filled_up_but_not_taken_from(world: World) -> None:
    beans = await shelve(world, 1, enforced=False)
    async with world.database.transaction(world.actor) as tx:
        await take_stock(tx, new_id(), {beans: 5})
    assert (await refusal(world, beans, -1)).code is ErrorCode.INSUFFICIENT_STOCK
    await adjust(world, beans, 1)
    assert await stock(world, beans) == (-3, 0)


async def test_inv_5_a_shop_that_allows_it_may_count_and_lose_below_zero(world: World) -> None:
    async with world.database.transaction(world.actor) as tx:
        sandbox, _ = await found_merchant(
            tx, NewMerchant("Negative", settings=ShopSettings(allow_negative_stock=True))
        )
    world.actor = world.caller(ActorKind.SECRET_KEY, world.actor.scopes, environment_id=sandbox.id)
    beans, cups = await shelve(world, 1, enforced=False), await shelve(world, 1)
    for reason in set(BY_HAND) - MAY_GO_NEGATIVE:
        assert (await refusal(world, beans, -3, reason)).code is ErrorCode.INSUFFICIENT_STOCK
    for reason in sorted(MAY_GO_NEGATIVE):
        await adjust(world, beans, -3, reason)
        assert (await refusal(world, cups, -3, reason)).code is ErrorCode.INSUFFICIENT_STOCK
    assert await stock(world, beans) == (-11, 0)
    assert await stock(world, cups) == (1, 0)


async def test_a_variant_of_another_environment_is_not_found(world: World) -> None:
    beans = await shelve(world, 10)
    world.actor = world.caller(ActorKind.SECRET_KEY, world.actor.scopes, environment_id=new_id())
    problem = await refusal(world, beans, 1)
    assert (problem.code, problem.field) == (ErrorCode.RESOURCE_NOT_FOUND, ("variantId",))


async def test_the_stock_of_a_deleted_variant_is_not_changed_any_more(world: World) -> None:
    beans, here, there = await shelve(world, 10), await main(world), await locate(world)
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            text("UPDATE variants SET status = 'DELETED' WHERE id = :id"), {"id": beans}
        )
    for refused in (
        adjust(world, beans, 1),
        count(world, beans, 1),
        transfer(world, beans, here, there, 1),
    ):
        with pytest.raises(Problem) as problem:
            await refused
        assert problem.value.code is ErrorCode.RESOURCE_DELETED
        assert problem.value.field == ("variantId",)
    assert await stock(world, beans) == (10, 0)


async def test_an_adjustment_is_made_at_one_location(world: World) -> None:
    beans, there = await shelve(world, 10), await locate(world)
    entry = await adjust(world, beans, 4, at=there, reference=" D-17 ")
    assert (entry.location_id, entry.new_quantity, entry.reference) == (there, 4, "D-17")
    assert await levels(world, beans) == {await main(world): 10, there: 4}
    with pytest.raises(Problem) as refused:
        await adjust(world, beans, -5, at=there)
    assert refused.value.message == ("There are 4 units at this location: 5 cannot be taken away.")
    assert await stock(world, beans) == (14, 0)


async def test_err_1_all_that_is_wrong_is_told_at_once(world: World) -> None:
    with pytest.raises(Problems) as refused:
        await adjust(world, new_id(), 0, LOSS, "x" * 501)
    assert [problem.code for problem in refused.value.problems] == [
        ErrorCode.INVALID_QUANTITY_DELTA,
        ErrorCode.STRING_TOO_LONG,
    ]


async def test_stock_stays_below_its_largest_number(world: World) -> None:
    beans = await shelve(world, 1)
    problem = await refusal(world, beans, MOST_UNITS)
    assert problem.code is ErrorCode.INVALID_QUANTITY_DELTA
    await adjust(world, beans, MOST_UNITS - 1)
    assert await stock(world, beans) == (MOST_UNITS, 0)


async def test_an_adjustment_costs_six_statements_and_those_that_may_go_below_zero_seven(
    world: World,
) -> None:
    beans = await shelve(world, 10)
    with statements.counted() as sent:
        await adjust(world, beans, -1)
    assert len(sent) == 6  # BEGIN, the item, the level, the change, its event, COMMIT
    with statements.counted() as sent:
        await adjust(world, beans, -1, LOSS)
    assert len(sent) == 6  # what is enforced never goes below zero, whatever the shop allows
    cups = await shelve(world, 10, enforced=False)
    with statements.counted() as sent:
        await adjust(world, cups, -1, LOSS)
    assert len(sent) == 7  # and the shop's settings


async def test_the_database_itself_refuses_impossible_stock(world: World) -> None:
    beans = await shelve(world, 10)
    level = InventoryItemRow
    this = (level.environment_id == ENVIRONMENT, level.variant_id == beans)
    for constraint, values in (
        ("enforced", {"on_hand": -1}),
        ("enforced", {"held": 11}),
        ("held", {"held": -1}),
        ("tracked", {"tracked": False}),
    ):
        with pytest.raises(ConstraintViolated, match=f"ck_inventory_items_{constraint}"):
            async with world.database.transaction(world.actor) as tx:
                await tx.execute(update(level).where(*this).values(**values))


async def test_env_1_stock_cannot_belong_to_a_variant_of_another_environment(
    world: World,
) -> None:
    beans = await shelve(world, 10)
    stranger = world.caller(ActorKind.SECRET_KEY, frozenset(), environment_id=new_id())
    with pytest.raises(ConstraintViolated, match="fk_inventory_items"):
        async with world.database.transaction(stranger) as tx:
            await tx.execute(
                insert(InventoryItemRow).values(
                    environment_id=stranger.environment_id,
                    variant_id=beans,
                    tracked=True,
                    enforced=True,
                    on_hand=1,
                    held=0,
                    is_low=False,
                )
            )
