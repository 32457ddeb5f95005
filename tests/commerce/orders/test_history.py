"""What an order was at any instant, and what its ledger says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ordergraph.commerce.orders import closing, detailing, editing, tipping
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.recording import MOST_APART
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import HistoryRow
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.bookkeeping import accounts, as_shown, ledger, recalled
from tests.commerce.orders.counter import Counter, ad_hoc, of, refused, usd


def later(counter: Counter, seconds: float = 1) -> datetime:
    counter.world.clock.advance(timedelta(seconds=seconds))
    return counter.viewer.now


async def entries(counter: Counter, order: Order) -> list[tuple[str, dict[str, int]]]:
    return [
        (each.kind.value, {entry.account.value: entry.amount.minor for entry in each.entries})
        for each in await ledger(counter.viewer, order)
    ]


async def test_led_2_a_placed_order_is_posted_and_then_every_change_of_it(counter: Counter) -> None:
    await counter.tax("10", inclusive=True)
    order = await counter.order(ad_hoc(1100))
    later(counter)
    await tipping.add_tip(counter.orders, counter.actor, order.id, NewTip(amount=usd(200)))
    await detailing.update_order(counter.orders, counter.actor, order.id, {"buyerNote": "Ring"})
    found = await ledger(counter.viewer, order)
    assert [each.order_version for each in found] == [1, 2]
    assert await entries(counter, order) == [
        ("SALE", {"RECEIVABLE": 1100, "SALES": -1000, "TAX": -100}),
        ("SALE", {"RECEIVABLE": 200, "TIP": -200}),
    ]


async def test_led_2_a_cart_is_posted_when_it_is_placed(counter: Counter) -> None:
    cart = await counter.order(ad_hoc(500), actor=counter.world.browser)
    assert await ledger(counter.viewer, cart) == []


async def test_led_3_an_order_that_is_given_up_is_taken_back(counter: Counter) -> None:
    await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    await closing.close_order(counter.orders, counter.actor, order.id)
    assert [kind for kind, _ in await entries(counter, order)] == ["SALE", "SALE", "VOID"]
    assert await accounts(counter.viewer, order) == {}


async def test_led_4_a_paid_order_is_not_void_when_it_is_archived(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    await closing.close_order(counter.orders, counter.actor, order.id)
    assert await entries(counter, order) == [
        ("SALE", {"RECEIVABLE": 1000, "SALES": -1000}),
        ("PAYMENT", {"RECEIVABLE": -1000, "TENDER": 1000}),
    ]
    (_, payment) = await ledger(counter.viewer, order)
    assert payment.payment_id == order.payments[0].id


async def test_led_1_the_database_refuses_what_is_not_in_balance(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    with pytest.raises(IntegrityError, match="ck_ledger_postings_balanced"):
        await counter.sql("UPDATE ledger_postings SET tender_minor = 999 WHERE kind = 'PAYMENT'")
    assert await accounts(counter.viewer, order) == {"TENDER": 1000, "SALES": -1000}


async def test_led_6_refused_changes_post_nothing(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.VERSION_CONFLICT):
        await closing.close_order(counter.orders, counter.actor, order.id, expected_version=7)
    paid = await counter.pay(order, token="tok_chargeDeclined")
    assert paid.problem is not None
    assert [kind for kind, _ in await entries(counter, order)] == ["SALE"]


async def test_his_1_every_instant_reads_as_it_was(counter: Counter) -> None:
    await counter.tax()
    await counter.coupon(stackable=True)
    beans = await counter.variant()
    order = await counter.order(ad_hoc(1999, 2), of(beans))
    before = order.created_at - timedelta(microseconds=1)
    line = order.line_items[0].id
    steps: Sequence[Any] = [
        lambda: editing.add_line_items(
            counter.orders, counter.actor, order.id, [ad_hoc(100, name="Pin")]
        ),
        lambda: counter.apply(order),
        lambda: editing.remove_line_items(counter.orders, counter.actor, order.id, [line]),
        lambda: tipping.add_tip(
            counter.orders, counter.actor, order.id, NewTip(percent=Decimal(10))
        ),
        lambda: counter.pay(order, token="tok_chargeDeclined"),
        lambda: counter.pay(order),
        lambda: counter.refund(order, 500),
        lambda: counter.refund(order, lines=[(order.line_items[1].id, 1)]),
        lambda: closing.close_order(counter.orders, counter.actor, order.id),
    ]
    remembered = {counter.viewer.now: as_shown(await counter.reload(order))}
    for step in steps:
        later(counter)
        await step()
        remembered[counter.viewer.now] = as_shown(await counter.reload(order))
    later(counter)
    for instant, shown in remembered.items():
        past = await recalled(counter.viewer, order, instant + timedelta(milliseconds=999))
        assert past is not None
        assert as_shown(past) == shown
        assert past.next_actions == []
    assert await recalled(counter.viewer, order, before) is None


async def test_his_2_the_time_of_writes_never_goes_back(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    counter.world.clock.advance(timedelta(seconds=-30))
    changed = await detailing.update_order(
        counter.orders, counter.actor, order.id, {"buyerNote": "Ring"}
    )
    assert changed.updated_at == order.updated_at
    counter.world.clock.advance(timedelta(seconds=30))
    past = await recalled(counter.viewer, order, order.updated_at)
    assert past is not None
    assert (past.version, past.buyer_note) == (2, "Ring")


async def test_his_3_the_past_is_read_from_few_writes(counter: Counter) -> None:
    order = await counter.order(ad_hoc(100), ad_hoc(200), ad_hoc(300, name="Pin"))
    remembered: dict[datetime, dict[str, Any]] = {}
    for units in range(2, MOST_APART + 6):
        now, change = later(counter), LineChange(quantity=units)
        changed = await editing.update_line_item(
            counter.orders, counter.actor, order.id, order.line_items[0].id, change
        )
        remembered[now] = as_shown(changed)
    row = HistoryRow
    wholes = await counter.viewer.rows(
        select(row.revision).where(row.order_id == order.id, row.whole).order_by(row.revision)
    )
    assert [each.revision for each in wholes] == [1, MOST_APART]
    carried = await counter.viewer.scalar(
        select(func.sum(func.jsonb_array_length(row.lines))).where(row.order_id == order.id)
    )
    assert carried == 3 + 3 + (MOST_APART + 3)
    for instant in (*list(remembered)[-8:], *list(remembered)[:2]):
        past = await recalled(counter.viewer, order, instant)
        assert past is not None
        assert as_shown(past) == remembered[instant]


async def test_his_4_a_future_instant_is_refused(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.INSTANT_IN_FUTURE) as problems:
        await recalled(counter.viewer, order, counter.viewer.now + timedelta(microseconds=1))
    assert problems[0].field == ("asOf",)


async def test_his_4_a_buyer_sees_the_past_of_the_own_order_only(counter: Counter) -> None:
    mine, other = await counter.order(ad_hoc(1)), await counter.order(ad_hoc(2))
    viewer = counter.world.database.viewer(counter.buyer_of(mine))
    assert await recalled(viewer, mine, viewer.now) is not None
    assert await recalled(viewer, other, viewer.now) is None
