"""Keyset pagination in SQL: no OFFSET, so any page costs what the first one does (PAG-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from ordergraph.core.paging import COUNT_LIMIT, Page, PageRequest, cut
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.prepared import MOST_SHAPES, NOTHING, Prepared, Record, Values
from ordergraph.runtime.db.transaction import Reader

Column = InstrumentedAttribute[Any] | ColumnElement[Any]
Conditions = Mapping[str, ColumnElement[bool]]


class _Extent(NamedTuple):
    """How many rows are read, which way, and whether they begin after a cursor."""

    rows: int
    descending: bool
    after: bool


class Listing:
    """A list that can be filtered, sorted and paged, its statements rendered once for each shape.

    `statement` selects the columns, the id and the sorts among them, confined to the environment.
    A shape is which of the conditions hold, the sort, the direction, whether it begins after a
    cursor, and how many rows it has: a plan for any number of them would be one for many. A
    condition takes its value by a bound parameter of its own name. Rows that sort alike stand in
    the order of the id of `row`, or of `tie`, where another table has it in its key.
    """

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]],
        row: type[TenantRow],
        sorts: Mapping[str, Column],
        conditions: Conditions | None = None,
        owner: InstrumentedAttribute[Any] | None = None,
        tie: InstrumentedAttribute[Any] | None = None,
    ) -> None:
        self._statement = statement
        self._tie: InstrumentedAttribute[Any] = row.id if tie is None else tie
        self._sorts = sorts
        self._conditions = conditions or {}
        self._owner = owner
        self._page = lru_cache(MOST_SHAPES)(self._render_page)
        self._count = lru_cache(MOST_SHAPES)(self._render_count)
        self._pages = lru_cache(MOST_SHAPES)(self._render_pages)
        self._counts = lru_cache(MOST_SHAPES)(self._render_counts)

    async def page(
        self, reader: Reader, sort: str, page: PageRequest, wanted: Values = NOTHING
    ) -> Page[Record]:
        """Return one page in one statement; `wanted` has the conditions that hold by name."""
        shape = self._page(tuple(wanted), sort, _extent(page))
        return cut(await reader.fetch(shape, {**wanted, **_place(page)}), page.limit)

    async def count(self, reader: Reader, wanted: Values = NOTHING) -> int:
        """Count the rows of the list, at most one beyond `COUNT_LIMIT`."""
        return int((await reader.fetch(self._count(tuple(wanted)), wanted))[0][0])

    async def pages(
        self,
        reader: Reader,
        sort: str,
        page: PageRequest,
        owners: Sequence[UUID],
        wanted: Values = NOTHING,
    ) -> Mapping[UUID, Page[Record]]:
        """Return the same page of the list of each owner, in one statement."""
        shape = self._pages(tuple(wanted), sort, _extent(page))
        found = await reader.fetch(shape, {**wanted, **_place(page), "owners": owners})
        rows: dict[UUID, list[Record]] = {id: [] for id in owners}
        for whose, *values in found:
            rows[whose].append(values)
        return {id: cut(mine, page.limit) for id, mine in rows.items()}

    async def counts(
        self, reader: Reader, owners: Sequence[UUID], wanted: Values = NOTHING
    ) -> Mapping[UUID, int]:
        """Count the list of each owner, at most one beyond `COUNT_LIMIT`, in one statement."""
        found = await reader.fetch(self._counts(tuple(wanted)), {**wanted, "owners": owners})
        return dict(map(tuple, found))

    def _render_page(self, wanted: Sequence[str], sort: str, extent: _Extent) -> Prepared:
        return Prepared(self._ordered(self._filtered(wanted), sort, extent))

    def _render_count(self, wanted: Sequence[str]) -> Prepared:
        inner = self._filtered(wanted).limit(COUNT_LIMIT + 1).subquery()
        return Prepared(select(func.count()).select_from(inner))

    def _render_pages(self, wanted: Sequence[str], sort: str, extent: _Extent) -> Prepared:
        owners = _owners()
        one = self._ordered(self._owned(wanted, owners), sort, extent).lateral("page")
        sorted_by: Any = self._sorts[sort]
        order: Any = [one.c[sorted_by.key], one.c.id]
        return Prepared(
            select(owners.c.id.label("owner"), *one.c)
            .select_from(owners.join(one, true()))
            .order_by(*(each.desc() if extent.descending else each.asc() for each in order))
        )

    def _render_counts(self, wanted: Sequence[str]) -> Prepared:
        owners = _owners()
        one = self._owned(wanted, owners).limit(COUNT_LIMIT + 1).lateral()
        return Prepared(
            select(owners.c.id, func.count(one.c.id))
            .select_from(owners.outerjoin(one, true()))
            .group_by(owners.c.id)
        )

    def _filtered(self, wanted: Sequence[str]) -> Select[*tuple[Any, ...]]:
        known = self._conditions
        return self._statement.where(*(known[name] for name in wanted if name in known))

    def _owned(self, wanted: Sequence[str], owners: Any) -> Select[*tuple[Any, ...]]:
        assert self._owner is not None
        return self._filtered(wanted).where(self._owner == owners.c.id)

    def _ordered(
        self, statement: Select[*tuple[Any, ...]], sort: str, extent: _Extent
    ) -> Select[*tuple[Any, ...]]:
        """Order by (`sort`, id), begin after the page's position, fetch one row more than asked."""
        by, id = self._sorts[sort], self._tie
        descending = extent.descending
        if extent.after:
            place = tuple_(bindparam("after", type_=by.type), bindparam("after_id", type_=id.type))
            key = tuple_(by, id)
            statement = statement.where(key < place if descending else key > place)
        order = (by.desc(), id.desc()) if descending else (by.asc(), id.asc())
        return statement.order_by(*order).limit(extent.rows)


def _extent(page: PageRequest) -> _Extent:
    return _Extent(page.limit + 1, page.descending, page.after is not None)


def _place(page: PageRequest) -> Values:
    if page.after is None:
        return NOTHING
    return {"after": page.after.value, "after_id": page.after.id}


def _owners() -> Any:
    ids = func.unnest(bindparam("owners", type_=ARRAY(Uuid)))
    return ids.table_valued("id", name="owners").render_derived()


def contains(parameter: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that one of `columns` has the text of `parameter`, a `pattern`."""
    wanted = bindparam(parameter, type_=Text)
    conditions = [column.ilike(wanted, escape="\\") for column in columns]
    found = conditions[0]
    for condition in conditions[1:]:
        found = found | condition
    return found


def pattern(text: str) -> str:
    """Return what `contains` takes to find `text` anywhere, whatever the case (PAG-6)."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def one_of_these(column: InstrumentedAttribute[Any], parameter: str) -> ColumnElement[bool]:
    """Return the condition that a text or enumeration is among those of `parameter`."""
    return column == any_(bindparam(parameter, type_=ARRAY(Text)))
