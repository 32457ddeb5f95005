"""What a product tells of all its variants: always what a look at them would tell."""

import asyncio
import random
from typing import Any
from uuid import UUID

from sqlalchemy import update

from ordergraph.commerce.catalog.changing import VariantChanges
from ordergraph.commerce.catalog.deleting import delete_variant
from ordergraph.commerce.catalog.reads import products_by_ids, variants_by_product
from ordergraph.commerce.catalog.rules import VariantStatus
from ordergraph.commerce.catalog.summing import sum_up
from ordergraph.commerce.catalog.tables import ProductRow
from ordergraph.commerce.catalog.varying import add_variant, update_variant
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.statements import counted
from tests.commerce.catalog.shelf import create, optioned, simple, variant
from tests.world import World

ACTIVE, INACTIVE = VariantStatus.ACTIVE, VariantStatus.INACTIVE


async def _check(world: World, product_id: UUID) -> None:
    """Compare what a product keeps with its variants."""
    viewer = world.database.viewer(world.actor)
    product = (await products_by_ids(viewer, [product_id]))[product_id]
    variants = (await variants_by_product(viewer, [product_id]))[product_id]
    active = [each for each in variants if each.status is ACTIVE]
    prices = [each.unit_price.minor for each in active or variants]
    assert (product.variant_count, product.active_variant_count) == (len(variants), len(active))
    assert (product.lowest_price.minor, product.highest_price.minor) == (min(prices), max(prices))


async def _vary(world: World, id: UUID, **fields: Any) -> None:
    wanted = VariantChanges(**fields)
    await update_variant(world.database, world.actor, id, wanted, None, Findings())


async def test_prices_are_those_of_active_variants_else_of_all(world: World) -> None:
    product = await create(world, optioned(variant("S", "Red"), variant("L", "Red")))
    viewer = world.database.viewer(world.actor)
    small, large = (await variants_by_product(viewer, [product.id]))[product.id]
    await _vary(world, small.id, unit_price=Money(100, "USD"))
    await _vary(world, large.id, unit_price=Money(900, "USD"))
    for first, second, expected in (
        (ACTIVE, INACTIVE, (100, 100)),
        (INACTIVE, ACTIVE, (900, 900)),
        (INACTIVE, INACTIVE, (100, 900)),
        (ACTIVE, ACTIVE, (100, 900)),
    ):
        await _vary(world, small.id, status=first)
        await _vary(world, large.id, status=second)
        now = (await products_by_ids(viewer, [product.id]))[product.id]
        assert (now.lowest_price.minor, now.highest_price.minor) == expected
        assert now.active_variant_count == [first, second].count(ACTIVE)


async def test_sums_hold_over_any_changes_at_once(world: World) -> None:
    product = await create(world, optioned(variant("S", "Red"), variant("L", "Red")))
    viewer = world.database.viewer(world.actor)
    chance = random.Random(7)

    async def step(number: int) -> None:
        variants = (await variants_by_product(viewer, [product.id]))[product.id]
        id = chance.choice(variants).id
        what = chance.random()
        try:
            if what < 0.4:
                new = variant("S", f"color {number}")
                await add_variant(world.database, world.actor, product.id, new, None, Findings())
            elif what < 0.6:
                await delete_variant(world.database, world.actor, id)
            elif what < 0.8:
                await _vary(world, id, unit_price=Money(chance.randint(1, 999), "USD"))
            else:
                await _vary(world, id, status=chance.choice([ACTIVE, INACTIVE]))
        except Problem as problem:
            if problem.code not in (ErrorCode.LAST_VARIANT, ErrorCode.RESOURCE_DELETED):
                raise

    for number in range(0, 40, 4):
        await asyncio.gather(*(step(number + more) for more in range(4)))
        await _check(world, product.id)


async def test_many_products_are_summed_up_with_one_statement(world: World) -> None:
    products = [await create(world, simple(f"Beans {at}")) for at in range(5)]
    ids = [each.id for each in products]
    async with world.database.transaction(world.actor) as tx:
        wrong = {"lowest_price_minor": 0, "highest_price_minor": 0, "variant_count": 9}
        await tx.execute(update(ProductRow).where(within(ProductRow)).values(wrong))
        with counted() as count:
            await sum_up(tx, ids)
    assert len(count) == 1
    for id in ids:
        await _check(world, id)
