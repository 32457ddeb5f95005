"""Moving stock in SQL: levels locked in one order, changed, and their history written."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Text,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    insert,
    select,
    true,
    update,
)

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import InventoryAdjustmentRow, InventoryItemRow
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Transaction

WANTED = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("variants", type_=ARRAY(Uuid)),
        bindparam("quantities", type_=ARRAY(BigInteger)),
    )
    .table_valued(
        column("id", Uuid),
        column("variant_id", Uuid),
        column("quantity", BigInteger),
        name="wanted",
    )
    .render_derived()
)
"""The units asked for by variant, each with the id of the row that will record them."""

AT = bindparam("at", type_=DateTime(timezone=True))
FOR_ORDER = bindparam("for_order", type_=Uuid)


def quantities_bound(quantities: Mapping[UUID, int]) -> dict[str, Any]:
    """Return what `WANTED` is bound to."""
    return {
        "ids": [new_id() for _ in quantities],
        "variants": list(quantities),
        "quantities": list(quantities.values()),
    }


def moment_bound(tx: Transaction, **more: Any) -> dict[str, Any]:
    """Return what every movement is bound to: when, and who does it."""
    return {
        "at": tx.now,
        "by_kind": tx.actor.kind,
        "by": tx.actor.principal,
        "noted": None,
        "for_order": None,
        "for_refund": None,
        **more,
    }


def seen_short(units: FromClause) -> CTE:
    """Pick the levels that have too little, whatever is released, when the statement begins."""
    level = InventoryItemRow
    return (
        select(level.variant_id, (level.on_hand - level.held).label("available"))
        .join(units, level.variant_id == units.c.variant_id)
        .where(
            level.environment_id == ENVIRONMENT,
            level.tracked,
            level.enforced,
            level.on_hand < units.c.quantity,
        )
        .cte("seen_short")
    )


def locked_levels(units: FromClause, unless: CTE | None = None) -> CTE:
    """Lock the tracked levels that `units` names, in ascending order of variant (INV-13).

    None is locked where `unless` has a row: who comes too late need not queue to be told.
    """
    level = InventoryItemRow
    return (
        select(
            units.c.id,
            units.c.quantity,
            level.variant_id,
            level.location_id,
            level.enforced,
            level.on_hand,
            level.held,
        )
        .join(units, level.variant_id == units.c.variant_id)
        .where(level.environment_id == ENVIRONMENT, level.tracked, _without(unless))
        .order_by(level.variant_id, level.location_id)
        .with_for_update(of=level)
        .cte("locked")
    )


def short_of(locked: CTE, seen: CTE | None = None) -> CTE:
    """Pick the levels that enforce a stock which does not reach: locked ones, and `seen` ones."""
    available = locked.c.on_hand - locked.c.held
    short = select(locked.c.variant_id, available.label("available")).where(
        locked.c.enforced, available < locked.c.quantity
    )
    if seen is None:
        return short.cte("short")
    return short.union_all(select(seen.c.variant_id, seen.c.available)).cte("short")


def changed_levels(
    locked: CTE,
    *,
    on_hand: ColumnElement[int] | None = None,
    held: ColumnElement[int] | None = None,
    unless: CTE | None = None,
) -> CTE:
    """Add `on_hand` and `held` to the locked levels, or to none where `unless` has a row.

    The new quantities come from the locked rows. The row that is updated may be older: it is what
    the statement saw when it began, before it waited, and Postgres tries the constraints on it.
    """
    level = InventoryItemRow
    return (
        update(level)
        .where(
            level.environment_id == ENVIRONMENT,
            level.variant_id == locked.c.variant_id,
            level.location_id == locked.c.location_id,
            _without(unless),
        )
        .values(
            on_hand=locked.c.on_hand if on_hand is None else locked.c.on_hand + on_hand,
            held=locked.c.held if held is None else locked.c.held + held,
        )
        .returning(
            locked.c.id, level.variant_id, level.location_id, level.on_hand, locked.c.quantity
        )
        .cte("changed")
    )


def _without(rows: CTE | None) -> ColumnElement[bool]:
    return true() if rows is None else ~exists(select(rows.c.variant_id))


def history_of(changed: CTE, delta: ColumnElement[int], reason: ColumnElement[Any]) -> CTE:
    """Write one entry for each changed level, in the same statement as the change (INV-6)."""
    row = InventoryAdjustmentRow
    values: dict[str, ColumnElement[Any]] = {
        "environment_id": ENVIRONMENT,
        "id": changed.c.id,
        "variant_id": changed.c.variant_id,
        "location_id": changed.c.location_id,
        "quantity_delta": delta,
        "new_quantity": changed.c.on_hand,
        "change_reason": reason,
        "note": bindparam("noted", type_=Text),
        "order_id": FOR_ORDER,
        "refund_id": bindparam("for_refund", type_=Uuid),
        "actor_kind": bindparam("by_kind", type_=row.actor_kind.type),
        "principal": bindparam("by", type_=Text),
        "created_at": AT,
    }
    entries = select(*(value.label(f"new_{name}") for name, value in values.items()))
    return (
        insert(row)
        .from_select(list(values), entries.select_from(changed))
        .returning(*row.__table__.c)
        .cte("history")
    )


def because(reason: InventoryChangeReason) -> ColumnElement[Any]:
    """Return a fixed reason as a value of the history."""
    kind = InventoryAdjustmentRow.change_reason.type
    return bindparam(None, reason, type_=kind, unique=True)
