"""Facts that reach orders which take no more commands: late money and late refunds (ORD-27)."""

from __future__ import annotations

import pytest

from ordergraph.commerce.auditing.auditing import audit
from ordergraph.commerce.orders import closing
from ordergraph.commerce.orders.lifecycle import (
    CloseKind,
    OrderAction,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderStatus,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.settling import Paid, settle, settle_attempt
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeStatus
from ordergraph.commerce.payments.sources import Completion, TokenSource
from ordergraph.commerce.refunds.lifecycle import RefundStatus
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.counter import Counter, ad_hoc, of, refused, usd
from tests.commerce.orders.processors import Failing, silent


async def given_up(counter: Counter, order: Order, source: TokenSource) -> Paid:
    """Begin a payment and have our side believe that it was canceled."""
    asked = await counter.pay(order, source, completion=Completion.PARTIAL_PAYMENT)
    assert asked.attempt
    canceled = ChargeOutcome(ChargeStatus.CANCELED, "gone")
    return await settle(counter.orders, counter.actor, order.id, asked.attempt.id, canceled)


async def come_late(counter: Counter, asked: Paid) -> None:
    """Have the processor charge an attempt that we gave up, and tell us twice."""
    assert asked.attempt
    environment = counter.world.environment_id
    outcome = await counter.orders.gateway.resume(environment, asked.attempt.id)
    assert outcome.status is ChargeStatus.SUCCEEDED
    for _ in range(2):
        await settle_attempt(counter.orders, counter.actor, asked.attempt.id, outcome)


@pytest.mark.parametrize(
    ("amount", "payment_status"),
    [(None, OrderPaymentStatus.PAID), (400, OrderPaymentStatus.PARTIALLY_PAID)],
)
async def test_ord_27_money_that_comes_after_the_order_was_canceled_is_counted_and_sells_nothing(
    counter: Counter, amount: int | None, payment_status: OrderPaymentStatus
) -> None:
    variant = await counter.variant(price=1000, units=5)
    coupon = await counter.coupon(max_uses=1, percent_off="0.0001")
    order = await counter.apply(await counter.order(of(variant)))
    source = TokenSource("tok_requires3ds", None if amount is None else usd(amount))
    asked = await given_up(counter, order, source)
    closed = await closing.close_order(counter.orders, counter.actor, order.id)
    told = await counter.events(order)
    await come_late(counter, asked)
    after = await counter.reload(order)
    money = amount or 1000
    assert (after.status, after.close_kind, after.closed_at) == (
        OrderStatus.CLOSED,
        CloseKind.CANCELED,
        closed.closed_at,
    )
    assert (after.paid_minor, after.net.balance, after.paid_at) == (money, 1000 - money, None)
    assert (after.payment_status, after.version) == (payment_status, closed.version + 1)
    assert [payment.amount for payment in after.payments] == [usd(money)]
    assert (await audit(counter.world.database, counter.world.environment_id)).findings == []
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)
    assert [each.type for each in (await counter.events(order))[len(told) :]] == ["UPDATED"]
    newest = (await counter.activities(order))[-1]
    assert (newest.type, newest.balance_delta_minor, newest.running_balance_minor) == (
        "payment",
        -money,
        after.net.balance,
    )


async def test_ord_27_money_that_comes_after_all_on_an_open_order_pays_it(
    counter: Counter,
) -> None:
    variant = await counter.variant(price=1000, units=5)
    order = await counter.order(of(variant, 2))
    asked = await given_up(counter, order, TokenSource("tok_requires3ds"))
    assert await counter.stock(variant) == (5, 0)
    await come_late(counter, asked)
    after = await counter.reload(order)
    assert (after.status, after.paid_minor) == (OrderStatus.PAID, 2000)
    assert await counter.stock(variant) == (3, 0)


async def test_ord_27_money_that_comes_after_all_leaves_another_payment_running(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    asked = await given_up(counter, order, TokenSource("tok_requires3ds", usd(400)))
    running = await counter.pay(order, token="tok_requires3ds")
    assert running.attempt
    await come_late(counter, asked)
    after = await counter.reload(order)
    assert (after.active_attempt_id, after.status) == (running.attempt.id, OrderStatus.OPEN)
    await counter.pay(order, resume_attempt_id=running.attempt.id)
    after = await counter.reload(order)
    assert (after.status, after.paid_minor, after.net.balance) == (OrderStatus.PAID, 1400, -400)


@pytest.mark.parametrize("succeeds", [True, False])
async def test_ord_27_money_that_comes_after_all_takes_over_what_another_payment_holds(
    counter: Counter, succeeds: bool
) -> None:
    variant, coupon = await counter.variant(price=1000, units=1), await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(of(variant)))
    asked = await given_up(counter, order, TokenSource("tok_requires3ds"))
    running = await counter.pay(order, token="tok_requires3ds")
    assert running.attempt
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((1, 1), 1)
    await come_late(counter, asked)
    after = await counter.reload(order)
    assert (after.status, after.active_attempt_id) == (OrderStatus.PAID, running.attempt.id)
    if succeeds:
        await counter.pay(order, resume_attempt_id=running.attempt.id)
    else:
        declined = ChargeOutcome(ChargeStatus.DECLINED, "declined")
        await settle_attempt(counter.orders, counter.actor, running.attempt.id, declined)
    after = await counter.reload(order)
    assert (after.status, after.net.credit) == (OrderStatus.PAID, 800 if succeeds else 0)
    assert after.inventory_exception is None
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((0, 0), 1)
    assert (await audit(counter.world.database, counter.world.environment_id)).findings == []


async def test_ord_27_money_that_comes_after_all_uses_the_coupon_again_if_it_is_there(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses=1)
    lucky, late = [await counter.apply(await counter.order(ad_hoc(1000))) for _ in range(2)]
    asked = await given_up(counter, late, TokenSource("tok_requires3ds"))
    assert await counter.uses(coupon) == 0
    await come_late(counter, asked)
    assert (await counter.reload(late)).paid_minor == 800
    assert await counter.uses(coupon) == 1
    told = await counter.pay(lucky)
    assert (told.order.total_minor, told.order.paid_minor) == (1000, 0)


async def test_ord_27_what_was_paid_beyond_a_sale_goes_back_after_the_sale_was_undone(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    asked = await given_up(counter, order, TokenSource("tok_requires3ds"))
    await counter.pay(order)
    await counter.refund(order)
    await come_late(counter, asked)
    after = await counter.reload(order)
    assert (after.status, after.net.credit) == (OrderStatus.REFUNDED, 1000)
    assert OrderAction.REFUND in after.next_actions
    returned = await counter.refund(order)
    assert (returned.order.status, returned.order.net.credit) == (OrderStatus.REFUNDED, 0)
    assert await counter.collected(order) == 0
    with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE):
        await counter.refund(order)


@pytest.mark.parametrize(
    ("token", "status", "refund_status", "refunded", "event", "activity"),
    [
        (
            "tok_visa",
            RefundStatus.SUCCEEDED,
            OrderRefundStatus.PARTIALLY_REFUNDED,
            300,
            "UPDATED",  # it was told as REFUNDED when it was under way
            "refund",
        ),
        (
            "tok_refundFail",
            RefundStatus.FAILED,
            OrderRefundStatus.NONE,
            0,
            "REFUND_FAILED",
            "refund_failed",
        ),
    ],
)
async def test_ord_27_a_refund_that_ends_after_the_order_is_closed_is_written_and_it_stays_closed(
    counter: Counter,
    token: str,
    status: RefundStatus,
    refund_status: OrderRefundStatus,
    refunded: int,
    event: str,
    activity: str,
) -> None:
    order = await counter.paid(ad_hoc(1000), token=token)
    mute = Failing(counter.orders.gateway, "refund", silent)
    await counter.refund(order, 300, orders=counter.with_gateway(mute))
    # Our own close waits for the refund: as if the order had been closed from outside.
    await counter.sql(
        "update orders set status = 'CLOSED', close_kind = 'ARCHIVED', closed_at = updated_at"
        " where id = :id",
        id=order.id,
    )
    counter.world.clock.advance(counter.orders.gateway.timeout * 3)
    await reconcile_refunds(counter.orders)
    after = await counter.reload(order)
    (refund,) = await counter.refunds(order)
    assert (refund.status, after.status) == (status, OrderStatus.CLOSED)
    assert (after.refund_status, after.refunded_minor, after.pending_refunds) == (
        refund_status,
        refunded,
        0,
    )
    told = (await counter.events(order))[-1]
    assert (told.type, told.status, told.balance) == (event, "CLOSED", after.net.balance)
    newest = (await counter.activities(order))[-1]
    assert (newest.type, newest.running_balance_minor) == (activity, after.net.balance)
    assert [payment.refunded.minor for payment in after.payments] == [refunded]
