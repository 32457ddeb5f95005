"""Changing stock, and where it lies."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from ordergraph.commerce.catalog import reads as catalog
from ordergraph.commerce.inventory import adjusting, counting, locating, transferring
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import Findings
from ordergraph.graph.context import Context
from ordergraph.graph.inventory.inputs import (
    AdjustInventoryInput,
    CountInventoryInput,
    CreateLocationInput,
    DeleteLocationInput,
    TransferInventoryInput,
    UpdateLocationInput,
)
from ordergraph.graph.inventory.types import InventoryAdjustment, Location
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.runtime.actor import Actor

if TYPE_CHECKING:
    from ordergraph.graph.catalog.types import ProductVariant

_VariantLink = Annotated["ProductVariant", strawberry.lazy("ordergraph.graph.catalog.types")]
_STOCK = "The variant with its new stock."


@strawberry.type(description="What adjustInventory answers.")
class AdjustInventoryPayload(Payload):
    variant: _VariantLink | None = strawberry.field(default=None, description=_STOCK)
    adjustment: InventoryAdjustment | None = strawberry.field(
        default=None, description="The entry in its history."
    )


@strawberry.type(description="What countInventory answers.")
class CountInventoryPayload(Payload):
    variant: _VariantLink | None = strawberry.field(default=None, description=_STOCK)
    adjustment: InventoryAdjustment | None = strawberry.field(
        default=None,
        description="The entry in its history; null when the count was what was known.",
    )


@strawberry.type(description="What transferInventory answers.")
class TransferInventoryPayload(Payload):
    variant: _VariantLink | None = strawberry.field(default=None, description="The variant.")
    sent: InventoryAdjustment | None = strawberry.field(
        default=None, description="The entry of the location that the units left."
    )
    received: InventoryAdjustment | None = strawberry.field(
        default=None, description="The entry of the location that the units came to."
    )


@strawberry.type(description="What createLocation answers.")
class CreateLocationPayload(Payload):
    location: Location | None = strawberry.field(default=None, description="The new location.")


@strawberry.type(description="What updateLocation answers.")
class UpdateLocationPayload(Payload):
    location: Location | None = strawberry.field(
        default=None, description="The location as it is now."
    )


@strawberry.type(description="What deleteLocation answers.")
class DeleteLocationPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the location that is gone."
    )


async def adjust_inventory(
    context: Context, actor: Actor, input: AdjustInventoryInput
) -> AdjustInventoryPayload:
    findings = Findings()
    wanted = input.read(findings)
    entry: Any = await adjusting.adjust_inventory(
        context.services.database, actor, wanted, findings
    )
    return AdjustInventoryPayload(
        variant=await _variant(context, wanted.variant_id), adjustment=entry
    )


async def count_inventory(
    context: Context, actor: Actor, input: CountInventoryInput
) -> CountInventoryPayload:
    findings = Findings()
    wanted = input.read(findings)
    entry: Any = await counting.count_inventory(context.services.database, actor, wanted, findings)
    return CountInventoryPayload(
        variant=await _variant(context, wanted.variant_id), adjustment=entry
    )


async def transfer_inventory(
    context: Context, actor: Actor, input: TransferInventoryInput
) -> TransferInventoryPayload:
    findings = Findings()
    wanted = input.read(findings)
    both: Any = await transferring.transfer_inventory(
        context.services.database, actor, wanted, findings
    )
    return TransferInventoryPayload(
        variant=await _variant(context, wanted.variant_id),
        sent=both.sent,
        received=both.received,
    )


async def create_location(
    context: Context, actor: Actor, input: CreateLocationInput
) -> CreateLocationPayload:
    location: Any = await locating.create_location(context.services.database, actor, input.name)
    return CreateLocationPayload(location=location)


async def update_location(
    context: Context, actor: Actor, input: UpdateLocationInput
) -> UpdateLocationPayload:
    location: Any = await locating.update_location(
        context.services.database,
        actor,
        decode(Prefix.LOCATION, input.id, ("id",)),
        input.read(),
        input.expected_version,
    )
    return UpdateLocationPayload(location=location)


async def delete_location(
    context: Context, actor: Actor, input: DeleteLocationInput
) -> DeleteLocationPayload:
    id = decode(Prefix.LOCATION, input.id, ("id",))
    await locating.delete_location(context.services.database, actor, id)
    return DeleteLocationPayload(deleted_id=input.id)


async def _variant(context: Context, id: UUID) -> Any:
    return (await catalog.variants_for_sale(context.viewer, [id])).get(id)


@strawberry.type
class InventoryMutations:
    adjust_inventory = mutation(
        "commerce.inventory.write",
        description="Change a variant's stock by some units and keep why. A variant whose stock "
        "was not tracked is tracked from then on, beginning at 0.",
    )(adjust_inventory)
    count_inventory = mutation(
        "commerce.inventory.write",
        description="Set a variant's stock at a location to what was counted there.",
    )(count_inventory)
    transfer_inventory = mutation(
        "commerce.inventory.write",
        description="Move units of a variant from one location to another.",
    )(transfer_inventory)
    create_location = mutation(
        "merchants.locations.write",
        description="Open a location, at most 100 of them. The first one is the default.",
    )(create_location)
    update_location = mutation(
        "merchants.locations.write",
        description="Rename a location, or make it the default one.",
    )(update_location)
    delete_location = mutation(
        "merchants.locations.write",
        description="Delete a location for good: not the default one, and none with stock.",
    )(delete_location)
