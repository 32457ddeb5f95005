"""Refunds of orders that were paid in several parts (REF-1, REF-11 to REF-13, REF-30, REF-31)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.orders.lifecycle import OrderRefundStatus, OrderStatus
from ordergraph.commerce.payments.gateway import NotSent
from ordergraph.commerce.refunds.lifecycle import RefundStatus
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.commerce.refunds.refunding import refund
from ordergraph.commerce.refunds.rules import NewRefund
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
from ordergraph.runtime.db.statements import counted
from ordergraph.runtime.idempotency import Replay
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd
from tests.commerce.orders.processors import Failing, dead, silent
from tests.commerce.refunds.selling import FAILS, paid_in_parts, split, to, with_everything

LEASE = timedelta(seconds=8)
VISA, CASH = "tok_visa", "cash"


class Refusing:
    """Refunds what the sandbox refunds, but for the charges that it is told to leave alone."""

    def __init__(self, inner: Any, *left_alone: Any) -> None:
        self._inner = inner
        self._left_alone = left_alone

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def refund(self, request: Any) -> Any:
        if request.charge_key in self._left_alone:
            raise NotSent("no route")
        return await self._inner.refund(request)


async def three_payments(counter: Counter) -> Any:
    order = await counter.order(ad_hoc(2000))
    return await paid_in_parts(counter, order, (1000, VISA), (600, VISA), (400, VISA))


async def test_ref_11_the_latest_payment_is_given_back_first(counter: Counter) -> None:
    order = await three_payments(counter)
    done = await counter.refund(order, 900)
    assert split(done.refund) == [(400, "SUCCEEDED"), (500, "SUCCEEDED")]
    assert [each.payment_id for each in done.refund.payment_refunds] == [
        order.payments[2].id,
        order.payments[1].id,
    ]
    assert [payment.refunded.minor for payment in done.order.payments] == [0, 500, 400]
    rest = await counter.refund(order)
    assert split(rest.refund) == [(100, "SUCCEEDED"), (1000, "SUCCEEDED")]
    assert [each.refunded_minor for each in await counter.charges(order)] == [1000, 600, 400]
    assert (await assert_sound(counter, order)).status is OrderStatus.REFUNDED


async def test_bug_17_a_refund_over_several_payments_goes_back_once(counter: Counter) -> None:
    order = await three_payments(counter)
    await counter.refund(order, 1500)
    assert await counter.collected(order) == 500
    assert sorted(each.amount_minor for each in await counter.processor_refunds()) == [
        400,
        500,
        600,
    ]
    with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE):
        await counter.refund(order, 501)
    assert await counter.collected(order) == 500


async def test_ref_11_a_caller_says_how_much_goes_back_to_which_payment(counter: Counter) -> None:
    order = await three_payments(counter)
    first, second, third = (payment.id for payment in order.payments)
    done = await counter.refund(order, 700, allocations=(to(first, 650), to(third, 50)))
    assert [(each.payment_id, each.amount_minor) for each in done.refund.payment_refunds] == [
        (first, 650),
        (third, 50),
    ]
    cases: list[tuple[Any, ErrorCode, tuple[str, ...], int | None]] = [
        ((to(second, 99),), ErrorCode.REFUND_ALLOCATION_MISMATCH, ("allocations",), 100),
        (
            (to(first, 60), to(second, 60)),
            ErrorCode.REFUND_ALLOCATION_MISMATCH,
            ("allocations",),
            100,
        ),
        (
            (to(second, 50), to(second, 50)),
            ErrorCode.CONFLICTING_FIELDS,
            ("allocations", "1", "paymentId"),
            None,
        ),
        (
            (to(new_id(), 100),),
            ErrorCode.RESOURCE_NOT_FOUND,
            ("allocations", "0", "paymentId"),
            None,
        ),
        (
            (to(second, 0), to(third, 100)),
            ErrorCode.AMOUNT_OUT_OF_RANGE,
            ("allocations", "0", "amount"),
            None,
        ),
        (
            (to(third, 99), to(first, 351)),
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            ("allocations", "1", "amount"),
            350,
        ),
        (
            (to(second, 100, "EUR"),),
            ErrorCode.CURRENCY_MISMATCH,
            ("allocations", "0", "amount", "currency"),
            None,
        ),
        ((), ErrorCode.FIELD_REQUIRED, ("allocations",), None),
    ]
    before = await counter.reload(order)
    for allocations, code, path, limit in cases:
        with refused(code) as problems:
            await counter.refund(order, 100, allocations=allocations)
        (problem,) = problems
        assert problem.field == path
        if limit is not None:
            assert isinstance(problem, LimitProblem)
            assert problem.limit == usd(limit)
    with refused(ErrorCode.CONFLICTING_FIELDS):
        await counter.refund(order, 5, allocations=(to(first, 5),), payment_id=first)
    assert await counter.reload(order) == before
    await assert_sound(counter, order)


async def test_ref_1_a_refund_may_name_a_payment_alone_or_with_its_order(counter: Counter) -> None:
    order = await three_payments(counter)
    other = await counter.paid(ad_hoc(100))
    middle = order.payments[1].id
    alone = await refund(counter.orders, counter.actor, NewRefund(payment_id=middle, amount=usd(5)))
    assert (alone.order.id, split(alone.refund)) == (order.id, [(5, "SUCCEEDED")])
    rest = await counter.refund(order, payment_id=middle)
    assert split(rest.refund) == [(595, "SUCCEEDED")]
    for amount, path in ((None, "paymentId"), (5, "amount")):
        with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE) as problems:
            await counter.refund(order, amount, payment_id=middle)
        assert (problems[0].field, getattr(problems[0], "limit", None)) == ((path,), usd(0))
    with refused(ErrorCode.REFUND_TARGET_MISMATCH) as problems:
        await counter.refund(order, 5, payment_id=other.payments[0].id)
    assert problems[0].field == ("paymentId",)
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await counter.refund(order, 5, payment_id=new_id())
    with refused(ErrorCode.FIELD_REQUIRED) as problems:
        await refund(counter.orders, counter.actor, NewRefund())
    assert problems[0].field == ("orderId",)
    await assert_sound(counter, order)
    await assert_sound(counter, other)


async def test_ref_12_some_payments_take_it_and_others_do_not(counter: Counter) -> None:
    order = await with_everything(counter)
    order = await paid_in_parts(counter, order, (2000, VISA), (1000, FAILS), (1490, VISA))
    sold, before = order.as_sold, order.net
    done = await counter.refund(order, 3000, include_tip=True)
    assert split(done.refund) == [(1490, "SUCCEEDED"), (1000, "FAILED"), (510, "SUCCEEDED")]
    assert done.refund.status is RefundStatus.PARTIALLY_SUCCEEDED
    assert (done.refund.amount_minor, done.refund.failed_minor) == (3000, 1000)
    assert done.problem is not None
    assert (done.problem.code, done.refund.failure_reason) == (
        ErrorCode.REFUND_FAILED,
        "expired_or_canceled_card",
    )
    after = await assert_sound(counter, order)
    assert (after.refunded_minor, after.reversed_minor, after.net.balance) == (2000, 2000, 0)
    assert [payment.refunded.minor for payment in after.payments] == [510, 0, 1490]
    assert (after.status, after.refund_status) == (
        OrderStatus.PARTIALLY_REFUNDED,
        OrderRefundStatus.PARTIALLY_REFUNDED,
    )
    assert [each.type for each in await counter.activities(order)][-2:] == [
        "refund",
        "refund_failed",
    ]
    assert (await counter.told(order))[-1] == "REFUND_FAILED"
    # What failed is refundable again, down to nothing, by another way.
    first, second, _ = (payment.id for payment in order.payments)
    await counter.refund(after, 1490, payment_id=first)
    gone = await assert_sound(counter, order)
    assert (gone.as_sold, gone.net.total) == (sold, before.total - 3490)
    with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE):
        await counter.refund(order, 1001, payment_id=second)


async def test_ref_30_units_stay_returned_when_a_part_of_their_money_fails(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 5)
    order = await counter.order(of(variant, 2))
    order = await paid_in_parts(counter, order, (1500, VISA), (500, FAILS))
    line = order.line_items[0].id
    done = await counter.refund(order, lines=[(line, 1)])
    assert split(done.refund) == [(500, "FAILED"), (500, "SUCCEEDED")]
    after = await assert_sound(counter, order)
    assert (after.line_items[0].refunded_quantity, after.line_items[0].refunded) == (1, usd(500))
    assert await counter.stock(variant) == (4, 0)
    await counter.refund(after, lines=[(line, 1)], restock=False)
    last = await assert_sound(counter, order)
    # The last unit takes the rest of the line: the money of the first that did not go back.
    assert (last.line_items[0].refunded_quantity, last.line_items[0].refunded) == (2, usd(1500))


async def test_bug_16_a_refund_that_failed_everywhere_counts_for_nothing(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    order = await paid_in_parts(counter, order, (600, FAILS), (400, FAILS))
    for _ in range(2):
        failed = await counter.refund(order)
        assert (failed.refund.status, failed.refund.failed_minor) == (RefundStatus.FAILED, 1000)
        after = await assert_sound(counter, order)
        assert (after.status, after.net, after.payments) == (
            OrderStatus.PAID,
            order.net,
            order.payments,
        )


async def test_bug_18_a_refund_has_its_amount_from_the_first_moment_on(counter: Counter) -> None:
    order = await three_payments(counter)
    mute = Failing(counter.orders.gateway, "refund", silent)
    pending = await counter.refund(order, 900, orders=counter.with_gateway(mute))
    (stored,) = await counter.refunds(order)
    assert stored == pending.refund
    assert (stored.amount, stored.line_items[0].amount) == (usd(900), usd(900))
    newest = (await counter.events(order))[-1]
    assert (newest.type, newest.balance) == ("REFUNDED", 0)


async def test_bug_19_the_record_of_a_failure_stays_while_the_order_is_as_before(
    counter: Counter,
) -> None:
    order = await counter.paid(ad_hoc(1000), token=FAILS)
    await counter.refund(order, 400)
    (kept,) = await counter.refunds(order)
    assert (kept.status, kept.failure_reason, kept.amount_minor) == (
        RefundStatus.FAILED,
        "expired_or_canceled_card",
        400,
    )
    assert split(kept) == [(400, "FAILED")]
    assert (await counter.activities(order))[-1].type == "refund_failed"


async def test_ref_13_cash_is_back_at_once_while_a_card_is_asked(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    order = await paid_in_parts(counter, order, (700, VISA), (300, CASH))
    mute = Failing(counter.orders.gateway, "refund", silent)
    pending = await counter.refund(order, orders=counter.with_gateway(mute))
    assert pending.refund.status is RefundStatus.PENDING
    assert split(pending.refund) == [(300, "SUCCEEDED"), (700, "PENDING")]
    assert pending.order.refund_status is OrderRefundStatus.PENDING
    counter.world.clock.advance(LEASE)
    await reconcile_refunds(counter.orders)
    (settled,) = await counter.refunds(order)
    assert split(settled) == [(300, "SUCCEEDED"), (700, "SUCCEEDED")]
    await assert_sound(counter, order)


async def test_ref_31_a_death_between_two_payments_is_repaired_and_nothing_goes_back_twice(
    counter: Counter,
) -> None:
    order = await three_payments(counter)
    half = Refusing(counter.orders.gateway, order.payments[0].attempt_id)
    dying = Failing(half, "refund", dead, after=True)
    with pytest.raises(asyncio.CancelledError):
        await counter.refund(
            order, actor=counter.keyed("r", "refund"), orders=counter.with_gateway(dying)
        )
    with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE):
        await counter.refund(order, 1)
    counter.world.clock.advance(LEASE)
    # The first answer is of two of the three payments alone.
    await reconcile_refunds(counter.with_gateway(half))
    (waiting,) = await counter.refunds(order)
    assert waiting.status is RefundStatus.PENDING
    assert split(waiting) == [(400, "SUCCEEDED"), (600, "SUCCEEDED"), (1000, "PENDING")]
    await assert_sound(counter, order)
    counter.world.clock.advance(LEASE)
    await asyncio.gather(*(reconcile_refunds(counter.orders) for _ in range(3)))
    found = await assert_sound(counter, order)
    assert (found.status, found.pending_refunds) == (OrderStatus.REFUNDED, 0)
    assert len(await counter.processor_refunds()) == 3
    assert await counter.collected(order) == 0


async def test_ref_31_racing_refunds_exceed_no_payment_and_not_the_order(counter: Counter) -> None:
    order = await three_payments(counter)
    found = await asyncio.gather(
        *(counter.refund(order, 450) for _ in range(6)), return_exceptions=True
    )
    done = [each for each in found if not isinstance(each, BaseException)]
    assert {each.code for each in found if isinstance(each, Problem)} == {
        ErrorCode.REFUND_EXCEEDS_REFUNDABLE
    }
    assert len(done) == 4
    after = await assert_sound(counter, order)
    assert (after.refunded_minor, await counter.collected(order)) == (1800, 200)


async def test_ref_32_the_same_key_is_the_same_refund_of_the_same_payments(
    counter: Counter,
) -> None:
    order = await three_payments(counter)
    await counter.refund(order, 900, actor=counter.keyed("r", "refund"))
    with pytest.raises(Replay):
        await counter.refund(order, 900, actor=counter.keyed("r", "refund"))
    assert len(await counter.processor_refunds()) == 2
    assert (await assert_sound(counter, order)).refunded_minor == 900


async def test_a_refund_takes_two_transactions_for_any_number_of_payments(
    counter: Counter,
) -> None:
    taken: list[list[str]] = []
    for parts in ([(1000, VISA)], [(200, VISA)] * 5):
        order = await counter.order(ad_hoc(1000))
        order = await paid_in_parts(counter, order, *parts)
        with counted() as statements:
            await counter.refund(order, 900)
        assert statements.texts.count("BEGIN") == statements.texts.count("COMMIT") == 2
        taken.append([each.split()[0] for each in statements.texts])
    assert taken[0] == taken[1]
    assert len(taken[0]) <= 9
