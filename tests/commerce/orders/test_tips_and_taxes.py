"""Tips on orders, and taxes that change under them (PRC-65 to PRC-67, TIP, TAX-6)."""

from decimal import Decimal

from ordergraph.commerce.orders import editing, tipping
from ordergraph.commerce.orders.lifecycle import TipStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip
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


async def test_prc_65_67_a_percentage_follows_the_goods_after_discounts(counter: Counter) -> None:
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
    assert [each.amount_minor for each in replaced.live_tips] == [500, 200]
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
