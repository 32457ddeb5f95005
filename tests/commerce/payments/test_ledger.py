"""Writing attempts and payments down, against the database's own rules."""

import asyncio
from datetime import timedelta

import pytest

from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeStatus
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import (
    PendingAction,
    PendingActionType,
    active_attempt,
    attempts_by_ids,
    attempts_by_orders,
    lock_attempt,
    payments_by_ids,
    payments_by_orders,
)
from ordergraph.commerce.payments.sources import (
    CashSource,
    ExternalKind,
    ExternalSource,
    PaymentKind,
    Source,
)
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.db.transaction import Conflict
from tests.commerce.payments.shop import Shop

SUCCEEDED = ChargeOutcome(ChargeStatus.SUCCEEDED, "ch_1", brand="visa", last4="4242")
DECLINED = ChargeOutcome(
    ChargeStatus.DECLINED, "ch_1", failure_code="expired_card", failure_message="It has expired."
)
ASKED = ChargeOutcome(ChargeStatus.REQUIRES_ACTION, "ch_1", client_secret="s3cret")
CANCELED = ChargeOutcome(ChargeStatus.CANCELED, "ch_1")
HOUR = timedelta(hours=1)


async def test_pay_7_an_attempt_is_processing_and_leased_for_the_call(shop: Shop) -> None:
    attempt = await shop.attempt()
    assert await shop.reload(attempt) == attempt
    assert attempt.status is AttemptStatus.PROCESSING
    assert attempt.kind is PaymentKind.TOKEN
    assert attempt.source == {}
    assert attempt.lease_until == shop.clock.now() + timedelta(seconds=7)
    assert attempt.pending_actions == ()


async def test_pay_17_an_order_has_one_active_attempt(shop: Shop) -> None:
    first = await shop.attempt()
    with pytest.raises(Problem) as refused:
        await shop.attempt(order_id=first.order_id)
    assert refused.value.code is ErrorCode.PAYMENT_IN_PROGRESS

    await shop.settle(shop.actor, first.id, DECLINED)
    second = await shop.attempt(order_id=first.order_id)
    viewer = shop.database.viewer(shop.actor)
    assert await active_attempt(viewer, first.order_id) == second
    both = (await attempts_by_orders(viewer, [first.order_id, new_id()]))[first.order_id]
    assert [attempt.id for attempt in both] == [first.id, second.id]


async def test_pay_17_of_ten_attempts_opened_at_once_one_wins(shop: Shop) -> None:
    order_id = new_id()
    tried = await asyncio.gather(
        *(shop.attempt(order_id=order_id) for _ in range(10)), return_exceptions=True
    )
    refused = [each for each in tried if isinstance(each, Problem)]
    assert [each.code for each in refused] == [ErrorCode.PAYMENT_IN_PROGRESS] * 9


async def test_pay_8_a_success_is_a_payment_with_its_card(shop: Shop) -> None:
    attempt = await shop.attempt()
    after = await shop.settle(shop.actor, attempt.id, SUCCEEDED)
    assert after.status is AttemptStatus.SUCCEEDED
    assert after.completed_at == shop.clock.now()
    assert await shop.reload(attempt) == after
    (payment,) = await shop.payments(attempt.order_id)
    assert payment.amount == Money(500, "USD")
    assert payment.refundable_minor == 500
    assert (payment.kind, payment.brand, payment.last4) == (PaymentKind.TOKEN, "visa", "4242")
    assert payment.gateway_reference == "ch_1"
    viewer = shop.database.viewer(shop.actor)
    assert await payments_by_ids(viewer, [payment.id]) == {payment.id: payment}


async def test_pay_9_a_decline_says_why_and_leaves_no_payment(shop: Shop) -> None:
    attempt = await shop.attempt()
    after = await shop.settle(shop.actor, attempt.id, DECLINED)
    assert after.status is AttemptStatus.FAILED
    assert (after.failure_code, after.failure_message) == ("expired_card", "It has expired.")
    assert await shop.payments(attempt.order_id) == ()


async def test_pay_10_an_action_is_pending_until_the_outcome_is_final(shop: Shop) -> None:
    attempt = await shop.attempt()
    asked = await shop.settle(shop.actor, attempt.id, ASKED)
    kind = PendingActionType.PAYMENT_AUTHENTICATION
    assert asked.pending_actions == (PendingAction(attempt.id, kind, "s3cret", None),)
    assert asked.expires_at == asked.lease_until == shop.clock.now() + HOUR
    assert asked.completed_at is None

    shop.manual.advance(timedelta(minutes=5))
    assert (await shop.settle(shop.actor, attempt.id, ASKED)).expires_at == asked.expires_at
    done = await shop.settle(shop.actor, attempt.id, SUCCEEDED)
    assert done.pending_actions == ()
    assert (await shop.reload(attempt)).client_secret is None


async def test_pay_11_a_charge_canceled_after_its_hour_has_expired(shop: Shop) -> None:
    in_time, late = await shop.attempt(), await shop.attempt()
    for attempt in (in_time, late):
        await shop.settle(shop.actor, attempt.id, ASKED)
    shop.manual.advance(HOUR - timedelta(seconds=1))
    canceled = await shop.settle(shop.actor, in_time.id, CANCELED)
    assert canceled.status is AttemptStatus.CANCELED
    assert canceled.failure_code == "payment_attempt_canceled"
    shop.manual.advance(timedelta(seconds=1))
    expired = await shop.settle(shop.actor, late.id, CANCELED)
    assert expired.status is AttemptStatus.EXPIRED
    assert expired.failure_code == "payment_action_expired"


async def test_con_6_what_comes_after_the_end_changes_nothing(shop: Shop) -> None:
    for first in (SUCCEEDED, DECLINED, CANCELED):
        attempt = await shop.attempt()
        final = await shop.settle(shop.actor, attempt.id, first)
        shop.manual.advance(HOUR)
        for late in (SUCCEEDED, DECLINED, ASKED, CANCELED):
            if (first, late) == (CANCELED, SUCCEEDED):
                continue  # the one fact that is taken up: see the next test
            assert await shop.settle(shop.actor, attempt.id, late) == final
            assert await shop.reload(attempt) == final


async def test_ord_27_a_charge_that_was_given_up_and_succeeds_after_all_is_taken_up(
    shop: Shop,
) -> None:
    attempt = await shop.attempt()
    await shop.settle(shop.actor, attempt.id, CANCELED)
    late = await shop.settle(shop.actor, attempt.id, SUCCEEDED)
    assert (late.status, late.failure_code, late.failure_message) == (
        AttemptStatus.SUCCEEDED,
        None,
        None,
    )
    assert await shop.settle(shop.actor, attempt.id, CANCELED) == late


async def test_con_6_ten_settles_at_once_are_one_payment(shop: Shop) -> None:
    attempt = await shop.attempt()
    after = await asyncio.gather(
        *(shop.settle(shop.actor, attempt.id, SUCCEEDED) for _ in range(10))
    )
    assert {each.status for each in after} == {AttemptStatus.SUCCEEDED}
    assert len(await shop.payments(attempt.order_id)) == 1


async def test_an_outcome_for_an_attempt_that_moved_on_is_a_conflict(shop: Shop) -> None:
    attempt = await shop.attempt()
    await shop.settle(shop.actor, attempt.id, DECLINED)
    with pytest.raises(Conflict):
        async with shop.database.transaction(shop.actor) as tx:
            ledger.record_outcome(tx, attempt, SUCCEEDED)
    assert (await shop.reload(attempt)).status is AttemptStatus.FAILED


async def test_the_database_holds_one_payment_for_an_attempt(shop: Shop) -> None:
    attempt = await shop.attempt()
    after = await shop.settle(shop.actor, attempt.id, SUCCEEDED)
    with pytest.raises(Conflict):
        async with shop.database.transaction(shop.actor) as tx:
            ledger.record_payment(tx, after)


async def test_an_attempt_that_did_not_succeed_makes_no_payment(shop: Shop) -> None:
    attempt = await shop.attempt()
    with pytest.raises(ValueError, match="PROCESSING"):
        async with shop.database.transaction(shop.actor) as tx:
            ledger.record_payment(tx, attempt)


async def test_ext_1_cash_is_paid_at_once_and_its_change_is_noted(shop: Shop) -> None:
    attempt, payment = await tender(shop, CashSource(Money(2000, "USD")))
    assert attempt.status is AttemptStatus.SUCCEEDED
    assert (payment.amount.minor, payment.kind) == (500, PaymentKind.CASH)
    assert payment.tendered == Money(2000, "USD")
    assert payment.change == Money(1500, "USD")
    assert await shop.payments(attempt.order_id) == (payment,)
    assert await shop.reload(attempt) == attempt


async def test_ext_2_an_external_payment_is_recorded_with_its_reference(shop: Shop) -> None:
    received = shop.clock.now() - timedelta(days=1)
    source = ExternalSource(ExternalKind.BANK_TRANSFER, " T-77 ", received)
    attempt, payment = await tender(shop, source)
    assert (payment.external_kind, payment.reference) == (ExternalKind.BANK_TRANSFER, "T-77")
    assert payment.received_at == received
    assert payment.tendered is None
    assert await shop.payments(attempt.order_id) == (payment,)


async def test_ref_3_what_was_given_back_is_no_longer_refundable(shop: Shop) -> None:
    one, two = await shop.paid(minor=500), await shop.paid(minor=300)
    async with shop.database.transaction(shop.actor) as tx:
        ledger.give_back(tx, {one.id: 500, two.id: 100})
    assert (await refunded(shop, one.order_id), await refunded(shop, two.order_id)) == (500, 100)

    with pytest.raises(Problem) as refused:
        async with shop.database.transaction(shop.actor) as tx:
            ledger.give_back(tx, {two.id: 200, one.id: 1})
    assert refused.value.code is ErrorCode.REFUND_EXCEEDS_REFUNDABLE
    assert (await refunded(shop, one.order_id), await refunded(shop, two.order_id)) == (500, 100)


async def test_ref_30_what_a_failed_refund_gave_is_taken_back(shop: Shop) -> None:
    payment = await shop.paid()
    async with shop.database.transaction(shop.actor) as tx:
        ledger.give_back(tx, {payment.id: 200})
    async with shop.database.transaction(shop.actor) as tx:
        ledger.take_back(tx, {payment.id: 150})
    assert await refunded(shop, payment.order_id) == 50
    with pytest.raises(ValueError, match="more is taken back"):
        async with shop.database.transaction(shop.actor) as tx:
            ledger.take_back(tx, {payment.id: 51})
    assert await refunded(shop, payment.order_id) == 50


async def test_ref_31_refunds_at_once_never_exceed_the_payment(shop: Shop) -> None:
    payment = await shop.paid()

    async def give() -> None:
        async with shop.database.transaction(shop.actor) as tx:
            ledger.give_back(tx, {payment.id: 200})

    given = await asyncio.gather(*(give() for _ in range(10)), return_exceptions=True)
    assert given.count(None) == 2
    assert await refunded(shop, payment.order_id) == 400


async def test_a_payment_of_another_environment_cannot_be_given_back(shop: Shop) -> None:
    payment, stranger = await shop.paid(), await shop.found()
    with pytest.raises(Problem) as refused:
        async with shop.database.transaction(stranger) as tx:
            ledger.give_back(tx, {payment.id: 1})
    assert refused.value.code is ErrorCode.REFUND_EXCEEDS_REFUNDABLE
    assert await refunded(shop, payment.order_id) == 0


async def test_id_2_another_environment_sees_neither_attempt_nor_payment(shop: Shop) -> None:
    payment, stranger = await shop.paid(), await shop.found()
    viewer = shop.database.viewer(stranger)
    assert await attempts_by_ids(viewer, [payment.attempt_id]) == {}
    assert await payments_by_ids(viewer, [payment.id]) == {}
    assert await payments_by_orders(viewer, [payment.order_id]) == {payment.order_id: []}
    with pytest.raises(Problem) as refused:
        async with shop.database.transaction(stranger) as tx:
            await lock_attempt(tx, payment.attempt_id, "resumeAttemptId")
    assert refused.value.code is ErrorCode.RESOURCE_NOT_FOUND
    assert refused.value.field == ("resumeAttemptId",)


async def test_a_buyer_sees_only_what_belongs_to_its_own_order(shop: Shop) -> None:
    mine, other = await shop.paid(), await shop.paid()
    buyer = Actor(
        shop.actor.environment_id,
        shop.actor.merchant_id,
        ActorKind.BUYER,
        "buyer",
        frozenset(),
        order_id=mine.order_id,
    )
    viewer = shop.database.viewer(buyer)
    orders = [mine.order_id, other.order_id]
    assert await payments_by_ids(viewer, [mine.id, other.id]) == {mine.id: mine}
    assert await payments_by_orders(viewer, orders) == {mine.order_id: [mine], other.order_id: []}
    attempts = await attempts_by_ids(viewer, [mine.attempt_id, other.attempt_id])
    assert set(attempts) == {mine.attempt_id}
    assert (await attempts_by_orders(viewer, orders))[other.order_id] == []


async def tender(shop: Shop, source: Source) -> tuple:
    async with shop.database.transaction(shop.actor) as tx:
        return ledger.record_tender(tx, new_id(), Money(500, "USD"), source, order_version=1)


async def refunded(shop: Shop, order_id) -> int:
    (payment,) = await shop.payments(order_id)
    return payment.refunded.minor
