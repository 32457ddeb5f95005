"""Adjusting stock by hand."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ordergraph.commerce.inventory.reads import InventoryAdjustment
from ordergraph.commerce.inventory.rules import (
    MAY_GO_NEGATIVE,
    MOST_UNITS,
    InventoryChangeReason,
    check_words,
)
from ordergraph.commerce.inventory.shifting import (
    Item,
    Place,
    Shift,
    Why,
    lock_item,
    place_of,
    shift,
)
from ordergraph.commerce.merchants.reads import own_environment
from ordergraph.core.counts import whole_number
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is to be changed, and why; without a location at the default one."""

    variant_id: UUID
    delta: int | Decimal
    reason: InventoryChangeReason = InventoryChangeReason.MANUAL_ADJUSTMENT
    note: str | None = None
    reference: str | None = None
    location_id: UUID | None = None


async def adjust_inventory(
    database: Database, actor: Actor, wanted: Adjustment, findings: Findings | None = None
) -> InventoryAdjustment:
    """Change a variant's stock at a location by some units and write its history (INV-1 to 6).

    A variant that was not tracked is from now on, beginning at 0 (INV-4). More than lies at the
    location, and what running payments hold of an enforced variant, is `INSUFFICIENT_STOCK`; a
    shop that allows negative stock may damage or lose what is not enforced below zero (INV-5).
    `findings` holds what was already wrong with the input and is told together with the rest.
    """
    units, why = _checked(wanted, findings or Findings())
    async with database.transaction(actor) as tx:
        item = await lock_item(tx, wanted.variant_id, "variantId")
        place = await place_of(tx, item.variant_id, wanted.location_id, "locationId")
        if units > 0:
            _refuse_too_many(item, units)
        else:
            await _refuse_too_few(tx, item, place, units, why.reason)
        (entry,) = await shift(tx, item, [Shift(place.location_id, units)], why, "locationId")
        tx.remember("variant", Prefix.VARIANT, item.variant_id)
        tx.remember("adjustment", Prefix.INVENTORY_ADJUSTMENT, entry.id)
        return entry


def _checked(wanted: Adjustment, findings: Findings) -> tuple[int, Why]:
    units = whole_number(wanted.delta, -MOST_UNITS, MOST_UNITS)
    if not units:
        findings.add(
            ErrorCode.INVALID_QUANTITY_DELTA,
            f"The delta is a whole number other than 0, at most {MOST_UNITS} either way.",
            "quantityDelta",
        )
    if wanted.reason is InventoryChangeReason.TRANSFER:
        findings.add(
            ErrorCode.INVALID_FIELD,
            "A transfer has two sides: use transferInventory.",
            "changeReason",
        )
    words = check_words(findings, wanted.note, wanted.reference)
    findings.settle()
    return units or 0, Why(wanted.reason, *words)


def _refuse_too_many(item: Item, units: int) -> None:
    if item.on_hand + units > MOST_UNITS:
        raise Problem(
            ErrorCode.INVALID_QUANTITY_DELTA,
            f"The stock of a variant is at most {MOST_UNITS} units.",
            ("quantityDelta",),
        )


async def _refuse_too_few(
    tx: Transaction, item: Item, place: Place, units: int, reason: InventoryChangeReason
) -> None:
    if not item.enforced and await _may_go_below_zero(tx, reason):
        if place.on_hand + units < -MOST_UNITS or item.on_hand + units < -MOST_UNITS:
            raise _insufficient(f"{-units} cannot be taken away.")
        return
    held = item.held if item.enforced else 0
    if item.on_hand + units < held:
        kept = f", {held} of them held for running payments" if held else ""
        raise _insufficient(f"There are {item.on_hand} units{kept}: {-units} cannot be taken away.")
    if place.on_hand + units < 0:
        raise _insufficient(
            f"There are {place.on_hand} units at this location: {-units} cannot be taken away."
        )


async def _may_go_below_zero(tx: Transaction, reason: InventoryChangeReason) -> bool:
    if reason not in MAY_GO_NEGATIVE:
        return False
    environment = await own_environment(tx)
    return environment is not None and environment.settings.allow_negative_stock


def _insufficient(message: str) -> Problem:
    return Problem(ErrorCode.INSUFFICIENT_STOCK, message, ("quantityDelta",))
