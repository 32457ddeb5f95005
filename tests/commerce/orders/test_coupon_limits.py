"""What coupons that are limited to bundles and categories act on, on real orders (DSC-6)."""

from typing import Any
from uuid import UUID

from ordergraph.commerce.categories.labeling import assign_labels
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.coupons.rules import LimitCategory, LimitItem
from ordergraph.commerce.orders import editing
from ordergraph.core.ids import Prefix
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, packed


async def put(counter: Counter, member: UUID | None, *labels: str, kind: Any) -> None:
    """Have a product or bundle stand in these categories."""
    assert member is not None
    async with counter.world.database.transaction(counter.actor) as tx:
        await assign_labels(tx, {member: labels}, kind, active=True)


async def test_dsc_6_a_coupon_of_a_category_acts_on_lines_as_they_were_added(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(1000), await counter.variant(2400)
    pair = await counter.bundle(3000, (beans, 1), (mug, 1))
    probe = await counter.order(of(beans), of(mug))
    coffee, mugs = (line.product_id for line in probe.line_items)
    await put(counter, coffee, "Coffee", "Gifts", kind=MemberKind.PRODUCT)
    await put(counter, pair, "Gifts", kind=MemberKind.BUNDLE)
    await counter.coupon(
        percent_off="10", limit_categories=(LimitCategory(" GIFTS", None, 0),), stackable=True
    )
    order = await counter.order(of(beans), of(mug), packed(pair), ad_hoc(500))
    applied = await counter.apply(order)
    assert [line.discount_minor for line in applied.line_items] == [100, 0, 300, 0]
    (discount,) = applied.live_discounts
    assert discount.eligible_ids == sorted(applied.line_items[at].id for at in (0, 2))

    # What moves between categories later moves for lines that come later.
    await put(counter, coffee, "Coffee", kind=MemberKind.PRODUCT)
    await put(counter, mugs, "Gifts", kind=MemberKind.PRODUCT)
    later = await editing.add_line_items(
        counter.orders, counter.actor, order.id, [of(mug, separate=True)]
    )
    assert [line.discount_minor for line in later.line_items] == [100, 0, 300, 0, 240]
    await assert_sound(counter, order)


async def test_dsc_6_a_coupon_of_a_bundle_acts_on_no_loose_variant_of_it(counter: Counter) -> None:
    beans = await counter.variant(1000)
    pair = await counter.bundle(1500, (beans, 2))
    await counter.coupon(limit_to=(LimitItem(Prefix.BUNDLE, pair, 0),))
    applied = await counter.apply(await counter.order(of(beans), packed(pair)))
    assert [line.discount_minor for line in applied.line_items] == [0, 300]
    await assert_sound(counter, applied)
