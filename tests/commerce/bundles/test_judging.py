"""Judging components while others change them."""

import asyncio

from ordergraph.commerce.bundles.judging import check_components
from ordergraph.commerce.bundles.rules import NewComponent
from ordergraph.commerce.catalog.changing import VariantChanges
from ordergraph.commerce.catalog.deleting import delete_product
from ordergraph.commerce.catalog.varying import update_variant
from ordergraph.core.problems import ErrorCode, Findings, Problem
from tests.commerce.catalog.shelf import create, simple
from tests.commerce.inventory.shelves import until_somebody_waits
from tests.world import World


async def test_whoever_changes_a_variant_does_not_wait_for_whoever_packs_it(world: World) -> None:
    product = await create(world, simple())
    (beans,) = product.variants or ()
    async with world.database.transaction(world.actor) as tx:
        findings = Findings()
        await check_components(tx, findings, [NewComponent(beans.id, 1)], "USD")
        # Both may want the same SKU next: had the one to wait here, they would wait for each other.
        changes = VariantChanges(sku="BEANS")
        await update_variant(
            world.database, world.actor, beans.id, changes, beans.version, Findings()
        )
        findings.settle()


async def test_whoever_deletes_a_product_waits_for_whoever_packs_it(world: World) -> None:
    product = await create(world, simple())
    (beans,) = product.variants or ()
    async with world.database.transaction(world.actor) as tx:
        await check_components(tx, Findings(), [NewComponent(beans.id, 1)], "USD")
        deleting = asyncio.create_task(delete_product(world.database, world.actor, product.id))
        await until_somebody_waits(world)
        assert not deleting.done()
    await deleting
    async with world.database.transaction(world.actor) as tx:
        findings = Findings()
        await check_components(tx, findings, [NewComponent(beans.id, 1)], "USD")
        found: list[Problem] = findings.problems
        assert [each.code for each in found] == [ErrorCode.RESOURCE_DELETED]
