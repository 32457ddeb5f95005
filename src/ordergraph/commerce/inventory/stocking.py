"""Stocking new variants, and changing how the stock of a variant is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Executable,
    Uuid,
    bindparam,
    column,
    false,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.inventory.moving import because, history_of, moment_bound
from ordergraph.commerce.inventory.rules import MOST_UNITS, InventoryChangeReason
from ordergraph.commerce.inventory.shifting import (
    Item,
    Shift,
    Why,
    lock_item,
    places_of,
    shift,
)
from ordergraph.commerce.inventory.spreading import changed_levels
from ordergraph.commerce.inventory.tables import InventoryItemRow, LocationRow
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NewLevel:
    """The stock that a variant begins with; it is tracked when `quantity` is given."""

    variant_id: UUID
    enforced: bool
    quantity: int | None
    low_stock_threshold: int | None = None


async def open_levels(tx: Transaction, levels: Sequence[NewLevel]) -> None:
    """Begin the stock of new variants at the default location; first units leave an entry.

    One statement for all of them. No event tells it: that of the new product does.
    """
    if not levels:
        return
    bound = {
        **moment_bound(tx),
        "ids": [new_id() for _ in levels],
        "variants": [level.variant_id for level in levels],
        "enforced": [level.enforced for level in levels],
        "quantities": [level.quantity for level in levels],
        "thresholds": [level.low_stock_threshold for level in levels],
        "location": await default_location(tx),
    }
    await tx.fetch(_OPEN, bound)


async def set_limits(
    tx: Transaction,
    variant_id: UUID,
    *field: str | int,
    tracked: bool | Omitted = OMITTED,
    enforced: bool | Omitted = OMITTED,
    low_stock_threshold: int | Omitted | None = OMITTED,
) -> bool:
    """Change how the stock of a variant is kept; return whether anything changed.

    Tracking that is switched off writes off what lies there; while running payments hold units it
    is `INVENTORY_UNAVAILABLE`. To enforce stock that is oversold is `INSUFFICIENT_STOCK`, a
    threshold below 0 `INVALID_FIELD`; each at `field` with the name of its input behind it.
    """
    item = await lock_item(tx, variant_id, *field)
    before = item.tracked, item.enforced, item.own_threshold
    if low_stock_threshold is not OMITTED:
        _check_threshold(low_stock_threshold, *field)
        item.own_threshold = low_stock_threshold
    if tracked is False and item.tracked:
        await _write_off(tx, item, *field)
    item.tracked = item.tracked if tracked is OMITTED else tracked
    if enforced is not OMITTED:
        _check_enforced(item, *field, enforced=enforced)
        item.enforced = enforced
    if before == (item.tracked, item.enforced, item.own_threshold):
        return False
    await tx.fetch(
        _LIMIT,
        {
            "of_variant": variant_id,
            "tracks": item.tracked,
            "enforces": item.enforced,
            "threshold": item.own_threshold,
            "low": _stays_low(item),
        },
    )
    tx.outdate([variant_id])
    return True


async def default_location(tx: Transaction) -> UUID:
    """Return the environment's default location; the first caller makes it."""
    found = await tx.fetch(_DEFAULT)
    if not found:
        await tx.execute(
            insert(LocationRow)
            .values(
                environment_id=tx.environment_id,
                id=new_id(),
                name="Main",
                is_default=True,
                is_open=True,
                version=1,
                created_at=tx.now,
                updated_at=tx.now,
            )
            .on_conflict_do_nothing()
        )
        found = await tx.fetch(_DEFAULT)
    id: UUID = found[0][0]
    return id


async def _write_off(tx: Transaction, item: Item, *field: str | int) -> None:
    if item.held:
        raise Problem(
            ErrorCode.INVENTORY_UNAVAILABLE,
            f"{item.held} units are held for running payments: tracking goes on until then.",
            (*field, "trackInventory"),
        )
    places = await places_of(tx, item.variant_id)
    if places:
        why = Why(InventoryChangeReason.MANUAL_ADJUSTMENT, "Tracking was switched off.")
        away = [Shift(place.location_id, -place.on_hand) for place in places]
        await shift(tx, item, away, why)


def _check_threshold(threshold: int | None, *field: str | int) -> None:
    if threshold is not None and not 0 <= threshold <= MOST_UNITS:
        raise Problem(
            ErrorCode.INVALID_FIELD,
            f"A threshold is a whole number from 0 to {MOST_UNITS}.",
            (*field, "lowStockThreshold"),
        )


def _check_enforced(item: Item, *field: str | int, enforced: bool) -> None:
    if enforced and not item.enforced and item.on_hand < item.held:
        raise Problem(
            ErrorCode.INSUFFICIENT_STOCK,
            f"There are {item.on_hand} units and {item.held} are held: fill it up first.",
            (*field, "enforceInventoryLimit"),
        )


def _stays_low(item: Item) -> bool:
    """Tell whether what was told to be low is so by the new threshold too (INV-19)."""
    threshold = item.threshold
    return item.is_low and threshold is not None and item.on_hand <= threshold


def _open() -> Executable:
    new = (
        func.unnest(
            bindparam("ids", type_=ARRAY(Uuid)),
            bindparam("variants", type_=ARRAY(Uuid)),
            bindparam("enforced", type_=ARRAY(Boolean)),
            bindparam("quantities", type_=ARRAY(BigInteger)),
            bindparam("thresholds", type_=ARRAY(BigInteger)),
        )
        .table_valued(
            column("id", Uuid),
            column("variant_id", Uuid),
            column("enforced", Boolean),
            column("quantity", BigInteger),
            column("threshold", BigInteger),
            name="new",
        )
        .render_derived()
    )
    values = {
        "environment_id": ENVIRONMENT,
        "variant_id": new.c.variant_id,
        "tracked": new.c.quantity.is_not(None),
        "enforced": new.c.enforced,
        "on_hand": func.coalesce(new.c.quantity, literal(0, BigInteger)),
        "held": literal(0, BigInteger),
        "low_stock_threshold": new.c.threshold,
        "is_low": false(),
    }
    rows = select(*(value.label(f"new_{name}") for name, value in values.items()))
    items = insert(InventoryItemRow).from_select(list(values), rows.select_from(new)).cte("items")
    shares = (
        select(
            new.c.id,
            new.c.variant_id,
            bindparam("location", type_=Uuid).label("location_id"),
            new.c.quantity.label("units"),
        )
        .where(new.c.quantity.is_not(None))
        .cte("shares")
    )
    received = because(InventoryChangeReason.RECEIVED_STOCK)
    history = history_of(changed_levels(shares), received)
    return select(true()).add_cte(items, history)


_DEFAULT = Prepared(select(LocationRow.id).where(within(LocationRow), LocationRow.is_default))
_OPEN = Prepared(_open())
_LIMIT = Prepared(
    update(InventoryItemRow)
    .where(
        InventoryItemRow.environment_id == ENVIRONMENT,
        InventoryItemRow.variant_id == bindparam("of_variant", type_=Uuid),
    )
    .values(
        tracked=bindparam("tracks", type_=Boolean),
        enforced=bindparam("enforces", type_=Boolean),
        low_stock_threshold=bindparam("threshold", type_=BigInteger),
        is_low=bindparam("low", type_=Boolean),
    )
)
