"""Looking the history of stock up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import InventoryAdjustmentRow
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.paging import counts_by_owner, pages_by_owner
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


@dataclass(slots=True)
class InventoryAdjustment:
    """One change of a variant's stock, and the stock that it left; `sequence` orders them."""

    id: UUID
    variant_id: UUID
    quantity_delta: int
    new_quantity: int
    change_reason: InventoryChangeReason
    note: str | None
    sequence: int
    created_at: datetime


async def adjustments_by_ids(
    reader: Reader, ids: Sequence[UUID]
) -> Mapping[UUID, InventoryAdjustment]:
    """Return the entries among `ids` that exist, by id."""
    rows = await reader.rows(_BY_IDS, {"ids": list(ids)})
    return {row.id: InventoryAdjustment(*row) for row in rows}


async def adjustment_pages(
    reader: Reader, variant_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[InventoryAdjustment]]:
    """Return one page of the history of each variant (INV-7), in one statement."""
    row = InventoryAdjustmentRow
    pages = await pages_by_owner(
        reader, _ADJUSTMENTS, row.variant_id, row.sequence, row, variant_ids, page
    )
    return {
        id: Page([InventoryAdjustment(*each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def adjustment_counts(reader: Reader, variant_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the history of each variant, to one beyond the limit of counts."""
    return await counts_by_owner(
        reader, _ADJUSTMENTS, InventoryAdjustmentRow.variant_id, variant_ids
    )


_COLUMNS = tuple(
    InventoryAdjustmentRow.__table__.c[field.name] for field in fields(InventoryAdjustment)
)
_ADJUSTMENTS = select(*_COLUMNS).where(within(InventoryAdjustmentRow))
_BY_IDS = _ADJUSTMENTS.where(InventoryAdjustmentRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
