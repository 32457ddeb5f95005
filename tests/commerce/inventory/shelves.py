"""Variants with stock, and what lies on their shelves."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.catalog.shaping import NewProduct, NewVariant
from ordergraph.commerce.inventory.adjusting import Adjustment, adjust_inventory
from ordergraph.commerce.inventory.holding import hold_stock
from ordergraph.commerce.inventory.reads import InventoryAdjustment
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import (
    InventoryAdjustmentRow,
    InventoryHoldRow,
    InventoryItemRow,
)
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from tests.world import World


async def shelve(world: World, units: int | None, *, enforced: bool = True) -> UUID:
    """Create a simple product with so many units; None means that its stock is not tracked."""
    wanted = NewVariant(Money(500, "USD"), initial_quantity=units, enforce_inventory_limit=enforced)
    product = await create_product(
        world.database, world.actor, NewProduct("Beans", ProductType.PHYSICAL, wanted)
    )
    (variant,) = product.variants or ()
    return variant.id


async def stock(world: World, variant_id: UUID) -> tuple[int, int]:
    """Return the units on hand, and those of them that are held."""
    row = await world.database.viewer(world.actor).first(
        select(InventoryItemRow.on_hand, InventoryItemRow.held).where(
            InventoryItemRow.environment_id == ENVIRONMENT,
            InventoryItemRow.variant_id == variant_id,
        )
    )
    assert row is not None
    return row.on_hand, row.held


async def history(world: World, variant_id: UUID) -> list[Any]:
    """Return the entries of a variant, the oldest first."""
    row = InventoryAdjustmentRow
    statement = select(*row.__table__.c).where(within(row), row.variant_id == variant_id)
    viewer = world.database.viewer(world.actor)
    return list(await viewer.rows(statement.order_by(row.sequence)))


async def holds(world: World) -> dict[tuple[UUID, UUID], int]:
    """Return all held units by attempt and variant."""
    row = InventoryHoldRow
    viewer = world.database.viewer(world.actor)
    found = await viewer.rows(
        select(row.attempt_id, row.variant_id, row.quantity).where(within(row))
    )
    return {(each.attempt_id, each.variant_id): each.quantity for each in found}


async def hold(
    world: World, wanted: Mapping[UUID, int], attempt_id: UUID | None = None
) -> Mapping[UUID, int]:
    """Hold in a transaction of its own, for an order of its own; return what is short."""
    async with world.database.transaction(world.actor) as tx:
        return await hold_stock(tx, attempt_id or new_id(), new_id(), wanted)


async def adjust(
    world: World,
    variant_id: UUID,
    delta: int | Decimal,
    reason: InventoryChangeReason = InventoryChangeReason.MANUAL_ADJUSTMENT,
    note: str | None = None,
    at: UUID | None = None,
) -> InventoryAdjustment:
    """Adjust stock by hand, without `at` at the default location."""
    wanted = Adjustment(variant_id, delta, reason, note, location_id=at)
    return await adjust_inventory(world.database, world.actor, wanted)
