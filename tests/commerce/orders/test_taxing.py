"""How orders are taxed: where, on what, by whose figures, and until when (TAX-1 to TAX-8)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import assessing, detailing, editing, overriding, tipping
from ordergraph.commerce.orders.lifecycle import ChargeType
from ordergraph.commerce.orders.overriding import SuppliedTax
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.taxes.maintaining import NewTaxRate, create_tax_rate, delete_tax_rate
from ordergraph.core.addresses import Address
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.jurisdictions import Jurisdiction, JurisdictionLevel, TaxType
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.core.taxes import (
    TaxabilityReason,
    TaxFailureReason,
    TaxLocationSource,
    TaxMode,
    TaxRate,
    TaxStatus,
)
from tests.commerce.orders.counter import Counter, ad_hoc, of, refused, usd

ALBANY = Address("1 Main St", "Albany", "12207", "US", region="NY")
PARIS = Address("1 Rue", "Paris", "75001", "FR")


async def rate(counter: Counter, name: str, percent: str, **more: Any) -> TaxRate:
    wanted = NewTaxRate(name, percent, **more)
    return await create_tax_rate(counter.world.database, counter.actor, wanted)


async def setting(counter: Counter, **changes: Any) -> None:
    await update_settings(counter.world.database, counter.actor, changes)


async def details(counter: Counter, order: Order, **changes: Any) -> Order:
    return await detailing.update_order(counter.orders, counter.actor, order.id, changes)


async def taxed(counter: Counter, order: Order, *components: SuppliedTax) -> Order:
    return await overriding.update_order_tax(
        counter.orders, counter.actor, order.id, components=components
    )


async def quantity(counter: Counter, order: Order, number: int, at: int = 0) -> Order:
    change = editing.LineChange(quantity=number)
    return await editing.update_line_item(
        counter.orders, counter.actor, order.id, order.line_items[at].id, change
    )


async def charge(counter: Counter, order: Order, minor: int, **more: Any) -> Order:
    wanted = assessing.NewCharge(ChargeType.SHIPPING, "Shipping", usd(minor), **more)
    return await assessing.add_charge(counter.orders, counter.actor, order.id, wanted)


def judged(order: Order) -> tuple[TaxStatus, TaxabilityReason | None, int]:
    return order.tax_status, order.tax_reason, order.tax_minor


def levied(order: Order) -> dict[str, tuple[int, int]]:
    return {tax.name: (tax.taxable.minor, tax.tax.minor) for tax in order.tax_breakdowns}


async def assert_adds_up(counter: Counter, order: Order) -> None:
    """PRC-32, of an order as it is stored: every tax to its lines, every line to its taxes."""
    stored = await counter.reload(order)
    assert stored.taxes == order.taxes
    items = [*stored.line_items, *stored.charges]
    flat = 0
    found = dict.fromkeys((item.id for item in items), 0)
    included = dict(found)
    for tax in stored.tax_breakdowns:
        shares = [(each.line_item or each.charge, each) for each in tax.allocations]
        if tax.percent is None:
            assert shares == []
            flat += tax.tax.minor
            continue
        assert tax.tax.minor == sum(each.tax.minor for _, each in shares)
        assert tax.taxable.minor == sum(each.taxable.minor for _, each in shares)
        for item, each in shares:
            assert item is not None
            found[item.id] += each.tax.minor
            included[item.id] += each.tax.minor if tax.inclusive else 0
    for item in items:
        assert (item.tax_minor, item.included_tax_minor) == (found[item.id], included[item.id])
    assert stored.flat_tax_minor == flat
    assert stored.tax_minor == sum(found.values()) + flat
    assert stored.included_tax_minor == sum(included.values())
    assert stored.total_minor == stored.as_sold.total


async def test_tax_1_an_order_shows_who_levies_what_on_which_line(counter: Counter) -> None:
    await rate(counter, "State", "4", country="US", region="NY")
    county = await rate(counter, "County", "3.5", country="US", region="NY", postal_prefix="122")
    await rate(counter, "VAT", "20", country="FR", type=TaxType.VAT, inclusive=True)
    order = await counter.order(
        ad_hoc(1000), ad_hoc(500, name="Book", taxable=False), shipping_address=ALBANY
    )
    order = await charge(counter, order, 250, taxable=True)
    order = await charge(counter, order, 100)
    (wrap, _), (shipping, _) = order.line_items, order.charges
    state, local = order.tax_breakdowns
    assert levied(order) == {"State": (1250, 50), "County": (1250, 44)}
    assert state.jurisdiction == Jurisdiction(JurisdictionLevel.STATE, "US/NY", "US", "NY")
    assert local.jurisdiction == Jurisdiction(JurisdictionLevel.POSTAL, "US/NY/122", "US", "NY")
    assert (local.type, local.percent) == (TaxType.SALES_TAX, Decimal("3.5"))
    assert [
        ((each.line_item or each.charge), each.taxable.minor, each.tax.minor)
        for each in local.allocations
    ] == [(wrap, 1000, 35), (shipping, 250, 9)]
    assert local.id not in (county.id, state.id)
    await assert_adds_up(counter, order)
    abroad = await details(counter, order, shippingAddress=PARIS)
    assert levied(abroad) == {"VAT": (1250, 208)}
    assert abroad.included_tax_minor == 208
    await assert_adds_up(counter, abroad)


async def test_tax_1_a_rate_holds_from_its_first_moment_until_just_before_its_last(
    counter: Counter,
) -> None:
    now = counter.world.clock.now()
    await rate(counter, "Old", "10", active_to=now + timedelta(hours=1))
    await rate(counter, "New", "20", active_from=now + timedelta(hours=1))
    order = await counter.order(ad_hoc(1000))
    assert levied(order) == {"Old": (1000, 100)}
    counter.world.clock.advance(timedelta(hours=1))
    assert levied(await counter.reload(order)) == {"Old": (1000, 100)}
    assert levied(await quantity(counter, order, 2)) == {"New": (2000, 400)}


async def test_tax_1_one_rate_may_be_for_several_categories(counter: Counter) -> None:
    await rate(counter, "Full", "20")
    reduced = (TaxCategory.FOOD, TaxCategory.MEDICAL_GOODS)
    await rate(counter, "Reduced", "5", tax_categories=reduced)
    order = await counter.order(
        ad_hoc(1000),
        ad_hoc(400, name="Bread", tax_category=TaxCategory.FOOD),
        ad_hoc(600, name="Pills", tax_category=TaxCategory.MEDICAL_GOODS),
    )
    assert levied(order) == {"Full": (1000, 200), "Reduced": (1000, 50)}
    await assert_adds_up(counter, order)


async def test_tax_2_shipping_then_billing_then_the_merchant_s_address_is_taxed(
    counter: Counter,
) -> None:
    await rate(counter, "NY", "10", country="US", region="NY")
    await rate(counter, "FR", "20", country="FR")
    order = await counter.order(ad_hoc(1000))
    assert judged(order) == (TaxStatus.REQUIRES_LOCATION, TaxabilityReason.LOCATION_REQUIRED, 0)
    assert order.taxed_at is None
    await setting(counter, merchant_address=PARIS)
    order = await quantity(counter, order, 2)
    assert judged(order) == (TaxStatus.CALCULATED, TaxabilityReason.STANDARD_RATED, 400)
    assert order.taxed_at is not None
    assert (order.taxed_at.source, order.taxed_at.country) == (TaxLocationSource.MERCHANT, "FR")
    order = await details(counter, order, billingAddress=ALBANY)
    assert order.tax_minor == 200
    elsewhere = Address("1 Ring", "Wien", "1010", "AT")
    order = await details(counter, order, shippingAddress=elsewhere)
    assert judged(order) == (TaxStatus.CALCULATED, TaxabilityReason.NO_JURISDICTION, 0)
    assert order.taxed_at is not None
    assert (order.taxed_at.source, order.taxed_at.postal_code) == (
        TaxLocationSource.SHIPPING,
        "1010",
    )


async def test_tax_2_the_merchant_s_address_may_be_left_out(counter: Counter) -> None:
    await rate(counter, "FR", "20", country="FR")
    await setting(counter, merchant_address=PARIS, tax_fallback_to_merchant_address=False)
    order = await counter.order(ad_hoc(1000))
    assert order.tax_status is TaxStatus.REQUIRES_LOCATION


async def test_tax_2_an_unknown_place_blocks_paying_only_where_a_setting_says_so(
    counter: Counter,
) -> None:
    await rate(counter, "NY", "10", country="US", region="NY")
    order = await counter.order(ad_hoc(1000))
    await setting(counter, require_tax_location=True)
    with refused(ErrorCode.TAX_LOCATION_REQUIRED):
        await counter.pay(order)
    unpaid = await counter.reload(order)
    assert (unpaid.version, unpaid.paid_minor, await counter.attempts(order)) == (1, 0, [])
    located = await details(counter, order, billingAddress=ALBANY)
    assert (await counter.pay(located)).order.paid_minor == 1100
    other = await counter.order(ad_hoc(1000))
    await setting(counter, require_tax_location=False)
    assert (await counter.pay(other)).order.paid_minor == 1000


async def test_pay_6_taxes_are_judged_before_discounts(counter: Counter) -> None:
    await rate(counter, "NY", "10", country="US", region="NY")
    await setting(counter, require_tax_location=True)
    await counter.coupon(max_uses_per_customer=1)
    order = await counter.apply(await counter.order(ad_hoc(1000)))
    with refused(ErrorCode.TAX_LOCATION_REQUIRED):
        await counter.pay(order)


async def test_tax_3_an_exempt_order_bears_no_tax_whoever_its_customer_is(
    counter: Counter,
) -> None:
    await counter.tax("10")
    school = await counter.customer("school@example.com", tax_exempt=True)
    order = await counter.order(ad_hoc(1000), customer_id=school.id)
    exempted = (TaxStatus.EXEMPT, TaxabilityReason.CUSTOMER_EXEMPT, 0)
    assert judged(order) == exempted

    async def say(exempt: bool | None) -> Order:
        return await overriding.update_order_tax(
            counter.orders, counter.actor, order.id, exempt=exempt
        )

    assert (await say(False)).tax_minor == 100
    private = await details(counter, order, customerId=None)
    assert private.tax_minor == 100
    assert judged(await say(True)) == exempted
    assert judged(await details(counter, order, customerId=school.id)) == exempted
    again = await details(counter, order, customerId=None)
    assert (judged(again), again.version) == (exempted, 6)
    assert (await say(None)).tax_minor == 100
    assert (await say(None)).version == 7


async def test_tax_3_nothing_is_taxed_while_taxes_are_off(counter: Counter) -> None:
    await counter.tax("10")
    await setting(counter, tax_enabled=False)
    order = await counter.order(ad_hoc(1000))
    assert judged(order) == (TaxStatus.NOT_REQUIRED, TaxabilityReason.TAX_DISABLED, 0)
    await setting(counter, tax_enabled=True)
    assert (await quantity(counter, order, 2)).tax_minor == 200


async def test_tax_3_what_is_not_taxable_and_tips_bear_no_tax(counter: Counter) -> None:
    await counter.tax("10")
    order = await counter.order(ad_hoc(1000, taxable=False))
    assert judged(order) == (TaxStatus.NOT_REQUIRED, TaxabilityReason.NOT_TAXABLE, 0)
    tip = tipping.NewTip(usd(200))
    tipped = await tipping.add_tip(counter.orders, counter.actor, order.id, tip)
    assert (tipped.tax_minor, tipped.total_minor) == (0, 1200)


async def test_tax_8_ad_hoc_lines_may_be_left_untaxed(counter: Counter) -> None:
    await counter.tax("10")
    await setting(counter, tax_on_ad_hoc_lines=False)
    order = await counter.order(ad_hoc(1000), of(await counter.variant(price=500)))
    order = await charge(counter, order, 100, taxable=True)
    assert levied(order) == {"Tax": (600, 60)}
    assert [line.tax_minor for line in order.line_items] == [0, 50]
    await assert_adds_up(counter, order)
    only = await counter.order(ad_hoc(1000))
    assert judged(only) == (TaxStatus.NOT_REQUIRED, TaxabilityReason.NOT_TAXABLE, 0)


async def test_tax_4_components_that_are_supplied_tax_instead_of_the_rates(
    counter: Counter,
) -> None:
    await counter.tax("50")
    order = await counter.order(ad_hoc(1000), ad_hoc(333, name="Book"))
    order = await charge(counter, order, 200, taxable=True)
    book = order.line_items[1]
    place = Jurisdiction(JurisdictionLevel.COUNTY, "36001", "US", "NY", "Albany County")
    order = await taxed(
        counter,
        order,
        SuppliedTax("State", "4", tax=usd(62)),
        SuppliedTax("County", "3", jurisdiction=place, line_item_ids=(book.id,)),
        SuppliedTax("Fee", flat_amount=usd(28), type=TaxType.RETAIL_DELIVERY_FEE),
    )
    assert order.tax_mode is TaxMode.EXTERNAL
    assert judged(order) == (TaxStatus.CALCULATED, TaxabilityReason.STANDARD_RATED, 100)
    assert levied(order) == {"State": (1533, 62), "County": (333, 10), "Fee": (0, 28)}
    assert order.tax_breakdowns[1].jurisdiction == place
    assert [line.tax_minor for line in order.line_items] == [40, 24]
    assert (order.charges[0].tax_minor, order.flat_tax_minor) == (8, 28)
    await assert_adds_up(counter, order)
    back = await overriding.update_order_tax(
        counter.orders, counter.actor, order.id, components=None
    )
    assert (back.tax_mode, levied(back)) == (TaxMode.AUTOMATIC, {"Tax": (1533, 767)})


@pytest.mark.parametrize("stated", [99, 101])
async def test_tax_4_an_amount_is_taken_within_one_minor_unit(
    counter: Counter, stated: int
) -> None:
    order = await counter.order(ad_hoc(1000))
    given = await taxed(counter, order, SuppliedTax("Tax", "10", tax=usd(stated)))
    assert (given.tax_minor, given.total_minor) == (stated, 1000 + stated)
    paid = (await counter.pay(given)).order
    assert paid.paid_minor == 1000 + stated
    await assert_adds_up(counter, paid)


async def test_tax_4_an_amount_farther_off_is_refused_unless_it_is_trusted(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.TAX_OVERRIDE_MISMATCH) as found:
        await taxed(
            counter, order, SuppliedTax("Tax", "10"), SuppliedTax("Other", "10", tax=usd(102))
        )
    assert found[0].field == ("components", "1", "tax")
    kept = await counter.reload(order)
    assert (kept.version, kept.external_taxes) == (1, None)
    await setting(counter, trust_external_tax_amounts=True)
    trusted = await taxed(counter, order, SuppliedTax("Tax", "10", tax=usd(170)))
    assert judged(trusted) == (TaxStatus.CALCULATED, TaxabilityReason.STANDARD_RATED, 170)
    await assert_adds_up(counter, trusted)


async def test_tax_10_a_stated_amount_ends_with_what_it_was_stated_for(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000), ad_hoc(500, name="Book", taxable=False))
    await taxed(counter, order, SuppliedTax("Tax", "10", tax=usd(101)))
    untouched = await quantity(counter, order, 2, at=1)
    assert (untouched.tax_minor, untouched.tax_status) == (101, TaxStatus.CALCULATED)
    changed = await quantity(counter, order, 2)
    assert (changed.tax_minor, changed.tax_status) == (200, TaxStatus.CALCULATED)


async def test_tax_10_trusted_amounts_are_incomplete_after_a_change_until_supplied_again(
    counter: Counter,
) -> None:
    await setting(counter, trust_external_tax_amounts=True)
    order = await counter.order(ad_hoc(1000))
    await taxed(counter, order, SuppliedTax("Tax", "10", tax=usd(170)))
    changed = await quantity(counter, order, 2)
    assert judged(changed) == (TaxStatus.INCOMPLETE, None, 200)
    assert changed.tax_failure_reason is TaxFailureReason.COMPONENTS_OUTDATED
    with refused(ErrorCode.TAX_COMPONENTS_OUTDATED) as found:
        await counter.pay(order)
    assert "updateOrderTax" in found[0].message
    assert not found[0].retryable
    assert await counter.attempts(order) == []
    again = await taxed(counter, order, SuppliedTax("Tax", "10", tax=usd(340)))
    assert judged(again) == (TaxStatus.CALCULATED, TaxabilityReason.STANDARD_RATED, 340)
    assert (await counter.pay(order)).order.paid_minor == 2340


async def test_tax_10_an_item_that_nobody_spoke_of_makes_taxes_incomplete(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    await taxed(counter, order, SuppliedTax("Tax", "10"))
    free = await charge(counter, order, 100)
    assert free.tax_status is TaxStatus.CALCULATED
    more = await charge(counter, order, 100, taxable=True)
    assert judged(more) == (TaxStatus.INCOMPLETE, None, 110)


@pytest.mark.parametrize(
    ("tax", "code", "path"),
    [
        (SuppliedTax("Tax"), ErrorCode.FIELD_REQUIRED, "percent"),
        (SuppliedTax("Tax", "5", usd(1)), ErrorCode.CONFLICTING_FIELDS, "percent"),
        (SuppliedTax("Tax", "100.5"), ErrorCode.INVALID_FIELD, "percent"),
        (SuppliedTax("Tax", "1.23456"), ErrorCode.PERCENT_PRECISION, "percent"),
        (SuppliedTax("", "5"), ErrorCode.FIELD_REQUIRED, "name"),
        (
            SuppliedTax("Tax", flat_amount=usd(5), inclusive=True),
            ErrorCode.CONFLICTING_FIELDS,
            "flatAmount",
        ),
        (
            SuppliedTax("Tax", "5", tax=Money(50, "EUR")),
            ErrorCode.CURRENCY_MISMATCH,
            "tax/currency",
        ),
        (
            SuppliedTax("Tax", "5", line_item_ids=(new_id(),)),
            ErrorCode.RESOURCE_NOT_FOUND,
            "lineItemIds/0",
        ),
        (
            SuppliedTax("Tax", "5", charge_ids=(new_id(),)),
            ErrorCode.RESOURCE_NOT_FOUND,
            "chargeIds/0",
        ),
        (
            SuppliedTax("Tax", "5", jurisdiction=Jurisdiction(JurisdictionLevel.CITY, "X", "us")),
            ErrorCode.INVALID_FORMAT,
            "jurisdiction/country",
        ),
    ],
)
async def test_tax_4_a_component_that_cannot_be_is_refused_at_its_place(
    counter: Counter, tax: SuppliedTax, code: ErrorCode, path: str
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(code) as found:
        await taxed(counter, order, tax)
    assert "/".join(found[0].field) == f"components/0/{path}"
    assert (await counter.reload(order)).version == 1


async def test_prc_40_supplied_components_cannot_mix_the_price_modes_on_a_line(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.INVALID_FIELD):
        await taxed(counter, order, SuppliedTax("In", "5", inclusive=True), SuppliedTax("On", "5"))
    assert (await counter.reload(order)).tax_mode is TaxMode.AUTOMATIC


async def test_prc_41_no_price_includes_more_tax_than_it_is(counter: Counter) -> None:
    await setting(counter, trust_external_tax_amounts=True)
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.INVALID_FIELD):
        await taxed(counter, order, SuppliedTax("In", "5", inclusive=True, tax=usd(1001)))
    all_of_it = await taxed(counter, order, SuppliedTax("In", "5", inclusive=True, tax=usd(1000)))
    assert (all_of_it.included_tax_minor, all_of_it.total_minor) == (1000, 1000)


async def test_tax_6_rates_are_frozen_when_the_order_is_paid(counter: Counter) -> None:
    old = await rate(counter, "Old", "10")
    order, waiting = await counter.order(ad_hoc(1000)), await counter.order(ad_hoc(1000))
    paid = (await counter.pay(order)).order
    assert levied(paid) == {"Old": (1000, 100)}
    await delete_tax_rate(counter.world.database, counter.actor, old.id)
    await rate(counter, "New", "20")
    noted = await details(counter, paid, internalNote="Fragile")
    assert (levied(noted), noted.total_minor) == ({"Old": (1000, 100)}, 1100)
    refunded = (await counter.refund(noted, 550)).order
    assert (levied(refunded), refunded.net.tax) == ({"Old": (1000, 100)}, 50)
    assert levied(await counter.reload(waiting)) == {"Old": (1000, 100)}
    assert levied(await quantity(counter, waiting, 2)) == {"New": (2000, 400)}


async def test_tax_6_the_taxes_of_a_paid_order_cannot_be_overridden(counter: Counter) -> None:
    await counter.tax("10")
    paid = await counter.paid(ad_hoc(1000))
    with refused(ErrorCode.ORDER_NOT_MUTABLE):
        await overriding.update_order_tax(counter.orders, counter.actor, paid.id, exempt=True)
    with refused(ErrorCode.ORDER_NOT_MUTABLE):
        await taxed(counter, paid, SuppliedTax("Tax", "5"))
    assert (await counter.reload(paid)).tax_minor == 100


def test_tax_7_a_scope_of_its_own_guards_taxes_of_refunds() -> None:
    assert "commerce.refunds.tax_overrides.write" in MERCHANT_SCOPES


async def test_prc_33_a_flat_tax_counts_once_whatever_is_on_the_order(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000), ad_hoc(500, name="Book"))
    order = await taxed(counter, order, SuppliedTax("Delivery", flat_amount=usd(28)))
    assert (order.tax_minor, order.total_minor) == (28, 1528)
    order = await quantity(counter, order, 3)
    assert (order.tax_minor, order.tax_status) == (28, TaxStatus.CALCULATED)
    assert [line.tax_minor for line in order.line_items] == [0, 0]
    paid = (await counter.pay(order)).order
    refunded = (await counter.refund(paid)).order
    assert (refunded.net.total, refunded.net.tax) == (0, 0)
    assert refunded.reversed_flat_tax_minor == 28


async def test_prc_34_no_tax_is_levied_on_a_tax(counter: Counter) -> None:
    await rate(counter, "GST", "5", country="CA")
    await rate(counter, "PST", "7", country="CA", region="BC")
    home = Address("1 Main St", "Victoria", "V8V 1A1", "CA", region="BC")
    order = await counter.order(ad_hoc(10_000), shipping_address=home)
    assert levied(order) == {"GST": (10_000, 500), "PST": (10_000, 700)}


async def test_prc_43_a_discount_lowers_price_and_included_tax_together(counter: Counter) -> None:
    await counter.tax("20", inclusive=True)
    await counter.coupon(percent_off="50")
    order = await counter.apply(await counter.order(ad_hoc(1200)))
    assert (order.total_minor, order.included_tax_minor) == (600, 100)
    await assert_adds_up(counter, order)
