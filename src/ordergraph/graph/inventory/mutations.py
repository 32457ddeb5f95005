"""Changing stock."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from ordergraph.commerce.catalog import reads as catalog
from ordergraph.commerce.inventory import adjusting
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.context import Context
from ordergraph.graph.inventory.types import AdjustInventoryInput, InventoryAdjustment
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.runtime.actor import Actor

if TYPE_CHECKING:
    from ordergraph.graph.catalog.types import ProductVariant


@strawberry.type(description="What adjustInventory answers.")
class AdjustInventoryPayload(Payload):
    variant: (
        Annotated["ProductVariant", strawberry.lazy("ordergraph.graph.catalog.types")] | None
    ) = strawberry.field(default=None, description="The variant with its new stock.")
    adjustment: InventoryAdjustment | None = strawberry.field(
        default=None, description="The entry in its history."
    )


async def adjust_inventory(
    context: Context, actor: Actor, input: AdjustInventoryInput
) -> AdjustInventoryPayload:
    variant_id = decode(Prefix.VARIANT, input.variant_id, ("variantId",))
    adjustment = await adjusting.adjust_inventory(
        context.services.database,
        actor,
        variant_id,
        input.quantity_delta,
        input.change_reason,
        input.note,
    )
    found = await catalog.variants_for_sale(context.viewer, [variant_id])
    return AdjustInventoryPayload(
        variant=found.get(variant_id),  # pyright: ignore[reportArgumentType]
        adjustment=adjustment,  # pyright: ignore[reportArgumentType]
    )


@strawberry.type
class InventoryMutations:
    adjust_inventory = mutation(
        "commerce.inventory.write",
        description="Change a variant's stock by some units and keep why. A variant whose stock "
        "was not tracked is tracked from then on, beginning at 0.",
    )(adjust_inventory)
