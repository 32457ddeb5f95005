"""Looking stock up: items, levels, holds, the history, and the locations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
)

from ordergraph.commerce.inventory.rules import MOST_LOCATIONS, InventoryChangeReason
from ordergraph.commerce.inventory.tables import (
    InventoryAdjustmentRow,
    InventoryHoldRow,
    InventoryItemRow,
    InventoryLevelRow,
    LocationRow,
)
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import Prepared, maker
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Reader


@dataclass(slots=True)
class Location:
    """Where stock lies; one that was deleted is not open any more."""

    id: UUID
    name: str
    is_default: bool
    is_open: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class InventoryItem:
    """The stock of a variant at all locations together."""

    variant_id: UUID
    tracked: bool
    on_hand: int
    held: int
    low_stock_threshold: int | None


@dataclass(slots=True)
class InventoryLevel:
    """The units of a variant at one location."""

    variant_id: UUID
    location_id: UUID
    on_hand: int


@dataclass(slots=True)
class InventoryHold:
    """Units of a variant that a payment attempt keeps (INV-10)."""

    id: UUID
    variant_id: UUID
    attempt_id: UUID
    order_id: UUID
    quantity: int
    created_at: datetime


@dataclass(slots=True)
class InventoryAdjustment:
    """One change of a level, and the stock that it left there; `sequence` orders them."""

    id: UUID
    variant_id: UUID
    location_id: UUID
    quantity_delta: int
    new_quantity: int
    change_reason: InventoryChangeReason
    note: str | None
    reference: str | None
    order_id: UUID | None
    refund_id: UUID | None
    actor_kind: ActorKind
    principal: str
    sequence: int
    created_at: datetime

    @property
    def actor(self) -> str:
        """Who did it: the kind of caller, and which."""
        return f"{self.actor_kind.value}:{self.principal}"


async def locations_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Location]:
    """Return the locations among `ids` that exist, deleted ones included, by id."""
    rows = await reader.fetch(_LOCATIONS_BY_IDS, {"ids": ids})
    return {each.id: each for each in map(_location, rows)}


async def location_page(reader: Reader, page: PageRequest) -> Page[Location]:
    """Return one page of the open locations, at most `MOST_LOCATIONS` altogether."""
    found = await _LOCATION_LISTING.page(reader, "created_at", page)
    return Page([_location(each) for each in found.items], found.has_next)


async def location_count(reader: Reader) -> int:
    """Count the open locations."""
    return await _LOCATION_LISTING.count(reader)


async def items_by_variants(
    reader: Reader, variant_ids: Sequence[UUID]
) -> Mapping[UUID, InventoryItem]:
    """Return the stock of each variant."""
    rows = await reader.fetch(_ITEMS, {"ids": variant_ids})
    return {each.variant_id: each for each in map(_item, rows)}


async def short_now(reader: Reader, wanted: Mapping[UUID, int]) -> Mapping[UUID, int]:
    """Return what stock could not serve now of these units, with how many are available (INV-11).

    Only what enforces its stock can be short. Nothing is locked: it may be otherwise at once.
    """
    if not wanted:
        return {}
    bound = {"short_of": list(wanted), "units": list(wanted.values())}
    return {id: max(available, 0) for id, available in await reader.fetch(_SHORT, bound)}


async def levels_by_variants(
    reader: Reader, variant_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[InventoryLevel]]:
    """Return the levels of each variant at open locations, the default one first."""
    levels: dict[UUID, list[InventoryLevel]] = {id: [] for id in variant_ids}
    for each in map(_level, await reader.fetch(_LEVELS, {"ids": variant_ids})):
        levels[each.variant_id].append(each)
    return {id: found[:MOST_LOCATIONS] for id, found in levels.items()}


async def hold_pages(
    reader: Reader, variant_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[InventoryHold]]:
    """Return one page of the holds of each variant, in one statement."""
    pages = await _HOLD_LISTING.pages(reader, "created_at", page, variant_ids)
    return {
        id: Page([_hold(each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def hold_counts(reader: Reader, variant_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the holds of each variant, to one beyond the limit of counts."""
    return await _HOLD_LISTING.counts(reader, variant_ids)


async def adjustments_by_ids(
    reader: Reader, ids: Sequence[UUID]
) -> Mapping[UUID, InventoryAdjustment]:
    """Return the entries among `ids` that exist, by id."""
    rows = await reader.fetch(_BY_IDS, {"ids": ids})
    return {entry.id: entry for entry in map(adjustment, rows)}


async def adjustment_pages(
    reader: Reader, variant_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[InventoryAdjustment]]:
    """Return one page of the history of each variant (INV-7), in one statement."""
    pages = await _LISTING.pages(reader, "sequence", page, variant_ids)
    return {
        id: Page([adjustment(each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def adjustment_counts(reader: Reader, variant_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Count the history of each variant, to one beyond the limit of counts."""
    return await _LISTING.counts(reader, variant_ids)


_IDS = bindparam("ids", type_=ARRAY(Uuid))
_LOCATION_COLUMNS = columns_of(LocationRow, Location)
_location = maker(Location, _LOCATION_COLUMNS)
_LOCATIONS = select(*_LOCATION_COLUMNS).where(within(LocationRow))
_LOCATIONS_BY_IDS = Prepared(_LOCATIONS.where(LocationRow.id == any_(_IDS)))
_LOCATION_LISTING = Listing(
    _LOCATIONS.where(LocationRow.is_open), LocationRow, {"created_at": LocationRow.created_at}
)

_ITEM_COLUMNS: tuple[ColumnElement[object], ...] = tuple(
    InventoryItemRow.__table__.c[name]
    for name in ("variant_id", "tracked", "on_hand", "held", "low_stock_threshold")
)
_item = maker(InventoryItem, _ITEM_COLUMNS)
_ITEMS = Prepared(
    select(*_ITEM_COLUMNS).where(
        InventoryItemRow.environment_id == ENVIRONMENT, InventoryItemRow.variant_id == any_(_IDS)
    )
)

_LEVEL_COLUMNS: tuple[ColumnElement[object], ...] = tuple(
    InventoryLevelRow.__table__.c[name] for name in ("variant_id", "location_id", "on_hand")
)
_level = maker(InventoryLevel, _LEVEL_COLUMNS)
_LEVELS = Prepared(
    select(*_LEVEL_COLUMNS)
    .join_from(
        InventoryLevelRow,
        LocationRow,
        and_(
            LocationRow.environment_id == InventoryLevelRow.environment_id,
            LocationRow.id == InventoryLevelRow.location_id,
        ),
    )
    .where(
        InventoryLevelRow.environment_id == ENVIRONMENT,
        InventoryLevelRow.variant_id == any_(_IDS),
        or_(InventoryLevelRow.location_open, InventoryLevelRow.on_hand != 0),
    )
    .order_by(
        InventoryLevelRow.variant_id, LocationRow.is_default.desc(), InventoryLevelRow.location_id
    )
)

_AVAILABLE = InventoryItemRow.on_hand - InventoryItemRow.held
_UNITS = select(
    func.unnest(bindparam("short_of", type_=ARRAY(Uuid))).label("variant_id"),
    func.unnest(bindparam("units", type_=ARRAY(BigInteger))).label("quantity"),
).subquery()
_SHORT = Prepared(
    select(InventoryItemRow.variant_id, _AVAILABLE)
    .join(_UNITS, InventoryItemRow.variant_id == _UNITS.c.variant_id)
    .where(
        InventoryItemRow.environment_id == ENVIRONMENT,
        InventoryItemRow.tracked,
        InventoryItemRow.enforced,
        _UNITS.c.quantity > _AVAILABLE,
    )
)

_HOLD_COLUMNS = columns_of(InventoryHoldRow, InventoryHold)
_hold = maker(InventoryHold, _HOLD_COLUMNS)
_HOLD_LISTING = Listing(
    select(*_HOLD_COLUMNS).where(within(InventoryHoldRow)),
    InventoryHoldRow,
    {"created_at": InventoryHoldRow.created_at},
    owner=InventoryHoldRow.variant_id,
)

ADJUSTMENT_COLUMNS = columns_of(InventoryAdjustmentRow, InventoryAdjustment)
adjustment = maker(InventoryAdjustment, ADJUSTMENT_COLUMNS)
_ADJUSTMENTS = select(*ADJUSTMENT_COLUMNS).where(within(InventoryAdjustmentRow))
_BY_IDS = Prepared(_ADJUSTMENTS.where(InventoryAdjustmentRow.id == any_(_IDS)))
_LISTING = Listing(
    _ADJUSTMENTS,
    InventoryAdjustmentRow,
    {"sequence": InventoryAdjustmentRow.sequence},
    owner=InventoryAdjustmentRow.variant_id,
)
