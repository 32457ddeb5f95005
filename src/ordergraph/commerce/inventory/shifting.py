"""Shifting units by hand: an item is locked, its levels are read and changed, entries written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Executable,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    select,
    table,
    update,
)

from ordergraph.commerce.inventory.moving import SHOP_THRESHOLD, history_of, moment_bound
from ordergraph.commerce.inventory.reads import ADJUSTMENT_COLUMNS, InventoryAdjustment, adjustment
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.spreading import changed_levels
from ordergraph.commerce.inventory.tables import (
    InventoryAdjustmentRow,
    InventoryItemRow,
    InventoryLevelRow,
    LocationRow,
)
from ordergraph.commerce.inventory.telling import Moved, tell_moved
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem, not_found
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Conflict, ConstraintViolated, Transaction


@dataclass(slots=True)
class Item:
    """The stock of a variant, locked; `own_threshold` is null where the shop's holds."""

    variant_id: UUID
    tracked: bool
    enforced: bool
    on_hand: int
    held: int
    is_low: bool
    own_threshold: int | None
    shop_threshold: int | None

    @property
    def threshold(self) -> int | None:
        """At so many units or fewer the stock is low (INV-19)."""
        return self.shop_threshold if self.own_threshold is None else self.own_threshold

    def add(self, units: int) -> Moved:
        """Add units, or take them away: stock that falls to its threshold is low from then on,
        until it is above; return what is to be told."""
        was_low, threshold = self.is_low, self.threshold
        self.on_hand += units
        near = threshold is not None and self.on_hand <= threshold
        self.is_low = near and (units < 0 or was_low)
        return Moved(self.variant_id, self.on_hand, self.held, self.is_low, was_low, threshold)


@dataclass(frozen=True, slots=True)
class Place:
    """A location with the units of one variant that lie there."""

    location_id: UUID
    on_hand: int


@dataclass(frozen=True, slots=True)
class Shift:
    """Units that come to a location, or go from there when negative."""

    location_id: UUID
    units: int


@dataclass(frozen=True, slots=True)
class Why:
    """What the history keeps beside a change."""

    reason: InventoryChangeReason
    note: str | None = None
    reference: str | None = None


async def lock_item(tx: Transaction, variant_id: UUID, *field: str | int) -> Item:
    """Lock the stock of a variant before anything of it is read.

    An unknown variant is not found at `field`, a deleted one `RESOURCE_DELETED`.
    """
    rows = await tx.fetch(_LOCK, {"of_variant": variant_id})
    if not rows:
        raise not_found("variant", *field)
    *values, status = rows[0]
    if status == "DELETED":
        raise Problem(ErrorCode.RESOURCE_DELETED, "This variant was deleted.", field)
    return Item(*values)


async def place_of(
    tx: Transaction, variant_id: UUID, location_id: UUID | None, *field: str
) -> Place:
    """Return what lies at a location, without one at the default; the item is locked.

    An unknown location is not found at `field`, a deleted one `RESOURCE_DELETED`.
    """
    wanted = {"of_variant": variant_id, "at_location": location_id}
    rows = await tx.fetch(_AT_DEFAULT if location_id is None else _AT, wanted)
    if not rows:
        raise not_found("location", *field)
    id, is_open, on_hand = rows[0]
    if not is_open:
        raise _gone(*field)
    return Place(id, on_hand)


async def places_of(tx: Transaction, variant_id: UUID) -> Sequence[Place]:
    """Return all levels of a variant that have units, or lack some; the item is locked."""
    rows = await tx.fetch(_LEVELS, {"of_variant": variant_id})
    return [Place(*row) for row in rows]


async def shift(
    tx: Transaction, item: Item, shifts: Sequence[Shift], why: Why, *field: str
) -> Sequence[InventoryAdjustment]:
    """Change levels of a locked item, which is tracked from now on; return the entries (INV-6).

    A change of 0 makes the level and leaves no entry. A location that was deleted meanwhile is
    `RESOURCE_DELETED` at `field`.
    """
    item.tracked, moved = True, item.add(sum(each.units for each in shifts))
    bound = {
        **moment_bound(tx, noted=why.note, referring=why.reference),
        "of_variant": item.variant_id,
        "now_on_hand": item.on_hand,
        "now_low": item.is_low,
        "why": why.reason,
        "ids": [new_id() for _ in shifts],
        "locations": [each.location_id for each in shifts],
        "units": [each.units for each in shifts],
    }
    try:
        rows = await tx.fetch(_SHIFT, bound)
    except ConstraintViolated as violated:
        if violated.constraint in _CLOSED:
            raise _gone(*field) if field else Conflict() from violated
        raise
    tell_moved(tx, [moved])
    tx.outdate([item.variant_id])
    return sorted(map(adjustment, rows), key=lambda entry: entry.sequence)


def _gone(*field: str) -> Problem:
    return Problem(ErrorCode.RESOURCE_DELETED, "This location was deleted.", field)


_CLOSED = frozenset(
    {
        "ck_inventory_levels_open",
        "fk_inventory_levels_environment_id_location_id_location_open",
    }
)
"""What the database says when units come to a location that is no more."""

_VARIANTS = table("variants", column("environment_id"), column("id"), column("status"))
"""The rows that items belong to; the catalog, which has them, stands above this room."""

_OF_VARIANT = bindparam("of_variant", type_=Uuid)
_THIS = (
    InventoryItemRow.environment_id == ENVIRONMENT,
    InventoryItemRow.variant_id == _OF_VARIANT,
)


def _lock() -> Executable:
    item, variant = InventoryItemRow, _VARIANTS.c
    mine = and_(variant.environment_id == item.environment_id, variant.id == item.variant_id)
    return (
        select(
            item.variant_id,
            item.tracked,
            item.enforced,
            item.on_hand,
            item.held,
            item.is_low,
            item.low_stock_threshold,
            SHOP_THRESHOLD,
            variant.status,
        )
        .join_from(item, _VARIANTS, mine)
        .where(*_THIS)
        .with_for_update(of=item)
    )


def _at(*, default: bool) -> Executable:
    location, level = LocationRow, InventoryLevelRow
    here = and_(
        level.environment_id == location.environment_id,
        level.location_id == location.id,
        level.variant_id == _OF_VARIANT,
    )
    wanted = location.id == bindparam("at_location", type_=Uuid)
    return (
        select(location.id, location.is_open, func.coalesce(level.on_hand, 0))
        .outerjoin_from(location, level, here)
        .where(within(location), location.is_default if default else wanted)
    )


def _levels() -> Executable:
    level = InventoryLevelRow
    return (
        select(level.location_id, level.on_hand)
        .where(
            level.environment_id == ENVIRONMENT,
            level.variant_id == _OF_VARIANT,
            level.on_hand != 0,
        )
        .order_by(level.location_id)
    )


def _shift() -> Executable:
    """Write the item, its levels and their entries in one statement (INV-6)."""
    wanted = (
        func.unnest(
            bindparam("ids", type_=ARRAY(Uuid)),
            bindparam("locations", type_=ARRAY(Uuid)),
            bindparam("units", type_=ARRAY(BigInteger)),
        )
        .table_valued(
            column("id", Uuid),
            column("location_id", Uuid),
            column("units", BigInteger),
            name="wanted",
        )
        .render_derived()
    )
    shifts = select(
        wanted.c.id, _OF_VARIANT.label("variant_id"), wanted.c.location_id, wanted.c.units
    ).cte("shifts")
    item = (
        update(InventoryItemRow)
        .where(*_THIS)
        .values(
            tracked=True,
            on_hand=bindparam("now_on_hand", type_=BigInteger),
            is_low=bindparam("now_low", type_=Boolean),
        )
        .cte("item")
    )
    reason = bindparam("why", type_=InventoryAdjustmentRow.change_reason.type)
    history = history_of(changed_levels(shifts), reason)
    entries: list[Any] = [history.c[each.name] for each in ADJUSTMENT_COLUMNS]
    return select(*entries).add_cte(item)


_LOCK = Prepared(_lock())
_AT = Prepared(_at(default=False))
_AT_DEFAULT = Prepared(_at(default=True))
_LEVELS = Prepared(_levels())
_SHIFT = Prepared(_shift())
