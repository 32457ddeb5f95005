"""Opening locations, changing and deleting them; one of them is always the default."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from ordergraph.commerce.inventory.reads import Location, locations_by_ids
from ordergraph.commerce.inventory.rules import MOST_LOCATIONS
from ordergraph.commerce.inventory.tables import InventoryItemRow, InventoryLevelRow, LocationRow
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem, VersionProblem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Conflict, ConstraintViolated, Transaction


@dataclass(frozen=True, slots=True)
class LocationChanges:
    """What is set of a location (UPD-1)."""

    name: str | Omitted | None = OMITTED
    is_default: bool | Omitted | None = OMITTED


async def create_location(database: Database, actor: Actor, name: str) -> Location:
    """Open a location, at most `MOST_LOCATIONS` of them; the first one is the default (INV-23)."""
    findings = Findings()
    text = check_text(findings, name, LONGEST_NAME, "name", least=1)
    findings.settle()
    async with database.transaction(actor) as tx:
        known = await _alone(tx)
        if len(known) >= MOST_LOCATIONS:
            raise Problem(
                ErrorCode.TOO_MANY_ITEMS, f"There are at most {MOST_LOCATIONS} locations."
            )
        is_default = not any(each.is_default for each in known)
        location = Location(new_id(), text or "", is_default, True, 1, tx.now, tx.now)
        try:
            await tx.add(
                LocationRow,
                {
                    "id": location.id,
                    "name": location.name,
                    "is_default": is_default,
                    "is_open": True,
                    "version": 1,
                    "created_at": tx.now,
                    "updated_at": tx.now,
                },
            )
        except ConstraintViolated as violated:
            if violated.constraint == "uq_locations_default":
                # The first variant has made one at the same time (INV-23).
                raise Conflict from violated
            raise
        tx.remember("location", Prefix.LOCATION, location.id)
    return location


async def update_location(
    database: Database,
    actor: Actor,
    id: UUID,
    wanted: LocationChanges,
    expected_version: int | None = None,
) -> Location:
    """Rename a location, or make it the default one in the place of another (INV-23).

    Values that equal the present ones are no change: the version stays (UPD-3).
    """
    if wanted == LocationChanges():
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    async with database.transaction(actor) as tx:
        known = await _alone(tx)
        present = await _open_one(tx, known, id)
        if expected_version not in (None, present.version):
            raise VersionProblem(present.version, ("expectedVersion",))
        location = _changed(present, wanted)
        if location != present:
            location = replace(location, version=present.version + 1, updated_at=tx.now)
            if location.is_default and not present.is_default:
                await _resign(tx, known)
            await _save(tx, location)
        tx.remember("location", Prefix.LOCATION, id)
    return location


async def delete_location(database: Database, actor: Actor, id: UUID) -> None:
    """Delete a location for good; the default one, or one with stock, is `LOCATION_IN_USE`.

    It stays for the history that names it (INV-23). Locks the items that have a level there.
    """
    async with database.transaction(actor) as tx:
        present = await _open_one(tx, await _alone(tx), id)
        if present.is_default:
            raise _in_use("The default location stays: make another one the default first.")
        if await tx.first(_STOCKED, {"location": id}) is not None:
            raise _in_use("Stock lies at this location: move it away first.")
        await tx.rows(_ITEMS, {"location": id})
        closed = replace(present, is_open=False, version=present.version + 1, updated_at=tx.now)
        try:
            await _save(tx, closed)
        except ConstraintViolated as violated:
            if violated.constraint == "ck_inventory_levels_open":
                raise _in_use("Stock has just come to this location.") from violated
            raise
        tx.remember("deleted_id", Prefix.LOCATION, id)


async def _alone(tx: Transaction) -> list[Location]:
    """Return the open locations, which nobody else changes until this transaction ends."""
    await tx.execute(_LOCK)
    return [Location(*row) for row in await tx.rows(_OPEN)]


async def _open_one(tx: Transaction, known: list[Location], id: UUID) -> Location:
    for each in known:
        if each.id == id:
            return each
    if await locations_by_ids(tx, [id]):
        raise Problem(ErrorCode.RESOURCE_DELETED, "This location was deleted.", ("id",))
    raise not_found("location", "id")


def _changed(present: Location, wanted: LocationChanges) -> Location:
    findings, location = Findings(), present
    if wanted.name is not OMITTED:
        name = check_text(findings, wanted.name or "", LONGEST_NAME, "name", least=1)
        location = replace(location, name=name or "")
    if wanted.is_default is not OMITTED:
        if present.is_default and not wanted.is_default:
            findings.add(
                ErrorCode.INVALID_FIELD,
                "One location is the default: make another one the default instead.",
                "isDefault",
            )
        location = replace(location, is_default=bool(wanted.is_default))
    findings.settle()
    return location


async def _resign(tx: Transaction, known: list[Location]) -> None:
    """Take the default from the location that has it, so that another one can be it."""
    for each in known:
        if each.is_default:
            await _save(
                tx, replace(each, is_default=False, version=each.version + 1, updated_at=tx.now)
            )


async def _save(tx: Transaction, location: Location) -> None:
    await tx.execute(
        update(LocationRow)
        .where(within(LocationRow), LocationRow.id == location.id)
        .values(
            name=location.name,
            is_default=location.is_default,
            is_open=location.is_open,
            version=location.version,
            updated_at=location.updated_at,
        )
    )


def _in_use(message: str) -> Problem:
    return Problem(ErrorCode.LOCATION_IN_USE, message, ("id",))


# Two changes at the same moment would not see each other, and could leave two defaults or none.
_LOCK = select(func.pg_advisory_xact_lock(func.uuid_hash_extended(ENVIRONMENT, 1)))
_OPEN = (
    select(
        LocationRow.id,
        LocationRow.name,
        LocationRow.is_default,
        LocationRow.is_open,
        LocationRow.version,
        LocationRow.created_at,
        LocationRow.updated_at,
    )
    .where(within(LocationRow), LocationRow.is_open)
    .order_by(LocationRow.id)
)
_HERE = (
    InventoryLevelRow.environment_id == ENVIRONMENT,
    InventoryLevelRow.location_id == bindparam("location"),
)
_STOCKED = (
    select(InventoryLevelRow.variant_id).where(*_HERE, InventoryLevelRow.on_hand != 0).limit(1)
)
_ITEMS = (
    select(InventoryItemRow.variant_id)
    .where(
        InventoryItemRow.environment_id == ENVIRONMENT,
        InventoryItemRow.variant_id.in_(select(InventoryLevelRow.variant_id).where(*_HERE)),
    )
    .order_by(InventoryItemRow.variant_id)
    .with_for_update()
)
