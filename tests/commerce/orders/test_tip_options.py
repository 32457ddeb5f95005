"""Tips that a shop suggests, on orders and from buyers (TIP-4)."""

from typing import Any

import pytest

from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders import drafting, tipping
from ordergraph.commerce.orders.placing import NewOrder
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip, TipChange, suggested_tips
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.tips import WantedTipOptions
from tests.commerce.orders.counter import Counter, ad_hoc, of, refused, usd


async def offer(counter: Counter, *, custom_tips: bool = True) -> ShopSettings:
    wanted = WantedTipOptions(
        ("15", "20"), "20", (usd(100), usd(200)), usd(1000), custom_tips=custom_tips
    )
    return await update_settings(counter.world.database, counter.actor, {"tip_options": wanted})


async def test_tip_4_an_order_shows_what_each_option_comes_to_until_it_is_paid(
    counter: Counter,
) -> None:
    options = (await offer(counter)).tip_options
    await counter.tax("10")
    await counter.coupon()

    def shown(order: Order) -> list[tuple[int, bool]]:
        return [(each.amount.minor, each.is_default) for each in suggested_tips(order, options)]

    order = await counter.order(ad_hoc(1200))
    assert shown(order) == [(180, False), (240, True)]
    assert suggested_tips(order, None) == []
    order = await counter.apply(order)
    assert shown(order) == [(100, False), (200, False)]  # the goods come to 960
    tip = NewTip(percent="20")
    tipped = await tipping.add_tip(counter.orders, counter.actor, order.id, tip)
    assert tipped.tip_minor == 192
    assert shown(tipped) == shown(order)
    assert shown((await counter.pay(order)).order) == []


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (NewTip(percent="19"), "percent"),
        (NewTip(usd(150)), "amount"),
    ],
)
async def test_tip_4_with_custom_tips_off_a_buyer_leaves_one_of_the_options(
    counter: Counter, wanted: NewTip, field: str
) -> None:
    order = await counter.order(ad_hoc(1200))
    buyer = counter.buyer_of(order)

    async def leave(tip: NewTip, actor: Any = buyer) -> Order:
        return await tipping.add_tip(counter.orders, actor, order.id, tip)

    await offer(counter)
    before = await leave(wanted)
    await offer(counter, custom_tips=False)
    with refused(ErrorCode.TIP_NOT_OFFERED) as problems:
        await leave(wanted)
    assert problems[0].field == (field,)
    assert problems[0].message == "This shop takes one of these tips: 15%, 20%, 1.00 USD, 2.00 USD."
    assert await counter.reload(order) == before
    assert (await leave(NewTip(percent="15"))).tip_minor == 180
    (mine,) = (await leave(NewTip(usd(200)))).live_tips

    async def change(**changes: Any) -> Order:
        return await tipping.update_tip(
            counter.orders, buyer, order.id, mine.id, TipChange(**changes)
        )

    with refused(ErrorCode.TIP_NOT_OFFERED):
        await change(**{field: getattr(wanted, field)})
    assert (await change(percent="20")).tip_minor == 240
    assert (await leave(wanted, counter.actor)).live_tips[-1].amount_minor in (228, 150)


async def test_tip_4_a_buyer_s_draft_takes_the_options_only(counter: Counter) -> None:
    await offer(counter, custom_tips=False)
    browser = counter.world.database.viewer(counter.world.browser)
    shelf = await counter.variant(1200)

    async def drafted(viewer: Any, tip: NewTip) -> drafting.Draft:
        order = NewOrder((of(shelf),))
        wanted = drafting.WantedDraft(order, tips=(tip,))
        return await drafting.preview_order(viewer, wanted, Findings())

    assert (await drafted(browser, NewTip(percent="20"))).order.tip_minor == 240
    with refused(ErrorCode.TIP_NOT_OFFERED) as problems:
        await drafted(browser, NewTip(usd(1)))
    assert problems[0].field == ("tips", "0", "amount")
    assert (await drafted(counter.viewer, NewTip(usd(1)))).order.tip_minor == 1
