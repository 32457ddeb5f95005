"""Replacing the categories of products (CTG-1, CTG-2)."""

import asyncio
from datetime import timedelta

import pytest

from tests.graph.catalog.changes import beans, change, events, read
from tests.graph.categories.documents import category, label, labeled, menu
from tests.world import World


async def test_ctg_1_labels_are_trimmed_and_kept_once_in_their_first_spelling(
    world: World,
) -> None:
    made = await beans(world)
    world.clock.advance(timedelta(minutes=1))
    answer = await label(world, made["id"], " Hot Drinks ", "Coffee", "hot drinks", "COFFEE")
    assert answer.payload["product"] == {
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
        "categories": [{"name": "Hot Drinks"}, {"name": "Coffee"}],
    }
    other = await labeled(world, "HOT DRINKS")
    assert (await read(world, other["id"]))["categories"] == [{"name": "Hot Drinks"}]
    assert {each["name"] for each in await menu(world)} == {"Hot Drinks", "Coffee"}


async def test_ctg_2_labels_are_replaced_as_a_whole_and_an_empty_list_clears(world: World) -> None:
    made = await labeled(world, "Coffee", "Hot")
    answer = await label(world, made["id"], "Cold", "Coffee")
    assert answer.payload["product"]["categories"] == [{"name": "Cold"}, {"name": "Coffee"}]
    answer = await label(world, made["id"])
    assert answer.payload["product"]["categories"] == []
    now = await read(world, made["id"])
    assert (now["categories"], now["version"]) == ([], 4)
    assert await events(world) == ["product.CREATED", *["product.UPDATED"] * 3]


async def test_upd_3_the_same_labels_are_no_change(world: World) -> None:
    made = await labeled(world, "Coffee", "Hot")
    before = await read(world, made["id"])
    told = await events(world)
    assert (await label(world, made["id"], "COFFEE", " hot ")).codes == []
    assert await read(world, made["id"]) == before
    assert await events(world) == told
    reordered = await label(world, made["id"], "Hot", "Coffee")
    assert reordered.payload["product"]["version"] == before["version"] + 1


@pytest.mark.parametrize(
    ("labels", "codes", "path"),
    [
        (["Tea", " "], ["FIELD_REQUIRED"], ["categories", "1"]),
        (["x" * 101], ["STRING_TOO_LONG"], ["categories", "0"]),
        ([f"label {at}" for at in range(51)], ["TOO_MANY_ITEMS"], ["categories"]),
    ],
)
async def test_what_is_no_label_is_refused_at_its_place(
    world: World, labels: list[str], codes: list[str], path: list[str]
) -> None:
    made = await labeled(world, "Coffee")
    before = await read(world, made["id"])
    answer = await label(world, made["id"], *labels)
    assert (answer.codes, answer.paths) == (codes, [["input", *path]])
    assert await read(world, made["id"]) == before
    assert [each["name"] for each in await menu(world)] == ["Coffee"]


async def test_upd_7_replacing_categories_may_expect_a_version(world: World) -> None:
    made = await labeled(world, "Coffee")
    answer = await label(world, made["id"], "Tea", expectedVersion=1)
    assert (answer.codes, answer.paths) == (["VERSION_CONFLICT"], [["input", "expectedVersion"]])
    assert (await label(world, made["id"], "Tea", expectedVersion=2)).codes == []


async def test_ctg_3_an_inactive_product_is_not_counted(world: World) -> None:
    made, other = await labeled(world, "Coffee"), await labeled(world, "Coffee")
    assert (await category(world, "Coffee"))["productCount"] == 2
    await change(world, made["id"], status="INACTIVE")
    assert (await category(world, "Coffee"))["productCount"] == 1
    await label(world, made["id"], "Tea", "Coffee")
    await change(world, other["id"], status="INACTIVE")
    counts = {each["name"]: each["productCount"] for each in await menu(world)}
    assert counts == {"Coffee": 0, "Tea": 0}
    await change(world, made["id"], status="ACTIVE")
    counts = {each["name"]: each["productCount"] for each in await menu(world)}
    assert counts == {"Coffee": 1, "Tea": 1}


async def test_products_that_make_the_same_new_label_at_once_share_the_category(
    world: World,
) -> None:
    products = [await beans(world) for _ in range(6)]
    answers = await asyncio.gather(
        *(
            label(world, each["id"], *(("Tea", "Hot") if at % 2 else ("hot", "TEA")))
            for at, each in enumerate(products)
        )
    )
    assert [answer.codes for answer in answers] == [[]] * 6
    found = await menu(world)
    assert sorted(each["slug"] for each in found) == ["hot", "tea"]
    assert [each["productCount"] for each in found] == [6, 6]


async def test_of_two_replacements_at_once_one_is_kept_whole(world: World) -> None:
    made = await beans(world)
    await asyncio.gather(
        label(world, made["id"], "Tea", "Hot"), label(world, made["id"], "Coffee", "Cold")
    )
    now = await read(world, made["id"])
    names = [each["name"] for each in now["categories"]]
    assert names in (["Tea", "Hot"], ["Coffee", "Cold"])
    assert now["version"] == 3


async def test_categories_of_another_environments_product_are_out_of_reach(world: World) -> None:
    made = await labeled(world, "Coffee")
    answer = await label(world, made["id"], "Mine", caller=world.stranger())
    assert (answer.codes, answer.paths) == (["RESOURCE_NOT_FOUND"], [["input", "productId"]])
    assert [each["name"] for each in await menu(world)] == ["Coffee"]
