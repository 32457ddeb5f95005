"""Variants with stock, and what lies on their shelves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.catalog.shaping import NewProduct, NewVariant
from ordergraph.commerce.inventory.adjusting import Adjustment, adjust_inventory
from ordergraph.commerce.inventory.counting import Count, count_inventory
from ordergraph.commerce.inventory.holding import hold_stock, restock, take_stock
from ordergraph.commerce.inventory.locating import create_location
from ordergraph.commerce.inventory.reads import InventoryAdjustment
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import (
    InventoryAdjustmentRow,
    InventoryHoldRow,
    InventoryItemRow,
    InventoryLevelRow,
    LocationRow,
)
from ordergraph.commerce.inventory.transferring import (
    Transfer,
    Transferred,
    transfer_inventory,
)
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.events.tables import EventRow
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


async def main(world: World) -> UUID:
    """Return the default location."""
    row = await world.database.viewer(world.actor).first(
        select(LocationRow.id).where(within(LocationRow), LocationRow.is_default)
    )
    assert row is not None
    id: UUID = row.id
    return id


async def locate(world: World, name: str = "Warehouse") -> UUID:
    """Open a location."""
    return (await create_location(world.database, world.actor, name)).id


async def levels(world: World, variant_id: UUID) -> dict[UUID, int]:
    """Return what lies of a variant at each location, those without a level left out."""
    rows = await world.database.viewer(world.actor).rows(
        select(InventoryLevelRow.location_id, InventoryLevelRow.on_hand).where(
            InventoryLevelRow.environment_id == ENVIRONMENT,
            InventoryLevelRow.variant_id == variant_id,
        )
    )
    return {row.location_id: row.on_hand for row in rows}


async def told(world: World, variant_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a variant's stock, the oldest first."""
    log = EventRow
    rows = await world.database.viewer(world.actor).rows(
        select(log.type, log.payload)
        .where(log.environment_id == ENVIRONMENT, log.subject_id == variant_id)
        .order_by(log.seq)
    )
    return [(row.type.removeprefix("inventory."), row.payload) for row in rows]


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
    reference: str | None = None,
) -> InventoryAdjustment:
    """Adjust stock by hand, without `at` at the default location."""
    wanted = Adjustment(variant_id, delta, reason, note, reference, at)
    return await adjust_inventory(world.database, world.actor, wanted)


async def transfer(
    world: World, variant_id: UUID, source: UUID, target: UUID, quantity: int
) -> Transferred:
    """Move units from one location to another."""
    wanted = Transfer(variant_id, source, target, quantity)
    return await transfer_inventory(world.database, world.actor, wanted)


async def count(
    world: World,
    variant_id: UUID,
    quantity: int,
    *,
    at: UUID | None = None,
    expected: int | None = None,
) -> InventoryAdjustment | None:
    """Count what lies at a location, without `at` at the default one."""
    wanted = Count(variant_id, quantity, expected, location_id=at)
    return await count_inventory(world.database, world.actor, wanted)


async def sell(world: World, wanted: Mapping[UUID, int]) -> Mapping[UUID, int]:
    """Sell units that nobody held; return what is short."""
    async with world.database.transaction(world.actor) as tx:
        return await take_stock(tx, new_id(), wanted)


async def give_back(world: World, quantities: Mapping[UUID, int]) -> None:
    """Restock units of a refund."""
    async with world.database.transaction(world.actor) as tx:
        await restock(tx, new_id(), new_id(), quantities)


async def until_somebody_waits(world: World, many: int = 1) -> None:
    """Return when so many statements in this database wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(500):
        if await world.database.viewer(world.actor).scalar(waiting) >= many:
            return
        await asyncio.sleep(0.01)
    pytest.fail("nobody waits")
