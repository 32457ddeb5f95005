"""Bundles on orders: what a line records, and the stock of what is inside (BUN-2, BUN-8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.bundles.composing import add_components, remove_component, update_component
from ordergraph.commerce.bundles.deleting import delete_bundle
from ordergraph.commerce.bundles.reads import bundles_for_sale
from ordergraph.commerce.bundles.rules import BundleChanges, BundleStatus, NewComponent
from ordergraph.commerce.bundles.updating import update_bundle
from ordergraph.commerce.coupons.rules import LimitItem
from ordergraph.commerce.orders import editing
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.lifecycle import LineSource, OrderStatus
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments.sources import CashSource
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, StockProblem
from ordergraph.core.sparse import OMITTED
from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import (
    VISA,
    Counter,
    ad_hoc,
    assert_sound,
    of,
    packed,
    refused,
    usd,
)


async def add(counter: Counter, order: Order, *lines: WantedLine) -> Order:
    return await editing.add_line_items(counter.orders, counter.actor, order.id, lines)


async def rebuild(counter: Counter, bundle: UUID, *parts: tuple[UUID, int]) -> None:
    """Replace all components of a bundle."""
    database, actor = counter.world.database, counter.actor
    (found,) = (await bundles_for_sale(counter.viewer, [bundle])).values()
    for component in found.components or ():
        await remove_component(database, actor, bundle, component.id, None)
    wanted = [NewComponent(*part) for part in parts]
    await add_components(database, actor, bundle, wanted, None, Findings())


async def test_bun_2_a_bundle_line_takes_price_and_display_from_the_catalog(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(sku="BEANS"), await counter.variant()
    bundle = await counter.bundle(
        2500,
        (beans, 2),
        (mug, 1),
        sku="BOX",
        image_url="https://example.com/box.png",
        taxable=False,
        tax_category=TaxCategory.FOOD,
    )
    order = await counter.order(packed(bundle, 3))
    (line,) = order.line_items
    assert (line.source_type, line.bundle_id) == (LineSource.BUNDLE, bundle)
    assert (line.variant_id, line.product_id) == (None, None)
    assert (line.name, line.sku, line.image_url) == (
        "Breakfast",
        "BOX",
        "https://example.com/box.png",
    )
    assert (line.unit_price_minor, line.gross_minor, line.price_overridden) == (2500, 7500, False)
    assert (line.taxable, line.tax_category) == (False, TaxCategory.FOOD)
    assert order.currency == "USD"
    assert [
        (each.variant_id, each.quantity, each.name, each.sku) for each in line.sold_components
    ] == [(beans, 2, "Beans", "BEANS"), (mug, 1, "Beans", None)]
    assert await assert_sound(counter, order) == order


async def test_ord_1_the_price_of_a_bundle_may_be_overridden_and_the_line_says_so(
    counter: Counter,
) -> None:
    bundle = await counter.bundle(2500, (await counter.variant(), 1))
    order = await counter.order(packed(bundle, unit_price=usd(2000), name="Box for Sarah"))
    (line,) = order.line_items
    assert (line.name, line.unit_price_minor, line.price_overridden) == (
        "Box for Sarah",
        2000,
        True,
    )
    plain = await counter.order(packed(bundle))
    changed = await editing.update_line_item(
        counter.orders,
        counter.actor,
        plain.id,
        plain.line_items[0].id,
        LineChange(unit_price=usd(1)),
    )
    assert changed.line_items[0].price_overridden


async def test_ord_2_a_bundle_that_cannot_be_sold_is_refused_at_its_line(counter: Counter) -> None:
    database, actor = counter.world.database, counter.actor
    beans, scarce = await counter.variant(), await counter.variant(units=1)
    inactive = await counter.bundle(1, (beans, 1), status=BundleStatus.INACTIVE)
    deleted = await counter.bundle(1, (beans, 1))
    await delete_bundle(database, actor, deleted)
    bundles = [inactive, deleted, await counter.bundle(1), await counter.bundle(1, (scarce, 2))]
    with refused(*[ErrorCode.ITEM_NOT_AVAILABLE] * 4) as problems:
        await counter.order(*map(packed, bundles))
    assert [problem.field for problem in problems] == [
        ("lineItems", str(at), "bundleId") for at in range(4)
    ]
    with refused(ErrorCode.RESOURCE_NOT_FOUND, ErrorCode.CURRENCY_MISMATCH) as problems:
        await counter.order(
            packed(new_id()), packed(await counter.bundle(1, (beans, 1))), currency="EUR"
        )
    assert sorted(problem.field for problem in problems) == [
        ("lineItems", "0", "bundleId"),
        ("lineItems", "1", "bundleId", "currency"),
    ]


async def test_a_line_is_of_a_variant_or_of_a_bundle_and_never_of_both(counter: Counter) -> None:
    beans = await counter.variant()
    bundle = await counter.bundle(2500, (beans, 1))
    order = await counter.order(ad_hoc(5))
    with refused(ErrorCode.CONFLICTING_FIELDS) as problems:
        await add(counter, order, WantedLine(variant_id=beans, bundle_id=bundle))
    assert problems[0].field == ("lineItems", "0", "bundleId")
    assert await counter.reload(order) == order


async def test_ord_4_an_equal_bundle_raises_its_line_one_of_other_components_does_not(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(), await counter.variant()
    bundle, other = await counter.bundle(500, (beans, 1)), await counter.bundle(500, (beans, 1))
    order = await counter.order(packed(bundle), packed(bundle, 2), packed(other), of(beans))
    assert [line.quantity for line in order.line_items] == [3, 1, 1]
    order = await add(counter, order, packed(bundle, separate=True))
    assert [line.quantity for line in order.line_items] == [3, 1, 1, 1]
    await rebuild(counter, bundle, (mug, 1))
    order = await add(counter, order, packed(bundle))
    assert [line.quantity for line in order.line_items] == [3, 1, 1, 1, 1]


async def test_bun_8_stock_is_taken_as_the_line_recorded_it_though_the_bundle_has_changed(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(), await counter.variant()
    bundle = await counter.bundle(2500, (beans, 2))
    order = await counter.order(packed(bundle, 3))
    await rebuild(counter, bundle, (mug, 1))
    await update_bundle(
        counter.world.database,
        counter.actor,
        bundle,
        BundleChanges(unit_price=usd(9900), name="Dinner"),
        None,
        Findings(),
    )
    paid = (await counter.pay(order)).order
    assert (paid.total_minor, paid.line_items[0].name) == (7500, "Breakfast")
    assert (await counter.stock(beans), await counter.stock(mug)) == ((4, 0), (10, 0))
    await delete_bundle(counter.world.database, counter.actor, bundle)
    await counter.refund(paid)
    assert (await counter.stock(beans), await counter.stock(mug)) == ((10, 0), (10, 0))
    await assert_sound(counter, order)


@pytest.mark.parametrize("source", [VISA, CashSource(usd(100_000))], ids=["card", "cash"])
async def test_b2_2_bundles_and_a_loose_line_that_share_a_variant_are_summed_then_checked(
    counter: Counter, source: Any
) -> None:
    beans, mug = await counter.variant(units=11), await counter.variant(units=5)
    small, large = (
        await counter.bundle(500, (beans, 2)),
        await counter.bundle(900, (mug, 1), (beans, 3)),
    )
    # 2 x 2 + 1 x 3 + 5 = 12 of 11: each line alone would do.
    order = await counter.order(packed(small, 2), packed(large), of(beans, 5), of(mug), ad_hoc(5))
    lines = {line.position: line.id for line in order.line_items}
    with refused(ErrorCode.INVENTORY_UNAVAILABLE) as problems:
        await counter.pay(order, source)
    (problem,) = problems
    assert isinstance(problem, StockProblem)
    told = {each.line_item_id: (each.requested, each.available) for each in problem.lines}
    assert told == {lines[0]: (2, 5), lines[1]: (1, 3), lines[2]: (5, 11)}
    assert await counter.attempts(order) == []
    assert (await counter.stock(beans), await counter.stock(mug)) == ((11, 0), (5, 0))
    assert await counter.told(order) == ["CREATED"]
    await editing.update_line_item(
        counter.orders, counter.actor, order.id, lines[2], LineChange(quantity=4)
    )
    assert (await counter.pay(order, source)).order.status is OrderStatus.PAID
    assert (await counter.stock(beans), await counter.stock(mug)) == ((0, 0), (3, 0))


async def test_inv_11_a_bundle_is_told_what_its_scarcest_component_makes(counter: Counter) -> None:
    beans, mug = await counter.variant(units=9), await counter.variant(units=3)
    bundle = await counter.bundle(500, (beans, 4), (mug, 1))
    order = await counter.order(packed(bundle, 5))
    with refused(ErrorCode.INVENTORY_UNAVAILABLE) as problems:
        await counter.pay(order)
    (problem,) = problems
    assert isinstance(problem, StockProblem)
    assert [(each.requested, each.available) for each in problem.lines] == [(5, 2)]


async def test_inv_10_a_decline_gives_the_components_back(counter: Counter) -> None:
    beans, mug = await counter.variant(), await counter.variant()
    bundle = await counter.bundle(2500, (beans, 2), (mug, 1))
    order = await counter.order(packed(bundle, 2), of(beans))
    waiting = await counter.pay(order, token="tok_requires3ds")
    assert waiting.attempt is not None
    assert (await counter.stock(beans), await counter.stock(mug)) == ((10, 5), (10, 2))
    await counter.pay(order, resume_attempt_id=waiting.attempt.id)
    assert (await counter.stock(beans), await counter.stock(mug)) == ((5, 0), (8, 0))
    declined = await counter.order(packed(bundle))
    await counter.pay(declined, token="tok_chargeDeclined")
    assert (await counter.stock(beans), await counter.stock(mug)) == ((5, 0), (8, 0))


async def test_inv_12_what_is_not_enforced_is_oversold_in_bundles_too(counter: Counter) -> None:
    beans = await counter.variant(units=2, enforced=False)
    untracked = await counter.variant(units=None)
    bundle = await counter.bundle(2500, (beans, 2), (untracked, 7))
    await counter.paid(packed(bundle, 3))
    assert (await counter.stock(beans), await counter.stock(untracked)) == ((-4, 0), (0, 0))


async def test_ref_20_a_refund_of_some_bundles_brings_back_their_components(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(units=20), await counter.variant(units=20)
    bundle = await counter.bundle(999, (beans, 3), (mug, 1))
    order = await counter.paid(packed(bundle, 4), of(beans))
    assert (await counter.stock(beans), await counter.stock(mug)) == ((7, 0), (16, 0))
    line = order.line_items[0].id
    order = (await counter.refund(order, lines=[(line, 1)])).order
    assert (await counter.stock(beans), await counter.stock(mug)) == ((10, 0), (17, 0))
    order = (await counter.refund(order, lines=[(line, 2)])).order
    assert (order.line_items[0].restocked_quantity, order.refunded_minor) == (3, 3 * 999)
    assert (await counter.stock(beans), await counter.stock(mug)) == ((16, 0), (19, 0))
    order = (await counter.refund(order, lines=[(line, 1)], restock=False)).order
    assert (await counter.stock(beans), await counter.stock(mug)) == ((16, 0), (19, 0))
    order = (await counter.refund(order)).order
    # What was kept back comes with the rest: nothing stays paid.
    assert (await counter.stock(beans), await counter.stock(mug)) == ((20, 0), (20, 0))
    assert (await assert_sound(counter, order)).status is OrderStatus.REFUNDED


async def test_ref_21_components_that_came_back_with_a_failed_refund_come_once(
    counter: Counter,
) -> None:
    beans = await counter.variant(units=10)
    bundle = await counter.bundle(1000, (beans, 3))
    order = await counter.paid(packed(bundle, 2), token="tok_refundFail")
    line = order.line_items[0].id
    for _ in range(2):
        failed = await counter.refund(order, lines=[(line, 1)])
        assert failed.refund.status == "FAILED"
    assert await counter.stock(beans) == (7, 0)
    await assert_sound(counter, order)


async def test_dsc_6_a_coupon_for_items_passes_bundles_by_and_a_general_one_takes_them(
    counter: Counter,
) -> None:
    beans = await counter.variant(1000)
    bundle = await counter.bundle(2000, (beans, 2))
    await counter.coupon("ITEM", limit_to=[LimitItem(Prefix.VARIANT, beans, 0)])
    await counter.coupon("ALL")
    only = await counter.order(packed(bundle))
    with refused(ErrorCode.COUPON_NOT_APPLICABLE):
        await counter.apply(only, "ITEM")
    both = await counter.apply(await counter.order(packed(bundle), of(beans)), "ITEM")
    assert [line.discount_minor for line in both.line_items] == [0, 200]
    everything = await counter.apply(await counter.order(packed(bundle), of(beans)), "ALL")
    assert [line.discount_minor for line in everything.line_items] == [400, 200]


async def test_a_buyer_buys_a_bundle_and_does_not_find_one_that_is_hidden(
    counter: Counter,
) -> None:
    beans = await counter.variant()
    bundle = await counter.bundle(2500, (beans, 1))
    hidden = await counter.bundle(2500, (beans, 1), status=BundleStatus.INACTIVE)
    order = await counter.order(packed(bundle), actor=counter.world.browser)
    paid = await counter.pay(order, actor=counter.buyer_of(order), expected_outstanding=usd(2500))
    assert paid.order.status is OrderStatus.PAID
    assert await counter.stock(beans) == (9, 0)
    for actor, bundle_id in ((counter.world.browser, hidden), (counter.world.stranger(), bundle)):
        with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
            await counter.order(packed(bundle_id), actor=actor)
        assert problems[0].field == ("lineItems", "0", "bundleId")


async def test_a_changed_quantity_of_a_component_counts_for_new_lines_only(
    counter: Counter,
) -> None:
    beans = await counter.variant(units=10)
    bundle = await counter.bundle(100, (beans, 1))
    old = await counter.order(packed(bundle))
    (found,) = (await bundles_for_sale(counter.viewer, [bundle])).values()
    assert found.components is not None
    (component,) = found.components
    await update_component(
        counter.world.database, counter.actor, bundle, component.id, 4, OMITTED, None
    )
    await counter.pay(old)
    assert await counter.stock(beans) == (9, 0)
    await counter.paid(packed(bundle))
    assert await counter.stock(beans) == (5, 0)


async def test_bundles_and_modifiers_add_at_most_two_statements_to_a_purchase(
    counter: Counter,
) -> None:
    await counter.world.orders.numbers.prepare(counter.world.environment_id)
    beans = await counter.variant()
    bundle = await counter.bundle(100, (beans, 1), modifier_set_id=(await counter.extras()).id)
    taken: list[tuple[int, int]] = []
    for lines in ([of(beans)], [of(beans), packed(bundle)]):
        with counted() as creating:
            order = await counter.order(*lines)
        with counted() as paying:
            await counter.pay(order)
        taken.append((len(creating), len(paying)))
    plain, more = taken
    assert more == (plain[0] + 2, plain[1])
