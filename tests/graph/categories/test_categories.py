"""Categories in the graph: menus, lookups, the products in them, changes and deletion (CTG-3)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.graph.catalog.changes import beans, change, done, read, send
from tests.graph.categories.documents import (
    CATEGORY,
    MENU,
    SHELVES,
    arrange,
    category,
    label,
    labeled,
    menu,
)
from tests.world import World

UNKNOWN = "cat_01jd0000000000000000000000"
IMAGE = "https://img.example/1.png"


async def test_ctg_3_menus_list_categories_with_their_counts(world: World) -> None:
    await labeled(world, "Coffee", "Hot")
    await labeled(world, "coffee")
    await done(
        world,
        "createBundle",
        "bundle { id }",
        name="Breakfast",
        unitPrice={"amount": 500, "currency": "USD"},
        components=[],
        categories=["Hot"],
    )
    found = await menu(world, world.browser)
    assert [
        (each["name"], each["slug"], each["position"], each["productCount"], each["bundleCount"])
        for each in found
    ] == [("Coffee", "coffee", 0, 2, 0), ("Hot", "hot", 0, 1, 1)]


async def test_ctg_3_menus_are_in_the_order_of_positions_then_names(world: World) -> None:
    await labeled(world, "zebra", "Apple", "middle", "20", "3")
    await arrange(world, (await category(world, "zebra"))["id"], position=1)
    await arrange(world, (await category(world, "3"))["id"], position=10)
    await arrange(world, (await category(world, "20"))["id"], position=2)
    names = [each["name"] for each in await menu(world)]
    assert names == ["Apple", "middle", "zebra", "20", "3"]


async def test_menus_are_read_page_by_page(world: World) -> None:
    names = [f"label {at:02}" for at in range(7)]
    await labeled(world, *reversed(names))
    seen: list[str] = []
    page: Any = {"pageInfo": {"endCursor": None}}
    for _ in range(3):
        after = page["pageInfo"]["endCursor"]
        page = (await world.graphql(MENU, first=3, after=after)).payload
        seen += [each["name"] for each in page["nodes"]]
        assert page["totalCount"] == 7
    assert (seen, page["pageInfo"]["hasNextPage"]) == (names, False)


async def test_a_category_is_found_by_id_slug_and_as_a_node(world: World) -> None:
    await labeled(world, "Hot Drinks")
    made = await category(world, "Hot Drinks")
    for document in (
        f'{{ category(id: "{made["id"]}") {{ {CATEGORY} }} }}',
        f'{{ categoryBySlug(slug: "Hot-DRINKS") {{ {CATEGORY} }} }}',
        f'{{ node(id: "{made["id"]}") {{ ... on Category {{ {CATEGORY} }} }} }}',
    ):
        for caller in (world.actor, world.browser):
            answer = await world.graphql(document, caller=caller)
            assert (answer.errors, answer.payload) == ([], made)
        assert (await world.graphql(document, caller=world.stranger())).payload is None


async def test_a_miss_is_null_and_a_malformed_id_an_error(world: World) -> None:
    for document in (
        f'{{ category(id: "{UNKNOWN}") {{ id }} }}',
        '{ categoryBySlug(slug: "nothing") { id } }',
    ):
        answer = await world.graphql(document)
        assert (answer.errors, answer.payload) == ([], None)
    for id in ("nonsense", UNKNOWN.replace("cat", "prod")):
        answer = await world.graphql(f'{{ category(id: "{id}") {{ id }} }}')
        assert (answer.payload, answer.top_codes) == (None, ["INVALID_ID"])


async def test_the_products_of_a_category_are_listed_newest_first(world: World) -> None:
    products = [await labeled(world, "Coffee") for _ in range(5)]
    await labeled(world, "Tea")
    await change(world, products[2]["id"], status="INACTIVE")
    document = """query ($id: ID!, $after: String) { category(id: $id) {
        products(first: 2, after: $after) {
            nodes { id } pageInfo { hasNextPage endCursor } totalCount } } }"""
    id = (await category(world, "Coffee"))["id"]

    async def listed(caller: Any) -> tuple[list[str], int]:
        seen: list[str] = []
        after: str | None = None
        while True:
            answer = await world.graphql(document, caller=caller, id=id, after=after)
            page = answer.payload["products"]
            seen += [each["id"] for each in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return seen, page["totalCount"]

    ids = [each["id"] for each in reversed(products)]
    assert await listed(world.actor) == (ids, 5)
    assert await listed(world.browser) == ([*ids[:2], *ids[3:]], 4)


async def test_a_page_of_shelves_costs_the_same_whatever_its_size(world: World) -> None:
    async def statements(first: int, each: int) -> int:
        with counted() as count:
            answer = await world.graphql(SHELVES, caller=world.browser, first=first, each=each)
        assert answer.errors == []
        return len(count)

    for at in range(3):
        await labeled(world, *(f"label {name}" for name in range(12)), f"own {at}")
    assert await statements(1, 1) == await statements(10, 1) == await statements(10, 3)


async def test_ctg_4_a_category_is_changed(world: World) -> None:
    made_product = await labeled(world, "Coffee")
    before = await category(world, "Coffee")
    world.clock.advance(timedelta(minutes=1))
    changed = await arrange(
        world, before["id"], name=" Kaffee ", slug="Kaffee & Co", position=3, imageUrl=IMAGE
    )
    expected = before | {
        "name": "Kaffee",
        "slug": "kaffee-co",
        "position": 3,
        "imageUrl": IMAGE,
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert changed == expected
    assert await menu(world) == [expected]
    assert (await read(world, made_product["id"]))["categories"] == [{"name": "Kaffee"}]
    again = await labeled(world, "KAFFEE")
    assert (await read(world, again["id"]))["categories"] == [{"name": "Kaffee"}]


async def test_upd_2_a_picture_is_cleared_and_a_slug_made_anew(world: World) -> None:
    await labeled(world, "Coffee", "Tea!", "Tea")
    coffee = await category(world, "Coffee")
    await arrange(world, coffee["id"], imageUrl=IMAGE, slug="x", name="Espresso")
    cleared = await arrange(world, coffee["id"], imageUrl="", slug="")
    assert (cleared["imageUrl"], cleared["slug"]) == (None, "espresso")
    with_number = await category(world, "Tea!")
    assert (await arrange(world, with_number["id"], name="Tea?", slug=None))["slug"] in (
        "tea",
        "tea-2",
    )


async def test_upd_3_equal_values_are_no_change_of_a_category(world: World) -> None:
    await labeled(world, "Coffee")
    made = await category(world, "Coffee")
    same = await arrange(
        world, made["id"], name=" Coffee ", slug="COFFEE", position=0, imageUrl=None
    )
    assert same == made
    answer = await send(world, "updateCategory", id=made["id"])
    assert answer.codes == ["NO_FIELDS_TO_UPDATE"]
    respelled = await arrange(world, made["id"], name="COFFEE")
    assert (respelled["name"], respelled["version"]) == ("COFFEE", 2)


async def test_ctg_4_the_name_and_the_slug_of_another_category_are_refused(world: World) -> None:
    await labeled(world, "Coffee", "Tea")
    before = await menu(world)
    coffee = await category(world, "Coffee")
    answer = await send(world, "updateCategory", id=coffee["id"], name="TEA", slug="tea")
    assert (answer.codes, answer.paths) == (
        ["CATEGORY_ALREADY_EXISTS"] * 2,
        [["input", "name"], ["input", "slug"]],
    )
    assert await menu(world) == before


async def test_of_two_categories_that_want_one_name_at_once_one_gets_it(world: World) -> None:
    await labeled(world, "Coffee", "Tea")
    answers = await asyncio.gather(
        *(send(world, "updateCategory", id=each["id"], name="Hot") for each in await menu(world))
    )
    assert sorted(answer.codes for answer in answers) == [[], ["CATEGORY_ALREADY_EXISTS"]]


async def test_what_is_wrong_with_a_category_is_told_at_once(world: World) -> None:
    await labeled(world, "Coffee")
    made = await category(world, "Coffee")
    answer = await send(
        world,
        "updateCategory",
        id=made["id"],
        name="x" * 101,
        slug="x" * 101,
        position=-1,
        imageUrl="nonsense",
    )
    assert sorted(zip(answer.codes, [path[1] for path in answer.paths], strict=True)) == [
        ("INVALID_FIELD", "position"),
        ("INVALID_FORMAT", "imageUrl"),
        ("STRING_TOO_LONG", "name"),
        ("STRING_TOO_LONG", "slug"),
    ]
    for wrong in ({"name": None}, {"position": None}, {"position": 10_000_000}):
        more: Any = wrong
        assert len((await send(world, "updateCategory", id=made["id"], **more)).codes) == 1
    assert await menu(world) == [made]


async def test_upd_7_a_category_may_be_changed_at_a_version_only(world: World) -> None:
    await labeled(world, "Coffee")
    made = await category(world, "Coffee")
    await arrange(world, made["id"], position=1, expectedVersion=1)
    answer = await send(world, "updateCategory", id=made["id"], position=2, expectedVersion=1)
    assert (answer.codes, answer.paths) == (["VERSION_CONFLICT"], [["input", "expectedVersion"]])
    assert answer.payload["userErrors"][0]["currentVersion"] == 2


async def test_ctg_5_a_deleted_category_leaves_its_products_without_it(world: World) -> None:
    product = await labeled(world, "Coffee", "Hot")
    coffee = await category(world, "Coffee")
    answer = await send(world, "deleteCategory", "deletedId", id=coffee["id"])
    assert (answer.codes, answer.payload["deletedId"]) == ([], coffee["id"])
    assert (await read(world, product["id"]))["categories"] == [{"name": "Hot"}]
    assert [each["name"] for each in await menu(world)] == ["Hot"]
    again = await send(world, "deleteCategory", id=coffee["id"])
    assert (again.codes, again.paths) == (["RESOURCE_NOT_FOUND"], [["input", "id"]])
    await label(world, product["id"], "coffee")
    anew = await category(world, "coffee")
    assert (anew["slug"], anew["id"] == coffee["id"]) == ("coffee", False)


async def test_labeling_and_deleting_a_category_at_once_both_succeed(world: World) -> None:
    products = [await labeled(world, "Coffee") for _ in range(4)]
    coffee = await category(world, "Coffee")
    answers = await asyncio.gather(
        label(world, products[0]["id"], "Hot", "Coffee"),
        label(world, products[1]["id"]),
        send(world, "deleteCategory", "deletedId", id=coffee["id"]),
        label(world, products[2]["id"], "Coffee", "Cold"),
        send(world, "updateProduct", id=products[3]["id"], status="INACTIVE"),
    )
    assert [answer.codes for answer in answers] == [[]] * 5
    shown = [each["name"] for each in (await read(world, products[2]["id"]))["categories"]]
    assert shown in (["Coffee", "Cold"], ["Cold"])


@pytest.mark.parametrize("name", ["updateCategory", "deleteCategory"])
async def test_only_who_may_write_products_here_changes_categories(world: World, name: str) -> None:
    await labeled(world, "Coffee")
    made = await category(world, "Coffee")
    input: Any = {"id": made["id"], **({"name": "Mine"} if name == "updateCategory" else {})}
    answer = await send(world, name, caller=world.stranger(), **input)
    assert (answer.codes, answer.paths) == (["RESOURCE_NOT_FOUND"], [["input", "id"]])
    reader = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.catalog.read"}))
    for caller in (reader, world.browser):
        answer = await send(world, name, caller=caller, **input)
        assert (answer.data, answer.top_codes) == ({name: None}, ["FORBIDDEN"])
    for id in ("nonsense", UNKNOWN.replace("cat", "prod")):
        input["id"] = id
        answer = await send(world, name, **input)
        assert (answer.codes, answer.paths) == (["INVALID_ID"], [["input", "id"]])
    assert await menu(world) == [made]


async def test_a_product_without_categories_has_an_empty_list(world: World) -> None:
    assert (await beans(world))["categories"] == []


async def test_ctg_3_browsers_see_no_label_of_what_is_not_offered(world: World) -> None:
    await labeled(world, "Tea")
    secret = await labeled(world, "Tea", "Next spring")
    await send(world, "updateProduct", "product { id }", id=secret["id"], status="INACTIVE")
    names = [each["name"] for each in await menu(world, world.browser)]
    assert names == ["Tea"]
    assert [each["name"] for each in await menu(world)] == ["Next spring", "Tea"]
    hidden = next(each for each in await menu(world) if each["name"] == "Next spring")
    answer = await world.graphql(
        "query($id: ID!, $slug: String!) { category(id: $id) { id }"
        " categoryBySlug(slug: $slug) { id } node(id: $id) { id } categories { totalCount } }",
        caller=world.browser,
        id=hidden["id"],
        slug=hidden["slug"],
    )
    assert (answer.errors, answer.data) == (
        [],
        {
            "category": None,
            "categoryBySlug": None,
            "node": None,
            "categories": {"totalCount": 1},
        },
    )
    await send(world, "updateProduct", "product { id }", id=secret["id"], status="ACTIVE")
    assert len(await menu(world, world.browser)) == 2
