"""Deleting bundles."""

from uuid import UUID

from ordergraph.commerce.bundles.changing import changed, locked
from ordergraph.commerce.bundles.events import BundleEventType
from ordergraph.commerce.bundles.rules import BundleStatus
from ordergraph.commerce.catalog.coding import free_codes
from ordergraph.commerce.catalog.naming import free_slugs
from ordergraph.commerce.categories.labeling import leave_categories
from ordergraph.core.ids import Prefix
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database


async def delete_bundle(
    database: Database, actor: Actor, id: UUID, expected_version: int | None = None
) -> None:
    """Delete a bundle for good: others may have its codes and slugs, categories lose it.

    What it was stays readable by its id, through old orders.
    """
    async with database.transaction(actor) as tx:
        bundle = await locked(tx, id, expected_version)
        await free_codes(tx, [id])
        await free_slugs(tx, [id])
        await leave_categories(tx, [id])
        bundle.status = BundleStatus.DELETED
        await changed(tx, bundle, BundleEventType.DELETED)
        tx.remember("deleted_id", Prefix.BUNDLE, id)
