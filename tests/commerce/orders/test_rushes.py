"""Many buyers at once for bundles that share what is inside with loose variants (INV-13)."""

from __future__ import annotations

import asyncio

from ordergraph.commerce.bundles.composing import update_component
from ordergraph.commerce.bundles.deleting import delete_bundle
from ordergraph.commerce.bundles.reads import bundles_for_sale
from ordergraph.commerce.catalog.deleting import delete_product
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.core.sparse import OMITTED
from tests.commerce.orders.counter import Counter, of, packed
from tests.commerce.orders.rushes import BUYERS, assert_sold, lined_up, rush


async def test_of_two_hundred_buyers_of_a_bundle_exactly_those_are_served_that_stock_allows(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(units=29), await counter.variant(units=60)
    bundle = await counter.bundle(2500, (beans, 3), (mug, 1))
    orders = await lined_up(counter, [[packed(bundle)]] * BUYERS)
    paid, refused = await rush(counter, orders)
    assert (len(paid), len(refused)) == (9, BUYERS - 9)
    await assert_sold(counter, {beans: 29, mug: 60}, paid, refused)


async def test_two_hundred_buyers_of_bundles_and_loose_variants_share_what_there_is(
    counter: Counter,
) -> None:
    before = {
        await counter.variant(units=90): 90,
        await counter.variant(units=40): 40,
        await counter.variant(units=25): 25,
    }
    beans, mug, tin = before
    breakfast = await counter.bundle(2500, (beans, 2), (mug, 1))
    gift = await counter.bundle(3500, (tin, 1), (beans, 3), (mug, 1))
    carts = [
        [packed(breakfast)],
        [of(mug), packed(gift)],
        [packed(gift), packed(breakfast), of(beans)],
        [of(beans, 2)],
        [of(tin), of(mug)],
    ]
    orders = await lined_up(counter, carts * (BUYERS // len(carts)))
    paid, refused = await rush(counter, orders)
    assert len(paid) + len(refused) == BUYERS
    await assert_sold(counter, before, paid, refused)


async def test_b2_36_bundles_with_the_same_components_in_opposite_order_never_deadlock(
    counter: Counter,
) -> None:
    before = {await counter.variant(units=72): 72, await counter.variant(units=72): 72}
    beans, mug = before
    there, back = (
        await counter.bundle(500, (beans, 1), (mug, 1)),
        await counter.bundle(500, (mug, 1), (beans, 1)),
    )
    carts = [[packed(there), of(mug), of(beans)], [of(beans), of(mug), packed(back)]]
    orders = await lined_up(counter, [*carts] * 18)
    paid, refused = await rush(counter, orders)
    assert (len(paid), refused) == (36, [])
    await assert_sold(counter, before, paid, refused)
    refunds = await asyncio.gather(*(counter.refund(order) for order in paid))
    assert {each.order.status for each in refunds} == {OrderStatus.REFUNDED}
    assert [await counter.stock(variant) for variant in before] == [(72, 0), (72, 0)]


async def test_bun_8_orders_are_paid_as_they_were_made_while_the_catalog_changes(
    counter: Counter,
) -> None:
    before = {await counter.variant(units=60): 60, await counter.variant(units=60): 60}
    beans, mug = before
    bundle, other = (
        await counter.bundle(500, (beans, 2), (mug, 1)),
        await counter.bundle(700, (mug, 2)),
    )
    orders = await lined_up(counter, [[packed(bundle)], [packed(other), of(beans)]] * 12)
    database, actor = counter.world.database, counter.actor
    product = orders[1].line_items[1].product_id
    assert product is not None

    async def meddle() -> None:
        (found,) = (await bundles_for_sale(counter.viewer, [bundle])).values()
        assert found.components is not None
        component = found.components[0].id
        for quantity in (5, 1, 9):
            await update_component(database, actor, bundle, component, quantity, OMITTED, None)
        await delete_product(database, actor, product)
        await delete_bundle(database, actor, bundle)

    (paid, refused), _ = await asyncio.gather(rush(counter, orders), meddle())
    assert (len(paid), refused) == (24, [])
    await assert_sold(counter, before, paid, refused)
    assert (await counter.stock(beans), await counter.stock(mug)) == ((24, 0), (24, 0))
    refunds = await asyncio.gather(*(counter.refund(order) for order in paid))
    assert {each.order.status for each in refunds} == {OrderStatus.REFUNDED}
    assert [await counter.stock(variant) for variant in before] == [(60, 0), (60, 0)]
