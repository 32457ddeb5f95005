"""Paying orders: sources, declines, actions, stock, races (domain 13 and 14)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ordergraph.commerce.orders import editing
from ordergraph.commerce.orders.lifecycle import OrderPaymentStatus, OrderStatus
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.sources import (
    CashSource,
    ExternalKind,
    ExternalSource,
    TokenSource,
)
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, PaymentProblem, StockProblem
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from tests.commerce.orders.counter import VISA, Counter, ad_hoc, assert_sound, of, refused, usd
from tests.commerce.orders.processors import Failing, silent, unreachable


async def test_pay_2_8_one_source_pays_all_that_is_due(counter: Counter) -> None:
    variant = await counter.variant(1999, 10)
    order = await counter.order(of(variant, 2))
    paid = await counter.pay(order, buyer_email="sarah@example.com")
    assert paid.attempt is not None
    assert paid.attempt.status is AttemptStatus.SUCCEEDED
    assert (paid.order.status, paid.order.payment_status) == (
        OrderStatus.PAID,
        OrderPaymentStatus.PAID,
    )
    assert paid.order.buyer_email == "sarah@example.com"
    assert paid.order.paid_at == counter.world.clock.now()
    (payment,) = paid.order.payments
    assert (payment.amount, payment.brand, payment.last4) == (usd(3998), "visa", "4242")
    assert await counter.stock(variant) == (8, 0)
    assert await assert_sound(counter, order) == paid.order
    (told,) = [event for event in await counter.events(order) if event.type == "PAID"]
    assert (told.status_before, told.status, told.balance) == ("OPEN", "PAID", 0)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("tok_chargeDeclined", "card_declined"),
        ("tok_insufficientFunds", "insufficient_funds"),
        ("tok_expiredCard", "expired_card"),
        ("tok_visa_chargeDeclined", "card_declined"),
    ],
)
async def test_pay_9_a_decline_keeps_the_attempt_and_gives_everything_back(
    counter: Counter, token: str, code: str
) -> None:
    variant = await counter.variant(1000, 10)
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(of(variant, 10)))
    declined = await counter.pay(order, token=token)
    assert isinstance(declined.problem, PaymentProblem)
    assert declined.problem.code is ErrorCode.PAYMENT_DECLINED
    assert declined.problem.failure_code == code
    (attempt,) = await counter.attempts(order)
    assert (attempt.status, attempt.failure_code) == (AttemptStatus.FAILED, code)
    assert declined.problem.attempt_id == attempt.id
    after = await assert_sound(counter, order)
    assert (after.status, after.payment_status) == (OrderStatus.OPEN, OrderPaymentStatus.UNPAID)
    assert after.active_attempt_id is None
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((10, 0), 0)
    assert await counter.told(order) == ["CREATED", "UPDATED", "PAYMENT_FAILED"]
    assert (await counter.pay(order)).order.status is OrderStatus.PAID


async def test_pay_10_an_action_locks_the_order_until_it_is_resumed(counter: Counter) -> None:
    variant = await counter.variant(1000, 10)
    order = await counter.order(of(variant, 4))
    waiting = await counter.pay(order, token="tok_requires3ds")
    assert (waiting.problem, waiting.order.status) == (None, OrderStatus.OPEN)
    assert waiting.attempt is not None
    assert waiting.attempt.status is AttemptStatus.REQUIRES_ACTION
    assert waiting.attempt.pending_actions[0].client_secret is not None
    assert waiting.order.payment_status is OrderPaymentStatus.PENDING
    assert await counter.stock(variant) == (10, 4)
    with refused(ErrorCode.ORDER_LOCKED_BY_PAYMENT) as problems:
        await editing.add_line_items(counter.orders, counter.actor, order.id, [ad_hoc(1)])
    assert isinstance(problems[0], PaymentProblem)
    assert problems[0].attempt_id == waiting.attempt.id
    with refused(ErrorCode.PAYMENT_IN_PROGRESS):
        await counter.pay(order)
    with refused(ErrorCode.CONFLICTING_FIELDS):
        await counter.pay(order, VISA, resume_attempt_id=waiting.attempt.id)
    resumed = await counter.pay(order, resume_attempt_id=waiting.attempt.id)
    assert resumed.order.status is OrderStatus.PAID
    assert await counter.stock(variant) == (6, 0)
    await assert_sound(counter, order)
    with refused(ErrorCode.PAYMENT_ATTEMPT_NOT_RESUMABLE):
        await counter.pay(order, resume_attempt_id=waiting.attempt.id)


async def test_pay_10_an_action_that_fails_leaves_the_order_open(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    waiting = await counter.pay(order, token="tok_requires3dsThenFails")
    assert waiting.attempt is not None
    failed = await counter.pay(order, resume_attempt_id=waiting.attempt.id)
    assert isinstance(failed.problem, PaymentProblem)
    assert failed.problem.failure_code == "authentication_required"
    assert (await assert_sound(counter, order)).status is OrderStatus.OPEN


async def test_pay_10_only_an_attempt_of_this_order_can_be_resumed(counter: Counter) -> None:
    order, other = await counter.order(ad_hoc(1000)), await counter.order(ad_hoc(1000))
    waiting = await counter.pay(other, token="tok_requires3ds")
    assert waiting.attempt is not None
    for attempt_id in (waiting.attempt.id, new_id()):
        with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
            await counter.pay(order, resume_attempt_id=attempt_id)
        assert problems[0].field == ("resumeAttemptId",)


async def test_pay_11_an_action_that_nobody_takes_expires_after_an_hour(counter: Counter) -> None:
    variant = await counter.variant(1000, 10)
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(of(variant, 4)))
    await counter.pay(order, token="tok_requires3ds")
    counter.world.clock.advance(timedelta(minutes=59))
    await counter.world.reconcile()
    assert (await counter.reload(order)).active_attempt_id is not None
    counter.world.clock.advance(timedelta(minutes=1))
    await counter.world.reconcile()
    (attempt,) = await counter.attempts(order)
    assert attempt.status is AttemptStatus.EXPIRED
    assert attempt.failure_code == "payment_action_expired"
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((10, 0), 0)
    await assert_sound(counter, order)
    assert await counter.told(order) == ["CREATED", "UPDATED", "PAYMENT_FAILED"]
    assert (await counter.pay(order)).order.status is OrderStatus.PAID


async def test_pay_11_how_long_an_action_may_take_is_a_setting(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    hasty = replace(counter.orders, action_life=timedelta(minutes=5))
    waiting = await counter.pay(order, token="tok_requires3ds", orders=hasty)
    assert waiting.attempt is not None
    assert waiting.attempt.expires_at == counter.world.clock.now() + timedelta(minutes=5)


async def test_a_processing_charge_settles_by_itself(counter: Counter) -> None:
    variant = await counter.variant(1000, 10)
    order = await counter.order(of(variant))
    waiting = await counter.pay(order, token="tok_processing")
    assert (waiting.problem, waiting.order.payment_status) == (None, OrderPaymentStatus.PENDING)
    assert await counter.told(order) == ["CREATED"]
    counter.world.clock.advance(timedelta(seconds=2))
    await counter.world.reconcile()
    paid = await assert_sound(counter, order)
    assert (paid.status, await counter.stock(variant)) == (OrderStatus.PAID, (9, 0))
    assert await counter.told(order) == ["CREATED", "PAID"]
    counter.world.clock.advance(timedelta(minutes=5))
    await counter.world.reconcile()
    assert await counter.told(order) == ["CREATED", "PAID"]


async def test_ext_1_cash_is_settled_at_once_and_gives_change(counter: Counter) -> None:
    variant = await counter.variant(1000, 10)
    order = await counter.order(of(variant, 2))
    for little in (usd(1999), Money(5000, "EUR")):
        with refused(
            ErrorCode.PAYMENT_AMOUNT_MISMATCH
            if little.currency == "USD"
            else ErrorCode.CURRENCY_MISMATCH
        ) as problems:
            await counter.pay(order, CashSource(little))
        assert problems[0].field[:4] == ("sources", "0", "cash", "tendered")
    assert await counter.attempts(order) == []
    paid = await counter.pay(order, CashSource(usd(5000)))
    (payment,) = paid.order.payments
    assert (payment.amount, payment.tendered, payment.change) == (usd(2000), usd(5000), usd(3000))
    assert await counter.stock(variant) == (8, 0)
    assert (await assert_sound(counter, order)).status is OrderStatus.PAID
    assert await counter.charges(order) == []


async def test_ext_2_external_money_is_recorded_with_its_reference(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    now = counter.world.clock.now()
    late = ExternalSource(ExternalKind.CHECK, " ", now + timedelta(seconds=1))
    with refused(ErrorCode.FIELD_REQUIRED, ErrorCode.INVALID_FIELD):
        await counter.pay(order, late)
    paid = await counter.pay(order, ExternalSource(ExternalKind.CHECK, "no. 7", now))
    (payment,) = paid.order.payments
    assert (payment.external_kind, payment.reference, payment.received_at) == (
        ExternalKind.CHECK,
        "no. 7",
        now,
    )
    await assert_sound(counter, order)


async def test_pay_3_exactly_one_source_pays(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.PAYMENT_SOURCE_REQUIRED):
        await counter.pay(order, token="")
    with refused(ErrorCode.TOO_MANY_ITEMS):
        await counter.pay(order, VISA, VISA)
    with refused(ErrorCode.INVALID_FORMAT):
        await counter.pay(order, buyer_email="nobody")


async def test_pay_4_an_amount_that_was_not_shown_is_not_charged(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED) as problems:
        await counter.pay(order, expected_outstanding=usd(999))
    assert problems[0].field == ("expectedOutstanding",)
    with refused(ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED):
        await counter.pay(order, expected_outstanding=Money(1000, "EUR"))
    buyer = counter.buyer_of(order)
    with refused(ErrorCode.EXPECTED_OUTSTANDING_REQUIRED):
        await counter.pay(order, actor=buyer)
    assert await counter.reload(order) == order
    paid = await counter.pay(order, actor=buyer, expected_outstanding=usd(1000))
    assert paid.order.status is OrderStatus.PAID


async def test_pay_14_a_test_token_pays_nothing_where_money_is_real(counter: Counter) -> None:
    live = counter.world.caller(
        ActorKind.SECRET_KEY,
        MERCHANT_SCOPES,
        environment_id=counter.world.other_environment_id,
    )
    live.livemode = True
    order = await counter.order(ad_hoc(1000), actor=live)
    with refused(ErrorCode.PAYMENT_SOURCE_INVALID) as problems:
        await counter.pay(order, actor=live)
    assert problems[0].field == ("sources", "0", "token")
    for token in ("pm_123", "", "4242424242424242"):
        mine = await counter.order(ad_hoc(1000))
        with refused(ErrorCode.PAYMENT_SOURCE_INVALID):
            await counter.pay(mine, TokenSource(token))


async def test_inv_11_a_shortage_names_its_lines_and_charges_nothing(counter: Counter) -> None:
    scarce, plenty = await counter.variant(1000, 3), await counter.variant(500, 100)
    coupon = await counter.coupon(max_uses=1)
    order = await counter.order(of(plenty, 5), of(scarce, 2), of(scarce, 2, separate=True))
    await counter.apply(order)
    lines = {line.position: line.id for line in order.line_items}
    for source in (VISA, CashSource(usd(10_000))):
        with refused(ErrorCode.INVENTORY_UNAVAILABLE) as problems:
            await counter.pay(order, source)
        (problem,) = problems
        assert isinstance(problem, StockProblem)
        assert {(each.line_item_id, each.requested, each.available) for each in problem.lines} == {
            (lines[1], 2, 3),
            (lines[2], 2, 3),
        }
    assert (await counter.attempts(order), await counter.charges(order)) == ([], [])
    assert await counter.uses(coupon) == 0
    assert (await counter.stock(scarce), await counter.stock(plenty)) == ((3, 0), (100, 0))
    assert await counter.told(order) == ["CREATED", "UPDATED"]


async def test_pay_17_of_pays_of_one_order_at_once_exactly_one_wins(counter: Counter) -> None:
    orders = [await counter.order(ad_hoc(1000)) for _ in range(5)]
    for order in orders:
        outcomes = await asyncio.gather(
            *(counter.pay(order) for _ in range(3)), return_exceptions=True
        )
        paid = [each for each in outcomes if not isinstance(each, BaseException)]
        lost = [each for each in outcomes if isinstance(each, BaseException)]
        assert [each.order.status for each in paid] == [OrderStatus.PAID]
        assert {getattr(each, "code", each) for each in lost} <= {
            ErrorCode.PAYMENT_IN_PROGRESS,
            ErrorCode.ORDER_ALREADY_PAID,
        }
        assert await counter.collected(order) == 1000
        assert len(await counter.charges(order)) == 1
        await assert_sound(counter, order)


async def test_c1_the_last_units_go_to_as_many_buyers_and_nobody_else_is_charged(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 3)
    orders = [await counter.order(of(variant)) for _ in range(12)]
    outcomes = await asyncio.gather(
        *(counter.pay(order) for order in orders), return_exceptions=True
    )
    paid = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(paid) == 3
    assert {getattr(each, "code", "") for each in outcomes if isinstance(each, BaseException)} == {
        ErrorCode.INVENTORY_UNAVAILABLE
    }
    assert await counter.stock(variant) == (0, 0)
    assert sum([await counter.collected(order) for order in orders]) == 3000


async def test_c7_orders_of_two_variants_in_opposite_order_do_not_deadlock(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(1000, 12), await counter.variant(500, 12)
    orders = [
        await counter.order(*([of(beans), of(mug)] if even else [of(mug), of(beans)]))
        for even in [True, False] * 6
    ]
    paid = await asyncio.gather(*(counter.pay(order) for order in orders))
    assert {each.order.status for each in paid} == {OrderStatus.PAID}
    assert (await counter.stock(beans), await counter.stock(mug)) == ((0, 0), (0, 0))


async def test_b4_a_call_that_was_never_sent_costs_nothing_and_can_be_repeated(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 1)
    order = await counter.order(of(variant))
    cut_off = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))
    failed = await counter.pay(order, orders=cut_off)
    assert failed.problem is not None
    assert (failed.problem.code, failed.problem.retryable) == (ErrorCode.PROCESSOR_ERROR, True)
    (attempt,) = await counter.attempts(order)
    assert attempt.status is AttemptStatus.CANCELED
    assert await counter.stock(variant) == (1, 0)
    assert (await assert_sound(counter, order)).status is OrderStatus.OPEN
    assert (await counter.pay(order)).order.status is OrderStatus.PAID
    assert await counter.collected(order) == 1000


@pytest.mark.parametrize("reached", [True, False])
async def test_b4_an_unknown_outcome_locks_the_order_until_it_is_known(
    counter: Counter, reached: bool
) -> None:
    variant = await counter.variant(1000, 1)
    order = await counter.order(of(variant))
    mute = Failing(counter.orders.gateway, "charge", silent, after=reached)
    unknown = await counter.pay(order, orders=counter.with_gateway(mute))
    assert isinstance(unknown.problem, PaymentProblem)
    assert unknown.problem.code is ErrorCode.PAYMENT_OUTCOME_UNKNOWN
    assert unknown.attempt is not None
    assert unknown.problem.attempt_id == unknown.attempt.id
    assert unknown.order.payment_status is OrderPaymentStatus.PENDING
    with refused(ErrorCode.PAYMENT_IN_PROGRESS):
        await counter.pay(order)
    counter.world.clock.advance(timedelta(seconds=10))
    await counter.world.reconcile()
    after = await assert_sound(counter, order)
    assert after.status is (OrderStatus.PAID if reached else OrderStatus.OPEN)
    assert await counter.collected(order) == (1000 if reached else 0)
    assert await counter.stock(variant) == ((0, 0) if reached else (1, 0))


@pytest.mark.parametrize("failure", [silent, unreachable])
async def test_b4_a_resume_that_gets_no_answer_is_found_out_or_repeated(
    counter: Counter, failure: type[BaseException]
) -> None:
    order = await counter.order(ad_hoc(1000))
    waiting = await counter.pay(order, token="tok_requires3ds")
    assert waiting.attempt is not None
    was_sent = failure is silent
    mute = Failing(counter.orders.gateway, "resume", failure, after=was_sent)
    told = await counter.pay(
        order, resume_attempt_id=waiting.attempt.id, orders=counter.with_gateway(mute)
    )
    assert told.problem is not None
    if was_sent:
        assert told.problem.code is ErrorCode.PAYMENT_OUTCOME_UNKNOWN
        counter.world.clock.advance(timedelta(seconds=10))
        await counter.world.reconcile()
    else:
        assert told.problem.code is ErrorCode.PROCESSOR_ERROR
        await counter.pay(order, resume_attempt_id=waiting.attempt.id)
    assert (await assert_sound(counter, order)).status is OrderStatus.PAID
    assert await counter.collected(order) == 1000


async def test_pay_1_what_is_paid_and_by_whom_follows_from_the_order(counter: Counter) -> None:
    await counter.tax("8.99")
    customer = await counter.customer()
    order = await counter.order(ad_hoc(1000), customer_id=customer.id)
    paid = await counter.pay(order)
    assert paid.attempt
    assert (paid.attempt.amount, paid.attempt.order_version) == (usd(1090), order.version)
    assert [payment.amount for payment in paid.order.payments] == [usd(1090)]


async def test_pay_5_a_source_where_nothing_is_due_is_refused_and_none_where_something_is(
    counter: Counter,
) -> None:
    free, dear = await counter.order(ad_hoc(0)), await counter.order(ad_hoc(1))
    with refused(ErrorCode.PAYMENT_NOT_REQUIRED) as found:
        await counter.pay(free)
    assert found[0].field == ("sources",)
    with refused(ErrorCode.PAYMENT_SOURCE_REQUIRED) as found:
        await counter.pay(dear, token="")
    assert found[0].field == ("sources",)
    assert [await counter.attempts(order) for order in (free, dear)] == [[], []]
    assert (await counter.pay(free, token="")).order.status is OrderStatus.PAID


async def test_pay_16_the_email_named_at_paying_is_kept_with_the_order_and_the_attempt(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000), buyer_email="old@example.com")
    declined = await counter.pay(order, token="tok_chargeDeclined", buyer_email=" New@example.com ")
    assert declined.attempt
    assert declined.attempt.buyer_email == declined.order.buyer_email == "New@example.com"
    assert (await counter.reload(order)).buyer_email == "New@example.com"
