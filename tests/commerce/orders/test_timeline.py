"""The timeline of an order: every kind of change, with the balance that it leaves (9.6)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from ordergraph.commerce.orders import applying, assessing, closing, editing, tipping
from ordergraph.commerce.orders.detailing import update_order
from ordergraph.commerce.orders.lifecycle import ChargeType
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments.sources import Completion, TokenSource
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, usd

PART = Completion.PARTIAL_PAYMENT
ADDRESS = {"buyerEmail": "a@example.com"}


class Timeline:
    """Follows the timeline of an order: each step adds to it, and never changes what is there."""

    def __init__(self, counter: Counter, order: Order) -> None:
        self.counter, self.order = counter, order
        self.seen: list[Any] = []

    async def after(self, step: Awaitable[Any], *types: str) -> Order:
        """Take a step and see that it told these, and what the balance is since."""
        await step
        order = await assert_sound(self.counter, self.order)
        timeline = await self.counter.activities(order)
        assert timeline[: len(self.seen)] == self.seen
        fresh = timeline[len(self.seen) :]
        assert [each.type for each in fresh] == list(types)
        assert timeline[-1].running_balance_minor == order.net.balance
        assert sum(each.balance_delta_minor for each in timeline) == order.net.balance
        self.seen = timeline
        return order


async def nothing() -> None: ...


async def test_act_1_after_every_change_the_newest_entry_has_the_balance_of_the_order(
    counter: Counter,
) -> None:
    await counter.coupon(percent_off="10")
    order = await counter.order(ad_hoc(1000, 2))
    orders, actor, id = counter.orders, counter.actor, order.id
    line = Timeline(counter, order)
    await line.after(nothing(), "created")
    order = await line.after(
        editing.add_line_items(orders, actor, id, [ad_hoc(500), ad_hoc(70, name="Card")]),
        "line_item_added",
        "line_item_added",
    )
    first, second, _ = (each.id for each in order.line_items)
    change = editing.LineChange(quantity=3)
    await line.after(
        editing.update_line_item(orders, actor, id, first, change), "line_item_updated"
    )
    await line.after(editing.remove_line_items(orders, actor, id, [second]), "line_item_removed")
    order = await line.after(counter.apply(order), "discount_applied")
    (discount,) = order.live_discounts
    fee = assessing.NewCharge(ChargeType.SERVICE, "Service", percent="5")
    order = await line.after(assessing.add_charge(orders, actor, id, fee), "charge_added")
    tip = tipping.NewTip(amount=usd(150))
    order = await line.after(tipping.add_tip(orders, actor, id, tip), "tip_added")
    await line.after(update_order(orders, actor, id, ADDRESS), "order_updated")
    await line.after(counter.tax("8.99"))
    await line.after(
        counter.pay(order, expected_outstanding=usd(order.net.outstanding)), "adjustment"
    )
    await line.after(applying.remove_discount(orders, actor, id, discount.id), "discount_removed")
    await line.after(
        assessing.remove_charge(orders, actor, id, order.charges[0].id), "charge_removed"
    )
    await line.after(tipping.remove_tip(orders, actor, id, order.tips[0].id), "tip_removed")
    await line.after(
        counter.pay(order, TokenSource("tok_visa", usd(900)), completion=PART), "payment"
    )
    await line.after(counter.pay(order, token="tok_chargeDeclined"), "payment_failed")
    await line.after(counter.refund(order, 200), "refund")
    await line.after(counter.pay(order, token="tok_refundFail"), "payment")
    await line.after(counter.refund(order, 1500), "refund_failed")
    await line.after(closing.close_order(orders, actor, id), "closed")


async def test_act_1_a_canceled_order_tells_what_its_discount_took_off_no_more(
    counter: Counter,
) -> None:
    await counter.coupon(percent_off="10")
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    line = Timeline(counter, order)
    await line.after(nothing(), "created", "discount_applied")
    closed = await line.after(
        closing.close_order(counter.orders, counter.actor, order.id), "closed"
    )
    assert line.seen[-1].balance_delta_minor == 100
    assert closed.net.balance == 1000
