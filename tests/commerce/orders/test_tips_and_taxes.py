"""Tips on orders, and taxes that change under them (PRC-65 to PRC-67, TIP, TAX-6)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import applying, editing, tipping
from ordergraph.commerce.orders.assessing import NewCharge
from ordergraph.commerce.orders.attributing import tips_by_payments
from ordergraph.commerce.orders.lifecycle import ChargeType, TipStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip, TipChange
from ordergraph.commerce.taxes.maintaining import delete_tax_rate
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem
from ordergraph.runtime.actor import Actor
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd


async def tip(
    counter: Counter,
    order: Order,
    amount: int | None = None,
    percent: str | None = None,
    actor: Actor | None = None,
) -> Order:
    wanted = NewTip(
        None if amount is None else Money(amount, order.currency),
        None if percent is None else Decimal(percent),
    )
    return await tipping.add_tip(counter.orders, actor or counter.actor, order.id, wanted)


async def change(
    counter: Counter, order: Order, tip_id: UUID, actor: Actor | None = None, **more: Any
) -> Order:
    return await tipping.update_tip(
        counter.orders, actor or counter.actor, order.id, tip_id, TipChange(**more)
    )


async def test_prc_67_a_percentage_follows_the_goods_after_discounts(counter: Counter) -> None:
    await counter.tax()
    await counter.coupon()
    order = await counter.order(ad_hoc(1999, 2), ad_hoc(2400, name="Mug"))
    await counter.apply(order)
    tipped = await tip(counter, order, percent="18")
    assert (tipped.tip_minor, tipped.total_minor) == (921, 6499)  # V5
    mug = order.line_items[1].id
    smaller = await editing.remove_line_items(counter.orders, counter.actor, order.id, [mug])
    assert smaller.tip_minor == 576  # 18 percent of 3198
    await assert_sound(counter, order)
    paid = await counter.pay(order)
    assert [each.status for each in paid.order.tips] == [TipStatus.SETTLED]


async def test_prc_66_a_tip_beyond_what_the_order_allows_is_refused_at_its_field(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.TIP_TOO_LARGE) as problems:
        await tip(counter, order, 100_001)
    assert problems[0].field == ("amount",)
    assert isinstance(problems[0], LimitProblem)
    assert problems[0].limit == usd(100_000)
    assert (await tip(counter, order, 100_000)).tip_minor == 100_000
    yen = await counter.order(of(await counter.variant(1000, currency="JPY")))
    assert (await tip(counter, yen, percent="60")).tip_minor == 600
    with refused(ErrorCode.TIP_TOO_LARGE) as problems:
        await tip(counter, yen, percent="40.1")
    assert problems[0].field == ("percent",)
    assert (await counter.reload(yen)).tip_minor == 600


async def test_prc_66_a_shop_may_take_tips_up_to_an_amount_of_its_own(counter: Counter) -> None:
    dollars = await counter.order(ad_hoc(1000))
    yen = await counter.order(of(await counter.variant(1000, currency="JPY")))
    wanted = {"tip_limit": Money(5000, "JPY")}
    await update_settings(counter.world.database, counter.actor, wanted)
    assert (await tip(counter, yen, 5000)).tip_limit_minor == 5000
    with refused(ErrorCode.TIP_TOO_LARGE) as problems:
        await tip(counter, yen, 1)
    assert isinstance(problems[0], LimitProblem)
    assert problems[0].limit == Money(5000, "JPY")
    assert (await tip(counter, dollars, 100_000)).tip_limit_minor is None
    await update_settings(counter.world.database, counter.actor, {"tip_limit": usd(200)})
    with refused(ErrorCode.TIP_TOO_LARGE) as problems:
        await tip(counter, dollars, 1)
    assert isinstance(problems[0], LimitProblem)
    assert problems[0].limit == usd(1000)  # the goods
    assert (await assert_sound(counter, dollars)).tip_minor == 100_000


async def test_prc_27_no_discount_lowers_a_tip(counter: Counter) -> None:
    await counter.coupon(percent_off="100")
    order = await counter.order(ad_hoc(1000))
    await tip(counter, order, 300)
    free = await counter.apply(order)
    assert (free.discount_minor, free.tip_minor, free.total_minor) == (1000, 300, 300)
    await assert_sound(counter, order)


async def test_prc_65_a_percentage_tip_counts_no_tax_and_no_charge(counter: Counter) -> None:
    await counter.tax("10")
    shipping = NewCharge(ChargeType.SHIPPING, "Mail", usd(5000), taxable=True)
    order = await counter.order(ad_hoc(1000), charges=(shipping,))
    assert (await tip(counter, order, percent="10")).tip_minor == 100


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        (NewTip(usd(0)), ErrorCode.AMOUNT_OUT_OF_RANGE, ("amount", "amount")),
        (NewTip(usd(-1)), ErrorCode.AMOUNT_OUT_OF_RANGE, ("amount", "amount")),
        (NewTip(percent="0.9999"), ErrorCode.INVALID_FIELD, ("percent",)),
        (NewTip(percent="100.0001"), ErrorCode.INVALID_FIELD, ("percent",)),
        (NewTip(percent="18.00001"), ErrorCode.PERCENT_PRECISION, ("percent",)),
        (NewTip(percent="a lot"), ErrorCode.INVALID_FORMAT, ("percent",)),
        (NewTip(usd(1), name="x" * 256), ErrorCode.STRING_TOO_LONG, ("name",)),
        (NewTip(usd(1), description="x" * 5001), ErrorCode.STRING_TOO_LONG, ("description",)),
    ],
)
async def test_tip_1_a_bad_tip_is_refused_and_changes_nothing(
    counter: Counter, wanted: NewTip, code: ErrorCode, field: tuple[str, ...]
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(code) as problems:
        await tipping.add_tip(counter.orders, counter.actor, order.id, wanted)
    assert problems[0].field == field
    assert await counter.reload(order) == order


async def test_a_tip_is_changed_sparsely_and_each_change_is_one_version(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    wanted = NewTip(usd(100), None, "Team", "For all", {"a": "1"})
    tipped = await tipping.add_tip(counter.orders, counter.actor, order.id, wanted)
    id = tipped.tips[0].id
    changes: list[tuple[dict[str, Any], str, Any]] = [
        ({"amount": usd(150)}, "amount_minor", 150),
        ({"percent": "18.5"}, "amount_minor", 185),
        ({"percent": None, "amount": usd(7)}, "percent", None),
        ({"name": "Kitchen"}, "name", "Kitchen"),
        ({"name": None}, "name", None),
        ({"description": None}, "description", None),
        ({"metadata": {"b": "2"}}, "metadata", {"a": "1", "b": "2"}),
        ({"metadata": {}}, "metadata", {}),
    ]
    for at, (sent, attribute, value) in enumerate(changes):
        changed = await change(counter, order, id, **sent)
        assert getattr(changed.tips[0], attribute) == value, sent
        assert changed.version == tipped.version + at + 1
        assert (await change(counter, order, id, **sent)).version == changed.version  # UPD-3
    assert (await assert_sound(counter, order)).tip_minor == 7
    types = [each.type for each in await counter.activities(order)]
    assert types == ["created", "tip_added"] + ["tip_updated"] * len(changes)


async def test_a_bad_change_of_a_tip_is_refused_and_changes_nothing(counter: Counter) -> None:
    order = await tip(counter, await counter.order(ad_hoc(1000)), 100)
    id = order.tips[0].id
    bad: list[tuple[ErrorCode, dict[str, Any]]] = [
        (ErrorCode.NO_FIELDS_TO_UPDATE, {}),
        (ErrorCode.FIELD_REQUIRED, {"amount": None}),
        (ErrorCode.CONFLICTING_FIELDS, {"amount": usd(1), "percent": "1"}),
        (ErrorCode.INVALID_FIELD, {"percent": "0.5"}),
        (ErrorCode.TIP_TOO_LARGE, {"amount": usd(100_001)}),
        (ErrorCode.CURRENCY_MISMATCH, {"amount": Money(1, "EUR")}),
    ]
    for code, sent in bad:
        with refused(code):
            await change(counter, order, id, **sent)
    with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
        await change(counter, order, id, counter.buyer_of(order), amount=usd(1))  # TIP-2
    assert problems[0].field == ("tipId",)
    assert await counter.reload(order) == order


async def test_tip_3_a_canceled_tip_stays_visible_out_of_the_totals_and_cannot_be_changed(
    counter: Counter,
) -> None:
    order = await tip(counter, await counter.order(ad_hoc(1000)), 100)
    id = order.tips[0].id
    without = await tipping.remove_tip(counter.orders, counter.actor, order.id, id)
    assert (without.tip_minor, without.total_minor) == (0, 1000)
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await change(counter, order, id, amount=usd(1))
    paid = (await counter.pay(order)).order
    assert [(each.status, each.amount_minor) for each in paid.tips] == [(TipStatus.CANCELED, 0)]
    await assert_sound(counter, order)


async def test_tip_5_a_tip_is_settled_by_the_payment_that_completes_the_order(
    counter: Counter,
) -> None:
    order = await tip(counter, await counter.order(ad_hoc(1000)), 100)
    assert await tips_by_payments(counter.viewer, [order.id]) == {}
    paid = (await counter.pay(order)).order
    (payment,) = paid.payments
    assert [each.status for each in paid.tips] == [TipStatus.SETTLED]
    shares = await tips_by_payments(counter.viewer, [order.id])
    assert shares == {order.id: {payment.id: usd(100)}}


async def test_tip_1_a_tip_is_an_amount_or_a_percentage_in_the_order_s_currency(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.FIELD_REQUIRED):
        await tip(counter, order)
    with refused(ErrorCode.CONFLICTING_FIELDS):
        await tip(counter, order, 5, "5")
    with refused(ErrorCode.CURRENCY_MISMATCH) as problems:
        await tipping.add_tip(counter.orders, counter.actor, order.id, NewTip(Money(5, "EUR")))
    assert problems[0].field == ("amount", "currency")


async def test_tip_2_a_buyers_tip_replaces_the_buyers_own_and_not_the_staffs(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(10_000))
    buyer = counter.buyer_of(order)
    await tip(counter, order, 500)
    await tip(counter, order, 100, actor=buyer)
    replaced = await tip(counter, order, 200, actor=buyer)
    assert [each.amount_minor for each in replaced.tips] == [500, 200]
    staffs = replaced.live_tips[0].id
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await tipping.remove_tip(counter.orders, buyer, order.id, staffs)
    await tipping.remove_tip(counter.orders, buyer, order.id, replaced.live_tips[1].id)
    left = await tipping.remove_tip(counter.orders, counter.actor, order.id, staffs)
    assert (left.live_tips, left.total_minor) == ([], 10_000)
    assert {each.status for each in left.tips} == {TipStatus.CANCELED}
    with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
        await tipping.remove_tip(counter.orders, counter.actor, order.id, new_id())
    assert problems[0].field == ("tipId",)
    await assert_sound(counter, order)


async def test_an_order_has_at_most_20_tips_and_a_buyer_may_still_replace_one(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(10_000))
    buyer = counter.buyer_of(order)
    for _ in range(19):
        await tip(counter, order, 1)
    await tip(counter, order, 2, actor=buyer)
    with refused(ErrorCode.TOO_MANY_ITEMS):
        await tip(counter, order, 1)
    assert (await tip(counter, order, 5, actor=buyer)).tip_minor == 24


async def test_tax_6_a_new_rate_reaches_open_orders_before_they_are_charged(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    rate = await counter.tax("10")
    told = await counter.pay(order)
    assert told.problem is not None
    assert told.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert told.order.total_minor == 1100
    assert await counter.charges(order) == []
    await counter.pay(order)
    await delete_tax_rate(counter.world.database, counter.actor, rate.id)
    paid = await assert_sound(counter, order)
    assert (paid.total_minor, paid.tax_minor) == (1100, 100)
    (breakdown,) = paid.tax_breakdowns
    assert (breakdown.percent, breakdown.taxable.minor, breakdown.tax.minor) == (
        Decimal(10),
        1000,
        100,
    )


async def test_prc_40_an_included_tax_does_not_change_what_there_is_to_pay(
    counter: Counter,
) -> None:
    await counter.tax("20", inclusive=True)
    order = await counter.order(ad_hoc(1000))
    assert (order.tax_minor, order.included_tax_minor, order.total_minor) == (167, 167, 1000)  # V4
    await assert_sound(counter, order)


async def test_the_worked_example_to_the_cent(counter: Counter) -> None:
    await counter.tax()
    await counter.coupon()
    order = await counter.order(ad_hoc(1999, 2), ad_hoc(2400, name="Mug"))
    applied = await counter.apply(order)
    assert [line.discount_minor for line in applied.line_items] == [800, 480]
    assert [line.tax_minor for line in applied.line_items] == [287, 173]
    paid = (await counter.pay(order)).order.net
    assert (paid.subtotal, paid.discount, paid.tax, paid.total) == (6398, 1280, 460, 5578)
    assert (paid.paid, paid.balance) == (5578, 0)


async def test_ord_45_what_is_taken_off_again_and_again_leaves_no_more_than_20(
    counter: Counter,
) -> None:
    coupon = await counter.coupon()
    order = await counter.order(ad_hoc(1000))
    buyer = counter.buyer_of(order)
    staffs = await tip(counter, order, 500)
    removed: list[UUID] = []
    for minor in range(1, 24):
        tipped = await tip(counter, order, minor, actor=buyer)
        removed.append(tipped.tips[-1].id)
        await tipping.remove_tip(counter.orders, buyer, order.id, removed[-1])
    applied: list[UUID] = []
    for _ in range(23):
        applied.append((await counter.apply(order)).live_discounts[0].id)
        await applying.remove_discount(counter.orders, buyer, order.id, applied[-1])
    left = await counter.reload(order)
    assert [each.id for each in left.tips] == [staffs.tips[0].id, *removed[3:]]
    assert [each.id for each in left.applied_discounts] == applied[3:]
    assert (left.total_minor, await counter.uses(coupon)) == (1500, 0)
    await assert_sound(counter, order)
