"""The history of stock as clients see it."""

import strawberry

from ordergraph.commerce.inventory import reads
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.core.ids import Prefix
from ordergraph.graph.enums import shown
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime, Quantity
from ordergraph.graph.nodes import findable

shown(
    InventoryChangeReason,
    "Why the stock of a variant changed. Reasons may be added.",
    {
        InventoryChangeReason.MANUAL_ADJUSTMENT: "Somebody corrected it, without a further reason.",
        InventoryChangeReason.RECEIVED_STOCK: "A delivery came in.",
        InventoryChangeReason.INVENTORY_COUNT: "The shelf was counted.",
        InventoryChangeReason.DAMAGE: "Units were damaged.",
        InventoryChangeReason.THEFT: "Units were stolen.",
        InventoryChangeReason.LOSS: "Units were lost.",
        InventoryChangeReason.ORDER_FULFILLMENT: "An order was paid.",
        InventoryChangeReason.ORDER_CANCELLATION: "An order was canceled.",
        InventoryChangeReason.ORDER_REFUND: "Units of a refunded order went back on the shelf.",
    },
)


@strawberry.type(description="One change of a variant's stock. Entries never change.")
class InventoryAdjustment(Node):
    source = reads.InventoryAdjustment

    id: strawberry.ID = identified(Prefix.INVENTORY_ADJUSTMENT)
    quantity_delta: int = strawberry.field(description="Units that came, or went when negative.")
    new_quantity: int = strawberry.field(
        description="Units on the shelf after the change, those held for running payments included."
    )
    change_reason: InventoryChangeReason = strawberry.field(description="Why the stock changed.")
    note: str | None = strawberry.field(description="What was noted beside it.")
    created_at: DateTime = strawberry.field(description="When the stock changed.")


findable(Prefix.INVENTORY_ADJUSTMENT, reads.adjustments_by_ids, "commerce.inventory.read")


@strawberry.input(description="A change of a variant's stock.")
class AdjustInventoryInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    quantity_delta: Quantity = strawberry.field(
        description="Units that came, or went when negative: a whole number other than 0."
    )
    change_reason: InventoryChangeReason = strawberry.field(
        default=InventoryChangeReason.MANUAL_ADJUSTMENT, description="Why the stock changes."
    )
    note: str | None = strawberry.field(
        default=None, description="A note of at most 500 characters, kept in the history."
    )
