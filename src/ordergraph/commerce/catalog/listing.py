"""Listing products: filters, sorts and pages (CAT-9)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from ordergraph.commerce.catalog.reads import PRODUCT_COLUMNS, product_from
from ordergraph.commerce.catalog.rules import (
    Product,
    ProductStatus,
    ProductType,
    VariantStatus,
    name_key,
)
from ordergraph.commerce.catalog.tables import ProductRow, SellableSkuRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryLevelRow
from ordergraph.core.paging import Page, PageRequest, cut
from ordergraph.runtime.db.paging import contains, counted_to_limit, paged
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


class ProductSortField(StrEnum):
    """What a list of products is ordered by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products a list has; without `statuses` all that are not deleted.

    `query` is a part of the name, the description or a SKU; `id` that of a product or variant,
    when the text looked for is one. Times are from `_after`, included, to `_before`, excluded.
    """

    query: str | None = None
    id: UUID | None = None
    types: tuple[ProductType, ...] = ()
    statuses: tuple[ProductStatus, ...] = ()
    only_in_stock: bool = False
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None


_SORTS = {
    ProductSortField.NAME: ProductRow.name_key,
    ProductSortField.CREATED_AT: ProductRow.created_at,
    ProductSortField.UPDATED_AT: ProductRow.updated_at,
}


async def product_page(
    reader: Reader, wanted: ProductFilter, sort: ProductSortField, page: PageRequest
) -> Page[Product]:
    """Return one page of products, without their variants, in one statement."""
    rows = await reader.rows(paged(_filtered(reader, wanted), _SORTS[sort], ProductRow, page))
    return cut([product_from(row) for row in rows], page.limit)


async def product_count(reader: Reader, wanted: ProductFilter) -> int:
    """Count the products of a list, to one beyond the limit of counts."""
    return await counted_to_limit(reader, _filtered(reader, wanted))


def sort_key(product: Product, sort: ProductSortField) -> tuple[datetime | str, UUID]:
    """Return where a product stands in a list ordered by `sort`."""
    if sort is ProductSortField.NAME:
        return name_key(product.name), product.id
    at = product.created_at if sort is ProductSortField.CREATED_AT else product.updated_at
    return at, product.id


def _filtered(reader: Reader, wanted: ProductFilter) -> Select[Any]:
    row = ProductRow
    conditions = [within(row), *_times(wanted)]
    if wanted.statuses:
        conditions.append(row.status.in_(wanted.statuses))
    else:
        conditions.append(row.status != ProductStatus.DELETED)
    if reader.actor.is_buyer:
        conditions.append(row.status == ProductStatus.ACTIVE)
    if wanted.types:
        conditions.append(row.product_type.in_(wanted.types))
    if wanted.only_in_stock:
        conditions.append(_in_stock())
    if wanted.query:
        conditions.append(_matching(reader, wanted.query, wanted.id))
    return select(*PRODUCT_COLUMNS).where(*conditions)


def _times(wanted: ProductFilter) -> list[ColumnElement[bool]]:
    """Bounds of TIME-2: `after` is included, `before` is not."""
    bounds: list[ColumnElement[bool]] = []
    if wanted.created_after is not None:
        bounds.append(ProductRow.created_at >= wanted.created_after)
    if wanted.created_before is not None:
        bounds.append(ProductRow.created_at < wanted.created_before)
    if wanted.updated_after is not None:
        bounds.append(ProductRow.updated_at >= wanted.updated_after)
    if wanted.updated_before is not None:
        bounds.append(ProductRow.updated_at < wanted.updated_before)
    return bounds


def _matching(reader: Reader, query: str, id: UUID | None) -> ColumnElement[bool]:
    """Find text in the product's own, or in a SKU of a variant that this reader may see."""
    conditions = [
        contains(query, ProductRow.name, ProductRow.description),
        _has_variant(_seen_by(reader), contains(query, SellableSkuRow.sku)),
    ]
    if id is not None:
        conditions += [
            ProductRow.id == id,
            _has_variant(_seen_by(reader), VariantRow.id == id),
        ]
    return or_(*conditions)


def _seen_by(reader: Reader) -> ColumnElement[bool]:
    if reader.actor.is_buyer:
        return VariantRow.status == VariantStatus.ACTIVE
    return VariantRow.status != VariantStatus.DELETED


def _in_stock() -> ColumnElement[bool]:
    """An active variant is untracked, or has units that nobody holds (CAT-10)."""
    level = InventoryLevelRow
    return _has_variant(
        VariantRow.status == VariantStatus.ACTIVE,
        or_(~level.tracked, level.on_hand > level.held),
    )


def _has_variant(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell of a product whether one of its variants, with its SKU and level, is as said."""
    variant, level, sku = VariantRow, InventoryLevelRow, SellableSkuRow
    environment = variant.environment_id
    return exists(
        select(variant.id)
        .join(level, and_(level.environment_id == environment, level.variant_id == variant.id))
        .outerjoin(sku, and_(sku.environment_id == environment, sku.id == variant.id))
        .where(
            environment == ProductRow.environment_id,
            variant.product_id == ProductRow.id,
            *conditions,
        )
        .correlate(ProductRow)
    )
