"""Statuses of orders: each row of the table of domain 9.4, and the three that are derived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from ordergraph.commerce.orders import closing, editing, tipping
from ordergraph.commerce.orders.detailing import update_order
from ordergraph.commerce.orders.lifecycle import (
    FulfillmentStatus,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderStatus,
    derive_fulfillment,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments.sources import Completion, TokenSource
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, refused, usd
from tests.commerce.orders.processors import Failing, silent

PART = Completion.PARTIAL_PAYMENT
Step = Callable[[Counter, Order], Awaitable[object]]


def paying(amount: int | None = None, token: str = "tok_visa") -> Step:
    source = TokenSource(token, None if amount is None else usd(amount))
    return lambda counter, order: counter.pay(order, source, completion=PART)


def refunding(amount: int | None) -> Step:
    return lambda counter, order: counter.refund(order, amount)


async def close(counter: Counter, order: Order) -> None:
    await closing.close_order(counter.orders, counter.actor, order.id)


async def refund_silently(counter: Counter, order: Order) -> None:
    mute = Failing(counter.orders.gateway, "refund", silent)
    await counter.refund(order, 1000, orders=counter.with_gateway(mute))


async def reconcile(counter: Counter, _order: Order) -> None:
    counter.world.clock.advance(counter.orders.gateway.timeout * 3)
    await reconcile_refunds(counter.orders)


CLOSED, OPEN, PAID = OrderStatus.CLOSED, OrderStatus.OPEN, OrderStatus.PAID
PARTLY, REFUNDED = OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED
Shown = tuple[OrderStatus, OrderPaymentStatus, OrderRefundStatus, FulfillmentStatus]
PAYMENT, REFUND, SENT = OrderPaymentStatus, OrderRefundStatus, FulfillmentStatus
UNTOUCHED = (OPEN, PAYMENT.UNPAID, REFUND.NONE, SENT.NOT_FULFILLED)
JUST_PAID = (PAID, PAYMENT.PAID, REFUND.NONE, SENT.NOT_FULFILLED)
HALVED = (PARTLY, PAYMENT.PAID, REFUND.PARTIALLY_REFUNDED, SENT.NOT_FULFILLED)

ROWS: dict[str, list[tuple[Step, Shown]]] = {
    "paid": [(paying(), JUST_PAID)],
    "paid in parts": [
        (paying(400), (OPEN, PAYMENT.PARTIALLY_PAID, REFUND.NONE, SENT.NOT_FULFILLED)),
        (paying(), JUST_PAID),
    ],
    "declined": [(paying(token="tok_chargeDeclined"), UNTOUCHED)],
    "waiting": [
        (paying(token="tok_requires3ds"), (OPEN, PAYMENT.PENDING, REFUND.NONE, SENT.NOT_FULFILLED))
    ],
    "canceled": [(close, (CLOSED, PAYMENT.UNPAID, REFUND.NONE, SENT.CANCELED))],
    "refunded bit by bit": [
        (paying(), JUST_PAID),
        (refunding(400), HALVED),
        (refunding(None), (REFUNDED, PAYMENT.PAID, REFUND.REFUNDED, SENT.CANCELED)),
    ],
    "archived": [
        (paying(), JUST_PAID),
        (close, (CLOSED, PAYMENT.PAID, REFUND.NONE, SENT.NOT_FULFILLED)),
    ],
    "archived when partly refunded": [
        (paying(), JUST_PAID),
        (refunding(400), HALVED),
        (close, (CLOSED, PAYMENT.PAID, REFUND.PARTIALLY_REFUNDED, SENT.NOT_FULFILLED)),
    ],
    "a pending refund that arrives": [
        (paying(), JUST_PAID),
        (refund_silently, (REFUNDED, PAYMENT.PAID, REFUND.PENDING, SENT.CANCELED)),
        (reconcile, (REFUNDED, PAYMENT.PAID, REFUND.REFUNDED, SENT.CANCELED)),
    ],
    "a pending refund that fails": [
        (paying(token="tok_refundFail"), JUST_PAID),
        (refund_silently, (REFUNDED, PAYMENT.PAID, REFUND.PENDING, SENT.CANCELED)),
        (reconcile, JUST_PAID),
    ],
    "a deposit given back": [
        (paying(400), (OPEN, PAYMENT.PARTIALLY_PAID, REFUND.NONE, SENT.NOT_FULFILLED)),
        (
            refunding(100),
            (OPEN, PAYMENT.PARTIALLY_PAID, REFUND.PARTIALLY_REFUNDED, SENT.NOT_FULFILLED),
        ),
        (refunding(None), (OPEN, PAYMENT.PARTIALLY_PAID, REFUND.REFUNDED, SENT.NOT_FULFILLED)),
        (close, (CLOSED, PAYMENT.PARTIALLY_PAID, REFUND.REFUNDED, SENT.CANCELED)),
    ],
}


def shown(order: Order) -> Shown:
    return order.status, order.payment_status, order.refund_status, order.fulfillment_status


@pytest.mark.parametrize("row", ROWS)
async def test_ord_20_each_row_of_the_table_leads_where_it_says(counter: Counter, row: str) -> None:
    order = await counter.order(ad_hoc(1000))
    assert shown(order) == UNTOUCHED
    for step, expected in ROWS[row]:
        await step(counter, order)
        order = await assert_sound(counter, order)
        assert shown(order) == expected


async def test_ord_20_an_order_of_nothing_is_paid_without_a_payment(counter: Counter) -> None:
    order = await counter.order(ad_hoc(0))
    paid = await counter.pay(order, token="")
    assert shown(paid.order) == JUST_PAID
    assert (paid.order.payments, paid.attempt) == ([], None)


async def test_ord_20_a_refunded_order_refuses_every_mutation_and_a_closed_one_too(
    counter: Counter,
) -> None:
    refunded = (await counter.refund(await counter.paid(ad_hoc(1000)))).order
    closed = await counter.order(ad_hoc(1000))
    await close(counter, closed)
    closed = await counter.reload(closed)
    for order, code in ((refunded, ErrorCode.ORDER_REFUNDED), (closed, ErrorCode.ORDER_CLOSED)):
        orders, actor, id = counter.orders, counter.actor, order.id
        tip = tipping.NewTip(amount=usd(1))
        for mutation in (
            editing.add_line_items(orders, actor, id, [ad_hoc(1)]),
            tipping.add_tip(orders, actor, id, tip),
            update_order(orders, actor, id, {"buyerEmail": "b@example.com"}),
            closing.close_order(orders, actor, id),
            counter.pay(order),
        ):
            with refused(code):
                await mutation
        assert await counter.reload(order) == order


async def test_ord_22_nothing_to_hand_over_is_not_applicable(counter: Counter) -> None:
    empty = await counter.order(currency="USD")
    assert empty.fulfillment_status is FulfillmentStatus.NOT_APPLICABLE
    filled = await editing.add_line_items(counter.orders, counter.actor, empty.id, [ad_hoc(1000)])
    assert filled.fulfillment_status is FulfillmentStatus.NOT_FULFILLED
    (line,) = filled.line_items
    await counter.sql("update order_line_items set fulfillable = false where id = :id", id=line.id)
    paid = await counter.pay(filled)
    assert paid.order.fulfillment_status is FulfillmentStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("fulfillable", "canceled", "wholly_refunded", "expected"),
    [
        (False, False, False, FulfillmentStatus.NOT_APPLICABLE),
        (False, True, True, FulfillmentStatus.NOT_APPLICABLE),
        (True, False, False, FulfillmentStatus.NOT_FULFILLED),
        (True, True, False, FulfillmentStatus.CANCELED),
        (True, False, True, FulfillmentStatus.CANCELED),
    ],
)
def test_ord_22_fulfilment_follows_from_what_is_left_of_the_sale(
    fulfillable: bool, canceled: bool, wholly_refunded: bool, expected: FulfillmentStatus
) -> None:
    assert (
        derive_fulfillment(
            fulfillable=fulfillable, canceled=canceled, wholly_refunded=wholly_refunded
        )
        is expected
    )
