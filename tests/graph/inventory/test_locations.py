"""Locations, levels and holds through the graph."""

from typing import Any

import pytest

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from tests.graph.inventory.test_adjusting import beans
from tests.world import World

CREATE = """
mutation ($input: CreateLocationInput!) {
  createLocation(input: $input) {
    location { id name isDefault isOpen version } userErrors { code field }
  }
}
"""
UPDATE = """
mutation ($input: UpdateLocationInput!) {
  updateLocation(input: $input) {
    location { id name isDefault version } userErrors { code field }
  }
}
"""
DELETE = """
mutation ($input: DeleteLocationInput!) {
  deleteLocation(input: $input) { deletedId userErrors { code field } }
}
"""
LIST = """
query ($first: Int, $after: String) {
  locations(first: $first, after: $after) {
    nodes { id name isDefault } pageInfo { hasNextPage endCursor } totalCount
  }
}
"""
COUNT = """
mutation ($input: CountInventoryInput!) {
  countInventory(input: $input) {
    variant { id quantityAvailable quantityOnHand }
    adjustment { quantityDelta newQuantity changeReason reference location { id } }
    userErrors { code field }
  }
}
"""
TRANSFER = """
mutation ($input: TransferInventoryInput!) {
  transferInventory(input: $input) {
    variant { id quantityAvailable inventoryLevels { onHand location { id name } } }
    sent { quantityDelta newQuantity changeReason note location { id } }
    received { quantityDelta newQuantity changeReason note location { id } }
    userErrors { code field }
  }
}
"""
STOCK = """
query ($id: ID!) {
  productVariant(id: $id) {
    quantityAvailable quantityOnHand quantityHeld lowStockThreshold
    inventoryLevels { onHand location { name isDefault } }
  }
}
"""
HISTORY = """
query ($id: ID!) {
  productVariant(id: $id) {
    inventoryAdjustments(first: 5) {
      nodes {
        changeReason actor reference
        location { name } order { id } refund { id }
      }
    }
  }
}
"""


async def locate(world: World, name: str = "Warehouse") -> str:
    """Open a location and return its id."""
    answer = await world.graphql(CREATE, input={"name": name})
    assert answer.codes == []
    return answer.payload["location"]["id"]


async def main(world: World) -> str:
    """Return the default location."""
    nodes = (await world.graphql(LIST)).payload["nodes"]
    return next(node["id"] for node in nodes if node["isDefault"])


def keyed(world: World, *scopes: str) -> Any:
    return world.caller(ActorKind.SECRET_KEY, frozenset(scopes))


async def test_inv_23_locations_are_opened_renamed_listed_and_deleted(world: World) -> None:
    first = await locate(world, "Shop")
    second = await locate(world, "Warehouse")
    assert first.startswith("loc_")
    answer = await world.graphql(UPDATE, input={"id": second, "isDefault": True, "name": "Store"})
    assert answer.payload == {
        "location": {"id": second, "name": "Store", "isDefault": True, "version": 2},
        "userErrors": [],
    }
    page = (await world.graphql(LIST, first=1)).payload
    assert page["nodes"] == [{"id": first, "name": "Shop", "isDefault": False}]
    assert page["totalCount"] == 2
    rest = (await world.graphql(LIST, after=page["pageInfo"]["endCursor"])).payload
    assert rest["nodes"] == [{"id": second, "name": "Store", "isDefault": True}]
    assert (await world.graphql(DELETE, input={"id": first})).payload == {
        "deletedId": first,
        "userErrors": [],
    }
    assert (await world.graphql(LIST)).payload["totalCount"] == 1
    gone = await world.graphql("query ($id: ID!) { location(id: $id) { name isOpen } }", id=first)
    assert gone.payload == {"name": "Shop", "isOpen": False}


async def test_what_cannot_be_done_to_a_location_is_a_user_error_at_its_place(
    world: World,
) -> None:
    place = await locate(world)
    unknown, wrong = encode(Prefix.LOCATION, new_id()), encode(Prefix.VARIANT, new_id())
    for document, input, code, path in (
        (CREATE, {"name": " "}, "FIELD_REQUIRED", ["input", "name"]),
        (UPDATE, {"id": place}, "NO_FIELDS_TO_UPDATE", None),
        (UPDATE, {"id": place, "name": None}, "FIELD_REQUIRED", ["input", "name"]),
        (UPDATE, {"id": place, "isDefault": False}, "INVALID_FIELD", ["input", "isDefault"]),
        (
            UPDATE,
            {"id": place, "name": "A", "expectedVersion": 7},
            "VERSION_CONFLICT",
            ["input", "expectedVersion"],
        ),
        (UPDATE, {"id": unknown, "name": "A"}, "RESOURCE_NOT_FOUND", ["input", "id"]),
        (UPDATE, {"id": wrong, "name": "A"}, "INVALID_ID", ["input", "id"]),
        (DELETE, {"id": place}, "LOCATION_IN_USE", ["input", "id"]),
        (DELETE, {"id": unknown}, "RESOURCE_NOT_FOUND", ["input", "id"]),
    ):
        answer = await world.graphql(document, input=input)
        assert answer.codes == [code], (input, answer.payload)
        assert answer.paths == [path] or path is None
    nodes = (await world.graphql(LIST)).payload["nodes"]
    assert nodes == [{"id": place, "name": "Warehouse", "isDefault": True}]


async def test_only_who_may_write_locations_changes_them(world: World) -> None:
    place, spare = await locate(world), await locate(world)
    for caller in (
        keyed(world, "merchants.locations.read", "commerce.inventory.write"),
        world.browser,
    ):
        for document, input in (
            (CREATE, {"name": "A"}),
            (UPDATE, {"id": place, "name": "A"}),
            (DELETE, {"id": spare}),
        ):
            answer = await world.graphql(document, caller=caller, input=input)
            assert answer.top_codes == ["FORBIDDEN"]
    writer = keyed(world, "merchants.locations.write")
    assert (await world.graphql(DELETE, caller=writer, input={"id": spare})).codes == []
    for reader in (
        keyed(world, "merchants.locations.read"),
        keyed(world, "commerce.inventory.read"),
    ):
        assert (await world.graphql(LIST, caller=reader)).payload["totalCount"] == 1
    for stranger in (writer, world.browser):
        assert (await world.graphql(LIST, caller=stranger)).top_codes == ["FORBIDDEN"]


async def test_idm_5_a_repeated_key_opens_one_location(world: World) -> None:
    first = await world.graphql(CREATE, header="key-1", input={"name": "Shop"})
    again = await world.graphql(CREATE, header="key-1", input={"name": "Shop"})
    assert again.payload == first.payload
    assert (await world.graphql(LIST)).payload["totalCount"] == 1
    place = await locate(world)
    gone = await world.graphql(DELETE, header="key-2", input={"id": place})
    again = await world.graphql(DELETE, header="key-2", input={"id": place})
    assert again.payload == gone.payload == {"deletedId": place, "userErrors": []}


async def test_inv_21_a_count_is_answered_with_the_variant_and_its_entry(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=10)
    here = await main(world)
    wanted = {"variantId": variant, "quantity": 7, "expectedQuantity": 10, "reference": "C-1"}
    answer = await world.graphql(COUNT, header="key-1", input=wanted)
    assert answer.payload == {
        "variant": {"id": variant, "quantityAvailable": 7, "quantityOnHand": 7},
        "adjustment": {
            "quantityDelta": -3,
            "newQuantity": 7,
            "changeReason": "INVENTORY_COUNT",
            "reference": "C-1",
            "location": {"id": here},
        },
        "userErrors": [],
    }
    again = await world.graphql(COUNT, header="key-1", input=wanted)
    assert again.payload == answer.payload
    stale = await world.graphql(COUNT, input=wanted)
    assert (stale.codes, stale.paths) == (["INVENTORY_CHANGED"], [["input", "expectedQuantity"]])
    same = await world.graphql(COUNT, input={"variantId": variant, "quantity": 7})
    assert (same.codes, same.payload["adjustment"]) == ([], None)


async def test_inv_22_a_transfer_is_answered_with_both_entries(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=10)
    here, there = await main(world), await locate(world)
    wanted = {
        "variantId": variant,
        "fromLocationId": here,
        "toLocationId": there,
        "quantity": 4,
        "note": "for the fair",
    }
    answer = await world.graphql(TRANSFER, header="key-1", input=wanted)
    both = {"changeReason": "TRANSFER", "note": "for the fair"}
    assert answer.payload == {
        "variant": {
            "id": variant,
            "quantityAvailable": 10,
            "inventoryLevels": [
                {"onHand": 6, "location": {"id": here, "name": "Main"}},
                {"onHand": 4, "location": {"id": there, "name": "Warehouse"}},
            ],
        },
        "sent": {"quantityDelta": -4, "newQuantity": 6, "location": {"id": here}, **both},
        "received": {"quantityDelta": 4, "newQuantity": 4, "location": {"id": there}, **both},
        "userErrors": [],
    }
    again = await world.graphql(TRANSFER, header="key-1", input=wanted)
    assert again.payload == answer.payload
    short = await world.graphql(TRANSFER, input=wanted | {"quantity": 7})
    assert (short.codes, short.paths) == (["INSUFFICIENT_STOCK"], [["input", "quantity"]])


async def test_err_1_every_malformed_id_is_named_at_once(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=1)
    answer = await world.graphql(
        TRANSFER,
        input={"variantId": "a", "fromLocationId": "b", "toLocationId": "b", "quantity": 0.5},
    )
    assert answer.codes == ["INVALID_ID", "INVALID_ID", "INVALID_ID", "INVALID_FIELD"]
    assert [path[1] for path in answer.paths] == [
        "variantId",
        "fromLocationId",
        "toLocationId",
        "quantity",
    ]
    count = await world.graphql(
        COUNT, input={"variantId": variant, "locationId": variant, "quantity": -1}
    )
    assert count.codes == ["INVALID_ID", "INVALID_FIELD"]
    assert [path[1] for path in count.paths] == ["locationId", "quantity"]


async def test_only_who_may_write_inventory_counts_and_transfers(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=5)
    here, there = await main(world), await locate(world)
    moved = {"fromLocationId": here, "toLocationId": there, "quantity": 1}
    reader = keyed(world, "commerce.inventory.read", "merchants.locations.write")
    for caller in (reader, world.browser):
        for document, input in ((COUNT, {"quantity": 1}), (TRANSFER, moved)):
            answer = await world.graphql(
                document, caller=caller, input={"variantId": variant, **input}
            )
            assert answer.top_codes == ["FORBIDDEN"]
    shown = await world.graphql(STOCK, id=variant)
    assert shown.payload["inventoryLevels"] == [
        {"onHand": 5, "location": {"name": "Main", "isDefault": True}}
    ]
    writer = keyed(world, "commerce.inventory.write")
    document = "mutation ($input: CountInventoryInput!) { countInventory(input: $input) "
    document += "{ variant { quantityAvailable } userErrors { code } } }"
    answer = await world.graphql(
        document, caller=writer, input={"variantId": variant, "quantity": 1}
    )
    assert answer.payload["variant"] == {"quantityAvailable": 1}


async def test_the_stock_of_a_variant_is_only_for_who_may_read_inventory(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=5)
    shown = await world.graphql(STOCK, id=variant)
    assert shown.payload == {
        "quantityAvailable": 5,
        "quantityOnHand": 5,
        "quantityHeld": 0,
        "lowStockThreshold": None,
        "inventoryLevels": [{"onHand": 5, "location": {"name": "Main", "isDefault": True}}],
    }
    for caller in (keyed(world, "commerce.catalog.read"), world.browser):
        hidden = await world.graphql(STOCK, caller=caller, id=variant)
        assert hidden.top_codes == ["FORBIDDEN"] * 4
        assert hidden.payload["quantityAvailable"] == 5
        assert hidden.payload["inventoryLevels"] is None


async def test_untracked_stock_has_no_quantities_and_lies_nowhere(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=None)
    assert (await world.graphql(STOCK, id=variant)).payload == {
        "quantityAvailable": None,
        "quantityOnHand": None,
        "quantityHeld": None,
        "lowStockThreshold": None,
        "inventoryLevels": [],
    }


async def test_an_entry_tells_where_it_was_who_did_it_and_which_order(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=5)
    order = await world.graphql(
        "mutation ($input: CreateOrderInput!) { createOrder(input: $input) "
        "{ order { id netAmounts { total { amount currency } } } userErrors { code } } }",
        input={"lineItems": [{"variantId": variant, "quantity": 2}]},
    )
    order_id = order.payload["order"]["id"]
    total = order.payload["order"]["netAmounts"]["total"]
    paid = await world.graphql(
        "mutation ($input: PayInput!) { pay(input: $input) { userErrors { code } } }",
        input={
            "orderId": order_id,
            "sources": [{"token": "tok_visa"}],
            "buyerEmail": "sarah@example.com",
            "expectedOutstanding": total,
        },
    )
    assert paid.codes == []
    back = await world.graphql(
        "mutation ($input: RefundInput!) { refund(input: $input) "
        "{ refund { id } userErrors { code } } }",
        input={"orderId": order_id, "amount": total},
    )
    returned, sold, received = (await world.graphql(HISTORY, id=variant)).payload[
        "inventoryAdjustments"
    ]["nodes"]
    actor = f"SECRET_KEY:{world.actor.principal}"
    common = {"actor": actor, "reference": None, "location": {"name": "Main"}}
    assert sold == {
        "changeReason": "ORDER_FULFILLMENT",
        "order": {"id": order_id},
        "refund": None,
        **common,
    }
    assert returned == {
        "changeReason": "ORDER_REFUND",
        "order": {"id": order_id},
        "refund": {"id": back.payload["refund"]["id"]},
        **common,
    }
    assert received == {"changeReason": "RECEIVED_STOCK", "order": None, "refund": None, **common}
    hidden = await world.graphql(
        HISTORY, caller=keyed(world, "commerce.catalog.read", "commerce.inventory.read"), id=variant
    )
    assert hidden.payload["inventoryAdjustments"]["nodes"][1]["order"] is None
    assert set(hidden.top_codes) == {"FORBIDDEN"}


async def test_inv_10_a_hold_shows_its_order_its_attempt_and_when_it_ends(world: World) -> None:
    variant = await beans(world, initialQuantityAvailable=5)
    order = await world.graphql(
        "mutation ($input: CreateOrderInput!) { createOrder(input: $input) "
        "{ order { id netAmounts { total { amount currency } } } userErrors { code } } }",
        input={"lineItems": [{"variantId": variant, "quantity": 2}]},
    )
    made = order.payload["order"]
    paid = await world.graphql(
        "mutation ($input: PayInput!) { pay(input: $input) "
        "{ attempt { id status expiresAt } userErrors { code } } }",
        input={
            "orderId": made["id"],
            "sources": [{"token": "tok_requires3ds"}],
            "buyerEmail": "sarah@example.com",
            "expectedOutstanding": made["netAmounts"]["total"],
        },
    )
    attempt = paid.payload["attempt"]
    assert attempt["expiresAt"] is not None
    document = """query ($id: ID!) { productVariant(id: $id) {
      quantityAvailable quantityOnHand quantityHeld
      inventoryHolds { nodes { quantity expiresAt createdAt order { id } attempt { id } }
        totalCount } } }"""
    shown = await world.graphql(document, id=variant)
    assert shown.payload == {
        "quantityAvailable": 3,
        "quantityOnHand": 5,
        "quantityHeld": 2,
        "inventoryHolds": {
            "nodes": [
                {
                    "quantity": 2,
                    "expiresAt": attempt["expiresAt"],
                    "createdAt": "2026-11-21T12:00:00.000000Z",
                    "order": {"id": made["id"]},
                    "attempt": {"id": attempt["id"]},
                }
            ],
            "totalCount": 1,
        },
    }


@pytest.mark.parametrize("units", [1, 4])
async def test_levels_and_stock_cost_the_same_for_any_number_of_variants(
    world: World, units: int
) -> None:
    for number in range(units):
        await beans(world, initialQuantityAvailable=number, sku=f"S{number}")
    await locate(world)
    document = """{ products { nodes { variants { quantityOnHand quantityHeld lowStockThreshold
      inventoryLevels { onHand location { name } }
      inventoryHolds { nodes { quantity } totalCount } } } } }"""
    with statements.counted() as sent:
        answer = await world.graphql(document)
    assert answer.errors == []
    assert len(sent) == 7  # products, variants, items, levels, locations, holds and their number
