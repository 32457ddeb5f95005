"""The trials of concurrency C1, C3 and C4, over HTTP, against the gateway's own books."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any

from ordergraph.core.ids import Prefix, decode
from tests.journeys.callers import Answer, Caller
from tests.journeys.documents import DOCUMENTS
from tests.journeys.servers import House, Ledger
from tests.journeys.stories import dollars, make_order, make_paid_order, make_variant, pay, refund

ROUNDS = int(os.environ.get("ORDERGRAPH_ROUNDS", "20"))
BUYERS = 50
UNITS = 10
PAY = """mutation Pay($input: PayInput!) { pay(input: $input) { order { status }
  userErrors { code } } }"""
CREATE = """mutation Create($input: CreateOrderInput!) { createOrder(input: $input) {
  order { id } userErrors { code } } }"""


def outcomes(answers: list[Answer]) -> Counter[str]:
    """Count how requests ended: done, or by the code of their refusal."""
    return Counter(answer.codes[0] if answer.codes else "done" for answer in answers)


async def reach_payment(buyer: Caller, variant_id: str) -> str:
    """Make an order of one unit, ready to be paid."""
    made = await buyer.send(CREATE, input={"lineItems": [{"variantId": variant_id}]})
    return made.done["order"]["id"]


async def pay_now(buyer: Caller, order_id: str) -> Answer:
    return await buyer.send(PAY, input={"orderId": order_id, "sources": [{"token": "tok_visa"}]})


async def buy(buyer: Caller, variant_id: str) -> Answer:
    """Go from the shelf to the payment in one go."""
    made = await buyer.send(CREATE, input={"lineItems": [{"variantId": variant_id}]})
    return made if made.codes else await pay_now(buyer, made.done["order"]["id"])


async def check_stock(ledger: Ledger, variant_id: str) -> None:
    """Check that ten orders were charged, that nobody else was, and that the shelf is empty."""
    variant = decode(Prefix.VARIANT, variant_id)
    level = await ledger.rows(
        "SELECT on_hand, held FROM inventory_items WHERE variant_id = $1", variant
    )
    assert level == [{"on_hand": 0, "held": 0}]
    assert (
        await ledger.value("SELECT count(*) FROM inventory_holds WHERE variant_id = $1", variant)
        == 0
    )
    orders = await ledger.rows(
        "SELECT o.status, o.active_attempt_id, o.paid_minor, "
        "  (SELECT count(*) FROM sandbox_charges c WHERE c.order_id = o.id) AS charges, "
        "  (SELECT coalesce(sum(amount_minor), 0)::bigint FROM sandbox_charges c "
        "   WHERE c.order_id = o.id AND c.status = 'SUCCEEDED') AS charged "
        "FROM orders o JOIN order_line_items l ON l.order_id = o.id WHERE l.variant_id = $1",
        variant,
    )
    found = Counter(tuple(order.values()) for order in orders)
    assert found.pop(("PAID", None, 1999, 1, 1999)) == UNITS
    assert set(found) <= {("OPEN", None, 0, 0, 0)}


async def test_c1_of_fifty_buyers_of_the_last_ten_units_ten_pay_and_nobody_else_is_charged(
    merchant: Caller, house: House
) -> None:
    async with house.ledger() as ledger:
        for _ in range(ROUNDS):
            variant = await make_variant(merchant, stock=UNITS)
            answers = await asyncio.gather(*(buy(merchant, variant.id) for _ in range(BUYERS)))
            ended = outcomes(answers)
            assert ended.pop("done") == UNITS
            assert ended.total() == BUYERS - UNITS
            # Whoever comes late learns of the empty shelf before there is an order.
            assert set(ended) <= {"INVENTORY_UNAVAILABLE", "ITEM_NOT_AVAILABLE"}
            await check_stock(ledger, variant.id)


async def test_c1_of_fifty_who_all_reached_the_payment_ten_pay_and_nobody_else_is_charged(
    merchant: Caller, house: House
) -> None:
    async with house.ledger() as ledger:
        for _ in range(ROUNDS):
            variant = await make_variant(merchant, stock=UNITS)
            orders = await asyncio.gather(
                *(reach_payment(merchant, variant.id) for _ in range(BUYERS))
            )
            answers = await asyncio.gather(*(pay_now(merchant, order) for order in orders))
            assert outcomes(answers) == {"done": UNITS, "INVENTORY_UNAVAILABLE": BUYERS - UNITS}
            await check_stock(ledger, variant.id)


async def books(ledger: Ledger, order_id: str) -> dict[str, Any]:
    """Return what the gateway charged and gave back for an order."""
    rows = await ledger.rows(
        "SELECT c.status, c.amount_minor, c.refunded_minor, "
        "(SELECT count(*) FROM sandbox_refunds r WHERE r.charge_id = c.id) AS refunds "
        "FROM sandbox_charges c WHERE c.order_id = $1",
        decode(Prefix.ORDER, order_id),
    )
    assert len(rows) == 1, "charged once"
    return rows[0]


async def test_c3_of_two_full_refunds_at_once_one_is_made(merchant: Caller, house: House) -> None:
    async with house.ledger() as ledger:
        for _ in range(ROUNDS):
            order = await make_paid_order(merchant)
            answers = await asyncio.gather(*(refund(merchant, order["id"]) for _ in range(2)))
            assert outcomes(answers) == {"done": 1, "REFUND_EXCEEDS_REFUNDABLE": 1}
            assert await books(ledger, order["id"]) == {
                "status": "SUCCEEDED",
                "amount_minor": 2000,
                "refunded_minor": 2000,
                "refunds": 1,
            }
            shown = (await merchant.send(DOCUMENTS["Order"], id=order["id"])).payload
            assert shown["status"] == "REFUNDED"
            assert [each["amount"]["amount"] for each in shown["refunds"]] == [2000]


async def test_c3_two_full_refunds_with_one_key_are_the_same_refund(
    merchant: Caller, house: House
) -> None:
    async with house.ledger() as ledger:
        for _ in range(5):
            order = await make_paid_order(merchant)
            answers = await asyncio.gather(
                *(refund(merchant, order["id"], key=order["id"]) for _ in range(2))
            )
            late = await refund(merchant, order["id"], key=order["id"])
            made = {
                answer.payload["refund"]["id"] for answer in (*answers, late) if not answer.codes
            }
            assert len(made) == 1
            assert {code for answer in answers for code in answer.codes} <= {
                "IDEMPOTENCY_KEY_IN_PROGRESS"
            }
            assert (await books(ledger, order["id"]))["refunds"] == 1


async def test_c4_of_two_payments_of_one_order_at_once_one_is_charged(
    merchant: Caller, house: House
) -> None:
    async with house.ledger() as ledger:
        for _ in range(ROUNDS):
            tea = {"name": "Tea", "unitPrice": dollars(400)}
            order = await make_order(merchant, tea)
            answers = await asyncio.gather(*(pay(merchant, order["id"]) for _ in range(2)))
            ended = outcomes(answers)
            assert ended.pop("done") == 1
            assert ended in ({"PAYMENT_IN_PROGRESS": 1}, {"ORDER_ALREADY_PAID": 1})
            assert (await books(ledger, order["id"]))["amount_minor"] == 400
            shown = (await merchant.send(DOCUMENTS["Order"], id=order["id"])).payload
            assert shown["status"] == "PAID"
            assert [each["amount"]["amount"] for each in shown["payments"]] == [400]
