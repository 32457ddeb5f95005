"""Products through the graph, with the documents that storefronts send."""

from typing import Any

import pytest

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from tests.graph.catalog.products import CREATE, coffee, create, shirt
from tests.world import World

SHELF = """
query Shelf($first: Int, $after: String) {
  products(first: $first, after: $after, filter: {status: ACTIVE}) {
    edges { cursor node { id name
      variants { id sku unitPrice { amount currency } quantityAvailable availableForSale } } }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
BY_SKU = """
query BySku($sku: String!) {
  sellableBySku(sku: $sku) {
    __typename
    ... on ProductVariant { id sku product { id name } }
    ... on Bundle { id sku name }
  }
}
"""
EVERYWHERE = """
query ($product: ID!, $variant: ID!, $sku: String!) {
  product(id: $product) { id variants { id } defaultVariant { id } availableForSale }
  productVariant(id: $variant) { id product { id } }
  sellableBySku(sku: $sku) { ... on ProductVariant { id } }
  nodes(ids: [$product, $variant]) { __typename id }
  products { nodes { id } }
}
"""


async def test_a_simple_product_is_created_as_the_manual_has_it(world: World) -> None:
    answer = await world.graphql(
        CREATE,
        input=coffee(
            sku="COFFEE-ORG-12OZ", initialQuantityAvailable=500, enforceInventoryLimit=True
        ),
    )
    assert answer.errors == []
    product = answer.payload["product"]
    variant = product["defaultVariant"]
    assert (product["id"][:5], variant["id"][:4]) == ("prod_", "var_")
    assert answer.payload == {
        "product": {
            "id": product["id"],
            "name": "Organic Coffee Beans",
            "status": "ACTIVE",
            "productType": "PHYSICAL",
            "metadata": {},
            "externalReferenceId": None,
            "variants": [
                {
                    "id": variant["id"],
                    "sku": "COFFEE-ORG-12OZ",
                    "displayName": "Organic Coffee Beans",
                }
            ],
            "defaultVariant": {
                "id": variant["id"],
                "sku": "COFFEE-ORG-12OZ",
                "quantityAvailable": 500,
                "availableForSale": True,
                "unitPrice": {"amount": 1999, "currency": "USD"},
            },
        },
        "userErrors": [],
    }


async def test_the_shelf_and_a_sku_are_answered_to_merchants_and_browsers_alike(
    world: World,
) -> None:
    product = await create(world, coffee(sku="COFFEE", initialQuantityAvailable=2))
    variant = product["defaultVariant"]
    for caller in (world.actor, world.browser):
        answer = await world.graphql(SHELF, caller=caller, first=10)
        assert answer.errors == []
        (edge,) = answer.payload["edges"]
        assert edge["node"] == {
            "id": product["id"],
            "name": "Organic Coffee Beans",
            "variants": [variant],
        }
        assert answer.payload["totalCount"] == 1
        assert answer.payload["pageInfo"] == {"hasNextPage": False, "endCursor": edge["cursor"]}
        found = await world.graphql(BY_SKU, caller=caller, sku="COFFEE")
        assert found.payload == {
            "__typename": "ProductVariant",
            "id": variant["id"],
            "sku": "COFFEE",
            "product": {"id": product["id"], "name": "Organic Coffee Beans"},
        }
        missed = await world.graphql(BY_SKU, caller=caller, sku="TEA")
        assert (missed.payload, missed.errors) == (None, [])


async def test_an_optioned_product_shows_options_and_selections(world: World) -> None:
    product = await create(world, shirt({"size": "L", "sku": "L"}, {"size": "S"}))
    assert product["defaultVariant"] is None
    answer = await world.graphql(
        """query ($id: ID!) { product(id: $id) { options { id name values }
             variants { position displayName name selectedOptions { name value } } } }""",
        id=product["id"],
    )
    (option,) = answer.payload["options"]
    assert (option["name"], option["values"]) == ("Size", ["S", "L"])
    assert option["id"].startswith("opt_")
    assert answer.payload["variants"] == [
        {
            "position": position,
            "displayName": size,
            "name": None,
            "selectedOptions": [{"name": "Size", "value": size}],
        }
        for position, size in enumerate(["L", "S"])
    ]


async def test_cat_31_a_sku_in_use_is_a_user_error_at_its_input(world: World) -> None:
    await create(world, coffee(sku="TAKEN"))
    answer = await world.graphql(
        CREATE, input=shirt({"size": "S", "sku": "NEW"}, {"size": "L", "sku": "TAKEN"})
    )
    assert answer.payload["product"] is None
    assert answer.codes == ["SKU_ALREADY_EXISTS"]
    assert answer.payload["userErrors"][0]["field"] == ["input", "variants", "1", "sku"]
    assert (await world.graphql(BY_SKU, sku="NEW")).payload is None


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"defaultVariant": None}, "INVALID_PRODUCT_SHAPE", ["defaultVariant"]),
        ({"status": "DELETED"}, "INVALID_ENUM", ["status"]),
        (
            coffee(initialQuantityAvailable=1.5),
            "INVALID_FIELD",
            ["defaultVariant", "initialQuantityAvailable"],
        ),
        (
            {"defaultVariant": {"unitPrice": {"amount": 10**12 + 1, "currency": "USD"}}},
            "AMOUNT_OUT_OF_RANGE",
            ["defaultVariant", "unitPrice", "amount"],
        ),
        (
            {"metadata": {f"key{number}": "x" for number in range(51)}},
            "METADATA_LIMIT_EXCEEDED",
            ["metadata"],
        ),
    ],
)
async def test_bad_input_is_a_user_error_at_its_place(
    world: World, changes: dict[str, Any], code: str, field: list[str]
) -> None:
    answer = await world.graphql(CREATE, input=coffee() | changes)
    assert answer.codes == [code]
    assert answer.payload["userErrors"][0]["field"] == ["input", *field]
    assert (await world.graphql("{ products { totalCount } }")).payload == {"totalCount": 0}


async def test_idm_5_a_repeated_key_answers_the_same_product(world: World) -> None:
    first = await world.graphql(CREATE, header="key-1", input=coffee(sku="A"))
    again = await world.graphql(CREATE, header="key-1", input=coffee(sku="A"))
    assert again.payload == first.payload
    assert again.extensions == {"idempotency": {"replayed": True}}


async def test_a_browser_sees_only_what_is_active_everywhere(world: World) -> None:
    hidden = await create(world, coffee(sku="HIDDEN") | {"status": "INACTIVE"})
    product, variant = hidden["id"], hidden["defaultVariant"]["id"]
    variables = {"product": product, "variant": variant, "sku": "HIDDEN"}
    merchant = await world.graphql(EVERYWHERE, **variables)
    assert merchant.errors == []
    assert merchant.data == {
        "product": {
            "id": product,
            "variants": [{"id": variant}],
            "defaultVariant": {"id": variant},
            "availableForSale": False,
        },
        "productVariant": {"id": variant, "product": {"id": product}},
        "sellableBySku": {"id": variant},
        "nodes": [
            {"__typename": "Product", "id": product},
            {"__typename": "ProductVariant", "id": variant},
        ],
        "products": {"nodes": [{"id": product}]},
    }
    browser = await world.graphql(EVERYWHERE, caller=world.browser, **variables)
    assert browser.errors == []
    assert browser.data == {
        "product": None,
        "productVariant": None,
        "sellableBySku": None,
        "nodes": [None, None],
        "products": {"nodes": []},
    }


async def test_a_browser_sees_the_active_variants_of_an_active_product(world: World) -> None:
    product = await create(
        world, shirt({"size": "S", "sku": "S"}, {"size": "L", "status": "INACTIVE"})
    )
    answer = await world.graphql(
        "query ($id: ID!) { product(id: $id) { variants { sku } } }",
        caller=world.browser,
        id=product["id"],
    )
    assert answer.data == {"product": {"variants": [{"sku": "S"}]}}


async def test_private_fields_are_null_and_forbidden_without_the_scope(world: World) -> None:
    product = await create(world, coffee(sku="A", metadata={"cost": "7"}, externalReferenceId="x"))
    document = """query ($id: ID!) { product(id: $id) {
      name metadata externalReferenceId
      defaultVariant { sku metadata externalReferenceId inventoryAdjustments { totalCount } } } }"""
    for caller in (world.browser, world.caller(ActorKind.SECRET_KEY, {"commerce.catalog.read"})):
        answer = await world.graphql(document, caller=caller, id=product["id"])
        assert answer.data == {
            "product": {
                "name": "Organic Coffee Beans",
                "metadata": None,
                "externalReferenceId": None,
                "defaultVariant": {
                    "sku": "A",
                    "metadata": None,
                    "externalReferenceId": None,
                    "inventoryAdjustments": None,
                },
            }
        }
        assert answer.top_codes == ["FORBIDDEN"] * 5
    answer = await world.graphql(document, id=product["id"])
    assert answer.errors == []
    variant = answer.payload["defaultVariant"]
    assert (variant["metadata"], variant["externalReferenceId"]) == ({"cost": "7"}, "x")


async def test_only_who_may_write_products_creates_them(world: World) -> None:
    reader = world.caller(ActorKind.SECRET_KEY, {"commerce.products.read"})
    for caller in (world.browser, reader):
        answer = await world.graphql(CREATE, caller=caller, input=coffee())
        assert answer.data == {"createProduct": None}
        assert answer.top_codes == ["FORBIDDEN"]
    outsider = world.caller(ActorKind.SECRET_KEY, {"customers.read"})
    answer = await world.graphql(SHELF, caller=outsider)
    assert (answer.data, answer.top_codes) == ({"products": None}, ["FORBIDDEN"])
    assert (await world.graphql("{ products { totalCount } }")).payload == {"totalCount": 0}


async def test_id_2_unknown_and_foreign_ids_are_null_and_wrong_ones_an_error(world: World) -> None:
    product = await create(world, coffee())
    by_id = "query ($id: ID!) { product(id: $id) { id } }"
    unknown = await world.graphql(by_id, id=encode(Prefix.PRODUCT, new_id()))
    assert (unknown.data, unknown.errors) == ({"product": None}, [])
    stranger = world.caller(ActorKind.SECRET_KEY, world.actor.scopes, environment_id=new_id())
    foreign = await world.graphql(by_id, caller=stranger, id=product["id"])
    assert (foreign.data, foreign.errors) == ({"product": None}, [])
    for wrong in ("prod_1", product["defaultVariant"]["id"]):
        answer = await world.graphql(by_id, id=wrong)
        assert (answer.data, answer.top_codes) == ({"product": None}, ["INVALID_ID"])


async def test_a_page_of_products_with_variants_costs_the_same_at_any_size(world: World) -> None:
    for number in range(7):
        await create(
            world,
            shirt({"size": "S", "sku": f"S{number}"}, {"size": "L", "initialQuantityAvailable": 1}),
        )
    document = """query ($first: Int) { products(first: $first) { nodes {
      id name options { name } availableForSale defaultVariant { id }
      variants { id displayName sku unitPrice { amount } quantityAvailable } } } }"""
    for first in (1, 7):
        with statements.counted() as sent:
            answer = await world.graphql(document, first=first)
        assert [len(node["variants"]) for node in answer.payload["nodes"]] == [2] * first
        assert len(sent) == 2
    with statements.counted() as sent:
        await world.graphql(SHELF, first=7)
    assert len(sent) == 3  # the count is asked for
    with statements.counted() as sent:
        await world.graphql("{ products { nodes { name options { name } } } }")
    assert len(sent) == 1
    with statements.counted() as sent:
        await world.graphql("{ products { nodes { variants { product { name } } } } }")
    assert len(sent) == 3


async def test_a_created_product_is_answered_without_reading_it_again(world: World) -> None:
    await create(world, coffee())
    with statements.counted() as sent:
        await create(world, coffee(sku="A", initialQuantityAvailable=1) | {"name": "Tea"})
    assert len(sent) == 10
