"""Refunds as clients see them: their parts, their payments, previews and lists."""

from typing import Any

import pytest

from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.graph.orders import documents as send
from tests.graph.refunds.test_refunds import money
from tests.world import World

PARTS = """lineItems { lineItem { id name } quantity amount { amount } discount { amount }
  tax { amount } includedTax { amount } restocked } charges { chargeId amount { amount }
  tax { amount } } tips { tipId amount { amount } } tip { amount } tax { amount }
  flatTax { amount } returned { amount } taxBreakdowns { name percent inclusive tax { amount } }"""
REFUND = f"""mutation($input: RefundInput!) {{ refund(input: $input) @idempotent(key: "r") {{
  refund {{ id status amount {{ amount }} failed {{ amount }} {PARTS}
    paymentRefunds {{ payment {{ id kind }} amount {{ amount }} status failureReason }}
    order {{ id }} }}
  order {{ netAmounts {{ total {{ amount }} }} status }} userErrors {{ code field }} }} }}"""
PREVIEW = f"""query($input: RefundInput!) {{ previewRefund(input: $input) {{
  amount {{ amount }} {PARTS}
  payments {{ payment {{ id }} amount {{ amount }} }}
  netAmounts {{ total {{ amount }} balance {{ amount }} }} status refundStatus orderVersion
  userErrors {{ code field }} }} }}"""


async def a_sale(world: World) -> Any:
    """Sell 2 x 10.00 with 10 percent tax, mail for 3.00, paid with 15.00 cash and a card."""
    rate = await world.graphql(
        'mutation { createTaxRate(input: {name: "VAT", percent: "10"}) { userErrors { code } } }'
    )
    assert rate.codes == []
    made = await world.graphql(
        send.CREATE_ORDER,
        input={
            "lineItems": [{"name": "Wrap", "quantity": 2, "unitPrice": money(1000)}],
            "charges": [{"type": "SHIPPING", "name": "Mail", "amount": money(300)}],
        },
    )
    order = made.payload["order"]
    cash = {"cash": {"tendered": money(1500)}, "amount": money(1500)}
    for sources, more in (
        ([cash], {"completion": "PARTIAL_PAYMENT"}),
        ([{"token": "tok_visa"}], {}),
    ):
        wanted = {"orderId": order["id"], "sources": sources, **more}
        paid = await world.graphql(send.PAY, key=f"{order['id']}{len(more)}", input=wanted)
        assert paid.codes == []
    return paid.payload["order"] | {"lineItems": order["lineItems"]}


async def test_ref_12_a_refund_shows_what_it_took_and_where_it_went(world: World) -> None:
    order = await a_sale(world)
    charge = (
        await world.graphql("query($id: ID!) { order(id: $id) { charges { id } } }", id=order["id"])
    ).payload["charges"][0]["id"]
    input = {
        "orderId": order["id"],
        "lineItems": [{"lineItemId": order["lineItems"][0]["id"], "quantity": 1}],
        "charges": [{"chargeId": charge}],
    }
    shown = await world.graphql(PREVIEW, input=input)
    done = await world.graphql(REFUND, input=input)
    assert (shown.errors, done.errors, done.codes) == ([], [], [])
    refund = done.payload["refund"]
    assert (refund["status"], refund["amount"]["amount"], refund["failed"]["amount"]) == (
        "SUCCEEDED",
        1400,
        0,
    )
    assert refund["lineItems"] == [
        {
            "lineItem": {"id": order["lineItems"][0]["id"], "name": "Wrap"},
            "quantity": 1,
            "amount": {"amount": 1100},
            "discount": {"amount": 0},
            "tax": {"amount": 100},
            "includedTax": {"amount": 0},
            "restocked": 0,
        }
    ]
    assert refund["charges"] == [
        {"chargeId": charge, "amount": {"amount": 300}, "tax": {"amount": 0}}
    ]
    assert refund["taxBreakdowns"] == [
        {"name": "VAT", "percent": "10", "inclusive": False, "tax": {"amount": 100}}
    ]
    assert [
        (each["payment"]["kind"], each["amount"]["amount"], each["status"])
        for each in refund["paymentRefunds"]
    ] == [("TOKEN", 1000, "SUCCEEDED"), ("CASH", 400, "SUCCEEDED")]
    preview = shown.payload
    same = (set(refund) & set(preview)) - {"status"}
    assert {name: preview[name] for name in same} == {name: refund[name] for name in same}
    assert [(each["payment"]["id"], each["amount"]) for each in preview["payments"]] == [
        (each["payment"]["id"], each["amount"]) for each in refund["paymentRefunds"]
    ]
    assert preview["netAmounts"]["total"] == done.payload["order"]["netAmounts"]["total"]
    assert (preview["status"], preview["refundStatus"], preview["orderVersion"]) == (
        "PARTIALLY_REFUNDED",
        "PARTIALLY_REFUNDED",
        3,
    )


async def test_ref_39_a_preview_answers_the_errors_of_the_refund(world: World) -> None:
    order = await a_sale(world)
    for wanted, code, path in (
        ({"amount": money(2501)}, "REFUND_EXCEEDS_REFUNDABLE", ["input", "amount"]),
        ({"charges": []}, "FIELD_REQUIRED", ["input", "charges"]),
        ({"amount": money(0)}, "AMOUNT_OUT_OF_RANGE", ["input", "amount", "amount"]),
    ):
        input = {"orderId": order["id"], **wanted}
        with counted() as statements:
            shown = await world.graphql(PREVIEW, input=input)
        assert shown.payload["userErrors"] == [{"code": code, "field": path}]
        assert shown.payload["amount"] is None
        assert len(statements) <= 1
        refused = await world.graphql(REFUND, input=input)
        assert (refused.codes, refused.paths) == ([code], [path])


async def test_ref_40_the_tax_of_a_line_may_be_said_with_a_scope_of_its_own(world: World) -> None:
    order = await a_sale(world)
    line = {"lineItemId": order["lineItems"][0]["id"], "quantity": 1, "tax": money(0)}
    input = {"orderId": order["id"], "lineItems": [line]}
    scope = "commerce.refunds.tax_overrides.write"
    clerk = world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - {scope})
    for document in (REFUND, PREVIEW):
        refused = await world.graphql(document, caller=clerk, input=input)
        assert refused.top_codes == ["FORBIDDEN"]
    done = await world.graphql(REFUND, input=input)
    assert (done.codes, done.payload["refund"]["amount"]["amount"]) == ([], 1000)


async def test_refunds_are_listed_and_annotated(world: World) -> None:
    order = await a_sale(world)
    other = await a_sale(world)
    for sale, amount, reason in ((order, 100, "DUPLICATE"), (order, 900, None), (other, 500, None)):
        made = await world.graphql(
            send.REFUND,
            key=f"{amount}",
            input={"orderId": sale["id"], "amount": money(amount), "reason": reason},
        )
        assert made.codes == []
    last = made.payload["refund"]["id"]

    async def amounts(filter: Any, sort: Any = None) -> list[int]:
        found = await world.graphql(
            "query($f: RefundFilter, $s: RefundSort) { refunds(filter: $f, sort: $s) {"
            " totalCount nodes { amount { amount } order { id } } } }",
            f=filter,
            s=sort,
        )
        assert found.errors == []
        assert found.payload["totalCount"] == len(found.payload["nodes"])
        return [node["amount"]["amount"] for node in found.payload["nodes"]]

    by_amount = {"field": "AMOUNT", "direction": "ASC"}
    assert await amounts(None, by_amount) == [100, 500, 900]
    assert await amounts({"orderId": order["id"]}, by_amount) == [100, 900]
    assert await amounts({"minAmount": money(500), "maxAmount": money(899)}) == [500]
    assert await amounts({"minAmount": money(1, "EUR")}) == []
    assert await amounts({"reason": ["DUPLICATE"], "status": ["SUCCEEDED"]}) == [100]
    assert await amounts({"status": ["FAILED", "PARTIALLY_SUCCEEDED"]}) == []
    assert await amounts({"createdTo": "2020-01-01T00:00:00Z"}) == []
    change = (
        "mutation($input: UpdateRefundInput!) { updateRefund(input: $input) {"
        " refund { externalReferenceId metadata amount { amount } } userErrors { code field } } }"
    )
    changed = await world.graphql(
        change, input={"refundId": last, "externalReferenceId": "case 7", "metadata": {"a": "1"}}
    )
    assert changed.payload["refund"] == {
        "externalReferenceId": "case 7",
        "metadata": {"a": "1"},
        "amount": {"amount": 500},
    }
    assert await amounts({"query": "Case 7"}) == [500]
    nothing = await world.graphql(change, input={"refundId": last})
    assert nothing.codes == ["NO_FIELDS_TO_UPDATE"]


@pytest.mark.parametrize(
    ("filter", "code", "path"),
    [
        (
            {"minAmount": money(1), "maxAmount": money(2, "EUR")},
            "CURRENCY_MISMATCH",
            ("filter", "maxAmount", "currency"),
        ),
        ({"orderId": "nothing"}, "INVALID_ID", ("filter", "orderId")),
        ({"createdFrom": "today"}, "INVALID_FORMAT", ("filter", "createdFrom")),
    ],
)
async def test_a_filter_of_refunds_that_makes_no_sense_is_told(
    world: World, filter: Any, code: str, path: tuple[str, ...]
) -> None:
    found = await world.graphql(
        "query($f: RefundFilter) { refunds(filter: $f) { totalCount } }", f=filter
    )
    assert found.top_codes == [code]
    assert found.errors[0].original_error.field == path
    assert "the order" not in found.errors[0].message  # a list is of no order in particular
