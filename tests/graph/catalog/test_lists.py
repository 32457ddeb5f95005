"""Lists of products through the graph (domain 27)."""

from typing import Any

import pytest

from ordergraph.runtime.db import statements
from tests.graph.catalog.products import coffee, create, shirt
from tests.world import World

LIST = """
query ($first: Int, $after: String, $filter: ProductFilter, $sort: ProductSort) {
  products(first: $first, after: $after, filter: $filter, sort: $sort) {
    nodes { name } pageInfo { hasNextPage endCursor } totalCount totalCountIsExact
  }
}
"""


async def names(world: World, **variables: Any) -> list[str]:
    answer = await world.graphql(LIST, **variables)
    assert answer.errors == []
    return [node["name"] for node in answer.payload["nodes"]]


async def test_pag_3_pages_follow_each_other_by_cursor(world: World) -> None:
    long = "ß" * 250
    for name in ("b", "C", "A", long):
        await create(world, coffee() | {"name": name})
    by_name = {"field": "NAME", "direction": "ASC"}
    found: list[str] = []
    after = None
    for _ in range(4):
        page = (await world.graphql(LIST, first=1, after=after, sort=by_name)).payload
        found += [node["name"] for node in page["nodes"]]
        assert (page["totalCount"], page["totalCountIsExact"]) == (4, True)
        assert page["pageInfo"]["hasNextPage"] is (len(found) < 4)
        after = page["pageInfo"]["endCursor"]
    assert found == ["A", "b", "C", long]


async def test_a_list_is_newest_first_unless_told_otherwise(world: World) -> None:
    for name in ("A", "B"):
        await create(world, coffee() | {"name": name})
    assert await names(world) == ["B", "A"]
    assert await names(world, sort={"direction": "ASC"}) == ["A", "B"]
    assert await names(world, sort={"field": "UPDATED_AT"}) == ["B", "A"]


async def test_pag_2_a_cursor_belongs_to_its_sort_and_filters(world: World) -> None:
    for name in ("A", "B"):
        await create(world, coffee() | {"name": name})
    page = await world.graphql(LIST, first=1, filter={"status": ["ACTIVE", "INACTIVE"]})
    cursor = page.payload["pageInfo"]["endCursor"]
    same = {"status": ["INACTIVE", "ACTIVE"]}
    assert await names(world, after=cursor, filter=same) == ["A"]
    for other in (
        {"filter": {"status": ["ACTIVE"]}},
        {"filter": same, "sort": {"field": "NAME"}},
        {"filter": same, "sort": {"direction": "ASC"}},
    ):
        answer = await world.graphql(LIST, after=cursor, **other)
        assert (answer.data, answer.top_codes) == ({"products": None}, ["INVALID_CURSOR"])


async def test_filters_narrow_the_list(world: World) -> None:
    beans = await create(world, coffee(sku="BEANS", initialQuantityAvailable=0))
    await create(world, coffee() | {"name": "Advice", "productType": "SERVICE"})
    await create(world, coffee() | {"name": "Old", "status": "INACTIVE"})
    everything = ["Old", "Advice", "Organic Coffee Beans"]
    assert await names(world, filter={}) == everything
    assert await names(world, filter={"query": "  "}) == everything
    assert await names(world, filter={"productType": "SERVICE"}) == ["Advice"]
    assert await names(world, filter={"status": "INACTIVE"}) == ["Old"]
    assert await names(world, filter={"onlyInStock": True}) == ["Old", "Advice"]
    beans_only = ["Organic Coffee Beans"]
    variant = beans["defaultVariant"]["id"]
    for text in ("coffee", " bean ", "BEANS", beans["id"], variant):
        assert await names(world, filter={"query": text}) == beans_only
    assert await names(world, filter={"createdAfter": "2026-11-21T12:00:00Z"}) == everything
    assert await names(world, filter={"createdBefore": "2026-11-21T12:00:00Z"}) == []
    assert await names(world, filter={"updatedAfter": "2026-11-21T13:00:01+01:00"}) == []


async def test_cat_9_a_category_is_named_by_id_slug_or_label(world: World) -> None:
    await create(world, coffee() | {"name": "Both", "categories": ["Hot Drinks", "Sale"]})
    await create(world, coffee() | {"name": "Hot", "categories": ["hot drinks"]})
    await create(world, coffee() | {"name": "None"})
    answer = await world.graphql("{ products { nodes { categories { id name slug } } } }")
    drinks = answer.payload["nodes"][1]["categories"][0]
    assert drinks["name"] == "Hot Drinks"
    for text in (drinks["id"], "hot-drinks", "Hot-Drinks", " HOT drinks "):
        assert await names(world, filter={"category": [text]}) == ["Hot", "Both"]
        assert await names(world, filter={"category": text}) == ["Hot", "Both"]
    assert await names(world, filter={"category": ["Sale"]}) == ["Both"]
    assert await names(world, filter={"category": ["Sale", "hot-drinks"]}) == ["Hot", "Both"]
    for nothing in ("drinks", "cat_nonsense", ""):
        assert await names(world, filter={"category": [nothing]}) == []
    assert await names(world, filter={"category": []}) == ["None", "Hot", "Both"]


async def test_cat_9_a_category_goes_together_with_other_filters_and_pages(world: World) -> None:
    for number in range(4):
        more = {"name": str(number), "categories": ["Sale"]}
        await create(world, coffee() | more | {"status": "INACTIVE" if number == 1 else "ACTIVE"})
    sale = {"category": ["Sale"]}
    assert await names(world, filter=sale | {"status": ["INACTIVE"]}) == ["1"]
    assert await names(world, caller=world.browser, filter=sale) == ["3", "2", "0"]
    page = (await world.graphql(LIST, first=2, filter=sale)).payload
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (4, True)
    cursor = page["pageInfo"]["endCursor"]
    assert await names(world, after=cursor, filter=sale) == ["1", "0"]
    other = await world.graphql(LIST, after=cursor, filter={"category": ["sale"]})
    assert other.top_codes == ["INVALID_CURSOR"]


async def test_cat_9_products_are_sorted_by_their_lowest_active_price(world: World) -> None:
    def priced(name: str, *amounts: int) -> dict[str, Any]:
        sizes = zip(("S", "L"), amounts, strict=False)
        variants = [
            {"size": size, "unitPrice": {"amount": amount, "currency": "USD"}}
            for size, amount in sizes
        ]
        return shirt(*variants) | {"name": name}

    for input in (priced("C", 900, 300), priced("A", 100), priced("B", 200, 50), priced("D", 300)):
        if input["name"] == "B":
            input["variants"][1]["status"] = "INACTIVE"
        await create(world, input)
    by_price = {"field": "PRICE", "direction": "ASC"}
    assert await names(world, sort=by_price) == ["A", "B", "C", "D"]
    assert await names(world, sort=by_price | {"direction": "DESC"}) == ["D", "C", "B", "A"]
    found: list[str] = []
    after = None
    while len(found) < 4:
        page = (await world.graphql(LIST, first=1, after=after, sort=by_price)).payload
        found += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert found == ["A", "B", "C", "D"]
    with_variants = "{ products(sort: {field: PRICE}) { nodes { name variants { sku } } } }"
    assert (await world.graphql(with_variants)).errors == []


async def test_a_list_reads_no_more_of_products_than_it_shows(world: World) -> None:
    await create(world, coffee() | {"categories": ["Sale"]})

    async def text(shown: str, more: str = "") -> str:
        with statements.counted() as sent:
            answer = await world.graphql(f"{{ products{more} {{ nodes {{ {shown} }} }} }}")
        assert answer.errors == []
        return sent.texts[0]

    besides = ("slug", "lowest_price_minor", "CAST(products.images")
    whole = ("description", "metadata", "seo_title")
    brief = await text("name imageUrl options { name } optionCount variants { sku }")
    assert not any(column in brief for column in (*besides, *whole))
    by_price = await text("name", "(sort: {field: PRICE})")
    for shown in (
        by_price,
        await text("slug images { url } priceRange { lowest { amount } } availableForSale"),
        await text("variantCount activeVariantCount categories { name } variants { sku }"),
    ):
        assert all(column in shown for column in besides)
        assert not any(column in shown for column in whole)
    for field in ("description", "seo { title }", "publicMetadata", "variants { images { url } }"):
        shown = await text(field)
        assert all(column in shown for column in (*besides, *whole))


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 0}, "INVALID_PAGE_SIZE"),
        ({"first": 101}, "INVALID_PAGE_SIZE"),
        ({"after": "nonsense"}, "INVALID_CURSOR"),
        ({"filter": {"query": "x" * 201}}, "STRING_TOO_LONG"),
        ({"filter": {"createdAfter": "yesterday"}}, "INVALID_FORMAT"),
        ({"filter": {"category": [str(each) for each in range(51)]}}, "TOO_MANY_ITEMS"),
        (
            {
                "filter": {
                    "createdAfter": "2026-11-21T12:00:00Z",
                    "createdBefore": "2026-11-21T12:00:00Z",
                }
            },
            "INVALID_DATE_RANGE",
        ),
    ],
)
async def test_a_list_that_cannot_be_is_refused(
    world: World, variables: dict[str, Any], code: str
) -> None:
    answer = await world.graphql(LIST, **variables)
    assert (answer.data, answer.top_codes) == ({"products": None}, [code])
