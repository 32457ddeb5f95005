"""Looking products and variants up, with their stock; browsers find only what is active."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Select, Text, Uuid, and_, any_, bindparam, cast, select

from ordergraph.commerce.catalog.rules import (
    ListedVariant,
    Product,
    ProductOption,
    ProductStatus,
    ProductType,
    SelectedOption,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.tables import ProductRow, SellableSkuRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryLevelRow
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.runtime.db.prepared import Prepared, Record
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

_PRODUCTS_KEPT = 1024
"""How many products' options are kept read: they change seldom."""

_CHOICES_KEPT = 4096
"""How many different choices of options are kept: the sizes of one shirt are those of many."""


async def products_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Product]:
    """Return the products among `ids` that this reader may find, by id; without their variants."""
    rows = await reader.fetch(_PRODUCTS_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {product.id: product for product in map(product_from, rows)}


async def products_in_detail(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Product]:
    """Return the products among `ids` that this reader may find with their variants, by id."""
    found = await products_by_ids(reader, ids)
    variants = await variants_by_product(reader, list(found))
    for id, product in found.items():
        product.variants = variants[id]
    return found


async def list_variants(reader: Reader, products: Sequence[Product]) -> None:
    """Give each of `products` its variants, as lists show them, in one statement for all."""
    by_id = {product.id: product for product in products}
    found: dict[UUID, list[ListedVariant]] = {id: [] for id in by_id}
    statement = _LISTED_BY_PRODUCT[reader.actor.is_buyer]
    rows = await reader.fetch(statement, {"ids": list(by_id)})
    for id, of_product in groupby(rows, itemgetter(1)):
        found[id] = _listed(by_id[id], of_product)
    for id, product in by_id.items():
        product.variants = found[id]


async def variants_for_sale(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Variant]:
    """Return the variants among `ids` that this reader may find, by id, with product and stock.

    A merchant finds inactive ones too: `active` and `available_for_sale` tell what can be sold.
    """
    rows = await reader.fetch(_VARIANTS_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {variant.id: variant for variant in map(_variant, rows)}


async def variants_by_product(
    reader: Reader, product_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Variant]]:
    """Return the variants of each product in their order, in one statement for all products."""
    statement = _VARIANTS_BY_PRODUCT[reader.actor.is_buyer]
    found: dict[UUID, list[Variant]] = {id: [] for id in product_ids}
    for variant in map(_variant, await reader.fetch(statement, {"ids": product_ids})):
        found[variant.product_id].append(variant)
    return found


async def sellable_by_sku(reader: Reader, sku: str) -> Variant | None:
    """Return what bears exactly this SKU, trimmed, or None (CAT-30)."""
    rows = await reader.fetch(_VARIANT_BY_SKU[reader.actor.is_buyer], {"wanted": sku.strip()})
    return _variant(rows[0]) if rows else None


def product_from(row: Record) -> Product:
    """Build a product from a row of `PRODUCT_COLUMNS`."""
    id, name, kind, status, description, image_url, options, *rest = row
    return Product(
        id,
        name,
        _PRODUCT_TYPES[kind],
        _PRODUCT_STATUSES[status],
        description,
        image_url,
        _options(options),
        *rest,
    )


@lru_cache(_PRODUCTS_KEPT)
def _options(stored: str) -> tuple[ProductOption, ...]:
    """Return the options of a product; `stored` is a JSON array as text."""
    return tuple(
        ProductOption(UUID(option["id"]), option["name"], tuple(option["values"]))
        for option in orjson.loads(stored)
    )


def _listed(product: Product, rows: Iterable[Record]) -> list[ListedVariant]:
    """Build a product's variants from rows of `_LISTED_COLUMNS`."""
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


def _variant(row: Record) -> Variant:
    """Build a variant from a row of `_WHOLE_COLUMNS`."""
    id, product_id, position, is_default, name, values, sku, minor, currency, status = row[:10]
    tracked, enforced, on_hand, held = row[10:14]
    product_name, product_status, options, kind, image_url = row[14:19]
    barcode, taxable, tax_category, *rest = row[19:]
    return Variant(
        id,
        product_id,
        product_name,
        _PRODUCT_STATUSES[product_status],
        position,
        is_default,
        name,
        _chosen(tuple([option.name for option in _options(options)]), values),
        sku,
        Money(minor, currency),
        _VARIANT_STATUSES[status],
        tracked,
        enforced,
        on_hand,
        held,
        _PRODUCT_TYPES[kind],
        image_url,
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

_Readings = tuple[Prepared, Prepared]
"""The statement for merchants and the one for browsers, chosen by `actor.is_buyer`."""


def _products(*conditions: Any) -> _Readings:
    statement = select(*PRODUCT_COLUMNS).where(within(ProductRow), *conditions)
    active = statement.where(ProductRow.status == ProductStatus.ACTIVE)
    return Prepared(statement), Prepared(active)


def _listed_by_product() -> _Readings:
    """Select variants of products that the reader was given, so that their own rows stay unread."""
    statement = _with_stock(_LISTED_COLUMNS).where(*_OF_PRODUCTS).order_by(*_IN_ORDER)
    active = statement.where(VariantRow.status == VariantStatus.ACTIVE)
    return Prepared(statement), Prepared(active)


def _variants(*conditions: Any) -> _Readings:
    """Select whole variants with what a sale needs of their products."""
    variant, product = VariantRow, ProductRow
    mine = and_(product.environment_id == variant.environment_id, product.id == variant.product_id)
    statement = (
        _with_stock([*_LISTED_COLUMNS, *_WHOLE_COLUMNS])
        .join(product, mine)
        .where(*conditions)
        .order_by(*_IN_ORDER)
    )
    offered = and_(product.status == ProductStatus.ACTIVE, variant.status == VariantStatus.ACTIVE)
    return Prepared(statement), Prepared(statement.where(offered))


def _with_stock(columns: Iterable[Any]) -> Select[*tuple[Any, ...]]:
    """Select variants with SKU and stock; each has exactly one level."""
    variant, level, sku = VariantRow, InventoryLevelRow, SellableSkuRow
    environment = variant.environment_id
    return (
        select(*columns)
        .select_from(variant)
        .join(level, and_(level.environment_id == environment, level.variant_id == variant.id))
        .outerjoin(sku, and_(sku.environment_id == environment, sku.id == variant.id))
        .where(within(variant))
    )


PRODUCT_COLUMNS = (
    ProductRow.id,
    ProductRow.name,
    ProductRow.product_type,
    ProductRow.status,
    ProductRow.description,
    ProductRow.image_url,
    cast(ProductRow.options, Text),
    ProductRow.external_reference_id,
    ProductRow.metadata_,
    ProductRow.version,
    ProductRow.created_at,
    ProductRow.updated_at,
)
_LISTED_COLUMNS = (
    VariantRow.id,
    VariantRow.product_id,
    VariantRow.position,
    VariantRow.is_default,
    VariantRow.name,
    cast(VariantRow.option_values, Text),
    SellableSkuRow.sku,
    VariantRow.unit_price_minor,
    VariantRow.currency,
    VariantRow.status,
    InventoryLevelRow.tracked,
    InventoryLevelRow.enforced,
    InventoryLevelRow.on_hand,
    InventoryLevelRow.held,
)
_WHOLE_COLUMNS = (
    ProductRow.name,
    ProductRow.status,
    cast(ProductRow.options, Text),
    ProductRow.product_type,
    ProductRow.image_url,
    VariantRow.barcode,
    VariantRow.taxable,
    VariantRow.tax_category,
    VariantRow.external_reference_id,
    VariantRow.metadata_,
    VariantRow.version,
    VariantRow.created_at,
    VariantRow.updated_at,
)
_IN_ORDER = (VariantRow.product_id, VariantRow.position)
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_OF_PRODUCTS = (VariantRow.product_id == any_(_IDS), VariantRow.status != VariantStatus.DELETED)
_PRODUCTS_BY_IDS = _products(ProductRow.id == any_(_IDS))
_LISTED_BY_PRODUCT = _listed_by_product()
_VARIANTS_BY_IDS = _variants(VariantRow.id == any_(_IDS))
_VARIANTS_BY_PRODUCT = _variants(*_OF_PRODUCTS)
_VARIANT_BY_SKU = _variants(SellableSkuRow.sku == bindparam("wanted"))
