"""What coupons are limited to: products, variants, bundles and categories (DSC-6)."""

from typing import Any

from ordergraph.runtime.db.statements import counted
from tests.graph.bundles.documents import bundle
from tests.graph.coupons.documents import change, create, names, product
from tests.world import World

LIMITS = """
query ($id: ID!) { coupon(id: $id) {
  limitToItems { id __typename } limitToCategories { id name } version
} }
"""


async def limits(world: World, id: str) -> Any:
    answer = await world.graphql(LIMITS, id=id)
    assert answer.errors == []
    return answer.payload


async def labeled(world: World, product_id: str, *labels: str) -> None:
    answer = await world.graphql(
        "mutation ($input: ReplaceProductCategoriesInput!) {"
        " replaceProductCategories(input: $input) { userErrors { code } } }",
        input={"productId": product_id, "categories": labels},
    )
    assert (answer.errors, answer.codes) == ([], [])


async def test_dsc_6_a_coupon_is_limited_to_items_and_categories_and_shows_them(
    world: World,
) -> None:
    product_id, variant_id = await product(world)
    pair = (await bundle(world, variant_id))["id"]
    await labeled(world, product_id, "Coffee", "Gifts")
    made = await create(
        world,
        limitToItemIds=[pair, variant_id, product_id, pair],
        limitToCategories=[" COFFEE ", "coffee"],
    )
    assert (made.errors, made.codes) == ([], [])
    id = made.payload["coupon"]["id"]
    seen = await limits(world, id)
    assert seen["limitToItems"] == [
        {"id": product_id, "__typename": "Product"},
        {"id": variant_id, "__typename": "ProductVariant"},
        {"id": pair, "__typename": "Bundle"},
    ]
    assert [each["name"] for each in seen["limitToCategories"]] == ["Coffee"]


async def test_dsc_16_lists_of_limits_are_replaced_as_a_whole_and_none_lifts_the_limit(
    world: World,
) -> None:
    product_id, variant_id = await product(world)
    await labeled(world, product_id, "Coffee", "Gifts")
    made = await create(
        world, limitToItemIds=[product_id, variant_id], limitToCategories=["Coffee"]
    )
    id = made.payload["coupon"]["id"]
    await change(world, id, limitToItemIds=[variant_id])
    seen = await limits(world, id)
    assert [each["id"] for each in seen["limitToItems"]] == [variant_id]
    (coffee,) = seen["limitToCategories"]
    by_id = await change(world, id, limitToCategories=[coffee["id"], "gifts"], limitToItemIds=[])
    assert (by_id.errors, by_id.codes) == ([], [])
    seen = await limits(world, id)
    assert seen["limitToItems"] == []
    assert [each["name"] for each in seen["limitToCategories"]] == ["Coffee", "Gifts"]
    again = await change(world, id, limitToCategories=["Coffee", "Gifts"])
    assert again.payload["coupon"]["version"] == seen["version"] == 3
    await change(world, id, limitToCategories=None)
    assert (await limits(world, id))["limitToCategories"] == []


async def test_dsc_6_what_is_not_there_limits_nothing_and_is_told_where_it_stands(
    world: World,
) -> None:
    product_id, _ = await product(world)
    await labeled(world, product_id, "Coffee")
    unknown = "cat_01h455vb4pex5vsknk084sn02q"
    answer = await create(
        world,
        limitToItemIds=[product_id, "bun_01h455vb4pex5vsknk084sn02q", unknown],
        limitToCategories=["Coffee", "Tea", unknown, ""],
    )
    assert answer.payload["coupon"] is None
    assert sorted(zip(answer.codes, answer.paths, strict=True)) == [
        ("INVALID_ID", ["input", "limitToItemIds", "2"]),
        ("RESOURCE_NOT_FOUND", ["input", "limitToCategories", "1"]),
        ("RESOURCE_NOT_FOUND", ["input", "limitToCategories", "2"]),
        ("RESOURCE_NOT_FOUND", ["input", "limitToCategories", "3"]),
        ("RESOURCE_NOT_FOUND", ["input", "limitToItemIds", "1"]),
    ]
    assert await names(world) == []
    many = await create(world, limitToCategories=[f"C{number}" for number in range(51)])
    assert many.codes == ["TOO_MANY_ITEMS"]


async def test_limits_of_a_page_of_coupons_are_read_together(world: World) -> None:
    product_id, variant_id = await product(world)
    await labeled(world, product_id, "Coffee", "Gifts")
    pair = (await bundle(world, variant_id))["id"]
    sent: list[int] = []
    for _ in range(2):
        await create(world, limitToItemIds=[pair, variant_id], limitToCategories=["Gifts"])
        with counted() as statements:
            answer = await world.graphql(
                "{ coupons { nodes { limitToItems { id } limitToCategories { id } } } }"
            )
        assert answer.errors == []
        sent.append(len(statements))
    assert sent == [4, 4]  # coupons, variants, bundles, categories
