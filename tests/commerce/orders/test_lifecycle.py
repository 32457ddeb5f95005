"""The lifecycle of orders: every status and action, versions, events and activities (9.4, 9.5)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordergraph.commerce.orders import applying, closing, detailing, editing, placing, tipping
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.lifecycle import (
    REFUSALS,
    OrderAction,
    OrderStatus,
    derive_status,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.core.problems import ErrorCode, VersionProblem
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd
from tests.commerce.orders.processors import Failing, silent

Do = Callable[[Counter, Order], Awaitable[Any]]


async def an_order(counter: Counter, status: OrderStatus) -> Order:
    """Bring an order into a status the way a shop does."""
    if status is OrderStatus.OPEN:
        return await counter.order(ad_hoc(1000, 2))
    paid = await counter.paid(ad_hoc(1000, 2))
    if status is OrderStatus.PAID:
        return paid
    if status is OrderStatus.CLOSED:
        return await closing.close_order(counter.orders, counter.actor, paid.id)
    amount = 500 if status is OrderStatus.PARTIALLY_REFUNDED else None
    return (await counter.refund(paid, amount)).order


async def add_line(counter: Counter, order: Order) -> Order:
    return await editing.add_line_items(counter.orders, counter.actor, order.id, [ad_hoc(5)])


async def change_line(counter: Counter, order: Order) -> Order:
    line = order.line_items[0].id
    change = LineChange(quantity=3)
    return await editing.update_line_item(counter.orders, counter.actor, order.id, line, change)


async def remove_line(counter: Counter, order: Order) -> Order:
    line = order.line_items[0].id
    return await editing.remove_line_items(counter.orders, counter.actor, order.id, [line])


async def apply(counter: Counter, order: Order) -> Order:
    return await counter.apply(order)


async def tip(counter: Counter, order: Order) -> Order:
    wanted = NewTip(usd(100))
    return await tipping.add_tip(counter.orders, counter.actor, order.id, wanted)


async def readdress(counter: Counter, order: Order) -> Order:
    changes = {"buyerEmail": "a@example.com"}
    return await detailing.update_order(counter.orders, counter.actor, order.id, changes)


async def annotate(counter: Counter, order: Order) -> Order:
    changes = {"metadata": {"a": "b"}, "internalNote": "Fragile"}
    return await detailing.update_order(counter.orders, counter.actor, order.id, changes)


async def pay(counter: Counter, order: Order) -> Any:
    return await counter.pay(order)


async def refund(counter: Counter, order: Order) -> Any:
    return await counter.refund(order, 100)


async def close(counter: Counter, order: Order) -> Order:
    return await closing.close_order(counter.orders, counter.actor, order.id, "done")


WAYS: list[tuple[OrderAction, Do]] = [
    (OrderAction.EDIT_LINE_ITEMS, add_line),
    (OrderAction.EDIT_LINE_ITEMS, change_line),
    (OrderAction.EDIT_LINE_ITEMS, remove_line),
    (OrderAction.EDIT_DISCOUNTS, apply),
    (OrderAction.EDIT_TIPS, tip),
    (OrderAction.EDIT_DETAILS, readdress),
    (OrderAction.EDIT_NOTES, annotate),
    (OrderAction.PAY, pay),
    (OrderAction.REFUND, refund),
    (OrderAction.CLOSE, close),
]


@pytest.mark.parametrize("status", list(OrderStatus))
async def test_every_action_is_done_or_refused_as_the_table_and_next_actions_say(
    counter: Counter, status: OrderStatus
) -> None:
    await counter.coupon()
    for action, do in WAYS:
        order = await an_order(counter, status)
        expected = REFUSALS[status][action]
        if (status, action) == (OrderStatus.OPEN, OrderAction.REFUND):
            expected = ErrorCode.ORDER_NOT_PAID  # REF-4
        told = await counter.events(order)
        assert (action in order.next_actions) == (expected is None)
        if expected is None:
            await do(counter, order)
            assert len(await counter.events(order)) == len(told) + 1, (status, do)
            await assert_sound(counter, order)
        else:
            with refused(expected):
                await do(counter, order)
            assert await counter.reload(order) == order, (status, do)
            assert await counter.events(order) == told


@given(
    closed=st.booleans(),
    ever_paid=st.booleans(),
    total=st.integers(0, 50),
    returned=st.integers(0, 20),
    reversed_total=st.integers(0, 50),
)
def test_ord_20_status_follows_from_the_amounts_alone(
    closed: bool, ever_paid: bool, total: int, returned: int, reversed_total: int
) -> None:
    undone = min(reversed_total, total)
    status = derive_status(
        closed=closed,
        ever_paid=ever_paid,
        total=total,
        paid=total + returned,
        refunded=returned + undone,
        reversed_total=undone,
    )
    if closed:
        assert status is OrderStatus.CLOSED
    elif not ever_paid:
        assert status is OrderStatus.OPEN
    elif undone == 0:
        assert status is OrderStatus.PAID
    elif undone == total:
        assert status is OrderStatus.REFUNDED
    else:
        assert status is OrderStatus.PARTIALLY_REFUNDED


def test_ord_21_a_deposit_that_was_given_back_leaves_the_order_open() -> None:
    status = derive_status(
        closed=False, ever_paid=False, total=10_000, paid=4_000, refunded=4_000, reversed_total=0
    )
    assert status is OrderStatus.OPEN


async def test_invariant_8_one_success_is_one_version_one_event_and_an_activity(
    counter: Counter,
) -> None:
    await counter.coupon()
    order = await counter.order(ad_hoc(1000, 2), ad_hoc(300, name="Card"))
    for do in (add_line, change_line, apply, tip, readdress, annotate, remove_line, pay, close):
        before = await counter.reload(order)
        told = len(await counter.events(order))
        lived = len(await counter.activities(order))
        await do(counter, before)
        after = await assert_sound(counter, order)
        assert after.version == before.version + 1
        assert len(await counter.events(order)) == told + 1
        assert len(await counter.activities(order)) > lived
    assert await counter.told(order) == ["CREATED", *["UPDATED"] * 7, "PAID", "CLOSED"]


async def test_upd_3_what_is_that_way_already_makes_no_version_and_no_event(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000, 2), buyer_note="Ring twice", metadata={"a": "b"})
    line = order.line_items[0]
    same = {"buyerNote": "Ring twice", "metadata": {"a": "b"}, "buyerEmail": None}
    await detailing.update_order(counter.orders, counter.actor, order.id, same)
    change = LineChange(quantity=2, name="Gift wrap", unit_price=usd(1000))
    answered = await editing.update_line_item(
        counter.orders, counter.actor, order.id, line.id, change
    )
    assert answered == order
    assert await counter.reload(order) == order
    assert await counter.told(order) == ["CREATED"]


async def test_con_3_every_mutation_takes_the_version_it_was_decided_on(counter: Counter) -> None:
    await counter.coupon()
    order = await counter.order(ad_hoc(1000, 2))
    line, services, actor = order.line_items[0].id, counter.orders, counter.actor
    stale = order.version + 1
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: editing.add_line_items(services, actor, order.id, [ad_hoc(5)], stale),
        lambda: editing.update_line_item(
            services, actor, order.id, line, LineChange(quantity=4), stale
        ),
        lambda: editing.remove_line_items(services, actor, order.id, [line], stale),
        lambda: counter.apply(order, expected_version=stale),
        lambda: applying.remove_discount(services, actor, order.id, line, stale),
        lambda: tipping.add_tip(services, actor, order.id, NewTip(usd(5)), stale),
        lambda: tipping.remove_tip(services, actor, order.id, line, stale),
        lambda: detailing.update_order(services, actor, order.id, {"buyerNote": "x"}, stale),
        lambda: placing.rotate_secret(services, actor, order.id, stale),
        lambda: closing.close_order(services, actor, order.id, None, stale),
        lambda: counter.pay(order, expected_version=stale),
        lambda: counter.refund(order, 5, expected_version=stale),
    ]
    for call in calls:
        with refused(ErrorCode.VERSION_CONFLICT) as problems:
            await call()
        (problem,) = problems
        assert isinstance(problem, VersionProblem)
        assert problem.current_version == order.version
        assert problem.field == ("expectedVersion",)
    assert await counter.reload(order) == order


async def test_ord_44_notes_and_metadata_stay_editable_until_the_order_is_refunded(
    counter: Counter,
) -> None:
    for status in (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.CLOSED):
        noted = await annotate(counter, await an_order(counter, status))
        assert (noted.metadata, noted.internal_note) == ({"a": "b"}, "Fragile")
    with refused(ErrorCode.ORDER_REFUNDED):
        await annotate(counter, await an_order(counter, OrderStatus.REFUNDED))


async def test_act_1_the_newest_activity_has_the_balance_of_the_order(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000, 2))
    await editing.add_line_items(
        counter.orders, counter.actor, order.id, [ad_hoc(5), ad_hoc(6, name="Card")]
    )
    paid = await counter.pay(order)
    timeline = await counter.activities(order)
    assert [(each.type, each.balance_delta_minor) for each in timeline] == [
        ("created", 2000),
        ("line_item_added", 0),
        ("line_item_added", 11),
        ("payment", -2011),
    ]
    assert timeline[-1].running_balance_minor == paid.order.net.balance == 0


async def test_ord_28_a_browsers_order_is_a_cart_until_it_is_first_paid(counter: Counter) -> None:
    bought = await counter.variant()
    cart = await counter.order(of(bought), actor=counter.world.browser)
    assert (cart.number, cart.placed_at) == (None, None)
    declined = await counter.pay(
        cart,
        token="tok_chargeDeclined",
        actor=counter.buyer_of(cart),
        expected_outstanding=usd(1999),
    )
    assert declined.order.status is OrderStatus.OPEN
    assert declined.order.placed_at == counter.world.clock.now()
    assert declined.order.number is not None
    merchants = await counter.order(of(bought))
    assert merchants.number is not None
    assert merchants.number != declined.order.number


async def test_amt_2_a_refund_counts_from_its_beginning_and_not_once_it_has_failed(
    counter: Counter,
) -> None:
    order = await counter.paid(ad_hoc(1000))
    mute = Failing(counter.orders.gateway, "refund", silent)
    pending = await counter.refund(order, 400, orders=counter.with_gateway(mute))
    assert (pending.order.refunded_minor, pending.order.net.total) == (400, 600)
    failing = await counter.paid(ad_hoc(1000), token="tok_refundFail")
    await counter.refund(failing, 400)
    kept = await assert_sound(counter, failing)
    assert (kept.refunded_minor, kept.reversed_minor, kept.net.total) == (0, 0, 1000)
