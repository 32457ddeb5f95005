"""What a deletion leaves in the rows, beside what clients see of it."""

from sqlalchemy import func, select

from ordergraph.commerce.catalog.changing import ProductChanges
from ordergraph.commerce.catalog.deleting import delete_product, delete_variant
from ordergraph.commerce.catalog.reads import variants_by_product, variants_for_sale
from ordergraph.commerce.catalog.rules import VariantStatus
from ordergraph.commerce.catalog.tables import SellableCodeRow, SlugRow
from ordergraph.commerce.catalog.updating import replace_product_categories, update_product
from ordergraph.commerce.categories.tables import CategoryMemberRow
from ordergraph.core.problems import Findings
from ordergraph.runtime.db.scope import ENVIRONMENT
from tests.commerce.catalog.shelf import create, optioned, variant
from tests.world import World


async def test_cat_21_a_deleted_variant_is_no_default_any_more(world: World) -> None:
    product = await create(world, optioned(variant("S", "Red"), variant("L", "Red")))
    viewer = world.database.viewer(world.actor)
    small = (await variants_by_product(viewer, [product.id]))[product.id][0]
    chosen = ProductChanges(default_variant_id=small.id)
    await update_product(world.database, world.actor, product.id, chosen, None, Findings())
    await delete_variant(world.database, world.actor, small.id)
    gone = (await variants_for_sale(viewer, [small.id]))[small.id]
    assert (gone.status, gone.is_default, gone.version) == (VariantStatus.DELETED, False, 2)


async def test_cat_7_a_deleted_product_leaves_no_code_slug_or_membership(world: World) -> None:
    product = await create(
        world, optioned(variant("S", "Red", sku="A"), variant("L", "Red", sku="B", barcode="1"))
    )
    slug = ProductChanges(slug="another")
    await update_product(world.database, world.actor, product.id, slug, None, Findings())
    await replace_product_categories(world.database, world.actor, product.id, ["Tops", "Red"])
    await delete_product(world.database, world.actor, product.id)
    async with world.database.transaction(world.actor) as tx:
        for row in (SellableCodeRow, SlugRow, CategoryMemberRow):
            mine = row.environment_id == ENVIRONMENT
            assert await tx.scalar(select(func.count()).select_from(row).where(mine)) == 0
