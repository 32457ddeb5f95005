"""Transferring stock from one location to another."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ordergraph.commerce.inventory.reads import InventoryAdjustment
from ordergraph.commerce.inventory.rules import InventoryChangeReason, check_units, check_words
from ordergraph.commerce.inventory.shifting import Shift, Why, lock_item, place_of, shift
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database


@dataclass(frozen=True, slots=True)
class Transfer:
    """What goes from where to where."""

    variant_id: UUID
    from_location_id: UUID
    to_location_id: UUID
    quantity: int | Decimal
    note: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Transferred:
    """The two entries of a transfer."""

    sent: InventoryAdjustment
    received: InventoryAdjustment


async def transfer_inventory(
    database: Database, actor: Actor, wanted: Transfer, findings: Findings | None = None
) -> Transferred:
    """Move units between two locations; what there is altogether stays, and what is held (INV-22).

    More than lies at the first location is `INSUFFICIENT_STOCK`. It leaves two entries.
    """
    quantity, why = _checked(wanted, findings or Findings())
    async with database.transaction(actor) as tx:
        item = await lock_item(tx, wanted.variant_id, "variantId")
        source = await place_of(tx, item.variant_id, wanted.from_location_id, "fromLocationId")
        target = await place_of(tx, item.variant_id, wanted.to_location_id, "toLocationId")
        if source.on_hand < quantity:
            raise Problem(
                ErrorCode.INSUFFICIENT_STOCK,
                f"There are {source.on_hand} units at this location: {quantity} cannot go.",
                ("quantity",),
            )
        both = [Shift(source.location_id, -quantity), Shift(target.location_id, quantity)]
        entries = await shift(tx, item, both, why, "toLocationId")
        sent, received = sorted(entries, key=lambda entry: entry.quantity_delta)
        tx.remember("variant", Prefix.VARIANT, item.variant_id)
        tx.remember("sent", Prefix.INVENTORY_ADJUSTMENT, sent.id)
        tx.remember("received", Prefix.INVENTORY_ADJUSTMENT, received.id)
        return Transferred(sent, received)


def _checked(wanted: Transfer, findings: Findings) -> tuple[int, Why]:
    is_readable = not findings.problems
    quantity = check_units(findings, wanted.quantity, 1, "quantity")
    if is_readable and wanted.from_location_id == wanted.to_location_id:
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "Units go from one location to another one.",
            "toLocationId",
        )
    words = check_words(findings, wanted.note, wanted.reference)
    findings.settle()
    return quantity, Why(InventoryChangeReason.TRANSFER, *words)
