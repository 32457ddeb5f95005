"""Deaths in the middle of a checkout, and its key used again (B4, CHK-9)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from ordergraph.commerce.orders.buying import CheckedOut
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.settling import settle_attempt
from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import Attempt, attempts_by_ids
from ordergraph.commerce.payments.tables import PaymentAttemptRow
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.idempotency import Replay
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused
from tests.commerce.orders.processors import Failing, Overtaken, Slow, dead, unreachable
from tests.commerce.orders.test_crashes import LEASE
from tests.commerce.orders.tills import changes, check_out, rows


def keyed(counter: Counter, key: str = "k") -> Actor:
    return counter.keyed(key, "checkoutOrder")


async def dies(counter: Counter, *lines: Any, after: bool, **more: Any) -> None:
    """Check out in a process that dies before or after the processor charged."""
    dying = counter.with_gateway(Failing(counter.orders.gateway, "charge", dead, after=after))
    with pytest.raises(asyncio.CancelledError):
        await check_out(counter, *lines, actor=keyed(counter), orders=dying, **more)


async def only_order(counter: Counter) -> Order | None:
    """Return the shop's only order, or None."""
    found = await counter.viewer.rows(select(OrderRow.id).where(within(OrderRow)))
    assert len(found) <= 1
    if not found:
        return None
    return (await orders_by_ids(counter.viewer, [found[0].id]))[found[0].id]


async def attempts(counter: Counter) -> list[Attempt]:
    """Return all attempts of the shop, the oldest first."""
    row = PaymentAttemptRow
    ids = [each.id for each in await counter.viewer.rows(select(row.id).where(within(row)))]
    found = await attempts_by_ids(counter.viewer, ids)
    return sorted(found.values(), key=lambda each: each.id)


@pytest.mark.parametrize("after", [True, False])
async def test_chk_9_after_a_death_the_order_is_paid_once_or_there_is_none(
    counter: Counter, after: bool
) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    before = await rows(counter)
    await dies(counter, of(variant, 5), codes=("SAVE",), after=after)
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 5), 1)
    await counter.world.reconcile()
    waiting = await only_order(counter)
    assert waiting is not None  # its lease still runs
    assert (waiting.provisional, waiting.version) == (True, 0)
    counter.world.clock.advance(LEASE)
    await asyncio.gather(*(counter.world.reconcile() for _ in range(3)))
    if after:
        order = await assert_sound(counter, waiting)
        assert (order.status, order.version, order.number) == (OrderStatus.PAID, 1, "1001")
        assert await counter.collected(order) == 4000
        assert (await counter.stock(variant), await counter.uses(coupon)) == ((0, 0), 1)
    else:
        assert changes(before, await rows(counter)) == {
            "payment_attempts": 1,
            "idempotency_keys": 1,
        }
        assert await counter.collected(waiting) == 0
        assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)


@pytest.mark.parametrize("after", [True, False])
async def test_chk_9_a_retry_after_a_death_finishes_the_same_attempt(
    counter: Counter, after: bool
) -> None:
    await dies(counter, ad_hoc(1000), after=after)
    with refused(ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS):
        await check_out(counter, ad_hoc(1000), actor=keyed(counter))
    counter.world.clock.advance(LEASE)
    retried = await check_out(counter, ad_hoc(1000), actor=keyed(counter))
    assert retried.order is not None
    order = await assert_sound(counter, retried.order)
    assert (order.status, order.version) == (OrderStatus.PAID, 1)
    assert await only_order(counter) == order
    (attempt,) = await attempts(counter)
    assert attempt.status is AttemptStatus.SUCCEEDED
    assert len(await counter.charges(order)) == 1
    with pytest.raises(Replay) as replay:
        await check_out(counter, ad_hoc(1000), actor=keyed(counter))
    assert (set(replay.value.objects), replay.value.errors) == ({"order", "attempt"}, [])


async def test_chk_9_a_retry_that_reaches_nobody_forgets_no_order_that_may_be_charged(
    counter: Counter,
) -> None:
    await dies(counter, ad_hoc(1000), after=True)
    counter.world.clock.advance(LEASE)
    off = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))
    retried = await check_out(counter, ad_hoc(1000), actor=keyed(counter), orders=off)
    assert retried.problem is not None
    assert retried.problem.code is ErrorCode.PAYMENT_OUTCOME_UNKNOWN
    counter.world.clock.advance(LEASE)
    await counter.world.reconcile()
    order = await only_order(counter)
    assert order is not None
    assert (order.status, await counter.collected(order)) == (OrderStatus.PAID, 1000)


async def test_chk_9_what_was_given_up_is_begun_anew_by_one_of_many_retries(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 9)
    await dies(counter, of(variant), after=False)
    counter.world.clock.advance(LEASE)
    await counter.world.reconcile()
    assert await only_order(counter) is None
    outcomes = await asyncio.gather(
        *(check_out(counter, of(variant), actor=keyed(counter)) for _ in range(6)),
        return_exceptions=True,
    )
    (made,) = [each for each in outcomes if isinstance(each, CheckedOut)]
    assert {each.code for each in outcomes if isinstance(each, Problem)} <= {
        ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS
    }
    assert made.order is not None
    order = await assert_sound(counter, made.order)
    assert await only_order(counter) == order
    assert await counter.stock(variant) == (8, 0)
    assert [each.status for each in await attempts(counter)] == [
        AttemptStatus.CANCELED,
        AttemptStatus.SUCCEEDED,
    ]


async def test_chk_9_a_decline_is_replayed_and_not_tried_again(counter: Counter) -> None:
    declined = await check_out(
        counter, ad_hoc(1000), token="tok_insufficientFunds", actor=keyed(counter)
    )
    assert declined.attempt is not None
    with pytest.raises(Replay) as replay:
        await check_out(counter, ad_hoc(1000), token="tok_insufficientFunds", actor=keyed(counter))
    (error,) = replay.value.errors
    assert (error["code"], error["failureCode"], error["attemptId"]) == (
        "PAYMENT_DECLINED",
        "insufficient_funds",
        str(declined.attempt.id),
    )
    assert set(replay.value.objects) == {"attempt"}
    assert len(await attempts(counter)) == 1


async def test_chk_9_a_call_that_was_never_sent_starts_again(counter: Counter) -> None:
    away = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))
    failed = await check_out(counter, ad_hoc(1000), actor=keyed(counter), orders=away)
    assert failed.problem is not None
    paid = await check_out(counter, ad_hoc(1000), actor=keyed(counter))
    assert paid.order is not None
    assert (paid.problem, paid.order.status) == (None, OrderStatus.PAID)


async def test_chk_9_the_key_of_a_refusal_can_be_used_again(counter: Counter) -> None:
    with refused(ErrorCode.COUPON_NOT_FOUND):
        await check_out(counter, ad_hoc(1000), codes=("SAVE",), actor=keyed(counter))
    await counter.coupon()
    paid = await check_out(counter, ad_hoc(1000), codes=("SAVE",), actor=keyed(counter))
    assert paid.order is not None
    assert paid.order.paid_minor == 800


async def test_chk_9_a_second_request_while_the_processor_is_asked_is_in_progress(
    counter: Counter,
) -> None:
    slow = Slow(counter.orders.gateway, "charge")
    first = asyncio.create_task(
        check_out(counter, ad_hoc(1000), actor=keyed(counter), orders=counter.with_gateway(slow))
    )
    await slow.reached.wait()
    with refused(ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS):
        await check_out(counter, ad_hoc(1000), actor=keyed(counter))
    slow.go.set()
    order = (await first).order
    assert order is not None
    assert (order.status, len(await counter.charges(order))) == (OrderStatus.PAID, 1)


@pytest.mark.parametrize("token", ["tok_visa", "tok_chargeDeclined"])
async def test_chk_9_who_is_overtaken_by_the_reconciler_tells_what_it_settled(
    counter: Counter, token: str
) -> None:
    variant = await counter.variant(1000, 1)

    async def settle(attempt_id: Any, outcome: Any) -> None:
        system = Actor.system(counter.actor.environment_id, counter.actor.merchant_id)
        await settle_attempt(counter.orders, system, attempt_id, outcome)
        await settle_attempt(counter.orders, system, attempt_id, outcome)

    overtaken = counter.with_gateway(Overtaken(counter.orders.gateway, settle))
    done = await check_out(counter, of(variant), token=token, orders=overtaken)
    (attempt,) = await attempts(counter)
    assert done.attempt == attempt
    if token == "tok_visa":
        assert done.order is not None
        assert done.order == await assert_sound(counter, done.order)
        assert await counter.stock(variant) == (0, 0)
    else:
        assert done.problem is not None
        assert (done.order, done.problem.code) == (None, ErrorCode.PAYMENT_DECLINED)
        assert await counter.stock(variant) == (1, 0)
        assert await only_order(counter) is None
