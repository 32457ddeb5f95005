"""The sandbox gateway, compared with its own books."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from ordergraph.commerce.payments.gateway import (
    ChargeOutcome,
    ChargeRequest,
    ChargeStatus,
    NotSent,
    RefundRequest,
    RefundStatus,
)
from ordergraph.commerce.payments.gateways.books import SandboxChargeRow, SandboxRefundRow
from ordergraph.commerce.payments.gateways.sandbox import SandboxGateway
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.runtime.clock import ManualClock
from ordergraph.runtime.db.statements import counted

ENVIRONMENT = new_id()


class Shop:
    """A sandbox gateway, and sight of its books."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock()
        self.gateway = SandboxGateway(url, self.clock)

    async def charge(
        self, token: str = "tok_visa", key: UUID | None = None, minor: int = 500
    ) -> ChargeOutcome:
        return await self.gateway.charge(
            ChargeRequest(key or new_id(), ENVIRONMENT, new_id(), Money(minor, "USD"), token, False)
        )

    async def paid(self, token: str = "tok_visa", minor: int = 500) -> UUID:
        key = new_id()
        assert (await self.charge(token, key, minor)).status is ChargeStatus.SUCCEEDED
        return key

    def refund(self, charge: UUID, minor: int, key: UUID | None = None) -> RefundRequest:
        return RefundRequest(key or new_id(), charge, ENVIRONMENT, Money(minor, "USD"))

    async def books(self) -> list[tuple[str, int, int]]:
        columns = (
            SandboxChargeRow.status,
            SandboxChargeRow.amount_minor,
            SandboxChargeRow.refunded_minor,
        )
        async with self.gateway._engine.connect() as connection:
            rows = await connection.execute(select(*columns).order_by(SandboxChargeRow.id))
            return [(row.status.value, row.amount_minor, row.refunded_minor) for row in rows]


@pytest.fixture
async def shop(fresh_database: str) -> AsyncIterator[Shop]:
    shop = Shop(fresh_database)
    yield shop
    await shop.gateway.close()


CARDS = {
    "tok_visa": ("visa", "4242"),
    "tok_mastercard": ("mastercard", "4444"),
    "pm_card_visa": ("visa", "4242"),
    "pm_card_mastercard": ("mastercard", "4444"),
    "tok_amex": ("amex", "0005"),
}

DECLINES = {
    "tok_chargeDeclined": "card_declined",
    "tok_visa_chargeDeclined": "card_declined",
    "pm_card_chargeDeclined": "card_declined",
    "pm_card_visa_chargeDeclined": "card_declined",
    "tok_insufficientFunds": "insufficient_funds",
    "tok_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "tok_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "tok_expiredCard": "expired_card",
    "tok_chargeDeclinedExpiredCard": "expired_card",
    "pm_card_chargeDeclinedExpiredCard": "expired_card",
    "tok_chargeDeclinedIncorrectCvc": "incorrect_cvc",
    "tok_chargeDeclinedProcessingError": "processing_error",
}


async def test_pay_15_cards_that_succeed(shop: Shop) -> None:
    outcomes = {token: await shop.charge(token) for token in CARDS}
    assert {outcome.status for outcome in outcomes.values()} == {ChargeStatus.SUCCEEDED}
    assert {token: (each.brand, each.last4) for token, each in outcomes.items()} == CARDS
    assert await shop.books() == [("SUCCEEDED", 500, 0)] * len(CARDS)


async def test_pay_15_cards_that_decline(shop: Shop) -> None:
    outcomes = {token: await shop.charge(token) for token in DECLINES}
    assert {outcome.status for outcome in outcomes.values()} == {ChargeStatus.DECLINED}
    assert {token: each.failure_code for token, each in outcomes.items()} == DECLINES
    assert await shop.books() == [("DECLINED", 500, 0)] * len(DECLINES)


async def test_dec_1_suspicion_reads_like_any_other_decline(shop: Shop) -> None:
    told = {
        (outcome.failure_code, outcome.failure_message)
        for reason in ("", "LostCard", "StolenCard", "Fraudulent", "VelocityLimitExceeded")
        for outcome in [await shop.charge(f"tok_chargeDeclined{reason}")]
    }
    assert told == {("card_declined", "The card was declined. Please use another way to pay.")}


async def test_pay_14_only_test_tokens_are_accepted_and_none_where_money_is_real(
    shop: Shop,
) -> None:
    assert shop.gateway.accepts("tok_visa", livemode=False)
    assert not shop.gateway.accepts("tok_visa", livemode=True)
    assert not shop.gateway.accepts("tok_unheard_of", livemode=False)
    assert not shop.gateway.accepts("", livemode=False)


async def test_pay_10_an_action_is_asked_for_and_resuming_succeeds_once(shop: Shop) -> None:
    key = new_id()
    asked = await shop.charge("tok_requires3ds", key)
    assert asked.status is ChargeStatus.REQUIRES_ACTION
    assert asked.client_secret is not None
    assert (await shop.charge("tok_requires3ds", key)) == asked

    resumed = await asyncio.gather(*(shop.gateway.resume(ENVIRONMENT, key) for _ in range(5)))
    assert {outcome.status for outcome in resumed} == {ChargeStatus.SUCCEEDED}
    assert resumed[0].client_secret is None
    assert await shop.books() == [("SUCCEEDED", 500, 0)]


async def test_an_action_that_fails_declines_on_resume(shop: Shop) -> None:
    key = new_id()
    asked = await shop.charge("tok_requires3dsThenFails", key)
    assert (asked.status, asked.failure_code) == (ChargeStatus.REQUIRES_ACTION, None)
    resumed = await shop.gateway.resume(ENVIRONMENT, key)
    assert resumed.status is ChargeStatus.DECLINED
    assert resumed.failure_code == "authentication_required"


async def test_resuming_what_was_never_charged_charges_nothing(shop: Shop) -> None:
    key = new_id()
    assert (await shop.gateway.resume(ENVIRONMENT, key)).status is ChargeStatus.CANCELED
    assert (await shop.charge(key=key)).status is ChargeStatus.CANCELED


async def test_a_processing_charge_settles_by_itself_after_two_seconds(shop: Shop) -> None:
    key = new_id()
    assert (await shop.charge("tok_processing", key)).status is ChargeStatus.PROCESSING
    shop.clock.advance(timedelta(seconds=1, milliseconds=999))
    early = await shop.gateway.look_up(ENVIRONMENT, key)
    assert early is not None
    assert early.status is ChargeStatus.PROCESSING
    shop.clock.advance(timedelta(milliseconds=1))
    late = await shop.gateway.look_up(ENVIRONMENT, key)
    assert late is not None
    assert late.status is ChargeStatus.SUCCEEDED


async def test_idm_10_one_key_charged_ten_times_at_once_is_one_charge(shop: Shop) -> None:
    key = new_id()
    outcomes = await asyncio.gather(*(shop.charge(key=key) for _ in range(10)))
    assert {outcome.status for outcome in outcomes} == {ChargeStatus.SUCCEEDED}
    assert len({outcome.reference for outcome in outcomes}) == 1
    assert await shop.books() == [("SUCCEEDED", 500, 0)]


async def test_a_key_given_up_before_its_charge_is_refused_ever_after(shop: Shop) -> None:
    key = new_id()
    assert await shop.gateway.look_up(ENVIRONMENT, key) is None
    assert (await shop.gateway.cancel(ENVIRONMENT, key)).status is ChargeStatus.CANCELED
    assert (await shop.charge(key=key)).status is ChargeStatus.CANCELED
    assert (await shop.gateway.resume(ENVIRONMENT, key)).status is ChargeStatus.CANCELED
    assert await shop.books() == [("CANCELED", 0, 0)]


async def test_canceling_what_succeeded_answers_succeeded(shop: Shop) -> None:
    key = await shop.paid()
    assert (await shop.gateway.cancel(ENVIRONMENT, key)).status is ChargeStatus.SUCCEEDED
    assert await shop.books() == [("SUCCEEDED", 500, 0)]


async def test_canceling_an_open_charge_ends_it(shop: Shop) -> None:
    for token in ("tok_requires3ds", "tok_processing"):
        key = new_id()
        await shop.charge(token, key)
        assert (await shop.gateway.cancel(ENVIRONMENT, key)).status is ChargeStatus.CANCELED
        assert (await shop.gateway.resume(ENVIRONMENT, key)).status is ChargeStatus.CANCELED
        shop.clock.advance(timedelta(seconds=5))
        found = await shop.gateway.look_up(ENVIRONMENT, key)
        assert found is not None
        assert found.status is ChargeStatus.CANCELED


async def test_a_charge_and_its_cancellation_at_once_agree_on_what_happened(shop: Shop) -> None:
    for _ in range(10):
        key = new_id()
        charged, canceled = await asyncio.gather(
            shop.charge(key=key), shop.gateway.cancel(ENVIRONMENT, key)
        )
        assert charged.status is canceled.status


async def test_another_environment_knows_nothing_of_a_key(shop: Shop) -> None:
    key = await shop.paid()
    assert await shop.gateway.look_up(new_id(), key) is None


async def test_ref_32_one_refund_key_gives_back_once(shop: Shop) -> None:
    charge, key = await shop.paid(), new_id()
    requests = [shop.refund(charge, 200, key) for _ in range(10)]
    outcomes = await asyncio.gather(*(shop.gateway.refund(request) for request in requests))
    assert {outcome.status for outcome in outcomes} == {RefundStatus.SUCCEEDED}
    assert await shop.books() == [("SUCCEEDED", 500, 200)]
    assert await shop.gateway.look_up_refund(ENVIRONMENT, key) == outcomes[0]


async def test_refunds_never_exceed_what_was_captured(shop: Shop) -> None:
    charge = await shop.paid()
    outcomes = await asyncio.gather(
        *(shop.gateway.refund(shop.refund(charge, 200)) for _ in range(5))
    )
    assert sorted(outcome.status.value for outcome in outcomes) == [
        "FAILED",
        "FAILED",
        "FAILED",
        "SUCCEEDED",
        "SUCCEEDED",
    ]
    assert await shop.books() == [("SUCCEEDED", 500, 400)]


async def test_the_books_themselves_refuse_a_refund_above_the_capture(shop: Shop) -> None:
    overdrawn = {
        "environment_id": ENVIRONMENT,
        "id": new_id(),
        "amount_minor": 500,
        "refunded_minor": 501,
        "status": ChargeStatus.SUCCEEDED,
        "created_at": shop.clock.now(),
        "updated_at": shop.clock.now(),
    }
    for row in (overdrawn, overdrawn | {"refunded_minor": 1, "status": ChargeStatus.DECLINED}):
        with pytest.raises(IntegrityError, match="ck_sandbox_charges_refunded"):
            async with shop.gateway._engine.begin() as connection:
                await connection.execute(insert(SandboxChargeRow).values(row))


async def test_a_refund_that_cannot_be_made_fails_for_good(shop: Shop) -> None:
    charge = await shop.paid()
    for amount in (Money(501, "USD"), Money(0, "USD"), Money(1, "EUR")):
        request = RefundRequest(new_id(), charge, ENVIRONMENT, amount)
        failed = await shop.gateway.refund(request)
        assert failed.status is RefundStatus.FAILED
        assert failed.failure_reason == "payment_refund_failed"
        assert await shop.gateway.refund(request) == failed
    assert await shop.books() == [("SUCCEEDED", 500, 0)]


async def test_a_charge_that_never_succeeded_has_nothing_to_refund(shop: Shop) -> None:
    key = new_id()
    await shop.charge("tok_chargeDeclined", key)
    for charge in (key, new_id()):
        outcome = await shop.gateway.refund(shop.refund(charge, 1))
        assert outcome.status is RefundStatus.FAILED
        assert outcome.failure_reason == "payment_refund_not_attempted"


async def test_pay_15_the_card_of_tok_refundfail_pays_and_takes_nothing_back(shop: Shop) -> None:
    charge = await shop.paid("tok_refundFail")
    outcome = await shop.gateway.refund(shop.refund(charge, 100))
    assert outcome.status is RefundStatus.FAILED
    assert outcome.failure_reason == "expired_or_canceled_card"
    assert await shop.books() == [("SUCCEEDED", 500, 0)]


async def test_a_refund_never_made_is_not_found(shop: Shop) -> None:
    assert await shop.gateway.look_up_refund(ENVIRONMENT, new_id()) is None


async def test_the_books_are_kept_on_connections_that_nobody_counts(shop: Shop) -> None:
    with counted() as statements:
        charge = await shop.paid()
        await shop.gateway.refund(shop.refund(charge, 1))
    assert statements.texts == []
    async with shop.gateway._engine.connect() as connection:
        found = (await connection.execute(select(SandboxRefundRow.charge_id))).scalars().all()
    assert found == [charge]


async def test_an_unreachable_processor_was_sent_nothing() -> None:
    nowhere = SandboxGateway("postgresql+asyncpg://nobody@127.0.0.1:1/none", ManualClock())
    with pytest.raises(NotSent):
        await nowhere.look_up(ENVIRONMENT, new_id())


def test_an_unknown_fault_point_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="at_noon"):
        SandboxGateway(
            "postgresql+asyncpg://nobody@127.0.0.1:1/none", ManualClock(), fault="at_noon"
        )
