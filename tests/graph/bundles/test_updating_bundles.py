"""Changing and deleting bundles through the graph."""

from datetime import timedelta
from typing import Any

import pytest

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.runtime.actor import ActorKind
from tests.graph.bundles.documents import (
    bundle,
    create,
    made,
    names,
    read,
    send,
    told,
    usd,
    variant,
)
from tests.world import World


async def change(world: World, id: str, **input: Any) -> Any:
    """Change a bundle and return it."""
    return made(await send(world, "updateBundle", id=id, **input))["bundle"]


def changes(id: str, component: str) -> list[tuple[str, dict[str, Any]]]:
    """Return every mutation that changes a bundle, with an input that would."""
    part = {"bundleId": id, "componentId": component}
    return [
        ("deleteBundle", {"id": id}),
        ("updateBundle", {"id": id, "name": "Mine"}),
        ("replaceBundleCategories", {"bundleId": id, "categories": ["Mine"]}),
        ("addBundleComponents", {"bundleId": id, "components": []}),
        ("updateBundleComponent", {**part, "quantity": 2}),
        ("removeBundleComponent", part),
    ]


async def modifier_set(world: World) -> str:
    """Make a modifier set and return its id."""
    answer = await world.graphql(
        "mutation ($input: CreateModifierSetInput!) { createModifierSet(input: $input)"
        " { modifierSet { id } userErrors { code message field } } }",
        input={"name": "Wrapping", "groups": []},
    )
    return made(answer)["modifierSet"]["id"]


async def set_of(world: World, id: str) -> Any:
    """Return the modifier set of a bundle."""
    answer = await world.graphql(
        "query ($id: ID!) { bundle(id: $id) { modifierSet { id name } } }", id=id
    )
    assert answer.errors == []
    return answer.payload["modifierSet"]


async def led_to(world: World, slug: str) -> str | None:
    """Return the id of the bundle that a slug leads to."""
    answer = await world.graphql(
        "query ($slug: String!) { bundleBySlug(slug: $slug) { id } }", slug=slug
    )
    assert answer.errors == []
    return answer.payload and answer.payload["id"]


async def test_upd_1_what_is_omitted_stays_and_what_is_sent_replaces(world: World) -> None:
    coffee = await variant(world)
    before = await bundle(
        world,
        coffee,
        description="Old",
        sku="SET",
        barcode="222",
        compareAtPrice=usd(1800),
        metadata={"a": "1", "b": "2"},
        publicMetadata={"c": "3"},
        images=[{"url": "https://a.example/1.png"}],
        categories=["Sets"],
    )
    world.clock.advance(timedelta(minutes=1))
    after = await change(
        world,
        before["id"],
        name="Brunch",
        seo={"title": "T"},
        unitPrice=usd(1600),
        taxable=False,
        taxCategory="FOOD",
        sku="SET-2",
        externalReferenceId="erp",
        metadata={"b": None, "d": "4"},
        publicMetadata={"e": "5"},
    )
    assert after == {
        **before,
        "name": "Brunch",
        "seo": {"title": "T", "description": None},
        "unitPrice": usd(1600),
        "taxable": False,
        "taxCategory": "FOOD",
        "sku": "SET-2",
        "externalReferenceId": "erp",
        "metadata": {"a": "1", "d": "4"},
        "publicMetadata": {"c": "3", "e": "5"},
        "version": 2,
        "updatedAt": after["updatedAt"],
    }
    assert after["updatedAt"] > before["updatedAt"]
    assert await read(world, before["id"]) == after
    assert await told(world, before["id"]) == [("bundle.CREATED", 1), ("bundle.UPDATED", 2)]


async def test_upd_2_null_or_an_empty_text_clears(world: World) -> None:
    nothing = {
        "description": None,
        "compareAtPrice": None,
        "imageUrl": None,
        "sku": None,
        "barcode": None,
        "externalReferenceId": None,
    }
    full = {
        "description": "Old",
        "compareAtPrice": usd(1800),
        "imageUrl": "https://a.example/1.png",
        "sku": "SET",
        "barcode": "222",
        "externalReferenceId": "erp",
    }
    more = {"seo": {"title": "T"}, "metadata": {"a": "1"}, "publicMetadata": {"b": "2"}}
    for clear in (
        {**nothing, "seo": None, "metadata": None, "publicMetadata": None},
        {
            **dict.fromkeys(nothing, ""),
            "compareAtPrice": None,
            "seo": {"title": ""},
            "metadata": {},
            "publicMetadata": {},
        },
    ):
        before = await bundle(world, **full, **more)
        after = await change(world, before["id"], **clear)
        assert {name: after[name] for name in nothing} == nothing
        assert after["seo"] == {"title": None, "description": None}
        assert (after["metadata"], after["publicMetadata"], after["images"]) == ({}, {}, [])
        assert after["version"] == 2
        made(await send(world, "deleteBundle", id=before["id"]))


async def test_upd_2_what_cannot_be_cleared_is_refused(world: World) -> None:
    before = await bundle(world)
    fields = ("name", "status", "unitPrice", "taxable", "taxCategory")
    answer = await send(world, "updateBundle", id=before["id"], **dict.fromkeys(fields))
    assert sorted(zip(answer.paths, answer.codes, strict=True)) == [
        (["input", name], "FIELD_REQUIRED") for name in sorted(fields)
    ]
    assert await read(world, before["id"]) == before


async def test_upd_3_an_update_of_nothing_is_refused_and_an_equal_one_changes_nothing(
    world: World,
) -> None:
    coffee = await variant(world, initialQuantityAvailable=4)
    before = await bundle(
        world,
        coffee,
        sku="SET",
        images=[{"url": "https://a.example/1.png", "altText": "x"}],
        metadata={"a": "1"},
    )
    world.clock.advance(timedelta(minutes=1))
    empty = await send(world, "updateBundle", id=before["id"])
    assert (empty.codes, empty.paths) == (["NO_FIELDS_TO_UPDATE"], [None])
    assert (
        await change(
            world,
            before["id"],
            name=" Breakfast ",
            slug="breakfast",
            status="ACTIVE",
            description="",
            seo={"title": " "},
            imageUrl="https://a.example/1.png",
            unitPrice=usd(1500),
            sku="SET",
            metadata={"a": "1"},
        )
        == before
    )
    assert await change(world, before["id"], slug=None) == before
    assert await told(world, before["id"]) == [("bundle.CREATED", 1)]


async def test_upd_7_another_version_than_expected_is_a_conflict(world: World) -> None:
    coffee = await variant(world)
    before = await bundle(world, coffee)
    id, component = before["id"], before["components"][0]["id"]
    for name, input in changes(id, component):
        answer = await send(world, name, expectedVersion=2, **input)
        assert (answer.codes, answer.paths) == (
            ["VERSION_CONFLICT"],
            [["input", "expectedVersion"]],
        )
        assert answer.payload["userErrors"][0]["currentVersion"] == 1
    assert await read(world, id) == before
    assert (await change(world, id, name="Brunch", expectedVersion=1))["version"] == 2


async def test_bun_11_an_update_cannot_carry_components(world: World) -> None:
    coffee = await variant(world)
    before = await bundle(world, coffee)
    parts = [{"variantId": coffee, "quantity": 9}]
    answer = await send(world, "updateBundle", id=before["id"], name="Brunch", components=parts)
    assert answer.data is None
    assert "unknown field 'components'" in answer.errors[0].message
    assert await read(world, before["id"]) == before


async def test_a_slug_is_changed_on_purpose_and_old_ones_keep_leading(world: World) -> None:
    before = await bundle(world)
    other = await bundle(world)
    assert (before["slug"], other["slug"]) == ("breakfast", "breakfast-2")
    renamed = await change(world, before["id"], name="Brunch")
    assert renamed["slug"] == "breakfast"
    assert (await change(world, before["id"], slug=""))["slug"] == "brunch"
    assert (await change(world, before["id"], slug="Late Morning"))["slug"] == "late-morning"
    for slug in ("breakfast", "BRUNCH", "late-morning"):
        assert await led_to(world, slug) == before["id"]
    taken = await send(world, "updateBundle", id=other["id"], name="X", slug="brunch")
    assert (taken.codes, taken.paths) == (["SLUG_ALREADY_EXISTS"], [["input", "slug"]])
    assert await read(world, other["id"]) == other
    assert (await change(world, before["id"], slug="breakfast"))["slug"] == "breakfast"
    assert await led_to(world, "nowhere") is None


async def test_cat_31_codes_are_given_back_when_others_take_their_place(world: World) -> None:
    before = await bundle(world, sku="SET", barcode="222")
    await variant(world, sku="A-1")
    taken = await send(world, "updateBundle", id=before["id"], sku="A-1", slug="coffee")
    assert (taken.codes, taken.paths) == (
        ["SKU_ALREADY_EXISTS", "SLUG_ALREADY_EXISTS"],
        [["input", "sku"], ["input", "slug"]],
    )
    assert await read(world, before["id"]) == before
    assert (await create(world, sku="SET")).codes == ["SKU_ALREADY_EXISTS"]
    assert (await change(world, before["id"], sku="SET-2"))["barcode"] == "222"
    assert (await bundle(world, sku="SET"))["sku"] == "SET"
    assert (await create(world, barcode="222")).codes == ["BARCODE_ALREADY_EXISTS"]
    assert (await change(world, before["id"], sku=None, barcode=None))["sku"] is None
    assert (await bundle(world, sku="SET-2", barcode="222"))["sku"] == "SET-2"


async def test_a_bundle_is_hidden_and_shown_again(world: World) -> None:
    coffee = await variant(world)
    before = await bundle(world, coffee, categories=["Sets"])
    assert before["availableForSale"]
    assert await bundle_count(world) == 1
    hidden = await change(world, before["id"], status="INACTIVE")
    assert (hidden["status"], hidden["availableForSale"]) == ("INACTIVE", False)
    assert await read(world, before["id"], caller=world.browser) is None
    assert await bundle_count(world) == 0
    shown = await change(world, before["id"], status="ACTIVE")
    assert (shown["status"], shown["availableForSale"]) == ("ACTIVE", True)
    assert await bundle_count(world) == 1
    refused = await send(world, "updateBundle", id=before["id"], status="DELETED")
    assert (refused.codes, refused.paths) == (["INVALID_ENUM"], [["input", "status"]])


async def bundle_count(world: World) -> int:
    """Return how many active bundles the category `sets` has."""
    answer = await world.graphql('{ categoryBySlug(slug: "sets") { bundleCount } }')
    assert answer.errors == []
    return answer.payload["bundleCount"]


async def test_bun_7_the_currency_of_a_bundle_with_components_stays(world: World) -> None:
    coffee = await variant(world)
    before = await bundle(world, coffee, compareAtPrice=usd(1800))
    euros = {"amount": 1, "currency": "EUR"}
    answer = await send(
        world, "updateBundle", id=before["id"], unitPrice=euros, compareAtPrice=None
    )
    assert (answer.codes, answer.paths) == (
        ["CURRENCY_MISMATCH"],
        [["input", "unitPrice", "currency"]],
    )
    compared = await send(world, "updateBundle", id=before["id"], compareAtPrice=euros)
    assert (compared.codes, compared.paths) == (
        ["CURRENCY_MISMATCH"],
        [["input", "compareAtPrice", "currency"]],
    )
    assert await read(world, before["id"]) == before
    empty = await bundle(world, compareAtPrice=usd(1800))
    alone = await send(world, "updateBundle", id=empty["id"], unitPrice=euros)
    assert (alone.codes, alone.paths) == (
        ["CURRENCY_MISMATCH"],
        [["input", "unitPrice", "currency"]],
    )
    (error,) = alone.payload["userErrors"]
    assert error["message"] == "A price and the price it is compared with have one currency."
    after = await change(world, empty["id"], unitPrice=euros, compareAtPrice=euros)
    assert (after["unitPrice"], after["compareAtPrice"]) == (euros, euros)


async def test_pictures_are_replaced_as_a_whole(world: World) -> None:
    first, second = "https://a.example/1.png", "https://a.example/2.png"
    before = await bundle(world, images=[{"url": first}, {"url": second}])
    swapped = await change(world, before["id"], images=[{"url": second}, {"url": first}])
    assert [each["url"] for each in swapped["images"]] == [second, first]
    same = await change(world, before["id"], imageUrl=second)
    assert same == swapped
    one = await change(world, before["id"], imageUrl=first)
    assert (one["imageUrl"], [each["url"] for each in one["images"]]) == (first, [first])
    both = await send(world, "updateBundle", id=before["id"], imageUrl=second, images=None)
    assert (both.codes, both.paths) == (["CONFLICTING_FIELDS"], [["input", "imageUrl"]])
    assert (await change(world, before["id"], images=None))["images"] == []


async def test_a_modifier_set_is_attached_and_detached(world: World) -> None:
    wrapping = await modifier_set(world)
    before = await bundle(world, modifierSetId=wrapping)
    assert await set_of(world, before["id"]) == {"id": wrapping, "name": "Wrapping"}
    unknown = await send(
        world,
        "updateBundle",
        id=before["id"],
        modifierSetId=encode(Prefix.MODIFIER_SET, new_id()),
    )
    malformed = await send(world, "updateBundle", id=before["id"], modifierSetId=before["id"])
    assert (unknown.codes, malformed.codes) == (["RESOURCE_NOT_FOUND"], ["INVALID_ID"])
    assert unknown.paths == malformed.paths == [["input", "modifierSetId"]]
    await change(world, before["id"], modifierSetId=None)
    assert await set_of(world, before["id"]) is None


async def test_a_retired_modifier_set_stays_but_is_not_attached_anew(world: World) -> None:
    wrapping = await modifier_set(world)
    before = await bundle(world, modifierSetId=wrapping)
    await world.graphql(
        "mutation ($input: RetireModifierSetInput!) { retireModifierSet(input: $input)"
        " { userErrors { code } } }",
        input={"id": wrapping},
    )
    assert (await change(world, before["id"], name="Brunch"))["version"] == 2
    assert await set_of(world, before["id"]) == {"id": wrapping, "name": "Wrapping"}
    refused = await create(world, modifierSetId=wrapping)
    assert (refused.codes, refused.paths) == (["RESOURCE_DELETED"], [["input", "modifierSetId"]])


async def test_ctg_2_categories_are_replaced_as_a_whole(world: World) -> None:
    before = await bundle(world, categories=["Sets", "Gifts"])
    id = before["id"]
    after = made(
        await send(
            world, "replaceBundleCategories", bundleId=id, categories=[" new ", "SETS", "New"]
        )
    )["bundle"]
    assert [each["name"] for each in after["categories"]] == ["new", "Sets"]
    assert after["version"] == 2
    same = await send(world, "replaceBundleCategories", bundleId=id, categories=["NEW", "sets"])
    assert made(same)["bundle"] == after
    cleared = await send(world, "replaceBundleCategories", bundleId=id, categories=[])
    assert made(cleared)["bundle"]["categories"] == []
    many = [str(number) for number in range(51)]
    refused = await send(world, "replaceBundleCategories", bundleId=id, categories=many)
    assert (refused.codes, refused.paths) == (["TOO_MANY_ITEMS"], [["input", "categories"]])
    assert await told(world, id) == [
        ("bundle.CREATED", 1),
        ("bundle.UPDATED", 2),
        ("bundle.UPDATED", 3),
    ]


async def test_a_deleted_bundle_stays_readable_and_gives_its_names_back(world: World) -> None:
    coffee = await variant(world)
    before = await bundle(world, coffee, sku="SET", barcode="222", categories=["Sets"])
    id, component = before["id"], before["components"][0]["id"]
    first = await send(world, "deleteBundle", id=id, header="gone")
    assert made(first)["deletedId"] == id
    again = await send(world, "deleteBundle", id=id, header="gone")
    assert again.payload == first.payload
    assert await told(world, id) == [("bundle.CREATED", 1), ("bundle.DELETED", 2)]
    gone = await read(world, id)
    assert (gone["status"], gone["availableForSale"], gone["version"]) == ("DELETED", False, 2)
    assert (gone["name"], gone["sku"], gone["barcode"]) == ("Breakfast", None, None)
    assert gone["categories"] == []
    assert await read(world, id, caller=world.browser) is None
    assert await names(world) == []
    assert await led_to(world, "breakfast") is None
    fresh = await bundle(world, coffee, sku="SET", barcode="222")
    assert fresh["slug"] == "breakfast"
    for name, input in changes(id, component):
        answer = await send(world, name, **input)
        assert answer.codes == ["RESOURCE_DELETED"]
        assert answer.paths == [["input", "id" if "id" in input else "bundleId"]]
    assert await read(world, id) == gone


@pytest.mark.parametrize("kind", ["foreign", "unknown", "malformed"])
async def test_a_bundle_that_a_caller_does_not_have_is_not_changed(world: World, kind: str) -> None:
    before = await bundle(world, await variant(world))
    id, component = before["id"], before["components"][0]["id"]
    caller = world.stranger() if kind == "foreign" else world.actor
    asked = {"foreign": id, "unknown": encode(Prefix.BUNDLE, new_id()), "malformed": component}[
        kind
    ]
    code = "INVALID_ID" if kind == "malformed" else "RESOURCE_NOT_FOUND"
    for name, input in changes(asked, component):
        answer = await send(world, name, caller=caller, **input)
        assert answer.codes == [code]
        assert answer.paths == [["input", "id" if "id" in input else "bundleId"]]
    assert await read(world, id) == before
    assert await told(world, id) == [("bundle.CREATED", 1)]


async def test_who_may_not_write_bundles_changes_none(world: World) -> None:
    before = await bundle(world, await variant(world))
    id, component = before["id"], before["components"][0]["id"]
    reads = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.bundles.read"}))
    for caller in (world.browser, reads):
        for name, input in changes(id, component):
            answer = await send(world, name, caller=caller, **input)
            assert (answer.data, answer.top_codes) == ({name: None}, ["FORBIDDEN"])
    assert await read(world, id) == before
