"""Spreading over locations in SQL: from which of them sold units are taken, where others go."""

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Text,
    Uuid,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.inventory.moving import AT, without
from ordergraph.commerce.inventory.tables import InventoryLevelRow, LocationRow
from ordergraph.runtime.db.scope import ENVIRONMENT


def locked_levels(locked: CTE) -> CTE:
    """Lock the levels of locked items, as they are now and not as the statement saw them.

    Their items are locked, so nobody else can hold them. Only a level that was made while the
    statement waited is not among them: see `missed_levels`.
    """
    level, location = InventoryLevelRow, LocationRow
    here = and_(location.environment_id == level.environment_id, location.id == level.location_id)
    return (
        select(level.variant_id, level.location_id, level.on_hand, location.is_default)
        .select_from(level)
        .join(locked, level.variant_id == locked.c.variant_id)
        .join(location, here)
        .where(level.environment_id == ENVIRONMENT)
        .order_by(level.variant_id, level.location_id)
        .with_for_update(of=level)
        .cte("there")
    )


def missed_levels(locked: CTE, there: CTE) -> CTE:
    """Pick the items of which `there` lacks a level: the statement has to be run once more."""
    known = (
        select(func.coalesce(func.sum(there.c.on_hand), 0))
        .where(there.c.variant_id == locked.c.variant_id)
        .scalar_subquery()
    )
    return select(locked.c.variant_id).where(known != locked.c.on_hand).cte("missed")


def taken(locked: CTE, there: CTE) -> CTE:
    """Take the units from the default location first, then from the others by their id.

    What is beyond all stock is taken from the default one. Each share has the id of its entry:
    the first of a variant that of the units asked for, the others one of their own.
    """
    places = _places(locked, there)
    order = (places.c.is_default.desc(), places.c.location_id)
    stock = func.greatest(places.c.on_hand, 0)
    up_to_here = func.sum(stock).over(partition_by=places.c.variant_id, order_by=order)
    altogether = func.sum(stock).over(partition_by=places.c.variant_id)
    wanted = locked.c.quantity
    beyond = case((places.c.is_default, func.greatest(wanted - altogether, 0)), else_=0)
    share = func.greatest(func.least(stock, wanted - (up_to_here - stock)), 0) + beyond
    shares = (
        select(
            locked.c.id,
            places.c.variant_id,
            places.c.location_id,
            places.c.is_default,
            cast(share, BigInteger).label("share"),
        )
        .join_from(places, locked, locked.c.variant_id == places.c.variant_id)
        .cte("shares")
    )
    number = func.row_number().over(
        partition_by=shares.c.variant_id,
        order_by=(shares.c.is_default.desc(), shares.c.location_id),
    )
    return (
        select(
            case((number == 1, shares.c.id), else_=_time_ordered_id()).label("id"),
            shares.c.variant_id,
            shares.c.location_id,
            (-shares.c.share).label("units"),
        )
        .where(shares.c.share > 0)
        .cte("taken")
    )


def given(locked: CTE) -> CTE:
    """Put all units at the default location."""
    location = LocationRow
    return (
        select(
            locked.c.id,
            locked.c.variant_id,
            location.id.label("location_id"),
            locked.c.quantity.label("units"),
        )
        .join_from(locked, location, _is_default())
        .cte("given")
    )


def changed_levels(shares: FromClause, *unless: CTE) -> CTE:
    """Add the units of `shares` to the levels, which are made where there are none yet.

    A level's units are added to what it has at that moment, seen or not.
    """
    level = InventoryLevelRow
    values = {
        "environment_id": ENVIRONMENT,
        "variant_id": shares.c.variant_id,
        "location_id": shares.c.location_id,
        "on_hand": shares.c.units,
        "location_open": true(),
    }
    rows = select(*(value.label(f"new_{name}") for name, value in values.items()))
    adding = insert(level).from_select(
        list(values), rows.select_from(shares).where(*map(without, unless))
    )
    written = (
        adding.on_conflict_do_update(
            index_elements=["environment_id", "variant_id", "location_id"],
            set_={"on_hand": level.on_hand + adding.excluded.on_hand},
        )
        .returning(level.variant_id, level.location_id, level.on_hand)
        .cte("written")
    )
    same = and_(
        written.c.variant_id == shares.c.variant_id, written.c.location_id == shares.c.location_id
    )
    return (
        select(shares.c.id, *written.c, shares.c.units)
        .join_from(written, shares, same)
        .cte("levels")
    )


def _places(locked: CTE, there: CTE) -> CTE:
    """Return the levels with the default location among them, whether it has one or not."""
    has_default = exists(
        select(there.c.variant_id).where(
            there.c.variant_id == locked.c.variant_id, there.c.is_default
        )
    )
    elsewhere = (
        select(
            locked.c.variant_id,
            LocationRow.id.label("location_id"),
            literal(0, BigInteger).label("on_hand"),
            true().label("is_default"),
        )
        .join_from(locked, LocationRow, _is_default())
        .where(~has_default)
    )
    return union_all(select(*there.c), elsewhere).cte("places")


def _is_default() -> ColumnElement[bool]:
    return and_(LocationRow.environment_id == ENVIRONMENT, LocationRow.is_default)


def _time_ordered_id() -> ColumnElement[Any]:
    """Make a UUIDv7 (ID-1): a random one with the milliseconds of the moment at its head."""
    moment: Any = func.floor(func.extract("epoch", cast(AT, DateTime(timezone=True))) * 1000)
    head = func.lpad(func.to_hex(cast(moment, BigInteger)), 12, "0")
    tail = func.substr(func.replace(cast(func.gen_random_uuid(), Text), "-", ""), 14)
    return cast(head.concat("7").concat(tail), Uuid)
