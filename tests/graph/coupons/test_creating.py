"""Making coupons through the graph."""

from typing import Any

import pytest

from ordergraph.runtime.actor import ActorKind
from tests.graph.coupons.documents import CREATE, coupon, create, delete, names, product
from tests.world import World

USD_500 = {"amount": 500, "currency": "USD"}


async def test_a_coupon_of_a_percentage_is_active_and_unlimited(world: World) -> None:
    made = await coupon(world, code=" spring20 ")
    assert made.pop("id").startswith("cpn_")
    assert made == {
        "name": "Spring",
        "description": None,
        "code": "SPRING20",
        "percentOff": "20",
        "amountOff": None,
        "maxUses": None,
        "usesCount": 0,
        "maxUsesPerCustomer": None,
        "startsAt": None,
        "expiresAt": None,
        "minimumPurchase": None,
        "limitToItems": [],
        "firstOrderOnly": False,
        "stackable": False,
        "status": "ACTIVE",
        "metadata": {},
        "version": 1,
        "createdAt": "2026-11-21T12:00:00.000000Z",
        "updatedAt": "2026-11-21T12:00:00.000000Z",
    }


async def test_a_coupon_has_all_that_was_sent_and_is_found_by_id_and_code(world: World) -> None:
    product_id, variant_id = await product(world)
    made = await coupon(
        world,
        description=" For the season ",
        code="Five_Off-1",
        amountOff=USD_500,
        maxUses=10,
        maxUsesPerCustomer=2,
        startsAt="2026-11-01T00:00:00+01:00",
        expiresAt="2026-12-01T00:00:00Z",
        minimumPurchase={"amount": 2000, "currency": "USD"},
        limitToItemIds=[variant_id, product_id, variant_id],
        firstOrderOnly=True,
        stackable=True,
        status="DISABLED",
        metadata={"campaign": "x", "empty": ""},
    )
    expected = {
        "id": made["id"],
        "name": "Spring",
        "description": "For the season",
        "code": "FIVE_OFF-1",
        "percentOff": None,
        "amountOff": USD_500,
        "maxUses": 10,
        "usesCount": 0,
        "maxUsesPerCustomer": 2,
        "startsAt": "2026-10-31T23:00:00.000000Z",
        "expiresAt": "2026-12-01T00:00:00.000000Z",
        "minimumPurchase": {"amount": 2000, "currency": "USD"},
        "limitToItems": [
            {"id": product_id, "__typename": "Product"},
            {"id": variant_id, "__typename": "ProductVariant"},
        ],
        "firstOrderOnly": True,
        "stackable": True,
        "status": "DISABLED",
        "metadata": {"campaign": "x"},
        "version": 1,
        "createdAt": "2026-11-21T12:00:00.000000Z",
        "updatedAt": "2026-11-21T12:00:00.000000Z",
    }
    assert made == expected
    fields = CREATE[CREATE.index("coupon {") + 8 : CREATE.index("userErrors") - 6]
    found = await world.graphql(
        f"query ($id: ID!) {{ coupon(id: $id) {{ {fields} }} "
        f'couponByCode(code: " five_OFF-1") {{ {fields} }} '
        "node(id: $id) { id ... on Coupon { code } } }",
        id=made["id"],
    )
    assert found.errors == []
    assert found.data == {
        "coupon": expected,
        "couponByCode": expected,
        "node": {"id": made["id"], "code": "FIVE_OFF-1"},
    }


@pytest.mark.parametrize(
    ("input", "code", "path"),
    [
        ({"percentOff": None}, "INVALID_COUPON_VALUE", ["percentOff"]),
        ({"percentOff": "20", "amountOff": USD_500}, "INVALID_COUPON_VALUE", ["percentOff"]),
        ({"percentOff": "0"}, "INVALID_COUPON_VALUE", ["percentOff"]),
        ({"percentOff": "-5"}, "INVALID_COUPON_VALUE", ["percentOff"]),
        ({"percentOff": "100.0001"}, "INVALID_COUPON_VALUE", ["percentOff"]),
        ({"percentOff": "0.00001"}, "PERCENT_PRECISION", ["percentOff"]),
        ({"percentOff": "1e1"}, "INVALID_FORMAT", ["percentOff"]),
        (
            {"amountOff": {"amount": 0, "currency": "USD"}},
            "AMOUNT_OUT_OF_RANGE",
            ["amountOff", "amount"],
        ),
        (
            {"amountOff": {"amount": 10**12 + 1, "currency": "USD"}},
            "AMOUNT_OUT_OF_RANGE",
            ["amountOff", "amount"],
        ),
        (
            {"amountOff": {"amount": 5, "currency": "XXX"}},
            "UNKNOWN_CURRENCY",
            ["amountOff", "currency"],
        ),
        (
            {"minimumPurchase": {"amount": -1, "currency": "USD"}},
            "AMOUNT_OUT_OF_RANGE",
            ["minimumPurchase", "amount"],
        ),
        (
            {"amountOff": USD_500, "minimumPurchase": {"amount": 1, "currency": "EUR"}},
            "CURRENCY_MISMATCH",
            ["minimumPurchase", "currency"],
        ),
        ({"name": " "}, "FIELD_REQUIRED", ["name"]),
        ({"name": "x" * 256}, "STRING_TOO_LONG", ["name"]),
        ({"description": "x" * 5001}, "STRING_TOO_LONG", ["description"]),
        ({"code": ""}, "INVALID_FORMAT", ["code"]),
        ({"code": "20 OFF"}, "INVALID_FORMAT", ["code"]),
        ({"code": "STRAßE"}, "INVALID_FORMAT", ["code"]),
        ({"code": "X" * 65}, "STRING_TOO_LONG", ["code"]),
        ({"maxUses": 0}, "INVALID_FIELD", ["maxUses"]),
        ({"maxUses": 1.5}, "INVALID_FIELD", ["maxUses"]),
        ({"maxUses": 1_000_000_001}, "INVALID_FIELD", ["maxUses"]),
        ({"maxUsesPerCustomer": -1}, "INVALID_FIELD", ["maxUsesPerCustomer"]),
        ({"startsAt": "yesterday"}, "INVALID_FORMAT", ["startsAt"]),
        ({"expiresAt": "2026-12-01T00:00:00"}, "INVALID_FORMAT", ["expiresAt"]),
        (
            {"startsAt": "2026-12-01T00:00:00Z", "expiresAt": "2026-12-01T00:00:00Z"},
            "INVALID_DATE_RANGE",
            ["expiresAt"],
        ),
        ({"limitToItemIds": ["what"]}, "INVALID_ID", ["limitToItemIds", "0"]),
        (
            {"limitToItemIds": ["cus_01jd0000000000000000000000"]},
            "INVALID_ID",
            ["limitToItemIds", "0"],
        ),
        (
            {"limitToItemIds": ["prod_01jd0000000000000000000000"] * 251},
            "TOO_MANY_ITEMS",
            ["limitToItemIds"],
        ),
        ({"status": "EXHAUSTED"}, "INVALID_ENUM", ["status"]),
        ({"status": "DELETED"}, "INVALID_ENUM", ["status"]),
        ({"metadata": {"key": 1}}, "METADATA_LIMIT_EXCEEDED", ["metadata", "key"]),
    ],
)
async def test_a_coupon_that_cannot_be_is_refused_and_not_made(
    world: World, input: dict[str, Any], code: str, path: list[str]
) -> None:
    answer = await create(world, **input)
    assert answer.errors == []
    assert answer.codes == [code]
    assert answer.payload["userErrors"][0]["field"] == ["input", *path]
    assert answer.payload["coupon"] is None
    assert await names(world) == []


async def test_the_bounds_themselves_are_taken(world: World) -> None:
    for percent in ("0.0001", "100", "33.3333"):
        assert (await coupon(world, percentOff=percent))["percentOff"] == percent
    assert (await coupon(world, code="x" * 64, maxUses=1))["code"] == "X" * 64


async def test_err_1_all_that_is_wrong_is_told_at_once(world: World) -> None:
    answer = await create(
        world,
        name="",
        code="?",
        percentOff="1.00001",
        maxUses=0,
        startsAt="soon",
        limitToItemIds=["x", "prod_01jd0000000000000000000000"],
    )
    told = {tuple(error["field"][1:]): error["code"] for error in answer.payload["userErrors"]}
    assert told == {
        ("name",): "FIELD_REQUIRED",
        ("code",): "INVALID_FORMAT",
        ("percentOff",): "PERCENT_PRECISION",
        ("maxUses",): "INVALID_FIELD",
        ("startsAt",): "INVALID_FORMAT",
        ("limitToItemIds", "0"): "INVALID_ID",
        ("limitToItemIds", "1"): "RESOURCE_NOT_FOUND",
    }


async def test_dsc_2_a_code_in_use_is_refused_whatever_its_case_until_its_coupon_is_deleted(
    world: World,
) -> None:
    first = await coupon(world, code="SPRING20")
    again = await create(world, name="Other", code="sprinG20")
    assert again.codes == ["COUPON_CODE_ALREADY_EXISTS"]
    assert again.payload["userErrors"][0]["field"] == ["input", "code"]
    assert await names(world) == ["Spring"]

    await delete(world, first["id"])
    assert (await coupon(world, name="Other", code="spring20"))["code"] == "SPRING20"


async def test_coupons_without_a_code_do_not_stand_in_each_others_way(world: World) -> None:
    assert (await coupon(world))["code"] is None
    assert (await coupon(world))["code"] is None


async def test_id_2_a_limit_to_an_unknown_or_foreign_item_is_not_found(world: World) -> None:
    product_id, variant_id = await product(world)
    stranger = world.caller(
        ActorKind.SECRET_KEY, world.actor.scopes, environment_id=world.merchant_id
    )
    answer = await world.graphql(
        CREATE,
        caller=stranger,
        input={"name": "Mine", "percentOff": "5", "limitToItemIds": [product_id, variant_id]},
    )
    assert answer.codes == ["RESOURCE_NOT_FOUND", "RESOURCE_NOT_FOUND"]
    assert [error["field"] for error in answer.payload["userErrors"]] == [
        ["input", "limitToItemIds", "0"],
        ["input", "limitToItemIds", "1"],
    ]


async def test_idm_5_a_repeated_key_makes_one_coupon(world: World) -> None:
    input = {"name": "Spring", "percentOff": "20", "code": "ONCE"}
    first = await world.graphql(CREATE, header="key-1", input=input)
    again = await world.graphql(CREATE, header="key-1", input=input)
    assert again.payload == first.payload
    assert again.extensions == {"idempotency": {"replayed": True}}
    assert await names(world) == ["Spring"]


async def test_a_browser_may_neither_make_nor_find_coupons(world: World) -> None:
    made = await coupon(world, code="SECRET")
    answer = await world.graphql(
        CREATE, caller=world.browser, input={"name": "Mine", "percentOff": "100"}
    )
    assert (answer.data, answer.top_codes) == ({"createCoupon": None}, ["FORBIDDEN"])
    read = await world.graphql(
        'query ($id: ID!) { coupon(id: $id) { id } couponByCode(code: "SECRET") { id }'
        " coupons { totalCount } node(id: $id) { id } }",
        caller=world.browser,
        id=made["id"],
    )
    assert read.data == dict.fromkeys(("coupon", "couponByCode", "coupons", "node"))
    assert read.top_codes == ["FORBIDDEN"] * 4
