"""Adding and changing variants through the graph (CAT-3, CAT-8, CAT-31, UPD-1 to UPD-7)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.runtime.actor import ActorKind
from tests.graph.catalog.changes import (
    PRODUCT,
    VARIANT,
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
ADDED = f"variant {{ {VARIANT} }} product {{ {PRODUCT} }}"
FIRST = "https://img.example/1.png"
UNKNOWN = "var_01jd0000000000000000000000"


def size(value: str) -> Any:
    return [{"name": "Size", "value": value}]


async def add(world: World, product_id: str, value: str, **more: Any) -> Answer:
    """Add a variant of a size to a product."""
    input: Any = {"unitPrice": USD_2500, "selectedOptions": size(value), **more}
    return await send(world, "addVariant", ADDED, productId=product_id, **input)


async def update(world: World, id: str, **input: Any) -> Answer:
    return await send(world, "updateVariant", id=id, **input)


async def test_cat_22_a_variant_is_added_behind_those_there_are(world: World) -> None:
    made = await shirts(world)
    world.clock.advance(timedelta(minutes=1))
    answer = await add(
        world,
        made["id"],
        "M",
        name="Middle",
        sku="SHIRT-M",
        barcode="4006381333931",
        unitPrice={"amount": 3000, "currency": "USD"},
        compareAtPrice={"amount": 4000, "currency": "USD"},
        images=[{"url": FIRST}],
        initialQuantityAvailable=5,
        enforceInventoryLimit=True,
        metadata={"a": "1"},
        publicMetadata={"b": "2"},
        externalReferenceId="erp-m",
        taxable=False,
        taxCategory="CLOTHING",
    )
    assert (answer.errors, answer.codes) == ([], [])
    variant, product = answer.payload["variant"], answer.payload["product"]
    assert variant == {
        "id": variant["id"],
        "name": "Middle",
        "displayName": "Middle",
        "position": 2,
        "sku": "SHIRT-M",
        "barcode": "4006381333931",
        "unitPrice": {"amount": 3000, "currency": "USD"},
        "compareAtPrice": {"amount": 4000, "currency": "USD"},
        "selectedOptions": size("M"),
        "images": [{"url": FIRST}],
        "imagesInherited": False,
        "taxable": False,
        "taxCategory": "CLOTHING",
        "status": "ACTIVE",
        "enforceInventoryLimit": True,
        "availableForSale": True,
        "quantityAvailable": 5,
        "externalReferenceId": "erp-m",
        "metadata": {"a": "1"},
        "publicMetadata": {"b": "2"},
        "version": 1,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert product == made | {
        "options": [{"name": "Size", "values": ["S", "L", "M"]}],
        "priceRange": {"lowest": {"amount": 2500}, "highest": {"amount": 3000}},
        "variantCount": 3,
        "activeVariantCount": 3,
        "variants": [
            *made["variants"],
            {"id": variant["id"], "position": 2, "sku": "SHIRT-M"},
        ],
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert await read(world, made["id"]) == product
    assert await events(world) == ["product.CREATED", "product.UPDATED"]


async def test_cat_3_a_combination_is_there_once(world: World) -> None:
    made = await shirts(world)
    answer = await add(world, made["id"], "L", sku="SHIRT-L2")
    assert (answer.codes, answer.paths) == (["DUPLICATE_VARIANT"], [["input", "selectedOptions"]])
    large = made["variants"][1]["id"]
    answer = await update(world, large, selectedOptions=size("S"))
    assert (answer.codes, answer.paths) == (["DUPLICATE_VARIANT"], [["input", "selectedOptions"]])
    assert await read(world, made["id"]) == made


async def test_cat_23_a_variant_changes_to_a_combination_with_a_new_value(world: World) -> None:
    made = await shirts(world)
    large = made["variants"][1]["id"]
    changed = await vary(world, large, selectedOptions=size("XL"))
    assert (changed["selectedOptions"], changed["displayName"]) == (size("XL"), "XL")
    assert (await read(world, made["id"]))["options"] == [
        {"name": "Size", "values": ["S", "L", "XL"]}
    ]
    assert (await add(world, made["id"], "L")).codes == []


async def test_cat_3_a_value_in_another_case_is_not_a_new_one(world: World) -> None:
    made = await shirts(world)
    answer = await add(world, made["id"], "l")
    assert (answer.codes, answer.paths) == (["DUPLICATE_VARIANT"], [["input", "selectedOptions"]])
    assert (await add(world, made["id"], "M")).codes == []
    assert (await add(world, made["id"], "m")).codes == ["DUPLICATE_VARIANT"]
    values = (await read(world, made["id"]))["options"][0]["values"]
    assert values == ["S", "L", "M"]


@pytest.mark.parametrize(
    "selected",
    [[], [{"name": "Colour", "value": "Red"}], [*size("M"), *size("S")]],
)
async def test_cat_3_a_variant_selects_one_value_of_every_option(
    world: World, selected: Any
) -> None:
    made = await shirts(world)
    for answer in (
        await add(world, made["id"], "M", selectedOptions=selected),
        await update(world, made["variants"][0]["id"], selectedOptions=selected),
    ):
        assert (answer.codes, answer.paths) == (
            ["INVALID_PRODUCT_SHAPE"],
            [["input", "selectedOptions"]],
        )
    assert await read(world, made["id"]) == made


async def many(world: World, variants: int, values: int) -> Any:
    """Make a product with options Size, S and L, and Number, and so many variants."""
    numbers = [str(number) for number in range(values)]
    choices = [[*size(each), {"name": "Number", "value": at}] for each in "SML" for at in numbers]
    made = await done(
        world,
        "createProduct",
        f"product {{ {PRODUCT} }}",
        name="Shirt",
        productType="PHYSICAL",
        options=[
            {"name": "Size", "values": ["S", "M", "L"]},
            {"name": "Number", "values": numbers},
        ],
        variants=[
            {"unitPrice": USD_2500, "selectedOptions": choice} for choice in choices[:variants]
        ],
    )
    return made["product"]


async def test_cat_3_an_option_has_at_most_100_values(world: World) -> None:
    made = await many(world, variants=1, values=99)
    selected = [*size("L"), {"name": "Number", "value": "the last"}]
    full = (await add(world, made["id"], "L", selectedOptions=selected)).payload["product"]
    assert len(full["options"][1]["values"]) == 100
    selected = [{"name": "Number", "value": "one more"}, *size("L")]
    answer = await add(world, made["id"], "L", selectedOptions=selected)
    assert (answer.codes, answer.paths) == (
        ["TOO_MANY_ITEMS"],
        [["input", "selectedOptions", "0", "value"]],
    )
    assert await read(world, made["id"]) == full


async def test_cat_3_a_product_has_at_most_250_variants(world: World) -> None:
    made = await many(world, variants=249, values=100)
    last = [*size("L"), {"name": "Number", "value": "60"}]
    full = (await add(world, made["id"], "L", selectedOptions=last)).payload["product"]
    assert full["variantCount"] == 250
    more = [*size("L"), {"name": "Number", "value": "61"}]
    answer = await add(world, made["id"], "L", selectedOptions=more)
    assert (answer.codes, answer.paths) == (["TOO_MANY_ITEMS"], [["input", "productId"]])
    assert await read(world, made["id"]) == full


async def test_cat_2_a_simple_product_has_one_variant(world: World) -> None:
    made = await beans(world)
    answer = await send(world, "addVariant", productId=made["id"], unitPrice=USD_2500)
    assert (answer.codes, answer.paths) == (["INVALID_PRODUCT_SHAPE"], [["input", "productId"]])
    answer = await update(world, made["variants"][0]["id"], selectedOptions=size("S"))
    assert answer.codes == ["INVALID_PRODUCT_SHAPE"]
    assert await read(world, made["id"]) == made


async def test_cat_23_all_variants_of_a_product_share_a_currency(world: World) -> None:
    made = await shirts(world)
    euros = {"amount": 2500, "currency": "EUR"}
    first = made["variants"][0]["id"]
    for answer in (
        await add(world, made["id"], "M", unitPrice=euros),
        await update(world, first, unitPrice=euros),
    ):
        assert (answer.codes, answer.paths) == (
            ["CURRENCY_MISMATCH"],
            [["input", "unitPrice", "currency"]],
        )
    answer = await update(world, first, compareAtPrice=euros)
    assert (answer.codes, answer.paths) == (
        ["CURRENCY_MISMATCH"],
        [["input", "compareAtPrice", "currency"]],
    )
    assert await read(world, made["id"]) == made


async def test_upd_1_what_is_sent_of_a_variant_replaces_and_the_rest_stays(world: World) -> None:
    made = await beans(world, sku="BEANS", initialQuantityAvailable=3)
    id = made["variants"][0]["id"]
    before = await read_variant(world, id)
    world.clock.advance(timedelta(minutes=1))
    changed = await vary(
        world,
        id,
        name="A bag",
        sku="BAG",
        barcode="4006381333931",
        unitPrice={"amount": 1500, "currency": "USD"},
        compareAtPrice={"amount": 1999, "currency": "USD"},
        images=[{"url": FIRST}],
        taxable=False,
        taxCategory="FOOD",
        status="INACTIVE",
        enforceInventoryLimit=True,
        externalReferenceId="erp-1",
        metadata={"a": "1"},
        publicMetadata={"b": "2"},
    )
    expected = before | {
        "name": "A bag",
        "displayName": "A bag",
        "sku": "BAG",
        "barcode": "4006381333931",
        "unitPrice": {"amount": 1500, "currency": "USD"},
        "compareAtPrice": {"amount": 1999, "currency": "USD"},
        "images": [{"url": FIRST}],
        "imagesInherited": False,
        "taxable": False,
        "taxCategory": "FOOD",
        "status": "INACTIVE",
        "enforceInventoryLimit": True,
        "availableForSale": False,
        "externalReferenceId": "erp-1",
        "metadata": {"a": "1"},
        "publicMetadata": {"b": "2"},
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert changed == expected
    assert await read_variant(world, id) == expected
    product = await read(world, made["id"])
    assert product == made | {
        "priceRange": None,
        "activeVariantCount": 0,
        "availableForSale": False,
        "variants": [{"id": id, "position": 0, "sku": "BAG"}],
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert await events(world) == ["product.CREATED", "product.UPDATED"]


@pytest.mark.parametrize("empty", [None, ""])
async def test_upd_2_null_and_an_empty_text_clear_what_a_variant_can_lack(
    world: World, empty: str | None
) -> None:
    made = await beans(world)
    id = made["variants"][0]["id"]
    before = await read_variant(world, id)
    await vary(
        world,
        id,
        name="A bag",
        sku="BAG",
        barcode="4006381333931",
        externalReferenceId="erp-1",
        compareAtPrice=USD_2500,
        images=[{"url": FIRST}],
        metadata={"a": "1"},
        publicMetadata={"b": "2"},
    )
    cleared = await vary(
        world,
        id,
        name=empty,
        sku=empty,
        barcode=empty,
        externalReferenceId=empty,
        compareAtPrice=None,
        images=None,
        metadata=None,
        publicMetadata={},
    )
    assert cleared == before | {"version": 3, "updatedAt": cleared["updatedAt"]}


@pytest.mark.parametrize(
    "field",
    ["unitPrice", "taxable", "taxCategory", "status", "trackInventory", "enforceInventoryLimit"],
)
async def test_what_a_variant_cannot_be_without_is_not_cleared(world: World, field: str) -> None:
    made = await beans(world)
    more: Any = {field: None}
    answer = await update(world, made["variants"][0]["id"], **more)
    assert (answer.codes, answer.paths) == (["FIELD_REQUIRED"], [["input", field]])
    assert await read(world, made["id"]) == made


async def test_upd_3_a_variants_update_without_any_field_is_refused(world: World) -> None:
    made = await beans(world)
    answer = await update(world, made["variants"][0]["id"])
    assert answer.codes == ["NO_FIELDS_TO_UPDATE"]


async def test_upd_3_equal_values_are_no_change_of_a_variant(world: World) -> None:
    made = await beans(world, sku="BEANS", initialQuantityAvailable=3)
    id = made["variants"][0]["id"]
    before = await read_variant(world, id)
    same = await vary(
        world,
        id,
        name=None,
        sku=" BEANS ",
        unitPrice=before["unitPrice"],
        selectedOptions=[],
        images=[],
        taxable=True,
        taxCategory="GENERAL",
        status="ACTIVE",
        position=0,
        trackInventory=True,
        enforceInventoryLimit=False,
        lowStockThreshold=None,
        modifierSetId=None,
        metadata={},
    )
    assert same == before
    assert await read(world, made["id"]) == made
    assert await events(world) == ["product.CREATED"]


async def test_cat_22_upd_7_another_version_of_a_variant_than_the_expected_one_is_refused(
    world: World,
) -> None:
    made = await beans(world)
    id = made["variants"][0]["id"]
    await change(world, made["id"], name="Tea")
    await vary(world, id, name="A bag", expectedVersion=1)
    answer = await update(world, id, name="A box", expectedVersion=1)
    assert (answer.codes, answer.paths) == (["VERSION_CONFLICT"], [["input", "expectedVersion"]])
    assert answer.payload["userErrors"][0]["currentVersion"] == 2
    answer = await send(
        world, "addVariant", productId=made["id"], unitPrice=USD_2500, expectedVersion=2
    )
    assert answer.payload["userErrors"][0]["currentVersion"] == 3


async def test_err_1_all_that_is_wrong_with_a_variant_is_told_at_once(world: World) -> None:
    made = await shirts(world)
    await beans(world, sku="TAKEN", barcode="123")
    answer = await update(
        world,
        made["variants"][0]["id"],
        name="x" * 256,
        sku="TAKEN",
        barcode="123",
        unitPrice={"amount": -1, "currency": "USD"},
        compareAtPrice={"amount": -1, "currency": "USD"},
        selectedOptions=size("L"),
        images=[{"url": "nonsense"}],
        status="DELETED",
        position=-1,
        lowStockThreshold=1.5,
        modifierSetId="ms_01jd0000000000000000000000",
        metadata={"bad key": "1"},
        publicMetadata={"a": 1},
    )
    assert sorted(
        zip(answer.codes, ["/".join(path[1:]) for path in answer.paths], strict=True)
    ) == [
        ("AMOUNT_OUT_OF_RANGE", "compareAtPrice/amount"),
        ("AMOUNT_OUT_OF_RANGE", "unitPrice/amount"),
        ("BARCODE_ALREADY_EXISTS", "barcode"),
        ("DUPLICATE_VARIANT", "selectedOptions"),
        ("INVALID_ENUM", "status"),
        ("INVALID_FIELD", "lowStockThreshold"),
        ("INVALID_FIELD", "position"),
        ("INVALID_FORMAT", "images/0/url"),
        ("METADATA_LIMIT_EXCEEDED", "metadata/bad key"),
        ("METADATA_LIMIT_EXCEEDED", "publicMetadata/a"),
        ("RESOURCE_NOT_FOUND", "modifierSetId"),
        ("SKU_ALREADY_EXISTS", "sku"),
        ("STRING_TOO_LONG", "name"),
    ]
    assert await read(world, made["id"]) == made


async def test_cat_31_a_code_in_use_is_refused_and_a_freed_one_taken(world: World) -> None:
    made = await shirts(world, {"size": "S", "sku": "A"}, {"size": "L", "sku": "B"})
    small, large = (each["id"] for each in made["variants"])
    answer = await update(world, small, sku="B")
    assert (answer.codes, answer.paths) == (["SKU_ALREADY_EXISTS"], [["input", "sku"]])
    await vary(world, small, sku="C")
    await vary(world, large, sku="A")
    await vary(world, small, sku="B")
    assert [each["sku"] for each in (await read(world, made["id"]))["variants"]] == ["B", "A"]


async def test_cat_31_changing_a_barcode_keeps_the_sku(world: World) -> None:
    made = await beans(world, sku="BEANS")
    id = made["variants"][0]["id"]
    assert (await vary(world, id, barcode="123"))["sku"] == "BEANS"
    changed = await vary(world, id, sku=None)
    assert (changed["sku"], changed["barcode"]) == (None, "123")


async def test_cat_31_of_two_that_want_one_sku_at_once_one_gets_it(world: World) -> None:
    products = [await beans(world), await beans(world)]
    ids = [each["variants"][0]["id"] for each in products]
    answers = await asyncio.gather(*(update(world, id, sku="ONE", barcode="1") for id in ids))
    assert sorted(answer.codes for answer in answers) == [
        [],
        ["SKU_ALREADY_EXISTS", "BARCODE_ALREADY_EXISTS"],
    ]
    bearing = [(await read_variant(world, id))["sku"] for id in ids]
    assert sorted(bearing, key=str) == [None, "ONE"]


async def test_cat_31_two_that_swap_their_skus_at_once_are_told_that_they_are_in_use(
    world: World,
) -> None:
    made = await shirts(world, {"size": "S", "sku": "A"}, {"size": "L", "sku": "B"})
    other = await beans(world, sku="C")
    ids = [each["id"] for each in (*made["variants"], *other["variants"])]
    answers = await asyncio.gather(
        *(update(world, id, sku=sku) for id, sku in zip(ids, "BCA", strict=True))
    )
    assert all(answer.codes in ([], ["SKU_ALREADY_EXISTS"]) for answer in answers)
    skus = [(await read_variant(world, id))["sku"] for id in ids]
    for answer, sku, before, after in zip(answers, skus, "ABC", "BCA", strict=True):
        assert sku == (before if answer.codes else after)


async def test_of_two_that_add_one_combination_at_once_one_is_refused(world: World) -> None:
    made = await shirts(world)
    answers = await asyncio.gather(*(add(world, made["id"], "M") for _ in range(4)))
    assert sorted(answer.codes for answer in answers) == [[], *[["DUPLICATE_VARIANT"]] * 3]
    assert (await read(world, made["id"]))["variantCount"] == 3


async def test_variants_added_at_once_are_all_kept(world: World) -> None:
    made = await shirts(world)
    answers = await asyncio.gather(*(add(world, made["id"], f"M{at}") for at in range(6)))
    assert [answer.codes for answer in answers] == [[]] * 6
    now = await read(world, made["id"])
    assert (now["variantCount"], now["version"]) == (8, 7)
    assert [each["position"] for each in now["variants"]] == list(range(8))
    assert len(now["options"][0]["values"]) == 8


async def test_changes_of_two_variants_at_once_are_both_kept(world: World) -> None:
    made = await shirts(world)
    small, large = (each["id"] for each in made["variants"])
    await asyncio.gather(
        vary(world, small, unitPrice={"amount": 1000, "currency": "USD"}),
        vary(world, large, unitPrice={"amount": 9000, "currency": "USD"}),
    )
    now = await read(world, made["id"])
    assert now["priceRange"] == {"lowest": {"amount": 1000}, "highest": {"amount": 9000}}
    assert now["version"] == 3


async def test_cat_24_a_variant_moves_and_the_others_make_room(world: World) -> None:
    made = await shirts(world)
    medium = (await add(world, made["id"], "M")).payload["variant"]["id"]
    small, large = (each["id"] for each in made["variants"])

    async def order() -> list[tuple[str, int]]:
        now = await read(world, made["id"])
        return [(each["id"], each["position"]) for each in now["variants"]]

    assert (await vary(world, medium, position=1))["position"] == 1
    assert await order() == [(small, 0), (medium, 1), (large, 2)]
    assert (await vary(world, small, position=100))["position"] == 2
    assert await order() == [(medium, 0), (large, 1), (small, 2)]
    assert (await read(world, made["id"]))["version"] == 4


async def test_how_stock_is_kept_is_changed(world: World) -> None:
    made = await beans(world)
    id = made["variants"][0]["id"]
    tracked = await vary(world, id, trackInventory=True, enforceInventoryLimit=True)
    assert (tracked["quantityAvailable"], tracked["availableForSale"]) == (0, False)
    assert tracked["version"] == 2
    loose = await vary(world, id, enforceInventoryLimit=False)
    assert (loose["quantityAvailable"], loose["availableForSale"]) == (0, True)
    await vary(world, id, lowStockThreshold=5)
    answer = await world.graphql(
        "query ($id: ID!) { productVariant(id: $id) { lowStockThreshold } }", id=id
    )
    assert answer.payload == {"lowStockThreshold": 5}
    free = await vary(world, id, trackInventory=False)
    assert (free["quantityAvailable"], free["version"]) == (None, 5)


async def test_a_modifier_set_is_attached_and_null_detaches_it(world: World) -> None:
    made = await beans(world)
    id = made["variants"][0]["id"]
    oat = {"name": "Oat", "unitPriceDelta": {"amount": 50, "currency": "USD"}}
    group = {"name": "Milk", "modifiers": [oat]}
    sets = [
        (await done(world, "createModifierSet", "modifierSet { id }", name=name, groups=[group]))[
            "modifierSet"
        ]["id"]
        for name in ("Coffee", "Tea")
    ]
    attached = "query ($id: ID!) { productVariant(id: $id) { modifierSet { id } } }"

    async def effective() -> Any:
        return (await world.graphql(attached, id=id)).payload["modifierSet"]

    await done(world, "updateProduct", "product { id }", id=made["id"], modifierSetId=sets[0])
    assert await effective() == {"id": sets[0]}
    await vary(world, id, modifierSetId=sets[1])
    assert await effective() == {"id": sets[1]}
    await vary(world, id, modifierSetId=None)
    assert await effective() == {"id": sets[0]}
    await done(world, "retireModifierSet", "modifierSet { id }", id=sets[1])
    answer = await update(world, id, modifierSetId=sets[1])
    assert (answer.codes, answer.paths) == (["RESOURCE_DELETED"], [["input", "modifierSetId"]])


async def test_cat_8_a_new_price_touches_no_line_of_an_order(world: World) -> None:
    made = await beans(world)
    id = made["variants"][0]["id"]
    shown = "order { id netAmounts { total { amount } } lineItems { unitPrice { amount } } }"
    ordered = await done(world, "createOrder", shown, lineItems=[{"variantId": id, "quantity": 2}])
    await vary(world, id, unitPrice={"amount": 5, "currency": "USD"}, name="Cheap")
    now = await world.graphql(
        f"query ($id: ID!) {{ {shown.replace('order', 'order(id: $id)', 1)} }}",
        id=ordered["order"]["id"],
    )
    assert now.payload == ordered["order"]
    assert now.payload["lineItems"] == [{"unitPrice": {"amount": 1999}}]


@pytest.mark.parametrize(
    ("id", "code"),
    [
        (UNKNOWN, "RESOURCE_NOT_FOUND"),
        (UNKNOWN.replace("var", "prod"), "INVALID_ID"),
        ("nonsense", "INVALID_ID"),
    ],
)
async def test_unknown_and_malformed_ids_of_variants_are_told_apart(
    world: World, id: str, code: str
) -> None:
    answer = await update(world, id, name="Tea")
    assert (answer.codes, answer.paths) == ([code], [["input", "id"]])


async def test_a_variant_of_another_environment_does_not_exist(world: World) -> None:
    made = await shirts(world)
    stranger = world.stranger()
    first = made["variants"][0]["id"]
    answer = await send(world, "updateVariant", caller=stranger, id=first, name="Mine")
    assert answer.codes == ["RESOURCE_NOT_FOUND"]
    answer = await send(
        world,
        "addVariant",
        caller=stranger,
        productId=made["id"],
        unitPrice=USD_2500,
        selectedOptions=size("M"),
    )
    assert (answer.codes, answer.paths) == (["RESOURCE_NOT_FOUND"], [["input", "productId"]])
    assert await read(world, made["id"]) == made


async def test_who_may_not_write_products_adds_and_changes_no_variant(world: World) -> None:
    made = await shirts(world)
    stock = frozenset({"commerce.products.read", "commerce.inventory.write"})
    first = made["variants"][0]["id"]
    for caller in (world.caller(ActorKind.SECRET_KEY, stock), world.browser):
        for name, input in (
            ("updateVariant", {"id": first, "name": "Mine"}),
            ("addVariant", {"productId": made["id"], "unitPrice": USD_2500}),
            ("deleteVariant", {"id": first}),
        ):
            more: Any = input
            answer = await send(world, name, caller=caller, **more)
            assert (answer.data, answer.top_codes) == ({name: None}, ["FORBIDDEN"])
    assert await read(world, made["id"]) == made


async def test_a_repeated_addition_is_answered_without_adding_again(world: World) -> None:
    made = await shirts(world)
    document = f"""mutation($input: AddVariantInput!) {{
        addVariant(input: $input) @idempotent(key: "once") {{
            {ADDED} userErrors {{ code }} }} }}"""
    input: Any = {"productId": made["id"], "unitPrice": USD_2500, "selectedOptions": size("M")}
    first = await world.graphql(document, input=input)
    again = await world.graphql(document, input=input)
    assert again.payload == first.payload
    assert (await read(world, made["id"]))["variantCount"] == 3
