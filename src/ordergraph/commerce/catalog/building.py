"""Building products and variants of rows: the columns that are read, and what they become."""

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

import orjson
from sqlalchemy import Text, cast

from ordergraph.commerce.catalog.rules import (
    ListedProduct,
    ListedVariant,
    Product,
    ProductOption,
    ProductStatus,
    ProductType,
    SelectedOption,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.runtime.db.prepared import Record

_PRODUCTS_KEPT = 1024
"""How many products' options are kept read: they change seldom."""

_CHOICES_KEPT = 4096
"""How many different choices of options are kept: the sizes of one shirt are those of many."""


def listed_product(row: Record) -> ListedProduct:
    """Build a product from a row of `LISTED_PRODUCT_COLUMNS`."""
    id, name, kind, status, image_url, options, created_at, updated_at = row
    return ListedProduct(
        id,
        name,
        _PRODUCT_TYPES[kind],
        _PRODUCT_STATUSES[status],
        image_url,
        _options(options),
        created_at,
        updated_at,
    )


def product_of(row: Record) -> Product:
    """Build a product from a row of `PRODUCT_COLUMNS`."""
    id, name, kind, status, image_url, options, *rest = row
    return Product(
        id,
        name,
        _PRODUCT_TYPES[kind],
        _PRODUCT_STATUSES[status],
        image_url,
        _options(options),
        *rest,
    )


def whole_variants(product: ListedProduct, rows: Iterable[Record]) -> list[Variant]:
    """Build variants from rows of `VARIANT_COLUMNS`, sharing what is of their product."""
    return [_variant(product, row) for row in rows]


def variant_of(row: Record) -> Variant:
    """Build a variant from a row of `SOLD_COLUMNS`."""
    return _variant(product_of(row[_OF_VARIANT:]), row[:_OF_VARIANT])


@lru_cache(_PRODUCTS_KEPT)
def _options(stored: str) -> tuple[ProductOption, ...]:
    """Return the options of a product; `stored` is a JSON array as text."""
    return tuple(
        ProductOption(UUID(option["id"]), option["name"], tuple(option["values"]))
        for option in orjson.loads(stored)
    )


def listed_variants(product: ListedProduct, rows: Iterable[Record]) -> list[ListedVariant]:
    """Build variants from rows of `LISTED_COLUMNS`, sharing what is of their product."""
    names = tuple([option.name for option in product.options])
    return [
        ListedVariant(
            id,
            product_id,
            product.name,
            product.status,
            position,
            is_default,
            name,
            _chosen(names, values),
            sku,
            Money(minor, currency),
            _VARIANT_STATUSES[status],
            tracked,
            enforced,
            on_hand,
            held,
        )
        for (
            id,
            product_id,
            position,
            is_default,
            name,
            values,
            sku,
            minor,
            currency,
            status,
            tracked,
            enforced,
            on_hand,
            held,
        ) in rows
    ]


def _variant(product: ListedProduct, row: Record) -> Variant:
    id, product_id, position, is_default, name, values, sku, minor, currency, status = row[:10]
    tracked, enforced, on_hand, held, barcode, taxable, tax_category, *rest = row[10:]
    return Variant(
        id,
        product_id,
        product.name,
        product.status,
        position,
        is_default,
        name,
        _chosen(tuple([option.name for option in product.options]), values),
        sku,
        Money(minor, currency),
        _VARIANT_STATUSES[status],
        tracked,
        enforced,
        on_hand,
        held,
        product.product_type,
        product.image_url,
        barcode,
        taxable,
        _TAX_CATEGORIES[tax_category],
        *rest,
    )


@lru_cache(_CHOICES_KEPT)
def _chosen(names: tuple[str, ...], values: str) -> tuple[SelectedOption, ...]:
    """Return the options that a variant stands for; `values` is a JSON array as text."""
    return tuple(map(SelectedOption, names, orjson.loads(values)))


_PRODUCT_TYPES = {each.value: each for each in ProductType}
_PRODUCT_STATUSES = {each.value: each for each in ProductStatus}
_VARIANT_STATUSES = {each.value: each for each in VariantStatus}
_TAX_CATEGORIES = {each.value: each for each in TaxCategory}

LISTED_PRODUCT_COLUMNS = (
    ProductRow.id,
    ProductRow.name,
    ProductRow.product_type,
    ProductRow.status,
    ProductRow.image_url,
    cast(ProductRow.options, Text),
    ProductRow.created_at,
    ProductRow.updated_at,
)
PRODUCT_COLUMNS = (
    *LISTED_PRODUCT_COLUMNS,
    ProductRow.description,
    ProductRow.external_reference_id,
    ProductRow.metadata_,
    ProductRow.version,
)
LISTED_COLUMNS = (
    VariantRow.id,
    VariantRow.product_id,
    VariantRow.position,
    VariantRow.is_default,
    VariantRow.name,
    cast(VariantRow.option_values, Text),
    SellableCodeRow.sku,
    VariantRow.unit_price_minor,
    VariantRow.currency,
    VariantRow.status,
    InventoryItemRow.tracked,
    InventoryItemRow.enforced,
    InventoryItemRow.on_hand,
    InventoryItemRow.held,
)
VARIANT_COLUMNS = (
    *LISTED_COLUMNS,
    SellableCodeRow.barcode,
    VariantRow.taxable,
    VariantRow.tax_category,
    VariantRow.external_reference_id,
    VariantRow.metadata_,
    VariantRow.version,
    VariantRow.created_at,
    VariantRow.updated_at,
)
SOLD_COLUMNS = (*VARIANT_COLUMNS, *PRODUCT_COLUMNS)
_OF_VARIANT = len(VARIANT_COLUMNS)
