"""Keyset pagination in SQL: no OFFSET, so any page costs what the first one does (PAG-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from ordergraph.core.paging import COUNT_LIMIT, Page, PageRequest, cut
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.transaction import Reader


def paged(
    statement: Select[Any],
    sort: InstrumentedAttribute[Any] | ColumnElement[Any],
    row: type[TenantRow],
    page: PageRequest,
) -> Select[Any]:
    """Order by (`sort`, id), begin after the page's position, fetch one row more than asked."""
    key = tuple_(sort, row.id)
    if page.after is not None:
        after = tuple_(literal(page.after.value, sort.type), literal(page.after.id, row.id.type))
        statement = statement.where(key < after if page.descending else key > after)
    order = (sort.desc(), row.id.desc()) if page.descending else (sort.asc(), row.id.asc())
    return statement.order_by(*order).limit(page.limit + 1)


async def counted_to_limit(reader: Reader, statement: Select[Any]) -> int:
    """Count the rows of an unpaged statement, at most one beyond `COUNT_LIMIT`."""
    inner = statement.order_by(None).limit(COUNT_LIMIT + 1).subquery()
    return int(await reader.scalar(select(func.count()).select_from(inner)))


async def pages_by_owner(
    reader: Reader,
    statement: Select[Any],
    owner: InstrumentedAttribute[Any],
    sort: InstrumentedAttribute[Any],
    row: type[TenantRow],
    ids: Sequence[UUID],
    page: PageRequest,
) -> Mapping[UUID, Page[Row[Any]]]:
    """Return the same page of a list for each of its owners, in one statement.

    `statement` selects `sort` and the id among its columns; `owner` says whose a row is.
    """
    owners = _owners()
    one = paged(statement.where(owner == owners.c.id), sort, row, page).lateral("page")
    order = [one.c[sort.key], one.c.id]
    found = await reader.rows(
        select(owners.c.id.label("owner"), *one.c)
        .select_from(owners.join(one, true()))
        .order_by(*(each.desc() if page.descending else each.asc() for each in order)),
        {"owners": list(ids)},
    )
    rows: dict[UUID, list[Any]] = {id: [] for id in ids}
    for whose, *values in found:
        rows[whose].append(values)
    return {id: cut(mine, page.limit) for id, mine in rows.items()}


async def counts_by_owner(
    reader: Reader, statement: Select[Any], owner: InstrumentedAttribute[Any], ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """Count a list for each of its owners, at most one beyond `COUNT_LIMIT`, in one statement."""
    owners = _owners()
    one = statement.where(owner == owners.c.id).order_by(None).limit(COUNT_LIMIT + 1).lateral()
    found = await reader.rows(
        select(owners.c.id, func.count(one.c.id))
        .select_from(owners.outerjoin(one, true()))
        .group_by(owners.c.id),
        {"owners": list(ids)},
    )
    return dict(map(tuple, found))


def _owners() -> Any:
    ids = func.unnest(bindparam("owners", type_=ARRAY(Uuid)))
    return ids.table_valued("id", name="owners").render_derived()


def contains(text: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that one of `columns` contains `text`, whatever the case (PAG-6)."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    conditions = [column.ilike(f"%{escaped}%", escape="\\") for column in columns]
    found = conditions[0]
    for condition in conditions[1:]:
        found = found | condition
    return found
