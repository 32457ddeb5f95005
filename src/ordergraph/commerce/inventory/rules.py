"""Why stock changes, and how much of it there can be."""

from decimal import Decimal
from enum import StrEnum

from ordergraph.core.counts import whole_number
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.texts import check_text

MOST_UNITS = 1_000_000_000
"""No adjustment takes the stock of a variant above this."""

LONGEST_NOTE = 500
LONGEST_REFERENCE = 255
MOST_LOCATIONS = 100


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
    TRANSFER = "TRANSFER"


MAY_GO_NEGATIVE = frozenset(
    {
        InventoryChangeReason.INVENTORY_COUNT,
        InventoryChangeReason.DAMAGE,
        InventoryChangeReason.THEFT,
        InventoryChangeReason.LOSS,
    }
)
"""Reasons for which a shop that allows it may count below zero (INV-5)."""


def check_units(findings: Findings, value: int | Decimal, least: int, field: str) -> int:
    """Return a count of units from `least`; noted at `field` when it is anything else."""
    units = whole_number(value, least, MOST_UNITS)
    if units is None:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"{field} is a whole number from {least} to {MOST_UNITS}.",
            field,
        )
    return units or 0


def check_words(
    findings: Findings, note: str | None, reference: str | None
) -> tuple[str | None, str | None]:
    """Return the note and the reference of a change, trimmed; noted when one is too long."""
    return (
        check_text(findings, note, LONGEST_NOTE, "note"),
        check_text(findings, reference, LONGEST_REFERENCE, "reference"),
    )
