"""What a variant shows of its stock to who keeps it."""

import strawberry

from ordergraph.commerce.catalog.rules import ListedVariant
from ordergraph.commerce.inventory import reads
from ordergraph.graph.context import Info
from ordergraph.graph.fields import scoped
from ordergraph.graph.inventory.types import (
    READ,
    InventoryAdjustment,
    InventoryHold,
    InventoryLevel,
)
from ordergraph.graph.paging import After, Connection, First, connect_below


@strawberry.type
class Stocked:
    """The fields of stock, which a variant has beside those that everybody sees."""

    @scoped(READ, description="The history of its stock, newest first.")
    async def inventory_adjustments(
        self,
        root: strawberry.Parent[ListedVariant],
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Connection[InventoryAdjustment] | None:
        return await connect_below(
            info.context,
            "inventoryAdjustments",
            root.id,
            first,
            after,
            pages=reads.adjustment_pages,
            counts=reads.adjustment_counts,
            key=lambda entry: (entry.sequence, entry.id),
            descending=True,
        )

    @scoped(READ, description="What running payments hold of it, newest first.")
    async def inventory_holds(
        self,
        root: strawberry.Parent[ListedVariant],
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Connection[InventoryHold] | None:
        return await connect_below(
            info.context,
            "inventoryHolds",
            root.id,
            first,
            after,
            pages=reads.hold_pages,
            counts=reads.hold_counts,
            key=lambda hold: (hold.created_at, hold.id),
            descending=True,
        )

    @scoped(
        READ,
        description="What lies of it at each location, at most 100, the default location first.",
    )
    async def inventory_levels(
        self, root: strawberry.Parent[ListedVariant], info: Info
    ) -> list[InventoryLevel] | None:
        return await info.context.load(reads.levels_by_variants, root.id)  # pyright: ignore[reportReturnType]

    @scoped(
        READ,
        description="Units at all locations together, those held included, negative when "
        "oversold; null where stock is not tracked.",
    )
    async def quantity_on_hand(
        self, root: strawberry.Parent[ListedVariant], info: Info
    ) -> int | None:
        item = await info.context.load(reads.items_by_variants, root.id)
        return item.on_hand if item is not None and item.tracked else None

    @scoped(
        READ,
        description="Units that running payments hold; null where stock is not tracked.",
    )
    async def quantity_held(self, root: strawberry.Parent[ListedVariant], info: Info) -> int | None:
        item = await info.context.load(reads.items_by_variants, root.id)
        return item.held if item is not None and item.tracked else None

    @scoped(
        READ,
        description="At so many units or fewer its stock counts as low; null where the shop's "
        "setting decides.",
    )
    async def low_stock_threshold(
        self, root: strawberry.Parent[ListedVariant], info: Info
    ) -> int | None:
        item = await info.context.load(reads.items_by_variants, root.id)
        return None if item is None else item.low_stock_threshold
