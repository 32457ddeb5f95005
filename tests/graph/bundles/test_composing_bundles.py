"""Adding, changing and removing the components of bundles through the graph."""

import asyncio
from typing import Any

import pytest

from ordergraph.commerce.catalog.rules import VariantStatus
from ordergraph.core.ids import Prefix, decode, encode, new_id
from tests.commerce.bundles.boxes import turn_variant
from tests.graph.bundles.documents import bundle, made, read, send, told, variant
from tests.world import Answer, World


async def add(world: World, id: str, *parts: tuple[str, Any], **more: Any) -> Answer:
    """Give a bundle so many units of further variants."""
    components = [{"variantId": variant, "quantity": quantity} for variant, quantity in parts]
    return await send(world, "addBundleComponents", bundleId=id, components=components, **more)


async def move(world: World, of: Any, index: int, **input: Any) -> Answer:
    """Change one component of a bundle."""
    component = of["components"][index]["id"]
    return await send(
        world, "updateBundleComponent", bundleId=of["id"], componentId=component, **input
    )


async def remove(world: World, of: Any, index: int, **more: Any) -> Answer:
    """Take one component out of a bundle."""
    component = of["components"][index]["id"]
    return await send(
        world, "removeBundleComponent", bundleId=of["id"], componentId=component, **more
    )


def parts(of: Any) -> list[tuple[str, int, int]]:
    """Return which variants a bundle has, how many of each, and where they stand."""
    return [
        (each["variant"]["product"]["name"], each["quantity"], each["position"])
        for each in of["components"]
    ]


async def several(world: World, *names: str) -> list[str]:
    return [await variant(world, name) for name in names]


async def test_components_are_added_behind_those_there_are(world: World) -> None:
    coffee, cup, milk = await several(world, "Coffee", "Cup", "Milk")
    before = await bundle(world, coffee)
    answer = await add(world, before["id"], (milk, 2), (cup, 3), header="key-1")
    after = made(answer)["bundle"]
    assert parts(after) == [("Coffee", 1, 0), ("Milk", 2, 1), ("Cup", 3, 2)]
    assert (after["componentCount"], after["version"]) == (3, 2)
    assert after["components"][0]["id"] == before["components"][0]["id"]
    again = await add(world, before["id"], (milk, 2), (cup, 3), header="key-1")
    assert again.payload == answer.payload
    assert await read(world, before["id"]) == after
    assert await told(world, before["id"]) == [("bundle.CREATED", 1), ("bundle.UPDATED", 2)]


async def test_bun_6_a_variant_that_the_bundle_has_is_not_added_again(world: World) -> None:
    coffee, cup = await several(world, "Coffee", "Cup")
    before = await bundle(world, coffee)
    answer = await add(world, before["id"], (cup, 1), (coffee, 2), (cup, 1))
    assert answer.codes == ["DUPLICATE_BUNDLE_COMPONENT"] * 2
    assert answer.paths == [
        ["input", "components", "1", "variantId"],
        ["input", "components", "2", "variantId"],
    ]
    assert await read(world, before["id"]) == before
    assert await told(world, before["id"]) == [("bundle.CREATED", 1)]


async def test_err_1_all_that_is_wrong_with_added_components_is_told_at_once(world: World) -> None:
    coffee, gone = await several(world, "Coffee", "Gone")
    tea = await variant(world, "Tee", currency="EUR")
    await turn_variant(world, decode(Prefix.VARIANT, gone), VariantStatus.DELETED)
    before = await bundle(world, coffee)
    other = await bundle(world)
    answer = await add(
        world,
        before["id"],
        (gone, 1),
        (tea, 1),
        (coffee, 1),
        (encode(Prefix.VARIANT, new_id()), 1),
        (other["id"], 1_000_001),
    )
    assert sorted(zip(answer.paths, answer.codes, strict=True)) == [
        (["input", "components", "0", "variantId"], "RESOURCE_DELETED"),
        (["input", "components", "1", "variantId"], "CURRENCY_MISMATCH"),
        (["input", "components", "2", "variantId"], "DUPLICATE_BUNDLE_COMPONENT"),
        (["input", "components", "3", "variantId"], "RESOURCE_NOT_FOUND"),
        (["input", "components", "4", "quantity"], "INVALID_FIELD"),
        (["input", "components", "4", "variantId"], "INVALID_ID"),
    ]
    nothing = await add(world, before["id"])
    assert (nothing.codes, nothing.paths) == (["FIELD_REQUIRED"], [["input", "components"]])
    assert await read(world, before["id"]) == before


async def test_a_bundle_never_gets_more_than_100_components(world: World) -> None:
    coffee = await variant(world)
    before = await bundle(world, coffee)
    many = [(encode(Prefix.VARIANT, new_id()), 1) for _ in range(100)]
    answer = await add(world, before["id"], *many)
    assert (answer.codes, answer.paths) == (["TOO_MANY_ITEMS"], [["input", "components"]])
    assert await read(world, before["id"]) == before


@pytest.mark.parametrize(
    ("index", "position", "order"),
    [
        (0, 2, "BCAD"),
        (3, 0, "DABC"),
        (2, 1, "ACBD"),
        (1, 3, "ACDB"),
        (1, 99, "ACDB"),
        (0, 1_000_000, "BCDA"),
    ],
)
async def test_positions_stay_dense_and_in_order(
    world: World, index: int, position: int, order: str
) -> None:
    before = await bundle(world, *await several(world, *"ABCD"))
    payload = made(await move(world, before, index, position=position))
    after = payload["bundle"]
    assert parts(after) == [(name, 1, place) for place, name in enumerate(order)]
    assert payload["component"] == {
        "id": before["components"][index]["id"],
        "quantity": 1,
        "position": order.index("ABCD"[index]),
    }
    assert (after["version"], await read(world, before["id"])) == (2, after)


async def test_quantity_and_position_change_together_and_equal_ones_not_at_all(
    world: World,
) -> None:
    before = await bundle(world, *await several(world, "A", "B"))
    answer = await move(world, before, 0, quantity=3, position=1, header="key-1")
    after = made(answer)["bundle"]
    assert parts(after) == [("B", 1, 0), ("A", 3, 1)]
    again = await move(world, before, 0, quantity=3, position=1, header="key-1")
    assert again.payload == answer.payload
    assert made(await move(world, before, 0, quantity=3))["bundle"] == after
    assert made(await move(world, before, 0, position=7))["bundle"] == after
    assert await told(world, before["id"]) == [("bundle.CREATED", 1), ("bundle.UPDATED", 2)]


async def test_a_change_of_a_component_says_what_is_wrong_with_it(world: World) -> None:
    before = await bundle(world, await variant(world))
    other = await bundle(world, await variant(world, "Cup"))
    nothing = await move(world, before, 0)
    assert (nothing.codes, nothing.paths) == (["NO_FIELDS_TO_UPDATE"], [None])
    for quantity in (0, -1, 1.5, 1_000_001):
        refused = await move(world, before, 0, quantity=quantity, position=-1)
        assert refused.codes == ["INVALID_FIELD"] * 2
        assert refused.paths == [["input", "quantity"], ["input", "position"]]
    cleared = await move(world, before, 0, quantity=None, position=None)
    assert cleared.codes == ["FIELD_REQUIRED"] * 2
    foreign = await move(world, {**before, "components": other["components"]}, 0, quantity=2)
    assert (foreign.codes, foreign.paths) == (["RESOURCE_NOT_FOUND"], [["input", "componentId"]])
    unremoved = await remove(world, {**before, "components": other["components"]}, 0)
    assert (unremoved.codes, unremoved.paths) == (
        ["RESOURCE_NOT_FOUND"],
        [["input", "componentId"]],
    )
    assert await read(world, before["id"]) == before
    assert await read(world, other["id"]) == other


async def test_a_component_is_removed_and_the_others_close_up(world: World) -> None:
    before = await bundle(world, *await several(world, *"ABC"))
    answer = await remove(world, before, 1, header="key-1")
    after = made(answer)["bundle"]
    assert parts(after) == [("A", 1, 0), ("C", 1, 1)]
    assert answer.payload["deletedId"] == before["components"][1]["id"]
    assert (await remove(world, before, 1, header="key-1")).payload == answer.payload
    gone = await remove(world, before, 1)
    assert (gone.codes, gone.paths) == (["RESOURCE_NOT_FOUND"], [["input", "componentId"]])
    assert await told(world, before["id"]) == [("bundle.CREATED", 1), ("bundle.UPDATED", 2)]


async def test_bun_9_the_last_component_may_go_and_the_bundle_is_unavailable(world: World) -> None:
    before = await bundle(world, await variant(world, initialQuantityAvailable=5))
    assert (before["availableForSale"], before["quantityAvailable"]) == (True, 5)
    after = made(await remove(world, before, 0))["bundle"]
    assert (after["components"], after["componentCount"]) == ([], 0)
    assert (after["availableForSale"], after["quantityAvailable"]) == (False, None)
    assert after["status"] == "ACTIVE"


async def test_two_who_add_one_variant_add_it_once(world: World) -> None:
    coffee, cup = await several(world, "Coffee", "Cup")
    before = await bundle(world, coffee)
    answers = await asyncio.gather(*(add(world, before["id"], (cup, 1)) for _ in range(6)))
    codes = sorted(answer.codes for answer in answers)
    assert codes == [[], *[["DUPLICATE_BUNDLE_COMPONENT"]] * 5]
    after = await read(world, before["id"])
    assert (parts(after), after["version"]) == ([("Coffee", 1, 0), ("Cup", 1, 1)], 2)


async def test_many_who_add_different_variants_all_find_a_place(world: World) -> None:
    ids = await several(world, *"ABCDEF")
    before = await bundle(world)
    answers = await asyncio.gather(*(add(world, before["id"], (id, 1)) for id in ids))
    assert [answer.codes for answer in answers] == [[]] * 6
    after = await read(world, before["id"])
    assert [each["position"] for each in after["components"]] == [0, 1, 2, 3, 4, 5]
    assert (after["componentCount"], after["version"]) == (6, 7)


async def test_an_add_that_races_a_delete_never_changes_a_deleted_bundle(world: World) -> None:
    (cup,) = await several(world, "Cup")
    for _ in range(5):
        before = await bundle(world)
        added, deleted = await asyncio.gather(
            add(world, before["id"], (cup, 1)), send(world, "deleteBundle", id=before["id"])
        )
        assert deleted.codes == []
        after = await read(world, before["id"])
        assert after["status"] == "DELETED"
        history = [("bundle.CREATED", 1), ("bundle.UPDATED", 2), ("bundle.DELETED", 3)]
        if added.codes:
            assert added.codes == ["RESOURCE_DELETED"]
            history = [("bundle.CREATED", 1), ("bundle.DELETED", 2)]
        assert await told(world, before["id"]) == history
        assert len(after["components"]) == len(history) - 2


async def test_moves_at_once_leave_every_component_in_a_place_of_its_own(world: World) -> None:
    before = await bundle(world, *await several(world, *"ABCD"))
    moves = [move(world, before, index, position=3 - index) for index in range(4)]
    gone = remove(world, before, 2)
    answers = await asyncio.gather(*moves, gone)
    assert [answer.codes for answer in answers if answer.codes] in ([], [["RESOURCE_NOT_FOUND"]])
    after = await read(world, before["id"])
    assert sorted(name for name, _, _ in parts(after)) == ["A", "B", "D"]
    assert [place for _, _, place in parts(after)] == [0, 1, 2]


PRODUCT_OF = "query ($id: ID!) { productVariant(id: $id) { product { id } } }"
DELETE_PRODUCT = """
mutation ($input: DeleteProductInput!) {
  deleteProduct(input: $input) { deletedId userErrors { code message field } }
}
"""


async def product_of(world: World, variant: str) -> str:
    """Return the id of a variant's product."""
    answer = await world.graphql(PRODUCT_OF, id=variant)
    return answer.payload["product"]["id"]


async def test_cat_7_a_product_that_is_deleted_while_its_bundle_is_read_stops_it_at_once(
    world: World,
) -> None:
    coffee, cup = await several(world, "Coffee", "Cup")
    before = await bundle(world, coffee, cup)
    product = await product_of(world, coffee)
    looks = asyncio.gather(*(read(world, before["id"]) for _ in range(6)))
    deleted = await world.graphql(DELETE_PRODUCT, input={"id": product})
    seen: list[Any] = await looks
    assert made(deleted)["deletedId"] == product
    after = await read(world, before["id"])
    assert (after["availableForSale"], after["componentCount"]) == (False, 2)
    for each in (*seen, after):
        assert {**each, "availableForSale": None, "components": None} == {
            **before,
            "availableForSale": None,
            "components": None,
        }
        assert [part["variant"]["id"] for part in each["components"]] == [coffee, cup]
    refused = await add(world, (await bundle(world))["id"], (coffee, 1))
    assert refused.codes == ["RESOURCE_DELETED"]


async def test_an_add_that_races_the_deletion_of_the_product_is_before_or_behind_it(
    world: World,
) -> None:
    for number in range(5):
        coffee = await variant(world, f"Coffee {number}")
        before = await bundle(world)
        product = await product_of(world, coffee)
        added, deleted = await asyncio.gather(
            add(world, before["id"], (coffee, 1)),
            world.graphql(DELETE_PRODUCT, input={"id": product}),
        )
        assert deleted.codes == []
        assert added.codes in ([], ["RESOURCE_DELETED"])
        after = await read(world, before["id"])
        assert after["componentCount"] == (0 if added.codes else 1)
        assert after["availableForSale"] is False
