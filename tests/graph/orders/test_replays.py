"""Idempotency keys on mutations: replays, secrets, reuse, bad keys (IDM-1 to IDM-12)."""

from typing import Any
from uuid import uuid4

import pytest

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import Actor, ActorKind
from tests.graph.orders import documents as send
from tests.world import Answer, World

CART = """
mutation Cart($input: CreateOrderInput!, $key: String!) { createOrder(input: $input)
  @idempotent(key: $key) { order { id version } clientSecret userErrors { code field } } }
"""
ROTATE = """
mutation($input: RotateOrderSecretInput!, $key: String!) { rotateOrderSecret(input: $input)
  @idempotent(key: $key) { order { id version } clientSecret userErrors { code } } }
"""
PAY = """
mutation Pay($input: PayInput!, $key: String!) { pay(input: $input) @idempotent(key: $key) {
  order { id status } attempt { id status } userErrors { code message field retryable
  ... on PaymentError { failureCode attemptId attempt { id status failureCode } } } } }
"""
LINE = {"name": "Gift wrap", "unitPrice": {"amount": 1000, "currency": "USD"}}


async def an_order(world: World) -> str:
    made = await world.graphql(send.CREATE_ORDER, input={"lineItems": [LINE]})
    return made.payload["order"]["id"]


async def pay(world: World, order_id: str, key: str, token: str = "tok_visa") -> Answer:
    source = [{"token": token}]
    return await world.graphql(PAY, key=key, input={"orderId": order_id, "sources": source})


def is_replay(answer: Answer) -> bool:
    return bool(answer.extensions.get("idempotency", {}).get("replayed", False))


async def test_idm_9_a_replay_of_a_browsers_order_gives_its_secret_again(world: World) -> None:
    key, variables = str(uuid4()), {"currency": "USD"}
    first = await world.graphql(CART, caller=world.browser, key=key, input=variables)
    again = await world.graphql(CART, caller=world.browser, key=key, input=variables)
    assert first.codes == again.codes == []
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert first.payload["clientSecret"].startswith("og_order_")
    assert again.payload == first.payload
    other = await world.graphql(CART, caller=world.browser, key=str(uuid4()), input=variables)
    assert other.payload["order"]["id"] != first.payload["order"]["id"]
    assert other.payload["clientSecret"] != first.payload["clientSecret"]


async def test_idm_9_once_the_secret_was_replaced_a_replay_opens_nothing(world: World) -> None:
    browser, key = world.browser, str(uuid4())
    made = await world.graphql(CART, caller=browser, key=key, input={"currency": "USD"})
    order_id = made.payload["order"]["id"]
    customer = await world.graphql(send.CREATE_CUSTOMER, input={"email": "a@example.com"})
    linked = await world.graphql(
        send.UPDATE, input={"orderId": order_id, "customerId": customer.payload["customer"]["id"]}
    )
    assert linked.codes == []
    fresh = world.caller(ActorKind.PUBLISHABLE_KEY, BUYER_SCOPES)
    fresh.principal = browser.principal
    again = await world.graphql(CART, caller=fresh, key=key, input={"currency": "USD"})
    assert (again.payload["order"], again.payload["clientSecret"]) == (None, None)
    assert is_replay(again)


async def test_idm_9_a_replay_of_a_rotation_gives_the_present_secret(world: World) -> None:
    order_id = await an_order(world)
    first = await world.graphql(ROTATE, key="k", input={"orderId": order_id})
    again = await world.graphql(ROTATE, key="k", input={"orderId": order_id})
    assert again.payload == first.payload
    assert is_replay(again)


async def test_idm_2_an_anonymous_browsers_key_is_a_uuid(world: World) -> None:
    refused = await world.graphql(CART, caller=world.browser, key="1", input={"currency": "USD"})
    assert refused.codes == ["IDEMPOTENCY_KEY_INVALID"]


async def test_idm_5_a_paid_order_is_replayed_on_its_present_state(world: World) -> None:
    order_id = await an_order(world)
    first = await pay(world, order_id, "k")
    assert (first.payload["order"]["status"], is_replay(first)) == ("PAID", False)
    await world.graphql(send.REFUND, key="r", input={"orderId": order_id})
    again = await pay(world, order_id, "k")
    assert (again.payload["order"]["status"], is_replay(again)) == ("REFUNDED", True)
    assert again.payload["attempt"] == first.payload["attempt"]


async def test_idm_5_a_decline_is_replayed_with_all_that_it_told(world: World) -> None:
    order_id = await an_order(world)
    first = await pay(world, order_id, "k", "tok_insufficientFunds")
    assert first.codes == ["PAYMENT_DECLINED"]
    (error,) = first.payload["userErrors"]
    attempt = first.payload["attempt"]
    assert error["failureCode"] == "insufficient_funds"
    assert error["attempt"] == {**attempt, "failureCode": "insufficient_funds"}
    assert error["attemptId"] == attempt["id"]
    again = await pay(world, order_id, "k", "tok_insufficientFunds")
    assert is_replay(again)
    assert again.payload == first.payload


async def test_pay_17_a_payment_in_the_way_is_shown(world: World) -> None:
    order_id = await an_order(world)
    waiting = await pay(world, order_id, "a", "tok_requires3ds")
    other = await pay(world, order_id, "b")
    assert other.codes == ["PAYMENT_IN_PROGRESS"]
    (error,) = other.payload["userErrors"]
    assert error["retryable"]
    assert error["attempt"]["id"] == waiting.payload["attempt"]["id"]
    assert error["attempt"]["status"] == "REQUIRES_ACTION"


async def test_idm_3_the_same_key_with_other_arguments_is_refused(world: World) -> None:
    order_id = await an_order(world)
    await pay(world, order_id, "k")
    reused = await pay(world, order_id, "k", "tok_mastercard")
    assert reused.codes == ["IDEMPOTENCY_KEY_REUSED"]


async def test_idm_3_the_selection_and_aliases_are_no_part_of_the_request(world: World) -> None:
    order_id = await an_order(world)
    document = """mutation($input: CloseOrderInput!) { a: closeOrder(input: $input)
      @idempotent(key: "k") { order { id status } userErrors { code } }
      b: closeOrder(input: $input) @idempotent(key: "k") { order { version status } userErrors
      { code } } }"""
    answer = await world.graphql(document, input={"orderId": order_id})
    assert answer.data["a"] == {"order": {"id": order_id, "status": "CLOSED"}, "userErrors": []}
    assert answer.data["b"] == {"order": {"version": 2, "status": "CLOSED"}, "userErrors": []}


async def test_ord_26_a_replay_of_closing_answers_and_another_closing_is_refused(
    world: World,
) -> None:
    order_id = await an_order(world)
    document = """mutation($input: CloseOrderInput!, $key: String!) { closeOrder(input: $input)
      @idempotent(key: $key) { order { version status } userErrors { code } } }"""
    first, again, other = [
        await world.graphql(document, key=key, input={"orderId": order_id, "reason": "Enough"})
        for key in ("one", "one", "two")
    ]
    closed = {"order": {"version": 2, "status": "CLOSED"}, "userErrors": []}
    assert (first.payload, again.payload) == (closed, closed)
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert other.codes == ["ORDER_CLOSED"]


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "tab\t", "ü"])
async def test_idm_1_a_key_is_1_to_255_visible_ascii_characters(world: World, key: str) -> None:
    order_id = await an_order(world)
    refused = await pay(world, order_id, key)
    assert refused.codes == ["IDEMPOTENCY_KEY_INVALID"]
    assert (await pay(world, order_id, "x" * 255)).codes == []


async def test_idm_12_the_header_stands_for_the_directive(world: World) -> None:
    document = """mutation($input: CreateOrderInput!) { createOrder(input: $input) {
      order { id } clientSecret userErrors { code } } }"""
    variables: dict[str, Any] = {"lineItems": [LINE]}
    first = await world.graphql(document, header="h", input=variables)
    again = await world.graphql(document, header="h", input=variables)
    assert again.payload == first.payload
    assert first.payload["clientSecret"] is not None
    assert is_replay(again)


async def test_idm_6_a_refusal_can_be_repeated_with_its_key(world: World) -> None:
    order_id = await an_order(world)
    bad = await world.graphql(PAY, key="k", input={"orderId": order_id})
    assert bad.codes == ["PAYMENT_SOURCE_REQUIRED"]
    assert bad.paths == [["input", "sources"]]
    assert (await pay(world, order_id, "k")).codes == []


async def test_idm_2_another_caller_s_key_is_another_key(world: World) -> None:
    order_id = await an_order(world)
    await pay(world, order_id, "k")
    other = world.caller(ActorKind.SECRET_KEY, world.actor.scopes)
    answer = await world.graphql(
        PAY,
        caller=other,
        key="k",
        input={"orderId": order_id, "sources": [{"token": "tok_visa"}]},
    )
    assert answer.codes == ["ORDER_ALREADY_PAID"]


def buyer_of(world: World, order_id: str) -> Actor:
    id = decode(Prefix.ORDER, order_id)
    return world.caller(ActorKind.BUYER, BUYER_SCOPES, order_id=id)


async def test_idm_5_a_buyer_gets_the_replay_of_its_own_payment(world: World) -> None:
    order_id = await an_order(world)
    buyer = buyer_of(world, order_id)
    wanted = {
        "orderId": order_id,
        "sources": [{"token": "tok_visa"}],
        "expectedOutstanding": {"amount": 1000, "currency": "USD"},
    }
    first = await world.graphql(PAY, caller=buyer, key="k", input=wanted)
    again = await world.graphql(PAY, caller=buyer, key="k", input=wanted)
    assert first.payload["order"]["status"] == "PAID"
    assert again.payload == first.payload
