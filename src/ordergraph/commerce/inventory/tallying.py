"""Tallying: the units of many variants at the default location, counted at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Executable,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    func,
    select,
    update,
)

from ordergraph.commerce.inventory.moving import (
    SHOP_THRESHOLD,
    because,
    history_of,
    moment_bound,
)
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.shifting import Item
from ordergraph.commerce.inventory.spreading import changed_levels
from ordergraph.commerce.inventory.stocking import default_location
from ordergraph.commerce.inventory.tables import InventoryItemRow, InventoryLevelRow, LocationRow
from ordergraph.commerce.inventory.telling import Moved, tell_moved
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of a variant at the default location, and its limits from now on."""

    variant_id: UUID
    tracked: bool
    enforced: bool
    quantity: int

    def check(self, item: Item, difference: int) -> None:
        """Refuse what payments that began meanwhile do not allow: it is to be judged again."""
        total = item.on_hand + difference
        if self.enforced and total < item.held:
            raise Problem(
                ErrorCode.INSUFFICIENT_STOCK,
                f"{item.held} units are held for running payments: {total} are too few.",
            )
        if not self.tracked and (item.on_hand or item.held):
            raise Problem(ErrorCode.INVENTORY_UNAVAILABLE, "Stock lies there: tracking goes on.")


async def units_at_default(reader: Reader, variant_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return the units of variants at the default location; one without a level has none."""
    if not variant_ids:
        return {}
    return {row[0]: row[1] for row in await reader.fetch(_UNITS, {"ids": variant_ids})}


async def tally(tx: Transaction, tallies: Sequence[Tally]) -> None:
    """Set the units of variants at the default location to what was counted, and their limits.

    Each difference is an entry of the history (INV-6), and one event for its variant. All items
    are locked before anything of them is read, in ascending order (INV-13). Fewer than running
    payments hold of an enforced variant is `INSUFFICIENT_STOCK`; tracking ends only without stock.
    """
    if not tallies:
        return
    wanted = {each.variant_id: each for each in tallies}
    items = [Item(*row) for row in await tx.fetch(_LOCK, {"ids": list(wanted)})]
    location_id = await default_location(tx)
    here = await units_at_default(tx, list(wanted))
    moved: list[Moved] = []
    units: dict[UUID, int] = {}
    for item in items:
        one = wanted[item.variant_id]
        difference = one.quantity - here.get(item.variant_id, 0) if one.tracked else 0
        one.check(item, difference)
        if difference:
            units[item.variant_id] = difference
            moved.append(item.add(difference))
    await _write(tx, items, wanted, units, location_id)
    tell_moved(tx, moved)


async def _write(
    tx: Transaction,
    items: Sequence[Item],
    wanted: Mapping[UUID, Tally],
    units: Mapping[UUID, int],
    location_id: UUID,
) -> None:
    bound = {
        **moment_bound(tx),
        "ids": [new_id() for _ in items],
        "variants": [item.variant_id for item in items],
        "units": [units.get(item.variant_id, 0) for item in items],
        "tracked": [wanted[item.variant_id].tracked for item in items],
        "enforced": [wanted[item.variant_id].enforced for item in items],
        "low": [item.is_low for item in items],
        "at_location": location_id,
    }
    await tx.fetch(_TALLY, bound)


_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))


def _lock() -> Executable:
    item = InventoryItemRow
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
        )
        .where(item.environment_id == ENVIRONMENT, item.variant_id == _IDS)
        .order_by(item.variant_id)
        .with_for_update()
    )


def _units() -> Executable:
    level, location = InventoryLevelRow, LocationRow
    default = and_(
        location.environment_id == level.environment_id,
        location.id == level.location_id,
        location.is_default,
    )
    return (
        select(level.variant_id, level.on_hand)
        .join_from(level, location, default)
        .where(level.environment_id == ENVIRONMENT, level.variant_id == _IDS)
    )


def _tally() -> Executable:
    """Write items, levels and entries in one statement."""
    item = InventoryItemRow
    names = ("tracked", "enforced", "low")
    wanted = (
        func.unnest(
            bindparam("ids", type_=ARRAY(Uuid)),
            bindparam("variants", type_=ARRAY(Uuid)),
            bindparam("units", type_=ARRAY(BigInteger)),
            *(bindparam(name, type_=ARRAY(Boolean)) for name in names),
        )
        .table_valued(
            column("id", Uuid),
            column("variant_id", Uuid),
            column("units", BigInteger),
            *(column(name, Boolean) for name in names),
            name="wanted",
        )
        .render_derived()
    )
    counted = select(wanted).cte("counted")
    items = (
        update(item)
        .where(item.environment_id == ENVIRONMENT, item.variant_id == counted.c.variant_id)
        .values(
            tracked=counted.c.tracked,
            enforced=counted.c.enforced,
            on_hand=item.on_hand + counted.c.units,
            is_low=counted.c.low,
        )
        .cte("items")
    )
    shares = (
        select(
            counted.c.id,
            counted.c.variant_id,
            bindparam("at_location", type_=Uuid).label("location_id"),
            counted.c.units,
        )
        .where(counted.c.units != 0)
        .cte("shares")
    )
    history = history_of(changed_levels(shares), because(InventoryChangeReason.INVENTORY_COUNT))
    return select(history.c.id).add_cte(items)


_LOCK = Prepared(_lock())
_UNITS = Prepared(_units())
_TALLY = Prepared(_tally())
