"""Charges on orders: put on, changed, taken off, taxed, paid and refunded (CHG, PRC-26, 60, 61)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.orders import assessing, editing
from ordergraph.commerce.orders.assessing import ChargeChange, NewCharge
from ordergraph.commerce.orders.itemizing import Charge
from ordergraph.commerce.orders.lifecycle import ChargeType
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.drafts import ChargeBasis, TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import MOST_MINOR, Money
from ordergraph.core.problems import ErrorCode, VersionProblem
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, refused, usd

PRE, POST = ChargeBasis.SUBTOTAL_PRE_DISCOUNT, ChargeBasis.SUBTOTAL_POST_DISCOUNT


def fee(amount: int | None = None, percent: str | None = None, **more: Any) -> NewCharge:
    """Describe a charge, shipping unless it says otherwise."""
    wanted: dict[str, Any] = {"type": ChargeType.SHIPPING, "name": "Mail", **more}
    return NewCharge(amount=None if amount is None else usd(amount), percent=percent, **wanted)


async def add(counter: Counter, order: Order, wanted: NewCharge, **more: Any) -> Order:
    return await assessing.add_charge(counter.orders, counter.actor, order.id, wanted, **more)


async def change(counter: Counter, order: Order, charge: UUID, **more: Any) -> Order:
    return await assessing.update_charge(
        counter.orders, counter.actor, order.id, charge, ChargeChange(**more)
    )


async def remove(counter: Counter, order: Order, charge: UUID) -> Order:
    return await assessing.remove_charge(counter.orders, counter.actor, order.id, charge)


async def test_chg_1_a_charge_is_an_amount_or_a_percentage_with_a_basis(counter: Counter) -> None:
    await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(10_000)))
    for wanted, amount in (
        (fee(250), 250),
        (fee(0), 0),
        (fee(percent="10"), 800),
        (fee(percent="10", basis=POST), 800),
        (fee(percent="10", basis=PRE), 1000),
        (fee(percent="0.0001"), 0),
        (fee(percent="100"), 8000),
    ):
        charged = await add(counter, order, wanted)
        assert charged.charges[-1].amount_minor == amount
    assert charged.charge_minor == 250 + 800 + 800 + 1000 + 8000
    assert charged.total_minor == 8000 + charged.charge_minor
    bases = [each.percent_basis for each in charged.charges]
    assert bases == [None, None, POST, POST, PRE, POST, POST]
    await assert_sound(counter, order)


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        (fee(), ErrorCode.FIELD_REQUIRED, ("amount",)),
        (fee(5, "5"), ErrorCode.CONFLICTING_FIELDS, ("amount",)),
        (fee(5, basis=PRE), ErrorCode.CONFLICTING_FIELDS, ("basis",)),
        (fee(-1), ErrorCode.AMOUNT_OUT_OF_RANGE, ("amount", "amount")),
        (fee(MOST_MINOR + 1), ErrorCode.AMOUNT_OUT_OF_RANGE, ("amount", "amount")),
        (fee(percent="0"), ErrorCode.INVALID_FIELD, ("percent",)),
        (fee(percent="100.0001"), ErrorCode.INVALID_FIELD, ("percent",)),
        (fee(percent="1.00001"), ErrorCode.PERCENT_PRECISION, ("percent",)),
        (fee(percent="ten"), ErrorCode.INVALID_FORMAT, ("percent",)),
        (fee(5, name=" "), ErrorCode.FIELD_REQUIRED, ("name",)),
        (fee(5, name="x" * 256), ErrorCode.STRING_TOO_LONG, ("name",)),
        (fee(5, description="x" * 5001), ErrorCode.STRING_TOO_LONG, ("description",)),
        (fee(5, metadata={"a b": "c"}), ErrorCode.METADATA_LIMIT_EXCEEDED, ("metadata", "a b")),
        (
            NewCharge(ChargeType.SHIPPING, "Mail", Money(5, "EUR")),
            ErrorCode.CURRENCY_MISMATCH,
            ("amount", "currency"),
        ),
    ],
)
async def test_chg_1_a_bad_charge_is_refused_and_changes_nothing(
    counter: Counter, wanted: NewCharge, code: ErrorCode, field: tuple[str, ...]
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(code) as problems:
        await add(counter, order, wanted)
    assert problems[0].field == field
    assert await counter.reload(order) == order
    assert await counter.told(order) == ["CREATED"]


async def test_mon_3_a_charge_that_takes_the_order_beyond_the_range_is_refused_at_its_field(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1))
    with refused(ErrorCode.AMOUNT_OUT_OF_RANGE) as problems:
        await add(counter, order, fee(MOST_MINOR))
    assert problems[0].field == ("amount",)
    assert await counter.reload(order) == order


async def test_chg_2_shipping_is_a_charge_and_adds_to_the_total_alone(counter: Counter) -> None:
    order = await add(counter, await counter.order(ad_hoc(1000)), fee(495, description="Two days"))
    assert (order.subtotal_minor, order.charge_minor, order.total_minor) == (1000, 495, 1495)
    (charge,) = (await assert_sound(counter, order)).charges
    assert (charge.type, charge.name, charge.description) == (
        ChargeType.SHIPPING,
        "Mail",
        "Two days",
    )
    assert (charge.taxable, charge.tax_category) == (False, TaxCategory.GENERAL)
    assert len(order.line_items) == 1


async def test_prc_61_a_percentage_counts_no_other_charge_no_tax_and_no_tip(
    counter: Counter,
) -> None:
    await counter.tax("10")
    order = await counter.order(
        ad_hoc(1000),
        charges=(fee(5000, taxable=True), fee(percent="10"), fee(percent="10", basis=PRE)),
    )
    assert [each.amount_minor for each in order.charges] == [5000, 100, 100]
    assert (order.tax_minor, order.total_minor) == (600, 1000 + 5200 + 600)


async def test_prc_26_discounts_leave_charges_alone(counter: Counter) -> None:
    await counter.coupon(percent_off="100")
    order = await counter.order(ad_hoc(1000), charges=(fee(495),))
    free = await counter.apply(order)
    assert (free.discount_minor, free.charge_minor, free.total_minor) == (1000, 495, 495)
    await assert_sound(counter, order)


async def test_prc_30_tax_is_due_on_a_taxable_charge_and_included_in_an_inclusive_one(
    counter: Counter,
) -> None:
    await counter.tax("20", inclusive=True)
    order = await counter.order(
        ad_hoc(1000), charges=(fee(600, taxable=True), fee(600), fee(600, taxable=True))
    )
    assert [(each.tax_minor, each.included_tax_minor) for each in order.charges] == [
        (100, 100),
        (0, 0),
        (100, 100),
    ]
    assert order.charges[0].included_tax == usd(100)
    assert order.charges[0].total == usd(600)
    assert (order.included_tax_minor, order.total_minor) == (367, 2800)
    await assert_sound(counter, order)


async def test_a_charge_is_changed_sparsely_and_each_change_is_one_version(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000), charges=(fee(495, metadata={"a": "1"}),))
    id = order.charges[0].id
    changes: list[tuple[dict[str, Any], str, Any]] = [
        ({"name": "Courier"}, "name", "Courier"),
        ({"type": ChargeType.DELIVERY}, "type", ChargeType.DELIVERY),
        ({"description": "At noon"}, "description", "At noon"),
        ({"description": None}, "description", None),
        ({"amount": usd(600)}, "amount_minor", 600),
        ({"percent": "10", "basis": PRE}, "amount_minor", 100),
        ({"basis": None}, "basis", POST),
        ({"percent": "5"}, "percent", Decimal(5)),
        ({"percent": None, "amount": usd(7)}, "fixed_minor", 7),
        ({"taxable": True}, "taxable", True),
        ({"tax_category": TaxCategory.FOOD}, "tax_category", TaxCategory.FOOD),
        ({"metadata": {"b": "2"}}, "metadata", {"a": "1", "b": "2"}),
        ({"metadata": None}, "metadata", {}),
    ]
    for at, (wanted, attribute, value) in enumerate(changes):
        changed = await change(counter, order, id, **wanted)
        assert getattr(changed.charges[0], attribute) == value, wanted
        assert changed.version == order.version + at + 1
        again = await change(counter, order, id, **wanted)
        assert again.version == changed.version  # UPD-3
    stored = await assert_sound(counter, order)
    assert (stored.charge_minor, stored.total_minor) == (7, 1007)
    activities = await counter.activities(order)
    assert [each.type for each in activities] == ["created"] + ["charge_updated"] * len(changes)


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({}, ErrorCode.NO_FIELDS_TO_UPDATE, ()),
        ({"amount": usd(1), "percent": "1"}, ErrorCode.CONFLICTING_FIELDS, ("amount",)),
        ({"amount": None}, ErrorCode.FIELD_REQUIRED, ("amount",)),
        ({"basis": PRE}, ErrorCode.CONFLICTING_FIELDS, ("basis",)),
        ({"name": None}, ErrorCode.FIELD_REQUIRED, ("name",)),
        ({"type": None}, ErrorCode.FIELD_REQUIRED, ("type",)),
        ({"taxable": None}, ErrorCode.FIELD_REQUIRED, ("taxable",)),
        ({"tax_category": None}, ErrorCode.FIELD_REQUIRED, ("taxCategory",)),
        ({"amount": Money(1, "EUR")}, ErrorCode.CURRENCY_MISMATCH, ("amount", "currency")),
    ],
)
async def test_a_bad_change_of_a_charge_is_refused_and_changes_nothing(
    counter: Counter, wanted: dict[str, Any], code: ErrorCode, field: tuple[str, ...]
) -> None:
    order = await counter.order(ad_hoc(1000), charges=(fee(495),))
    with refused(code) as problems:
        await change(counter, order, order.charges[0].id, **wanted)
    assert problems[0].field == field
    assert await counter.reload(order) == order


async def test_chg_3_a_removed_charge_is_gone_and_the_timeline_keeps_its_name(
    counter: Counter,
) -> None:
    order = await add(counter, await counter.order(ad_hoc(1000)), fee(495))
    left = await remove(counter, order, order.charges[0].id)
    assert (left.charges, left.charge_minor, left.total_minor) == ([], 0, 1000)
    assert (await assert_sound(counter, order)).charges == []
    added, removed = (await counter.activities(order))[1:]
    assert [(each.type, each.description) for each in (added, removed)] == [
        ("charge_added", "Mail"),
        ("charge_removed", "Mail"),
    ]
    assert (added.balance_delta_minor, removed.balance_delta_minor) == (495, -495)
    with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
        await remove(counter, order, order.charges[0].id)
    assert problems[0].field == ("chargeId",)
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await change(counter, order, new_id(), name="Courier")


async def test_chg_3_an_order_has_at_most_20_charges(counter: Counter) -> None:
    full = await counter.order(ad_hoc(1000), charges=tuple(fee(at) for at in range(20)))
    assert [each.amount_minor for each in (await counter.reload(full)).charges] == list(range(20))
    with refused(ErrorCode.TOO_MANY_ITEMS):
        await add(counter, full, fee(1))
    with refused(ErrorCode.TOO_MANY_ITEMS) as problems:
        await counter.order(ad_hoc(1000), charges=tuple(fee(1) for _ in range(21)))
    assert problems[0].field == ("charges",)


async def test_ord_43_an_order_with_one_bad_charge_is_not_made(counter: Counter) -> None:
    with refused(ErrorCode.FIELD_REQUIRED, ErrorCode.LINE_ITEM_INVALID_QUANTITY) as problems:
        await counter.order(ad_hoc(1000, 0), charges=(fee(1), fee()))
    assert {each.field for each in problems} == {
        ("charges", "1", "amount"),
        ("lineItems", "0", "quantity"),
    }


async def test_con_3_a_charge_for_another_version_is_refused(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.VERSION_CONFLICT) as problems:
        await add(counter, order, fee(1), expected_version=order.version + 1)
    assert isinstance(problems[0], VersionProblem)
    assert (await counter.reload(order)).charges == []


async def test_ord_5_an_order_of_charges_alone_can_be_paid(counter: Counter) -> None:
    order = await counter.order(currency="USD", charges=(fee(495),))
    paid = (await counter.pay(order)).order
    assert (paid.status, paid.total_minor, paid.paid_minor) == ("PAID", 495, 495)
    await assert_sound(counter, order)


async def test_prc_60_a_percentage_follows_the_lines_while_the_order_is_open(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(333), charges=(fee(percent="12.5"),))
    assert order.charge_minor == 42  # 41.625
    raised = await editing.add_line_items(
        counter.orders, counter.actor, order.id, [ad_hoc(1, name="Pin")]
    )
    assert raised.charge_minor == 42  # 41.75
    lines = [raised.line_items[0].id]
    left = await editing.remove_line_items(counter.orders, counter.actor, order.id, lines)
    assert left.charge_minor == 0  # 0.125
    await assert_sound(counter, order)


async def test_a_paid_charge_is_refunded_with_the_rest_to_the_cent(counter: Counter) -> None:
    await counter.tax("10")
    order = await counter.paid(ad_hoc(1000), charges=(fee(505, taxable=True),))
    assert (order.tax_minor, order.total_minor) == (151, 1656)
    await counter.refund(order, 500)
    await assert_sound(counter, order)
    await counter.refund(order)
    done = await assert_sound(counter, order)
    assert done.status == "REFUNDED"
    (charge,) = done.charges
    assert charge.refunded == charge.total == usd(556)
    assert reversed_of(charge) == (505, 51)


def reversed_of(charge: Charge) -> tuple[int, int]:
    return charge.reversed_amount_minor, charge.reversed_tax_minor
