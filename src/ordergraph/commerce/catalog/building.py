"""Building products and variants of rows: the columns that are read, and what they become."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Text, cast

from ordergraph.commerce.catalog.rules import (
    Image,
    ListedProduct,
    ListedVariant,
    Product,
    ProductOption,
    ProductStatus,
    ProductType,
    SelectedOption,
    Seo,
    ShownProduct,
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

_PICTURES_KEPT = 1024
"""How many lists of pictures are kept read."""

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


def shown_product(row: Record) -> ShownProduct:
    """Build a product from a row of `SHOWN_PRODUCT_COLUMNS`."""
    return ShownProduct(*_as_shown(row))


def product_of(row: Record) -> Product:
    """Build a product from a row of `PRODUCT_COLUMNS`."""
    description, title, seo_description, *rest = row[_SHOWN:]
    whole: list[Any] = [description, Seo(title, seo_description), *rest]
    return Product(*_as_shown(row[:_SHOWN]), *whole)


def _as_shown(row: Record) -> tuple[Any, ...]:
    """Return the fields that a product is shown with."""
    id, name, kind, status, image_url, options, created_at, updated_at, *beyond = row
    slug, images, currency, lowest, highest, variants, active = beyond
    return (
        id,
        name,
        _PRODUCT_TYPES[kind],
        _PRODUCT_STATUSES[status],
        image_url,
        _options(options),
        created_at,
        updated_at,
        slug,
        images_of(images),
        Money(lowest, currency),
        Money(highest, currency),
        variants,
        active,
    )


def whole_variants(product: Product, rows: Iterable[Record]) -> list[Variant]:
    """Build variants from rows of `VARIANT_COLUMNS`, sharing what is of their product."""
    parent = _Parent(
        product.name,
        product.product_type,
        product.status,
        product.options,
        product.images,
        product.modifier_set_id,
    )
    return [_variant(parent, row) for row in rows]


def variant_of(row: Record) -> Variant:
    """Build a variant from a row of `SOLD_COLUMNS`."""
    name, kind, status, options, images, modifier_set_id = row[_OF_VARIANT:]
    parent = _Parent(
        name,
        _PRODUCT_TYPES[kind],
        _PRODUCT_STATUSES[status],
        _options(options),
        images_of(images),
        modifier_set_id,
    )
    return _variant(parent, row[:_OF_VARIANT])


@dataclass(slots=True)
class _Parent:
    """What variants have of their product."""

    name: str
    product_type: ProductType
    status: ProductStatus
    options: tuple[ProductOption, ...]
    images: tuple[Image, ...]
    modifier_set_id: UUID | None


@lru_cache(_PICTURES_KEPT)
def images_of(stored: str) -> tuple[Image, ...]:
    """Return the pictures of a product, variant or bundle; `stored` is a JSON array as text."""
    return tuple(
        Image(each["url"], each.get("altText"), each.get("width"), each.get("height"))
        for each in orjson.loads(stored)
    )


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


def _variant(product: _Parent, row: Record) -> Variant:
    id, product_id, position, is_default, name, values, sku, minor, currency, status = row[:10]
    tracked, enforced, on_hand, held, barcode, taxable, tax_category = row[10:17]
    compare_at, images, *rest = row[17:]
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
        product.images,
        product.modifier_set_id,
        barcode,
        taxable,
        _TAX_CATEGORIES[tax_category],
        None if compare_at is None else Money(compare_at, currency),
        images_of(images),
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
SHOWN_PRODUCT_COLUMNS = (
    *LISTED_PRODUCT_COLUMNS,
    ProductRow.slug,
    cast(ProductRow.images, Text),
    ProductRow.currency,
    ProductRow.lowest_price_minor,
    ProductRow.highest_price_minor,
    ProductRow.variant_count,
    ProductRow.active_variant_count,
)
_SHOWN = len(SHOWN_PRODUCT_COLUMNS)
PRODUCT_COLUMNS = (
    *SHOWN_PRODUCT_COLUMNS,
    ProductRow.description,
    ProductRow.seo_title,
    ProductRow.seo_description,
    ProductRow.modifier_set_id,
    ProductRow.external_reference_id,
    ProductRow.metadata_,
    ProductRow.public_metadata,
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
    VariantRow.compare_at_minor,
    cast(VariantRow.images, Text),
    VariantRow.modifier_set_id,
    VariantRow.external_reference_id,
    VariantRow.metadata_,
    VariantRow.public_metadata,
    VariantRow.version,
    VariantRow.created_at,
    VariantRow.updated_at,
)
SOLD_COLUMNS = (
    *VARIANT_COLUMNS,
    ProductRow.name,
    ProductRow.product_type,
    ProductRow.status,
    cast(ProductRow.options, Text),
    cast(ProductRow.images, Text),
    ProductRow.modifier_set_id,
)
"""A variant with no more of its product than a sale needs."""

_OF_VARIANT = len(VARIANT_COLUMNS)
