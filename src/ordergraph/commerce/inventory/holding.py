"""Holding, selling and returning stock, each in one statement that no race can split.

Items are locked in ascending order of variant before any is changed, so that two orders with the
same variants in opposite order wait for each other and never deadlock (INV-13).
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Executable,
    FromClause,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
)

from ordergraph.commerce.inventory.moving import (
    AT,
    FOR_ORDER,
    WANTED,
    because,
    held_items,
    history_of,
    locked_items,
    moment_bound,
    moved_items,
    quantities_bound,
    seen_short,
    short_of,
)
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.spreading import (
    changed_levels,
    given,
    locked_levels,
    missed_levels,
    taken,
)
from ordergraph.commerce.inventory.tables import InventoryHoldRow
from ordergraph.commerce.inventory.telling import Moved, tell_moved
from ordergraph.runtime.db.prepared import Prepared, Record
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Reader, Transaction


async def hold_stock(
    tx: Transaction, attempt_id: UUID, order_id: UUID, wanted: Mapping[UUID, int]
) -> Mapping[UUID, int]:
    """Keep units for a payment attempt; return what is short, with how many are available.

    Empty means held. When an enforced variant is short, nothing at all is held (INV-11). What is
    not enforced is held even beyond its stock (INV-12); what is not tracked needs no hold. Whoever
    comes when all is sold is told at once; before that, the last units are waited for.
    """
    if not wanted:
        return {}
    bound = moment_bound(tx, for_order=order_id, for_attempt=attempt_id)
    rows = await tx.fetch(_HOLD, {**bound, **quantities_bound(wanted)})
    if not rows:
        tx.outdate(wanted)
    return {variant_id: max(available, 0) for variant_id, available in rows}


async def consume_holds(tx: Transaction, attempt_id: UUID, order_id: UUID) -> Mapping[UUID, int]:
    """Turn an attempt's holds into sales (INV-8); return the units sold by variant.

    A second call finds no hold and sells nothing. Units are taken from the default location
    first, then from the others; what is beyond all stock from the default one.
    """
    bound = moment_bound(tx, for_order=order_id, for_attempt=attempt_id)
    # Nobody sees a difference: held units were taken off what is shown already.
    rows = await tx.fetch(_CONSUME, bound)
    if _is_undone(rows):
        ids, variants, quantities, *_ = zip(*rows, strict=True)
        held = {"ids": ids, "variants": variants, "quantities": quantities}
        rows = await tx.fetch(_CONSUME_THESE, {**bound, **held})
    _tell(tx, rows)
    return {variant_id: quantity for _, variant_id, quantity, *_ in rows}


async def take_stock(
    tx: Transaction, order_id: UUID, wanted: Mapping[UUID, int]
) -> Mapping[UUID, int]:
    """Sell units that nobody held, all or none; return what is short as `hold_stock` does.

    For a payment that succeeded after its hold was gone (INV-14).
    """
    if not wanted:
        return {}
    bound = {**moment_bound(tx, for_order=order_id), **quantities_bound(wanted)}
    rows = await tx.fetch(_TAKE, bound)
    short = {
        variant_id: max(available, 0)
        for _, variant_id, quantity, enforced, available, *_ in rows
        if enforced and available < quantity
    }
    if short:
        return short
    if _is_undone(rows):
        rows = await tx.fetch(_TAKE_THESE, bound)
    _tell(tx, rows)
    tx.outdate(wanted)
    return {}


async def release_holds(tx: Transaction, attempt_id: UUID) -> None:
    """Give back what an attempt holds, if anything (INV-16)."""
    rows = await tx.fetch(_RELEASE, {"for_attempt": attempt_id})
    tx.outdate(row[0] for row in rows)


async def held_for(reader: Reader, order_id: UUID) -> Mapping[UUID, int]:
    """Return the units of each variant that are held for an order, by whichever attempts."""
    rows = await reader.fetch(_HELD, {"for_order": order_id})
    return {variant_id: int(units) for variant_id, units in rows}


async def release_all_holds(tx: Transaction, order_id: UUID) -> None:
    """Give back what all attempts of an order hold; its items stay locked until the end."""
    rows = await tx.fetch(_RELEASE_ALL, {"for_order": order_id})
    tx.outdate(row[0] for row in rows)


async def restock(
    tx: Transaction, order_id: UUID, refund_id: UUID, quantities: Mapping[UUID, int]
) -> None:
    """Put returned units back on the shelf of the default location (REF-20).

    What is not tracked has no shelf.
    """
    if quantities:
        bound = moment_bound(tx, for_order=order_id, for_refund=refund_id)
        rows = await tx.fetch(_RESTOCK, {**bound, **quantities_bound(quantities)})
        tell_moved(tx, (Moved(*row) for row in rows))
        tx.outdate(quantities)


def _is_undone(rows: Sequence[Record]) -> bool:
    """Tell whether nothing was moved because a level was made while the statement waited.

    The items are locked since then, so the statement that follows sees all of their levels.
    """
    return any(row[_ON_HAND] is None for row in rows)


def _tell(tx: Transaction, rows: Sequence[Record]) -> None:
    tell_moved(tx, (Moved(row[1], *row[_ON_HAND:]) for row in rows))


_ON_HAND = 5
"""Where in the row of a sale stands what is there after it; None when nothing was sold."""

_ATTEMPT = bindparam("for_attempt", type_=Uuid)


def _hold() -> Executable:
    seen = seen_short(WANTED)
    locked = locked_items(WANTED, unless=seen)
    short = short_of(locked, seen)
    kept = held_items(locked, locked.c.quantity, short)
    values = {
        "environment_id": ENVIRONMENT,
        "id": kept.c.id,
        "attempt_id": _ATTEMPT,
        "order_id": FOR_ORDER,
        "variant_id": kept.c.variant_id,
        "quantity": kept.c.quantity,
        "created_at": AT,
    }
    rows = select(*(value.label(f"new_{name}") for name, value in values.items()))
    holds = insert(InventoryHoldRow).from_select(list(values), rows.select_from(kept)).cte("holds")
    return select(short).add_cte(holds)


def _sale(wanted: FromClause, *, held: bool, again: bool) -> Executable:
    """Build a sale: of held units, which always go through, or of what is available.

    Done `again` it trusts the levels that it sees, whatever they add up to.
    """
    locked = locked_items(wanted)
    there = locked_levels(locked)
    unless: list[CTE] = [] if again else [missed_levels(locked, there)]
    if not held:
        unless.append(short_of(locked))
    units = -locked.c.quantity
    sold = moved_items(locked, units, *unless, falls=True, held=units if held else None)
    levels = changed_levels(taken(locked, there), *unless)
    history = history_of(levels, because(InventoryChangeReason.ORDER_FULFILLMENT))
    return (
        select(
            locked.c.id,
            locked.c.variant_id,
            locked.c.quantity,
            locked.c.enforced,
            (locked.c.on_hand - locked.c.held).label("available"),
            *(column for column in sold.c if column.name != "variant_id"),
        )
        .outerjoin_from(locked, sold, sold.c.variant_id == locked.c.variant_id)
        .add_cte(history)
    )


def _restock() -> Executable:
    locked = locked_items(WANTED)
    returned = moved_items(locked, locked.c.quantity, falls=False)
    levels = changed_levels(given(locked))
    history = history_of(levels, because(InventoryChangeReason.ORDER_REFUND))
    return select(returned).add_cte(history)


def _gone(whose: ColumnElement[bool] | None = None) -> CTE:
    """Delete an attempt's holds and return what they were."""
    row = InventoryHoldRow
    mine = row.attempt_id == _ATTEMPT if whose is None else whose
    return (
        delete(row)
        .where(within(row), mine)
        .returning(row.id, row.variant_id, row.quantity)
        .cte("gone")
    )


def _release() -> Executable:
    locked = locked_items(_gone())
    return select(held_items(locked, -locked.c.quantity).c.variant_id)


def _release_all() -> Executable:
    gone = _gone(InventoryHoldRow.order_id == FOR_ORDER)
    units = (
        select(
            literal(None, Uuid).label("id"),
            gone.c.variant_id,
            func.sum(gone.c.quantity).cast(BigInteger).label("quantity"),
        )
        .group_by(gone.c.variant_id)
        .cte("units")
    )
    locked = locked_items(units)
    return select(held_items(locked, -locked.c.quantity).c.variant_id)


_HOLD = Prepared(_hold())
_CONSUME = Prepared(_sale(_gone(), held=True, again=False))
_CONSUME_THESE = Prepared(_sale(WANTED, held=True, again=True))
_TAKE = Prepared(_sale(WANTED, held=False, again=False))
_TAKE_THESE = Prepared(_sale(WANTED, held=False, again=True))
_RESTOCK = Prepared(_restock())
_RELEASE = Prepared(_release())
_RELEASE_ALL = Prepared(_release_all())
_HELD = Prepared(
    select(InventoryHoldRow.variant_id, func.sum(InventoryHoldRow.quantity))
    .where(within(InventoryHoldRow), InventoryHoldRow.order_id == FOR_ORDER)
    .group_by(InventoryHoldRow.variant_id)
)
