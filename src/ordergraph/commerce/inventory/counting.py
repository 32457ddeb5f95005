"""Counting what lies at a location: the count takes the place of what was known."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ordergraph.commerce.inventory.reads import InventoryAdjustment
from ordergraph.commerce.inventory.rules import (
    MOST_UNITS,
    InventoryChangeReason,
    check_units,
    check_words,
)
from ordergraph.commerce.inventory.shifting import (
    Item,
    Shift,
    Why,
    lock_item,
    place_of,
    shift,
)
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted; without a location at the default one.

    `expected` is the quantity that the counter read before.
    """

    variant_id: UUID
    quantity: int | Decimal
    expected: int | None = None
    note: str | None = None
    reference: str | None = None
    location_id: UUID | None = None


async def count_inventory(
    database: Database, actor: Actor, wanted: Count, findings: Findings | None = None
) -> InventoryAdjustment | None:
    """Set what lies at a location to what was counted there; return the entry (INV-21).

    Another quantity than the expected one is `INVENTORY_CHANGED` and nothing happens. A count that
    equals the quantity writes no entry. Fewer than running payments hold of an enforced variant is
    `INSUFFICIENT_STOCK`. A variant that was not tracked is from now on (INV-4).
    """
    findings = findings or Findings()
    quantity = check_units(findings, wanted.quantity, 0, "quantity")
    words = check_words(findings, wanted.note, wanted.reference)
    findings.settle()
    async with database.transaction(actor) as tx:
        item = await lock_item(tx, wanted.variant_id, "variantId")
        place = await place_of(tx, item.variant_id, wanted.location_id, "locationId")
        if wanted.expected not in (None, place.on_hand):
            raise Problem(
                ErrorCode.INVENTORY_CHANGED,
                f"There are {place.on_hand} units at this location: count again.",
                ("expectedQuantity",),
            )
        delta = quantity - place.on_hand
        _refuse_impossible(item, delta)
        tx.remember("variant", Prefix.VARIANT, item.variant_id)
        if not delta and item.tracked:
            return None
        why = Why(InventoryChangeReason.INVENTORY_COUNT, *words)
        entries = await shift(tx, item, [Shift(place.location_id, delta)], why, "locationId")
        for entry in entries:
            tx.remember("adjustment", Prefix.INVENTORY_ADJUSTMENT, entry.id)
        return entries[0] if entries else None


def _refuse_impossible(item: Item, delta: int) -> None:
    if item.on_hand + delta > MOST_UNITS:
        raise Problem(
            ErrorCode.INVALID_FIELD,
            f"The stock of a variant is at most {MOST_UNITS} units.",
            ("quantity",),
        )
    if item.enforced and item.on_hand + delta < item.held:
        raise Problem(
            ErrorCode.INSUFFICIENT_STOCK,
            f"{item.held} units are held for running payments: there cannot be fewer.",
            ("quantity",),
        )
