"""Discounts that the merchant gives by hand (DSC-12)."""

from decimal import Decimal
from typing import Any

import pytest

from ordergraph.commerce.orders import applying, editing
from ordergraph.commerce.orders.discounting import NewDiscount, add_discount
from ordergraph.commerce.orders.lifecycle import DiscountSource, DiscountStatus, OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.drafts import Allocation, DiscountScope
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, refused, usd


async def give(counter: Counter, order: Order, name: str = "Sorry", **more: Any) -> Order:
    return await add_discount(counter.orders, counter.actor, order.id, NewDiscount(name, **more))


def borne(order: Order) -> list[int]:
    return [line.discount_minor for line in order.line_items]


async def test_dsc_12_a_discount_by_hand_is_of_the_order_or_of_lines_in_all_ways(
    counter: Counter,
) -> None:
    made = await counter.order(ad_hoc(800, 3), ad_hoc(600, name="Card"))
    wrap, card = (line.id for line in made.line_items)
    each = await give(counter, made, amount=usd(1000), line_item_ids=[wrap, wrap])
    assert borne(each) == [2400, 0]  # V19
    (discount,) = each.live_discounts
    assert (discount.source, discount.scope, discount.allocation) == (
        DiscountSource.MANUAL,
        DiscountScope.LINE_ITEM,
        Allocation.EACH,
    )
    assert (discount.line_item_ids, discount.coupon_id) == ([wrap], None)
    assert (discount.amount_minor, discount.applied_minor) == (3000, 2400)
    await applying.remove_discount(counter.orders, counter.actor, made.id, discount.id)

    across = await give(
        counter, made, amount=usd(1000), line_item_ids=[wrap], allocation=Allocation.ACROSS
    )
    assert borne(across) == [1000, 0]
    more = await give(counter, made, percent=Decimal("12.5"))
    assert borne(more) == [1300, 75]  # 375 of the order first, of 2400 and 600: 300 and 75
    shares = more.live_discounts[1].allocations
    assert [(each.line_item_id, each.amount.minor) for each in shares] == [(wrap, 300), (card, 75)]
    last = await give(
        counter, made, amount=usd(100), scope=DiscountScope.ORDER, allocation=Allocation.EACH
    )
    assert last.discount_minor == 1375 + 400
    assert [line.type for line in await counter.activities(last)].count("discount_applied") == 4
    await assert_sound(counter, last)
    paid = await counter.pay(last)
    assert paid.order.status is OrderStatus.PAID
    assert {each.status for each in paid.order.live_discounts} == {DiscountStatus.REDEEMED}
    with refused(ErrorCode.ORDER_NOT_MUTABLE):
        await give(counter, made, percent=Decimal(1))


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({}, ErrorCode.FIELD_REQUIRED, ("amount",)),
        (
            {"amount": usd(1), "percent": Decimal(1)},
            ErrorCode.CONFLICTING_FIELDS,
            ("amount",),
        ),
        (
            {"percent": Decimal(1), "allocation": Allocation.EACH},
            ErrorCode.CONFLICTING_FIELDS,
            ("allocation",),
        ),
        (
            {"percent": Decimal(1), "scope": DiscountScope.LINE_ITEM},
            ErrorCode.FIELD_REQUIRED,
            ("lineItemIds",),
        ),
        (
            {"percent": Decimal(1), "scope": DiscountScope.ORDER, "line_item_ids": [new_id()]},
            ErrorCode.CONFLICTING_FIELDS,
            ("lineItemIds",),
        ),
        ({"percent": Decimal(1), "line_item_ids": []}, ErrorCode.FIELD_REQUIRED, ("lineItemIds",)),
        (
            {"percent": Decimal(1), "line_item_ids": [new_id()]},
            ErrorCode.RESOURCE_NOT_FOUND,
            ("lineItemIds", "0"),
        ),
        ({"amount": Money(1, "EUR")}, ErrorCode.CURRENCY_MISMATCH, ("amount", "currency")),
        ({"percent": Decimal(1), "name": " "}, ErrorCode.FIELD_REQUIRED, ("name",)),
    ],
)
async def test_dsc_12_what_is_not_a_discount_is_refused_and_changes_nothing(
    counter: Counter, wanted: dict[str, Any], code: ErrorCode, field: tuple[str, ...]
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(code) as problems:
        await give(counter, order, **wanted)
    assert problems[0].field == field
    assert await counter.reload(order) == order


async def test_dsc_12_at_most_20_discounts_count_coupons_among_them(counter: Counter) -> None:
    await counter.coupon("ONE", percent_off="1")
    order = last = await counter.order(ad_hoc(10_000))
    for _ in range(20):
        last = await give(counter, order, amount=usd(1))
    with refused(ErrorCode.TOO_MANY_ITEMS):
        await give(counter, order, amount=usd(1))
    with refused(ErrorCode.MAX_COUPONS_REACHED):
        await counter.apply(order, "ONE")
    assert await counter.reload(order) == last
    await applying.remove_discount(
        counter.orders, counter.actor, order.id, last.live_discounts[0].id
    )
    assert (await counter.apply(order, "ONE")).discount_minor == 19 + 100


async def test_dsc_4_discounts_by_hand_stand_beside_coupons_that_do_not_stack(
    counter: Counter,
) -> None:
    await counter.coupon()
    order = await give(counter, await counter.order(ad_hoc(1000)), amount=usd(100))
    both = await counter.apply(order)
    assert [each.applied_minor for each in both.live_discounts] == [100, 200]
    assert (await give(counter, order, percent=Decimal(10))).discount_minor == 200 + 80 + 100
    await assert_sound(counter, order)


async def test_ord_8_discounts_by_hand_go_with_the_last_of_their_lines(counter: Counter) -> None:
    made = await counter.order(ad_hoc(1000), ad_hoc(500, name="Card"), ad_hoc(300, name="Bow"))
    wrap, card, _ = (line.id for line in made.line_items)
    await give(counter, made, percent=Decimal(10), line_item_ids=[wrap, card])
    one = await editing.remove_line_items(counter.orders, counter.actor, made.id, [wrap])
    assert (borne(one), one.live_discounts[0].line_item_ids) == ([50, 0], [card])
    none = await editing.remove_line_items(counter.orders, counter.actor, made.id, [card])
    assert (none.live_discounts, none.discount_minor) == ([], 0)
    assert [each.status for each in none.applied_discounts] == [DiscountStatus.CANCELED]
    await assert_sound(counter, none)
