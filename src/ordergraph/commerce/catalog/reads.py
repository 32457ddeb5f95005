"""Looking products and variants up, with their stock; browsers find only what is active."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, any_, bindparam, func, select

from ordergraph.commerce.catalog.building import (
    LISTED_COLUMNS,
    PRODUCT_COLUMNS,
    SOLD_COLUMNS,
    VARIANT_COLUMNS,
    listed_variants,
    product_of,
    variant_of,
    whole_variants,
)
from ordergraph.commerce.catalog.rules import (
    ListedProduct,
    Product,
    ProductStatus,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.prepared import Prepared, Record
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


async def products_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Product]:
    """Return the products among `ids` that this reader may find, by id; without their variants."""
    rows = await reader.fetch(_PRODUCTS_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {product.id: product for product in map(product_of, rows)}


async def product_in_detail(reader: Reader, id: UUID) -> Product | None:
    """Return a product that this reader may find, with its variants, in one statement."""
    for *row, variants in await reader.fetch(_IN_DETAIL[reader.actor.is_buyer], {"wanted": id}):
        product = product_of(row)
        product.variants = whole_variants(product, variants)
        return product
    return None


async def add_variants(reader: Reader, products: Sequence[ListedProduct], *, whole: bool) -> None:
    """Give each of `products` its variants, whole or as lists show them, in one statement.

    Whole variants are those of products that were read whole.
    """
    by_id = {product.id: product for product in products}
    for product in products:
        product.variants = ()
    statements, build = _OF_LISTED[whole]
    rows = await reader.fetch(statements[reader.actor.is_buyer], {"ids": list(by_id)})
    for id, of_product in groupby(rows, itemgetter(1)):
        product = by_id[id]
        product.variants = build(product, of_product)


async def variants_for_sale(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Variant]:
    """Return the variants among `ids` that this reader may find, by id, with product and stock.

    A merchant finds inactive ones too: `active` and `available_for_sale` tell what can be sold.
    """
    rows = await reader.fetch(_VARIANTS_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {variant.id: variant for variant in map(variant_of, rows)}


async def variants_by_product(
    reader: Reader, product_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Variant]]:
    """Return the variants of each product in their order, in one statement for all products."""
    statement = _VARIANTS_BY_PRODUCT[reader.actor.is_buyer]
    found: dict[UUID, list[Variant]] = {id: [] for id in product_ids}
    for variant in map(variant_of, await reader.fetch(statement, {"ids": product_ids})):
        found[variant.product_id].append(variant)
    return found


async def sellable_by_sku(reader: Reader, sku: str) -> tuple[Variant, Product] | None:
    """Return what bears exactly this SKU, trimmed, and its product, or None (CAT-30)."""
    for row in await reader.fetch(_BY_SKU[reader.actor.is_buyer], {"wanted": sku.strip()}):
        product = product_of(row[len(VARIANT_COLUMNS) :])
        (variant,) = whole_variants(product, [row[: len(VARIANT_COLUMNS)]])
        return variant, product
    return None


_Readings = tuple[Prepared, Prepared]
"""The statement for merchants and the one for browsers, chosen by `actor.is_buyer`."""


def sold_variants(
    row: type[TenantRow], *conditions: ColumnElement[bool], is_buyer: bool
) -> ColumnElement[Any]:
    """Select variants beside a row of another room, as rows of `SOLD_COLUMNS`.

    They are those that `variants_for_sale` would find; `conditions` join them to what names them,
    which plans better than an array of ids.
    """
    return _beside(_sold(*conditions, *(_OFFERED if is_buyer else ())), SOLD_COLUMNS, row)


def _beside(statement: Any, columns: Sequence[Any], row: type[TenantRow]) -> ColumnElement[Any]:
    """Make a statement a column of rows beside a row."""
    rows = statement.with_only_columns(func.row(*columns)).correlate(row)
    return func.array(rows.scalar_subquery()).label("variants")


def _products(*columns: Any) -> Select[*tuple[Any, ...]]:
    return select(*PRODUCT_COLUMNS, *columns).where(within(ProductRow))


def _in_detail() -> _Readings:
    mine = and_(
        VariantRow.environment_id == ProductRow.environment_id,
        VariantRow.product_id == ProductRow.id,
        VariantRow.status != VariantStatus.DELETED,
    )
    variants = _with_stock(VARIANT_COLUMNS).where(mine).order_by(VariantRow.position)
    # By one id and no array of one: for that Postgres would plan anew with every run.
    is_wanted = ProductRow.id == bindparam("wanted")
    for_all = _products(_beside(variants, VARIANT_COLUMNS, ProductRow)).where(is_wanted)
    active = variants.where(VariantRow.status == VariantStatus.ACTIVE)
    for_buyers = _products(_beside(active, VARIANT_COLUMNS, ProductRow)).where(
        is_wanted, _IS_ACTIVE
    )
    return Prepared(for_all), Prepared(for_buyers)


def _of_listed(columns: Iterable[Any]) -> _Readings:
    """Read variants of products that are in hand, so that their own rows stay unread."""
    statement = _with_stock(columns).where(*_OF_PRODUCTS).order_by(*_IN_ORDER)
    active = statement.where(VariantRow.status == VariantStatus.ACTIVE)
    return Prepared(statement), Prepared(active)


def _variants(*conditions: Any) -> _Readings:
    """Read whole variants with what a sale needs of their products."""
    statement = _sold(*conditions).order_by(*_IN_ORDER)
    return Prepared(statement), Prepared(statement.where(*_OFFERED))


def _sold(*conditions: Any) -> Select[*tuple[Any, ...]]:
    variant, product = VariantRow, ProductRow
    mine = and_(product.environment_id == variant.environment_id, product.id == variant.product_id)
    return _with_stock(SOLD_COLUMNS).join(product, mine).where(*conditions)


def _with_product(*conditions: Any) -> _Readings:
    """Read whole variants with their products whole."""
    statement = _sold(*conditions).with_only_columns(*VARIANT_COLUMNS, *PRODUCT_COLUMNS)
    return Prepared(statement), Prepared(statement.where(*_OFFERED))


def _with_stock(columns: Iterable[Any]) -> Select[*tuple[Any, ...]]:
    """Select variants with SKU and stock; each has exactly one level."""
    variant, level, sku = VariantRow, InventoryItemRow, SellableCodeRow
    environment = variant.environment_id
    return (
        select(*columns)
        .select_from(variant)
        .join(level, and_(level.environment_id == environment, level.variant_id == variant.id))
        .outerjoin(sku, and_(sku.environment_id == environment, sku.id == variant.id))
        .where(within(variant))
    )


_IS_ACTIVE = ProductRow.status == ProductStatus.ACTIVE
_OFFERED = (_IS_ACTIVE, VariantRow.status == VariantStatus.ACTIVE)
_IN_ORDER = (VariantRow.product_id, VariantRow.position)
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_OF_PRODUCTS = (VariantRow.product_id == any_(_IDS), VariantRow.status != VariantStatus.DELETED)
_OF_IDS = _products().where(ProductRow.id == any_(_IDS))
_PRODUCTS_BY_IDS = (Prepared(_OF_IDS), Prepared(_OF_IDS.where(_IS_ACTIVE)))
_IN_DETAIL = _in_detail()
_OF_LISTED: Sequence[tuple[_Readings, Callable[[Any, Iterable[Record]], Sequence[Any]]]] = (
    (_of_listed(LISTED_COLUMNS), listed_variants),
    (_of_listed(VARIANT_COLUMNS), whole_variants),
)
_VARIANTS_BY_IDS = _variants(VariantRow.id == any_(_IDS))
_VARIANTS_BY_PRODUCT = _variants(*_OF_PRODUCTS)
_BY_SKU = _with_product(SellableCodeRow.sku == bindparam("wanted"))
