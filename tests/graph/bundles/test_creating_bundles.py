"""Creating bundles through the graph."""

from typing import Any

from ordergraph.commerce.catalog.rules import VariantStatus
from ordergraph.core.ids import Prefix, decode, encode, new_id
from ordergraph.runtime.actor import ActorKind
from tests.commerce.bundles.boxes import turn_variant
from tests.graph.bundles.documents import (
    bundle,
    create,
    names,
    nothing_is_there,
    read,
    told,
    usd,
    variant,
)
from tests.world import World


async def test_a_bundle_of_little_has_what_is_usual(world: World) -> None:
    made = await bundle(world)
    assert made == {
        "id": made["id"],
        "name": "Breakfast",
        "slug": "breakfast",
        "status": "ACTIVE",
        "description": None,
        "seo": {"title": None, "description": None},
        "images": [],
        "imageUrl": None,
        "unitPrice": usd(1500),
        "compareAtPrice": None,
        "taxable": True,
        "taxCategory": "GENERAL",
        "sku": None,
        "barcode": None,
        "availableForSale": False,
        "quantityAvailable": None,
        "componentCount": 0,
        "components": [],
        "categories": [],
        "externalReferenceId": None,
        "metadata": {},
        "publicMetadata": {},
        "version": 1,
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    }
    assert await read(world, made["id"]) == made


async def test_bun_1_a_bundle_has_its_own_and_inherits_nothing(world: World) -> None:
    coffee = await variant(world, sku="COFFEE", barcode="111", initialQuantityAvailable=7)
    cup = await variant(world, "Cup", sku="CUP", taxable=False)
    made = await bundle(
        world,
        name="Morning set",
        components=[{"variantId": coffee, "quantity": 2}, {"variantId": cup, "quantity": 1}],
        categories=["Sets", "Gifts"],
        status="INACTIVE",
        description="Both",
        slug="The Morning!",
        seo={"title": "T", "description": "D"},
        images=[{"url": "https://a.example/1.png", "altText": "one", "width": 3, "height": 4}],
        compareAtPrice=usd(1800),
        taxable=False,
        taxCategory="FOOD",
        sku="SET-1",
        barcode="222",
        externalReferenceId="erp-9",
        metadata={"a": "1"},
        publicMetadata={"b": "2"},
    )
    assert {key: made[key] for key in made if key not in ("id", "createdAt", "updatedAt")} == {
        "name": "Morning set",
        "slug": "the-morning",
        "status": "INACTIVE",
        "description": "Both",
        "seo": {"title": "T", "description": "D"},
        "images": [{"url": "https://a.example/1.png", "altText": "one", "width": 3, "height": 4}],
        "imageUrl": "https://a.example/1.png",
        "unitPrice": usd(1500),
        "compareAtPrice": usd(1800),
        "taxable": False,
        "taxCategory": "FOOD",
        "sku": "SET-1",
        "barcode": "222",
        "availableForSale": False,
        "quantityAvailable": 3,
        "componentCount": 2,
        "components": [
            {
                "id": made["components"][0]["id"],
                "quantity": 2,
                "position": 0,
                "variant": {"id": coffee, "sku": "COFFEE", "product": {"name": "Coffee"}},
            },
            {
                "id": made["components"][1]["id"],
                "quantity": 1,
                "position": 1,
                "variant": {"id": cup, "sku": "CUP", "product": {"name": "Cup"}},
            },
        ],
        "categories": [{"name": "Sets", "slug": "sets"}, {"name": "Gifts", "slug": "gifts"}],
        "externalReferenceId": "erp-9",
        "metadata": {"a": "1"},
        "publicMetadata": {"b": "2"},
        "version": 1,
    }
    assert await read(world, made["id"]) == made


async def test_a_new_bundle_is_told_once_and_its_key_makes_one(world: World) -> None:
    coffee = await variant(world)
    first = await create(world, coffee, header="key-1")
    again = await create(world, coffee, header="key-1")
    made = first.payload["bundle"]
    assert again.payload == first.payload
    assert again.extensions == {"idempotency": {"replayed": True}}
    assert await told(world, made["id"]) == [("bundle.CREATED", 1)]
    assert await names(world) == ["Breakfast"]
    other = await create(world, coffee, name="Another", header="key-1")
    assert other.codes == ["IDEMPOTENCY_KEY_REUSED"]


async def test_err_1_all_that_is_wrong_is_told_at_once_and_nothing_happens(world: World) -> None:
    answer = await create(
        world,
        name=" ",
        status="DELETED",
        description="x" * 5001,
        slug="!?",
        seo={"title": "x" * 256},
        images=[{"url": "ftp://x", "width": 0}],
        unitPrice=usd(-1),
        compareAtPrice={"amount": 1, "currency": "EUR"},
        sku="x" * 101,
        barcode="x" * 101,
        modifierSetId=encode(Prefix.MODIFIER_SET, new_id()),
        externalReferenceId="x" * 256,
        metadata={"a b": "1"},
        publicMetadata={"c": "x" * 501},
        categories=["", "x" * 101],
        components=[
            {"variantId": "var_x", "quantity": 0},
            {"variantId": encode(Prefix.VARIANT, new_id()), "quantity": 1.5},
        ],
    )
    assert sorted(zip(answer.paths, answer.codes, strict=True)) == [
        (["input", "barcode"], "STRING_TOO_LONG"),
        (["input", "categories", "0"], "FIELD_REQUIRED"),
        (["input", "categories", "1"], "STRING_TOO_LONG"),
        (["input", "compareAtPrice", "currency"], "CURRENCY_MISMATCH"),
        (["input", "components", "0", "quantity"], "INVALID_FIELD"),
        (["input", "components", "0", "variantId"], "INVALID_ID"),
        (["input", "components", "1", "quantity"], "INVALID_FIELD"),
        (["input", "components", "1", "variantId"], "RESOURCE_NOT_FOUND"),
        (["input", "description"], "STRING_TOO_LONG"),
        (["input", "externalReferenceId"], "STRING_TOO_LONG"),
        (["input", "images", "0", "url"], "INVALID_FORMAT"),
        (["input", "images", "0", "width"], "INVALID_FIELD"),
        (["input", "metadata", "a b"], "METADATA_LIMIT_EXCEEDED"),
        (["input", "modifierSetId"], "RESOURCE_NOT_FOUND"),
        (["input", "name"], "FIELD_REQUIRED"),
        (["input", "publicMetadata", "c"], "METADATA_LIMIT_EXCEEDED"),
        (["input", "seo", "title"], "STRING_TOO_LONG"),
        (["input", "sku"], "STRING_TOO_LONG"),
        (["input", "slug"], "INVALID_FORMAT"),
        (["input", "status"], "INVALID_ENUM"),
        (["input", "unitPrice", "amount"], "AMOUNT_OUT_OF_RANGE"),
    ]
    assert await nothing_is_there(world)


async def test_bun_5_a_bundle_in_a_bundle_is_impossible(world: World) -> None:
    inner = await bundle(world)
    answer = await create(world, inner["id"], name="Outer")
    assert (answer.codes, answer.paths) == (
        ["INVALID_ID"],
        [["input", "components", "0", "variantId"]],
    )
    assert await names(world) == ["Breakfast"]


async def test_bun_6_a_variant_appears_once(world: World) -> None:
    coffee, cup = await variant(world), await variant(world, "Cup")
    answer = await create(world, coffee, cup, coffee, cup)
    assert answer.codes == ["DUPLICATE_BUNDLE_COMPONENT"] * 2
    assert answer.paths == [
        ["input", "components", "2", "variantId"],
        ["input", "components", "3", "variantId"],
    ]
    assert await names(world) == []


async def test_bun_7_components_have_the_bundles_currency(world: World) -> None:
    coffee, tea = await variant(world), await variant(world, "Tee", currency="EUR")
    answer = await create(world, coffee, tea)
    assert (answer.codes, answer.paths) == (
        ["CURRENCY_MISMATCH"],
        [["input", "components", "1", "variantId"]],
    )
    unknown = await create(world, coffee, unitPrice={"amount": 1, "currency": "ZZZ"})
    assert (unknown.codes, unknown.paths) == (
        ["UNKNOWN_CURRENCY"],
        [["input", "unitPrice", "currency"]],
    )
    assert await names(world) == []


async def test_a_deleted_variant_or_that_of_another_merchant_is_no_component(world: World) -> None:
    coffee, cup = await variant(world), await variant(world, "Cup")
    await turn_variant(world, decode(Prefix.VARIANT, coffee), VariantStatus.DELETED)
    answer = await create(world, coffee, cup)
    assert (answer.codes, answer.paths) == (
        ["RESOURCE_DELETED"],
        [["input", "components", "0", "variantId"]],
    )
    foreign = await create(world, cup, caller=world.stranger())
    assert (foreign.codes, foreign.paths) == (
        ["RESOURCE_NOT_FOUND"],
        [["input", "components", "0", "variantId"]],
    )
    assert await names(world) == []


async def test_a_bundle_has_at_most_100_components(world: World) -> None:
    ids = [encode(Prefix.VARIANT, new_id()) for _ in range(101)]
    answer = await create(world, *ids)
    assert (answer.codes, answer.paths) == (["TOO_MANY_ITEMS"], [["input", "components"]])


async def test_cat_31_codes_and_slugs_are_unique_among_variants_and_bundles(world: World) -> None:
    await variant(world, sku="A-1", barcode="111")
    first = await bundle(world, sku="B-1", barcode="222", slug="set")
    for taken in ({"sku": "A-1", "barcode": "111"}, {"sku": " B-1 ", "barcode": "222"}):
        answer = await create(world, name="Second", slug="coffee", **taken)
        assert answer.codes == [
            "SKU_ALREADY_EXISTS",
            "BARCODE_ALREADY_EXISTS",
            "SLUG_ALREADY_EXISTS",
        ]
        assert answer.paths == [["input", "sku"], ["input", "barcode"], ["input", "slug"]]
    assert await names(world) == [first["name"]]
    other_case = await bundle(world, name="Coffee", sku="a-1")
    assert other_case["slug"] == "coffee-2"


async def test_pictures_are_sent_as_a_list_or_as_one_address(world: World) -> None:
    url = "https://a.example/1.png"
    for nothing in (None, list[Any]()):
        one = await bundle(world, imageUrl=url, images=nothing)
        assert [each["url"] for each in one["images"]] == [url]
    assert (await bundle(world, imageUrl=None, images=[{"url": url}]))["imageUrl"] == url
    both = await create(world, imageUrl=url, images=[{"url": url}])
    assert (both.codes, both.paths) == (["CONFLICTING_FIELDS"], [["input", "imageUrl"]])


async def test_who_may_not_write_bundles_makes_none(world: World) -> None:
    reads = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.bundles.read"}))
    products = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.products.write"}))
    for caller in (world.browser, reads, products):
        answer = await create(world, caller=caller)
        assert (answer.data, answer.top_codes) == ({"createBundle": None}, ["FORBIDDEN"])
    assert await nothing_is_there(world)
    writes = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.bundles.write"}))
    answer = await world.graphql(
        "mutation ($input: CreateBundleInput!) "
        "{ createBundle(input: $input) { bundle { name } userErrors { code } } }",
        caller=writes,
        input={"name": "Set", "unitPrice": usd(1)},
    )
    assert answer.payload == {"bundle": {"name": "Set"}, "userErrors": []}
