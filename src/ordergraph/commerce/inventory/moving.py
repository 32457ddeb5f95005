"""Moving stock in SQL: items locked in one order, shares taken from levels, history written."""

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
    and_,
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
from ordergraph.commerce.merchants.tables import EnvironmentRow
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
SHOP_THRESHOLD = (
    select(EnvironmentRow.settings["lowStockThreshold"].astext.cast(BigInteger))
    .where(EnvironmentRow.id == ENVIRONMENT)
    .scalar_subquery()
)
"""At so many units stock is low where the variant has no threshold of its own (INV-19)."""


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
        "referring": None,
        "for_order": None,
        "for_refund": None,
        **more,
    }


def seen_short(units: FromClause) -> CTE:
    """Pick what is short when the statement begins, if anything of it is whatever is released.

    Then nobody needs to wait for the others to be told that they are short as well.
    """
    item = InventoryItemRow
    seen = (
        select(
            item.variant_id,
            (item.on_hand - item.held).label("available"),
            (item.on_hand < units.c.quantity).label("is_hopeless"),
        )
        .join(units, item.variant_id == units.c.variant_id)
        .where(
            item.environment_id == ENVIRONMENT,
            item.tracked,
            item.enforced,
            item.on_hand - item.held < units.c.quantity,
        )
        .cte("seen")
    )
    hopeless = exists(select(seen.c.variant_id).where(seen.c.is_hopeless))
    return select(seen.c.variant_id, seen.c.available).where(hopeless).cte("seen_short")


def locked_items(units: FromClause, unless: CTE | None = None) -> CTE:
    """Lock the tracked items that `units` names, in ascending order of variant (INV-13).

    None is locked where `unless` has a row: who comes too late need not queue to be told.
    """
    item = InventoryItemRow
    return (
        select(
            units.c.id,
            units.c.quantity,
            item.variant_id,
            item.enforced,
            item.on_hand,
            item.held,
            item.is_low,
            item.low_stock_threshold,
        )
        .join(units, item.variant_id == units.c.variant_id)
        .where(item.environment_id == ENVIRONMENT, item.tracked, without(unless))
        .order_by(item.variant_id)
        .with_for_update(of=item)
        .cte("locked")
    )


def short_of(locked: CTE, seen: CTE | None = None) -> CTE:
    """Pick the items that enforce a stock which does not reach: locked ones, and `seen` ones."""
    available = locked.c.on_hand - locked.c.held
    short = select(locked.c.variant_id, available.label("available")).where(
        locked.c.enforced, available < locked.c.quantity
    )
    if seen is None:
        return short.cte("short")
    return short.union_all(select(seen.c.variant_id, seen.c.available)).cte("short")


def held_items(locked: CTE, held: ColumnElement[int], *unless: CTE) -> CTE:
    """Add `held` to what running payments hold of the locked items; see `moved_items`."""
    item = InventoryItemRow
    return (
        update(item)
        .where(*_these(locked, unless))
        .values(on_hand=locked.c.on_hand, held=locked.c.held + held)
        .returning(locked.c.id, item.variant_id, locked.c.quantity)
        .cte("kept")
    )


def moved_items(
    locked: CTE,
    units: ColumnElement[int],
    *unless: CTE,
    falls: bool,
    held: ColumnElement[int] | None = None,
) -> CTE:
    """Add `units` to the locked items, and `held`; to none where one of `unless` has a row.

    Where the stock `falls` it may become low (INV-19). The new quantities come from the locked
    rows. The row that is updated may be older: it is what the statement saw when it began, before
    it waited, and Postgres tries the constraints on it.
    """
    item = InventoryItemRow
    threshold = func.coalesce(locked.c.low_stock_threshold, SHOP_THRESHOLD)
    on_hand = locked.c.on_hand + units
    low = func.coalesce(on_hand <= threshold, False)
    return (
        update(item)
        .where(*_these(locked, unless))
        .values(
            on_hand=on_hand,
            held=locked.c.held if held is None else locked.c.held + held,
            is_low=low if falls else and_(low, locked.c.is_low),
        )
        .returning(
            item.variant_id,
            item.on_hand,
            item.held,
            item.is_low,
            locked.c.is_low.label("was_low"),
            threshold.label("threshold"),
        )
        .cte("moved")
    )


def _these(locked: CTE, unless: tuple[CTE, ...]) -> tuple[ColumnElement[bool], ...]:
    item = InventoryItemRow
    mine = and_(item.environment_id == ENVIRONMENT, item.variant_id == locked.c.variant_id)
    return mine, *map(without, unless)


def without(rows: CTE | None) -> ColumnElement[bool]:
    """Return the condition that `rows` has none."""
    return true() if rows is None else ~exists(select(rows.c.variant_id))


def history_of(changed: CTE, reason: ColumnElement[Any]) -> CTE:
    """Write one entry for each change of a level, in the same statement as it (INV-6).

    `changed` has the id of the entry, variant, location, the units that came and what there is now.
    """
    row = InventoryAdjustmentRow
    values: dict[str, ColumnElement[Any]] = {
        "environment_id": ENVIRONMENT,
        "id": changed.c.id,
        "variant_id": changed.c.variant_id,
        "location_id": changed.c.location_id,
        "quantity_delta": changed.c.units,
        "new_quantity": changed.c.on_hand,
        "change_reason": reason,
        "note": bindparam("noted", type_=Text),
        "reference": bindparam("referring", type_=Text),
        "order_id": FOR_ORDER,
        "refund_id": bindparam("for_refund", type_=Uuid),
        "actor_kind": bindparam("by_kind", type_=row.actor_kind.type),
        "principal": bindparam("by", type_=Text),
        "created_at": AT,
    }
    entries = select(*(value.label(f"new_{name}") for name, value in values.items()))
    return (
        insert(row)
        .from_select(list(values), entries.select_from(changed).where(changed.c.units != 0))
        .returning(*row.__table__.c)
        .cte("history")
    )


def because(reason: InventoryChangeReason) -> ColumnElement[Any]:
    """Return a fixed reason as a value of the history."""
    kind = InventoryAdjustmentRow.change_reason.type
    return bindparam(None, reason, type_=kind, unique=True)
