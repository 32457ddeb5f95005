"""Locations: one is always the default, and none with stock is deleted (INV-23)."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import update

from ordergraph.commerce.inventory.locating import (
    LocationChanges,
    create_location,
    delete_location,
    update_location,
)
from ordergraph.commerce.inventory.reads import (
    Location,
    levels_by_variants,
    location_count,
    location_page,
    locations_by_ids,
)
from ordergraph.commerce.inventory.rules import MOST_LOCATIONS
from ordergraph.commerce.inventory.stocking import default_location
from ordergraph.commerce.inventory.tables import LocationRow
from ordergraph.core.ids import new_id
from ordergraph.core.paging import PageRequest
from ordergraph.core.problems import ErrorCode, Problem, Problems, VersionProblem
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Conflict, ConstraintViolated
from tests.commerce.inventory.shelves import (
    adjust,
    count,
    give_back,
    history,
    levels,
    locate,
    main,
    shelve,
    stock,
    transfer,
    until_somebody_waits,
)
from tests.world import World

DEFAULT = LocationChanges(is_default=True)


async def location(world: World, id: UUID) -> Location:
    """Return a location as it is stored."""
    return (await locations_by_ids(world.database.viewer(world.actor), [id]))[id]


async def open_ones(world: World) -> list[Location]:
    """Return the locations that are open."""
    page = await location_page(world.database.viewer(world.actor), PageRequest(100))
    return list(page.items)


async def test_inv_23_the_first_product_finds_a_default_location(world: World) -> None:
    await shelve(world, 1)
    (only,) = await open_ones(world)
    assert (only.name, only.is_default, only.is_open, only.version) == ("Main", True, True, 1)


async def test_inv_23_the_first_location_is_the_default_and_others_are_not(world: World) -> None:
    first = await create_location(world.database, world.actor, " Shop ")
    second = await create_location(world.database, world.actor, "Shop")
    assert (first.name, first.is_default, second.is_default) == ("Shop", True, False)
    assert await open_ones(world) == [first, second]
    beans = await shelve(world, 1)
    assert await levels(world, beans) == {first.id: 1}


async def test_inv_23_locations_that_are_opened_at_once_leave_one_default(world: World) -> None:
    await asyncio.gather(*(locate(world, f"Shop {number}") for number in range(5)))
    assert [each.is_default for each in await open_ones(world)].count(True) == 1


async def test_inv_23_another_location_becomes_the_default_in_the_place_of_the_first(
    world: World,
) -> None:
    first, second = await locate(world), await locate(world)
    changed = await update_location(world.database, world.actor, second, DEFAULT)
    assert (changed.is_default, changed.version) == (True, 2)
    old = await location(world, first)
    assert (old.is_default, old.version) == (False, 2)
    again = await update_location(world.database, world.actor, second, DEFAULT)
    assert again.version == 2


async def test_inv_23_defaults_that_are_chosen_at_once_leave_one(world: World) -> None:
    places = [await locate(world) for _ in range(4)]
    await asyncio.gather(
        *(update_location(world.database, world.actor, id, DEFAULT) for id in places * 3)
    )
    assert [each.is_default for each in await open_ones(world)].count(True) == 1


async def test_inv_23_the_default_location_stays_it_until_another_one_is(world: World) -> None:
    first = await locate(world)
    with pytest.raises(Problem) as refused:
        await update_location(world.database, world.actor, first, LocationChanges(is_default=False))
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID_FIELD, ("isDefault",))
    assert (await location(world, first)).version == 1


async def test_a_location_is_renamed_and_equal_values_are_no_change(world: World) -> None:
    place = await locate(world, "Shop")
    renamed = await update_location(
        world.database, world.actor, place, LocationChanges(name=" Store "), 1
    )
    assert (renamed.name, renamed.version, renamed.is_default) == ("Store", 2, True)
    same = await update_location(world.database, world.actor, place, LocationChanges("Store"))
    assert same == renamed == await location(world, place)


async def test_upd_3_an_update_with_nothing_in_it_is_refused(world: World) -> None:
    place = await locate(world)
    with pytest.raises(Problem) as refused:
        await update_location(world.database, world.actor, place, LocationChanges())
    assert refused.value.code is ErrorCode.NO_FIELDS_TO_UPDATE


async def test_upd_7_another_version_than_the_expected_one_is_a_conflict(world: World) -> None:
    place = await locate(world, "Shop")
    with pytest.raises(VersionProblem):
        await update_location(world.database, world.actor, place, LocationChanges("Store"), 2)
    assert (await location(world, place)).name == "Shop"


async def test_err_1_a_name_is_needed_and_has_its_limit(world: World) -> None:
    place = await locate(world, "Shop")
    for name, code in (
        (" ", ErrorCode.FIELD_REQUIRED),
        ("x" * 256, ErrorCode.STRING_TOO_LONG),
    ):
        with pytest.raises(Problem) as refused:
            await create_location(world.database, world.actor, name)
        assert (refused.value.code, refused.value.field) == (code, ("name",))
    with pytest.raises(Problems) as refusals:
        await update_location(
            world.database, world.actor, place, LocationChanges(name=None, is_default=False)
        )
    assert [each.field for each in refusals.value.problems] == [("name",), ("isDefault",)]
    assert [each.name for each in await open_ones(world)] == ["Shop"]


async def test_inv_23_there_are_at_most_a_hundred_locations(world: World) -> None:
    async with world.database.transaction(world.actor) as tx:
        await tx.add(
            LocationRow,
            *(
                {
                    "id": new_id(),
                    "name": f"Shop {number}",
                    "is_default": number == 0,
                    "is_open": True,
                    "version": 1,
                    "created_at": tx.now,
                    "updated_at": tx.now,
                }
                for number in range(MOST_LOCATIONS - 1)
            ),
        )
    answers = await asyncio.gather(locate(world), locate(world), return_exceptions=True)
    (refusal,) = [each for each in answers if isinstance(each, Problem)]
    assert refusal.code is ErrorCode.TOO_MANY_ITEMS
    viewer = world.database.viewer(world.actor)
    assert await location_count(viewer) == MOST_LOCATIONS
    spare = next(each for each in await open_ones(world) if not each.is_default)
    await delete_location(world.database, world.actor, spare.id)
    await locate(world)


async def test_inv_23_a_location_with_stock_is_not_deleted(world: World) -> None:
    beans, there = await shelve(world, 5), await locate(world)
    await transfer(world, beans, await main(world), there, 2)
    with pytest.raises(Problem) as refused:
        await delete_location(world.database, world.actor, there)
    assert (refused.value.code, refused.value.field) == (ErrorCode.LOCATION_IN_USE, ("id",))
    assert (await location(world, there)).is_open
    await transfer(world, beans, there, await main(world), 2)
    await delete_location(world.database, world.actor, there)
    assert not (await location(world, there)).is_open


async def test_inv_23_the_default_location_is_not_deleted(world: World) -> None:
    first = await locate(world)
    with pytest.raises(Problem) as refused:
        await delete_location(world.database, world.actor, first)
    assert refused.value.code is ErrorCode.LOCATION_IN_USE
    assert (await location(world, first)).is_open


async def test_inv_23_a_deleted_location_stays_in_the_history_and_takes_no_stock(
    world: World,
) -> None:
    beans, there = await shelve(world, 5), await locate(world, "Old shop")
    await adjust(world, beans, 2, at=there)
    await adjust(world, beans, -2, at=there)
    await delete_location(world.database, world.actor, there)
    assert [each.location_id for each in await history(world, beans)][1:] == [there, there]
    assert (await location(world, there)).name == "Old shop"
    assert there not in [each.id for each in await open_ones(world)]
    viewer = world.database.viewer(world.actor)
    assert len((await levels_by_variants(viewer, [beans]))[beans]) == 1
    here = await main(world)
    for refusal, field in (
        (adjust(world, beans, 1, at=there), "locationId"),
        (count(world, beans, 1, at=there), "locationId"),
        (transfer(world, beans, here, there, 1), "toLocationId"),
        (transfer(world, beans, there, here, 1), "fromLocationId"),
        (update_location(world.database, world.actor, there, DEFAULT), "id"),
        (delete_location(world.database, world.actor, there), "id"),
    ):
        with pytest.raises(Problem) as refused:
            await refusal
        assert refused.value.code is ErrorCode.RESOURCE_DELETED
        assert refused.value.field == (field,)
    assert await levels(world, beans) == {here: 5, there: 0}


async def test_inv_23_stock_that_comes_while_a_location_is_deleted_goes_nowhere_else(
    world: World,
) -> None:
    for _ in range(10):
        beans, there = await shelve(world, 5), await locate(world)
        answers = await asyncio.gather(
            adjust(world, beans, 1, at=there),
            delete_location(world.database, world.actor, there),
            adjust(world, beans, 1, at=there),
            return_exceptions=True,
        )
        refusals = [each for each in answers if isinstance(each, BaseException)]
        assert all(isinstance(each, Problem) for each in refusals), refusals
        lies_there = (await levels(world, beans)).get(there, 0)
        assert (await location(world, there)).is_open or not lies_there
        assert (await stock(world, beans))[0] == 5 + lies_there


async def test_the_database_itself_lets_no_stock_come_to_a_deleted_location(
    world: World,
) -> None:
    beans, there = await shelve(world, 5), await locate(world)
    await transfer(world, beans, await main(world), there, 2)
    with pytest.raises(ConstraintViolated, match="ck_inventory_levels_open"):
        async with world.database.transaction(world.actor) as tx:
            await tx.execute(
                update(LocationRow)
                .where(within(LocationRow), LocationRow.id == there)
                .values(is_open=False)
            )
    with pytest.raises(ConstraintViolated, match="ck_locations_default"):
        async with world.database.transaction(world.actor) as tx:
            await tx.execute(
                update(LocationRow)
                .where(within(LocationRow), LocationRow.is_default)
                .values(is_open=False)
            )
    assert await levels(world, beans) == {await main(world): 3, there: 2}


async def test_units_that_come_back_while_the_default_changes_are_never_lost(
    world: World,
) -> None:
    beans = await shelve(world, 0)
    places = [await main(world), await locate(world), await locate(world)]

    async def move_on(turn: int) -> None:
        await update_location(world.database, world.actor, places[turn % 3], DEFAULT)

    async def come_back() -> int:
        try:
            await give_back(world, {beans: 1})
        except Conflict:
            return 0
        return 1

    answers = await asyncio.gather(
        *(come_back() if turn % 2 else move_on(turn) for turn in range(40))
    )
    units = sum(each or 0 for each in answers)
    assert units == 20
    assert sum((await levels(world, beans)).values()) == units
    assert await stock(world, beans) == (units, 0)


async def test_env_1_a_location_of_another_environment_is_not_found(world: World) -> None:
    place = await locate(world)
    world.actor = world.caller(ActorKind.SECRET_KEY, world.actor.scopes, environment_id=new_id())
    for refusal in (
        update_location(world.database, world.actor, place, LocationChanges("Mine")),
        delete_location(world.database, world.actor, place),
    ):
        with pytest.raises(Problem) as refused:
            await refusal
        assert refused.value.code is ErrorCode.RESOURCE_NOT_FOUND


async def test_inv_23_a_first_location_that_meets_the_one_of_the_first_variant_is_tried_again(
    world: World,
) -> None:
    creating = (
        'mutation { createLocation(input: {name: "Attic"}) '
        "{ location { isDefault } userErrors { code } } }"
    )
    async with world.database.transaction(world.actor) as tx:
        await default_location(tx)
        waiting = asyncio.create_task(world.graphql(creating))
        await until_somebody_waits(world)
    answer = await waiting
    assert answer.codes == []
    assert answer.payload["location"] == {"isDefault": False}
