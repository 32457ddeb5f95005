"""Refunds: amounts, units, everything; limits, tips, taxes, stock (domain 15)."""

import asyncio
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from ordergraph.commerce.orders.closing import close_order
from ordergraph.commerce.orders.lifecycle import (
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
    TipStatus,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip, add_tip
from ordergraph.commerce.payments.sources import CashSource, ExternalKind, ExternalSource
from ordergraph.commerce.refunds.lifecycle import RefundReason, RefundStatus
from ordergraph.commerce.refunds.refunding import refund
from ordergraph.commerce.refunds.rules import NewRefund
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
from ordergraph.runtime.idempotency import Replay
from tests.commerce.inventory.shelves import history
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd
from tests.commerce.orders.processors import Slow


async def worked_example(counter: Counter) -> Order:
    """Sell 2 x 19.99 and 24.00, 20 percent off, 8.99 percent tax, paid: 55.78."""
    await counter.tax()
    await counter.coupon()
    beans, mug = await counter.variant(1999, 10), await counter.variant(2400, 10)
    order = await counter.order(of(beans, 2), of(mug))
    await counter.apply(order)
    paid = await counter.pay(order)
    assert paid.order.total_minor == 5578
    return paid.order


def net(order: Order) -> tuple[int, ...]:
    figures = order.net
    return (
        figures.subtotal,
        figures.discount,
        figures.tax,
        figures.tip,
        figures.total,
        figures.paid,
        figures.refunded,
        figures.balance,
    )


async def test_v7_amounts_take_tax_in_proportion_and_end_at_zero(counter: Counter) -> None:
    order = await worked_example(counter)
    taxes, before = [], 460
    for amount in (1000, 1000, 3578):
        done = await counter.refund(order, amount)
        assert (done.refund.status, done.refund.amount) == (RefundStatus.SUCCEEDED, usd(amount))
        taxes.append(before - done.order.net.tax)
        before = done.order.net.tax
        after = await assert_sound(counter, order)
        assert after.net.balance == 0
    assert taxes == [83, 82, 295]
    assert net(after) == (0, 0, 0, 0, 0, 5578, 5578, 0)
    assert (after.status, after.refund_status) == (OrderStatus.REFUNDED, OrderRefundStatus.REFUNDED)
    assert (after.pricing.total.minor, after.pricing.tax.minor) == (5578, 460)
    assert await counter.collected(order) == 0


async def test_v9_units_come_back_at_what_was_paid_for_them(counter: Counter) -> None:
    order = await worked_example(counter)
    beans = order.line_items[0].id
    first = await counter.refund(order, lines=[(beans, 1)])
    assert first.refund.amount == usd(1743)
    line = first.order.line_items[0]
    assert (line.refunded_quantity, line.refunded.minor) == (1, 1743)
    assert first.order.status is OrderStatus.PARTIALLY_REFUNDED
    assert first.order.refund_status is OrderRefundStatus.PARTIALLY_REFUNDED
    second = await counter.refund(order, lines=[(beans, 1)])
    assert second.refund.amount == usd(1742)
    assert second.order.discount_minor == 1280  # REF-10: the discount is not computed anew
    await assert_sound(counter, order)


async def test_v10_three_units_of_a_line_drift_by_no_cent(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000, 3, name="Set"))
    await counter.sql(
        "update order_line_items set gross_minor = 1000 where order_id = :id", id=order.id
    )
    await counter.sql(
        "update orders set subtotal_minor = 1000, total_minor = 1000, paid_minor = 1000"
        " where id = :id",
        id=order.id,
    )
    line = order.line_items[0].id
    amounts = [(await counter.refund(order, lines=[(line, 1)])).refund.amount for _ in range(3)]
    assert amounts == [usd(333), usd(334), usd(333)]


async def test_v23_included_tax_goes_back_within_the_price(counter: Counter) -> None:
    await counter.tax("20", inclusive=True)
    order = await counter.paid(ad_hoc(1000))
    half = await counter.refund(order, 500)
    assert (half.order.net.total, half.order.net.tax) == (500, 83)  # 84 of 167 reversed
    rest = await counter.refund(order, 500)
    assert net(rest.order) == (0, 0, 0, 0, 0, 1000, 1000, 0)
    await assert_sound(counter, order)


async def test_v24_units_of_an_inclusive_line(counter: Counter) -> None:
    await counter.tax("20", inclusive=True)
    order = await counter.paid(ad_hoc(400, 3))
    line, included, money = order.line_items[0].id, [200], []
    for _ in range(3):
        done = await counter.refund(order, lines=[(line, 1)])
        money.append(done.refund.amount.minor)
        included.append(done.order.net.included_tax)
    assert money == [400, 400, 400]
    assert [before - after for before, after in pairwise(included)] == [
        67,
        66,
        67,
    ]
    await assert_sound(counter, order)


async def test_ref_2_without_amount_and_lines_all_that_is_left_goes_back(
    counter: Counter,
) -> None:
    order = await worked_example(counter)
    await counter.refund(order, 1000)
    rest = await counter.refund(order, reason=RefundReason.DUPLICATE, reason_message="Twice")
    assert rest.refund.amount == usd(4578)
    assert (rest.refund.reason, rest.refund.reason_message) == (RefundReason.DUPLICATE, "Twice")
    assert rest.order.status is OrderStatus.REFUNDED
    assert [line.refunded_quantity for line in rest.order.line_items] == [2, 1]
    await assert_sound(counter, order)


@pytest.mark.parametrize("amount", [5579, 10**12])
async def test_ref_3_more_than_is_left_is_refused_with_the_figure(
    counter: Counter, amount: int
) -> None:
    order = await worked_example(counter)
    with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE) as problems:
        await counter.refund(order, amount)
    assert isinstance(problems[0], LimitProblem)
    assert (problems[0].limit, problems[0].field) == (usd(5578), ("amount",))
    assert await counter.reload(order) == order
    assert await counter.processor_refunds() == []


async def test_ref_3_bad_amounts(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    for amount in (0, -1):
        with refused(ErrorCode.AMOUNT_OUT_OF_RANGE) as problems:
            await counter.refund(order, amount)
        assert problems[0].field == ("amount",)
    with refused(ErrorCode.STRING_TOO_LONG):
        await counter.refund(order, 1, reason_message="x" * 501)
    with refused(ErrorCode.METADATA_LIMIT_EXCEEDED):
        await counter.refund(order, 1, metadata={str(number): "x" for number in range(51)})
    assert await counter.reload(order) == order


async def test_ref_4_an_unpaid_order_has_nothing_to_refund(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    wrap = order.line_items[0].id
    with refused(ErrorCode.ORDER_NOT_PAID):
        await counter.refund(order)
    with refused(ErrorCode.ORDER_NOT_PAID):
        await counter.refund(order, 1)
    with refused(ErrorCode.ORDER_NOT_PAID):
        await counter.refund(order, lines=[(wrap, 1)])
    await counter.pay(order, token="tok_requires3ds")
    with refused(ErrorCode.ORDER_NOT_PAID):
        await counter.refund(order)


async def test_ref_5_bad_lines_are_told_at_their_places(counter: Counter) -> None:
    order = await worked_example(counter)
    beans, mug = order.line_items[0].id, order.line_items[1].id
    cases: list[tuple[Any, ErrorCode, tuple[str, ...]]] = [
        ([(beans, 3)], ErrorCode.REFUND_QUANTITY_EXCEEDED, ("lineItems", "0", "quantity")),
        (
            [(mug, 1), (beans, 1), (beans, 2)],
            ErrorCode.REFUND_QUANTITY_EXCEEDED,
            ("lineItems", "2", "quantity"),
        ),
        (
            [(mug, 1), (new_id(), 1)],
            ErrorCode.RESOURCE_NOT_FOUND,
            ("lineItems", "1", "lineItemId"),
        ),
        ([], ErrorCode.FIELD_REQUIRED, ("lineItems",)),
    ]
    for lines, code, path in cases:
        with refused(code) as problems:
            await counter.refund(order, lines=lines)
        assert problems[0].field == path
    with refused(
        ErrorCode.LINE_ITEM_INVALID_QUANTITY, ErrorCode.LINE_ITEM_INVALID_QUANTITY
    ) as problems:
        await counter.refund(order, lines=[(beans, 0), (mug, 1), (beans, Decimal("1.5"))])
    assert [problem.field for problem in problems] == [
        ("lineItems", "0", "quantity"),
        ("lineItems", "2", "quantity"),
    ]
    assert await counter.reload(order) == order


async def test_ref_20_amount_together_with_lines_is_a_conflict(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    with refused(ErrorCode.CONFLICTING_FIELDS):
        await counter.refund(order, 5, lines=[(order.line_items[0].id, 1)])
    with refused(ErrorCode.CONFLICTING_FIELDS):
        await counter.refund(order, 5, lines=[])


async def test_mon_4_a_refund_is_in_the_currency_of_the_order(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    with refused(ErrorCode.CURRENCY_MISMATCH) as problems:
        await refund(counter.orders, counter.actor, NewRefund(order.id, Money(5, "EUR")))
    assert problems[0].field == ("amount", "currency")


async def test_ref_7_37_tips_are_touched_last_unless_they_are_included(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    await add_tip(counter.orders, counter.actor, order.id, NewTip(usd(200)))
    await counter.pay(order)
    goods = await counter.refund(order, 900)
    assert (goods.order.net.subtotal, goods.order.net.tip) == (100, 200)
    assert [tip.status for tip in goods.order.tips] == [TipStatus.SETTLED]
    shared = await counter.refund(order, 150, include_tip=True)
    assert (shared.order.net.subtotal, shared.order.net.tip) == (50, 100)
    assert [tip.status for tip in shared.order.tips] == [TipStatus.PARTIALLY_REFUNDED]
    rest = await counter.refund(order)
    assert [tip.status for tip in rest.order.tips] == [TipStatus.REFUNDED]
    assert rest.order.status is OrderStatus.REFUNDED
    await assert_sound(counter, order)


async def test_ref_20_units_of_a_line_refund_come_back_once(counter: Counter) -> None:
    order = await worked_example(counter)
    beans, mug = order.line_items
    assert beans.variant_id is not None
    assert mug.variant_id is not None
    await counter.refund(order, lines=[(beans.id, 1)])
    assert await counter.stock(beans.variant_id) == (9, 0)
    await counter.refund(order, lines=[(beans.id, 1)], restock=False)
    assert await counter.stock(beans.variant_id) == (9, 0)
    await counter.refund(order, 100)
    assert await counter.stock(mug.variant_id) == (9, 0)
    await counter.refund(order)
    assert (await counter.stock(beans.variant_id), await counter.stock(mug.variant_id)) == (
        (10, 0),
        (10, 0),
    )
    newest = (await history(counter.world, beans.variant_id))[-1]
    assert (newest.change_reason, newest.quantity_delta) == ("ORDER_REFUND", 1)
    assert (await counter.reload(order)).line_items[0].restocked_quantity == 2


async def test_ref_20_an_amount_that_leaves_nothing_counts_as_a_full_refund(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 5)
    order = await counter.paid(of(variant, 2))
    await counter.refund(order, 500)
    assert await counter.stock(variant) == (3, 0)
    await counter.refund(order, 1500)
    assert await counter.stock(variant) == (5, 0)
    kept = await counter.paid(of(variant, 2))
    await counter.refund(kept, restock=False)
    assert await counter.stock(variant) == (3, 0)


async def test_ref_20_what_is_not_tracked_has_no_shelf_to_go_back_to(counter: Counter) -> None:
    untracked = await counter.variant(1000, None)
    order = await counter.paid(of(untracked, 2), ad_hoc(500))
    refunded = await counter.refund(order)
    assert refunded.order.status is OrderStatus.REFUNDED
    assert await history(counter.world, untracked) == []


@pytest.mark.parametrize("kind", ["cash", "external"])
async def test_ext_4_cash_and_external_money_are_given_back_at_once(
    counter: Counter, kind: str
) -> None:
    source = CashSource(usd(2000)) if kind == "cash" else ExternalSource(ExternalKind.CHECK, "7")
    order = await counter.order(ad_hoc(1000))
    await counter.pay(order, source)
    done = await counter.refund(order, 400)
    assert (done.refund.status, done.problem) == (RefundStatus.SUCCEEDED, None)
    assert done.refund.completed_at == counter.world.clock.now()
    assert done.order.payments[0].refunded == usd(400)
    assert await counter.told(order) == ["CREATED", "PAID", "REFUNDED"]
    assert await counter.processor_refunds() == []
    await assert_sound(counter, order)


async def test_ref_33_closed_and_refunded_orders_refuse_refunds(counter: Counter) -> None:
    refunded = (await counter.refund(await counter.paid(ad_hoc(1000)))).order
    for amount in (None, 1):
        with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE):
            await counter.refund(refunded, amount)
    closed = await counter.paid(ad_hoc(1000))
    await close_order(counter.orders, counter.actor, closed.id)
    with refused(ErrorCode.ORDER_CLOSED):
        await counter.refund(closed)


async def test_ref_34_a_renewal_is_refunded_as_any_other_order(counter: Counter) -> None:
    renewal = await counter.order(ad_hoc(1000), source=OrderSource.SUBSCRIPTION)
    await counter.pay(renewal)
    done = await counter.refund(renewal)
    assert (done.order.status, done.order.source) == (
        OrderStatus.REFUNDED,
        OrderSource.SUBSCRIPTION,
    )


async def test_ref_35_while_nothing_can_be_disputed_all_of_a_payment_can_go_back(
    counter: Counter,
) -> None:
    order = await counter.paid(ad_hoc(1000))
    assert order.payments[0].refundable_minor == 1000
    done = await counter.refund(order, payment_id=order.payments[0].id)
    assert done.order.payments[0].refundable_minor == 0


async def test_ref_36_events_tell_what_the_status_was_and_is(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    await counter.refund(order, 400)
    await counter.refund(order)
    told = [
        (event.type, event.version, event.status_before, event.status)
        for event in await counter.events(order)
    ]
    assert told[2:] == [
        ("REFUNDED", 3, "PAID", "PARTIALLY_REFUNDED"),
        ("REFUNDED", 4, "PARTIALLY_REFUNDED", "REFUNDED"),
    ]
    after = await assert_sound(counter, order)
    assert (after.paid_minor, after.payment_status) == (1000, "PAID")


async def test_ref_31_c3_two_full_refunds_at_once_are_one(counter: Counter) -> None:
    for _ in range(5):
        order = await counter.paid(ad_hoc(1000))
        outcomes = await asyncio.gather(
            *(counter.refund(order) for _ in range(2)), return_exceptions=True
        )
        assert sorted(getattr(each, "code", "done") for each in outcomes) == [
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            "done",
        ]
        assert await counter.collected(order) == 0
        await assert_sound(counter, order)


async def test_b2_17_partial_refunds_at_once_never_exceed_what_was_captured(
    counter: Counter,
) -> None:
    order = await worked_example(counter)
    beans = order.line_items[0].id
    await asyncio.gather(
        *(counter.refund(order, 1500) for _ in range(4)),
        *(counter.refund(order, lines=[(beans, 1)]) for _ in range(3)),
        return_exceptions=True,
    )
    after = await assert_sound(counter, order)
    assert 0 <= after.paid_minor - after.refunded_minor < 1500


async def test_ref_32_the_same_key_is_the_same_refund(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    actor = counter.keyed("r", "refund")
    done = await counter.refund(order, 400, actor=actor)
    with pytest.raises(Replay) as replay:
        await counter.refund(order, 400, actor=counter.keyed("r", "refund", actor=actor))
    assert set(replay.value.objects) == {"order", "refund"}
    assert [each.id for each in await counter.refunds(order)] == [done.refund.id]
    assert await counter.collected(order) == 600


async def test_b2_28_lines_refunded_in_any_order_give_back_exactly_what_was_paid(
    counter: Counter,
) -> None:
    await counter.tax()
    await counter.coupon()
    prices = [(1999, 2), (333, 3), (1, 7), (2400, 1)]
    lines = [ad_hoc(price, units, name=f"No. {price}") for price, units in prices]
    for order_of_return in ([3, 0, 2, 1], [2, 1, 0, 3]):
        order = await counter.order(*lines)
        total = (await counter.apply(order)).total_minor
        await counter.pay(order)
        money = 0
        for index in order_of_return:
            units = 0
            for _ in range(prices[index][1]):
                units += 1
                try:
                    lines_back = [(order.line_items[index].id, units)]
                    done = await counter.refund(order, lines=lines_back)
                except Problem as problem:  # one that cost nothing goes back with the next
                    assert problem.code is ErrorCode.AMOUNT_OUT_OF_RANGE  # noqa: PT017
                else:
                    units = 0
                    money += done.refund.amount.minor
        after = await assert_sound(counter, order)
        assert (money, after.status) == (total, OrderStatus.REFUNDED)


async def test_ref_36_an_event_of_racing_refunds_begins_where_the_one_before_ended(
    counter: Counter,
) -> None:
    order = await counter.paid(ad_hoc(1000))
    slow = Slow(counter.orders.gateway, "refund")
    first = asyncio.create_task(counter.refund(order, 400, orders=counter.with_gateway(slow)))
    await slow.reached.wait()
    await counter.refund(order, 600)
    slow.go.set()
    await first
    told = await counter.events(order)
    ended = [event.status for event in told]
    assert [event.status_before for event in told] == [None, *ended[:-1]]
    assert ended[1:] == ["PAID", "REFUNDED", "REFUNDED"]
