"""Opening the levels of new variants, with their first units."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import (
    InventoryAdjustmentRow,
    InventoryItemRow,
    LocationRow,
)
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NewLevel:
    """The stock that a variant begins with; it is tracked when `quantity` is given."""

    variant_id: UUID
    enforced: bool
    quantity: int | None


async def open_levels(tx: Transaction, levels: Sequence[NewLevel]) -> None:
    """Open the levels of new variants, at the default location; first units leave an entry."""
    location_id = await default_location(tx)
    await tx.add(
        InventoryItemRow,
        *(
            {
                "variant_id": level.variant_id,
                "location_id": location_id,
                "tracked": level.quantity is not None,
                "enforced": level.enforced,
                "on_hand": level.quantity or 0,
                "held": 0,
            }
            for level in levels
        ),
    )
    await tx.add(
        InventoryAdjustmentRow,
        *(
            {
                "id": new_id(),
                "variant_id": level.variant_id,
                "location_id": location_id,
                "quantity_delta": level.quantity,
                "new_quantity": level.quantity,
                "change_reason": InventoryChangeReason.RECEIVED_STOCK,
                "note": None,
                "order_id": None,
                "refund_id": None,
                "actor_kind": tx.actor.kind,
                "principal": tx.actor.principal,
                "created_at": tx.now,
            }
            for level in levels
            if level.quantity
        ),
    )


async def default_location(tx: Transaction) -> UUID:
    """Return the environment's default location; the first caller makes it."""
    found: UUID | None = await tx.scalar(_DEFAULT)
    if found is None:
        await tx.execute(
            insert(LocationRow)
            .values(
                environment_id=tx.environment_id,
                id=new_id(),
                name="Main",
                is_default=True,
                created_at=tx.now,
            )
            .on_conflict_do_nothing()
        )
        found = await tx.scalar(_DEFAULT)
    assert found is not None
    return found


_DEFAULT = select(LocationRow.id).where(within(LocationRow), LocationRow.is_default)
