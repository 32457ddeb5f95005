"""What the database refuses whatever the code believes: money, quantities, statuses (B2 31)."""

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.commerce.orders.counter import Counter, ad_hoc

OF_ORDERS = [
    "total_minor = total_minor + 1",
    "total_minor = -1, subtotal_minor = -1",
    "discount_minor = 1",
    "discount_minor = 2001, total_minor = -1",
    "reversed_minor = 1",
    "reversed_minor = 1, reversed_subtotal_minor = 1",
    "refunded_minor = paid_minor + 1",
    "refunded_minor = -1",
    "status = 'SHIPPED'",
    "status = 'PAID'",
    "close_kind = 'LOST'",
]
OF_LINES = [
    "quantity = 0",
    "quantity = 1000001",
    "unit_price_minor = -1",
    "discount_minor = gross_minor + 1",
    "discount_minor = -1",
    "included_tax_minor = tax_minor + 1",
    "refunded_quantity = quantity + 1",
    "restocked_quantity = quantity + 1",
    "reversed_gross_minor = gross_minor + 1",
    "reversed_discount_minor = discount_minor + 1",
    "reversed_tax_minor = tax_minor + 1",
    "reversed_included_tax_minor = included_tax_minor + 1",
]


@pytest.mark.parametrize("change", OF_ORDERS)
async def test_an_order_cannot_be_stored_with_figures_that_do_not_add_up(
    counter: Counter, change: str
) -> None:
    order = await counter.order(ad_hoc(1000, 2))
    with pytest.raises(IntegrityError):
        await counter.sql(f"update orders set {change} where id = :id", id=order.id)


@pytest.mark.parametrize("change", OF_LINES)
async def test_a_line_cannot_be_stored_beyond_what_it_sells(counter: Counter, change: str) -> None:
    order = await counter.order(ad_hoc(1000, 2))
    with pytest.raises(IntegrityError):
        await counter.sql(f"update order_line_items set {change} where order_id = :id", id=order.id)


async def test_a_coupon_stands_once_on_an_order_and_a_use_is_taken_once(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1)
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    await counter.pay(order)
    columns = "order_id, coupon_id, coupon_code, name, scope, line_item_ids, currency, percent,"
    columns += "amount_off_minor, amount_minor, applied_minor, status, reason, applied_at"
    with pytest.raises(IntegrityError):
        await counter.sql(
            f"insert into order_discounts (environment_id, id, {columns})"
            f" select environment_id, gen_random_uuid(), {columns} from order_discounts"
            " where order_id = :id",
            id=order.id,
        )
    with pytest.raises(IntegrityError):
        await counter.sql("update coupons set uses_count = 2 where id = :id", id=coupon.id)


async def test_refunds_and_payments_cannot_exceed_what_was_captured(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    for change in ("refunded_minor = 1001", "refunded_minor = -1", "amount_minor = 0"):
        with pytest.raises(IntegrityError):
            await counter.sql(f"update payments set {change} where order_id = :id", id=order.id)
    await counter.refund(order, 100)
    with pytest.raises(IntegrityError):
        await counter.sql("update refunds set amount_minor = 0 where order_id = :id", id=order.id)
    with pytest.raises(DBAPIError):
        await counter.sql(
            "insert into payment_attempts select environment_id, gen_random_uuid(), order_id"
            " from payment_attempts where order_id = :id",
            id=order.id,
        )
