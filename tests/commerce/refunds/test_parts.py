"""Refunds of lines by units or amount, of charges, tips and taxes (REF-5 to REF-10, REF-20)."""

from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.lifecycle import OrderStatus, TipStatus
from ordergraph.commerce.refunds.annotating import RefundNotes, annotate_refund
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.commerce.refunds.refunding import refund
from ordergraph.commerce.refunds.rules import NewRefund, RefundedFlatTax, RefundedLine
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, LimitProblem
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd
from tests.commerce.orders.processors import Failing, silent
from tests.commerce.refunds.selling import part, shares, with_everything


async def paid_with_everything(counter: Counter) -> Any:
    """30.00 + 3.00, 5.00 + 0.50, 4.00 + 0.40, 2.00: 44.90."""
    paid = await counter.pay(await with_everything(counter))
    assert paid.order.total_minor == 4490
    return paid.order


def line(id: Any, quantity: Any = None, **more: Any) -> RefundedLine:
    return RefundedLine(id, quantity, **more)


async def ask(counter: Counter, order: Any, **wanted: Any) -> Any:
    return await refund(counter.orders, counter.actor, NewRefund(order.id, **wanted))


async def test_ref_5_an_amount_of_a_line_brings_no_unit_back(counter: Counter) -> None:
    order = await paid_with_everything(counter)
    beans, variant = order.line_items[0].id, order.line_items[0].variant_id
    done = await ask(counter, order, line_items=(line(beans, amount=usd(1100)),))
    assert shares(done.refund) == [(0, 1100, 100, 0)]
    assert await counter.stock(variant) == (7, 0)
    # A unit after it: 10.00 + 1.00 of what is left, and the last takes 9.00 less.
    unit = await ask(counter, order, line_items=(line(beans, 1),))
    assert shares(unit.refund) == [(1, 1100, 100, 1)]
    last = await ask(counter, order, line_items=(line(beans, 2),))
    assert shares(last.refund) == [(2, 1100, 100, 2)]
    await assert_sound(counter, order)


async def test_ref_5_6_8_9_what_is_wrong_with_parts_is_told_at_its_place(counter: Counter) -> None:
    order = await paid_with_everything(counter)
    beans, charge, tip = order.line_items[0].id, order.charges[0].id, order.tips[0].id
    cases: list[tuple[dict[str, Any], ErrorCode, tuple[str, ...], int | None]] = [
        (
            {"line_items": (line(beans, 1, amount=usd(5)),)},
            ErrorCode.CONFLICTING_FIELDS,
            ("lineItems", "0", "amount"),
            None,
        ),
        (
            {"line_items": (line(beans),)},
            ErrorCode.FIELD_REQUIRED,
            ("lineItems", "0", "quantity"),
            None,
        ),
        (
            {"line_items": (line(beans, amount=usd(3301)),)},
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            ("lineItems", "0", "amount"),
            3300,
        ),
        (
            {"line_items": (line(beans, 1), line(beans, amount=usd(1)))},
            ErrorCode.CONFLICTING_FIELDS,
            ("lineItems", "1", "lineItemId"),
            None,
        ),
        (
            {"charges": (part(charge), part(charge))},
            ErrorCode.CONFLICTING_FIELDS,
            ("charges", "1", "chargeId"),
            None,
        ),
        (
            {"charges": (part(charge, 441),)},
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            ("charges", "0", "amount"),
            440,
        ),
        (
            {"charges": (part(new_id()),)},
            ErrorCode.RESOURCE_NOT_FOUND,
            ("charges", "0", "chargeId"),
            None,
        ),
        (
            {"tips": (part(tip, 201),)},
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            ("tips", "0", "amount"),
            200,
        ),
        ({"tips": (part(charge),)}, ErrorCode.RESOURCE_NOT_FOUND, ("tips", "0", "tipId"), None),
        (
            {"tips": (part(tip),), "include_tip": True},
            ErrorCode.CONFLICTING_FIELDS,
            ("includeTip",),
            None,
        ),
        (
            {"flat_tax": RefundedFlatTax(usd(1))},
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            ("flatTax", "amount"),
            0,
        ),
        (
            {"amount": usd(5), "charges": (part(charge),)},
            ErrorCode.CONFLICTING_FIELDS,
            ("charges",),
            None,
        ),
        (
            {"amount": usd(5), "tips": (part(tip),)},
            ErrorCode.CONFLICTING_FIELDS,
            ("tips",),
            None,
        ),
        ({"charges": ()}, ErrorCode.FIELD_REQUIRED, ("charges",), None),
        (
            {"line_items": (line(beans, 1, restock_quantity=2),)},
            ErrorCode.REFUND_QUANTITY_EXCEEDED,
            ("lineItems", "0", "restockQuantity"),
            None,
        ),
        (
            {"line_items": (line(beans, 1, restock_quantity=1),), "restock": False},
            ErrorCode.CONFLICTING_FIELDS,
            ("lineItems", "0", "restockQuantity"),
            None,
        ),
        (
            {"line_items": (line(beans, 1, restock_quantity=-1),)},
            ErrorCode.LINE_ITEM_INVALID_QUANTITY,
            ("lineItems", "0", "restockQuantity"),
            None,
        ),
        (
            {"line_items": (line(beans, 1, tax=usd(301)),)},
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            ("lineItems", "0", "tax"),
            300,
        ),
    ]
    for wanted, code, path, limit in cases:
        with refused(code) as problems:
            await ask(counter, order, **wanted)
        assert problems[0].field == path, wanted
        if limit is not None:
            assert isinstance(problems[0], LimitProblem)
            assert problems[0].limit == usd(limit)
    assert await counter.reload(order) == order
    assert await counter.refunds(order) == []


async def test_ref_8_charges_go_back_whole_or_in_part_with_their_share_of_tax(
    counter: Counter,
) -> None:
    order = await paid_with_everything(counter)
    charge = order.charges[0].id
    some = await ask(counter, order, charges=(part(charge, 110),))
    assert [(each.amount.minor, each.tax.minor) for each in some.refund.charges] == [(110, 10)]
    rest = await ask(counter, order, charges=(part(charge),))
    assert [(each.amount.minor, each.tax.minor) for each in rest.refund.charges] == [(330, 30)]
    assert (rest.order.net.charge, rest.order.net.tax) == (0, 350)
    with refused(ErrorCode.AMOUNT_OUT_OF_RANGE):
        await ask(counter, order, charges=(part(charge),))  # nothing is left of it
    await assert_sound(counter, order)


async def test_ref_37_a_tip_goes_back_by_itself_and_its_status_says_so(counter: Counter) -> None:
    order = await paid_with_everything(counter)
    tip = order.tips[0].id
    some = await ask(counter, order, tips=(part(tip, 150),))
    assert (some.refund.tip, some.refund.tax) == (usd(150), usd(0))
    assert some.order.tips[0].status is TipStatus.PARTIALLY_REFUNDED
    rest = await ask(
        counter, order, line_items=(line(order.line_items[1].id, 1),), include_tip=True
    )
    assert (rest.refund.amount, rest.refund.tip) == (usd(600), usd(50))
    assert rest.order.tips[0].status is TipStatus.REFUNDED
    await assert_sound(counter, order)


@pytest.mark.parametrize("inclusive", [False, True])
async def test_bug_28_all_parts_in_any_order_come_to_what_was_paid(
    counter: Counter, inclusive: bool
) -> None:
    order = (await counter.pay(await with_everything(counter, inclusive=inclusive))).order
    beans, gift = (each.id for each in order.line_items)
    steps: list[dict[str, Any]] = [
        {"line_items": (line(beans, 2), line(gift, amount=usd(300)))},
        {"tips": (part(order.tips[0].id),), "charges": (part(order.charges[0].id, 7),)},
        {"line_items": (line(gift, 1),), "charges": (part(order.charges[0].id),)},
        {"line_items": (line(beans, 1),)},
    ]
    money = [(await ask(counter, order, **step)).refund.amount.minor for step in steps]
    assert sum(money) == order.paid_minor
    after = await assert_sound(counter, order)
    assert (after.status, after.reversed_so_far) == (OrderStatus.REFUNDED, order.as_sold)
    assert [each.restocked_quantity for each in after.line_items] == [3, 0]
    refunds = await counter.refunds(order)
    for each in refunds:
        assert sum(tax.tax.minor for tax in each.tax_breakdowns) == each.tax.minor
    assert sum(each.tax.minor for each in refunds) == order.tax_minor


async def test_tax_7_a_caller_may_say_how_much_tax_of_a_line_goes_back(counter: Counter) -> None:
    order = await paid_with_everything(counter)
    beans = order.line_items[0].id
    none = await ask(counter, order, line_items=(line(beans, 1, tax=usd(0)),))
    assert shares(none.refund) == [(1, 1000, 0, 1)]
    more = await ask(counter, order, line_items=(line(beans, amount=usd(300), tax=usd(200)),))
    assert shares(more.refund) == [(0, 300, 200, 0)]
    rest = await ask(counter, order, line_items=(line(beans, 2),))
    assert shares(rest.refund) == [(2, 2000, 100, 2)]
    await assert_sound(counter, order)


async def test_ref_10_the_discount_of_what_is_kept_stays(counter: Counter) -> None:
    await counter.coupon(amount_off=usd(1000), minimum_purchase=usd(3000))
    order = await counter.order(ad_hoc(1000, 4))
    await counter.apply(order)
    order = (await counter.pay(order)).order
    done = await counter.refund(order, lines=[(order.line_items[0].id, 3)])
    assert (done.refund.amount, done.order.net.total) == (usd(2250), 750)
    assert (done.order.net.discount, done.order.discount_minor) == (250, 1000)


@pytest.mark.parametrize(("setting", "uses"), [("true", 0), ("false", 1)])
async def test_dsc_8_the_last_money_of_a_full_refund_gives_the_use_back_if_the_shop_wants_it(
    counter: Counter, setting: str, uses: int
) -> None:
    coupon = await counter.coupon()
    await counter.sql(
        f"update environments set settings = '{{\"returnUseOnFullRefund\": {setting}}}'"
        " where id = :id",
        id=counter.actor.environment_id,
    )
    order = await counter.order(ad_hoc(1000))
    await counter.apply(order)
    await counter.pay(order)
    await counter.refund(order, 300)
    assert await counter.uses(coupon) == 1
    mute = Failing(counter.orders.gateway, "refund", silent)
    await counter.refund(order, orders=counter.with_gateway(mute))
    assert await counter.uses(coupon) == 1  # nothing of the rest has arrived yet
    counter.world.clock.advance(timedelta(seconds=8))
    await reconcile_refunds(counter.orders)
    assert (await counter.reload(order)).status is OrderStatus.REFUNDED
    assert await counter.uses(coupon) == uses


async def test_ref_20_the_caller_or_the_settings_say_how_many_units_come_back(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 10)
    order = await counter.paid(of(variant, 4))
    id = order.line_items[0].id
    one = await ask(counter, order, line_items=(line(id, 2, restock_quantity=1),))
    assert shares(one.refund) == [(2, 2000, 0, 1)]
    assert await counter.stock(variant) == (7, 0)
    await counter.sql(
        "update environments set settings = '{\"restockOnFullRefund\": false}' where id = :id",
        id=counter.actor.environment_id,
    )
    assert ShopSettings().restock_on_full_refund is True
    whole = await counter.refund(order)
    assert whole.order.status is OrderStatus.REFUNDED
    assert await counter.stock(variant) == (7, 0)
    other = await counter.paid(of(variant, 1))
    await counter.refund(other, restock=True)
    assert await counter.stock(variant) == (7, 0)  # sold from 7, and back


async def test_ref_21_units_that_are_back_stay_when_the_refund_fails(counter: Counter) -> None:
    variant = await counter.variant(1000, 5)
    order = await counter.paid(of(variant, 2), token="tok_refundFail")
    failed = await counter.refund(order, lines=[(order.line_items[0].id, 2)])
    assert failed.problem is not None
    assert (await counter.stock(variant), failed.order.line_items[0].restocked_quantity) == (
        (5, 0),
        2,
    )


async def test_a_refund_is_annotated_in_any_status_and_nothing_else_of_it_moves(
    counter: Counter,
) -> None:
    order = await counter.paid(ad_hoc(1000))
    made = (await counter.refund(order, metadata={"a": "1"})).refund
    counter.world.clock.advance(timedelta(seconds=5))
    database = counter.world.database
    notes = RefundNotes(metadata={"b": "2"}, external_reference_id=" case-7 ")
    await annotate_refund(database, counter.actor, made.id, notes)
    (kept,) = await counter.refunds(order)
    assert (kept.metadata, kept.external_reference_id) == ({"a": "1", "b": "2"}, "case-7")
    assert (kept.status, kept.payment_refunds) == (made.status, made.payment_refunds)
    for wrong, code in (
        (RefundNotes(), ErrorCode.NO_FIELDS_TO_UPDATE),
        (RefundNotes(external_reference_id="x" * 256), ErrorCode.STRING_TOO_LONG),
    ):
        with refused(code):
            await annotate_refund(database, counter.actor, made.id, wrong)
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await annotate_refund(database, counter.actor, new_id(), notes)
    await assert_sound(counter, order)
