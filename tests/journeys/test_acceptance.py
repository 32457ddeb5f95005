"""The acceptance page over real HTTP: every document as it stands there, success and error."""

import asyncio
import json
import re
import subprocess
from typing import Any

import pytest

from tests.journeys.callers import Caller
from tests.journeys.documents import DOCUMENTS, PAGES
from tests.journeys.servers import ORDERGRAPH, House, Server, Shop, open_house
from tests.journeys.sockets import open_socket
from tests.journeys.stories import (
    dollars,
    figures,
    make_order,
    make_paid_order,
    make_variant,
    pay,
    refund,
)


def test_no_document_of_the_page_is_left_out() -> None:
    """Whoever adds a document to a page adds it to a test, where its name is sent."""
    assert set(DOCUMENTS) == {
        *("CreateProduct", "Shelf", "BySku", "Adjust"),
        *("CreateOrder", "Lines", "Line", "Gone", "TaxRate", "NoTaxRate", "Customer", "Coupon"),
        *("Apply", "Update", "Tip", "Pay", "Refund", "Close", "Order", "Orders"),
        *("Cart", "One", "All"),
    }


async def test_a_product_is_made_found_and_stocked(merchant: Caller) -> None:
    made = await merchant.send(
        DOCUMENTS["CreateProduct"],
        input={
            "name": "Organic Coffee Beans",
            "productType": "PHYSICAL",
            "defaultVariant": {
                "unitPrice": {"amount": 1999, "currency": "USD"},
                "sku": "COFFEE-ORG-12OZ",
                "initialQuantityAvailable": 500,
                "enforceInventoryLimit": True,
            },
        },
    )
    product = made.done["product"]
    variant = product["defaultVariant"]
    assert product["name"] == "Organic Coffee Beans"
    assert (product["status"], product["productType"]) == ("ACTIVE", "PHYSICAL")
    assert variant == {
        "id": variant["id"],
        "sku": "COFFEE-ORG-12OZ",
        "quantityAvailable": 500,
        "availableForSale": True,
        "unitPrice": {"amount": 1999, "currency": "USD"},
    }
    await make_variant(merchant)

    found = await merchant.send(DOCUMENTS["BySku"], sku="COFFEE-ORG-12OZ")
    assert found.payload == {
        "__typename": "ProductVariant",
        "id": variant["id"],
        "sku": "COFFEE-ORG-12OZ",
        "product": {"id": product["id"], "name": "Organic Coffee Beans"},
    }
    assert (await merchant.send(DOCUMENTS["BySku"], sku="NOBODY-SELLS-THIS")).payload is None

    shelf = (await merchant.send(DOCUMENTS["Shelf"], first=1)).payload
    assert shelf["totalCount"] == 2
    assert shelf["pageInfo"]["hasNextPage"] is True
    rest = (
        await merchant.send(DOCUMENTS["Shelf"], first=1, after=shelf["pageInfo"]["endCursor"])
    ).payload
    assert rest["pageInfo"]["hasNextPage"] is False
    names = [page["edges"][0]["node"]["name"] for page in (shelf, rest)]
    assert "Organic Coffee Beans" in names
    assert len(set(names)) == 2

    adjusted = await merchant.send(
        DOCUMENTS["Adjust"],
        input={
            "variantId": variant["id"],
            "quantityDelta": 50,
            "changeReason": "RECEIVED_STOCK",
            "note": "first delivery",
        },
    )
    assert adjusted.done["variant"] == {"id": variant["id"], "quantityAvailable": 550}
    adjustment = adjusted.done["adjustment"]
    assert adjustment["id"].startswith("iadj_")
    assert {**adjustment, "id": ""} == {
        "id": "",
        "quantityDelta": 50,
        "newQuantity": 550,
        "changeReason": "RECEIVED_STOCK",
        "note": "first delivery",
    }
    again = await merchant.send(
        DOCUMENTS["CreateProduct"],
        input={
            "name": "The same",
            "productType": "PHYSICAL",
            "defaultVariant": {"unitPrice": dollars(1), "sku": "COFFEE-ORG-12OZ"},
        },
    )
    assert again.codes == ["SKU_ALREADY_EXISTS"]
    assert again.paths == [["input", "defaultVariant", "sku"]]
    too_much = await merchant.send(
        DOCUMENTS["Adjust"],
        input={"variantId": variant["id"], "quantityDelta": -551, "changeReason": "DAMAGE"},
    )
    assert too_much.codes == ["INSUFFICIENT_STOCK"]


async def make_worked_example(merchant: Caller) -> Any:
    """Return the open order of the published worked example."""
    beans, mug = await make_variant(merchant, 1999), await make_variant(merchant, 2400)
    rate = await merchant.send(DOCUMENTS["TaxRate"], input={"name": "Sales tax", "percent": "8.99"})
    assert rate.done["taxRate"]["percent"] == "8.99"
    assert rate.done["taxRate"]["inclusive"] is False
    coupon = await merchant.send(
        DOCUMENTS["Coupon"], input={"name": "Spring", "code": "SPRING20", "percentOff": "20"}
    )
    assert coupon.done["coupon"]["code"] == "SPRING20"
    assert coupon.done["coupon"]["status"] == "ACTIVE"
    order = await make_order(
        merchant, {"variantId": beans.id, "quantity": 2}, {"variantId": mug.id, "quantity": 1}
    )
    assert order["number"] is not None
    assert (order["status"], order["source"], order["currency"]) == ("OPEN", "API", "USD")
    assert [line["variant"]["sku"] for line in order["lineItems"]] == [beans.sku, mug.sku]
    applied = await merchant.send(
        DOCUMENTS["Apply"], input={"orderId": order["id"], "code": "SPRING20"}
    )
    (discount,) = applied.done["order"]["appliedDiscounts"]
    assert {**discount, "id": ""} == {
        "id": "",
        "couponCode": "SPRING20",
        "applied": {"amount": 1280},
        "status": "PENDING",
    }
    return applied.done["order"]


async def test_the_worked_example_to_the_cent_from_open_to_refunded(merchant: Caller) -> None:
    order = await make_worked_example(merchant)
    assert figures(order) == {
        "subtotal": 6398,
        "discount": 1280,
        "tax": 460,
        "tip": 0,
        "total": 5578,
        "paid": 0,
        "refunded": 0,
        "balance": 5578,
    }
    paid = await merchant.send(
        DOCUMENTS["Pay"],
        key="worked-example",
        input={
            "orderId": order["id"],
            "sources": [{"token": "tok_visa"}],
            "buyerEmail": "sarah@example.com",
            "expectedOutstanding": {"amount": 5578, "currency": "USD"},
        },
    )
    assert (paid.done["order"]["status"], paid.done["order"]["paymentStatus"]) == ("PAID", "PAID")
    assert figures(paid.done["order"]) == {**figures(order), "paid": 5578, "balance": 0}
    attempt = paid.done["attempt"]
    assert (attempt["status"], attempt["pendingActions"]) == ("SUCCEEDED", [])

    part = await refund(merchant, order["id"], amount=dollars(1000), reason="REQUESTED_BY_CUSTOMER")
    assert part.done["refund"]["status"] == "SUCCEEDED"
    assert part.done["refund"]["amount"] == {"amount": 1000}
    assert part.done["order"]["status"] == "PARTIALLY_REFUNDED"
    after = figures(part.done["order"])
    assert (after["paid"], after["refunded"], after["balance"]) == (5578, 1000, 0)

    shown = (await merchant.send(DOCUMENTS["Order"], id=order["id"])).payload
    assert (shown["status"], shown["refundStatus"]) == ("PARTIALLY_REFUNDED", "PARTIALLY_REFUNDED")
    assert [each["amount"]["amount"] for each in shown["payments"]] == [5578]
    assert [each["amount"]["amount"] for each in shown["refunds"]] == [1000]
    told = [each["type"] for each in shown["activities"]["nodes"]]
    assert set(told) >= {"created", "discount_applied", "payment", "refund"}

    rest = await refund(merchant, order["id"])
    assert rest.done["order"]["status"] == "REFUNDED"
    assert rest.done["refund"]["amount"] == {"amount": 4578}
    assert figures(rest.done["order"])["balance"] == 0
    above = await refund(merchant, order["id"], amount=dollars(1))
    assert above.codes == ["REFUND_EXCEEDS_REFUNDABLE"]
    assert above.payload["refund"] is None


async def test_an_order_is_edited_tipped_and_closed(merchant: Caller) -> None:
    beans = await make_variant(merchant)
    customer = (
        await merchant.send(
            DOCUMENTS["Customer"], input={"email": "sarah@example.com", "name": "Sarah"}
        )
    ).done["customer"]
    assert (customer["email"], customer["name"]) == ("sarah@example.com", "Sarah")
    order = await make_order(
        merchant,
        {"variantId": beans.id, "quantity": 2},
        {"name": "Gift wrap", "quantity": 1, "unitPrice": dollars(300)},
        customerId=customer["id"],
    )
    first, wrap = order["lineItems"]
    assert first["gross"] == first["net"] == {"amount": 3998}
    assert (wrap["variant"], wrap["net"]) == (None, {"amount": 300})
    assert figures(order)["total"] == 4298
    named = {"orderId": order["id"]}

    more = await merchant.send(
        DOCUMENTS["Lines"],
        input={**named, "lineItems": [{"name": "Card", "unitPrice": dollars(250)}]},
    )
    assert figures(more.done["order"])["total"] == 4548
    fewer = await merchant.send(
        DOCUMENTS["Line"], input={**named, "lineItemId": first["id"], "quantity": 1}
    )
    assert figures(fewer.done["order"])["total"] == 2549
    without = await merchant.send(DOCUMENTS["Gone"], input={**named, "lineItemIds": [wrap["id"]]})
    assert figures(without.done["order"])["total"] == 2249
    tipped = await merchant.send(DOCUMENTS["Tip"], input={**named, "amount": dollars(200)})
    assert figures(tipped.done["order"])["tip"] == 200
    percent = await merchant.send(DOCUMENTS["Tip"], input={**named, "percent": "10"})
    assert figures(percent.done["order"])["tip"] == 425

    updated = await merchant.send(
        DOCUMENTS["Update"],
        input={
            **named,
            "buyerNote": "Ring twice.",
            "metadata": {"table": "4"},
            "shippingAddress": {
                "line1": "1 Main Street",
                "city": "Portland",
                "postalCode": "97201",
                "country": "US",
            },
            "expectedVersion": 6,
        },
    )
    assert updated.done["order"] == {
        "id": order["id"],
        "version": 7,
        "customer": {"id": customer["id"]},
    }
    stale = await merchant.send(
        DOCUMENTS["Update"], input={**named, "buyerNote": "Never mind.", "expectedVersion": 6}
    )
    assert stale.codes == ["VERSION_CONFLICT"]

    shown = (await merchant.send(DOCUMENTS["Order"], id=order["id"])).payload
    assert shown["customer"] == {"id": customer["id"], "email": "sarah@example.com"}
    assert shown["lineItems"][0]["variant"]["sku"] == beans.sku
    assert "PAY" in shown["nextActions"]

    listed = (await merchant.send(DOCUMENTS["Orders"])).payload
    assert [each["id"] for each in listed["nodes"]] == [order["id"]]
    assert listed["pageInfo"]["hasNextPage"] is False
    closed = await merchant.send(DOCUMENTS["Close"], input=named)
    assert closed.done["order"] == {"id": order["id"], "status": "CLOSED"}
    again = await merchant.send(DOCUMENTS["Close"], input=named)
    assert again.codes == ["ORDER_CLOSED"]
    assert (await merchant.send(DOCUMENTS["Orders"])).payload["nodes"] == []


async def test_a_tax_rate_counts_until_it_is_deleted(merchant: Caller) -> None:
    rate = (
        await merchant.send(
            DOCUMENTS["TaxRate"], input={"name": "VAT", "percent": "20", "inclusive": False}
        )
    ).done["taxRate"]
    line = {"name": "Tea", "unitPrice": dollars(1000)}
    assert figures(await make_order(merchant, line))["total"] == 1200
    gone = await merchant.send(DOCUMENTS["NoTaxRate"], input={"id": rate["id"]})
    assert gone.done["deletedId"] == rate["id"]
    assert figures(await make_order(merchant, line))["total"] == 1000
    twice = await merchant.send(DOCUMENTS["NoTaxRate"], input={"id": rate["id"]})
    assert twice.codes == ["RESOURCE_NOT_FOUND"]


async def test_the_whole_page_is_one_document_that_runs_the_operation_that_is_named(
    merchant: Caller,
) -> None:
    answer = await merchant.send(
        PAGES["orders"],
        operation="CreateOrder",
        input={"lineItems": [{"name": "Tea", "unitPrice": dollars(400)}]},
    )
    assert figures(answer.done["order"])["total"] == 400
    unnamed = await merchant.send(PAGES["orders"], input={})
    assert unnamed.top_codes == ["INVALID_FIELD"]


@pytest.mark.parametrize("token", ["tok_visa", "tok_mastercard", "pm_card_visa"])
async def test_tokens_that_succeed(merchant: Caller, token: str) -> None:
    order = await make_paid_order(merchant, token)
    assert order["status"] == "PAID"
    assert figures(order)["balance"] == 0


@pytest.mark.parametrize(
    "token",
    [
        *("tok_chargeDeclined", "tok_insufficientFunds", "tok_expiredCard"),
        *("tok_chargeDeclinedInsufficientFunds", "tok_chargeDeclinedExpiredCard"),
        *("tok_visa_chargeDeclined", "pm_card_visa_chargeDeclined"),
    ],
)
async def test_tokens_that_decline_leave_the_order_open_and_show_the_attempt(
    merchant: Caller, token: str
) -> None:
    order = await make_order(merchant, {"name": "Tea", "unitPrice": dollars(400)})
    answer = await pay(merchant, order["id"], token)
    assert answer.codes == ["PAYMENT_DECLINED"]
    assert answer.payload["attempt"]["status"] == "FAILED"
    assert answer.payload["order"]["status"] == "OPEN"
    assert figures(answer.payload["order"])["balance"] == 400
    assert (await pay(merchant, order["id"])).done["order"]["status"] == "PAID"


async def test_a_token_that_wants_an_action_succeeds_when_resumed(merchant: Caller) -> None:
    order = await make_order(merchant, {"name": "Tea", "unitPrice": dollars(400)})
    asked = (await pay(merchant, order["id"], "tok_requires3ds")).done
    assert (asked["order"]["status"], asked["attempt"]["status"]) == ("OPEN", "REQUIRES_ACTION")
    (action,) = asked["attempt"]["pendingActions"]
    assert action["clientSecret"]
    edit = await merchant.send(
        DOCUMENTS["Lines"],
        input={
            "orderId": order["id"],
            "lineItems": [{"name": "Milk", "unitPrice": dollars(1)}],
        },
    )
    assert edit.codes == ["ORDER_LOCKED_BY_PAYMENT"]
    resumed = await merchant.send(
        DOCUMENTS["Pay"],
        key="resumed",
        input={"orderId": order["id"], "resumeAttemptId": asked["attempt"]["id"]},
    )
    assert resumed.done["order"]["status"] == "PAID"
    assert resumed.done["attempt"] == {
        "id": asked["attempt"]["id"],
        "status": "SUCCEEDED",
        "pendingActions": [],
    }


async def test_a_token_that_takes_its_time_settles_by_itself(merchant: Caller) -> None:
    order = await make_order(merchant, {"name": "Tea", "unitPrice": dollars(400)})
    processing = (await pay(merchant, order["id"], "tok_processing")).done
    assert processing["attempt"]["status"] == "PROCESSING"
    assert processing["order"]["status"] == "OPEN"
    async with asyncio.timeout(60):
        while True:
            shown = (await merchant.send(DOCUMENTS["Order"], id=order["id"])).payload
            if shown["status"] == "PAID":
                break
            await asyncio.sleep(0.2)
    assert figures(shown)["balance"] == 0


async def test_a_refund_that_the_processor_refuses_leaves_the_order_paid(merchant: Caller) -> None:
    order = await make_paid_order(merchant, "tok_refundFail")
    answer = await refund(merchant, order["id"])
    assert answer.codes == ["REFUND_FAILED"]
    assert answer.payload["refund"]["status"] == "FAILED"
    assert answer.payload["order"]["status"] == "PAID"
    assert figures(answer.payload["order"])["refunded"] == 0


async def test_cash_and_money_from_elsewhere_pay_too(merchant: Caller) -> None:
    line = {"name": "Tea", "unitPrice": dollars(400)}
    for source in (
        {"cash": {"tendered": dollars(500)}},
        {"external": {"kind": "BANK_TRANSFER", "reference": "slip 12"}},
    ):
        order = await make_order(merchant, line)
        answer = await merchant.send(
            DOCUMENTS["Pay"],
            key=f"tender {order['id']}".replace(" ", "-"),
            input={"orderId": order["id"], "sources": [source]},
        )
        assert answer.done["order"]["status"] == "PAID"


async def test_lines_come_back_with_their_units(merchant: Caller) -> None:
    beans = await make_variant(merchant, 1000, stock=10)
    order = await make_order(merchant, {"variantId": beans.id, "quantity": 4})
    await pay(merchant, order["id"])
    line = order["lineItems"][0]["id"]
    answer = await refund(
        merchant, order["id"], lineItems=[{"lineItemId": line, "quantity": 1}], restock=True
    )
    assert answer.done["refund"]["amount"] == {"amount": 1000}
    shelf = (await merchant.send(DOCUMENTS["Shelf"])).payload
    (variant,) = shelf["edges"][0]["node"]["variants"]
    assert variant["quantityAvailable"] == 7


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("Lines", {"lineItems": [{"name": "Milk", "unitPrice": dollars(1)}]}),
        ("Line", {"lineItemId": ..., "quantity": 3}),
        ("Gone", {"lineItemIds": [...]}),
        ("Apply", {"code": "SPRING20"}),
        ("Tip", {"amount": dollars(1)}),
    ],
)
async def test_what_a_paid_order_sold_cannot_change(
    merchant: Caller, name: str, more: dict[str, Any]
) -> None:
    order = await make_order(merchant, {"name": "Tea", "unitPrice": dollars(400)})
    await pay(merchant, order["id"])
    line = order["lineItems"][0]["id"]
    more = {
        field: line if value is ... else [line] if value == [...] else value
        for field, value in more.items()
    }
    answer = await merchant.send(DOCUMENTS[name], input={"orderId": order["id"], **more})
    assert answer.codes == ["ORDER_NOT_MUTABLE"]
    assert answer.payload["order"] is None


async def make_cart(browser: Caller, variant_id: str) -> tuple[str, Caller]:
    """Return the id of a browser's order, and the browser with its secret."""
    key = "01930000-0000-7000-8000-000000000001"
    made = await browser.send(
        DOCUMENTS["Cart"],
        input={"lineItems": [{"variantId": variant_id, "quantity": 2}]},
        key=key,
    )
    order = made.done["order"]
    assert (order["number"], order["status"]) == (None, "OPEN")
    assert order["netAmounts"] == {"total": {"amount": 3998}, "balance": {"amount": 3998}}
    return order["id"], browser.with_secret(made.done["clientSecret"])


async def test_a_browser_makes_changes_and_pays_its_order(
    merchant: Caller, browser: Caller, server: Server
) -> None:
    beans = await make_variant(merchant)
    await merchant.send(
        DOCUMENTS["Coupon"], input={"name": "Half", "code": "HALF", "percentOff": "50"}
    )
    order_id, buyer = await make_cart(browser, beans.id)
    more = await buyer.send(
        DOCUMENTS["Lines"],
        input={"orderId": order_id, "lineItems": [{"variantId": beans.id, "quantity": 1}]},
    )
    assert figures(more.done["order"])["total"] == 5997
    applied = await buyer.send(DOCUMENTS["Apply"], input={"orderId": order_id, "code": "half"})
    balance = figures(applied.done["order"])["balance"]
    assert balance == 2998
    assert (await merchant.send(DOCUMENTS["Orders"])).payload["nodes"] == []

    unsaid = await pay(buyer, order_id)
    assert unsaid.codes == ["EXPECTED_OUTSTANDING_REQUIRED"]
    other = await pay(buyer, order_id, expectedOutstanding=dollars(balance - 1))
    assert other.codes == ["ORDER_CHANGED_REFRESH_REQUIRED"]
    paid = await pay(buyer, order_id, expectedOutstanding=dollars(balance))
    assert paid.done["order"]["status"] == "PAID"
    mine = await buyer.send(
        "query Mine($id: ID!) { order(id: $id) { number status } }", id=order_id
    )
    assert mine.payload["status"] == "PAID"
    assert mine.payload["number"] is not None


async def test_without_its_secret_or_with_a_wrong_one_an_order_does_not_exist(
    merchant: Caller, browser: Caller
) -> None:
    beans = await make_variant(merchant)
    order_id, buyer = await make_cart(browser, beans.id)
    seen = "query Mine($id: ID!) { order(id: $id) { status } }"
    assert (await buyer.send(seen, id=order_id)).payload == {"status": "OPEN"}
    for stranger in (browser, browser.with_secret("wrong"), browser.with_secret("o" * 43)):
        assert (await stranger.send(seen, id=order_id)).payload is None
        for name, more in (
            ("Lines", {"lineItems": [{"variantId": beans.id}]}),
            ("Apply", {"code": "NONE"}),
            ("Pay", {"sources": [{"token": "tok_visa"}], "expectedOutstanding": dollars(3998)}),
        ):
            variables: dict[str, Any] = {"input": {"orderId": order_id, **more}}
            if name == "Pay":
                variables["key"] = "anybody"
            answer = await stranger.send(DOCUMENTS[name], **variables)
            assert answer.codes == ["RESOURCE_NOT_FOUND"], name
            assert answer.paths == [["input", "orderId"]], name


@pytest.mark.parametrize(
    "more",
    [
        {"lineItems": [{"name": "Free beer", "unitPrice": dollars(0)}]},
        {"lineItems": [{"variantId": ..., "unitPrice": dollars(1)}]},
        {"lineItems": [{"variantId": ...}], "customerId": "cus_01m7y8j6kfeewacd0yz3qkvh80"},
        {"lineItems": [{"variantId": ...}], "source": "POS"},
        {"lineItems": [{"variantId": ...}], "metadata": {"a": "b"}},
    ],
)
async def test_a_browser_may_not_send_what_is_the_merchants(
    merchant: Caller, browser: Caller, more: dict[str, Any]
) -> None:
    beans = await make_variant(merchant)
    wanted = json.loads(json.dumps(more, default=lambda _: beans.id))
    answer = await browser.send(DOCUMENTS["Cart"], input=wanted, key="forbidden-1")
    assert answer.top_codes == ["FORBIDDEN"]
    assert answer.body["data"] == {"createOrder": None}
    everything = "{ orders(filter: {placed: null}) { nodes { id } } }"
    assert (await merchant.send(everything)).payload["nodes"] == []


@pytest.mark.parametrize(
    "source",
    [
        {"cash": {"tendered": dollars(3998)}},
        {"external": {"kind": "OTHER", "reference": "x"}},
    ],
)
async def test_a_browser_pays_with_neither_cash_nor_promises(
    merchant: Caller, browser: Caller, source: dict[str, Any]
) -> None:
    beans = await make_variant(merchant)
    order_id, buyer = await make_cart(browser, beans.id)
    answer = await buyer.send(
        DOCUMENTS["Pay"],
        input={
            "orderId": order_id,
            "sources": [source],
            "expectedOutstanding": dollars(3998),
        },
        key="tender",
    )
    assert answer.top_codes == ["FORBIDDEN"]
    shown = (await merchant.send(DOCUMENTS["Order"], id=order_id)).payload
    assert (shown["status"], shown["payments"]) == ("OPEN", [])


async def test_a_browser_gets_nothing_that_is_the_merchants_alone(browser: Caller) -> None:
    for name, variables in (
        ("Orders", {}),
        ("Customer", {"input": {"email": "a@example.com"}}),
        ("Coupon", {"input": {"name": "Free", "code": "FREE", "percentOff": "100"}}),
        ("TaxRate", {"input": {"name": "None", "percent": "0"}}),
        ("Refund", {"input": {"orderId": "ord_01m7y8j6kfeewacd0yz3qkvh80"}, "key": "r"}),
    ):
        assert (await browser.send(DOCUMENTS[name], **variables)).top_codes == ["FORBIDDEN"], name


async def test_browsers_of_any_origin_read_answers_and_secret_keys_get_no_cors(
    merchant: Caller, browser: Caller, server: Server, house: House
) -> None:
    origin = {"origin": "https://shop.example"}
    asked = await house.http.options(
        server.url,
        headers={
            **origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,ordergraph-order-secret",
        },
    )
    assert asked.status_code == 204
    assert "ordergraph-order-secret" in asked.headers["access-control-allow-headers"]
    shelf = await browser.send(DOCUMENTS["Shelf"], headers=origin)
    assert shelf.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in shelf.headers
    secret = await merchant.send(DOCUMENTS["Shelf"], headers=origin)
    assert "access-control-allow-origin" not in secret.headers


async def test_nobody_is_let_in_without_a_good_token(server: Server) -> None:
    for token in ("og_test_sk_" + "0" * 72, "nonsense"):
        answer = await server.caller(token).send(DOCUMENTS["Shelf"])
        assert answer.status == 401
        assert answer.top_codes == ["UNAUTHENTICATED"]
        assert answer.body["errors"][0]["extensions"]["requestId"]


async def test_the_documents_of_the_pushes_show_a_purchase_step_by_step(
    merchant: Caller, server: Server, shop: Shop
) -> None:
    async with open_socket(server.socket_url, shop.secret_key) as socket:
        everything = await socket.subscribe(DOCUMENTS["All"])
        await everything.quiet(0.3)
        order = await make_order(merchant, {"name": "Tea", "unitPrice": dollars(400)})
        one = await socket.subscribe(DOCUMENTS["One"], id=order["id"])
        assert (await one.next())["type"] == "SNAPSHOT"
        await merchant.send(
            DOCUMENTS["Lines"],
            input={
                "orderId": order["id"],
                "lineItems": [{"name": "Milk", "unitPrice": dollars(50)}],
            },
        )
        await pay(merchant, order["id"], "tok_chargeDeclined")
        await pay(merchant, order["id"])
        await refund(merchant, order["id"], amount=dollars(100))
        await merchant.send(DOCUMENTS["Close"], input={"orderId": order["id"]})
        told = await everything.take(6)
        assert [each["type"] for each in told] == [
            *("CREATED", "UPDATED", "PAYMENT_FAILED", "PAID", "REFUNDED", "CLOSED")
        ]
        assert [each["version"] for each in told] == [1, 2, 3, 4, 5, 6]
        assert [each["balance"]["amount"] for each in told] == [400, 450, 450, 0, 0, 0]
        assert told[3]["order"]["number"] == order["number"]
        assert [each["type"] for each in await one.take(5)] == [each["type"] for each in told[1:]]


def test_a_merchant_and_a_key_are_made_while_the_server_runs(house: House, server: Server) -> None:
    made = json.loads(house.run("merchant", "create", "--name", "X", "--currency", "EUR"))
    assert set(made) == {"merchantId", "environments"}
    assert made["merchantId"].startswith("mer_")
    assert [set(each) for each in made["environments"]] == [
        {"id", "mode", "secretKey", "publishableKey"}
    ] * 2
    assert {each["mode"] for each in made["environments"]} == {"SANDBOX", "LIVE"}


async def test_the_command_lines_keys_open_what_they_say(house: House, server: Server) -> None:
    made = json.loads(house.run("merchant", "create", "--name", "X"))
    sandbox = next(each for each in made["environments"] if each["mode"] == "SANDBOX")
    merchant = server.caller(sandbox["secretKey"])
    assert (await merchant.send(DOCUMENTS["Shelf"])).payload["totalCount"] == 0
    issued = json.loads(
        house.run(
            *("key", "create", "--environment", sandbox["id"]),
            *("--scopes", "commerce.orders.read,commerce.orders.write"),
        )
    )
    assert set(issued) == {"id", "token", "scopes"}
    assert issued["scopes"] == ["commerce.orders.read", "commerce.orders.write"]
    clerk = server.caller(issued["token"])
    assert (await clerk.send(DOCUMENTS["Orders"])).payload["nodes"] == []
    refused = await clerk.send(DOCUMENTS["Shelf"])
    assert refused.top_codes == ["FORBIDDEN"]
    page = json.loads(
        house.run("key", "create", "--environment", sandbox["id"], "--kind", "publishable")
    )
    shelf = await server.caller(page["token"]).send(DOCUMENTS["Shelf"])
    assert shelf.payload["edges"] == []


def test_the_schema_is_printed(house: House) -> None:
    printed = subprocess.run(
        [ORDERGRAPH, "schema", "export"], capture_output=True, text=True, check=True
    ).stdout
    for field in ("createProduct", "pay", "refund", "orderUpdated", "sellableBySku"):
        assert re.search(rf"^  {field}\(", printed, re.MULTILINE), field


async def test_the_demo_opens_with_the_same_keys_and_takes_its_postgres_along() -> None:
    async with open_house() as house:
        server = await house.start()
        first = house.demo
        assert set(first) == {"url", "secretKey", "publishableKey", "merchantId", "environmentId"}
        assert first["url"] == server.url
        for page in ("live", "ready"):
            answer = await house.http.get(f"{server.base}/health/{page}")
            assert answer.status_code == 200, page
        merchant = server.caller(first["secretKey"])
        shelf = (await merchant.send(DOCUMENTS["Shelf"], first=100)).payload
        skus = [variant["sku"] for edge in shelf["edges"] for variant in edge["node"]["variants"]]
        assert skus
        assert all(sku.startswith("DEMO-") for sku in skus)
        found = (await merchant.send(DOCUMENTS["BySku"], sku=skus[0])).payload
        assert found["sku"] == skus[0]
        sold = "{ coupons { nodes { id } } taxRates { nodes { id } } }"
        listed = (await merchant.send(sold)).data
        assert listed == {"coupons": {"nodes": []}, "taxRates": {"nodes": []}}
        assert server.stop() == 0
        assert not house.postmaster.exists()

        server = await house.start()
        assert {**house.demo, "url": ""} == {**first, "url": ""}
        assert house.demo["url"] == server.url
        again = await server.caller(first["secretKey"]).send(DOCUMENTS["Shelf"], first=100)
        assert again.payload["totalCount"] == shelf["totalCount"]
        assert server.stop() == 0
        assert not house.postmaster.exists()
