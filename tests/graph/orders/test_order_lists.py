"""Lists of orders and payments of parts through the graph: every field arrives."""

from typing import Any

import pytest

from tests.graph.orders import documents as send
from tests.graph.orders.test_orders import an_order, line, money
from tests.world import World

LIST = """query($filter: OrderFilter, $sort: OrderSort) { orders(filter: $filter, sort: $sort) {
  totalCount nodes { id } } }"""
PAY = """mutation($input: PayInput!) { pay(input: $input) {
  order { id status paymentStatus fulfillmentStatus
    netAmounts { paid { amount } balance { amount } }
    payments { amount { amount } change { amount } } }
  userErrors { code field } } }"""


async def listed(world: World, filter: dict[str, Any], **sort: str) -> list[str]:
    found = await world.graphql(LIST, filter=filter, sort=sort or None)
    assert found.payload["totalCount"] == len(found.payload["nodes"])
    return [node["id"] for node in found.payload["nodes"]]


async def test_9_7_every_field_of_the_filter_reaches_the_list(world: World) -> None:
    cheap = await an_order(world, externalReferenceId="till-7", source="POS")
    dear = await an_order(world, lineItems=[line(2500)], buyerEmail="jo@example.com")
    customer = await world.graphql(send.CREATE_CUSTOMER, input={"email": "sarah@example.com"})
    customers = await an_order(
        world, lineItems=[line(1500)], customerId=customer.payload["customer"]["id"]
    )
    await world.graphql(PAY, input={"orderId": customers, "sources": [{"token": "tok_visa"}]})
    everything = {cheap, dear, customers}
    far, past = "2100-01-01T00:00:00Z", "2000-01-01T00:00:00Z"
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, everything),
        ({"status": ["PAID"]}, {customers}),
        ({"paymentStatus": ["UNPAID"]}, {cheap, dear}),
        ({"refundStatus": ["NONE"]}, everything),
        ({"fulfillmentStatus": ["NOT_FULFILLED"]}, everything),
        ({"fulfillmentStatus": ["NOT_APPLICABLE", "CANCELED"]}, set()),
        ({"inventoryException": ["RESOLVED"]}, set()),
        ({"source": ["POS"]}, {cheap}),
        ({"customerId": customer.payload["customer"]["id"]}, {customers}),
        ({"externalReferenceId": "till-7"}, {cheap}),
        ({"query": "JO@"}, {dear}),
        ({"minTotal": money(1500)}, {dear, customers}),
        ({"maxTotal": money(1500)}, {cheap, customers}),
        ({"minTotal": money(0, "EUR")}, set()),
        ({"createdFrom": far}, set()),
        ({"createdTo": far}, everything),
        ({"updatedFrom": past}, everything),
        ({"updatedTo": past}, set()),
        ({"placed": False}, set()),
    ]
    for filter, expected in cases:
        assert set(await listed(world, filter)) == expected, filter
    assert await listed(world, {}, field="TOTAL", direction="ASC") == [cheap, customers, dear]
    assert await listed(world, {}, field="OUTSTANDING", direction="DESC") == [
        dear,
        cheap,
        customers,
    ]


@pytest.mark.parametrize(
    ("filter", "code", "path"),
    [
        (
            {"minTotal": money(1), "maxTotal": money(2, "EUR")},
            "CURRENCY_MISMATCH",
            ["filter", "maxTotal", "currency"],
        ),
        ({"minTotal": money(-1)}, "AMOUNT_OUT_OF_RANGE", ["filter", "minTotal", "amount"]),
        ({"updatedFrom": "yesterday"}, "INVALID_FORMAT", ["filter", "updatedFrom"]),
    ],
)
async def test_9_7_a_bad_bound_is_refused_where_it_is(
    world: World, filter: dict[str, Any], code: str, path: list[str]
) -> None:
    refused = await world.graphql(LIST, filter=filter)
    assert refused.top_codes == [code]
    (error,) = refused.errors
    assert list(getattr(error.original_error, "field", ())) == path


async def test_pay_3_parts_are_paid_through_the_graph(world: World) -> None:
    order = await an_order(world)

    async def pay(source: dict[str, Any], **more: Any) -> Any:
        return await world.graphql(PAY, input={"orderId": order, "sources": [source], **more})

    short = await pay({"token": "tok_visa", "amount": money(400)})
    assert (short.codes, short.paths) == (
        ["PAYMENT_AMOUNT_MISMATCH"],
        [["input", "sources", "0", "amount"]],
    )
    cash = {"cash": {"tendered": money(500)}, "amount": money(400)}
    part = await pay(cash, completion="PARTIAL_PAYMENT")
    assert part.codes == []
    assert part.payload["order"] == {
        "id": order,
        "status": "OPEN",
        "paymentStatus": "PARTIALLY_PAID",
        "fulfillmentStatus": "NOT_FULFILLED",
        "netAmounts": {"paid": {"amount": 400}, "balance": {"amount": 600}},
        "payments": [{"amount": {"amount": 400}, "change": {"amount": 100}}],
    }
    above = await pay({"token": "tok_visa", "amount": money(601)}, completion="PARTIAL_PAYMENT")
    assert above.codes == ["PAYMENT_EXCEEDS_BALANCE"]
    rest = await pay({"token": "tok_visa", "amount": money(600)})
    assert (rest.codes, rest.payload["order"]["status"]) == ([], "PAID")
