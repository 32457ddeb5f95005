"""Deleting products and variants through the graph (CAT-6, CAT-7, CAT-20, CAT-21)."""

import asyncio
from typing import Any

import pytest

from ordergraph.runtime.actor import ActorKind
from tests.graph.catalog.changes import (
    beans,
    change,
    done,
    events,
    read,
    read_variant,
    send,
    shirts,
    vary,
)
from tests.world import Answer, World

USD_2500 = {"amount": 2500, "currency": "USD"}
UNKNOWN = "prod_01jd0000000000000000000000"
ORDER = "id version status netAmounts { total { amount } balance { amount currency } }"


async def delete(world: World, id: str, **input: Any) -> Answer:
    """Delete a product or a variant."""
    name = "deleteProduct" if id.startswith("prod_") else "deleteVariant"
    return await send(world, name, "deletedId", id=id, **input)


async def ordered(world: World, variant_id: str) -> Any:
    """Make an open order of two units of a variant."""
    lines = [{"variantId": variant_id, "quantity": 2}]
    made = await done(world, "createOrder", f"order {{ {ORDER} }}", lineItems=lines)
    return made["order"]


async def paid(world: World, order: Any) -> Answer:
    return await send(
        world,
        "pay",
        f"order {{ {ORDER} }}",
        orderId=order["id"],
        sources=[{"token": "tok_visa"}],
        buyerEmail="sarah@example.com",
        expectedOutstanding=order["netAmounts"]["balance"],
    )


async def test_cat_7_a_deleted_product_is_gone_from_lists_and_read_by_its_id(world: World) -> None:
    made = await beans(world, sku="BEANS")
    answer = await delete(world, made["id"])
    assert (answer.codes, answer.payload["deletedId"]) == ([], made["id"])
    listed = await world.graphql("{ products { nodes { id } totalCount } }")
    assert listed.payload == {"nodes": [], "totalCount": 0}
    stone = await read(world, made["id"])
    assert (stone["name"], stone["status"], stone["version"]) == (made["name"], "DELETED", 2)
    assert (stone["variants"], stone["variantCount"], stone["priceRange"]) == ([], 0, None)
    assert not stone["availableForSale"]
    variant = await read_variant(world, made["variants"][0]["id"])
    assert (variant["status"], variant["sku"]) == ("DELETED", None)
    gone = await world.graphql(
        "query ($id: ID!) { product(id: $id) { id } }", caller=world.browser, id=made["id"]
    )
    assert gone.payload is None
    assert await events(world) == ["product.CREATED", "product.DELETED"]


async def test_cat_6_a_deleted_product_takes_no_change_any_more(world: World) -> None:
    made = await shirts(world)
    first = made["variants"][0]["id"]
    await done(world, "deleteProduct", "deletedId", id=made["id"])
    stone = await read(world, made["id"])
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("updateProduct", "id", {"id": made["id"], "status": "ACTIVE"}),
        ("deleteProduct", "id", {"id": made["id"]}),
        ("replaceProductCategories", "productId", {"productId": made["id"], "categories": []}),
        ("addVariant", "productId", {"productId": made["id"], "unitPrice": USD_2500}),
        ("updateVariant", "id", {"id": first, "name": "Tea"}),
        ("deleteVariant", "id", {"id": first}),
    ]
    for name, field, input in attempts:
        answer = await send(world, name, **input)
        assert (answer.codes, answer.paths) == (["RESOURCE_DELETED"], [["input", field]]), name
    assert await read(world, made["id"]) == stone


async def test_cat_7_skus_barcodes_and_slugs_of_a_deleted_product_are_free(world: World) -> None:
    made = await beans(world, sku="BEANS", barcode="123")
    await change(world, made["id"], slug="beans")
    await done(world, "deleteProduct", "deletedId", id=made["id"])
    for document in (
        '{ sellableBySku(sku: "BEANS") { __typename } }',
        '{ sellableByBarcode(barcode: "123") { __typename } }',
        '{ productBySlug(slug: "beans") { id } }',
        '{ productBySlug(slug: "organic-coffee-beans") { id } }',
    ):
        assert (await world.graphql(document)).payload is None
    anew = await beans(world, sku="BEANS", barcode="123")
    assert (anew["slug"], anew["variants"][0]["sku"]) == ("organic-coffee-beans", "BEANS")


async def test_cat_7_a_deleted_product_leaves_its_categories(world: World) -> None:
    made = await beans(world)
    await done(
        world,
        "replaceProductCategories",
        "product { id }",
        productId=made["id"],
        categories=["Coffee"],
    )
    await done(world, "deleteProduct", "deletedId", id=made["id"])
    answer = await world.graphql(
        "{ categories { nodes { name productCount products { nodes { id } totalCount } } } }"
    )
    assert answer.payload == {
        "nodes": [{"name": "Coffee", "productCount": 0, "products": {"nodes": [], "totalCount": 0}}]
    }


async def test_cat_7_bundles_with_a_deleted_product_are_not_for_sale(world: World) -> None:
    made, kept = await beans(world), await beans(world)
    components = [{"variantId": each["variants"][0]["id"], "quantity": 1} for each in (made, kept)]
    bundle = await done(
        world,
        "createBundle",
        "bundle { id availableForSale }",
        name="Both",
        unitPrice=USD_2500,
        components=components,
    )
    assert bundle["bundle"]["availableForSale"]
    await done(world, "deleteProduct", "deletedId", id=made["id"])
    now = await world.graphql(
        "query ($id: ID!) { bundle(id: $id) { availableForSale components { variant { id } } } }",
        id=bundle["bundle"]["id"],
    )
    assert not now.payload["availableForSale"]
    assert [each["variant"]["id"] for each in now.payload["components"]] == [
        each["variantId"] for each in components
    ]


async def test_cat_7_an_open_order_keeps_its_line_and_is_paid(world: World) -> None:
    made = await beans(world, initialQuantityAvailable=5, enforceInventoryLimit=True)
    order = await ordered(world, made["variants"][0]["id"])
    await done(world, "deleteProduct", "deletedId", id=made["id"])
    answer = await paid(world, order)
    assert (answer.codes, answer.payload["order"]["status"]) == ([], "PAID")
    shown = await world.graphql(
        "query ($id: ID!) { order(id: $id) { lineItems { name quantity unitPrice { amount }"
        " variant { id product { name status } } } } }",
        id=order["id"],
    )
    assert shown.payload["lineItems"] == [
        {
            "name": made["name"],
            "quantity": 2,
            "unitPrice": {"amount": 1999},
            "variant": {
                "id": made["variants"][0]["id"],
                "product": {"name": made["name"], "status": "DELETED"},
            },
        }
    ]
    stock = await read_variant(world, made["variants"][0]["id"])
    assert stock["quantityAvailable"] == 3


async def test_cat_7_what_is_deleted_cannot_be_ordered(world: World) -> None:
    made = await beans(world)
    id = made["variants"][0]["id"]
    await done(world, "deleteProduct", "deletedId", id=made["id"])
    answer = await send(
        world, "createOrder", "order { id }", lineItems=[{"variantId": id, "quantity": 1}]
    )
    assert answer.codes == ["ITEM_NOT_AVAILABLE"]


async def test_cat_7_orders_and_a_deletion_at_once_do_not_stand_in_each_others_way(
    world: World,
) -> None:
    made = await beans(world)
    id = made["variants"][0]["id"]
    line = [{"variantId": id, "quantity": 1}]
    answers = await asyncio.gather(
        *(send(world, "createOrder", "order { id }", lineItems=line) for _ in range(8)),
        delete(world, made["id"]),
        *(send(world, "createOrder", "order { id }", lineItems=line) for _ in range(8)),
    )
    assert answers[8].codes == []
    codes = {tuple(answer.codes) for answer in answers}
    assert codes <= {(), ("ITEM_NOT_AVAILABLE",)}
    assert (await read(world, made["id"]))["status"] == "DELETED"


async def test_cat_7_open_orders_are_paid_while_their_product_changes_and_goes(
    world: World,
) -> None:
    made = await beans(world, initialQuantityAvailable=50, enforceInventoryLimit=True)
    id = made["variants"][0]["id"]
    orders = [await ordered(world, id) for _ in range(6)]
    answers = await asyncio.gather(
        *(paid(world, order) for order in orders[:3]),
        *(
            send(world, "updateVariant", id=id, unitPrice={"amount": at, "currency": "USD"})
            for at in range(1, 4)
        ),
        send(world, "updateVariant", id=id, enforceInventoryLimit=False, lowStockThreshold=45),
        delete(world, made["id"]),
        *(paid(world, order) for order in orders[3:]),
    )
    payments = [*answers[:3], *answers[8:]]
    assert [answer.payload["order"]["status"] for answer in payments] == ["PAID"] * 6
    assert {tuple(answer.codes) for answer in answers[3:7]} <= {(), ("RESOURCE_DELETED",)}
    assert answers[7].codes == []
    assert (await read_variant(world, id))["quantityAvailable"] == 38


async def test_of_two_deletions_at_once_one_is_told_that_it_is_gone(world: World) -> None:
    made = await beans(world)
    answers = await asyncio.gather(*(delete(world, made["id"]) for _ in range(2)))
    assert sorted(answer.codes for answer in answers) == [[], ["RESOURCE_DELETED"]]
    assert await events(world) == ["product.CREATED", "product.DELETED"]


async def test_cat_20_the_last_active_variant_is_not_deleted(world: World) -> None:
    made = await shirts(world)
    small, large = (each["id"] for each in made["variants"])
    await vary(world, small, status="INACTIVE")
    before = await read(world, made["id"])
    answer = await delete(world, large)
    assert (answer.codes, answer.paths) == (["LAST_VARIANT"], [["input", "id"]])
    assert await read(world, made["id"]) == before
    assert (await delete(world, small)).codes == []
    await vary(world, large, status="INACTIVE")
    assert (await delete(world, large)).codes == ["LAST_VARIANT"]


async def test_cat_20_the_only_variant_of_a_simple_product_is_not_deleted(world: World) -> None:
    made = await beans(world)
    assert (await delete(world, made["variants"][0]["id"])).codes == ["LAST_VARIANT"]
    assert await read(world, made["id"]) == made


async def test_cat_20_of_the_last_two_deleted_at_once_one_stays(world: World) -> None:
    made = await shirts(world)
    answers = await asyncio.gather(*(delete(world, each["id"]) for each in made["variants"]))
    assert sorted(answer.codes for answer in answers) == [[], ["LAST_VARIANT"]]
    assert (await read(world, made["id"]))["activeVariantCount"] == 1


async def test_cat_21_deleting_the_default_variant_leaves_no_default(world: World) -> None:
    made = await shirts(world)
    small, large = (each["id"] for each in made["variants"])
    await change(world, made["id"], defaultVariantId=small)
    assert (await delete(world, small)).codes == []
    now = await read(world, made["id"])
    assert now["defaultVariant"] is None
    assert now["variants"] == [{"id": large, "position": 1, "sku": None}]
    assert (now["variantCount"], now["version"]) == (1, 3)
    assert (await change(world, made["id"], defaultVariantId=large))["defaultVariant"] is not None


async def test_a_deleted_variant_frees_its_codes_and_its_combination(world: World) -> None:
    made = await shirts(world, {"size": "S", "sku": "A", "barcode": "1"}, {"size": "L"})
    small, large = (each["id"] for each in made["variants"])
    await vary(world, large, unitPrice={"amount": 9000, "currency": "USD"})
    assert (await delete(world, small)).codes == []
    now = await read(world, made["id"])
    assert now["priceRange"] == {"lowest": {"amount": 9000}, "highest": {"amount": 9000}}
    answer = await send(
        world,
        "addVariant",
        "variant { sku position }",
        productId=made["id"],
        unitPrice=USD_2500,
        selectedOptions=[{"name": "Size", "value": "S"}],
        sku="A",
        barcode="1",
    )
    assert answer.payload["variant"] == {"sku": "A", "position": 2}
    assert (await read_variant(world, small))["status"] == "DELETED"


async def test_a_deleted_variant_takes_no_change_any_more(world: World) -> None:
    made = await shirts(world)
    small = made["variants"][0]["id"]
    assert (await delete(world, small)).codes == []
    assert (await delete(world, small)).codes == ["RESOURCE_DELETED"]
    answer = await send(world, "updateVariant", id=small, name="Tea")
    assert (answer.codes, answer.paths) == (["RESOURCE_DELETED"], [["input", "id"]])
    answer = await send(world, "updateProduct", id=made["id"], defaultVariantId=small)
    assert answer.codes == ["RESOURCE_NOT_FOUND"]


async def test_upd_7_a_deletion_may_expect_a_version(world: World) -> None:
    made = await shirts(world)
    await change(world, made["id"], name="Tea")
    answer = await delete(world, made["id"], expectedVersion=1)
    assert answer.payload["userErrors"][0]["currentVersion"] == 2
    answer = await delete(world, made["variants"][0]["id"], expectedVersion=7)
    assert answer.payload["userErrors"][0]["currentVersion"] == 1
    assert (await delete(world, made["id"], expectedVersion=2)).codes == []


@pytest.mark.parametrize(
    ("id", "code"),
    [
        (UNKNOWN, "RESOURCE_NOT_FOUND"),
        (UNKNOWN.replace("prod", "var"), "RESOURCE_NOT_FOUND"),
        ("prod_nonsense", "INVALID_ID"),
        ("nonsense", "INVALID_ID"),
    ],
)
async def test_what_does_not_exist_is_not_deleted(world: World, id: str, code: str) -> None:
    answer = await delete(world, id)
    assert (answer.codes, answer.paths) == ([code], [["input", "id"]])


async def test_only_who_may_write_products_here_deletes_them(world: World) -> None:
    made = await beans(world)
    answer = await send(world, "deleteProduct", caller=world.stranger(), id=made["id"])
    assert answer.codes == ["RESOURCE_NOT_FOUND"]
    reader = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.products.read"}))
    for caller in (reader, world.browser):
        answer = await send(world, "deleteProduct", caller=caller, id=made["id"])
        assert (answer.data, answer.top_codes) == ({"deleteProduct": None}, ["FORBIDDEN"])
    assert await read(world, made["id"]) == made


async def test_a_repeated_deletion_is_answered_from_the_first(world: World) -> None:
    made = await beans(world)
    document = """mutation($input: DeleteProductInput!) {
        deleteProduct(input: $input) @idempotent(key: "once") { deletedId userErrors { code } } }"""
    for _ in range(2):
        answer = await world.graphql(document, input={"id": made["id"]})
        assert answer.payload == {"deletedId": made["id"], "userErrors": []}
