"""Whole orders in one document: previews, checkouts, dry runs and their replays (CHK)."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from ordergraph.core.ids import Prefix
from tests.graph.shop import ADDRESS, Shop, money, open_shop
from tests.world import Answer, World

FIGURES = """
currency pricing { subtotal { amount } discount { amount } charge { amount } tax { amount }
  tip { amount } total { amount decimal } balance { amount } }
lineItems { id name quantity gross { amount } variant { id sku } }
appliedDiscounts { name couponCode applied { amount } } charges { name amount { amount } }
tips { percent amount { amount } } taxBreakdowns { name tax { amount } } taxStatus
"""
PREVIEW = f"""
query Preview($input: OrderDraftInput!) {{ previewOrder(input: $input) {{ {FIGURES}
  skippedCoupons {{ code reason errorCode message gap {{ amount }} }}
  shortLines {{ lineItemId requested available }} userErrors {{ code message field }} }} }}
"""
CHECKOUT = f"""
mutation Checkout($input: CheckoutOrderInput!, $key: String!) {{
  checkoutOrder(input: $input) @idempotent(key: $key) {{
    order {{ id number version status nextActions {FIGURES} payments {{ amount {{ amount }} }} }}
    attempt {{ id status failureCode pendingActions {{ type }} }} clientSecret
    preview {{ {FIGURES} skippedCoupons {{ code }} shortLines {{ lineItemId }} }}
    userErrors {{ code message field retryable
      ... on PaymentError {{ failureCode attempt {{ id status }} }}
      ... on StockError {{ lines {{ requested available }} }}
      ... on LimitError {{ limit {{ amount }} }} }} }} }}
"""
DECLINED = [{"token": "tok_chargeDeclined"}]
VISA = [{"token": "tok_visa"}]


@pytest.fixture
async def shop(world: World) -> Shop:
    return await open_shop(world, world.actor)


async def check_out(shop: Shop, key: str = "", caller: Any = None, **input: Any) -> Answer:
    return await shop.world.graphql(
        CHECKOUT, caller=caller or shop.owner, key=key or str(uuid4()), input=input
    )


def draft(shop: Shop, **more: Any) -> dict[str, Any]:
    lines = [{"variantId": shop.ids[Prefix.VARIANT], "quantity": 2}]
    return {"lineItems": lines, "couponCodes": ["spring20"], "tips": {"percent": "10"}, **more}


async def test_chk_1_browsers_preview_what_the_checkout_then_charges(shop: Shop) -> None:
    wanted = draft(shop, shippingAddress=ADDRESS)
    browser = shop.browser()
    seen = await shop.world.graphql(PREVIEW, caller=browser, input=wanted)
    assert seen.codes == []
    shown = dict(seen.payload)
    assert (shown.pop("skippedCoupons"), shown.pop("shortLines")) == ([], [])
    total = shown["pricing"]["total"]["amount"]
    paid = await check_out(
        shop, caller=browser, order=wanted, sources=VISA, expectedOutstanding=money(total)
    )
    assert paid.codes == []
    order = paid.payload["order"]
    assert (order["status"], order["version"]) == ("PAID", 1)
    assert paid.payload["clientSecret"].startswith("og_order_")
    assert paid.payload["attempt"]["status"] == "SUCCEEDED"
    assert [each["amount"]["amount"] for each in order["payments"]] == [total]
    for name in ("lineItems", "pricing"):
        drop(shown[name])
        drop(order[name])
    assert {name: order[name] for name in shown if name != "userErrors"} == {
        name: value for name, value in shown.items() if name != "userErrors"
    }


def drop(shown: Any) -> None:
    """Leave out what an order has of its own: the ids of lines, and what it still owes."""
    for each in shown if isinstance(shown, list) else [shown]:
        each.pop("id", None)
        each.pop("balance", None)


async def test_chk_2_a_preview_tells_the_coupons_that_do_not_count(shop: Shop) -> None:
    seen = await shop.world.graphql(PREVIEW, input=draft(shop, couponCodes=["nope", "SPRING20"]))
    (skipped,) = seen.payload["skippedCoupons"]
    assert (skipped["code"], skipped["reason"]) == ("NOPE", "CODE_INVALID")
    assert (skipped["errorCode"], skipped["gap"]) == ("COUPON_NOT_FOUND", None)
    assert [each["couponCode"] for each in seen.payload["appliedDiscounts"]] == ["SPRING20"]


async def test_chk_1_a_draft_that_is_refused_has_its_errors_and_no_figures(shop: Shop) -> None:
    seen = await shop.world.graphql(
        PREVIEW, input={"lineItems": [{"variantId": "x"}], "tips": [{"percent": "0"}]}
    )
    assert (seen.codes, seen.paths) == (
        ["INVALID_ID", "INVALID_FIELD"],
        [["input", "lineItems", "0", "variantId"], ["input", "tips", "0", "percent"]],
    )
    assert (seen.payload["currency"], seen.payload["pricing"]) == (None, None)


async def test_chk_1_a_merchants_draft_has_charges_and_discounts_by_hand(shop: Shop) -> None:
    wanted = draft(
        shop,
        couponCodes=None,
        tips=None,
        charges=[{"type": "SHIPPING", "name": "Mail", "amount": money(495)}],
        discounts=[{"name": "Sorry", "percent": "50"}, {"name": "Regular", "amount": money(99)}],
    )
    seen = await shop.world.graphql(PREVIEW, input=wanted)
    assert [each["applied"]["amount"] for each in seen.payload["appliedDiscounts"]] == [1999, 99]
    pricing = {name: each["amount"] for name, each in seen.payload["pricing"].items()}
    assert (pricing["subtotal"], pricing["discount"], pricing["charge"]) == (3998, 2098, 495)
    paid = await check_out(shop, order=wanted, sources=VISA)
    assert paid.codes == []
    assert paid.payload["order"]["pricing"]["total"]["amount"] == pricing["total"]
    wrong = await shop.world.graphql(
        PREVIEW, input={**wanted, "discounts": [{"name": "", "percent": "101"}]}
    )
    assert wrong.paths == [
        ["input", "discounts", "0", "percent"],
        ["input", "discounts", "0", "name"],
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("discounts", [{"name": "Mine", "percent": "50"}]),
        ("internalNote", "A regular."),
        ("source", "POS"),
        ("metadata", {"a": "b"}),
    ],
)
async def test_chk_1_a_browser_may_not_preview_what_it_may_not_order(
    shop: Shop, field: str, value: Any
) -> None:
    sent = draft(shop, **{field: value})
    seen = await shop.world.graphql(PREVIEW, caller=shop.browser(), input=sent)
    assert (seen.data, seen.top_codes) == ({"previewOrder": None}, ["FORBIDDEN"])


async def test_chk_5_a_declined_checkout_answers_its_attempt_and_no_order(shop: Shop) -> None:
    browser, key = shop.browser(), str(uuid4())
    seen = await shop.world.graphql(PREVIEW, caller=browser, input=draft(shop))
    total = money(seen.payload["pricing"]["total"]["amount"])
    sent = {"order": draft(shop), "sources": DECLINED, "expectedOutstanding": total}
    first = await check_out(shop, key, browser, **sent)
    assert first.codes == ["PAYMENT_DECLINED"]
    assert (first.payload["order"], first.payload["clientSecret"]) == (None, None)
    attempt = first.payload["attempt"]
    assert (attempt["status"], attempt["failureCode"]) == ("FAILED", "card_declined")
    assert first.payload["userErrors"][0]["attempt"] == {"id": attempt["id"], "status": "FAILED"}
    again = await check_out(shop, key, replace(browser, order_id=None), **sent)
    assert again.extensions["idempotency"] == {"replayed": True}
    assert again.payload == first.payload
    node = await shop.world.graphql(
        "query($id: ID!) { node(id: $id) { ... on PaymentAttempt { status } } }", id=attempt["id"]
    )
    assert node.payload == {"status": "FAILED"}


async def test_chk_9_a_replay_answers_the_same_order_and_its_secret(shop: Shop) -> None:
    key = str(uuid4())
    sent = {"order": draft(shop), "sources": VISA}
    first = await check_out(shop, key, **sent)
    again = await check_out(shop, key, **sent)
    assert (first.codes, again.payload) == ([], first.payload)
    assert again.extensions["idempotency"] == {"replayed": True}
    reused = await check_out(shop, key, order=draft(shop), sources=DECLINED)
    assert reused.codes == ["IDEMPOTENCY_KEY_REUSED"]


async def test_chk_9_the_same_key_at_once_has_one_effect(shop: Shop) -> None:
    key = str(uuid4())
    answers = await asyncio.gather(
        *(check_out(shop, key, order=draft(shop), sources=VISA) for _ in range(5))
    )
    made = {each.payload["order"]["id"] for each in answers if each.payload["order"]}
    codes = {code for each in answers for code in each.codes}
    assert (len(made), codes <= {"IDEMPOTENCY_KEY_IN_PROGRESS"}) == (1, True)


async def test_chk_8_a_dry_run_answers_a_preview_and_leaves_the_key(shop: Shop) -> None:
    key = str(uuid4())
    tried = await check_out(shop, key, order=draft(shop), sources=VISA, dryRun=True)
    assert (tried.codes, tried.payload["order"], tried.payload["attempt"]) == ([], None, None)
    paid = await check_out(shop, key, order=draft(shop), sources=VISA)
    assert paid.codes == []
    assert tried.payload["preview"]["pricing"]["total"] == paid.payload["order"]["pricing"]["total"]
    few = {"unitPrice": money(5), "initialQuantityAvailable": 3, "enforceInventoryLimit": True}
    made = await shop.make(
        "createProduct",
        "product { defaultVariant { id } }",
        name="Rare",
        productType="PHYSICAL",
        defaultVariant=few,
    )
    lines = [{"variantId": made["product"]["defaultVariant"]["id"], "quantity": 4}]
    for dry in (True, False):
        short = await check_out(shop, order={"lineItems": lines}, sources=VISA, dryRun=dry)
        assert short.codes == ["INVENTORY_UNAVAILABLE"]
        assert short.paths == [["input", "order", "lineItems", "0"]]
        assert short.payload["userErrors"][0]["lines"][0]["available"] == 3


async def test_chk_6_a_browser_acts_with_the_secret_and_resumes(shop: Shop) -> None:
    browser = shop.browser()
    seen = await shop.world.graphql(PREVIEW, caller=browser, input=draft(shop))
    total = money(seen.payload["pricing"]["total"]["amount"])
    waiting = await check_out(
        shop,
        caller=browser,
        order=draft(shop),
        sources=[{"token": "tok_requires3ds"}],
        expectedOutstanding=total,
    )
    assert waiting.codes == []
    order, attempt = waiting.payload["order"], waiting.payload["attempt"]
    assert (order["version"], order["number"], attempt["status"]) == (0, None, "REQUIRES_ACTION")
    assert order["nextActions"] == []
    assert [each["type"] for each in attempt["pendingActions"]] == ["PAYMENT_AUTHENTICATION"]
    listed = "{ orders { nodes { id } } }"
    before = await shop.world.graphql(listed)
    assert order["id"] not in [each["id"] for each in before.payload["nodes"]]
    found = await shop.world.graphql(
        "query($id: ID!) { order(id: $id) { id paymentStatus } }", id=order["id"]
    )
    assert found.payload == {"id": order["id"], "paymentStatus": "PENDING"}
    buyer = shop.browser(order["id"])
    paid = await shop.send(
        "pay",
        "order { id status number version }",
        caller=buyer,
        orderId=order["id"],
        resumeAttemptId=attempt["id"],
    )
    assert (paid.codes, paid.payload["order"]["version"]) == ([], 1)
    after = await shop.world.graphql(listed)
    assert order["id"] in [each["id"] for each in after.payload["nodes"]]


async def test_chk_6_a_resumed_payment_that_fails_answers_its_attempt_and_no_order(
    shop: Shop,
) -> None:
    waiting = await check_out(
        shop, order=draft(shop), sources=[{"token": "tok_requires3dsThenFails"}]
    )
    order, attempt = waiting.payload["order"], waiting.payload["attempt"]
    failed = await shop.send(
        "pay",
        "order { id } attempt { id status }",
        caller=shop.browser(order["id"]),
        orderId=order["id"],
        resumeAttemptId=attempt["id"],
    )
    assert failed.codes == ["PAYMENT_DECLINED"]
    assert failed.payload["order"] is None
    assert failed.payload["attempt"] == {"id": attempt["id"], "status": "FAILED"}
    gone = await shop.world.graphql("query($id: ID!) { order(id: $id) { id } }", id=order["id"])
    assert gone.data == {"order": None}
