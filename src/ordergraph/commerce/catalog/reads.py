"""Looking products and variants up, with their stock; browsers find only what is active."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, any_, bindparam, select

from ordergraph.commerce.catalog.rules import (
    Product,
    ProductOption,
    ProductStatus,
    SelectedOption,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.tables import ProductRow, SellableSkuRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryLevelRow
from ordergraph.core.money import Money
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

_IDS = bindparam("ids", type_=ARRAY(Uuid))


async def products_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Product]:
    """Return the products among `ids` that this reader may find, by id; without their variants."""
    rows = await reader.rows(_PRODUCTS_BY_IDS[reader.actor.is_buyer], {"ids": list(ids)})
    return {row.id: product_from(row) for row in rows}


async def variants_for_sale(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Variant]:
    """Return the variants among `ids` that this reader may find, by id, with product and stock.

    A merchant finds inactive ones too: `active` and `available_for_sale` tell what can be sold.
    """
    rows = await reader.rows(_VARIANTS_BY_IDS[reader.actor.is_buyer], {"ids": list(ids)})
    return {row.id: _variant(row) for row in rows}


async def variants_by_product(
    reader: Reader, product_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Variant]]:
    """Return the variants of each product in their order, in one statement for all products."""
    statement = _VARIANTS_BY_PRODUCT[reader.actor.is_buyer]
    found: dict[UUID, list[Variant]] = {id: [] for id in product_ids}
    for row in await reader.rows(statement, {"ids": list(product_ids)}):
        found[row.product_id].append(_variant(row))
    return found


async def sellable_by_sku(reader: Reader, sku: str) -> Variant | None:
    """Return what bears exactly this SKU, trimmed, or None (CAT-30)."""
    row = await reader.first(_VARIANT_BY_SKU[reader.actor.is_buyer], {"wanted": sku.strip()})
    return None if row is None else _variant(row)


def product_from(row: Any) -> Product:
    """Build a product from a row of `PRODUCT_COLUMNS`."""
    return Product(
        id=row.id,
        name=row.name,
        product_type=row.product_type,
        status=row.status,
        description=row.description,
        image_url=row.image_url,
        options=tuple(
            ProductOption(UUID(option["id"]), option["name"], tuple(option["values"]))
            for option in row.options
        ),
        external_reference_id=row.external_reference_id,
        metadata=row.metadata,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _variant(row: Any) -> Variant:
    return Variant(
        id=row.id,
        product_id=row.product_id,
        product_name=row.product_name,
        product_type=row.product_type,
        product_status=row.product_status,
        product_image_url=row.product_image_url,
        position=row.position,
        is_default=row.is_default,
        name=row.name,
        selected_options=tuple(
            SelectedOption(option["name"], value)
            for option, value in zip(row.product_options, row.option_values, strict=True)
        ),
        sku=row.sku,
        barcode=row.barcode,
        unit_price=Money(row.unit_price_minor, row.currency),
        taxable=row.taxable,
        tax_category=row.tax_category,
        status=row.status,
        tracked=row.tracked,
        enforce_inventory_limit=row.enforced,
        on_hand=row.on_hand,
        held=row.held,
        external_reference_id=row.external_reference_id,
        metadata=row.metadata,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


_Readings = tuple[Select[Any], Select[Any]]
"""The statement for merchants and the one for browsers, chosen by `actor.is_buyer`."""


def _products(*conditions: Any) -> _Readings:
    statement = select(*PRODUCT_COLUMNS).where(within(ProductRow), *conditions)
    return statement, statement.where(ProductRow.status == ProductStatus.ACTIVE)


def _variants(*conditions: Any) -> _Readings:
    """Select variants with product, SKU and stock; each has exactly one level."""
    variant, product, level, sku = VariantRow, ProductRow, InventoryLevelRow, SellableSkuRow
    same_environment = variant.environment_id
    statement = (
        select(
            *_VARIANT_COLUMNS,
            product.name.label("product_name"),
            product.product_type,
            product.status.label("product_status"),
            product.image_url.label("product_image_url"),
            product.options.label("product_options"),
            sku.sku,
            level.tracked,
            level.enforced,
            level.on_hand,
            level.held,
        )
        .join(
            product,
            and_(product.environment_id == same_environment, product.id == variant.product_id),
        )
        .join(level, and_(level.environment_id == same_environment, level.variant_id == variant.id))
        .outerjoin(sku, and_(sku.environment_id == same_environment, sku.id == variant.id))
        .where(within(variant), *conditions)
        .order_by(variant.product_id, variant.position)
    )
    offered = and_(product.status == ProductStatus.ACTIVE, variant.status == VariantStatus.ACTIVE)
    return statement, statement.where(offered)


PRODUCT_COLUMNS = tuple(
    column for column in ProductRow.__table__.c if column.name not in ("environment_id", "name_key")
)
_VARIANT_COLUMNS = tuple(
    column for column in VariantRow.__table__.c if column.name != "environment_id"
)
_PRODUCTS_BY_IDS = _products(ProductRow.id == any_(_IDS))
_VARIANTS_BY_IDS = _variants(VariantRow.id == any_(_IDS))
_VARIANTS_BY_PRODUCT = _variants(
    VariantRow.product_id == any_(_IDS), VariantRow.status != VariantStatus.DELETED
)
_VARIANT_BY_SKU = _variants(SellableSkuRow.sku == bindparam("wanted"))
