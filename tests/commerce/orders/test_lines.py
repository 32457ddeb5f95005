"""The lines of orders: snapshots, merging, overrides, batches, limits (ORD-1 to ORD-8, ORD-43)."""

from decimal import Decimal
from typing import Any

import pytest

from ordergraph.commerce.orders import editing
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.lifecycle import DiscountStatus
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd


async def add(counter: Counter, order: Order, *lines: WantedLine) -> Order:
    return await editing.add_line_items(counter.orders, counter.actor, order.id, lines)


async def change(counter: Counter, order: Order, **changes: Any) -> Order:
    line = order.line_items[0].id
    return await editing.update_line_item(
        counter.orders, counter.actor, order.id, line, LineChange(**changes)
    )


async def test_ord_1_a_catalog_line_is_a_snapshot_of_the_variant(counter: Counter) -> None:
    variant = await counter.variant(1999, sku="BEANS")
    order = await counter.order(of(variant, 2))
    (line,) = order.line_items
    assert (line.name, line.sku, line.unit_price_minor) == ("Beans", "BEANS", 1999)
    assert (line.gross_minor, line.price_overridden) == (3998, False)
    assert line.variant_id == variant
    assert await counter.reload(order) == order


async def test_ord_1_a_merchant_may_override_a_price_and_the_line_says_so(
    counter: Counter,
) -> None:
    variant = await counter.variant(1999)
    order = await counter.order(of(variant, unit_price=usd(1500)))
    assert order.line_items[0].price_overridden
    assert order.total_minor == 1500
    plain = await counter.order(of(variant))
    changed = await change(counter, plain, unit_price=usd(1))
    assert changed.line_items[0].price_overridden
    assert (await change(counter, await counter.order(ad_hoc(5)), unit_price=usd(6))).line_items[
        0
    ].price_overridden is False


async def test_ord_4_the_same_item_raises_its_line_unless_it_is_to_be_separate(
    counter: Counter,
) -> None:
    variant = await counter.variant(1999)
    order = await counter.order(of(variant), of(variant, 2))
    assert [line.quantity for line in order.line_items] == [3]
    order = await add(counter, order, of(variant, 4))
    assert [line.quantity for line in order.line_items] == [7]
    order = await add(counter, order, of(variant, 1, separate=True))
    assert [line.quantity for line in order.line_items] == [7, 1]
    for other in (
        of(variant, unit_price=usd(5)),
        of(variant, metadata={"engraving": "S"}),
        of(variant, name="Beans, ground"),
        of(variant, taxable=False),
        of(variant, sku="OTHER"),
    ):
        lines = len(order.line_items)
        order = await add(counter, order, other)
        assert len(order.line_items) == lines + 1, other
    await assert_sound(counter, order)


async def test_ord_4_a_line_that_was_raised_is_told_once(counter: Counter) -> None:
    variant = await counter.variant(1999)
    order = await counter.order(ad_hoc(5))
    await add(counter, order, of(variant), of(variant), of(variant))
    assert [each.type for each in await counter.activities(order)] == [
        "created",
        "line_item_added",
    ]


async def test_ord_2_what_is_not_for_sale_is_refused_at_its_line(counter: Counter) -> None:
    variant = await counter.variant(1999)
    await counter.sql("update variants set status = 'INACTIVE' where id = :id", id=variant)
    with refused(ErrorCode.ITEM_NOT_AVAILABLE) as problems:
        await counter.order(ad_hoc(5), of(variant))
    assert problems[0].field == ("lineItems", "1", "variantId")


@pytest.mark.parametrize(
    "quantity", [0, -1, 1_000_001, Decimal("1.5"), Decimal("1E+400"), 2**70, True]
)
async def test_ord_3_a_quantity_is_a_whole_number_in_range(counter: Counter, quantity: Any) -> None:
    with refused(ErrorCode.LINE_ITEM_INVALID_QUANTITY) as problems:
        await counter.order(ad_hoc(5, quantity))
    assert problems[0].field == ("lineItems", "0", "quantity")


async def test_ord_3_raising_a_line_beyond_the_largest_quantity_is_refused(
    counter: Counter,
) -> None:
    variant = await counter.variant(1)
    order = await counter.order(of(variant, 1_000_000))
    with refused(ErrorCode.LINE_ITEM_INVALID_QUANTITY) as problems:
        await add(counter, order, of(variant))
    assert problems[0].field == ("lineItems", "0", "quantity")
    assert await counter.reload(order) == order


async def test_ord_43_one_bad_line_of_ten_changes_nothing_and_all_problems_are_told(
    counter: Counter,
) -> None:
    variant = await counter.variant(1999)
    order = await counter.order(ad_hoc(5))
    bad = [
        of(variant),
        of(new_id()),
        ad_hoc(5, Decimal("0.5")),
        WantedLine(name="Card", unit_price=Money(5, "EUR")),
        WantedLine(),
        WantedLine(name="Card"),
        of(variant, unit_price=Money(1, "JPY")),
        ad_hoc(5, name="x" * 256),
        ad_hoc(5, metadata={"bad key!": "x"}),
        ad_hoc(5, image_url="x" * 3000),
    ]
    with refused(
        ErrorCode.RESOURCE_NOT_FOUND,
        ErrorCode.LINE_ITEM_INVALID_QUANTITY,
        ErrorCode.CURRENCY_MISMATCH,
        ErrorCode.FIELD_REQUIRED,
        ErrorCode.FIELD_REQUIRED,
        ErrorCode.CURRENCY_MISMATCH,
        ErrorCode.STRING_TOO_LONG,
        ErrorCode.METADATA_LIMIT_EXCEEDED,
        ErrorCode.STRING_TOO_LONG,
    ) as problems:
        await add(counter, order, *bad)
    assert [problem.field for problem in problems] == [
        ("lineItems", "1", "variantId"),
        ("lineItems", "2", "quantity"),
        ("lineItems", "3", "unitPrice", "currency"),
        ("lineItems", "4"),
        ("lineItems", "5", "unitPrice"),
        ("lineItems", "6", "unitPrice", "currency"),
        ("lineItems", "7", "name"),
        ("lineItems", "8", "metadata", "bad key!"),
        ("lineItems", "9", "imageUrl"),
    ]
    assert await counter.reload(order) == order
    assert await counter.told(order) == ["CREATED"]


async def test_ord_6_a_variant_of_another_currency_is_refused(counter: Counter) -> None:
    yen = await counter.variant(100, currency="JPY")
    with refused(ErrorCode.CURRENCY_MISMATCH) as problems:
        await counter.order(ad_hoc(5), of(yen))
    assert problems[0].field == ("lineItems", "1", "variantId", "currency")
    order = await counter.order(of(yen, 3))
    assert (order.currency, order.total_minor) == ("JPY", 300)


async def test_ord_5_an_empty_draft_needs_a_currency_and_cannot_be_paid(counter: Counter) -> None:
    with refused(ErrorCode.ORDER_EMPTY):
        await counter.order()
    draft = await counter.order(currency="KWD")
    assert (draft.currency, draft.total_minor) == ("KWD", 0)
    with refused(ErrorCode.ORDER_EMPTY):
        await counter.pay(draft)


async def test_an_order_has_at_most_500_lines(counter: Counter) -> None:
    lines = [ad_hoc(1, name=f"Bead {number}") for number in range(501)]
    with refused(ErrorCode.TOO_MANY_ITEMS) as problems:
        await counter.order(*lines)
    assert problems[0].field == ("lineItems",)
    order = await counter.order(*lines[:500])
    assert order.total_minor == 500
    with refused(ErrorCode.TOO_MANY_ITEMS):
        await add(counter, order, lines[500])


async def test_mon_3_an_order_beyond_the_range_is_refused(counter: Counter) -> None:
    with refused(ErrorCode.AMOUNT_OUT_OF_RANGE):
        await counter.order(ad_hoc(10**12, 2))
    order = await counter.order(ad_hoc(10**12))
    with refused(ErrorCode.AMOUNT_OUT_OF_RANGE):
        await add(counter, order, ad_hoc(1))
    assert await counter.reload(order) == order


async def test_ord_7_what_can_be_changed_on_a_line(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000, 2, sku="WRAP", metadata={"a": "1", "b": "2"}))
    await counter.tax("10")
    changed = await change(
        counter,
        order,
        quantity=3,
        name="Ribbon",
        unit_price=usd(500),
        description="Red",
        sku="",
        tax_category=TaxCategory.SERVICES,
        metadata={"a": "", "c": "3"},
    )
    (line,) = changed.line_items
    assert (line.name, line.description, line.sku) == ("Ribbon", "Red", None)
    assert line.metadata == {"b": "2", "c": "3"}
    assert (line.gross_minor, line.tax_minor, changed.total_minor) == (1500, 150, 1650)
    untaxed = await change(counter, order, taxable=False, clears_metadata=True)
    assert untaxed.total_minor == 1500
    assert untaxed.line_items[0].metadata == {}
    await assert_sound(counter, order)


async def test_ord_7_bad_changes_of_a_line_are_all_told(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(
        ErrorCode.LINE_ITEM_INVALID_QUANTITY, ErrorCode.CURRENCY_MISMATCH, ErrorCode.FIELD_REQUIRED
    ) as problems:
        await change(counter, order, quantity=0, unit_price=Money(1, "EUR"), name=" ")
    assert {problem.field for problem in problems} == {
        ("quantity",),
        ("unitPrice", "currency"),
        ("name",),
    }
    with refused(ErrorCode.NO_FIELDS_TO_UPDATE):
        await change(counter, order)
    assert await counter.reload(order) == order


async def test_prc_5_removing_a_line_leaves_the_positions_of_the_others(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1), ad_hoc(2, name="B"), ad_hoc(3, name="C"))
    middle = order.line_items[1].id
    left = await editing.remove_line_items(counter.orders, counter.actor, order.id, [middle])
    assert [(line.name, line.position) for line in left.line_items] == [("Gift wrap", 0), ("C", 2)]
    added = await add(counter, left, ad_hoc(4, name="D"))
    assert [line.position for line in added.line_items] == [0, 2, 3]
    assert await counter.reload(order) == added


async def test_ord_43_an_unknown_line_among_those_to_remove_changes_nothing(
    counter: Counter,
) -> None:
    order, other = await counter.order(ad_hoc(1)), await counter.order(ad_hoc(1))
    wanted = [order.line_items[0].id, other.line_items[0].id]
    with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
        await editing.remove_line_items(counter.orders, counter.actor, order.id, wanted)
    assert problems[0].field == ("lineItemIds", "1")
    assert await counter.reload(order) == order
    with refused(ErrorCode.FIELD_REQUIRED):
        await editing.remove_line_items(counter.orders, counter.actor, order.id, [])
    with refused(ErrorCode.FIELD_REQUIRED):
        await editing.add_line_items(counter.orders, counter.actor, order.id, [])


async def test_ord_8_a_discount_of_a_line_alone_goes_with_it(counter: Counter) -> None:
    await counter.coupon()
    order = await counter.order(ad_hoc(1000), ad_hoc(500, name="Card"), ad_hoc(250, name="Pin"))
    wrap, card, _ = (line.id for line in order.line_items)
    applied = await counter.apply(order, line_item_ids=[wrap, card])
    assert applied.discount_minor == 300
    first = await editing.remove_line_items(counter.orders, counter.actor, order.id, [wrap])
    assert [each.status for each in first.applied_discounts] == [DiscountStatus.PENDING]
    assert first.discount_minor == 100
    last = await editing.remove_line_items(counter.orders, counter.actor, order.id, [card])
    assert [each.status for each in last.applied_discounts] == [DiscountStatus.CANCELED]
    assert (last.discount_minor, last.total_minor) == (0, 250)
    await assert_sound(counter, order)
    assert (await counter.apply(order)).discount_minor == 50


async def test_9_5_the_total_cannot_fall_below_what_is_paid(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000), ad_hoc(500, name="Card"))
    await counter.sql("update orders set paid_minor = 1200 where id = :id", id=order.id)
    with refused(ErrorCode.TOTAL_BELOW_PAID):
        await change(counter, order, quantity=1, unit_price=usd(600))
    raised = await change(counter, order, unit_price=usd(700))
    assert (raised.total_minor, raised.net.balance) == (1200, 0)


async def test_orders_of_strangers_do_not_exist(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    for actor in (counter.world.stranger(), counter.world.browser):
        with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
            await editing.add_line_items(counter.orders, actor, order.id, [ad_hoc(1)])
        assert problems[0].field == ("orderId",)


async def test_mon_5_the_currency_of_an_order_is_that_of_its_first_line_and_stays(
    counter: Counter,
) -> None:
    yen = await counter.variant(1000, currency="JPY")
    order = await counter.order(of(yen))
    assert order.currency == "JPY"
    ids = [order.line_items[0].id]
    empty = await editing.remove_line_items(counter.orders, counter.actor, order.id, ids)
    assert empty.currency == "JPY"
    with refused(ErrorCode.CURRENCY_MISMATCH):
        await add(counter, order, ad_hoc(5))
    assert (await counter.reload(order)).line_items == []
    assert (await add(counter, order, of(yen))).total_minor == 1000


async def test_mon_5_a_currency_that_is_named_counts_before_any_line(counter: Counter) -> None:
    with refused(ErrorCode.CURRENCY_MISMATCH) as problems:
        await counter.order(ad_hoc(5), currency="EUR")
    assert problems[0].field == ("lineItems", "0", "unitPrice", "currency")


async def test_mon_9_amounts_of_a_line_are_for_all_its_units(counter: Counter) -> None:
    (line,) = (await counter.order(ad_hoc(1000, 3))).line_items
    assert (line.unit_price, line.gross, line.total) == (usd(1000), usd(3000), usd(3000))
