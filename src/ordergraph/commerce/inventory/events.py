"""What is told of stock: every change of what lies on the shelf, and when it runs low."""

from uuid import UUID

from ordergraph.core.events import Event

INVENTORY_CHANGED = "inventory.CHANGED"
INVENTORY_LOW = "inventory.LOW"


def inventory_changed(variant_id: UUID, on_hand: int, held: int) -> Event:
    """Build the event of a variant's stock, with the units after it at all locations together."""
    return Event(INVENTORY_CHANGED, variant_id, {"onHand": on_hand, "held": held})


def inventory_low(variant_id: UUID, on_hand: int, threshold: int) -> Event:
    """Build the event of stock that fell to its threshold or below it (INV-19)."""
    return Event(INVENTORY_LOW, variant_id, {"onHand": on_hand, "threshold": threshold})
