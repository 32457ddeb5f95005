"""Creating products through the graph, with all that storefronts show of them."""

from typing import Any

import pytest

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from tests.graph.catalog.products import CREATE, coffee, create, paths, shirt
from tests.world import World

PICTURE = "url altText width height"
SHOWN = """
fragment Picture on Image { url altText width height }
fragment Shown on Product {
  name slug seo { title description } imageUrl images { ...Picture }
  priceRange { lowest { amount currency } highest { amount } }
  variantCount activeVariantCount optionCount publicMetadata categories { name slug }
  modifierSet { id name }
  variants {
    sku barcode compareAtPrice { amount currency } imageUrl imagesInherited images { ...Picture }
    publicMetadata modifierSet { id name }
  }
}
"""
CREATED = (
    SHOWN
    + """
mutation Create($input: CreateProductInput!) {
  createProduct(input: $input) { product { id ...Shown } userErrors { code message field } }
}
"""
)
READ = SHOWN + "query Read($id: ID!) { product(id: $id) { id ...Shown } }"
LISTED = SHOWN + "query List($first: Int) { products(first: $first) { nodes { id ...Shown } } }"
MODIFIER_SET = """
mutation ($input: CreateModifierSetInput!) {
  createModifierSet(input: $input) { modifierSet { id } userErrors { code field } }
}
"""
RETIRE = """
mutation ($input: RetireModifierSetInput!) {
  retireModifierSet(input: $input) { modifierSet { id } userErrors { code field } }
}
"""
FRONT = {"url": "https://example.com/front.png", "altText": "Front", "width": 800, "height": 600}
RED = {"url": "https://example.com/red.png"}
NO_PICTURE = {"altText": None, "width": None, "height": None}


async def modifier_set(world: World, name: str = "Print") -> str:
    """Make an empty modifier set and return its id."""
    answer = await world.graphql(MODIFIER_SET, input={"name": name, "groups": []})
    assert answer.codes == []
    return answer.payload["modifierSet"]["id"]


async def everything(world: World) -> dict[str, Any]:
    """The input of a shirt with all that can be said of a product."""
    return shirt(
        {
            "size": "L",
            "sku": "RED-L",
            "barcode": "4006381333931",
            "compareAtPrice": {"amount": 3000, "currency": "USD"},
            "images": [RED],
            "publicMetadata": {"care": "cold"},
            "modifierSetId": await modifier_set(world, "Own"),
        },
        {"size": "S", "unitPrice": {"amount": 1900, "currency": "USD"}},
    ) | {
        "slug": "Summer Shirt",
        "seo": {"title": "The shirt", "description": "For the summer."},
        "images": [FRONT],
        "categories": ["Sale", " Shirts ", "sale"],
        "publicMetadata": {"fit": "slim"},
        "modifierSetId": await modifier_set(world, "Of product"),
    }


async def test_what_a_storefront_shows_is_created_and_read_the_same_everywhere(
    world: World,
) -> None:
    input = await everything(world)
    answer = await world.graphql(CREATED, input=input)
    assert (answer.errors, answer.codes) == ([], [])
    product = answer.payload["product"]
    assert product == {
        "id": product["id"],
        "name": "Shirt",
        "slug": "summer-shirt",
        "seo": {"title": "The shirt", "description": "For the summer."},
        "imageUrl": FRONT["url"],
        "images": [FRONT],
        "priceRange": {"lowest": {"amount": 1900, "currency": "USD"}, "highest": {"amount": 2500}},
        "variantCount": 2,
        "activeVariantCount": 2,
        "optionCount": 1,
        "publicMetadata": {"fit": "slim"},
        "categories": [{"name": "Sale", "slug": "sale"}, {"name": "Shirts", "slug": "shirts"}],
        "modifierSet": {"id": input["modifierSetId"], "name": "Of product"},
        "variants": [
            {
                "sku": "RED-L",
                "barcode": "4006381333931",
                "compareAtPrice": {"amount": 3000, "currency": "USD"},
                "imageUrl": RED["url"],
                "imagesInherited": False,
                "images": [RED | NO_PICTURE],
                "publicMetadata": {"care": "cold"},
                "modifierSet": {"id": input["variants"][0]["modifierSetId"], "name": "Own"},
            },
            {
                "sku": None,
                "barcode": None,
                "compareAtPrice": None,
                "imageUrl": FRONT["url"],
                "imagesInherited": True,
                "images": [FRONT],
                "publicMetadata": {},
                "modifierSet": {"id": input["modifierSetId"], "name": "Of product"},
            },
        ],
    }
    for caller in (world.actor, world.browser):
        read = await world.graphql(READ, caller=caller, id=product["id"])
        assert (read.errors, read.payload) == ([], product)
        listed = await world.graphql(LISTED, caller=caller)
        assert (listed.errors, listed.payload["nodes"]) == ([], [product])


async def test_each_field_alone_is_read_along_wherever_a_product_is_found(world: World) -> None:
    shown = (await world.graphql(CREATED, input=await everything(world))).payload["product"]
    roots = (
        f'product(id: "{shown["id"]}") {{ %s }}',
        'productBySlug(slug: "summer-shirt") { %s }',
        "products { nodes { %s } }",
        "products(sort: {field: PRICE}) { edges { node { %s } } }",
    )
    for field in (
        *("slug", "seo { title description }", "imageUrl", "publicMetadata", "optionCount"),
        *("variantCount", "activeVariantCount", "categories { name slug }"),
        *(
            "priceRange { lowest { amount currency } highest { amount } }",
            "modifierSet { id name }",
        ),
        f"images {{ {PICTURE} }}",
        *(f"variants {{ {each} }}" for each in ("sku", "barcode", "imageUrl", "imagesInherited")),
        *("variants { publicMetadata }", "variants { modifierSet { id name } }"),
        *(
            "variants { compareAtPrice { amount currency } }",
            f"variants {{ images {{ {PICTURE} }} }}",
        ),
    ):
        name, inner = field.split()[0], field.split()[2:3]
        expected = shown[name]
        if name == "variants":
            expected = [{inner[0]: variant[inner[0]]} for variant in expected]
        for root in roots:
            answer = await world.graphql(f"{{ {root % field} }}")
            found = answer.payload
            for step in ("nodes", "edges"):
                found = found[step][0] if step in found else found
            assert answer.errors == []
            assert found.get("node", found) == {name: expected}, field


async def test_a_plain_product_has_a_slug_and_nothing_else_to_show(world: World) -> None:
    answer = await world.graphql(CREATED, input=coffee() | {"name": "Crème Brûlée"})
    product = answer.payload["product"]
    assert (product["slug"], product["seo"]) == (
        "creme-brulee",
        {"title": None, "description": None},
    )
    assert (product["imageUrl"], product["images"], product["categories"]) == (None, [], [])
    assert (product["optionCount"], product["publicMetadata"], product["modifierSet"]) == (
        0,
        {},
        None,
    )
    (variant,) = product["variants"]
    assert (variant["imageUrl"], variant["imagesInherited"]) == (None, True)


async def test_cat_13_image_url_is_short_for_one_image_and_refused_beside_images(
    world: World,
) -> None:
    answer = await world.graphql(CREATED, input=coffee() | {"imageUrl": FRONT["url"]})
    product = answer.payload["product"]
    assert product["images"] == [NO_PICTURE | {"url": FRONT["url"]}]
    both = await world.graphql(
        CREATED, input=coffee() | {"imageUrl": FRONT["url"], "images": [FRONT]}
    )
    assert (both.codes, paths(both)) == (["CONFLICTING_FIELDS"], [["imageUrl"]])
    assert (await world.graphql("{ products { totalCount } }")).payload == {"totalCount": 1}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"slug": "?"}, "INVALID_FORMAT", ["slug"]),
        ({"slug": "x" * 101}, "STRING_TOO_LONG", ["slug"]),
        ({"seo": {"title": "x" * 256}}, "STRING_TOO_LONG", ["seo", "title"]),
        ({"images": [{"url": "ftp://x"}]}, "INVALID_FORMAT", ["images", "0", "url"]),
        ({"images": [FRONT] * 21}, "TOO_MANY_ITEMS", ["images"]),
        ({"images": [FRONT | {"width": 0}]}, "INVALID_FIELD", ["images", "0", "width"]),
        ({"categories": ["A", ""]}, "FIELD_REQUIRED", ["categories", "1"]),
        ({"categories": [str(each) for each in range(51)]}, "TOO_MANY_ITEMS", ["categories"]),
        ({"publicMetadata": {"a b": "c"}}, "METADATA_LIMIT_EXCEEDED", ["publicMetadata", "a b"]),
        ({"modifierSetId": "nonsense"}, "INVALID_ID", ["modifierSetId"]),
        (
            {"modifierSetId": encode(Prefix.MODIFIER_SET, new_id())},
            "RESOURCE_NOT_FOUND",
            ["modifierSetId"],
        ),
        (
            coffee(modifierSetId=encode(Prefix.PRODUCT, new_id())),
            "INVALID_ID",
            ["defaultVariant", "modifierSetId"],
        ),
        (
            coffee(compareAtPrice={"amount": 1, "currency": "EUR"}),
            "CURRENCY_MISMATCH",
            ["defaultVariant", "compareAtPrice", "currency"],
        ),
        (
            coffee(compareAtPrice={"amount": -1, "currency": "USD"}),
            "AMOUNT_OUT_OF_RANGE",
            ["defaultVariant", "compareAtPrice", "amount"],
        ),
    ],
)
async def test_what_cannot_be_shown_is_a_user_error_at_its_place(
    world: World, changes: dict[str, Any], code: str, field: list[str]
) -> None:
    answer = await world.graphql(CREATE, input=coffee() | changes)
    assert (answer.codes, paths(answer)) == ([code], [field])
    assert answer.payload["product"] is None
    assert (await world.graphql("{ products { totalCount } }")).payload == {"totalCount": 0}


async def test_err_1_unreadable_ids_are_told_with_all_else_that_is_wrong(world: World) -> None:
    answer = await world.graphql(
        CREATE,
        input=coffee(sku="x" * 101) | {"name": " ", "modifierSetId": "x", "categories": [""]},
    )
    assert paths(answer) == [
        ["modifierSetId"],
        ["categories", "0"],
        ["name"],
        ["defaultVariant", "sku"],
    ]


async def test_a_retired_modifier_set_and_a_foreign_one_are_not_attached(world: World) -> None:
    retired = await modifier_set(world)
    assert (await world.graphql(RETIRE, input={"id": retired})).codes == []
    mine = await modifier_set(world)
    refused = await world.graphql(
        CREATE, input=coffee(modifierSetId=retired) | {"modifierSetId": mine}
    )
    assert refused.codes == ["RESOURCE_DELETED"]
    assert paths(refused) == [["defaultVariant", "modifierSetId"]]
    foreign = await world.graphql(
        CREATE, caller=world.stranger(), input=coffee() | {"modifierSetId": mine}
    )
    assert foreign.codes == ["RESOURCE_NOT_FOUND"]


async def test_cat_31_a_barcode_and_a_slug_in_use_are_told_together(world: World) -> None:
    await create(world, coffee(barcode="4006381333931") | {"slug": "beans"})
    answer = await world.graphql(CREATE, input=coffee(barcode="4006381333931") | {"slug": "Beans"})
    assert answer.codes == ["BARCODE_ALREADY_EXISTS", "SLUG_ALREADY_EXISTS"]
    assert paths(answer) == [["defaultVariant", "barcode"], ["slug"]]
    assert (await world.graphql("{ products { totalCount } }")).payload == {"totalCount": 1}


async def test_a_replayed_creation_shows_the_product_as_it_is(world: World) -> None:
    input = await everything(world)
    first = await world.graphql(CREATED, header="key-1", input=input)
    again = await world.graphql(CREATED, header="key-1", input=input)
    assert again.extensions == {"idempotency": {"replayed": True}}
    assert again.payload == first.payload


async def test_a_browser_is_shown_active_variants_alone_and_counts_no_others(world: World) -> None:
    product = await create(
        world,
        shirt(
            {"size": "S"},
            {
                "size": "L",
                "status": "INACTIVE",
                "unitPrice": {"amount": 100, "currency": "USD"},
            },
        ),
    )
    document = """query ($id: ID!) { product(id: $id) { variantCount activeVariantCount
      priceRange { lowest { amount } } variants { __typename } } }"""
    merchant = await world.graphql(document, id=product["id"])
    browser = await world.graphql(document, caller=world.browser, id=product["id"])
    assert (merchant.payload["variantCount"], merchant.payload["activeVariantCount"]) == (2, 1)
    assert (browser.payload["variantCount"], browser.payload["activeVariantCount"]) == (1, 1)
    assert merchant.payload["priceRange"] == {"lowest": {"amount": 2500}}
    assert browser.payload["priceRange"] == merchant.payload["priceRange"]


async def test_cat_14_price_range_is_null_without_an_active_variant(world: World) -> None:
    product = await create(world, coffee(status="INACTIVE"))
    answer = await world.graphql(
        "query ($id: ID!) { product(id: $id) { priceRange { lowest { amount } } } }",
        id=product["id"],
    )
    assert answer.payload == {"priceRange": None}


async def test_creating_needs_the_scope_to_write_whoever_asks(world: World) -> None:
    callers = [
        world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - {"commerce.products.write"}),
        world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.bundles.write"})),
        world.browser,
    ]
    for caller in callers:
        answer = await world.graphql(CREATE, caller=caller, input=coffee(sku="A"))
        assert (answer.data, answer.top_codes) == ({"createProduct": None}, ["FORBIDDEN"])
    assert (await world.graphql("{ products { totalCount } }")).payload == {"totalCount": 0}


async def test_a_page_with_all_that_is_shown_costs_the_same_at_any_size(world: World) -> None:
    for number in range(5):
        input = await everything(world)
        input |= {"slug": f"shirt-{number}", "categories": ["Shirts", f"Own {number}"]}
        input["variants"][0] |= {"sku": f"SKU-{number}", "barcode": f"{number}"}
        assert (await world.graphql(CREATED, input=input)).codes == []
    for first in (1, 5):
        with statements.counted() as sent:
            answer = await world.graphql(LISTED, first=first)
        assert (answer.errors, len(answer.payload["nodes"])) == ([], first)
        # products, variants, categories, modifier sets of products and of variants
        assert len(sent) == 5
    pictured = """{ products { nodes { slug images { url } priceRange { lowest { amount } }
      categories { name } } } }"""
    with statements.counted() as sent:
        await world.graphql(pictured)
    assert len(sent) == 2
