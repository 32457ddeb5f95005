"""Finding one product or sellable by its slug, SKU or barcode (CAT-30)."""

from typing import Any

import pytest

from ordergraph.commerce.catalog.naming import take_slug
from ordergraph.core.ids import Prefix, decode
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from tests.graph.catalog.products import coffee, create, shirt
from tests.world import World

BY_SLUG = "query ($slug: String!) { productBySlug(slug: $slug) { id name variants { sku } } }"
BRIEFLY = "query ($slug: String!) { productBySlug(slug: $slug) { id } }"
BY_CODE = """
query ($code: String!) {
  sellableBySku(sku: $code) { ...Found }
  sellableByBarcode(barcode: $code) { ...Found }
}
fragment Found on ProductVariant { id sku barcode product { id description } }
"""


DELETE = """
mutation ($input: DeleteProductInput!) {
  deleteProduct(input: $input) { deletedId userErrors { code } }
}
"""
BUNDLE = """
mutation ($input: CreateBundleInput!) {
  createBundle(input: $input) { bundle { id sku name } userErrors { code field } }
}
"""
BY_IDS = """
query ($product: ID!, $variant: ID!) {
  product(id: $product) {
    status availableForSale variants { id } variantCount priceRange { lowest { amount } }
    categories { name }
  }
  productVariant(id: $variant) { sku status product { name slug } }
}
"""


async def by_code(world: World, code: str, **more: Any) -> tuple[Any, Any]:
    """Return what bears the code as its SKU, and as its barcode."""
    answer = await world.graphql(BY_CODE, code=code, **more)
    assert answer.errors == []
    return answer.data["sellableBySku"], answer.data["sellableByBarcode"]


async def test_a_product_is_found_by_its_slug_whatever_its_case(world: World) -> None:
    product = await create(world, shirt({"size": "S", "sku": "S"}) | {"name": "Blue Shirt"})
    for caller in (world.actor, world.browser):
        for slug in ("blue-shirt", " Blue-SHIRT "):
            answer = await world.graphql(BY_SLUG, caller=caller, slug=slug)
            assert answer.errors == []
            assert answer.payload == {
                "id": product["id"],
                "name": "Blue Shirt",
                "variants": [{"sku": "S"}],
            }
            briefly = await world.graphql(BRIEFLY, caller=caller, slug=slug)
            assert briefly.payload == {"id": product["id"]}
    missed = await world.graphql(BY_SLUG, slug="red-shirt")
    assert (missed.payload, missed.errors) == (None, [])


async def test_cat_12_a_slug_that_a_product_had_before_keeps_leading_to_it(world: World) -> None:
    product = await create(world, coffee() | {"slug": "old"})
    async with world.database.transaction(world.actor) as tx:
        await take_slug(tx, decode(Prefix.PRODUCT, product["id"]), "new")
    for slug in ("old", "new"):
        assert (await world.graphql(BRIEFLY, slug=slug)).payload == {"id": product["id"]}


async def test_env_1_the_slug_and_the_codes_of_another_environment_lead_nowhere(
    world: World,
) -> None:
    await create(world, coffee(sku="A", barcode="A") | {"slug": "beans"})
    answer = await world.graphql(BRIEFLY, caller=world.stranger(), slug="beans")
    assert (answer.payload, answer.errors) == (None, [])
    assert await by_code(world, "A", caller=world.stranger()) == (None, None)


async def test_a_browser_finds_nothing_hidden_by_slug_or_code(world: World) -> None:
    await create(world, coffee(sku="A", barcode="B") | {"slug": "off", "status": "INACTIVE"})
    assert (await world.graphql(BRIEFLY, slug="off")).payload is not None
    for document in (BRIEFLY, BY_SLUG):
        assert (await world.graphql(document, caller=world.browser, slug="off")).payload is None
    assert await by_code(world, "A", caller=world.browser) == (None, None)
    assert await by_code(world, "B", caller=world.browser) == (None, None)


async def test_a_browser_is_shown_the_active_variants_of_a_slug_alone(world: World) -> None:
    await create(
        world, shirt({"size": "S", "sku": "S"}, {"size": "L", "status": "INACTIVE", "sku": "L"})
    )
    answer = await world.graphql(BY_SLUG, caller=world.browser, slug="shirt")
    assert answer.payload["variants"] == [{"sku": "S"}]


async def test_cat_30_skus_and_barcodes_are_looked_for_exactly_and_apart(world: World) -> None:
    product = await create(
        world, coffee(sku="ABC", barcode="123") | {"description": "Dark", "status": "INACTIVE"}
    )
    found = {
        "id": product["defaultVariant"]["id"],
        "sku": "ABC",
        "barcode": "123",
        "product": {"id": product["id"], "description": "Dark"},
    }
    assert await by_code(world, " ABC ") == (found, None)
    assert await by_code(world, " 123 ") == (None, found)
    for miss in ("abc", "AB", "ABC%", "12", ""):
        assert await by_code(world, miss) == (None, None)


@pytest.mark.parametrize("field", ["sku: $code", "barcode: $code"])
async def test_a_variant_is_found_with_its_product_in_one_statement(
    world: World, field: str
) -> None:
    await create(world, coffee(sku="A", barcode="A"))
    name = "sellableBySku" if field.startswith("sku") else "sellableByBarcode"
    document = f"""query ($code: String!) {{ {name}({field}) {{
      ... on ProductVariant {{ sku images {{ url }} product {{ name seo {{ title }} }} }} }} }}"""
    with statements.counted() as sent:
        answer = await world.graphql(document, code="A")
    assert (answer.errors, answer.payload["sku"], len(sent)) == ([], "A", 1)
    with statements.counted() as sent:
        missed = await world.graphql(document, code="B")
    assert (missed.errors, missed.payload, len(sent)) == ([], None, 2)  # bundles behind variants


async def test_a_slug_is_read_with_its_variants_in_one_statement(world: World) -> None:
    await create(world, shirt({"size": "S", "barcode": "1"}, {"size": "L", "barcode": "2"}))
    whole = '{ productBySlug(slug: "shirt") { seo { title } variants { barcode } } }'
    for document in (whole, '{ productBySlug(slug: "shirt") { name variants { sku } } }'):
        with statements.counted() as sent:
            answer = await world.graphql(document)
        assert (len(answer.payload["variants"]), len(sent)) == (2, 1)


async def test_a_deleted_product_is_a_tombstone_for_merchants_and_found_by_id_alone(
    world: World,
) -> None:
    product = await create(world, coffee(sku="A", barcode="B") | {"slug": "beans"})
    variant = product["defaultVariant"]["id"]
    await create(world, coffee(sku="C") | {"name": "Other"})
    answer = await world.graphql(DELETE, input={"id": product["id"]})
    assert answer.codes == []
    variables = {"product": product["id"], "variant": variant}
    merchant = await world.graphql(BY_IDS, **variables)
    assert merchant.errors == []
    assert merchant.data == {
        "product": {
            "status": "DELETED",
            "availableForSale": False,
            "variants": [],
            "variantCount": 0,
            "priceRange": None,
            "categories": [],
        },
        "productVariant": {
            "sku": None,
            "status": "DELETED",
            "product": {"name": "Organic Coffee Beans", "slug": "beans"},
        },
    }
    browser = await world.graphql(BY_IDS, caller=world.browser, **variables)
    assert browser.data == {"product": None, "productVariant": None}
    assert (await world.graphql(BRIEFLY, slug="beans")).payload is None
    assert await by_code(world, "A") == (None, None)
    listed = "query ($f: ProductFilter) { products(filter: $f) { nodes { name } } }"
    assert (await world.graphql(listed)).payload["nodes"] == [{"name": "Other"}]
    asked = await world.graphql(listed, f={"status": ["DELETED"]})
    assert asked.payload["nodes"] == [{"name": "Organic Coffee Beans"}]
    hidden = await world.graphql(listed, caller=world.browser, f={"status": ["DELETED"]})
    assert hidden.payload["nodes"] == []
    again = await create(world, coffee(sku="A", barcode="B") | {"slug": "beans"})
    assert (await world.graphql(BRIEFLY, slug="beans")).payload == {"id": again["id"]}


async def test_cat_30_a_bundle_is_found_by_its_codes_as_variants_are(world: World) -> None:
    product = await create(world, coffee(sku="A", initialQuantityAvailable=3))
    wanted = {
        "name": "Box",
        "unitPrice": {"amount": 5000, "currency": "USD"},
        "sku": "BOX",
        "barcode": "123",
        "components": [{"variantId": product["defaultVariant"]["id"], "quantity": 1}],
    }
    answer = await world.graphql(BUNDLE, input=wanted)
    assert answer.codes == []
    box = answer.payload["bundle"] | {"__typename": "Bundle"}
    document = """query ($sku: String!, $barcode: String!) {
      sellableBySku(sku: $sku) { __typename ... on Bundle { id sku name } }
      sellableByBarcode(barcode: $barcode) { __typename ... on Bundle { id sku name } } }"""
    bundles = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.bundles.read"}))
    for caller in (world.actor, world.browser, bundles):
        found = await world.graphql(document, caller=caller, sku=" BOX ", barcode="123")
        assert (found.errors, found.data) == ([], {"sellableBySku": box, "sellableByBarcode": box})
    products = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.products.read"}))
    hidden = await world.graphql(document, caller=products, sku="BOX", barcode="123")
    assert hidden.data == {"sellableBySku": None, "sellableByBarcode": None}
    assert (await world.graphql(BY_SLUG, slug="box")).payload is None


async def test_cat_13_a_line_of_an_order_is_pictured_by_its_variant_before_its_product(
    world: World,
) -> None:
    front, red = "https://example.com/front.png", "https://example.com/red.png"
    product = await create(
        world, shirt({"size": "S", "images": [{"url": red}]}, {"size": "L"}) | {"imageUrl": front}
    )
    lines = [{"variantId": each["id"], "quantity": 1} for each in product["variants"]]
    answer = await world.graphql(
        """mutation ($input: CreateOrderInput!) { createOrder(input: $input) {
          order { lineItems { imageUrl } } userErrors { code } } }""",
        input={"lineItems": lines},
    )
    assert answer.codes == []
    assert answer.payload["order"]["lineItems"] == [{"imageUrl": red}, {"imageUrl": front}]


async def test_lookups_are_for_who_may_read_the_catalog(world: World) -> None:
    await create(world, coffee(sku="A", barcode="A") | {"slug": "beans"})
    for scope in ("commerce.catalog.read", "commerce.products.read", "storefront.catalog.read"):
        reader = world.caller(ActorKind.SECRET_KEY, frozenset({scope}))
        assert (await world.graphql(BRIEFLY, caller=reader, slug="beans")).payload is not None
        assert None not in await by_code(world, "A", caller=reader)
    outsider = world.caller(ActorKind.SECRET_KEY, frozenset({"customers.read"}))
    answer = await world.graphql(BRIEFLY, caller=outsider, slug="beans")
    assert (answer.data, answer.top_codes) == ({"productBySlug": None}, ["FORBIDDEN"])
    answer = await world.graphql(BY_CODE, caller=outsider, code="A")
    assert answer.top_codes == ["FORBIDDEN"] * 2


async def test_cat_30_who_may_read_bundles_alone_finds_no_variant_by_a_code(world: World) -> None:
    await create(world, coffee(sku="A", barcode="A"))
    reader = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.bundles.read"}))
    assert await by_code(world, "A", caller=reader) == (None, None)
