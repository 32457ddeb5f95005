"""Bundles of variants, and what is read of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from ordergraph.commerce.bundles.reads import bundles_for_sale
from ordergraph.commerce.bundles.rules import Bundle, BundleStatus
from ordergraph.commerce.bundles.tables import BundleComponentRow, BundleRow
from ordergraph.commerce.catalog.rules import ProductStatus, VariantStatus
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from tests.world import World


async def pack(
    world: World, *parts: tuple[UUID, int], status: BundleStatus = BundleStatus.ACTIVE
) -> UUID:
    """Lay the rows of a bundle of so many units of each variant, in this order."""
    id = new_id()
    async with world.database.transaction(world.actor) as tx:
        await tx.add(
            BundleRow,
            {
                "id": id,
                "name": "Breakfast",
                "name_key": "breakfast",
                "slug": f"breakfast-{id}",
                "status": status,
                "images": [],
                "unit_price_minor": 1500,
                "currency": "USD",
                "taxable": True,
                "tax_category": TaxCategory.GENERAL,
                "metadata": {},
                "public_metadata": {},
                "version": 1,
                "created_at": tx.now,
                "updated_at": tx.now,
            },
        )
        await tx.add(
            BundleComponentRow,
            *(
                {
                    "id": new_id(),
                    "bundle_id": id,
                    "variant_id": variant_id,
                    "quantity": quantity,
                    "position": position,
                }
                for position, (variant_id, quantity) in enumerate(parts)
            ),
        )
    return id


async def look(world: World, id: UUID, caller: Actor | None = None) -> Bundle | None:
    """Read a bundle as a sale does, as the merchant unless another `caller` is named."""
    return (await bundles_for_sale(world.database.viewer(caller or world.actor), [id])).get(id)


async def offered(world: World, id: UUID) -> tuple[bool, int | None]:
    """Return whether a bundle can be sold, and how many of it there are."""
    bundle = await look(world, id)
    assert bundle is not None
    return bundle.available_for_sale, bundle.quantity_available


async def oversell(world: World, variant_id: UUID, on_hand: int) -> None:
    """Set the units of a variant on hand."""
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            update(InventoryItemRow)
            .where(
                InventoryItemRow.environment_id == ENVIRONMENT,
                InventoryItemRow.variant_id == variant_id,
            )
            .values(on_hand=on_hand)
        )


async def turn_variant(world: World, variant_id: UUID, status: VariantStatus) -> None:
    """Set the status of a variant."""
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            update(VariantRow)
            .where(within(VariantRow), VariantRow.id == variant_id)
            .values(status=status)
        )


async def turn_product(world: World, variant_id: UUID, status: ProductStatus) -> None:
    """Set the status of a variant's product."""
    async with world.database.transaction(world.actor) as tx:
        variant = await tx.lock(VariantRow, variant_id, "variant")
        await tx.execute(
            update(ProductRow)
            .where(within(ProductRow), ProductRow.id == variant.product_id)
            .values(status=status)
        )
