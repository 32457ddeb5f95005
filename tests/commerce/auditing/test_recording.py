"""What an audit found is kept, and told once where it is news."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update
from structlog.testing import capture_logs

from ordergraph.commerce.auditing.auditing import audit
from ordergraph.commerce.auditing.events import DRIFT
from ordergraph.commerce.auditing.reads import newest_audit
from ordergraph.commerce.auditing.recording import audit_and_record
from ordergraph.commerce.coupons.tables import CouponRow
from ordergraph.core.ids import Prefix, decode
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.events.tables import EventRow
from tests.commerce.orders.counter import Counter, ad_hoc


async def drifts(counter: Counter) -> list[Any]:
    rows = await counter.viewer.rows(
        select(EventRow.payload)
        .where(EventRow.type == DRIFT, EventRow.subject_id == counter.actor.environment_id)
        .order_by(EventRow.seq)
    )
    return [row.payload["violations"] for row in rows]


async def miscount(counter: Counter, uses: int) -> None:
    async with counter.world.database.transaction(counter.actor) as tx:
        await tx.execute(update(CouponRow).where(within(CouponRow)).values(uses_count=uses))


async def test_nothing_is_told_while_all_holds(counter: Counter) -> None:
    assert await newest_audit(counter.world.database) is None
    await counter.order(ad_hoc(100))
    done = await audit_and_record(counter.world.database)
    kept = await newest_audit(counter.world.database)
    assert kept is not None
    assert (done.findings, kept.violations, kept.found) == ([], 0, {})
    assert (kept.checks, kept.finished_at) == (done.checks, done.finished_at)
    assert await drifts(counter) == []


async def test_an_environment_hears_of_drift_once_until_it_changes(counter: Counter) -> None:
    await counter.coupon()
    await miscount(counter, 3)
    with capture_logs() as logs:
        await audit_and_record(counter.world.database)
    (named,) = (each["environment"] for each in logs if each["event"] == "audit_found_drift")
    assert decode(Prefix.ENVIRONMENT, named) == counter.actor.environment_id
    for _ in range(2):
        done = await audit_and_record(counter.world.database)
        assert [(each.check, each.count) for each in done.findings] == [("coupon.uses", 1)]
        assert await drifts(counter) == [{"coupon.uses": 1}]
    kept = await newest_audit(counter.world.database)
    assert kept is not None
    environment = str(counter.actor.environment_id)
    assert (kept.violations, kept.found) == (1, {environment: {"coupon.uses": 1}})
    await miscount(counter, 0)
    assert (await audit_and_record(counter.world.database)).findings == []
    await miscount(counter, 1)
    await audit_and_record(counter.world.database)
    assert await drifts(counter) == [{"coupon.uses": 1}] * 2


async def test_an_audit_of_one_environment_leaves_the_others_out(counter: Counter) -> None:
    await counter.coupon()
    await miscount(counter, 3)
    here = await audit(counter.world.database, counter.actor.environment_id)
    elsewhere = await audit(counter.world.database, counter.world.other_environment_id)
    assert (here.violations, elsewhere.violations) == (1, 0)
    await miscount(counter, 0)


async def test_audits_are_kept_for_a_while_only(counter: Counter) -> None:
    for days in (0, 89, 91):
        counter.world.clock.advance(timedelta(days=days))
        await audit_and_record(counter.world.database)
    async with counter.world.database.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM audits")) == 1
