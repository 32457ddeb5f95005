"""Adjusting stock through the graph, and its history."""

from typing import Any

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from tests.graph.catalog.products import coffee, create
from tests.world import World

ADJUST = """
mutation Adjust($input: AdjustInventoryInput!) {
  adjustInventory(input: $input) {
    variant { id quantityAvailable }
    adjustment { id quantityDelta newQuantity changeReason note }
    userErrors { code field }
  }
}
"""
HISTORY = """
query ($id: ID!, $first: Int, $after: String) {
  productVariant(id: $id) {
    inventoryAdjustments(first: $first, after: $after) {
      nodes { quantityDelta newQuantity changeReason note createdAt }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}
"""


async def beans(world: World, **variant: Any) -> str:
    """Create a product and return the id of its variant."""
    return (await create(world, coffee(**variant)))["defaultVariant"]["id"]


async def test_a_delivery_is_answered_with_the_variant_and_its_entry(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=500)
    answer = await world.graphql(
        ADJUST,
        input={
            "variantId": variant,
            "quantityDelta": 50,
            "changeReason": "RECEIVED_STOCK",
            "note": "first delivery",
        },
    )
    assert answer.errors == []
    adjustment = answer.payload["adjustment"]
    assert adjustment["id"].startswith("iadj_")
    assert answer.payload == {
        "variant": {"id": variant, "quantityAvailable": 550},
        "adjustment": {
            "id": adjustment["id"],
            "quantityDelta": 50,
            "newQuantity": 550,
            "changeReason": "RECEIVED_STOCK",
            "note": "first delivery",
        },
        "userErrors": [],
    }
    node = await world.graphql(
        "query ($id: ID!) { node(id: $id) { __typename ... on InventoryAdjustment { note } } }",
        id=adjustment["id"],
    )
    assert node.payload == {"__typename": "InventoryAdjustment", "note": "first delivery"}


async def test_what_cannot_be_is_a_user_error_at_its_place(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=1)
    unknown = encode(Prefix.VARIANT, new_id())
    for changes, code, field in (
        ({"quantityDelta": 0}, "INVALID_QUANTITY_DELTA", "quantityDelta"),
        ({"quantityDelta": 1.5}, "INVALID_QUANTITY_DELTA", "quantityDelta"),
        ({"quantityDelta": -2}, "INSUFFICIENT_STOCK", "quantityDelta"),
        ({"note": "x" * 501}, "STRING_TOO_LONG", "note"),
        ({"variantId": unknown}, "RESOURCE_NOT_FOUND", "variantId"),
        ({"variantId": encode(Prefix.PRODUCT, new_id())}, "INVALID_ID", "variantId"),
    ):
        answer = await world.graphql(
            ADJUST, input={"variantId": variant, "quantityDelta": 1} | changes
        )
        assert answer.payload == {
            "variant": None,
            "adjustment": None,
            "userErrors": [{"code": code, "field": ["input", field]}],
        }
    history = await world.graphql(HISTORY, id=variant)
    assert history.payload["inventoryAdjustments"]["totalCount"] == 1


async def test_inv_7_the_history_is_paged_newest_first(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=10)
    for delta in (1, -2, 3):
        await world.graphql(ADJUST, input={"variantId": variant, "quantityDelta": delta})
    first = await world.graphql(HISTORY, id=variant, first=3)
    page = first.payload["inventoryAdjustments"]
    assert [(node["quantityDelta"], node["newQuantity"]) for node in page["nodes"]] == [
        (3, 12),
        (-2, 9),
        (1, 11),
    ]
    assert page["totalCount"] == 4
    assert page["pageInfo"]["hasNextPage"] is True
    cursor = page["pageInfo"]["endCursor"]
    rest = (await world.graphql(HISTORY, id=variant, after=cursor)).payload
    assert rest["inventoryAdjustments"]["nodes"] == [
        {
            "quantityDelta": 10,
            "newQuantity": 10,
            "changeReason": "RECEIVED_STOCK",
            "note": None,
            "createdAt": "2026-11-21T12:00:00.000000Z",
        }
    ]
    other = await beans(world)
    wrong = await world.graphql(HISTORY, id=other, after=cursor)
    assert wrong.top_codes == ["INVALID_CURSOR"]


async def test_only_who_may_write_inventory_adjusts_it(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=1)
    reader = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.inventory.read"}))
    for caller in (reader, world.browser):
        answer = await world.graphql(
            ADJUST, caller=caller, input={"variantId": variant, "quantityDelta": 1}
        )
        assert (answer.data, answer.top_codes) == ({"adjustInventory": None}, ["FORBIDDEN"])
    writer = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.inventory.write"}))
    answer = await world.graphql(
        ADJUST, caller=writer, input={"variantId": variant, "quantityDelta": 1}
    )
    assert answer.payload["variant"] == {"id": variant, "quantityAvailable": 2}


async def test_idm_5_a_repeated_key_adjusts_once(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=1)
    wanted = {"variantId": variant, "quantityDelta": 5}
    first = await world.graphql(ADJUST, header="key-1", input=wanted)
    again = await world.graphql(ADJUST, header="key-1", input=wanted)
    assert again.payload == first.payload
    assert first.payload["variant"]["quantityAvailable"] == 6


async def test_an_adjustment_costs_seven_statements(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=1)
    with statements.counted() as sent:
        await world.graphql(ADJUST, input={"variantId": variant, "quantityDelta": 1})
    assert len(sent) == 7  # BEGIN, item, level, change, event, COMMIT, the variant
