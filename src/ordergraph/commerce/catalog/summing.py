"""Summing up: what a product tells of all its variants, kept beside it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, select, update

from ordergraph.commerce.catalog.rules import VariantStatus
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def sum_up(tx: Transaction, product_ids: Collection[UUID]) -> None:
    """Recompute the lowest and highest price and the counts of products from their variants.

    Prices are those of the active variants, or of all where none is active. The caller holds the
    rows of the products; one without any variant keeps what it had.
    """
    await tx.fetch(_SUM_UP, {"ids": list(product_ids)})


_IS_ACTIVE = VariantRow.status == VariantStatus.ACTIVE


def _of_active(extreme: ColumnElement[Any]) -> ColumnElement[Any]:
    among: Any = extreme
    return func.coalesce(among.filter(_IS_ACTIVE), extreme)


_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_SUMS = (
    select(
        VariantRow.product_id,
        _of_active(func.min(VariantRow.unit_price_minor)).label("lowest"),
        _of_active(func.max(VariantRow.unit_price_minor)).label("highest"),
        func.count().label("variants"),
        func.count().filter(_IS_ACTIVE).label("active"),
    )
    .where(
        within(VariantRow),
        VariantRow.product_id == _IDS,
        VariantRow.status != VariantStatus.DELETED,
    )
    .group_by(VariantRow.product_id)
    .subquery()
)
_SUM_UP = Prepared(
    update(ProductRow)
    .where(within(ProductRow), ProductRow.id == _SUMS.c.product_id)
    .values(
        lowest_price_minor=_SUMS.c.lowest,
        highest_price_minor=_SUMS.c.highest,
        variant_count=_SUMS.c.variants,
        active_variant_count=_SUMS.c.active,
    )
    .returning(ProductRow.id)
)
