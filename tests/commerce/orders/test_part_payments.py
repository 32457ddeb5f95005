"""Part payments: what is paid, what stays due, and what the order keeps until the rest comes."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from ordergraph.commerce.coupons.tables import CouponUseRow, CouponUseStatus
from ordergraph.commerce.orders import closing, detailing, editing
from ordergraph.commerce.orders.lifecycle import (
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderStatus,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.settling import Paid, settle, settle_attempt
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeStatus
from ordergraph.commerce.payments.sources import (
    CashSource,
    Completion,
    ExternalKind,
    ExternalSource,
    Source,
    TokenSource,
)
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
from tests.commerce.orders.counter import Counter, ad_hoc, of, refused, usd

PART = Completion.PARTIAL_PAYMENT
CARD = "tok_visa"


def card(minor: int, token: str = CARD, currency: str = "USD") -> TokenSource:
    return TokenSource(token, Money(minor, currency))


async def deposit(counter: Counter, order: Order, minor: int, token: str = CARD) -> Order:
    paid = await counter.pay(order, card(minor, token), completion=PART)
    assert paid.problem is None
    return paid.order


@pytest.mark.parametrize(
    "part",
    [
        card(400),
        CashSource(usd(500), usd(400)),
        ExternalSource(ExternalKind.CHECK, "17", None, usd(400)),
    ],
    ids=["card", "cash", "external"],
)
async def test_pay_3_a_part_leaves_the_order_open_and_the_rest_completes_it(
    counter: Counter, part: Source
) -> None:
    order = await counter.order(ad_hoc(1000))
    first = await counter.pay(order, part, completion=PART)
    assert first.attempt
    assert first.attempt.amount == usd(400)
    order = first.order
    assert (order.status, order.payment_status) == (
        OrderStatus.OPEN,
        OrderPaymentStatus.PARTIALLY_PAID,
    )
    assert (order.paid_minor, order.net.outstanding, order.paid_at) == (400, 600, None)
    assert [payment.amount for payment in order.payments] == [usd(400)]
    rest = await counter.pay(order, card(600))
    order = await counter.reload(order)
    assert rest.problem is None
    assert (order.status, order.payment_status, order.net.balance) == (
        OrderStatus.PAID,
        OrderPaymentStatus.PAID,
        0,
    )
    assert [payment.amount.minor for payment in order.payments] == [400, 600]
    assert [each.type for each in await counter.events(order)] == ["CREATED", "UPDATED", "PAID"]


async def test_ext_1_change_of_a_part_in_cash_is_what_was_tendered_beyond_the_part(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.PAYMENT_AMOUNT_MISMATCH):
        await counter.pay(order, CashSource(usd(399), usd(400)), completion=PART)
    paid = await counter.pay(order, CashSource(usd(1200), usd(400)), completion=PART)
    (payment,) = paid.order.payments
    assert (payment.amount, payment.tendered, payment.change) == (usd(400), usd(1200), usd(800))


@pytest.mark.parametrize(
    ("amount", "completion", "code", "field"),
    [
        (usd(999), Completion.COMPLETE_ORDER, ErrorCode.PAYMENT_AMOUNT_MISMATCH, ()),
        (usd(1001), Completion.COMPLETE_ORDER, ErrorCode.PAYMENT_EXCEEDS_BALANCE, ()),
        (usd(1001), PART, ErrorCode.PAYMENT_EXCEEDS_BALANCE, ()),
        (usd(0), PART, ErrorCode.AMOUNT_OUT_OF_RANGE, ("amount",)),
        (usd(-1), PART, ErrorCode.AMOUNT_OUT_OF_RANGE, ("amount",)),
        (Money(500, "EUR"), PART, ErrorCode.CURRENCY_MISMATCH, ("currency",)),
    ],
)
async def test_pay_3_an_amount_that_does_not_fit_is_refused_at_it_and_charges_nothing(
    counter: Counter,
    amount: Money,
    completion: Completion,
    code: ErrorCode,
    field: tuple[str, ...],
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(code) as found:
        await counter.pay(order, TokenSource(CARD, amount), completion=completion)
    assert found[0].field == ("sources", "0", "amount", *field)
    if code is ErrorCode.PAYMENT_EXCEEDS_BALANCE:
        assert isinstance(found[0], LimitProblem)
        assert found[0].limit == usd(1000)
    assert await counter.attempts(order) == []
    assert (await counter.reload(order)).version == order.version


async def test_pay_3_an_amount_of_all_that_is_due_completes_whatever_was_meant(
    counter: Counter,
) -> None:
    for completion in Completion:
        order = await counter.order(ad_hoc(1000))
        paid = await counter.pay(order, card(1000), completion=completion)
        assert paid.order.status is OrderStatus.PAID


async def test_pay_23_the_last_payment_that_an_order_takes_has_to_complete_it(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    for _ in range(19):
        await counter.pay(order, CashSource(usd(1), usd(1)), completion=PART)
    for source in (CashSource(usd(1), usd(1)), card(980)):
        with refused(ErrorCode.TOO_MANY_ITEMS) as found:
            await counter.pay(order, source, completion=PART)
        assert found[0].field == ("sources",)
    assert (await counter.reload(order)).paid_minor == len(await counter.attempts(order)) == 19
    paid = await counter.pay(order, card(981), completion=PART)
    assert (paid.order.status, len(paid.order.payments)) == (OrderStatus.PAID, 20)


async def test_pay_4_what_is_expected_is_all_that_is_due_and_not_the_part(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED):
        await counter.pay(order, card(400), completion=PART, expected_outstanding=usd(400))
    paid = await counter.pay(order, card(400), completion=PART, expected_outstanding=usd(1000))
    assert paid.order.paid_minor == 400


async def test_pay_22_a_part_keeps_stock_and_the_rest_takes_it_once(counter: Counter) -> None:
    variant = await counter.variant(price=100, units=5)
    order = await counter.order(of(variant, 3))
    order = await deposit(counter, order, 100)
    assert await counter.stock(variant) == (5, 3)
    with refused(ErrorCode.INVENTORY_UNAVAILABLE):
        await counter.pay(await counter.order(of(variant, 3)))
    declined = await counter.pay(order, card(50, "tok_chargeDeclined"), completion=PART)
    assert declined.problem
    assert await counter.stock(variant) == (5, 3)
    order = await deposit(counter, declined.order, 50)
    assert (order.paid_minor, await counter.stock(variant)) == (150, (5, 3))
    await counter.pay(order)
    assert await counter.stock(variant) == (2, 0)


async def resized(counter: Counter, order: Order, quantity: int) -> Order:
    """Have the order's only line sell another quantity."""
    change = editing.LineChange(quantity=quantity)
    line = order.line_items[0].id
    return await editing.update_line_item(counter.orders, counter.actor, order.id, line, change)


@pytest.mark.parametrize("rest", [TokenSource(CARD), CashSource(usd(1000))], ids=["card", "cash"])
@pytest.mark.parametrize("quantity", [1, 3, 5])
async def test_pay_22_stock_follows_lines_that_change_between_the_parts(
    counter: Counter, quantity: int, rest: Source
) -> None:
    variant = await counter.variant(price=100, units=5)
    order = await counter.order(of(variant, 3))
    order = await deposit(counter, order, 50)
    order = await resized(counter, order, quantity)
    assert await counter.stock(variant) == (5, 3)
    paid = await counter.pay(order, rest)
    assert (paid.problem, paid.order.status) == (None, OrderStatus.PAID)
    assert paid.order.inventory_exception is None
    assert await counter.stock(variant) == (5 - quantity, 0)


async def test_pay_22_units_added_between_the_parts_are_refused_where_they_are_not_there(
    counter: Counter,
) -> None:
    variant = await counter.variant(price=100, units=4)
    order = await deposit(counter, await counter.order(of(variant, 3)), 50)
    order = await resized(counter, order, 5)
    with refused(ErrorCode.INVENTORY_UNAVAILABLE):
        await counter.pay(order)
    assert await counter.stock(variant) == (4, 3)


async def test_pay_22_a_coupon_with_one_use_is_kept_and_is_redeemed_once(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1, max_uses_per_customer=1)
    order = await counter.order(ad_hoc(1000), buyer_email="a@example.com")
    order = await deposit(counter, await counter.apply(order), 300)
    assert (order.total_minor, await counter.uses(coupon)) == (800, 1)
    other = await counter.order(ad_hoc(1000), buyer_email="b@example.com")
    with refused(ErrorCode.COUPON_EXHAUSTED):
        await counter.apply(other)
    order = await deposit(counter, order, 100)
    declined = await counter.pay(order, token="tok_chargeDeclined")
    assert declined.order.total_minor == 800
    paid = await counter.pay(order)
    assert (paid.problem, paid.order.status, paid.order.paid_minor) == (
        None,
        OrderStatus.PAID,
        800,
    )
    assert await counter.uses(coupon) == 1
    assert await statuses(counter, order) == [CouponUseStatus.REDEEMED]


async def statuses(counter: Counter, order: Order) -> list[Any]:
    """Return where the uses of an order's coupons stand."""
    rows = await counter.viewer.rows(
        select(CouponUseRow.status).where(CouponUseRow.order_id == order.id)
    )
    return [row.status for row in rows]


async def test_amt_3_v21_a_deposit_given_back_leaves_all_of_it_due_and_nothing_kept(
    counter: Counter,
) -> None:
    variant = await counter.variant(price=12500, units=2)
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(of(variant)))
    order = await deposit(counter, order, 4000)
    refunded = await counter.refund(order, 4000)
    order = await counter.reload(order)
    assert refunded.refund.status.value == "SUCCEEDED"
    assert (order.status, order.refund_status) == (OrderStatus.OPEN, OrderRefundStatus.REFUNDED)
    assert (order.net.total, order.paid_minor, order.refunded_minor) == (10000, 4000, 4000)
    assert order.net.balance == 10000
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((2, 0), 0)
    paid = await counter.pay(order)
    assert (paid.problem, paid.order.status, paid.order.paid_minor) == (
        None,
        OrderStatus.PAID,
        14000,
    )
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((1, 0), 1)


async def test_ord_21_a_part_of_a_deposit_given_back_leaves_the_order_open(
    counter: Counter,
) -> None:
    order = await deposit(counter, await counter.order(ad_hoc(10000)), 4000)
    await counter.refund(order, 1000)
    order = await counter.reload(order)
    assert (order.status, order.payment_status, order.refund_status) == (
        OrderStatus.OPEN,
        OrderPaymentStatus.PARTIALLY_PAID,
        OrderRefundStatus.PARTIALLY_REFUNDED,
    )
    assert order.net.outstanding == 7000
    with refused(ErrorCode.ORDER_HAS_PAYMENTS):
        await closing.close_order(counter.orders, counter.actor, order.id)


async def test_amt_3_v22_money_adopted_late_overpays_and_giving_it_back_undoes_no_sale(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(10000))
    asked = await counter.pay(order, card(2000, "tok_requires3ds"), completion=PART)
    await give_up(counter, asked.order)
    paid = await counter.pay(order)
    await come_late(counter, asked)
    order = await counter.reload(order)
    assert (order.status, order.paid_minor, order.net.balance) == (OrderStatus.PAID, 12000, -2000)
    assert order.paid_at == paid.order.paid_at
    assert [each.type for each in await counter.events(order)][-2:] == ["PAID", "UPDATED"]
    await counter.refund(order, 2000)
    order = await counter.reload(order)
    assert (order.status, order.net.total, order.net.balance) == (
        OrderStatus.PAID,
        10000,
        0,
    )
    assert (order.reversed_minor, order.refunded_minor) == (0, 2000)


async def give_up(counter: Counter, order: Order) -> None:
    """Have our side believe that the running attempt of an order was canceled."""
    assert order.active_attempt_id
    await settle(
        counter.orders,
        counter.actor,
        order.id,
        order.active_attempt_id,
        ChargeOutcome(ChargeStatus.CANCELED, "gone"),
    )


async def come_late(counter: Counter, asked: Paid) -> None:
    """Have the processor charge an attempt that we gave up, and tell us."""
    assert asked.attempt
    environment = counter.world.environment_id
    outcome = await counter.orders.gateway.resume(environment, asked.attempt.id)
    assert outcome.status is ChargeStatus.SUCCEEDED
    await settle_attempt(counter.orders, counter.actor, asked.attempt.id, outcome)


async def test_pay_22_closing_gives_back_what_was_kept_though_its_refund_came_first(
    counter: Counter,
) -> None:
    variant = await counter.variant(price=100, units=5)
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(of(variant, 2)))
    order = await deposit(counter, order, 60)
    await counter.refund(order, 60)
    closed = await closing.close_order(counter.orders, counter.actor, order.id)
    assert closed.status is OrderStatus.CLOSED
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)


async def test_pay_22_of_buyers_who_pay_in_parts_at_once_only_so_many_are_served(
    counter: Counter,
) -> None:
    variant = await counter.variant(price=100, units=4)
    coupon = await counter.coupon(max_uses=3, percent_off="50")
    orders = [await counter.apply(await counter.order(of(variant))) for _ in range(6)]

    short = (ErrorCode.INVENTORY_UNAVAILABLE, ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED)

    async def in_parts(order: Order) -> bool:
        try:
            for minor in (20, 30):
                paid = await counter.pay(order, card(minor), completion=PART)
                if paid.problem is not None:
                    return False
        except Problem as problem:
            if problem.code not in short:
                raise
            return False
        return True

    served = await asyncio.gather(*map(in_parts, orders))
    assert sum(served) == 3
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((1, 0), 3)
    reloaded = [await counter.reload(order) for order in orders]
    assert sum(order.status is OrderStatus.PAID for order in reloaded) == 3
    assert sum(order.paid_minor for order in reloaded) == 150


async def bought_by(counter: Counter, order: Order, email: str | None) -> Order:
    changes = {"buyerEmail": email}
    return await detailing.update_order(counter.orders, counter.actor, order.id, changes)


async def with_deposit(counter: Counter, email: str) -> Order:
    made = await counter.order(ad_hoc(1000), buyer_email=email)
    return await deposit(counter, await counter.apply(made), 100)


def off(order: Order) -> tuple[int, str | None]:
    (discount,) = order.live_discounts
    return order.discount_minor, discount.reason


LIMIT = "COUPON_CUSTOMER_LIMIT_REACHED"


@pytest.mark.parametrize("terms", [{"max_uses_per_customer": 1}, {"first_order_only": True}])
async def test_pay_25_a_use_that_is_kept_counts_for_whoever_buys(
    counter: Counter, terms: dict[str, Any]
) -> None:
    coupon = await counter.coupon(**terms)
    first = await with_deposit(counter, "a@example.com")
    second = await with_deposit(counter, "b@example.com")
    lost = await bought_by(counter, second, "A@example.com")
    assert (off(lost), lost.total_minor, await counter.uses(coupon)) == ((0, LIMIT), 1000, 1)
    paid = await counter.pay(first)
    assert (paid.problem, off(paid.order), await counter.uses(coupon)) == (None, (200, None), 1)
    again = await bought_by(counter, second, "b@example.com")
    assert (off(again), await counter.uses(coupon)) == ((200, None), 1)
    paid = await counter.pay(second)
    assert (paid.problem, off(paid.order), await counter.uses(coupon)) == (None, (200, None), 2)


async def test_pay_25_a_use_that_was_handed_over_is_free_for_whom_it_counted_before(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses_per_customer=1)
    order = await with_deposit(counter, "a@example.com")
    order = await bought_by(counter, order, None)
    assert off(order) == (200, None)
    order = await bought_by(counter, order, "b@example.com")
    assert (off(order), await counter.uses(coupon)) == ((200, None), 1)
    assert off(await with_deposit(counter, "a@example.com")) == (200, None)
    with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED):
        await counter.apply(await counter.order(ad_hoc(1000), buyer_email="b@example.com"))


async def test_pay_25_whoever_pays_the_rest_is_judged_and_charged_nothing_unshown(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses_per_customer=1)
    await with_deposit(counter, "a@example.com")
    second = await with_deposit(counter, "b@example.com")
    asked = await counter.pay(second, buyer_email="a@example.com")
    assert asked.problem is not None
    assert asked.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert (off(asked.order), asked.order.paid_minor) == ((0, LIMIT), 100)
    assert await counter.uses(coupon) == 1
    paid = await counter.pay(second)
    assert (paid.problem, paid.order.paid_minor) == (None, 1000)


async def test_pay_25_of_orders_handed_to_one_customer_at_once_only_so_many_keep_a_use(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses_per_customer=2)
    orders = [await with_deposit(counter, f"{each}@example.com") for each in "abcdef"]
    moved = await asyncio.gather(
        *(bought_by(counter, order, "new@example.com") for order in orders)
    )
    assert sorted(order.discount_minor for order in moved) == [0] * 4 + [200] * 2
    assert await counter.uses(coupon) == 2


async def test_pay_25_a_customer_who_is_not_new_has_no_first_order(counter: Counter) -> None:
    coupon = await counter.coupon(first_order_only=True)
    await counter.paid(ad_hoc(500), buyer_email="old@example.com")
    order = await with_deposit(counter, "a@example.com")
    order = await bought_by(counter, order, "old@example.com")
    assert (off(order), await counter.uses(coupon)) == ((0, LIMIT), 0)
