"""Carts: when they are placed and numbered, and what becomes of those that nobody touches."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import closing, purging, tipping
from ordergraph.commerce.orders.detailing import update_order
from ordergraph.commerce.orders.numbering import Numbers
from ordergraph.commerce.orders.purging import purge_carts_of
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import (
    ActivityRow,
    ChargeRow,
    DiscountRow,
    LineItemRow,
    OrderRow,
    TipRow,
)
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.events.tables import EventRow
from tests.commerce.orders.counter import Counter, ad_hoc, of, usd

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


async def cart(counter: Counter, *lines: Any) -> Order:
    """Make an order in a browser."""
    browser = counter.world.caller(ActorKind.PUBLISHABLE_KEY, BUYER_SCOPES)
    return await counter.order(*(lines or (ad_hoc(1000),)), actor=browser)


async def purge(counter: Counter) -> int:
    actor = counter.actor
    return await purge_carts_of(
        counter.world.database, Actor.system(actor.environment_id, actor.merchant_id, "purging")
    )


async def there(counter: Counter, *orders: Order) -> list[bool]:
    found = await orders_by_ids(counter.viewer, [order.id for order in orders])
    return [order.id in found for order in orders]


async def abandoned(counter: Counter) -> list[UUID]:
    """Return the carts that were told to be abandoned, once for each time."""
    rows = await counter.viewer.rows(
        select(EventRow.subject_id)
        .where(EventRow.environment_id == counter.actor.environment_id)
        .where(EventRow.type == "cart.abandoned")
        .order_by(EventRow.seq)
    )
    return [row.subject_id for row in rows]


async def test_ord_28_an_abandoned_cart_is_told_once_and_again_only_when_it_was_touched(
    counter: Counter,
) -> None:
    clock, idle = counter.world.clock, await cart(counter)
    merchants = await counter.order(ad_hoc(1000))
    clock.advance(DAY)
    assert (await purge(counter), await abandoned(counter)) == (0, [])
    clock.advance(SECOND)
    assert (await purge(counter), await abandoned(counter)) == (1, [idle.id])
    before = await counter.reload(idle)
    assert (before.version, before.updated_at) == (idle.version, idle.updated_at)
    clock.advance(DAY)
    assert (await purge(counter), await abandoned(counter)) == (0, [idle.id])
    await update_order(counter.orders, counter.actor, idle.id, {"buyerNote": "Ring twice."})
    assert await purge(counter) == 0
    clock.advance(DAY + SECOND)
    assert (await purge(counter), await abandoned(counter)) == (1, [idle.id, idle.id])
    assert merchants.id not in await abandoned(counter)


async def test_ord_28_a_cart_past_its_life_is_deleted_with_all_its_parts_and_nothing_else(
    counter: Counter,
) -> None:
    clock = counter.world.clock
    await counter.coupon()
    variant = await counter.variant()
    old = await counter.apply(await cart(counter, of(variant), ad_hoc(5)))
    tip = tipping.NewTip(amount=usd(100))
    await tipping.add_tip(counter.orders, counter.actor, old.id, tip)
    closed = await cart(counter)
    await closing.close_order(counter.orders, counter.actor, closed.id)
    placed = await counter.order(ad_hoc(1000))
    clock.advance(2 * DAY)
    young = await cart(counter)
    clock.advance(28 * DAY)
    assert await purge(counter) == 2  # both carts are told of; none is past its life
    assert await there(counter, old, closed, placed, young) == [True] * 4
    clock.advance(SECOND)
    assert await purge(counter) == 2
    assert await there(counter, old, closed, placed, young) == [False, False, True, True]
    rows: tuple[Any, ...] = (LineItemRow, DiscountRow, ChargeRow, TipRow, ActivityRow)
    for row in rows:
        left = select(func.count()).where(within(row), row.order_id == old.id)
        assert await counter.viewer.scalar(left) == 0
    assert (await counter.reload(placed)).number == placed.number


async def test_ord_28_how_long_a_cart_lives_is_a_setting(counter: Counter) -> None:
    await update_settings(counter.world.database, counter.actor, {"cart_lifetime_days": 2})
    made = await cart(counter)
    counter.world.clock.advance(2 * DAY + SECOND)
    assert await purge(counter) == 2  # told of, then deleted
    assert await abandoned(counter) == [made.id]
    assert await there(counter, made) == [False]


async def test_ord_28_carts_go_in_batches_and_one_that_is_being_changed_stays(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    carts = [await cart(counter) for _ in range(5)]
    counter.world.clock.advance(31 * DAY)
    async with counter.world.database.transaction(counter.actor) as tx:
        held = select(OrderRow.id).where(within(OrderRow), OrderRow.id == carts[0].id)
        await tx.rows(held.with_for_update())
        assert await purge(counter) == 8
    assert await there(counter, *carts) == [True, False, False, False, False]


@pytest.mark.parametrize("column", ["active_attempt_id", "paid_minor"])
async def test_ord_28_no_cart_goes_that_money_came_for_or_may_come(
    counter: Counter, column: str
) -> None:
    made = await cart(counter)
    value = made.id if column == "active_attempt_id" else 1
    async with counter.world.database.transaction(counter.actor) as tx:
        this = update(OrderRow).where(within(OrderRow), OrderRow.id == made.id)
        await tx.execute(this.values({column: value}))
    counter.world.clock.advance(31 * DAY)
    assert (await purge(counter), await there(counter, made)) == (0, [True])


async def test_ord_28_numbers_of_two_processes_are_unique_in_any_rush(counter: Counter) -> None:
    database, environment = counter.world.database, counter.actor.environment_id
    desks = [Numbers(database), Numbers(database)]

    async def number(at: int) -> str:
        desk = desks[at % 2]
        await desk.prepare(environment)
        await asyncio.sleep(0)
        return desk.take(environment)

    numbers = await asyncio.gather(*map(number, range(200)))
    assert len(set(numbers)) == 200
