"""Deaths between the two transactions of paying, and keys that are used again (B4, IDM-8)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.orders import paying
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.opening import PayRequest, begin
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import settle_attempt
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeStatus
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.sources import Completion, TokenSource
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.idempotency import Replay
from tests.commerce.orders.counter import VISA, Counter, ad_hoc, assert_sound, of, refused, usd
from tests.commerce.orders.processors import Failing, Overtaken, Slow, dead, silent, unreachable

LEASE = timedelta(seconds=8)


async def dies(counter: Counter, order: Order, key: str = "k", *, after: bool) -> None:
    """Pay with a key in a process that dies before or after the processor charged."""
    dying = counter.with_gateway(Failing(counter.orders.gateway, "charge", dead, after=after))
    with pytest.raises(asyncio.CancelledError):
        await counter.pay(order, actor=counter.keyed(key), orders=dying)


@pytest.mark.parametrize("after", [True, False])
async def test_b4_after_a_death_the_order_is_paid_once_or_open_with_nothing_held(
    counter: Counter, after: bool
) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(of(variant, 5)))
    await dies(counter, order, after=after)
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 5), 1)
    await counter.world.reconcile()
    assert (await counter.reload(order)).active_attempt_id is not None  # its lease still runs
    counter.world.clock.advance(LEASE)
    await asyncio.gather(*(counter.world.reconcile() for _ in range(3)))
    found = await assert_sound(counter, order)
    assert found.active_attempt_id is None
    if after:
        assert (found.status, await counter.collected(order)) == (OrderStatus.PAID, 4000)
        assert (await counter.stock(variant), await counter.uses(coupon)) == ((0, 0), 1)
    else:
        assert (found.status, await counter.collected(order)) == (OrderStatus.OPEN, 0)
        assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)


async def test_b4_a_death_before_the_first_commit_leaves_nothing(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    actor = counter.keyed("k")
    with pytest.raises(asyncio.CancelledError):
        async with counter.world.database.transaction(actor):
            raise asyncio.CancelledError
    paid = await counter.pay(order, actor=counter.keyed("k"))
    assert paid.order.status is OrderStatus.PAID


@pytest.mark.parametrize("after", [True, False])
async def test_idm_8_a_retry_after_a_death_resumes_the_same_attempt(
    counter: Counter, after: bool
) -> None:
    order = await counter.order(ad_hoc(1000))
    await dies(counter, order, after=after)
    with refused(ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS) as problems:
        await counter.pay(order, actor=counter.keyed("k"))
    assert problems[0].retryable
    counter.world.clock.advance(LEASE)
    retried = await counter.pay(order, actor=counter.keyed("k"))
    assert retried.order.status is OrderStatus.PAID
    (attempt,) = await counter.attempts(order)
    assert attempt.status is AttemptStatus.SUCCEEDED
    assert len(await counter.charges(order)) == 1
    await assert_sound(counter, order)
    with pytest.raises(Replay) as replay:
        await counter.pay(order, actor=counter.keyed("k"))
    assert set(replay.value.objects) == {"order", "attempt"}
    assert replay.value.errors == []


async def test_idm_8_retries_at_once_after_a_death_charge_once(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    await dies(counter, order, after=False)
    counter.world.clock.advance(LEASE)
    outcomes = await asyncio.gather(
        *(counter.pay(order, actor=counter.keyed("k")) for _ in range(4)),
        counter.world.reconcile(),
        return_exceptions=True,
    )
    assert {each.code for each in outcomes if isinstance(each, Problem)} <= {
        ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS,
        ErrorCode.PAYMENT_IN_PROGRESS,
        ErrorCode.ORDER_ALREADY_PAID,
    }
    counter.world.clock.advance(LEASE)
    await counter.world.reconcile()
    found = await assert_sound(counter, order)
    assert await counter.collected(order) == found.paid_minor
    assert len(await counter.charges(order)) <= 1


async def test_b4_a_retry_that_reaches_nobody_gives_nothing_up_that_may_be_charged(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    await dies(counter, order, after=True)
    counter.world.clock.advance(LEASE)
    off = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))
    retried = await counter.pay(order, actor=counter.keyed("k"), orders=off)
    assert retried.problem is not None
    assert retried.problem.code is ErrorCode.PAYMENT_OUTCOME_UNKNOWN
    assert (await counter.reload(order)).active_attempt_id is not None
    counter.world.clock.advance(LEASE)
    await counter.world.reconcile()
    found = await assert_sound(counter, order)
    assert (found.status, found.paid_minor) == (OrderStatus.PAID, 1000)


async def test_b4_a_process_that_wakes_up_late_gives_nothing_up_that_another_may_have_charged(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    asleep = Slow(Failing(counter.orders.gateway, "charge", unreachable), "charge")
    first = asyncio.create_task(
        counter.pay(order, actor=counter.keyed("k"), orders=counter.with_gateway(asleep))
    )
    await asleep.reached.wait()
    counter.world.clock.advance(LEASE)
    mute = counter.with_gateway(Failing(counter.orders.gateway, "charge", silent, after=True))
    await counter.pay(order, actor=counter.keyed("k"), orders=mute)
    with refused(ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS):
        await counter.pay(order, actor=counter.keyed("k"))
    asleep.go.set()
    late = await first
    assert late.problem is not None
    assert late.problem.code is ErrorCode.PAYMENT_OUTCOME_UNKNOWN
    counter.world.clock.advance(LEASE)
    await counter.world.reconcile()
    found = await assert_sound(counter, order)
    assert (found.status, await counter.collected(order)) == (OrderStatus.PAID, 1000)


async def test_idm_8_an_attempt_that_was_given_up_is_begun_anew_with_the_same_key(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    await dies(counter, order, after=False)
    counter.world.clock.advance(LEASE)
    await counter.world.reconcile()
    retried = await counter.pay(order, actor=counter.keyed("k"))
    assert retried.order.status is OrderStatus.PAID
    assert [each.status for each in await counter.attempts(order)] == [
        AttemptStatus.CANCELED,
        AttemptStatus.SUCCEEDED,
    ]
    assert await counter.collected(order) == 1000
    with pytest.raises(Replay):
        await counter.pay(order, actor=counter.keyed("k"))


async def test_idm_8_of_two_retries_that_know_of_the_same_failure_one_begins_anew(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await counter.order(ad_hoc(1000))
    part, known, meeting, over = (
        TokenSource("tok_visa", usd(300)),
        paying.attempts_by_ids,
        asyncio.Barrier(2),
        asyncio.Event(),
    )
    off = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))

    async def pay(orders: Orders) -> Any:
        actor, completion = counter.keyed("k"), Completion.PARTIAL_PAYMENT
        paid = await counter.pay(order, part, actor=actor, orders=orders, completion=completion)
        over.set()
        return paid

    async def met(*arguments: Any) -> Any:
        found = await known(*arguments)
        if await meeting.wait() == 1:
            await over.wait()
        return found

    assert (await pay(off)).problem.code is ErrorCode.PROCESSOR_ERROR
    over.clear()
    monkeypatch.setattr(paying, "attempts_by_ids", met)
    first, second = await asyncio.gather(
        pay(counter.orders), pay(counter.orders), return_exceptions=True
    )
    assert {getattr(each, "code", None) for each in (first, second)} == {
        None,
        ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS,
    }
    assert (await assert_sound(counter, order)).paid_minor == 300
    assert await counter.collected(order) == 300


async def test_idm_8_a_retry_after_a_failure_tells_of_a_coupon_that_was_lost_meanwhile(
    counter: Counter,
) -> None:
    await counter.coupon(first_order_only=True)
    mine, other = [
        await counter.apply(await counter.order(ad_hoc(1000), buyer_email="sarah@example.com"))
        for _ in range(2)
    ]
    off = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))
    await counter.pay(mine, actor=counter.keyed("k"), orders=off)
    await counter.pay(other, token="tok_requires3ds")
    retried = await counter.pay(mine, actor=counter.keyed("k"))
    assert retried.problem is not None
    assert retried.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert (retried.order.total_minor, await counter.collected(mine)) == (1000, 0)
    with pytest.raises(Replay) as replay:
        await counter.pay(mine, actor=counter.keyed("k"))
    assert [each["code"] for each in replay.value.errors] == ["ORDER_CHANGED_REFRESH_REQUIRED"]


async def test_idm_5_a_decline_is_replayed_and_not_tried_again(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    declined = await counter.pay(order, token="tok_insufficientFunds", actor=counter.keyed("k"))
    assert declined.attempt is not None
    with pytest.raises(Replay) as replay:
        await counter.pay(order, token="tok_insufficientFunds", actor=counter.keyed("k"))
    (error,) = replay.value.errors
    assert (error["code"], error["failureCode"], error["attemptId"]) == (
        "PAYMENT_DECLINED",
        "insufficient_funds",
        str(declined.attempt.id),
    )
    assert len(await counter.attempts(order)) == 1
    assert (await counter.pay(order, actor=counter.keyed("other"))).order.status == "PAID"


async def test_idm_5_a_payment_that_failed_after_its_answer_is_replayed_with_its_failure(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    await counter.pay(order, token="tok_requires3ds", actor=counter.keyed("k"))
    with pytest.raises(Replay) as replay:
        await counter.pay(order, token="tok_requires3ds", actor=counter.keyed("k"))
    assert replay.value.errors == []
    counter.world.clock.advance(timedelta(hours=1))
    await counter.world.reconcile()
    with pytest.raises(Replay) as replay:
        await counter.pay(order, token="tok_requires3ds", actor=counter.keyed("k"))
    assert [error["failureCode"] for error in replay.value.errors] == ["payment_action_expired"]


async def test_idm_5_a_repriced_order_is_replayed_as_such(counter: Counter) -> None:
    await counter.coupon(expires_at=counter.world.clock.now() + timedelta(hours=1))
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    counter.world.clock.advance(timedelta(hours=1))
    await counter.pay(order, actor=counter.keyed("k"))
    with pytest.raises(Replay) as replay:
        await counter.pay(order, actor=counter.keyed("k"))
    assert [error["code"] for error in replay.value.errors] == ["ORDER_CHANGED_REFRESH_REQUIRED"]
    assert (await counter.reload(order)).version == 3


async def test_idm_6_the_key_of_a_refusal_that_wrote_nothing_can_be_used_again(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 1)
    order = await counter.order(of(variant, 2))
    with refused(ErrorCode.INVENTORY_UNAVAILABLE):
        await counter.pay(order, actor=counter.keyed("k"))
    await counter.sql("update inventory_items set on_hand = 5 where variant_id = :id", id=variant)
    assert (await counter.pay(order, actor=counter.keyed("k"))).order.status is OrderStatus.PAID


async def test_idm_3_a_key_with_other_arguments_is_refused(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    await counter.pay(order, actor=counter.keyed("k"))
    with refused(ErrorCode.IDEMPOTENCY_KEY_REUSED):
        await counter.pay(order, actor=counter.keyed("k", body=b"other"))


async def test_idm_4_a_second_request_while_the_processor_is_asked_is_in_progress(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    slow = Slow(counter.orders.gateway, "charge")
    first = asyncio.create_task(
        counter.pay(order, actor=counter.keyed("k"), orders=counter.with_gateway(slow))
    )
    await slow.reached.wait()
    with refused(ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS):
        await counter.pay(order, actor=counter.keyed("k"))
    slow.go.set()
    assert (await first).order.status is OrderStatus.PAID
    assert len(await counter.charges(order)) == 1


async def test_idm_8_a_retry_of_a_call_that_was_never_sent_starts_again(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    cut_off = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))
    failed = await counter.pay(order, actor=counter.keyed("k"), orders=cut_off)
    assert failed.problem is not None
    paid = await counter.pay(order, actor=counter.keyed("k"))
    assert (paid.problem, paid.order.status) == (None, OrderStatus.PAID)


@pytest.mark.parametrize("failure", [dead, unreachable])
async def test_idm_8_a_retry_of_a_resume_that_did_not_end_resumes_again(
    counter: Counter, failure: Callable[[], BaseException]
) -> None:
    order = await counter.order(ad_hoc(1000))
    waiting = await counter.pay(order, token="tok_requires3ds", actor=counter.keyed("k"))
    assert waiting.attempt is not None
    broken = counter.with_gateway(Failing(counter.orders.gateway, "resume", failure))
    resume = waiting.attempt.id
    await asyncio.gather(
        counter.pay(order, resume_attempt_id=resume, actor=counter.keyed("r"), orders=broken),
        return_exceptions=True,
    )
    paid = await counter.pay(order, resume_attempt_id=resume, actor=counter.keyed("r"))
    assert (paid.problem, paid.order.status) == (None, OrderStatus.PAID)
    await assert_sound(counter, order)
    with pytest.raises(Replay):
        await counter.pay(order, resume_attempt_id=resume, actor=counter.keyed("r"))


async def test_con_6_whoever_settles_second_changes_nothing(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    begun = await begin(counter.orders, counter.actor, PayRequest(order.id, (VISA,)))
    assert begun.attempt is not None
    outcome = ChargeOutcome(ChargeStatus.SUCCEEDED, "ch_1")
    late = ChargeOutcome(ChargeStatus.DECLINED, "ch_1", "card_declined")
    await asyncio.gather(
        *(
            settle_attempt(counter.orders, counter.actor, begun.attempt.id, outcome)
            for _ in range(5)
        )
    )
    await settle_attempt(counter.orders, counter.actor, begun.attempt.id, late)
    after = await counter.reload(order)
    assert (after.status, after.paid_minor, after.version) == (OrderStatus.PAID, 1000, 2)
    assert len(after.payments) == 1
    assert await counter.told(order) == ["CREATED", "PAID"]


@pytest.mark.parametrize("token", ["tok_visa", "tok_chargeDeclined"])
async def test_con_6_who_is_overtaken_by_the_reconciler_tells_what_it_settled(
    counter: Counter, token: str
) -> None:
    await counter.coupon(max_uses=1)
    variant = await counter.variant(1000, 1)
    order = await counter.apply(await counter.order(of(variant, 1)))

    async def settle(attempt_id: Any, outcome: Any) -> None:
        system = Actor.system(counter.actor.environment_id, counter.actor.merchant_id)
        await settle_attempt(counter.orders, system, attempt_id, outcome)

    overtaken = counter.with_gateway(Overtaken(counter.orders.gateway, settle))
    paid = await counter.pay(order, token=token, orders=overtaken)
    after = await assert_sound(counter, order)
    assert paid.order == after
    (attempt,) = await counter.attempts(order)
    assert paid.attempt == attempt
    if token == "tok_visa":
        assert (paid.problem, len(after.payments), after.paid_minor) == (None, 1, 800)
        assert await counter.stock(variant) == (0, 0)
    else:
        assert paid.problem is not None
        assert paid.problem.code is ErrorCode.PAYMENT_DECLINED
        assert (after.payments, await counter.stock(variant)) == ([], (1, 0))
