"""Telling what moved: one event for each variant of a transaction, and when stock runs low."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from ordergraph.commerce.inventory.events import (
    INVENTORY_CHANGED,
    INVENTORY_LOW,
    inventory_changed,
    inventory_low,
)
from ordergraph.runtime.db.transaction import Transaction


@dataclass(slots=True)
class Moved:
    """The stock of a variant after a movement, and whether it was and is low (INV-19)."""

    variant_id: UUID
    on_hand: int
    held: int
    is_low: bool
    was_low: bool
    threshold: int | None


def tell_moved(tx: Transaction, movements: Iterable[Moved]) -> None:
    """Tell what stock came to: of several movements in a transaction only the last is told."""
    moved = list(movements)
    overtaken = {(INVENTORY_CHANGED, each.variant_id) for each in moved}
    overtaken |= {(INVENTORY_LOW, each.variant_id) for each in moved if not each.is_low}
    tx.events[:] = [event for event in tx.events if (event.type, event.subject_id) not in overtaken]
    for each in moved:
        tx.emit(inventory_changed(each.variant_id, each.on_hand, each.held))
        if each.is_low and not each.was_low and each.threshold is not None:
            tx.emit(inventory_low(each.variant_id, each.on_hand, each.threshold))
