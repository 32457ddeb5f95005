"""The first sale: a product, an order, a coupon, a payment, refunds, to the cent."""

from dataclasses import dataclass
from typing import Any

from ordergraph.runtime.db.statements import counted
from tests.graph.orders import documents as send
from tests.world import Answer, World


def figures(order: Any) -> dict[str, int]:
    return {name: money["amount"] for name, money in order["netAmounts"].items()}


async def two_products(world: World) -> tuple[str, str]:
    variants: list[str] = []
    for name, price in (("Organic Coffee Beans", 1999), ("Mug", 2400)):
        answer = await world.graphql(
            send.CREATE_PRODUCT,
            input={
                "name": name,
                "productType": "PHYSICAL",
                "defaultVariant": {
                    "unitPrice": {"amount": price, "currency": "USD"},
                    "sku": f"SKU-{price}",
                    "initialQuantityAvailable": 10,
                    "enforceInventoryLimit": True,
                },
            },
        )
        assert answer.codes == []
        variants.append(answer.payload["product"]["defaultVariant"]["id"])
    return variants[0], variants[1]


@dataclass(frozen=True, slots=True)
class Sale:
    """An order of the worked example, paid, and what paying was answered."""

    order_id: str
    paid: Answer
    statements: int


async def sell(world: World) -> Sale:
    beans, mug = await two_products(world)
    await world.graphql(send.CREATE_TAX_RATE, input={"name": "Sales tax", "percent": "8.99"})
    await world.graphql(
        send.CREATE_COUPON, input={"name": "Spring", "code": "SPRING20", "percentOff": "20"}
    )
    customer = await world.graphql(
        send.CREATE_CUSTOMER, input={"email": "sarah@example.com", "name": "Sarah"}
    )
    lines = [{"variantId": beans, "quantity": 2}, {"variantId": mug, "quantity": 1}]
    with counted() as statements:
        made = await world.graphql(
            send.CREATE_ORDER,
            input={"customerId": customer.payload["customer"]["id"], "lineItems": lines},
        )
        assert made.codes == []
        order_id = made.payload["order"]["id"]
        applied = await world.graphql(send.APPLY, input={"orderId": order_id, "code": "spring20"})
        assert applied.codes == []
        paid = await world.graphql(
            send.PAY,
            key="pay-1",
            input={
                "orderId": order_id,
                "sources": [{"token": "tok_visa"}],
                "buyerEmail": "sarah@example.com",
                "expectedOutstanding": {"amount": 5578, "currency": "USD"},
            },
        )
    return Sale(order_id, paid, len(statements))


async def test_the_worked_example_to_the_cent(world: World) -> None:
    sale = await sell(world)
    assert sale.paid.codes == []
    assert sale.statements == 21  # a lease of numbers among them
    assert (sale.paid.payload["order"]["status"], sale.paid.payload["attempt"]["status"]) == (
        "PAID",
        "SUCCEEDED",
    )
    assert figures(sale.paid.payload["order"]) == {
        "subtotal": 6398,
        "discount": 1280,
        "tax": 460,
        "tip": 0,
        "total": 5578,
        "paid": 5578,
        "refunded": 0,
        "balance": 0,
    }


async def test_an_order_in_full_takes_six_statements(world: World) -> None:
    sale = await sell(world)
    refunded = await world.graphql(
        send.REFUND,
        key="r-1",
        input={"orderId": sale.order_id, "amount": {"amount": 1000, "currency": "USD"}},
    )
    assert refunded.codes == []
    assert refunded.payload["refund"]["status"] == "SUCCEEDED"
    assert figures(refunded.payload["order"]) == {
        "subtotal": 5252,
        "discount": 1051,
        "tax": 377,
        "tip": 0,
        "total": 4578,
        "paid": 5578,
        "refunded": 1000,
        "balance": 0,
    }
    with counted() as statements:
        whole = await world.graphql(send.ORDER, id=sale.order_id)
    assert whole.errors == []
    assert len(statements) <= 6, statements.texts
    order = whole.payload
    assert (order["status"], order["paymentStatus"], order["refundStatus"], order["version"]) == (
        "PARTIALLY_REFUNDED",
        "PAID",
        "PARTIALLY_REFUNDED",
        4,
    )
    assert order["nextActions"] == ["EDIT_NOTES", "REFUND", "CLOSE"]
    assert order["customer"]["email"] == "sarah@example.com"
    assert [line["variant"]["sku"] for line in order["lineItems"]] == ["SKU-1999", "SKU-2400"]
    assert [line["variant"]["product"]["name"] for line in order["lineItems"]] == [
        "Organic Coffee Beans",
        "Mug",
    ]
    assert [payment["amount"]["amount"] for payment in order["payments"]] == [5578]
    assert [refund["amount"]["amount"] for refund in order["refunds"]] == [1000]
    assert [entry["type"] for entry in order["activities"]["nodes"]] == [
        "created",
        "discount_applied",
        "payment",
        "refund",
    ]
