"""Looking tax rates up."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.taxes.tables import TaxRateRow
from ordergraph.core.paging import Page, PageRequest, SortValue, cut
from ordergraph.core.taxes import TaxRate
from ordergraph.runtime.db.paging import counted_to_limit, paged
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

_COLUMNS = tuple(
    column
    for column in TaxRateRow.__table__.c
    if column.name not in ("environment_id", "deleted_at")
)
_ACTIVE = select(*_COLUMNS).where(within(TaxRateRow), TaxRateRow.deleted_at.is_(None))


async def active_rates(reader: Reader) -> Sequence[TaxRate]:
    """Return all rates that are in force, the oldest first, for `core.taxes.match_taxes`."""
    return [_rate(row) for row in await reader.rows(_ALL)]


async def tax_rates_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, TaxRate]:
    """Return the rates among `ids` that are in force, by id."""
    rows = await reader.rows(_BY_IDS, {"ids": list(ids)})
    return {row.id: _rate(row) for row in rows}


async def tax_rate_page(reader: Reader, page: PageRequest) -> Page[TaxRate]:
    """Return one page of the rates in force, ordered by when they were made."""
    rows = await reader.rows(paged(_ACTIVE, TaxRateRow.created_at, TaxRateRow, page))
    return cut([_rate(row) for row in rows], page.limit)


async def tax_rate_count(reader: Reader) -> int:
    """Count the rates in force, to one beyond the limit of counts."""
    return await counted_to_limit(reader, _ACTIVE)


def sort_key(rate: TaxRate) -> tuple[SortValue, UUID]:
    """Return where a rate stands in a list."""
    return rate.created_at, rate.id


def _rate(row: Any) -> TaxRate:
    return TaxRate(
        id=row.id,
        name=row.name,
        percent=row.percent,
        inclusive=row.inclusive,
        created_at=row.created_at,
        country=row.country,
        region=row.region,
        postal_prefix=row.postal_prefix,
        tax_category=row.tax_category,
    )


_ALL = _ACTIVE.order_by(TaxRateRow.created_at, TaxRateRow.id)
_BY_IDS = _ACTIVE.where(TaxRateRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
