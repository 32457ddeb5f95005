"""Adjusting stock by hand."""

from dataclasses import fields
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Executable,
    Uuid,
    bindparam,
    case,
    or_,
    select,
    true,
    update,
)

from ordergraph.commerce.inventory.moving import history_of, moment_bound
from ordergraph.commerce.inventory.reads import InventoryAdjustment
from ordergraph.commerce.inventory.rules import (
    LONGEST_NOTE,
    MAY_GO_NEGATIVE,
    MOST_UNITS,
    InventoryChangeReason,
    whole_units,
)
from ordergraph.commerce.inventory.tables import InventoryAdjustmentRow, InventoryItemRow
from ordergraph.commerce.merchants.reads import own_environment
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.texts import check_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Transaction


async def adjust_inventory(
    database: Database,
    actor: Actor,
    variant_id: UUID,
    delta: int | Decimal,
    reason: InventoryChangeReason = InventoryChangeReason.MANUAL_ADJUSTMENT,
    note: str | None = None,
) -> InventoryAdjustment:
    """Change a variant's stock by `delta` units and write its history (INV-1 to INV-6).

    A variant that was not tracked is from now on, beginning at 0 (INV-4). Below zero, and below
    what running payments hold of an enforced variant, is `INSUFFICIENT_STOCK`; a shop that allows
    negative stock may count, damage or lose what is not enforced below zero (INV-5).
    """
    units, text = _checked(delta, note)
    async with database.transaction(actor) as tx:
        bound = {
            **moment_bound(tx, noted=text),
            "entry": new_id(),
            "of_variant": variant_id,
            "units": units,
            "why": reason,
            "below_zero": units < 0 and await _may_go_below_zero(tx, reason),
        }
        row = await tx.first(_ADJUST, bound)
        if row is None:
            raise await _refusal(tx, variant_id, units)
        tx.outdate([variant_id])
        tx.remember("variant", Prefix.VARIANT, variant_id)
        tx.remember("adjustment", Prefix.INVENTORY_ADJUSTMENT, row.id)
        return InventoryAdjustment(*row)


def _checked(delta: int | Decimal, note: str | None) -> tuple[int, str | None]:
    findings = Findings()
    units = whole_units(delta, -MOST_UNITS)
    if not units:
        findings.add(
            ErrorCode.INVALID_QUANTITY_DELTA,
            f"The delta is a whole number other than 0, at most {MOST_UNITS} either way.",
            "quantityDelta",
        )
    text = check_text(findings, note, LONGEST_NOTE, "note")
    findings.settle()
    return units or 0, text


async def _may_go_below_zero(tx: Transaction, reason: InventoryChangeReason) -> bool:
    if reason not in MAY_GO_NEGATIVE:
        return False
    environment = await own_environment(tx)
    return environment is not None and environment.settings.allow_negative_stock


async def _refusal(tx: Transaction, variant_id: UUID, units: int) -> Problem:
    """Say why no level was changed."""
    level = await tx.first(_LEVEL, {"of_variant": variant_id})
    if level is None:
        return not_found("variant", "variantId")
    if units > 0:
        return Problem(
            ErrorCode.INVALID_QUANTITY_DELTA,
            f"The stock of a variant is at most {MOST_UNITS} units.",
            ("quantityDelta",),
        )
    held = f", {level.held} of them held for running payments" if level.held else ""
    return Problem(
        ErrorCode.INSUFFICIENT_STOCK,
        f"There are {level.on_hand} units{held}: {-units} cannot be taken away.",
        ("quantityDelta",),
    )


_OF_VARIANT = (
    InventoryItemRow.environment_id == ENVIRONMENT,
    InventoryItemRow.variant_id == bindparam("of_variant", type_=Uuid),
)


def _adjust() -> Executable:
    """Build the guarded change with its entry, as one statement (INV-6)."""
    level = InventoryItemRow
    units = bindparam("units", type_=BigInteger)
    floor = case(
        (level.enforced, level.held),
        (bindparam("below_zero", type_=Boolean), -MOST_UNITS),
        else_=0,
    )
    changed = (
        update(level)
        .where(
            *_OF_VARIANT,
            level.on_hand + units <= MOST_UNITS,
            or_(units > 0, level.on_hand + units >= floor),
        )
        .values(tracked=true(), on_hand=level.on_hand + units)
        .returning(
            bindparam("entry", type_=Uuid).label("id"),
            level.variant_id,
            level.location_id,
            level.on_hand,
        )
        .cte("changed")
    )
    reason = bindparam("why", type_=InventoryAdjustmentRow.change_reason.type)
    history = history_of(changed, units, reason)
    return select(*(history.c[field.name] for field in fields(InventoryAdjustment)))


_ADJUST = _adjust()
_LEVEL = select(InventoryItemRow.on_hand, InventoryItemRow.held).where(*_OF_VARIANT)
