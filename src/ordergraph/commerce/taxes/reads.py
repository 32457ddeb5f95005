"""Looking tax rates up."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, select

from ordergraph.commerce.taxes.tables import TaxRateRow
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.paging import Page, PageRequest, SortValue
from ordergraph.core.taxes import TaxRate
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import Prepared, Record, maker
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

_COLUMNS = columns_of(TaxRateRow, TaxRate)
_CATEGORIES = {each.value: each for each in TaxCategory}


def _made(*values: Any) -> TaxRate:
    rate = list(values)
    rate[_NAMED] = tuple(_CATEGORIES[each] for each in rate[_NAMED])
    return TaxRate(*rate)


_NAMED = [column.key for column in _COLUMNS].index("tax_categories")
_rate = maker(_made, _COLUMNS)
_ACTIVE = select(*_COLUMNS).where(within(TaxRateRow), TaxRateRow.deleted_at.is_(None))


async def active_rates(reader: Reader) -> Sequence[TaxRate]:
    """Return all rates that are in force, the oldest first, for `core.taxes.match_taxes`."""
    return [_rate(row) for row in await reader.fetch(_ALL)]


def rates_beside() -> ColumnElement[Any]:
    """Return a column for `rates_from`: all rates that are in force."""
    rates = select(func.row(*_COLUMNS)).where(within(TaxRateRow), TaxRateRow.deleted_at.is_(None))
    ordered = rates.order_by(TaxRateRow.created_at, TaxRateRow.id)
    return func.array(ordered.scalar_subquery())


def rates_from(rows: Sequence[Record]) -> Sequence[TaxRate]:
    """Return the rates in a column that `rates_beside` made, the oldest first."""
    return [_rate(row) for row in rows]


async def tax_rates_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, TaxRate]:
    """Return the rates among `ids` that are in force, by id."""
    rows = await reader.fetch(_BY_IDS, {"ids": ids})
    return {rate.id: rate for rate in map(_rate, rows)}


async def tax_rate_page(reader: Reader, page: PageRequest) -> Page[TaxRate]:
    """Return one page of the rates in force, ordered by when they were made."""
    found = await _LISTING.page(reader, "created_at", page)
    return Page([_rate(row) for row in found.items], found.has_next)


async def tax_rate_count(reader: Reader) -> int:
    """Count the rates in force, to one beyond the limit of counts."""
    return await _LISTING.count(reader)


def sort_key(rate: TaxRate) -> tuple[SortValue, UUID]:
    """Return where a rate stands in a list."""
    return rate.created_at, rate.id


_ALL = Prepared(_ACTIVE.order_by(TaxRateRow.created_at, TaxRateRow.id))
_BY_IDS = Prepared(_ACTIVE.where(TaxRateRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
_LISTING = Listing(_ACTIVE, TaxRateRow, {"created_at": TaxRateRow.created_at})
