"""Holding, selling and returning stock, each in one statement that no race can split.

Levels are locked in ascending order of variant before any is changed, so that two orders with the
same variants in opposite order wait for each other and never deadlock (INV-13).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Uuid, bindparam, delete, insert, select

from ordergraph.commerce.inventory.moving import (
    AT,
    FOR_ORDER,
    WANTED,
    because,
    changed_levels,
    history_of,
    locked_levels,
    moment_bound,
    quantities_bound,
    seen_short,
    short_of,
)
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import InventoryHoldRow
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Transaction


async def hold_stock(
    tx: Transaction, attempt_id: UUID, order_id: UUID, wanted: Mapping[UUID, int]
) -> Mapping[UUID, int]:
    """Keep units for a payment attempt; return what is short, with how many are available.

    Empty means held. When an enforced variant is short, nothing at all is held (INV-11). What is
    not enforced is held even beyond its stock (INV-12); what is not tracked needs no hold. Whoever
    comes when all is sold is told at once; before that, the last units are waited for.
    """
    return await _unless_short(tx, _HOLD, wanted, for_order=order_id, for_attempt=attempt_id)


async def consume_holds(tx: Transaction, attempt_id: UUID, order_id: UUID) -> Mapping[UUID, int]:
    """Turn an attempt's holds into sales (INV-8); return the units sold by variant.

    A second call finds no hold and sells nothing.
    """
    bound = moment_bound(tx, for_order=order_id, for_attempt=attempt_id)
    # Nobody sees a difference: held units were taken off what is shown already.
    sold = await tx.fetch(_CONSUME, bound)
    return {variant_id: quantity for _, variant_id, *_, quantity in sold}


async def take_stock(
    tx: Transaction, order_id: UUID, wanted: Mapping[UUID, int]
) -> Mapping[UUID, int]:
    """Sell units that nobody held, all or none; return what is short as `hold_stock` does.

    For a payment that succeeded after its hold was gone (INV-14).
    """
    return await _unless_short(tx, _TAKE, wanted, for_order=order_id)


async def release_holds(tx: Transaction, attempt_id: UUID) -> None:
    """Give back what an attempt holds, if anything (INV-16)."""
    rows = await tx.fetch(_RELEASE, {"for_attempt": attempt_id})
    tx.outdate(row[0] for row in rows)


async def restock(
    tx: Transaction, order_id: UUID, refund_id: UUID, quantities: Mapping[UUID, int]
) -> None:
    """Put returned units back on the shelf (REF-20); what is not tracked has no shelf."""
    if quantities:
        bound = moment_bound(tx, for_order=order_id, for_refund=refund_id)
        await tx.fetch(_RESTOCK, {**bound, **quantities_bound(quantities)})
        tx.outdate(quantities)


async def _unless_short(
    tx: Transaction, statement: Prepared, wanted: Mapping[UUID, int], **references: UUID
) -> Mapping[UUID, int]:
    if not wanted:
        return {}
    bound = {**moment_bound(tx, **references), **quantities_bound(wanted)}
    short = {row[0]: max(row[1], 0) for row in await tx.fetch(statement, bound)}
    if not short:
        tx.outdate(wanted)
    return short


_ATTEMPT = bindparam("for_attempt", type_=Uuid)


def _hold() -> Executable:
    seen = seen_short(WANTED)
    locked = locked_levels(WANTED, unless=seen)
    short = short_of(locked, seen)
    kept = changed_levels(locked, held=locked.c.quantity, unless=short)
    values = {
        "environment_id": ENVIRONMENT,
        "id": kept.c.id,
        "attempt_id": _ATTEMPT,
        "order_id": FOR_ORDER,
        "variant_id": kept.c.variant_id,
        "location_id": kept.c.location_id,
        "quantity": kept.c.quantity,
        "created_at": AT,
    }
    rows = select(*(value.label(f"new_{name}") for name, value in values.items()))
    holds = insert(InventoryHoldRow).from_select(list(values), rows.select_from(kept)).cte("holds")
    return select(short).add_cte(holds)


def _take() -> Executable:
    locked = locked_levels(WANTED)
    short = short_of(locked)
    sold = changed_levels(locked, on_hand=-locked.c.quantity, unless=short)
    history = history_of(sold, -sold.c.quantity, because(InventoryChangeReason.ORDER_FULFILLMENT))
    return select(short).add_cte(history)


def _restock() -> Executable:
    locked = locked_levels(WANTED)
    returned = changed_levels(locked, on_hand=locked.c.quantity)
    history = history_of(returned, returned.c.quantity, because(InventoryChangeReason.ORDER_REFUND))
    return select(returned).add_cte(history)


def _gone() -> Any:
    """Delete an attempt's holds and return what they were."""
    row = InventoryHoldRow
    return (
        delete(row)
        .where(within(row), row.attempt_id == _ATTEMPT)
        .returning(row.id, row.variant_id, row.quantity)
        .cte("gone")
    )


def _consume() -> Executable:
    locked = locked_levels(_gone())
    sold = changed_levels(locked, on_hand=-locked.c.quantity, held=-locked.c.quantity)
    history = history_of(sold, -sold.c.quantity, because(InventoryChangeReason.ORDER_FULFILLMENT))
    return select(sold).add_cte(history)


def _release() -> Executable:
    locked = locked_levels(_gone())
    return select(changed_levels(locked, held=-locked.c.quantity).c.variant_id)


_HOLD = Prepared(_hold())
_TAKE = Prepared(_take())
_RESTOCK = Prepared(_restock())
_CONSUME = Prepared(_consume())
_RELEASE = Prepared(_release())
