"""Looking the history of stock up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import InventoryAdjustmentRow
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import Prepared, maker
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
    rows = await reader.fetch(_BY_IDS, {"ids": ids})
    return {entry.id: entry for entry in map(_adjustment, rows)}


async def adjustment_pages(
    reader: Reader, variant_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[InventoryAdjustment]]:
    """Return one page of the history of each variant (INV-7), in one statement."""
    pages = await _LISTING.pages(reader, "sequence", page, variant_ids)
    return {
        id: Page([_adjustment(each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def adjustment_counts(reader: Reader, variant_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the history of each variant, to one beyond the limit of counts."""
    return await _LISTING.counts(reader, variant_ids)


_COLUMNS = columns_of(InventoryAdjustmentRow, InventoryAdjustment)
_adjustment = maker(InventoryAdjustment, _COLUMNS)
_ADJUSTMENTS = select(*_COLUMNS).where(within(InventoryAdjustmentRow))
_BY_IDS = Prepared(
    _ADJUSTMENTS.where(InventoryAdjustmentRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)
_LISTING = Listing(
    _ADJUSTMENTS,
    InventoryAdjustmentRow,
    {"sequence": InventoryAdjustmentRow.sequence},
    owner=InventoryAdjustmentRow.variant_id,
)
