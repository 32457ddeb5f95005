"""Refunds that fail, get no answer, or whose process dies (REF-21, REF-30, B4)."""

import asyncio
from datetime import timedelta

import pytest

from ordergraph.commerce.orders.lifecycle import OrderRefundStatus, OrderStatus
from ordergraph.commerce.refunds.lifecycle import RefundStatus
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.core.problems import ErrorCode
from ordergraph.runtime.idempotency import Replay
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused
from tests.commerce.orders.processors import Failing, dead, silent, unreachable

LEASE = timedelta(seconds=8)


async def test_ref_30_a_failed_refund_puts_everything_back(counter: Counter) -> None:
    await counter.tax()
    variant = await counter.variant(1999, 10)
    order = await counter.paid(of(variant, 2), token="tok_refundFail")
    failed = await counter.refund(order, 1000)
    assert failed.problem is not None
    assert failed.problem.code is ErrorCode.REFUND_FAILED
    assert failed.refund.status is RefundStatus.FAILED
    assert failed.refund.failure_reason == "expired_or_canceled_card"
    after = await assert_sound(counter, order)
    assert (after.status, after.refund_status) == (OrderStatus.PAID, OrderRefundStatus.NONE)
    assert (after.net, after.as_sold) == (order.net, order.as_sold)
    assert after.payments == order.payments
    assert after.line_items == order.line_items
    told = await counter.events(order)
    assert [(each.type, each.status_before, each.status) for each in told[1:]] == [
        ("PAID", "OPEN", "PAID"),
        ("REFUND_FAILED", "PAID", "PAID"),
    ]
    assert [each.type for each in await counter.activities(order)][-1] == "refund_failed"


async def test_ref_21_goods_of_a_failed_refund_stay_on_the_shelf_and_come_back_once(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 10)
    order = await counter.paid(of(variant, 3), token="tok_refundFail")
    line = order.line_items[0].id
    for _ in range(2):
        failed = await counter.refund(order, lines=[(line, 1)])
        assert failed.problem is not None
        assert failed.order.line_items[0].refunded_quantity == 0
        assert await counter.stock(variant) == (8, 0)
    await counter.refund(order, lines=[(line, 2)])
    assert await counter.stock(variant) == (9, 0)
    await counter.refund(order)
    assert await counter.stock(variant) == (10, 0)
    await assert_sound(counter, order)


async def test_idm_5_a_failed_refund_is_replayed_with_its_failure(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000), token="tok_refundFail")
    await counter.refund(order, actor=counter.keyed("r", "refund"))
    with pytest.raises(Replay) as replay:
        await counter.refund(order, actor=counter.keyed("r", "refund"))
    assert [error["code"] for error in replay.value.errors] == ["REFUND_FAILED"]
    assert len(await counter.refunds(order)) == 1


@pytest.mark.parametrize("failure", [silent, unreachable])
async def test_b4_a_refund_without_an_answer_is_pending_and_counts(
    counter: Counter, failure: type[BaseException]
) -> None:
    order = await counter.paid(ad_hoc(1000))
    mute = Failing(counter.orders.gateway, "refund", failure)
    pending = await counter.refund(
        order, actor=counter.keyed("r", "refund"), orders=counter.with_gateway(mute)
    )
    assert (pending.problem, pending.refund.status) == (None, RefundStatus.PENDING)
    assert (pending.order.status, pending.order.refund_status) == (
        OrderStatus.REFUNDED,
        OrderRefundStatus.PENDING,
    )
    with refused(ErrorCode.REFUND_EXCEEDS_REFUNDABLE):
        await counter.refund(order, 1)
    assert await counter.told(order) == ["CREATED", "PAID", "REFUNDED"]
    counter.world.clock.advance(LEASE)
    await reconcile_refunds(counter.orders)
    after = await assert_sound(counter, order)
    assert (after.refund_status, after.pending_refunds) == (OrderRefundStatus.REFUNDED, 0)
    assert await counter.told(order) == ["CREATED", "PAID", "REFUNDED", "UPDATED"]
    assert len(await counter.processor_refunds()) == 1
    with pytest.raises(Replay):
        await counter.refund(order, actor=counter.keyed("r", "refund"))


async def test_b4_a_refund_that_fails_after_it_was_told_is_taken_back(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000), token="tok_refundFail")
    mute = Failing(counter.orders.gateway, "refund", silent)
    await counter.refund(
        order, 400, actor=counter.keyed("r", "refund"), orders=counter.with_gateway(mute)
    )
    counter.world.clock.advance(LEASE)
    await reconcile_refunds(counter.orders)
    after = await assert_sound(counter, order)
    assert (after.status, after.refunded_minor) == (OrderStatus.PAID, 0)
    assert [(each.type, each.status) for each in (await counter.events(order))[2:]] == [
        ("REFUNDED", "PARTIALLY_REFUNDED"),
        ("REFUND_FAILED", "PAID"),
    ]
    with pytest.raises(Replay) as replay:
        await counter.refund(order, 400, actor=counter.keyed("r", "refund"))
    assert [error["code"] for error in replay.value.errors] == ["REFUND_FAILED"]


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("by", ["reconciler", "retry", "both"])
async def test_b4_a_death_while_refunding_gives_the_money_back_once(
    counter: Counter, after: bool, by: str
) -> None:
    variant = await counter.variant(1000, 5)
    order = await counter.paid(of(variant, 2))
    dying = counter.with_gateway(Failing(counter.orders.gateway, "refund", dead, after=after))
    with pytest.raises(asyncio.CancelledError):
        await counter.refund(order, actor=counter.keyed("r", "refund"), orders=dying)
    with refused(ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS):
        await counter.refund(order, actor=counter.keyed("r", "refund"))
    await reconcile_refunds(counter.orders)
    assert (await counter.reload(order)).pending_refunds == 1  # its lease still runs
    counter.world.clock.advance(LEASE)
    work = []
    if by != "retry":
        work.append(reconcile_refunds(counter.orders))
    if by != "reconciler":
        work.append(counter.refund(order, actor=counter.keyed("r", "refund")))
    await asyncio.gather(*work, return_exceptions=True)
    found = await assert_sound(counter, order)
    assert (found.status, found.pending_refunds) == (OrderStatus.REFUNDED, 0)
    assert [each.status for each in await counter.refunds(order)] == [RefundStatus.SUCCEEDED]
    assert (await counter.collected(order), await counter.stock(variant)) == (0, (5, 0))
    assert await counter.told(order) == ["CREATED", "PAID", "REFUNDED"]


async def test_con_6_refunds_settled_by_many_are_settled_once(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    mute = Failing(counter.orders.gateway, "refund", silent, after=True)
    await counter.refund(order, 400, orders=counter.with_gateway(mute))
    counter.world.clock.advance(LEASE)
    await asyncio.gather(*(reconcile_refunds(counter.orders) for _ in range(4)))
    assert await counter.told(order) == ["CREATED", "PAID", "REFUNDED", "UPDATED"]
    assert (await assert_sound(counter, order)).refunded_minor == 400
