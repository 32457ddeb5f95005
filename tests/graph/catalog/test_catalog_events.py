"""Following the catalog over real sockets: lossless, in order, and only for who may."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.graph.limits import Limits
from tests.graph.catalog.products import coffee, create, shirt
from tests.graph.house import House, opened_house

EVENTS = """subscription Catalog($after: String, $filter: CatalogEventFilter) {
  catalogEvents(after: $after, filter: $filter) {
    cursor type occurredAt quantityAvailable product { id name status }
    variant { id quantityAvailable product { id } } } }"""
ADJUST = """mutation Adjust($input: AdjustInventoryInput!) { adjustInventory(input: $input) {
    variant { id } userErrors { code } } }"""


@pytest.fixture(autouse=True)
def every_statement_is_confined_to_its_environment() -> None:
    """Not here: the log is read for all environments at once."""


@pytest.fixture
async def house(fresh_database: str) -> AsyncIterator[House]:
    async with opened_house(fresh_database, Limits()) as house:
        yield house


async def adjust(house: House, variant: str, delta: int) -> None:
    input = {"variantId": variant, "quantityDelta": delta}
    assert (await house.world.graphql(ADJUST, input=input)).codes == []


async def test_a_new_product_and_its_stock_are_told_once_and_in_order(house: House) -> None:
    following = await (await house.open()).subscribe(EVENTS)
    await house.live(1)
    made = await create(house.world, coffee(initialQuantityAvailable=5))
    await adjust(house, made["defaultVariant"]["id"], 3)
    created, changed = await following.take(2)
    assert (created["type"], changed["type"]) == ("PRODUCT_CREATED", "INVENTORY_CHANGED")
    product = {"id": made["id"], "name": made["name"], "status": "ACTIVE"}
    assert (created["product"], created["variant"]) == (product, None)
    assert (created["quantityAvailable"], changed["quantityAvailable"]) == (None, 8)
    variant = {
        "id": made["defaultVariant"]["id"],
        "quantityAvailable": 8,
        "product": {"id": made["id"]},
    }
    assert (changed["product"], changed["variant"]) == (None, variant)
    await following.quiet(0.2)


async def test_orders_are_not_told_to_who_follows_the_catalog(house: House) -> None:
    following = await (await house.open()).subscribe(EVENTS)
    await house.live(1)
    await house.edit()
    made = await create(house.world, coffee())
    assert (await following.next())["product"]["id"] == made["id"]


async def test_a_register_that_was_away_gets_what_it_missed(house: House) -> None:
    one = await house.open()
    following = await one.subscribe(EVENTS)
    await house.live(1)
    await create(house.world, coffee())
    cursor = (await following.next())["cursor"]
    missed = [(await create(house.world, {**coffee(), "name": f"Tea {at}"}))["id"] for at in "abc"]
    resumed = await one.subscribe(EVENTS, after=cursor)
    assert [event["product"]["id"] for event in await resumed.take(3)] == missed
    assert [event["product"]["id"] for event in await following.take(3)] == missed
    live = await create(house.world, {**coffee(), "name": "Cocoa"})
    assert (await resumed.next())["product"]["id"] == live["id"]


async def test_a_filter_chooses_types_and_things(house: House) -> None:
    first = await create(house.world, coffee(initialQuantityAvailable=1))
    variant = first["defaultVariant"]["id"]
    other = (await create(house.world, shirt({"size": "S", "initialQuantityAvailable": 1})))[
        "variants"
    ][0]["id"]
    socket = await house.open()
    of_type = await socket.subscribe(EVENTS, filter={"type": ["PRODUCT_CREATED"]})
    of_one = await socket.subscribe(EVENTS, filter={"id": [variant]})
    await house.live(2)
    await adjust(house, other, 1)
    await adjust(house, variant, 1)
    made = await create(house.world, {**coffee(), "name": "Cocoa"})
    assert (await of_type.next())["product"]["id"] == made["id"]
    assert (await of_one.next())["variant"]["id"] == variant
    await of_one.quiet(0.2)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"id": ["x"]}, "INVALID_ID"),
        ({"id": [encode(Prefix.ORDER, new_id())]}, "INVALID_ID"),
        ({"id": [encode(Prefix.PRODUCT, new_id())] * 251}, "TOO_MANY_ITEMS"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(
    house: House, wanted: dict[str, Any], code: str
) -> None:
    following = await (await house.open()).subscribe(EVENTS, filter=wanted)
    assert await following.refusal() == code


async def test_another_environment_hears_nothing(house: House) -> None:
    token = await house.key(actor=house.world.stranger())
    foreign = await (await house.open(token)).subscribe(EVENTS)
    await house.live(1)
    await create(house.world, coffee())
    await foreign.quiet(0.3)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["commerce.catalog.read"], True),
        (["commerce.products.read"], True),
        (["commerce.orders.read"], False),
        (["commerce.inventory.read"], False),
    ],
)
async def test_only_who_may_read_the_catalog_follows_it(
    house: House, scopes: list[str], allowed: bool
) -> None:
    following = await (await house.open(await house.key(*scopes))).subscribe(EVENTS)
    if not allowed:
        assert await following.refusal() == "FORBIDDEN"
        return
    await house.live(1)
    made = await create(house.world, coffee())
    assert (await following.next())["product"]["id"] == made["id"]


async def make(house: House, name: str, answer: str, /, **input: Any) -> Any:
    pascal = name[0].upper() + name[1:]
    sent = await house.world.graphql(
        f"mutation($input: {pascal}Input!) {{ {name}(input: $input) {{ {answer}"
        " userErrors { code } } }",
        input=input,
    )
    assert sent.codes == []
    return sent.payload


OTHERS = """subscription { catalogEvents {
  type product { id } variant { id } bundle { id name status } category { id name }
  modifierSet { id name } } }"""


async def test_bundles_categories_and_modifier_sets_are_told_too(house: House) -> None:
    following = await (await house.open()).subscribe(OTHERS)
    await house.live(1)
    price = {"amount": 500, "currency": "USD"}
    bundle = (await make(house, "createBundle", "bundle { id }", name="Set", unitPrice=price))[
        "bundle"
    ]["id"]
    await make(house, "updateBundle", "bundle { id }", id=bundle, name="Box")
    await make(house, "replaceBundleCategories", "bundle { id }", bundleId=bundle, categories=["T"])
    category = (await house.world.graphql("{ categories { nodes { id } } }")).payload["nodes"][0]
    await make(house, "updateCategory", "category { id }", id=category["id"], name="Tea")
    group = {
        "name": "Milk",
        "type": "LIST",
        "modifiers": [{"name": "Oat", "unitPriceDelta": price}],
    }
    made = await make(house, "createModifierSet", "modifierSet { id }", name="Milk", groups=[group])
    await make(house, "deleteBundle", "deletedId", id=bundle)
    nothing = dict.fromkeys(("product", "variant", "bundle", "category", "modifierSet"))
    deleted = {"id": bundle, "name": "Box", "status": "DELETED"}
    events = await following.take(7)
    assert [event["type"] for event in events] == [
        "BUNDLE_CREATED",
        "BUNDLE_UPDATED",
        "CATEGORY_CHANGED",  # the label is new
        "BUNDLE_UPDATED",
        "CATEGORY_CHANGED",
        "MODIFIERS_CHANGED",
        "BUNDLE_DELETED",
    ]
    assert events[4] == {
        **nothing,
        "type": "CATEGORY_CHANGED",
        "category": {"id": category["id"], "name": "Tea"},
    }
    milk = {"id": made["modifierSet"]["id"], "name": "Milk"}
    assert events[5] == {**nothing, "type": "MODIFIERS_CHANGED", "modifierSet": milk}
    assert events[6] == {**nothing, "type": "BUNDLE_DELETED", "bundle": deleted}


async def test_what_is_gone_by_now_is_told_by_its_id(house: House) -> None:
    made = await create(house.world, coffee(initialQuantityAvailable=1))
    variant = made["defaultVariant"]["id"]
    following = await (await house.open()).subscribe(
        "subscription { catalogEvents { type subjectId } }"
    )
    await house.live(1)
    put = await make(
        house,
        "replaceProductCategories",
        "product { categories { id } }",
        productId=made["id"],
        categories=["Tea"],
    )
    category = put["product"]["categories"][0]["id"]
    await make(house, "deleteCategory", "deletedId", id=category)
    await adjust(house, variant, 1)
    told = [each for each in await following.take(4) if each["type"] != "PRODUCT_UPDATED"]
    assert told == [
        {"type": "CATEGORY_CHANGED", "subjectId": category},
        {"type": "CATEGORY_DELETED", "subjectId": category},
        {"type": "INVENTORY_CHANGED", "subjectId": variant},
    ]
