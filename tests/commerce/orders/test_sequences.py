"""Whatever is done to an order in any sequence, its figures hold (domain 32: 1 to 5, 8)."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ordergraph.commerce.inventory.tables import InventoryAdjustmentRow, InventoryHoldRow
from ordergraph.commerce.modifiers.bounding import Bounds
from ordergraph.commerce.modifiers.describing import WantedChoice, WantedChoices
from ordergraph.commerce.modifiers.selecting import AdHocModifier, WantedGroup, WantedModifier
from ordergraph.commerce.orders import applying, closing, detailing, editing, tipping
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.commerce.refunds.recalling import refunds_as_of
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.core.ids import new_id
from ordergraph.core.problems import Problem, Problems
from ordergraph.runtime.db.scope import within
from tests.commerce.orders.bookkeeping import as_shown, recalled
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, packed, usd
from tests.commerce.orders.processors import Failing, silent
from tests.world import World

Step = Callable[[Counter, Order], Awaitable[Any]]
CODES = ["TENTH", "FIXED", "FREE"]
prices = st.one_of(st.integers(0, 5), st.integers(0, 10_000))


def _add(price: int, units: int) -> Step:
    line = ad_hoc(price, units, name=f"No. {price}")
    return lambda counter, order: editing.add_line_items(
        counter.orders, counter.actor, order.id, [line]
    )


class Stall(Counter):
    """A counter with goods of the catalog: loose, in bundles, and with something chosen."""

    goods: Sequence[WantedLine]

    async def stock_up(self) -> None:
        """Put more on the shelves than any sequence sells."""
        sauce = WantedChoices(
            "Sauce",
            modifiers=[
                WantedChoice("Plain", usd(0), selected_by_default=True),
                WantedChoice("Hot", usd(33), taxable=False),
            ],
            bounds=Bounds(allow_quantities=True),
        )
        extras = await self.extras(sauce)
        (group,) = extras.groups
        hot = WantedModifier(group.modifiers[1].id, 2)
        spicy = (WantedGroup(group.id, (hot,)),)
        self.chosen = ((), spicy)
        self.beans = await self.variant(777, 100_000, modifier_set_id=extras.id)
        mug = await self.variant(1250, 100_000)
        box = await self.bundle(2999, (self.beans, 2), (mug, 1), modifier_set_id=extras.id)
        pair = await self.bundle(1, (mug, 2))
        self.goods = [
            of(self.beans),
            of(self.beans, modifiers=spicy),
            packed(box),
            packed(box, modifiers=spicy),
            packed(pair, ad_hoc_modifiers=(AdHocModifier("Ribbon", usd(7)),)),
        ]


def _sell(index: int, units: int) -> Step:
    async def step(counter: Counter, order: Order) -> None:
        assert isinstance(counter, Stall)
        line = replace(counter.goods[index], quantity=units)
        await editing.add_line_items(counter.orders, counter.actor, order.id, [line])

    return step


def _choose(index: int, way: int) -> Step:
    async def step(counter: Counter, order: Order) -> None:
        assert isinstance(counter, Stall)
        lines = [line for line in order.line_items if line.modifiers]
        if lines:
            change = LineChange(modifiers=counter.chosen[way])
            await editing.update_line_item(
                counter.orders,
                counter.actor,
                order.id,
                lines[index % len(lines)].id,
                change,
                order.version,
            )

    return step


def _resize(index: int, units: int) -> Step:
    async def step(counter: Counter, order: Order) -> None:
        if not order.line_items:
            return
        line = order.line_items[index % len(order.line_items)].id
        change = LineChange(quantity=units)
        await editing.update_line_item(counter.orders, counter.actor, order.id, line, change)

    return step


def _remove(index: int) -> Step:
    async def step(counter: Counter, order: Order) -> None:
        if not order.line_items:
            return
        line = order.line_items[index % len(order.line_items)].id
        await editing.remove_line_items(counter.orders, counter.actor, order.id, [line])

    return step


def _apply(code: str) -> Step:
    return lambda counter, order: counter.apply(order, code)


async def _take_discount_off(counter: Counter, order: Order) -> None:
    for discount in order.live_discounts[:1]:
        await applying.remove_discount(counter.orders, counter.actor, order.id, discount.id)


def _tip(percent: str) -> Step:
    wanted = NewTip(percent=Decimal(percent))
    return lambda counter, order: tipping.add_tip(counter.orders, counter.actor, order.id, wanted)


def _note(text: str) -> Step:
    changes = {"buyerNote": text}
    return lambda counter, order: detailing.update_order(
        counter.orders, counter.actor, order.id, changes
    )


def _pay(token: str) -> Step:
    async def step(counter: Counter, order: Order) -> None:
        if order.active_attempt_id is not None:
            await counter.pay(order, resume_attempt_id=order.active_attempt_id)
        else:
            await counter.pay(order, token="" if order.total_minor == 0 else token)

    return step


def _refund(share: int) -> Step:
    async def step(counter: Counter, order: Order) -> None:
        left = order.paid_minor - order.refunded_minor
        await counter.refund(order, max(1, left * share // 100))

    return step


def _return_unit(index: int) -> Step:
    async def step(counter: Counter, order: Order) -> None:
        if not order.line_items:
            return
        line = order.line_items[index % len(order.line_items)].id
        await counter.refund(order, lines=[(line, 1)])

    return step


async def _refund_blindly(counter: Counter, order: Order) -> None:
    mute = Failing(counter.orders.gateway, "refund", silent)
    await counter.refund(order, 1, orders=counter.with_gateway(mute))


async def _wait(counter: Counter, order: Order) -> None:
    counter.world.clock.advance(timedelta(seconds=30))
    await counter.world.reconcile()
    await reconcile_refunds(counter.orders)


async def _close(counter: Counter, order: Order) -> None:
    await closing.close_order(counter.orders, counter.actor, order.id)


TOKENS = st.sampled_from(
    ["tok_visa", "tok_visa", "tok_chargeDeclined", "tok_requires3ds", "tok_processing"]
)
before = st.one_of(
    st.builds(_add, prices, st.integers(1, 4)),
    st.builds(_sell, st.integers(0, 4), st.integers(1, 4)),
    st.builds(_sell, st.integers(0, 4), st.integers(1, 4)),
    st.builds(_choose, st.integers(0, 5), st.integers(0, 1)),
    st.builds(_resize, st.integers(0, 5), st.integers(1, 9)),
    st.builds(_remove, st.integers(0, 5)),
    st.builds(_apply, st.sampled_from(CODES)),
    st.just(_take_discount_off),
    st.builds(_tip, st.sampled_from(["10", "18.5", "0.0001"])),
    st.builds(_note, st.sampled_from(["", "Ring"])),
)
after = st.one_of(
    st.builds(_pay, TOKENS),
    st.builds(_refund, st.integers(1, 100)),
    st.builds(_return_unit, st.integers(0, 5)),
    st.just(_refund_blindly),
    st.just(_wait),
    st.just(_close),
    before,
)
sequences = st.tuples(
    st.lists(before, max_size=4),
    st.builds(_pay, TOKENS),
    st.lists(after, min_size=2, max_size=5),
)


async def _do(counter: Counter, order: Order, step: Step) -> bool:
    """Take a step; tell whether it was refused."""
    try:
        await step(counter, await counter.reload(order))
    except (Problem, Problems):
        return True
    return False


async def _assert_supplied(counter: Counter, order: Order) -> None:
    """Check that what left the shelves for an order is what it sold less what came back."""
    taken: Tally[UUID] = Tally()
    for line in order.line_items:
        assert 0 <= line.restocked_quantity <= line.quantity
        for variant, each in line.units_each.items():
            taken[variant] += each * (line.quantity - line.restocked_quantity)
    row, hold = InventoryAdjustmentRow, InventoryHoldRow
    left = await counter.viewer.rows(
        select(row.variant_id, func.sum(-row.quantity_delta))
        .where(within(row), row.order_id == order.id)
        .group_by(row.variant_id)
    )
    assert +Tally(dict(map(tuple, left))) == (+taken if order.paid_at else Tally())
    held = await counter.viewer.rows(
        select(hold.variant_id, hold.quantity).where(within(hold), hold.order_id == order.id)
    )
    assert Tally(dict(map(tuple, held))) == (taken if order.active_attempt_id else Tally())


async def shown_refunds(
    counter: Counter, order: Order, instant: datetime | None = None
) -> Sequence[Any]:
    """Return the refunds of an order, now or as of an instant, as they are shown."""
    refunds = await counter.refunds(order)
    if instant is not None:
        refunds = (await refunds_as_of(counter.viewer, [order.id], instant))[order.id]
    return [
        (
            each.id,
            each.status,
            each.failed,
            each.failure_reason,
            each.completed_at,
            *((leg.status, leg.failure_reason, leg.completed_at) for leg in each.payment_refunds),
        )
        for each in refunds
    ]


async def _run(counter: Stall, steps: list[Step]) -> None:
    order = await counter.order(ad_hoc(1999, 2), ad_hoc(333, 3, name="Pin"), *counter.goods[1:4:2])
    remembered = {counter.viewer.now: (as_shown(order), await shown_refunds(counter, order))}
    for step in steps:
        version, state = order.version, order
        counter.world.clock.advance(timedelta(milliseconds=1))
        was_refused = await _do(counter, order, step)
        order = await assert_sound(counter, order)
        await _assert_supplied(counter, order)
        if was_refused:
            assert order == state
        assert order.version in (version, version + 1) or step is _wait
        remembered[counter.viewer.now] = as_shown(order), await shown_refunds(counter, order)
    for instant, shown in remembered.items():
        past = await recalled(counter.viewer, order, instant)
        assert past is not None
        assert (as_shown(past), await shown_refunds(counter, order, instant)) == shown


@pytest.fixture(scope="module")
async def shops(town: World) -> dict[bool, Stall]:
    """Two shops with the same coupons: prices without tax, and prices that include it."""
    found: dict[bool, Stall] = {}
    for inclusive in (False, True):
        town.merchant_id = new_id()
        await town.open()
        counter = found[inclusive] = Stall(copy(town))
        await counter.stock_up()
        await counter.tax("8.99", inclusive=inclusive)
        await counter.coupon("TENTH", percent_off="10", stackable=True, minimum_purchase=usd(500))
        await counter.coupon("FIXED", amount_off=usd(700), stackable=True)
        await counter.coupon("FREE", percent_off="100", max_uses=3)
    return found


@settings(
    max_examples=50,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
@given(sequences, st.booleans())
async def test_his_1_and_invariants_1_to_5_and_8_hold_after_every_step(
    shops: dict[bool, Stall], drawn: tuple[list[Step], Step, list[Step]], inclusive: bool
) -> None:
    early, pay, late = drawn
    await _run(shops[inclusive], [*early, pay, *late])
