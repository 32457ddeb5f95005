"""Discounts by hand, and coupons that are tried, through the graph."""

from typing import Any

from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from tests.graph.shop import Shop, money, open_shop
from tests.world import Answer, World

GIVE = """
mutation ($input: AddDiscountInput!) { addDiscount(input: $input) {
  order { netAmounts { discount { amount } } appliedDiscounts {
    source name couponCode coupon { id } scope percent amountOff { amount } allocation
    amount { amount } applied { amount } status reason
    allocations { amount { amount } lineItem { name } } lineItems { name }
  } }
  userErrors { code field }
} }
"""
TRY = """
query ($input: PreviewCouponInput!) { previewCoupon(input: $input) {
  applied { couponCode applied { amount } allocations { amount { amount } } }
  skipped { code name reason message }
  available { code name gap { amount currency } message }
  pricing { discount { amount } total { amount } }
  userErrors { code field }
} }
"""


async def opened(shop: Shop) -> Any:
    """Make an order of 1000 and 500 that anybody may discount."""
    lines = [
        {"name": "Wrap", "unitPrice": money(500), "quantity": 2},
        {"name": "Card", "unitPrice": money(500)},
    ]
    made = await shop.make("createOrder", "order { id lineItems { id } }", lineItems=lines)
    return made["order"]


async def give(shop: Shop, order: Any, **input: Any) -> Answer:
    return await shop.world.graphql(GIVE, input={"orderId": order["id"], "name": "Sorry", **input})


async def try_(shop: Shop, order: Any, caller: Any = None, **input: Any) -> Answer:
    return await shop.world.graphql(TRY, caller=caller, input={"orderId": order["id"], **input})


async def test_dsc_12_a_discount_by_hand_is_shown_with_its_shares(world: World) -> None:
    shop = await open_shop(world, world.actor)
    order = await opened(shop)
    wrap, card = (line["id"] for line in order["lineItems"])
    whole = await give(shop, order, percent="10.5")
    assert (whole.errors, whole.codes) == ([], [])
    answer = await give(shop, order, amount=money(50), lineItemIds=[wrap, card])
    assert (answer.errors, answer.codes) == ([], [])
    assert answer.payload["order"]["netAmounts"]["discount"] == {"amount": 308}
    ten, each = answer.payload["order"]["appliedDiscounts"]
    assert ten == {
        "source": "MANUAL",
        "name": "Sorry",
        "couponCode": None,
        "coupon": None,
        "scope": "ORDER",
        "percent": "10.5",
        "amountOff": None,
        "allocation": None,
        "amount": {"amount": 158},
        "applied": {"amount": 158},
        "status": "PENDING",
        "reason": None,
        "allocations": [
            {"amount": {"amount": 105}, "lineItem": {"name": "Wrap"}},
            {"amount": {"amount": 53}, "lineItem": {"name": "Card"}},
        ],
        "lineItems": None,
    }
    assert (each["scope"], each["allocation"], each["amountOff"], each["applied"]) == (
        "LINE_ITEM",
        "EACH",
        {"amount": 50},
        {"amount": 150},
    )
    assert [line["name"] for line in each["lineItems"]] == ["Wrap", "Card"]


async def test_dsc_12_what_is_wrong_is_told_where_it_stands_and_buyers_may_not(
    world: World,
) -> None:
    shop = await open_shop(world, world.actor)
    order = await opened(shop)
    refused = await give(shop, order, amount=money(0), lineItemIds=["li_x"])
    assert sorted(zip(refused.codes, refused.paths, strict=True)) == [
        ("AMOUNT_OUT_OF_RANGE", ["input", "amount", "amount"]),
        ("INVALID_ID", ["input", "lineItemIds", "0"]),
    ]
    precise = await give(shop, order, percent="1.00001")
    assert (precise.codes, precise.paths) == (["PERCENT_PRECISION"], [["input", "percent"]])
    buyer = await world.graphql(
        GIVE,
        caller=shop.browser(order["id"]),
        input={"orderId": order["id"], "name": "Mine", "percent": "100"},
    )
    assert (buyer.data, buyer.top_codes) == ({"addDiscount": None}, ["FORBIDDEN"])


async def test_dsc_13_a_preview_of_coupons_is_answered_with_all_three_lists(world: World) -> None:
    shop = await open_shop(world, world.actor)
    order = await opened(shop)
    await shop.make(
        "createCoupon",
        "coupon { id }",
        name="Big",
        code="BIG",
        percentOff="5",
        minimumPurchase=money(2740),
    )
    answer = await try_(shop, order, codes=["spring20", "BIG", " guess "])
    assert answer.errors == []
    assert answer.payload == {
        "applied": [
            {
                "couponCode": "SPRING20",
                "applied": {"amount": 300},
                "allocations": [{"amount": {"amount": 200}}, {"amount": {"amount": 100}}],
            }
        ],
        "skipped": [
            {
                "code": "BIG",
                "name": "Big",
                "reason": "NOT_COMBINABLE",
                "message": "These coupons cannot be used together.",
            },
            {
                "code": "GUESS",
                "name": None,
                "reason": "CODE_INVALID",
                "message": "There is no such coupon.",
            },
        ],
        "available": [],
        "pricing": {"discount": {"amount": 300}, "total": {"amount": 1308}},
        "userErrors": [],
    }
    near = (await try_(shop, order)).payload
    assert near["applied"] == []
    assert near["available"] == [
        {
            "code": "BIG",
            "name": "Big",
            "gap": {"amount": 1240, "currency": "USD"},
            "message": "Spend 12.40 USD more to use it.",
        },
        {
            "code": "SPRING20",
            "name": "Spring",
            "gap": {"amount": 0, "currency": "USD"},
            "message": "It can be applied now.",
        },
    ]
    mine = await try_(shop, order, caller=shop.browser(order["id"]))
    assert (mine.payload["skipped"], mine.payload["available"]) == ([], [])


async def test_dsc_13_the_coupons_of_a_shop_are_shown_to_none_who_may_not_read_them(
    world: World,
) -> None:
    shop = await open_shop(world, world.actor)
    order = await opened(shop)
    caller = world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - {"commerce.promotions.read"})
    unnamed = await try_(shop, order, caller=caller)
    assert (unnamed.codes, unnamed.paths) == (["FIELD_REQUIRED"], [["input", "codes"]])
    assert (await try_(shop, order, caller=caller, codes=["SPRING20"])).codes == []
    line = order["lineItems"][0]["id"]
    browser = shop.browser(order["id"])
    narrowed = await try_(shop, order, caller=browser, codes=["A"], lineItemIds=[line])
    assert narrowed.top_codes == ["FORBIDDEN"]
    other = await try_(shop, await opened(shop), caller=browser, codes=["A"])
    assert (other.codes, other.paths) == (["RESOURCE_NOT_FOUND"], [["input", "orderId"]])
