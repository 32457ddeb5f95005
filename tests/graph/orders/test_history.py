"""Orders as they stood, and their ledger, as clients ask for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from tests.graph.orders.documents import CREATE_ORDER, CREATE_TAX_RATE
from tests.world import World

FULL = """
query Full($id: ID!, $asOf: DateTime) { order(id: $id, asOf: $asOf) {
  id number status paymentStatus refundStatus fulfillmentStatus source version currency
  netAmounts { ...A } pricing { ...A }
  lineItems { id name quantity gross { amount } discount { amount } tax { amount }
    refunded { amount } taxBreakdowns { taxable { amount } tax { amount } } }
  appliedDiscounts { id name couponCode applied { amount } status reason }
  charges { id name total { amount } } tips { id amount { amount } refunded { amount } status }
  taxStatus taxBreakdowns { name percent tax { amount } }
  buyerNote buyerEmail internalNote metadata placedAt paidAt closedAt closeKind createdAt updatedAt
  payments { id amount { amount } refunded { amount } }
  paymentAttempts { id status failureCode completedAt }
  refunds { id status amount { amount } completedAt }
  activities { nodes { id type balanceDelta { amount } runningBalance { amount } } totalCount }
  ledger { nodes { id type entries { account amount { amount } } payment { id } refund { id }
    version createdAt } totalCount }
  ledgerBalances { account amount { amount currency } }
} }
fragment A on OrderAmounts { subtotal { amount } discount { amount } charge { amount }
  tax { amount } includedTax { amount } tip { amount } total { amount } paid { amount }
  refunded { amount } balance { amount } }
"""
ACT = """
mutation Act($input: %sInput!) { %s(input: $input) { order { id version }
  userErrors { code message field } } }
"""
LEDGER = "query($id: ID!) { order(id: $id) { ledger { nodes { id } } ledgerBalances { account } } }"
TEA = {"name": "Tea", "quantity": 2, "unitPrice": {"amount": 1250, "currency": "USD"}}


async def act(world: World, name: str, **input: Any) -> None:
    kind = name[0].upper() + name[1:]
    answer = await world.graphql(ACT % (kind, name), input=input)
    assert answer.errors == []
    assert all(error["code"] == "PAYMENT_DECLINED" for error in answer.payload["userErrors"])


async def make(world: World) -> str:
    made = await world.graphql(CREATE_ORDER, input={"lineItems": [TEA]})
    order_id: str = made.payload["order"]["id"]
    return order_id


def now(world: World) -> str:
    return world.clock.now().isoformat()


def pay(token: str) -> dict[str, Any]:
    return {"sources": [{"token": token}]}


async def test_his_1_the_past_reads_exactly_as_the_present_did(world: World) -> None:
    await world.graphql(CREATE_TAX_RATE, input={"name": "Tax", "percent": "4"})
    order_id = await make(world)
    due = {"amount": 4000, "currency": "USD"}
    (line,) = (await world.graphql(FULL, id=order_id)).payload["lineItems"]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("updateOrder", {"buyerNote": "Ring twice", "metadata": {"a": "b"}}),
        ("addTip", {"amount": {"amount": 100, "currency": "USD"}}),
        ("updateLineItem", {"lineItemId": line["id"], "quantity": 3}),
        ("pay", {**pay("tok_chargeDeclined"), "expectedOutstanding": due}),
        ("pay", {**pay("tok_visa"), "expectedOutstanding": due}),
        ("refund", {"amount": {"amount": 700, "currency": "USD"}}),
        ("closeOrder", {"reason": "Done"}),
    ]
    remembered: dict[str, Any] = {}
    for name, input in [("", {}), *steps]:
        world.clock.advance(timedelta(seconds=1))
        if name:
            await act(world, name, orderId=order_id, **input)
        remembered[now(world)] = (await world.graphql(FULL, id=order_id)).payload
    for instant, shown in remembered.items():
        answer = await world.graphql(FULL, id=order_id, asOf=instant)
        assert answer.errors == []
        assert answer.payload == shown
    last: Any = list(remembered.values())[-1]
    assert last["status"] == "CLOSED"
    kinds = [each["type"] for each in last["ledger"]["nodes"]]
    assert kinds == ["SALE", "SALE", "SALE", "PAYMENT", "REFUND", "REFUND_SENT"]
    assert {each["account"]: each["amount"]["amount"] for each in last["ledgerBalances"]} == {
        "TENDER": 3300,
        "SALES": -3077,
        "TAX": -123,
        "TIP": -100,
    }


async def test_his_4_nothing_can_be_asked_of_the_past_and_what_is_no_past_is_refused(
    world: World,
) -> None:
    document = "query($id: ID!, $asOf: DateTime) { order(id: $id, asOf: $asOf) { nextActions } }"
    made = world.clock.now()
    order_id = await make(world)
    before = (made - timedelta(seconds=1)).isoformat()
    later = (made + timedelta(seconds=1)).isoformat()
    assert (await world.graphql(document, id=order_id, asOf=now(world))).payload == {
        "nextActions": []
    }
    assert (await world.graphql(document, id=order_id, asOf=before)).payload is None
    for instant, code in ((later, "INSTANT_IN_FUTURE"), ("yesterday", "INVALID_FORMAT")):
        answer = await world.graphql(document, id=order_id, asOf=instant)
        assert (answer.payload, answer.top_codes) == (None, [code])


@pytest.mark.parametrize("missing", ["payments.payment_intents.read"])
async def test_led_6_the_ledger_is_for_merchants_who_see_payments(
    world: World, missing: str
) -> None:
    order_id = await make(world)
    caller = world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - {missing})
    answer = await world.graphql(LEDGER, id=order_id, caller=caller)
    assert answer.payload == {"ledger": None, "ledgerBalances": None}
    assert answer.top_codes == ["FORBIDDEN", "FORBIDDEN"]
