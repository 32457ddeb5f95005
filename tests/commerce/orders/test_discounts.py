"""Coupons on orders: applying, stacking, losing and reviving them, and their uses (DSC, ORD-30)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.coupons.offering import create_coupon, delete_coupon, update_coupon
from ordergraph.commerce.coupons.rules import Coupon, CouponChanges, LimitItem
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import applying, closing, detailing, editing
from ordergraph.commerce.orders.lifecycle import DiscountStatus, OrderStatus
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.reads import order_by_number
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments.sources import CashSource, Completion, TokenSource
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, LimitProblem
from ordergraph.runtime.db.database import Database
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd

HOUR = timedelta(hours=1)


async def change(counter: Counter, coupon: Coupon, **changes: Any) -> None:
    await update_coupon(
        counter.world.database,
        counter.actor,
        coupon.id,
        CouponChanges(**changes),
        None,
        Findings(),
    )


async def remove(counter: Counter, order: Order) -> Order:
    discount = order.live_discounts[0].id
    return await applying.remove_discount(counter.orders, counter.actor, order.id, discount)


def reasons(order: Order) -> list[str | None]:
    return [each.reason for each in order.live_discounts]


async def test_dsc_1_2_a_code_is_trimmed_and_of_any_case_or_the_coupon_is_named_by_its_id(
    counter: Counter,
) -> None:
    coupon = await counter.coupon("SPRING20")
    order = await counter.apply(await counter.order(ad_hoc(1000)), " spring20 ")
    assert (order.discount_minor, order.total_minor) == (200, 800)
    by_id = await applying.apply_coupon(
        counter.orders, counter.actor, (await counter.order(ad_hoc(1000))).id, coupon_id=coupon.id
    )
    assert by_id.applied_discounts[0].coupon_code == "SPRING20"
    with refused(ErrorCode.FIELD_REQUIRED):
        await applying.apply_coupon(counter.orders, counter.actor, order.id)
    with refused(ErrorCode.CONFLICTING_FIELDS):
        await counter.apply(order, coupon_id=coupon.id)


async def test_dsc_3_each_refusal_has_its_code_at_the_code_and_changes_nothing(
    counter: Counter,
) -> None:
    now = counter.world.clock.now()
    await counter.coupon("OFF", status="DISABLED")
    await counter.coupon("LATER", starts_at=now + HOUR)
    over = await counter.coupon("OVER", expires_at=now + HOUR)
    await counter.sql("update coupons set expires_at = :at where id = :id", at=now, id=over.id)
    used = await counter.coupon("USED", max_uses=1)
    await counter.sql("update coupons set uses_count = 1 where id = :id", id=used.id)
    await counter.coupon("EURO", amount_off=Money(5, "EUR"))
    await counter.coupon("BIG", minimum_purchase=usd(1001))
    other = await counter.variant()
    limit = (LimitItem(Prefix.VARIANT, other, 0),)
    await counter.coupon("LIMITED", limit_to=limit)
    gone = await counter.coupon("GONE")
    await delete_coupon(counter.world.database, counter.actor, gone.id)
    order = await counter.order(ad_hoc(1000))
    for code, expected in (
        ("NOSUCH", ErrorCode.COUPON_NOT_FOUND),
        ("", ErrorCode.COUPON_NOT_FOUND),
        ("GONE", ErrorCode.COUPON_NOT_FOUND),
        ("OFF", ErrorCode.COUPON_INACTIVE),
        ("LATER", ErrorCode.COUPON_NOT_STARTED),
        ("OVER", ErrorCode.COUPON_EXPIRED),
        ("USED", ErrorCode.COUPON_EXHAUSTED),
        ("EURO", ErrorCode.CURRENCY_MISMATCH),
        ("LIMITED", ErrorCode.COUPON_NOT_APPLICABLE),
        ("BIG", ErrorCode.COUPON_MINIMUM_NOT_MET),
    ):
        with refused(expected) as problems:
            await counter.apply(order, code)
        assert problems[0].field == ("code",), code
    with refused(ErrorCode.COUPON_NOT_FOUND) as problems:
        await applying.apply_coupon(counter.orders, counter.actor, order.id, coupon_id=gone.id)
    assert problems[0].field == ("couponId",)
    with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
        await counter.coupon("FINE")
        await counter.apply(order, "FINE", line_item_ids=[order.line_items[0].id, new_id()])
    assert problems[0].field == ("lineItemIds", "1")
    assert await counter.reload(order) == order


async def test_a_discount_for_some_lines_is_read_by_connections_that_are_new(
    counter: Counter,
) -> None:
    await counter.coupon("NARROW")
    order = await counter.order(ad_hoc(1000), ad_hoc(500, name="Card"))
    narrow = await counter.apply(order, "NARROW", line_item_ids=[order.line_items[0].id])
    database = counter.world.database
    again = Database(database.url, counter.world.clock, pool_size=2)
    try:
        async with again.transaction(counter.actor) as tx:
            assert await load_order(tx, order.id) == narrow
        assert narrow.number is not None
        assert await order_by_number(again.viewer(counter.actor), narrow.number) == narrow
    finally:
        await again.close()


async def test_dsc_4_two_coupons_stack_only_if_both_allow_it(counter: Counter) -> None:
    for code, stackable in (("A", True), ("B", True), ("ALONE", False)):
        await counter.coupon(code, percent_off="10", stackable=stackable)
    order = await counter.apply(await counter.order(ad_hoc(6398)), "A")
    with refused(ErrorCode.COUPON_ALREADY_APPLIED):
        await counter.apply(order, "a")
    with refused(ErrorCode.COUPON_NOT_STACKABLE):
        await counter.apply(order, "ALONE")
    both = await counter.apply(order, "B")
    assert [each.applied_minor for each in both.live_discounts] == [640, 576]  # V14, PRC-20
    alone = await counter.apply(await counter.order(ad_hoc(1000)), "ALONE")
    with refused(ErrorCode.COUPON_NOT_STACKABLE):
        await counter.apply(alone, "A")


async def test_dsc_3_an_order_takes_at_most_20_coupons(counter: Counter) -> None:
    order = await counter.order(ad_hoc(10_000))
    for number in range(21):
        await counter.coupon(f"C{number}", percent_off="1", stackable=True)
    for number in range(20):
        await counter.apply(order, f"C{number}")
    with refused(ErrorCode.MAX_COUPONS_REACHED):
        await counter.apply(order, "C20")
    after = await assert_sound(counter, order)
    assert (await remove(counter, after)).discount_minor < after.discount_minor
    assert len((await counter.apply(order, "C20")).live_discounts) == 20


async def test_dsc_5_equality_with_the_minimum_passes_and_is_of_the_gross(counter: Counter) -> None:
    await counter.coupon("TEN", percent_off="10", stackable=True)
    await counter.coupon("MIN", percent_off="10", stackable=True, minimum_purchase=usd(1000))
    order = await counter.apply(await counter.order(ad_hoc(1000)), "TEN")
    assert (await counter.apply(order, "MIN")).discount_minor == 190
    small = await counter.order(ad_hoc(999))
    with refused(ErrorCode.COUPON_MINIMUM_NOT_MET) as problems:
        await counter.apply(small, "MIN")
    assert isinstance(problems[0], LimitProblem)
    assert problems[0].limit == usd(1000)


async def test_dsc_6_a_coupon_of_a_product_acts_on_its_variants_only(counter: Counter) -> None:
    beans, mug = await counter.variant(1999), await counter.variant(2400)
    order = await counter.order(of(beans, 2), of(mug), ad_hoc(100))
    mugs = order.line_items[1].product_id
    assert mugs is not None
    await counter.coupon(limit_to=(LimitItem(Prefix.PRODUCT, mugs, 0),))
    applied = await counter.apply(order)
    assert [line.discount_minor for line in applied.line_items] == [0, 480, 0]  # V12
    without = await editing.remove_line_items(
        counter.orders, counter.actor, order.id, [order.line_items[1].id]
    )
    assert reasons(without) == ["COUPON_NOT_APPLICABLE"]
    assert without.discount_minor == 0
    back = await editing.add_line_items(counter.orders, counter.actor, order.id, [of(mug)])
    assert (reasons(back), back.discount_minor) == ([None], 480)


async def test_dsc_7_a_use_is_taken_by_paying_and_given_back_by_a_decline(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    assert await counter.uses(coupon) == 0
    await counter.pay(order, token="tok_chargeDeclined")
    assert await counter.uses(coupon) == 0
    waiting = await counter.pay(order, token="tok_requires3ds")
    assert waiting.attempt is not None
    assert await counter.uses(coupon) == 1
    paid = await counter.pay(order, resume_attempt_id=waiting.attempt.id)
    assert paid.order.live_discounts[0].status is DiscountStatus.REDEEMED
    assert await counter.uses(coupon) == 1
    await assert_sound(counter, order)


async def test_dsc_8_a_full_refund_does_not_give_the_use_back(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    await counter.pay(order)
    await counter.refund(order)
    assert await counter.uses(coupon) == 1


async def test_dsc_8_a_shop_may_give_the_use_back_once_all_money_has_arrived_back(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses=1, max_uses_per_customer=1)
    changes = {"return_use_on_full_refund": True}
    await update_settings(counter.world.database, counter.actor, changes)
    order = await counter.order(ad_hoc(1000), buyer_email="a@example.com")
    await counter.pay(await counter.apply(order))
    await counter.refund(order, 300)
    assert await counter.uses(coupon) == 1
    await counter.refund(order)
    assert (await counter.reload(order)).status is OrderStatus.REFUNDED
    assert await counter.uses(coupon) == 0
    again = await counter.order(ad_hoc(1000), buyer_email="a@example.com")
    paid = await counter.pay(await counter.apply(again), CashSource(usd(800)))
    assert (paid.order.status, await counter.uses(coupon)) == (OrderStatus.PAID, 1)
    await counter.refund(again)
    assert await counter.uses(coupon) == 0


async def test_dsc_7_a_use_is_given_back_on_every_way_out(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1, stackable=True)
    waiting = await counter.apply(await counter.order(ad_hoc(1000)))
    begun = await counter.pay(waiting, token="tok_requires3ds")
    assert await counter.uses(coupon) == 1
    other = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.COUPON_EXHAUSTED):
        await counter.apply(other)
    counter.world.clock.advance(2 * HOUR)  # the buyer never came back: the action expires
    await counter.world.reconcile()
    assert await counter.uses(coupon) == 0
    expired = await counter.reload(waiting)
    assert begun.attempt is not None
    assert (expired.active_attempt_id, expired.status) == (None, OrderStatus.OPEN)
    assert (await counter.apply(other)).discount_minor == 200
    await counter.pay(other, token="tok_chargeDeclined")
    assert await counter.uses(coupon) == 0
    await closing.close_order(counter.orders, counter.actor, other.id)
    paid = await counter.pay(waiting)
    assert (paid.order.status, paid.order.discount_minor) == (OrderStatus.PAID, 200)
    assert await counter.uses(coupon) == 1


async def test_b2_7_limits_hold_for_a_coupon_that_is_applied_by_its_id(counter: Counter) -> None:
    quiet = {"percent_off": "20", "name": "Staff"}
    once = await create_coupon(
        counter.world.database, counter.actor, CouponChanges(max_uses=1, **quiet), Findings()
    )
    each = await create_coupon(
        counter.world.database,
        counter.actor,
        CouponChanges(max_uses_per_customer=1, **quiet),
        Findings(),
    )

    async def put(coupon: Coupon, **more: Any) -> Order:
        order = await counter.order(ad_hoc(1000), **more)
        return await applying.apply_coupon(
            counter.orders, counter.actor, order.id, coupon_id=coupon.id
        )

    first, second = await put(once), await put(once)
    assert first.applied_discounts[0].coupon_code is None
    await counter.pay(first)
    lost = await counter.pay(second)
    assert (lost.order.total_minor, reasons(lost.order)) == (1000, ["COUPON_EXHAUSTED"])
    with refused(ErrorCode.COUPON_EXHAUSTED) as problems:
        await put(once)
    assert problems[0].field == ("couponId",)
    await counter.pay(await put(each, buyer_email="a@example.com"))
    with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED):
        await put(each, buyer_email="A@example.com")


async def test_dsc_7_a_use_of_a_part_paid_order_stays_its_own(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1, max_uses_per_customer=1)
    made = await counter.order(ad_hoc(1000), buyer_email="a@example.com")
    order = await counter.apply(made)
    part = TokenSource("tok_visa", amount=usd(300))
    await counter.pay(order, part, completion=Completion.PARTIAL_PAYMENT)
    assert await counter.uses(coupon) == 1
    removed = await remove(counter, order)
    assert (removed.total_minor, await counter.uses(coupon)) == (1000, 0)
    again = await counter.apply(order)
    await counter.pay(order, part, completion=Completion.PARTIAL_PAYMENT)
    assert (again.total_minor, await counter.uses(coupon)) == (800, 1)
    paid = await counter.pay(order)
    assert (paid.problem, paid.order.status) == (None, OrderStatus.PAID)
    assert await counter.uses(coupon) == 1
    await assert_sound(counter, order)


async def test_dsc_9_open_orders_follow_a_changed_coupon_and_paid_ones_do_not(
    counter: Counter,
) -> None:
    coupon = await counter.coupon()
    paid = await counter.apply(await counter.order(ad_hoc(1000)))
    await counter.pay(paid)
    opened = await counter.apply(await counter.order(ad_hoc(1000)))
    await change(counter, coupon, percent_off="50", name="Half off")
    repriced = await editing.add_line_items(
        counter.orders, counter.actor, opened.id, [ad_hoc(1000, name="Card")]
    )
    assert (repriced.discount_minor, repriced.live_discounts[0].name) == (1000, "Half off")
    assert (await counter.reload(paid)).discount_minor == 200


async def test_dsc_10_a_deleted_coupon_takes_nothing_off_an_open_order(counter: Counter) -> None:
    coupon = await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    await delete_coupon(counter.world.database, counter.actor, coupon.id)
    paid = await counter.pay(order)
    assert paid.problem is not None
    assert paid.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert (reasons(paid.order), paid.order.total_minor) == (["COUPON_NOT_FOUND"], 1000)


async def test_dsc_11_only_a_pending_discount_can_be_removed(counter: Counter) -> None:
    await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    removed = await remove(counter, order)
    assert (removed.discount_minor, removed.live_discounts) == (0, [])
    assert [each.status for each in removed.applied_discounts] == [DiscountStatus.CANCELED]
    for unknown in (new_id(), order.applied_discounts[0].id):
        with refused(ErrorCode.DISCOUNT_NOT_FOUND) as problems:
            await applying.remove_discount(counter.orders, counter.actor, order.id, unknown)
        assert problems[0].field == ("discountId",)
    again = await counter.apply(order)
    assert again.discount_minor == 200
    await assert_sound(counter, order)


async def test_dsc_15_all_off_is_a_free_order_that_is_paid_without_a_source(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(percent_off="100", max_uses=1)
    await counter.tax("10")
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    assert (order.tax_minor, order.total_minor) == (0, 0)  # V25
    with refused(ErrorCode.PAYMENT_NOT_REQUIRED):
        await counter.pay(order)
    paid = await counter.pay(order, token="")
    assert (paid.order.status, paid.attempt, paid.order.payments) == (OrderStatus.PAID, None, [])
    assert await counter.uses(coupon) == 1
    assert paid.order.live_discounts[0].status is DiscountStatus.REDEEMED
    await assert_sound(counter, order)


async def test_prc_22_fixed_coupons_never_make_an_order_negative(counter: Counter) -> None:
    await counter.coupon("SEVENTY", amount_off=usd(7000))
    await counter.tax()
    order = await counter.apply(await counter.order(ad_hoc(6398)), "SEVENTY")
    (discount,) = order.live_discounts
    assert (discount.amount_minor, discount.applied_minor) == (7000, 6398)  # V17
    assert (order.total_minor, order.tax_minor) == (0, 0)


async def test_ord_30_a_coupon_below_its_minimum_is_kept_and_revives(counter: Counter) -> None:
    await counter.coupon(minimum_purchase=usd(1000))
    order = await counter.apply(await counter.order(ad_hoc(1000), ad_hoc(100, name="Card")))
    wrap = order.line_items[0].id
    short = await editing.remove_line_items(counter.orders, counter.actor, order.id, [wrap])
    assert reasons(short) == ["COUPON_MINIMUM_NOT_MET"]
    assert (short.discount_minor, short.total_minor) == (0, 100)
    more = await editing.add_line_items(
        counter.orders, counter.actor, order.id, [ad_hoc(900, name="Mug")]
    )
    assert (reasons(more), more.total_minor) == ([None], 800)
    await assert_sound(counter, order)


async def test_ord_30_a_coupon_that_expired_before_paying_is_told_and_nothing_is_charged(
    counter: Counter,
) -> None:
    await counter.coupon(expires_at=counter.world.clock.now() + HOUR)
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    counter.world.clock.advance(HOUR)
    first = await counter.pay(order, expected_outstanding=usd(800))
    assert first.problem is not None
    assert first.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert "COUPON_EXPIRED" in first.problem.message
    assert first.attempt is None
    stored = await assert_sound(counter, order)
    assert (stored.total_minor, reasons(stored)) == (1000, ["COUPON_EXPIRED"])
    assert await counter.charges(order) == []
    assert await counter.told(order) == ["CREATED", "UPDATED", "UPDATED"]
    second = await counter.pay(order, expected_outstanding=usd(1000))
    assert second.order.status is OrderStatus.PAID
    assert second.order.applied_discounts[0].status is DiscountStatus.CANCELED
    assert await counter.collected(order) == 1000


async def test_ord_30_a_coupon_that_revives_before_paying_lowers_the_total_and_is_told(
    counter: Counter,
) -> None:
    coupon = await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    await change(counter, coupon, status="DISABLED")
    lost = await counter.pay(order)
    assert (lost.order.total_minor, lost.attempt) == (1000, None)
    await change(counter, coupon, status="ACTIVE")
    told = await counter.pay(order, expected_outstanding=usd(1000))
    assert told.problem is not None
    assert told.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert (await assert_sound(counter, order)).total_minor == 800
    assert await counter.charges(order) == []
    paid = await counter.pay(order, expected_outstanding=usd(800))
    assert (paid.order.status, await counter.collected(order)) == (OrderStatus.PAID, 800)


async def test_ord_30_without_an_expectation_a_lower_total_is_simply_charged(
    counter: Counter,
) -> None:
    coupon = await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    await change(counter, coupon, percent_off="50")
    paid = await counter.pay(order)
    assert (paid.problem, await counter.collected(order)) == (None, 500)
    await assert_sound(counter, order)


@pytest.mark.parametrize(
    ("percent_off", "source", "due"),
    [("100", TokenSource("tok_visa"), 0), ("50", TokenSource("tok_visa", usd(800)), 500)],
)
async def test_ord_30_a_source_that_no_longer_fits_a_lower_total_is_told_of_it(
    counter: Counter, percent_off: str, source: TokenSource, due: int
) -> None:
    coupon = await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    await change(counter, coupon, percent_off=percent_off)
    told = await counter.pay(order, source)
    assert told.problem is not None
    assert told.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert (await assert_sound(counter, order)).total_minor == due
    assert await counter.charges(order) == []


async def test_b2_7_the_limit_per_customer_counts_by_customer_or_else_by_email(
    counter: Counter,
) -> None:
    await counter.coupon(max_uses_per_customer=1)
    customer = await counter.customer()
    first = await counter.order(ad_hoc(1000), customer_id=customer.id)
    await counter.pay(await counter.apply(first))
    with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED):
        await counter.apply(await counter.order(ad_hoc(1000), customer_id=customer.id))
    guest = await counter.apply(await counter.order(ad_hoc(1000), buyer_email="A@example.com"))
    await counter.pay(guest)
    with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED):
        await counter.apply(await counter.order(ad_hoc(1000), buyer_email="a@EXAMPLE.com"))


async def test_ord_30_an_email_named_at_paying_reaches_its_limit_there(counter: Counter) -> None:
    await counter.coupon(max_uses_per_customer=1)
    first = await counter.apply(await counter.order(ad_hoc(1000), buyer_email="a@example.com"))
    await counter.pay(first)
    second = await counter.apply(await counter.order(ad_hoc(1000)))
    told = await counter.pay(second, buyer_email="a@example.com")
    assert told.problem is not None
    assert told.problem.code is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    assert reasons(told.order) == ["COUPON_CUSTOMER_LIMIT_REACHED"]
    paid = await counter.pay(second, expected_outstanding=usd(1000))
    assert paid.order.status is OrderStatus.PAID


async def test_10_1_a_coupon_limited_per_customer_needs_to_know_who_buys(counter: Counter) -> None:
    await counter.coupon("ONCE", max_uses_per_customer=1)
    await counter.coupon("FIRST", first_order_only=True)
    for code in ("ONCE", "FIRST"):
        order = await counter.apply(await counter.order(ad_hoc(1000)), code)
        for _ in range(2):
            with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED) as problems:
                await counter.pay(order)
            assert problems[0].field == ("buyerEmail",)
        assert await counter.reload(order) == order
        paid = await counter.pay(order, buyer_email=f"{code}@example.com")
        assert (paid.order.status, paid.order.total_minor) == (OrderStatus.PAID, 800)


async def test_10_1_of_first_orders_that_are_paid_at_once_one_gets_the_coupon_for_it(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(first_order_only=True)
    orders = [
        await counter.apply(await counter.order(ad_hoc(1000), buyer_email="sarah@example.com"))
        for _ in range(4)
    ]
    outcomes = await asyncio.gather(*(counter.pay(order) for order in orders))
    assert sorted(each.order.discount_minor for each in outcomes) == [0, 0, 0, 200]
    assert [each.order.paid_minor for each in outcomes if each.problem is None] == [800]
    assert await counter.uses(coupon) == 1


async def test_10_1_a_coupon_for_a_first_order_is_for_no_second_one(counter: Counter) -> None:
    await counter.coupon(first_order_only=True)
    await counter.paid(ad_hoc(1000), buyer_email="a@example.com")
    with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED):
        await counter.apply(await counter.order(ad_hoc(1000), buyer_email="A@example.com"))
    assert (
        await counter.apply(await counter.order(ad_hoc(1000), buyer_email="b@example.com"))
    ).discount_minor == 200


async def test_cus_3_a_customer_who_is_assigned_brings_the_limits_of_the_coupons(
    counter: Counter,
) -> None:
    await counter.coupon(max_uses_per_customer=1)
    customer = await counter.customer()
    first = await counter.order(ad_hoc(1000), customer_id=customer.id)
    await counter.pay(await counter.apply(first))
    second = await counter.apply(await counter.order(ad_hoc(1000)))
    assert second.total_minor == 800
    changes = {"customerId": customer.id}
    assigned = await detailing.update_order(counter.orders, counter.actor, second.id, changes)
    assert (assigned.total_minor, reasons(assigned)) == (1000, ["COUPON_CUSTOMER_LIMIT_REACHED"])
    freed = await detailing.update_order(
        counter.orders, counter.actor, second.id, {"customerId": None}
    )
    assert (freed.total_minor, reasons(freed)) == (800, [None])


async def test_c2_of_20_orders_with_a_coupon_of_one_use_exactly_one_gets_it(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses=1)
    orders = [await counter.apply(await counter.order(ad_hoc(1000))) for _ in range(20)]
    outcomes = await asyncio.gather(*(counter.pay(order) for order in orders))
    paid = [each for each in outcomes if each.problem is None]
    told = [each for each in outcomes if each.problem is not None]
    assert [each.order.total_minor for each in paid] == [800]
    assert {each.problem and each.problem.code for each in told} == {
        ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
    }
    assert sum([await counter.collected(order) for order in orders]) == 800
    again = await asyncio.gather(
        *(counter.pay(each.order, expected_outstanding=usd(1000)) for each in told)
    )
    assert {each.order.status for each in again} == {OrderStatus.PAID}
    assert await counter.uses(coupon) == 1
    assert sum([await counter.collected(order) for order in orders]) == 800 + 19 * 1000


async def test_ord_24_closing_cancels_the_discounts_of_an_open_order(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    closed = await closing.close_order(counter.orders, counter.actor, order.id)
    assert [each.status for each in closed.applied_discounts] == [DiscountStatus.CANCELED]
    assert (closed.discount_minor, closed.total_minor) == (0, 1000)
    assert await counter.uses(coupon) == 0
    await assert_sound(counter, order)
