"""Finding out what became of attempts: crashes, slow processors, buyers who walked away."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeRequest, ChargeStatus, NotSent
from ordergraph.commerce.payments.gateways.sandbox import SandboxGateway
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import Attempt
from ordergraph.commerce.payments.reconciling import BATCH, Reconciler, reconcile
from ordergraph.runtime.clock import SystemClock
from tests.commerce.payments.shop import Shop

LEASE = timedelta(seconds=7)
HOUR = timedelta(hours=1)
CANCELED = ChargeOutcome(ChargeStatus.CANCELED, "ch_1")

DYING = """
import asyncio, sys
from uuid import UUID
from ordergraph.commerce.payments.gateway import ChargeRequest
from ordergraph.commerce.payments.gateways.sandbox import SandboxGateway
from ordergraph.core.money import Money
from ordergraph.runtime.clock import SystemClock

url, fault, environment, attempt, order = sys.argv[1:]
gateway = SandboxGateway(url, SystemClock(), fault=fault)
request = ChargeRequest(
    UUID(attempt), UUID(environment), UUID(order), Money(500, "USD"), "tok_visa", False
)
asyncio.run(gateway.charge(request))
"""


async def charged_by_a_process_that_dies(shop: Shop, attempt: Attempt, fault: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        DYING,
        shop.database.url,
        fault,
        str(shop.actor.environment_id),
        str(attempt.id),
        str(attempt.order_id),
        cwd=Path(__file__).parent,
        env=dict(os.environ),
    )
    assert await process.wait() == -signal.SIGKILL


async def test_b4_a_crash_before_the_charge_cancels_and_bars_the_late_charge(shop: Shop) -> None:
    attempt = await shop.attempt()
    await charged_by_a_process_that_dies(shop, attempt, "before_charge")
    assert await shop.reconcile(later=LEASE) == 1
    after = await shop.reload(attempt)
    assert after.status is AttemptStatus.CANCELED
    assert after.failure_code == "payment_attempt_canceled"
    assert await shop.payments(attempt.order_id) == ()

    zombie = await shop.charge(attempt)
    assert zombie.status is ChargeStatus.CANCELED
    assert (await shop.settle(shop.actor, attempt.id, zombie)) == after


async def test_b4_a_crash_after_the_charge_is_paid_once(shop: Shop) -> None:
    attempt = await shop.attempt()
    await charged_by_a_process_that_dies(shop, attempt, "after_charge")
    assert await shop.reconcile(later=LEASE) == 1
    assert (await shop.reload(attempt)).status is AttemptStatus.SUCCEEDED
    (payment,) = await shop.payments(attempt.order_id)
    assert (payment.amount.minor, payment.last4) == (500, "4242")
    assert await shop.reconcile(later=HOUR) == 0


async def test_b4_a_decline_that_nobody_heard_is_found(shop: Shop) -> None:
    attempt = await shop.attempt()
    await shop.charge(attempt, "tok_expiredCard")
    await shop.reconcile(later=LEASE)
    after = await shop.reload(attempt)
    assert (after.status, after.failure_code) == (AttemptStatus.FAILED, "expired_card")


async def test_an_attempt_whose_process_may_be_at_work_is_left_alone(shop: Shop) -> None:
    attempt = await shop.attempt()
    assert await shop.reconcile(later=LEASE - timedelta(microseconds=1)) == 0
    assert (await shop.charge(attempt)).status is ChargeStatus.SUCCEEDED


async def test_a_processing_charge_is_settled_two_seconds_later(shop: Shop) -> None:
    attempt = await shop.attempt()
    processing = await shop.charge(attempt, "tok_processing")
    after = await shop.settle(shop.actor, attempt.id, processing)
    assert after.status is AttemptStatus.PROCESSING
    assert after.lease_until == shop.clock.now() + timedelta(seconds=2)
    assert await shop.reconcile(later=timedelta(seconds=1)) == 0
    assert await shop.reconcile(later=timedelta(seconds=1)) == 1
    assert (await shop.reload(attempt)).status is AttemptStatus.SUCCEEDED
    assert len(await shop.payments(attempt.order_id)) == 1


async def test_a_charge_that_stays_open_is_asked_about_ever_less_often(shop: Shop) -> None:
    attempt = await shop.attempt()
    waits = []
    at_work = Says(ChargeOutcome(ChargeStatus.PROCESSING, "ch_1"))
    for _ in range(6):
        due = (await shop.reload(attempt)).lease_until
        waits.append((due - shop.clock.now()).total_seconds())
        assert await shop.reconcile(due - shop.clock.now(), at_work) == 1
    assert waits == [7, 7, 14, 28, 56, 60]
    assert shop.settled == []


async def test_pay_11_an_action_that_nobody_takes_expires_after_an_hour(shop: Shop) -> None:
    attempt = await asked(shop)
    assert await shop.reconcile(later=HOUR - timedelta(seconds=1)) == 0
    assert await shop.reconcile(later=timedelta(seconds=1)) == 1
    after = await shop.reload(attempt)
    assert (after.status, after.failure_code) == (AttemptStatus.EXPIRED, "payment_action_expired")
    late = await shop.gateway.resume(shop.actor.environment_id, attempt.id)
    assert late.status is ChargeStatus.CANCELED


async def test_b4_an_action_taken_before_its_hour_is_adopted_after_it(shop: Shop) -> None:
    attempt = await asked(shop)
    await shop.gateway.resume(shop.actor.environment_id, attempt.id)
    await shop.reconcile(later=HOUR)
    assert (await shop.reload(attempt)).status is AttemptStatus.SUCCEEDED
    assert len(await shop.payments(attempt.order_id)) == 1


async def test_b4_a_crash_while_resuming_is_found_when_the_lease_ends(shop: Shop) -> None:
    attempt = await asked(shop)
    async with shop.database.transaction(shop.actor) as tx:
        await ledger.renew_lease(tx, attempt, shop.gateway.timeout)
    await shop.gateway.resume(shop.actor.environment_id, attempt.id)
    assert await shop.reconcile(later=LEASE) == 1
    assert (await shop.reload(attempt)).status is AttemptStatus.SUCCEEDED


async def test_a_crash_before_resuming_leaves_the_action_to_be_taken(shop: Shop) -> None:
    attempt = await asked(shop)
    async with shop.database.transaction(shop.actor) as tx:
        await ledger.renew_lease(tx, attempt, shop.gateway.timeout)
    assert await shop.reconcile(later=LEASE) == 1
    after = await shop.reload(attempt)
    assert after.status is AttemptStatus.REQUIRES_ACTION
    assert after.pending_actions == attempt.pending_actions


async def test_all_environments_are_looked_after_each_by_its_own_actor(shop: Shop) -> None:
    other = await shop.found()
    here, there = await shop.attempt(), await shop.attempt(actor=other)
    assert await shop.reconcile(later=LEASE) == 2
    by_attempt = {attempt_id: actor for actor, attempt_id, _ in shop.settled}
    assert by_attempt[here.id].environment_id == shop.actor.environment_id
    assert by_attempt[there.id].environment_id == other.environment_id
    assert by_attempt[there.id].merchant_id == other.merchant_id
    assert (await shop.reload(there, other)).status is AttemptStatus.CANCELED


async def test_one_attempt_that_fails_does_not_stop_the_others(shop: Shop) -> None:
    attempts = [await shop.attempt() for _ in range(3)]
    bad = attempts[0]
    settle = shop.settle

    async def stumbling(actor, attempt_id, outcome) -> None:
        if attempt_id == bad.id:
            raise RuntimeError("no")
        await settle(actor, attempt_id, outcome)

    shop.manual.advance(LEASE)
    assert await reconcile(shop.database, shop.gateway, stumbling) == 3
    after = [(await shop.reload(attempt)).status for attempt in attempts]
    assert after == [AttemptStatus.PROCESSING, AttemptStatus.CANCELED, AttemptStatus.CANCELED]
    assert await shop.reconcile(later=LEASE) == 1
    assert (await shop.reload(bad)).status is AttemptStatus.CANCELED


async def test_b4_while_the_processor_is_silent_nothing_is_decided(shop: Shop) -> None:
    attempt = await shop.attempt()
    assert await shop.reconcile(LEASE, Says(NotSent("no route"))) == 1
    assert shop.settled == []
    assert await shop.reconcile(later=LEASE) == 1
    assert (await shop.reload(attempt)).status is AttemptStatus.CANCELED


async def test_two_processes_reconciling_at_once_settle_each_attempt_once(shop: Shop) -> None:
    attempts = [await shop.attempt() for _ in range(20)]
    for attempt in attempts:
        await shop.charge(attempt)
    shop.manual.advance(LEASE)
    looked_at = await asyncio.gather(*(shop.reconcile() for _ in range(4)))
    assert sum(looked_at) == 20
    assert sorted(id for _, id, _ in shop.settled) == sorted(attempt.id for attempt in attempts)
    for attempt in attempts:
        assert len(await shop.payments(attempt.order_id)) == 1


async def test_more_attempts_than_a_batch_are_all_resolved(shop: Shop) -> None:
    for _ in range(BATCH + 1):
        await shop.attempt()
    assert await shop.reconcile(later=LEASE) == BATCH + 1


async def test_the_reconciler_never_charges(shop: Shop) -> None:
    for _ in range(3):
        await shop.attempt()
    gateway = Says(None)
    await shop.reconcile(LEASE, gateway)
    assert sorted(gateway.asked) == ["cancel"] * 3 + ["look_up"] * 3


class Says(SandboxGateway):
    """A gateway that answers look-ups as it is told, and keeps what it was asked."""

    def __init__(self, answer: ChargeOutcome | Exception | None) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        self.asked.append("charge")
        return CANCELED

    async def look_up(self, environment_id: UUID, key: UUID) -> ChargeOutcome | None:
        self.asked.append("look_up")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def cancel(self, environment_id: UUID, key: UUID) -> ChargeOutcome:
        self.asked.append("cancel")
        return CANCELED


async def asked(shop: Shop) -> Attempt:
    """Open an attempt that waits for its buyer's action."""
    attempt = await shop.attempt()
    outcome = await shop.charge(attempt, "tok_requires3ds")
    after = await shop.settle(shop.actor, attempt.id, outcome)
    assert after.status is AttemptStatus.REQUIRES_ACTION
    shop.settled.clear()
    shop.has_settled.clear()
    return after


async def test_the_loop_reconciles_at_the_start(shop: Shop) -> None:
    attempt = await shop.attempt()
    shop.manual.advance(LEASE)
    reconciler = Reconciler(shop.database, shop.gateway, shop.settle)
    reconciler.start()
    await shop.settles()
    assert not (await shop.reload(attempt)).is_active
    await reconciler.stop()


async def test_the_loop_wakes_when_it_is_nudged(shop: Shop) -> None:
    reconciler = Reconciler(shop.database, shop.gateway, shop.settle)
    reconciler.start()
    await asyncio.sleep(0.2)
    attempt = await shop.attempt()
    shop.manual.advance(LEASE)
    reconciler.nudge(attempt.lease_until)
    await shop.settles()
    assert not (await shop.reload(attempt)).is_active
    await reconciler.stop()


async def test_the_loop_wakes_when_the_next_lease_ends(fresh_database: str) -> None:
    shop = Shop(fresh_database, SystemClock())
    await shop.open()
    attempt = await shop.attempt()
    async with shop.database.transaction(shop.actor) as tx:
        await ledger.renew_lease(tx, attempt, -ledger.LEASE_MARGIN + timedelta(seconds=0.5))
    reconciler = Reconciler(shop.database, shop.gateway, shop.settle)
    reconciler.start()
    await shop.settles()
    assert not (await shop.reload(attempt)).is_active
    await reconciler.stop()
    await shop.close()


async def test_the_loop_outlives_a_failure_of_the_database(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def broken(_database: object) -> None:
        failed.set()
        raise ConnectionError("gone")

    reconciler = Reconciler(
        shop.database, shop.gateway, shop.settle, period=timedelta(milliseconds=20)
    )
    with monkeypatch.context() as patched:
        patched.setattr("ordergraph.commerce.payments.reconciling.take_due_everywhere", broken)
        reconciler.start()
        await failed.wait()
    attempt = await shop.attempt()
    shop.manual.advance(LEASE)
    await shop.settles()
    assert not (await shop.reload(attempt)).is_active
    await reconciler.stop()
