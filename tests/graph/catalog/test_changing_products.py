"""Changing products through the graph (CAT-4 to CAT-6, UPD-1 to UPD-7, META-1 to META-5)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.runtime.actor import ActorKind
from tests.graph.catalog.changes import PRODUCT, beans, change, events, read, send, shirts
from tests.world import World

FIRST, SECOND = "https://img.example/1.png", "https://img.example/2.png"
UNKNOWN = "prod_01jd0000000000000000000000"
ONLY = {"url": FIRST, "altText": None, "width": None, "height": None}


async def sold(world: World, id: str) -> bool:
    """Tell whether a browser finds a product."""
    document = "query ($id: ID!) { product(id: $id) { id availableForSale } }"
    answer = await world.graphql(document, caller=world.browser, id=id)
    return answer.payload == {"id": id, "availableForSale": True}


async def test_cat_4_upd_1_what_is_sent_replaces_and_what_is_omitted_stays(world: World) -> None:
    made = await beans(world, sku="BEANS")
    world.clock.advance(timedelta(minutes=1))
    changed = await change(
        world,
        made["id"],
        name=" Dark Beans ",
        productType="DIGITAL",
        status="INACTIVE",
        description="Very dark.",
        images=[{"url": FIRST, "altText": "A bag", "width": 640, "height": 480}],
        slug="Dark beans!",
        seo={"title": "Beans", "description": "Buy beans."},
        externalReferenceId="erp-1",
        metadata={"supplier": "A"},
        publicMetadata={"roast": "dark"},
    )
    expected = made | {
        "name": "Dark Beans",
        "productType": "DIGITAL",
        "status": "INACTIVE",
        "description": "Very dark.",
        "imageUrl": FIRST,
        "images": [{"url": FIRST, "altText": "A bag", "width": 640, "height": 480}],
        "slug": "dark-beans",
        "seo": {"title": "Beans", "description": "Buy beans."},
        "externalReferenceId": "erp-1",
        "metadata": {"supplier": "A"},
        "publicMetadata": {"roast": "dark"},
        "availableForSale": False,
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert changed == expected
    assert await read(world, made["id"]) == expected
    renamed = await change(world, made["id"], name="Light Beans")
    assert renamed == expected | {"name": "Light Beans", "version": 3}


@pytest.mark.parametrize("empty", [None, ""])
async def test_upd_2_null_and_an_empty_text_clear_what_can_be_cleared(
    world: World, empty: str | None
) -> None:
    made = await beans(world)
    await change(
        world,
        made["id"],
        description="Dark.",
        imageUrl=FIRST,
        externalReferenceId="erp-1",
        seo={"title": "Beans"},
    )
    cleared = await change(
        world,
        made["id"],
        description=empty,
        imageUrl=empty,
        externalReferenceId=empty,
        seo={"title": empty},
    )
    assert cleared == made | {"version": 3, "updatedAt": cleared["updatedAt"]}


async def test_upd_2_null_clears_pictures_seo_and_metadata(world: World) -> None:
    made = await beans(world)
    await change(
        world,
        made["id"],
        images=[{"url": FIRST}, {"url": SECOND}],
        seo={"title": "Beans"},
        metadata={"a": "1"},
        publicMetadata={"b": "2"},
    )
    cleared = await change(
        world, made["id"], images=None, seo=None, metadata=None, publicMetadata=None
    )
    assert cleared == made | {"version": 3, "updatedAt": cleared["updatedAt"]}


@pytest.mark.parametrize("field", ["name", "productType", "status"])
async def test_what_a_product_cannot_be_without_is_not_cleared(world: World, field: str) -> None:
    made = await beans(world)
    answer = await send(world, "updateProduct", id=made["id"], **{field: None})
    assert (answer.codes, answer.paths) == (["FIELD_REQUIRED"], [["input", field]])
    assert await read(world, made["id"]) == made


async def test_cat_5_upd_3_an_update_without_any_field_is_refused(world: World) -> None:
    made = await beans(world)
    answer = await send(world, "updateProduct", id=made["id"])
    assert answer.codes == ["NO_FIELDS_TO_UPDATE"]
    answer = await send(world, "updateProduct", id=made["id"], expectedVersion=1)
    assert answer.codes == ["NO_FIELDS_TO_UPDATE"]
    assert await read(world, made["id"]) == made


async def test_upd_3_values_that_equal_the_present_ones_are_no_change(world: World) -> None:
    made = await beans(world)
    made = await change(
        world,
        made["id"],
        images=[{"url": FIRST}, {"url": SECOND}],
        metadata={"a": "1"},
        description="Dark.",
    )
    told = await events(world)
    world.clock.advance(timedelta(minutes=1))
    same = await change(
        world,
        made["id"],
        name=made["name"],
        productType="PHYSICAL",
        status="ACTIVE",
        description=" Dark. ",
        imageUrl=FIRST,
        slug=None,
        seo={},
        defaultVariantId=made["defaultVariant"]["id"],
        metadata={"a": "1", "b": None},
        publicMetadata={},
        modifierSetId=None,
    )
    assert same == made
    assert await read(world, made["id"]) == made
    assert await events(world) == told


async def test_upd_4_categories_and_variants_are_no_fields_of_an_update(world: World) -> None:
    made = await beans(world)
    for field in ("categories", "variants", "options", "defaultVariant", "version"):
        more: Any = {field: []}
        answer = await send(world, "updateProduct", id=made["id"], name="Tea", **more)
        assert answer.data is None
        assert field in str(answer.errors[0])
    assert await read(world, made["id"]) == made


async def test_upd_5_image_url_and_images_are_not_sent_together(world: World) -> None:
    made = await beans(world)
    answer = await send(
        world, "updateProduct", id=made["id"], imageUrl=FIRST, images=[{"url": SECOND}]
    )
    assert (answer.codes, answer.paths) == (["CONFLICTING_FIELDS"], [["input", "imageUrl"]])
    assert await read(world, made["id"]) == made


async def test_cat_13_image_url_is_the_first_picture_and_the_others_stay(world: World) -> None:
    made = await beans(world)
    await change(world, made["id"], images=[{"url": SECOND}, {"url": SECOND, "width": 9}])
    changed = await change(world, made["id"], imageUrl=FIRST)
    assert changed["images"] == [ONLY, {**ONLY, "url": SECOND, "width": 9}]
    cleared = await change(world, made["id"], imageUrl=None)
    assert (cleared["images"], cleared["imageUrl"]) == ([], None)


async def test_upd_7_another_version_than_the_expected_one_is_refused(world: World) -> None:
    made = await beans(world)
    await change(world, made["id"], name="Tea", expectedVersion=1)
    answer = await send(world, "updateProduct", id=made["id"], name="Water", expectedVersion=1)
    assert (answer.codes, answer.paths) == (["VERSION_CONFLICT"], [["input", "expectedVersion"]])
    assert answer.payload["userErrors"][0]["currentVersion"] == 2
    assert (await read(world, made["id"]))["name"] == "Tea"


async def test_two_updates_at_once_are_both_kept(world: World) -> None:
    made = await beans(world)
    await asyncio.gather(
        change(world, made["id"], name="Tea"),
        change(world, made["id"], description="Green."),
        change(world, made["id"], metadata={"a": "1"}),
        change(world, made["id"], metadata={"b": "2"}),
    )
    now = await read(world, made["id"])
    assert (now["name"], now["description"]) == ("Tea", "Green.")
    assert (now["metadata"], now["version"]) == ({"a": "1", "b": "2"}, 5)
    assert await events(world) == ["product.CREATED", *["product.UPDATED"] * 4]


async def test_of_two_updates_at_once_that_expect_a_version_one_is_refused(world: World) -> None:
    made = await beans(world)
    answers = await asyncio.gather(
        *(
            send(world, "updateProduct", id=made["id"], name=name, expectedVersion=1)
            for name in ("Tea", "Water")
        )
    )
    assert sorted(answer.codes for answer in answers) == [[], ["VERSION_CONFLICT"]]
    assert (await read(world, made["id"]))["version"] == 2


async def test_cat_6_inactive_is_reversible(world: World) -> None:
    made = await beans(world)
    await change(world, made["id"], status="INACTIVE")
    assert not await sold(world, made["id"])
    back = await change(world, made["id"], status="ACTIVE")
    assert (back["status"], back["availableForSale"]) == ("ACTIVE", True)
    assert await sold(world, made["id"])


async def test_cat_6_deleted_is_not_a_status_to_set(world: World) -> None:
    made = await beans(world)
    answer = await send(world, "updateProduct", id=made["id"], status="DELETED")
    assert (answer.codes, answer.paths) == (["INVALID_ENUM"], [["input", "status"]])
    assert await read(world, made["id"]) == made


async def test_err_1_all_that_is_wrong_is_told_at_once(world: World) -> None:
    made = await beans(world)
    answer = await send(
        world,
        "updateProduct",
        id=made["id"],
        name=" ",
        description="x" * 5001,
        imageUrl="ftp://img.example/1.png",
        slug="!!!",
        seo={"title": "x" * 256},
        defaultVariantId="nonsense",
        modifierSetId=made["id"],
        metadata={"bad key": "1"},
        status="DELETED",
    )
    assert sorted(
        zip(answer.codes, ["/".join(path[1:]) for path in answer.paths], strict=True)
    ) == [
        ("FIELD_REQUIRED", "name"),
        ("INVALID_ENUM", "status"),
        ("INVALID_FORMAT", "imageUrl"),
        ("INVALID_FORMAT", "slug"),
        ("INVALID_ID", "defaultVariantId"),
        ("INVALID_ID", "modifierSetId"),
        ("METADATA_LIMIT_EXCEEDED", "metadata/bad key"),
        ("STRING_TOO_LONG", "description"),
        ("STRING_TOO_LONG", "seo/title"),
    ]
    assert await read(world, made["id"]) == made


async def test_meta_2_and_3_metadata_merges_and_null_or_empty_deletes_a_key(world: World) -> None:
    made = await beans(world)
    await change(world, made["id"], metadata={"a": "1", "b": "2", "c": "3"})
    changed = await change(world, made["id"], metadata={"a": "", "b": None, "d": "4"})
    assert changed["metadata"] == {"c": "3", "d": "4"}
    assert changed["publicMetadata"] == {}


@pytest.mark.parametrize("field", ["metadata", "publicMetadata"])
async def test_meta_4_an_empty_map_and_null_clear_all(world: World, field: str) -> None:
    made = await beans(world)
    nothings: list[Any] = [{}, None]
    for nothing in nothings:
        await change(world, made["id"], **{field: {"a": "1"}})
        assert (await change(world, made["id"], **{field: nothing}))[field] == {}


@pytest.mark.parametrize("field", ["metadata", "publicMetadata"])
async def test_meta_1_and_5_fifty_keys_are_counted_after_the_merge(
    world: World, field: str
) -> None:
    made = await beans(world)
    fifty: Any = {f"key{number}": "x" for number in range(50)}
    full = await change(world, made["id"], **{field: fifty})
    more: Any = {field: {"more": "x"}}
    answer = await send(world, "updateProduct", id=made["id"], **more)
    assert (answer.codes, answer.paths) == (["METADATA_LIMIT_EXCEEDED"], [["input", field]])
    assert await read(world, made["id"]) == full
    swapped = await change(world, made["id"], **{field: {"more": "x", "key0": None}})
    assert len(swapped[field]) == 50


@pytest.mark.parametrize(
    ("id", "code"),
    [
        (UNKNOWN, "RESOURCE_NOT_FOUND"),
        (UNKNOWN.replace("prod", "var"), "INVALID_ID"),
        ("nonsense", "INVALID_ID"),
    ],
)
async def test_unknown_and_malformed_ids_of_products_are_told_apart(
    world: World, id: str, code: str
) -> None:
    answer = await send(world, "updateProduct", id=id, name="Tea")
    assert (answer.codes, answer.paths) == ([code], [["input", "id"]])


async def test_a_product_of_another_environment_does_not_exist(world: World) -> None:
    made = await beans(world)
    answer = await send(
        world, "updateProduct", caller=world.stranger(), id=made["id"], name="Mine now"
    )
    assert answer.codes == ["RESOURCE_NOT_FOUND"]
    assert await read(world, made["id"]) == made


async def test_who_may_only_read_products_changes_none(world: World) -> None:
    made = await beans(world)
    reader = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.products.read"}))
    for caller in (reader, world.browser):
        answer = await send(world, "updateProduct", caller=caller, id=made["id"], name="Tea")
        assert (answer.data, answer.top_codes) == ({"updateProduct": None}, ["FORBIDDEN"])
    assert await read(world, made["id"]) == made


async def test_cat_4_a_default_variant_is_chosen_and_cleared_where_there_are_options(
    world: World,
) -> None:
    made = await shirts(world)
    small, large = (each["id"] for each in made["variants"])
    assert made["defaultVariant"] is None
    for id in (large, small):
        chosen = await change(world, made["id"], defaultVariantId=id)
        assert chosen["defaultVariant"] == {"id": id}
    cleared = await change(world, made["id"], defaultVariantId="")
    assert (cleared["defaultVariant"], cleared["version"]) == (None, 4)


async def test_cat_4_a_simple_product_keeps_its_default_variant(world: World) -> None:
    made = await beans(world)
    answer = await send(world, "updateProduct", id=made["id"], defaultVariantId=None)
    assert (answer.codes, answer.paths) == (["FIELD_REQUIRED"], [["input", "defaultVariantId"]])
    assert await read(world, made["id"]) == made


async def test_cat_4_the_default_variant_is_one_of_the_products_own(world: World) -> None:
    made, other = await shirts(world), await beans(world)
    answer = await send(
        world, "updateProduct", id=made["id"], defaultVariantId=other["variants"][0]["id"]
    )
    assert (answer.codes, answer.paths) == (
        ["RESOURCE_NOT_FOUND"],
        [["input", "defaultVariantId"]],
    )
    assert await read(world, made["id"]) == made


async def test_cat_12_a_slug_changes_when_it_is_sent_and_the_old_one_keeps_leading(
    world: World,
) -> None:
    made = await beans(world)
    assert made["slug"] == "organic-coffee-beans"
    renamed = await change(world, made["id"], name="Tea")
    assert renamed["slug"] == "organic-coffee-beans"
    changed = await change(world, made["id"], slug="Green Tea")
    assert changed["slug"] == "green-tea"
    for slug in ("green-tea", "organic-coffee-beans", "Green-TEA"):
        answer = await world.graphql(
            "query ($slug: String!) { productBySlug(slug: $slug) { id } }", slug=slug
        )
        assert answer.payload == {"id": made["id"]}
    anew = await change(world, made["id"], slug=None)
    assert anew["slug"] == "tea"
    back = await change(world, made["id"], slug="organic-coffee-beans")
    assert back["slug"] == "organic-coffee-beans"


async def test_cat_12_a_slug_that_leads_elsewhere_is_refused(world: World) -> None:
    first, second = await beans(world), await beans(world)
    assert second["slug"] == "organic-coffee-beans-2"
    answer = await send(world, "updateProduct", id=second["id"], slug=first["slug"], name="Tea")
    assert (answer.codes, answer.paths) == (["SLUG_ALREADY_EXISTS"], [["input", "slug"]])
    assert await read(world, second["id"]) == second
    answer = await send(world, "updateProduct", id=second["id"], slug=first["slug"], name="")
    assert answer.codes == ["FIELD_REQUIRED", "SLUG_ALREADY_EXISTS"]
    assert await read(world, second["id"]) == second


async def test_of_two_products_that_want_one_slug_at_once_one_gets_it(world: World) -> None:
    products = [await beans(world), await beans(world)]
    answers = await asyncio.gather(
        *(send(world, "updateProduct", id=each["id"], slug="tea") for each in products)
    )
    assert sorted(answer.codes for answer in answers) == [[], ["SLUG_ALREADY_EXISTS"]]


async def test_a_repeated_update_is_answered_without_doing_it_again(world: World) -> None:
    made = await beans(world)
    document = f"""mutation($input: UpdateProductInput!) {{
        updateProduct(input: $input) @idempotent(key: "once") {{
            product {{ {PRODUCT} }} userErrors {{ code message field }} }} }}"""
    input: Any = {"id": made["id"], "name": "Tea"}
    first = await world.graphql(document, input=input)
    again = await world.graphql(document, input=input)
    assert again.payload == first.payload
    assert again.extensions["idempotency"] == {"replayed": True}
    assert (await read(world, made["id"]))["version"] == 2
