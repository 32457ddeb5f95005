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
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, SlugRow, VariantRow
from ordergraph.commerce.categories.reads import category_ids_beside
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.prepared import Prepared, Record, Values
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Reader

_Readings = tuple[Prepared, Prepared]
"""The statement for merchants and the one for browsers, chosen by `actor.is_buyer`."""


async def products_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Product]:
    """Return the products among `ids` that this reader may find, by id; without their variants."""
    rows = await reader.fetch(_PRODUCTS_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {product.id: product for product in map(product_of, rows)}


async def product_in_detail(reader: Reader, id: UUID, *, whole: bool) -> Product | None:
    """Return a product that this reader may find, with its variants, in one statement.

    The variants are `whole`, or as lists show them.
    """
    return await _in_detail(reader, _BY_ID, {"wanted": id}, whole=whole)


async def product_by_slug(reader: Reader, slug: str) -> Product | None:
    """Return the product that a slug leads to, one that it had before too, or None."""
    rows = await reader.fetch(_BY_SLUG[reader.actor.is_buyer], _slug(slug))
    return product_of(rows[0]) if rows else None


async def product_by_slug_in_detail(reader: Reader, slug: str, *, whole: bool) -> Product | None:
    """Return the product that a slug leads to with its variants, in one statement."""
    return await _in_detail(reader, _DETAIL_BY_SLUG, _slug(slug), whole=whole)


def _slug(slug: str) -> Values:
    return {"wanted": slug.strip().casefold()}


async def _in_detail(
    reader: Reader, details: Sequence[_Readings], wanted: Values, *, whole: bool
) -> Product | None:
    _, build = _OF_LISTED[whole]
    for *row, variants in await reader.fetch(details[whole][reader.actor.is_buyer], wanted):
        product = product_of(row)
        product.variants = build(product, variants)
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


async def variants_to_sell(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Variant]:
    """Return what `variants_for_sale` does, with the categories of their products beside."""
    found: dict[UUID, Variant] = {}
    for *row, category_ids in await reader.fetch(_TO_SELL[reader.actor.is_buyer], {"ids": ids}):
        variant = variant_of(row)
        variant.category_ids = category_ids
        found[variant.id] = variant
    return found


async def variants_by_product(
    reader: Reader, product_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Variant]]:
    """Return the variants of each product in their order, in one statement for all products."""
    statement = _VARIANTS_BY_PRODUCT[reader.actor.is_buyer]
    found: dict[UUID, list[Variant]] = {id: [] for id in product_ids}
    for variant in map(variant_of, await reader.fetch(statement, {"ids": product_ids})):
        found[variant.product_id].append(variant)
    return found


async def variant_by_code(
    reader: Reader, *, sku: str | None = None, barcode: str | None = None
) -> tuple[Variant, Product] | None:
    """Return the variant that bears exactly this SKU or barcode, trimmed, with its product.

    None where nothing does, or a bundle (CAT-30).
    """
    code, readings = (sku, _BY_SKU) if barcode is None else (barcode, _BY_BARCODE)
    if code is None:
        return None
    for row in await reader.fetch(readings[reader.actor.is_buyer], {"wanted": code.strip()}):
        product = product_of(row[len(VARIANT_COLUMNS) :])
        (variant,) = whole_variants(product, [row[: len(VARIANT_COLUMNS)]])
        return variant, product
    return None


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


def _details(condition: ColumnElement[bool]) -> Sequence[_Readings]:
    """Read one product with its variants as lists show them, and with whole ones."""
    # By one id and no array of one: for that Postgres would plan anew with every run.
    mine = and_(
        VariantRow.environment_id == ProductRow.environment_id,
        VariantRow.product_id == ProductRow.id,
        VariantRow.status != VariantStatus.DELETED,
    )
    return [
        _beside_product(condition, columns, _with_stock(columns).where(mine))
        for columns in (LISTED_COLUMNS, VARIANT_COLUMNS)
    ]


def _beside_product(condition: ColumnElement[bool], columns: Sequence[Any], all: Any) -> _Readings:
    variants = all.order_by(VariantRow.position)
    active = variants.where(VariantRow.status == VariantStatus.ACTIVE)
    for_all = _products(_beside(variants, columns, ProductRow)).where(condition)
    for_buyers = _products(_beside(active, columns, ProductRow)).where(condition, _IS_ACTIVE)
    return Prepared(for_all), Prepared(for_buyers)


def _of_listed(columns: Iterable[Any]) -> _Readings:
    """Read variants of products that are in hand, so that their own rows stay unread."""
    statement = _with_stock(columns).where(*_OF_PRODUCTS).order_by(*_IN_ORDER)
    active = statement.where(VariantRow.status == VariantStatus.ACTIVE)
    return Prepared(statement), Prepared(active)


def _variants(*conditions: Any, beside: Sequence[Any] = ()) -> _Readings:
    """Read whole variants with what a sale needs of their products."""
    statement = _sold(*conditions).add_columns(*beside).order_by(*_IN_ORDER)
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
_BY_ID = _details(ProductRow.id == bindparam("wanted"))
_LED_TO = ProductRow.id == (
    select(SlugRow.owner_id)
    .where(SlugRow.environment_id == ENVIRONMENT, SlugRow.slug == bindparam("wanted"))
    .scalar_subquery()
)
_DETAIL_BY_SLUG = _details(_LED_TO)
_OF_SLUG = _products().where(_LED_TO)
_BY_SLUG = (Prepared(_OF_SLUG), Prepared(_OF_SLUG.where(_IS_ACTIVE)))
_OF_LISTED: Sequence[tuple[_Readings, Callable[[Any, Iterable[Record]], Sequence[Any]]]] = (
    (_of_listed(LISTED_COLUMNS), listed_variants),
    (_of_listed(VARIANT_COLUMNS), whole_variants),
)
_VARIANTS_BY_IDS = _variants(VariantRow.id == any_(_IDS))
_TO_SELL = _variants(
    VariantRow.id == any_(_IDS), beside=[category_ids_beside(VariantRow.product_id)]
)
_VARIANTS_BY_PRODUCT = _variants(*_OF_PRODUCTS)
_BY_SKU = _with_product(SellableCodeRow.sku == bindparam("wanted"))
_BY_BARCODE = _with_product(SellableCodeRow.barcode == bindparam("wanted"))
