"""Why stock changes, and how much of it there can be."""

from decimal import Decimal
from enum import StrEnum

MOST_UNITS = 1_000_000_000
"""No adjustment takes the stock of a variant above this."""

LONGEST_NOTE = 500


class InventoryChangeReason(StrEnum):
    """Why the stock of a variant changed (domain 7)."""

    MANUAL_ADJUSTMENT = "MANUAL_ADJUSTMENT"
    RECEIVED_STOCK = "RECEIVED_STOCK"
    INVENTORY_COUNT = "INVENTORY_COUNT"
    DAMAGE = "DAMAGE"
    THEFT = "THEFT"
    LOSS = "LOSS"
    ORDER_FULFILLMENT = "ORDER_FULFILLMENT"
    ORDER_CANCELLATION = "ORDER_CANCELLATION"
    ORDER_REFUND = "ORDER_REFUND"


MAY_GO_NEGATIVE = frozenset(
    {
        InventoryChangeReason.INVENTORY_COUNT,
        InventoryChangeReason.DAMAGE,
        InventoryChangeReason.THEFT,
        InventoryChangeReason.LOSS,
    }
)
"""Reasons for which a shop that allows it may count below zero (INV-5)."""


def whole_units(value: int | Decimal, least: int) -> int | None:
    """Return a count of units from `least` to `MOST_UNITS`, or None for anything else."""
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if not least <= value <= MOST_UNITS or value != int(value):
        return None
    return int(value)
