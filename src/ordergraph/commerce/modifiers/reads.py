"""Looking modifier sets up; browsers find what is active, merchants retired sets too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, bindparam, func, select

from ordergraph.commerce.modifiers.rules import (
    ListedModifierSet,
    Modifier,
    ModifierGroup,
    ModifierSet,
    ModifierSetStatus,
    ModifierStatus,
    name_key,
)
from ordergraph.commerce.modifiers.tables import ModifierGroupRow, ModifierRow, ModifierSetRow
from ordergraph.core.money import Money
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing, contains, one_of_these, pattern
from ordergraph.runtime.db.prepared import Prepared, Record, Values, maker, named
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


class ModifierSetSortField(StrEnum):
    """What a list of modifier sets is ordered by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"


@dataclass(frozen=True, slots=True)
class ModifierSetFilter:
    """Which modifier sets a list has; without statuses all, `query` is a part of the name."""

    query: str | None = None
    statuses: tuple[ModifierSetStatus, ...] = ()


async def sets_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, ModifierSet]:
    """Return the sets among `ids` that this reader may find, by id, whole, in one statement.

    A browser finds active sets, with their active groups and modifiers; a merchant finds all.
    """
    return await _sets(reader, _BY_IDS, ids)


async def groups_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, ModifierGroup]:
    """Return the groups among `ids` that this reader may find, by id, with their modifiers."""
    found = await _sets(reader, _OF_GROUPS, ids)
    wanted = set(ids)
    return {
        group.id: group for each in found.values() for group in each.groups if group.id in wanted
    }


async def modifiers_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Modifier]:
    """Return the modifiers among `ids` that this reader may find, by id."""
    found = await _sets(reader, _OF_MODIFIERS, ids)
    wanted = set(ids)
    groups = (group for each in found.values() for group in each.groups)
    return {each.id: each for group in groups for each in group.modifiers if each.id in wanted}


async def set_page(
    reader: Reader, wanted: ModifierSetFilter, sort: ModifierSetSortField, page: PageRequest
) -> Page[ListedModifierSet]:
    """Return one page of modifier sets, without their groups, in one statement."""
    found = await _LISTING.page(reader, sort, page, _conditions(reader, wanted))
    return Page([_listed(row) for row in found.items], found.has_next)


async def set_count(reader: Reader, wanted: ModifierSetFilter) -> int:
    """Count the modifier sets of a list, to one beyond the limit of counts."""
    return await _LISTING.count(reader, _conditions(reader, wanted))


def sort_key(
    modifier_set: ListedModifierSet, sort: ModifierSetSortField
) -> tuple[datetime | str, UUID]:
    """Return where a set stands in a list ordered by `sort`."""
    if sort is ModifierSetSortField.NAME:
        return name_key(modifier_set.name), modifier_set.id
    return modifier_set.created_at, modifier_set.id


_Readings = tuple[Prepared, Prepared]
"""The statement for merchants and the one for browsers, chosen by `actor.is_buyer`."""


async def _sets(
    reader: Reader, readings: _Readings, ids: Sequence[UUID]
) -> Mapping[UUID, ModifierSet]:
    rows = await reader.fetch(readings[reader.actor.is_buyer], {"ids": ids})
    return {each.id: each for each in map(_whole, rows)}


def _whole(row: Record) -> ModifierSet:
    """Build a set of a row of `_SET_COLUMNS` with the rows of its groups and modifiers."""
    *own, groups, modifiers = row
    found = _set(own)
    chosen: dict[UUID, list[Modifier]] = {}
    for each in map(_modifier, modifiers):
        chosen.setdefault(each.group_id, []).append(each)
    found.groups = list(_with_modifiers(map(_group, groups), chosen))
    return found


def _with_modifiers(
    groups: Iterator[ModifierGroup], chosen: Mapping[UUID, Sequence[Modifier]]
) -> Iterator[ModifierGroup]:
    for group in groups:
        group.modifiers = chosen.get(group.id, [])
        yield group


def _modifier(row: Record) -> Modifier:
    read = _named_modifier(row)
    return Modifier(
        id=read.id,
        group_id=read.group_id,
        name=read.name,
        unit_price_delta=Money(read.unit_price_delta_minor, read.currency),
        position=read.position,
        selected_by_default=read.selected_by_default,
        default_quantity=read.default_quantity,
        taxable=read.taxable,
        tax_category=read.tax_category,
        status=read.status,
    )


def _conditions(reader: Reader, wanted: ModifierSetFilter) -> Values:
    conditions: dict[str, Any] = {}
    if reader.actor.is_buyer:
        conditions["active"] = True
    if wanted.statuses:
        conditions["statuses"] = wanted.statuses
    if wanted.query:
        conditions["query"] = pattern(wanted.query)
    return conditions


def _sets_where(condition: ColumnElement[bool]) -> _Readings:
    statements = (
        select(*_SET_COLUMNS, _groups(*shown), _modifiers(*shown)).where(
            within(ModifierSetRow), condition
        )
        for shown in ((), (ModifierStatus.ACTIVE,))
    )
    for_all, for_buyers = statements
    return Prepared(for_all), Prepared(for_buyers.where(_IS_ACTIVE))


def _groups(*statuses: ModifierStatus) -> ColumnElement[Any]:
    """Select the groups beside their set, as rows of `_GROUP_COLUMNS`."""
    group = ModifierGroupRow
    mine = and_(
        group.environment_id == ModifierSetRow.environment_id, group.set_id == ModifierSetRow.id
    )
    rows = (
        select(func.row(*_GROUP_COLUMNS))
        .where(mine, *(group.status == each for each in statuses))
        .order_by(group.position)
        .correlate(ModifierSetRow)
    )
    return func.array(rows.scalar_subquery()).label("groups")


def _modifiers(*statuses: ModifierStatus) -> ColumnElement[Any]:
    """Select the modifiers of all groups beside the set, as rows of `_MODIFIER_COLUMNS`."""
    modifier, group = ModifierRow, ModifierGroupRow
    rows = (
        select(func.row(*_MODIFIER_COLUMNS))
        .join(
            group,
            and_(
                group.environment_id == modifier.environment_id,
                group.id == modifier.group_id,
            ),
        )
        .where(
            group.environment_id == ModifierSetRow.environment_id,
            group.set_id == ModifierSetRow.id,
            *(modifier.status == each for each in statuses),
        )
        .order_by(modifier.position)
        .correlate(ModifierSetRow)
    )
    return func.array(rows.scalar_subquery()).label("modifiers")


_SET_COLUMNS = columns_of(ModifierSetRow, ModifierSet)
_GROUP_COLUMNS = columns_of(ModifierGroupRow, ModifierGroup)
_MODIFIER_COLUMNS: tuple[ColumnElement[Any], ...] = tuple(
    column for column in ModifierRow.__table__.c if column.name != "environment_id"
)
_listed = maker(ListedModifierSet, _SET_COLUMNS)
_set = maker(ModifierSet, _SET_COLUMNS)
_group = maker(ModifierGroup, _GROUP_COLUMNS)
_named_modifier = named(_MODIFIER_COLUMNS)

_IS_ACTIVE = ModifierSetRow.status == ModifierSetStatus.ACTIVE
_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_BY_IDS = _sets_where(ModifierSetRow.id == _IDS)
_OF_GROUPS = _sets_where(
    ModifierSetRow.id.in_(
        select(ModifierGroupRow.set_id).where(within(ModifierGroupRow), ModifierGroupRow.id == _IDS)
    )
)
_OF_MODIFIERS = _sets_where(
    ModifierSetRow.id.in_(
        select(ModifierGroupRow.set_id)
        .join(
            ModifierRow,
            and_(
                ModifierRow.environment_id == ModifierGroupRow.environment_id,
                ModifierRow.group_id == ModifierGroupRow.id,
            ),
        )
        .where(within(ModifierGroupRow, ModifierRow), ModifierRow.id == _IDS)
    )
)
_LISTING = Listing(
    select(*_SET_COLUMNS).where(within(ModifierSetRow)),
    ModifierSetRow,
    sorts={
        ModifierSetSortField.NAME: ModifierSetRow.name_key,
        ModifierSetSortField.CREATED_AT: ModifierSetRow.created_at,
    },
    conditions={
        "active": _IS_ACTIVE,
        "statuses": one_of_these(ModifierSetRow.status, "statuses"),
        "query": contains("query", ModifierSetRow.name),
    },
)
