"""Searching, as storefronts and merchants do."""

from typing import Any
from uuid import UUID

import pytest

from ordergraph.core.ids import Prefix, encode
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.commerce.search.shelves import make_bundle, shelve
from tests.world import Answer, World

SEARCH = """query($query: String!, $first: Int, $after: String, $filter: SearchFilterInput) {
  search(query: $query, first: $first, after: $after, filter: $filter) { %s } }"""
NODES = """totalCount totalCountIsExact pageInfo { hasNextPage endCursor } edges { cursor }
  nodes { __typename ... on Product { id name variants { sku } } ... on Bundle { id sku } }"""
FACETS = """facets { categories { count category { name } } productTypes { productType count }
  prices { lowest { amount currency } highest { amount } count } inStock }"""


async def search(world: World, query: str, shown: str = NODES, **more: Any) -> Answer:
    return await world.graphql(SEARCH % shown, query=query, **more)


async def names(world: World, query: str, **filter: Any) -> list[str]:
    """Return the ids that are found, best first."""
    answer = await search(world, query, filter=filter)
    assert answer.errors == []
    return [node["id"] for node in answer.payload["nodes"]]


def product(id: UUID) -> str:
    return encode(Prefix.PRODUCT, id)


async def test_products_and_bundles_are_found_best_first(world: World) -> None:
    tea = await shelve(world, "Green tea", sku="TEA-A")
    cup = await shelve(world, "Cup", about="For tea.")
    box = await make_bundle(world, tea, cup)
    answer = await search(world, "tea")
    first, last = answer.payload["nodes"][:2], answer.payload["nodes"][2]
    assert {node["__typename"] for node in first} == {"Product", "Bundle"}
    assert {node["id"] for node in first} == {product(tea.id), encode(Prefix.BUNDLE, box)}
    assert last == {
        "__typename": "Product",
        "id": product(cup.id),
        "name": "Cup",
        "variants": [{"sku": None}],
    }
    assert (answer.payload["totalCount"], answer.payload["totalCountIsExact"]) == (3, True)
    assert answer.payload["pageInfo"]["hasNextPage"] is False


async def test_pag_2_pages_follow_each_other_and_a_cursor_is_for_its_search(world: World) -> None:
    ids = {product((await shelve(world, f"Tea {number}")).id) for number in range(7)}
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = (await search(world, "tea", first=3, after=after)).payload
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        assert page["edges"][-1]["cursor"] == after
    assert (len(seen), set(seen)) == (7, ids)
    assert page["pageInfo"]["hasNextPage"] is False
    for other in ({"query": "te"}, {"filter": {"onlyInStock": True}}):
        answer = await search(world, **{"query": "tea", "after": after, **other})
        assert (answer.payload, answer.top_codes) == (None, ["INVALID_CURSOR"])


@pytest.mark.parametrize(
    ("sent", "code", "path"),
    [
        ({"query": ""}, "FIELD_REQUIRED", ["query"]),
        ({"query": " \n\t "}, "FIELD_REQUIRED", ["query"]),
        ({"query": "\0"}, "FIELD_REQUIRED", ["query"]),
        ({"query": "x" * 201}, "STRING_TOO_LONG", ["query"]),
        ({"query": "x", "first": 0}, "INVALID_PAGE_SIZE", ["first"]),
        ({"query": "x", "first": 101}, "INVALID_PAGE_SIZE", ["first"]),
        ({"query": "x", "after": "x"}, "INVALID_CURSOR", ["after"]),
        (
            {"query": "x", "filter": {"price": {"min": {"amount": -1, "currency": "USD"}}}},
            "AMOUNT_OUT_OF_RANGE",
            ["filter", "price", "min", "amount"],
        ),
        (
            {"query": "x", "filter": {"price": {"max": {"amount": 1, "currency": "usd"}}}},
            "UNKNOWN_CURRENCY",
            ["filter", "price", "max", "currency"],
        ),
        (
            {
                "query": "x",
                "filter": {
                    "price": {
                        "min": {"amount": 1, "currency": "USD"},
                        "max": {"amount": 2, "currency": "EUR"},
                    }
                },
            },
            "CURRENCY_MISMATCH",
            ["filter", "price", "max"],
        ),
    ],
)
async def test_src_6_what_is_wrong_is_told_with_its_path(
    world: World, sent: dict[str, Any], code: str, path: list[str]
) -> None:
    answer = await world.graphql(SEARCH % "totalCount", **sent)
    assert (answer.payload, answer.top_codes) == (None, [code])
    assert [list(getattr(each.original_error, "field", ())) for each in answer.errors] == [path]


async def test_src_6_a_query_of_200_characters_is_answered_after_trimming(world: World) -> None:
    tea = await shelve(world, "x" * 200)
    assert await names(world, f"  {'x' * 200}  ") == [product(tea.id)]


async def test_filters_name_categories_by_id_slug_or_label(world: World) -> None:
    tea = await shelve(world, "Tea", categories=["Hot drinks"])
    await shelve(world, "Tea", categories=["Cold drinks"])
    asked = await search(world, "tea", "facets { categories { category { id name } } }")
    (id,) = [
        each["category"]["id"]
        for each in asked.payload["facets"]["categories"]
        if each["category"]["name"] == "Hot drinks"
    ]
    for category in (id, "hot-drinks", " HOT Drinks "):
        assert await names(world, "tea", category=[category]) == [product(tea.id)]
    assert len(await names(world, "tea", category=[id, "cold-drinks"])) == 2
    assert await names(world, "tea", category=[encode(Prefix.CATEGORY, tea.id)]) == []
    assert len(await names(world, "tea", category=[])) == 2


async def test_filters_by_kind_type_price_and_stock(world: World) -> None:
    tea = await shelve(world, "Tea", initial_quantity=0)
    box = encode(Prefix.BUNDLE, await make_bundle(world, tea))
    free = await shelve(world, "Tea")
    assert await names(world, "tea", kind=["BUNDLE"]) == [box]
    assert set(await names(world, "tea", kind=["PRODUCT"])) == {product(tea.id), product(free.id)}
    assert set(await names(world, "tea", productType=["PHYSICAL"])) == {
        product(tea.id),
        product(free.id),
    }
    assert await names(world, "tea", productType=["SERVICE"]) == []
    assert await names(world, "tea", onlyInStock=True) == [product(free.id)]
    usd = {"amount": 1999, "currency": "USD"}
    assert len(await names(world, "tea", price={"min": usd, "max": usd})) == 3
    assert await names(world, "tea", price={"max": {**usd, "amount": 1998}}) == []
    assert await names(world, "tea", price={"min": {**usd, "currency": "EUR"}}) == []


async def test_facets_are_counted_on_request(world: World) -> None:
    tea = await shelve(world, "Tea", categories=["Hot"], initial_quantity=1)
    await shelve(world, "Tea", categories=["Hot", "Green"], initial_quantity=0)
    await make_bundle(world, tea)
    answer = await search(world, "tea", FACETS)
    counted = answer.payload["facets"]
    assert counted == {
        "categories": [
            {"count": 2, "category": {"name": "Hot"}},
            {"count": 1, "category": {"name": "Green"}},
        ],
        "productTypes": [{"productType": "PHYSICAL", "count": 2}],
        "prices": [
            {
                "lowest": {"amount": 1000, "currency": "USD"},
                "highest": {"amount": 1999},
                "count": 3,
            }
        ],
        "inStock": 2,
    }


async def test_every_kind_of_caller_finds_what_it_may_see(world: World) -> None:
    tea = await shelve(world, "Tea", categories=["Hot"])
    shown = "totalCount nodes { ... on Product { id } } facets { inStock }"
    alone = {
        scope: world.caller(ActorKind.SECRET_KEY, frozenset({scope}))
        for scope in ("commerce.catalog.read", "commerce.products.read", "commerce.bundles.read")
    }
    buyer = world.caller(
        ActorKind.PUBLISHABLE_KEY, frozenset({"storefront.catalog.read"}), order_id=tea.id
    )
    for caller in (world.actor, world.browser, buyer, *alone.values()):
        answer = await search(world, "tea", shown, caller=caller)
        assert answer.errors == []
        if caller is not alone["commerce.bundles.read"]:
            assert answer.payload["totalCount"] == 1
            assert answer.payload["nodes"] == [{"id": product(tea.id)}]
    stranger = await search(world, "tea", shown, caller=world.stranger())
    assert stranger.payload == {"totalCount": 0, "nodes": [], "facets": {"inStock": 0}}
    others = MERCHANT_SCOPES - set(alone)
    for scopes in (frozenset[str](), others):
        caller = world.caller(ActorKind.SECRET_KEY, scopes)
        answer = await search(world, "tea", shown, caller=caller)
        assert (answer.payload, answer.top_codes) == (None, ["FORBIDDEN"])


async def test_who_may_read_only_one_kind_finds_only_that(world: World) -> None:
    tea = await shelve(world, "Tea", categories=["Hot"])
    box = await make_bundle(world, tea)
    for scope, kind, other, id in (
        ("commerce.products.read", "PRODUCT", "BUNDLE", product(tea.id)),
        ("commerce.bundles.read", "BUNDLE", "PRODUCT", encode(Prefix.BUNDLE, box)),
    ):
        caller = world.caller(ActorKind.SECRET_KEY, frozenset({scope}))
        shown = "totalCount nodes { ... on Product { id } ... on Bundle { id } }"
        for filter in ({}, {"kind": [kind]}):
            answer = await search(world, "tea", shown, caller=caller, filter=filter)
            assert answer.payload == {"totalCount": 1, "nodes": [{"id": id}]}
        refused = await search(world, "tea", shown, caller=caller, filter={"kind": [other]})
        assert (refused.payload, refused.top_codes) == (None, ["FORBIDDEN"])


async def test_a_page_takes_as_many_statements_for_twenty_as_for_one(world: World) -> None:
    first = await shelve(world, "Tea", categories=["Hot"])
    await make_bundle(world, first)
    shown = f"{NODES} {FACETS}"
    plain = "nodes { ... on Product { id name } ... on Bundle { id } }"

    async def sent(what: str) -> int:
        with counted() as statements:
            answer = await search(world, "tea", what, first=20)
        assert answer.errors == []
        return len(statements)

    few = [await sent(what) for what in (plain, shown)]
    for number in range(10):
        tea = await shelve(world, "Tea", sku=f"T-{number}", categories=[f"Hot {number}"])
        await make_bundle(world, tea, sku=f"B-{number}")
    assert [await sent(what) for what in (plain, shown)] == few
    # The hits, products and bundles; with them variants, the count, the facets, their categories.
    assert few == [3, 7]
    assert await sent("totalCount") == 2 + 2  # the page is read in any case
