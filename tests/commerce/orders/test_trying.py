"""What coupons would do to an order, told without doing it (DSC-13, DSC-14)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ordergraph.commerce.coupons.declining import SkipReason
from ordergraph.commerce.coupons.offering import delete_coupon
from ordergraph.commerce.coupons.rules import LimitItem
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import editing
from ordergraph.commerce.orders.discounting import NewDiscount, add_discount
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.trying import Tried, try_coupons
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import Counter, ad_hoc, of, refused, usd

HOUR = timedelta(hours=1)


async def tried(
    counter: Counter, order: Order, *codes: str, actor: Actor | None = None, **more: Any
) -> Tried:
    viewer = counter.world.database.viewer(actor or counter.actor)
    return await try_coupons(viewer, order.id, codes or None, **more)


def skips(found: Tried) -> list[tuple[str | None, SkipReason]]:
    return [(each.code, each.reason) for each in found.skipped]


async def test_dsc_13_a_preview_tells_what_applies_what_not_and_what_is_within_reach(
    counter: Counter,
) -> None:
    for code, terms in (
        ("TEN", {"percent_off": "10", "stackable": True}),
        ("FIVE", {"amount_off": usd(500), "stackable": True}),
        ("ALONE", {"percent_off": "50"}),
        ("BIG", {"minimum_purchase": usd(5240), "stackable": True}),
    ):
        await counter.coupon(code, **terms)
    await counter.tax("10")
    order = await counter.apply(await counter.order(ad_hoc(4000)), "TEN")
    with counted() as statements:
        found = await tried(counter, order, " five", "ten", "alone", "BIG", "nope")
    assert len(statements) <= 3
    assert [(each.coupon_code, each.applied_minor) for each in found.applied] == [
        ("TEN", 400),
        ("FIVE", 500),
    ]
    assert skips(found) == [
        ("TEN", SkipReason.ALREADY_APPLIED),
        ("ALONE", SkipReason.NOT_COMBINABLE),
        ("BIG", SkipReason.MINIMUM_NOT_MET),
        ("NOPE", SkipReason.CODE_INVALID),
    ]
    big = found.skipped[2]
    assert (big.name, big.error_code, big.gap) == (
        "BIG",
        ErrorCode.COUPON_MINIMUM_NOT_MET,
        usd(1240),
    )
    (near,) = found.available
    assert (near.code, near.gap) == ("BIG", usd(1240))
    assert near.message == "Spend 12.40 USD more to use it."
    assert (found.order.discount_minor, found.order.total_minor) == (900, 3410)
    applied = await counter.apply(order, "FIVE")
    assert (applied.discount_minor, applied.total_minor) == (900, 3410)


async def test_dsc_13_a_preview_changes_counts_and_locks_nothing(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1)
    order = await counter.order(ad_hoc(1000))
    with counted() as statements:
        assert (await tried(counter, order, "SAVE")).order.total_minor == 800
    assert not any("FOR UPDATE" in each or "INSERT" in each for each in statements.texts)
    assert await counter.reload(order) == order
    assert await counter.uses(coupon) == 0
    assert await counter.told(order) == ["CREATED"]


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (1, "JPY", "Spend 1 JPY more to use it."),
        (1, "USD", "Spend 0.01 USD more to use it."),
        (1005, "KWD", "Spend 1.005 KWD more to use it."),
    ],
)
async def test_dsc_13_a_gap_is_written_as_its_currency_is(
    counter: Counter, amount: int, currency: str, words: str
) -> None:
    await counter.coupon(minimum_purchase=Money(5000 + amount, currency))
    beans = await counter.variant(5000, currency=currency)
    (near,) = (await tried(counter, await counter.order(of(beans)), "SAVE")).available
    assert (near.gap, near.message) == (Money(amount, currency), words)


async def test_dsc_14_every_check_has_its_reason(counter: Counter) -> None:
    now = counter.world.clock.now()
    beans = await counter.variant(1000)
    for code, terms in (
        ("OFF", {"status": "DISABLED"}),
        ("SOON", {"starts_at": now + HOUR}),
        ("LATE", {"expires_at": now}),
        ("GONE", {}),
        ("ONCE", {"max_uses": 1}),
        ("FIRST", {"first_order_only": True}),
        ("EURO", {"amount_off": Money(100, "EUR")}),
        ("BEANS", {"limit_to": (LimitItem(Prefix.VARIANT, beans, 0),)}),
        ("MIN", {"minimum_purchase": usd(1001)}),
    ):
        made = await counter.coupon(code, **terms)
        if code == "GONE":
            await delete_coupon(counter.world.database, counter.actor, made.id)
    await counter.pay(
        await counter.apply(await counter.order(ad_hoc(1), buyer_email="a@example.com"), "ONCE"),
    )
    order = await counter.order(ad_hoc(1000), buyer_email="A@example.com")
    codes = ("OFF", "SOON", "LATE", "GONE", "ONCE", "FIRST", "EURO", "BEANS", "MIN")
    assert skips(await tried(counter, order, *codes)) == [
        ("OFF", SkipReason.DISABLED),
        ("SOON", SkipReason.NOT_YET_STARTED),
        ("LATE", SkipReason.EXPIRED),
        ("GONE", SkipReason.CODE_INVALID),
        ("ONCE", SkipReason.EXHAUSTED),
        ("FIRST", SkipReason.NOT_ELIGIBLE),
        ("EURO", SkipReason.CURRENCY_MISMATCH),
        ("BEANS", SkipReason.NOT_ELIGIBLE),
        ("MIN", SkipReason.MINIMUM_NOT_MET),
    ]


async def test_dsc_14_the_cap_of_the_shop_and_an_order_with_nothing_left_have_reasons(
    counter: Counter,
) -> None:
    for code in ("A", "B"):
        await counter.coupon(code, stackable=True, amount_off=usd(100))
    changes = {"max_coupons_per_order": 1}
    await update_settings(counter.world.database, counter.actor, changes)
    order = await counter.order(ad_hoc(1000))
    capped = await tried(counter, order, "A", "B")
    assert skips(capped) == [("B", SkipReason.MAX_PROMOTIONS_REACHED)]
    await counter.apply(order, "A")
    with refused(ErrorCode.MAX_COUPONS_REACHED):
        await counter.apply(order, "B")
    free = await counter.order(ad_hoc(1000))
    await add_discount(
        counter.orders, counter.actor, free.id, NewDiscount("All", percent=Decimal(100))
    )
    nothing = await tried(counter, free, "A")
    assert skips(nothing) == [("A", SkipReason.NO_DISCOUNTABLE_BALANCE)]
    assert [each.name for each in nothing.applied] == ["All"]


async def test_dsc_13_a_coupon_that_was_withdrawn_is_told_with_what_it_lacks(
    counter: Counter,
) -> None:
    await counter.coupon(minimum_purchase=usd(1000))
    order = await counter.apply(await counter.order(ad_hoc(900), ad_hoc(100, name="Card")))
    card = order.line_items[1].id
    await editing.remove_line_items(counter.orders, counter.actor, order.id, [card])
    found = await tried(counter, order, "SAVE")
    assert found.applied == []
    assert skips(found) == [("SAVE", SkipReason.MINIMUM_NOT_MET)]
    assert [each.gap for each in found.available] == [usd(100)]


async def test_dsc_13_merchants_see_the_newest_coupons_and_buyers_only_what_they_name(
    counter: Counter,
) -> None:
    await counter.coupon("HIDDEN", minimum_purchase=usd(1500))
    await counter.coupon("FITS")
    await counter.coupon("LATE", expires_at=counter.world.clock.now())
    await counter.coupon("OFF", status="DISABLED")
    order = await counter.order(ad_hoc(1000))
    all = await tried(counter, order)
    assert [(each.code, each.gap.minor) for each in all.available] == [
        ("FITS", 0),
        ("HIDDEN", 500),
    ]
    assert (skips(all), all.applied) == ([("LATE", SkipReason.EXPIRED)], [])
    assert all.order.total_minor == 1000
    buyer = counter.buyer_of(order)
    mine = await tried(counter, order, actor=buyer)
    assert (mine.applied, mine.skipped, mine.available) == ([], [], [])
    named = await tried(counter, order, "FITS", "GUESS", actor=buyer)
    assert [each.coupon_code for each in named.applied] == ["FITS"]
    assert named.skipped[0].name is None
    other = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await tried(counter, other, "FITS", actor=buyer)


async def test_dsc_13_a_preview_may_be_narrowed_to_lines_and_is_for_open_orders(
    counter: Counter,
) -> None:
    await counter.coupon()
    order = await counter.order(ad_hoc(1000), ad_hoc(500, name="Card"))
    card = order.line_items[1].id
    assert (await tried(counter, order, "SAVE", line_item_ids=[card])).order.discount_minor == 100
    with refused(ErrorCode.TOO_MANY_ITEMS):
        await tried(counter, order, *[f"C{number}" for number in range(21)])
    await counter.pay(order)
    with refused(ErrorCode.ORDER_NOT_MUTABLE):
        await tried(counter, order, "SAVE")
