"""Refunds through the graph: payloads, paths, and failed ones that are kept (domain 15)."""

from typing import Any

import pytest

from tests.graph.orders import documents as send
from tests.world import World


def money(amount: int, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


async def a_paid_order(world: World, token: str = "tok_visa") -> Any:
    made = await world.graphql(
        send.CREATE_ORDER,
        input={"lineItems": [{"name": "Wrap", "quantity": 2, "unitPrice": money(1000)}]},
    )
    order = made.payload["order"]
    wanted = {"orderId": order["id"], "sources": [{"token": token}]}
    paid = await world.graphql(send.PAY, key="pay", input=wanted)
    assert paid.codes == []
    return order


async def test_ref_30_a_failed_refund_is_kept_and_the_order_is_paid_as_before(
    world: World,
) -> None:
    order = await a_paid_order(world, "tok_refundFail")
    failed = await world.graphql(send.REFUND, key="r", input={"orderId": order["id"]})
    assert failed.codes == ["REFUND_FAILED"]
    assert failed.payload["refund"]["status"] == "FAILED"
    assert failed.payload["order"]["status"] == "PAID"
    assert failed.payload["order"]["netAmounts"]["refunded"]["amount"] == 0
    again = await world.graphql(send.REFUND, key="r", input={"orderId": order["id"]})
    assert again.payload == failed.payload


async def test_ref_5_units_of_a_line(world: World) -> None:
    order = await a_paid_order(world)
    line = order["lineItems"][0]["id"]
    done = await world.graphql(
        send.REFUND,
        key="r",
        input={
            "orderId": order["id"],
            "lineItems": [{"lineItemId": line, "quantity": 1}],
            "reason": "DEFECTIVE_PRODUCT",
            "reasonMessage": "Torn",
            "metadata": {"ticket": "7"},
        },
    )
    assert done.codes == []
    assert done.payload["refund"]["amount"]["amount"] == 1000
    node = await world.graphql(
        "query($id: ID!) { node(id: $id) { ... on Refund { status reason reasonMessage metadata"
        " amount { amount currency } failureReason } } }",
        id=done.payload["refund"]["id"],
    )
    assert node.payload == {
        "status": "SUCCEEDED",
        "reason": "DEFECTIVE_PRODUCT",
        "reasonMessage": "Torn",
        "metadata": {"ticket": "7"},
        "amount": money(1000),
        "failureReason": None,
    }


@pytest.mark.parametrize(
    ("wanted", "code", "path"),
    [
        ({"amount": money(2001)}, "REFUND_EXCEEDS_REFUNDABLE", ["input", "amount"]),
        ({"amount": money(0)}, "AMOUNT_OUT_OF_RANGE", ["input", "amount", "amount"]),
        ({"amount": money(5, "EUR")}, "CURRENCY_MISMATCH", ["input", "amount", "currency"]),
        ({"lineItems": []}, "FIELD_REQUIRED", ["input", "lineItems"]),
        ({"lineItems": [], "amount": money(5)}, "CONFLICTING_FIELDS", ["input", "lineItems"]),
        (
            {"lineItems": [{"lineItemId": "nothing", "quantity": 1}]},
            "INVALID_ID",
            ["input", "lineItems", "0", "lineItemId"],
        ),
        ({"orderId": "nothing"}, "INVALID_ID", ["input", "orderId"]),
        ({"expectedVersion": 1}, "VERSION_CONFLICT", ["input", "expectedVersion"]),
    ],
)
async def test_bad_refunds_are_told_at_their_paths_and_nothing_moves(
    world: World, wanted: dict[str, Any], code: str, path: list[str]
) -> None:
    order = await a_paid_order(world)
    refused = await world.graphql(send.REFUND, key="r", input={"orderId": order["id"], **wanted})
    assert (refused.codes, refused.paths) == ([code], [path])
    assert (refused.payload["refund"], refused.payload["order"]) == (None, None)
    after = await world.graphql(send.ORDER, id=order["id"])
    assert (after.payload["status"], after.payload["version"]) == ("PAID", 2)
