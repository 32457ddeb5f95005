"""The enums of stock as clients see them."""

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.graph.enums import shown

__all__ = ["InventoryChangeReason"]

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
        InventoryChangeReason.TRANSFER: "Units went from one location to another.",
    },
)
