"""Creating products."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, Text, Uuid, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.catalog.describing import describe_product, variant_path
from ordergraph.commerce.catalog.rules import Product, Variant, name_key
from ordergraph.commerce.catalog.shaping import NewProduct, sku_in_use
from ordergraph.commerce.catalog.tables import ProductRow, SellableSkuRow, VariantRow
from ordergraph.commerce.inventory.stocking import NewLevel, open_levels
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Transaction


async def create_product(database: Database, actor: Actor, wanted: NewProduct) -> Product:
    """Create a product with its variants, SKUs and first stock, all or nothing.

    A SKU in use is `SKU_ALREADY_EXISTS` at the variant that asked for it (CAT-31).
    """
    product = describe_product(wanted, database.clock.now())
    variants = cast(Sequence[Variant], product.variants)  # described ones are whole
    async with database.transaction(actor) as tx:
        await _take_skus(tx, product, variants)
        await tx.add(ProductRow, _product_values(product))
        await tx.add(VariantRow, *(_variant_values(variant) for variant in variants))
        await open_levels(
            tx,
            [
                NewLevel(
                    variant.id,
                    variant.enforce_inventory_limit,
                    variant.on_hand if variant.tracked else None,
                )
                for variant in variants
            ],
        )
        tx.outdate([product.id])
        tx.remember("product", Prefix.PRODUCT, product.id)
    return product


async def _take_skus(tx: Transaction, product: Product, variants: Sequence[Variant]) -> None:
    """Reserve the SKUs, in alphabetical order so that two such transactions never deadlock."""
    wanted = {variant.sku: variant.id for variant in variants if variant.sku is not None}
    if not wanted:
        return
    skus = sorted(wanted)
    bound = {"skus": skus, "ids": [wanted[sku] for sku in skus]}
    taken = {row.id for row in await tx.rows(_TAKE_SKUS, bound)}
    findings = Findings()
    for variant in variants:
        if variant.sku is not None and variant.id not in taken:
            findings.note(sku_in_use(variant_path(product, variant)))
    findings.settle()


def _product_values(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "name": product.name,
        "name_key": name_key(product.name),
        "product_type": product.product_type,
        "status": product.status,
        "description": product.description,
        "image_url": product.image_url,
        "options": [
            {"id": str(option.id), "name": option.name, "values": option.values}
            for option in product.options
        ],
        "external_reference_id": product.external_reference_id,
        "metadata": product.metadata,
        "version": product.version,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def _variant_values(variant: Variant) -> dict[str, Any]:
    return {
        "id": variant.id,
        "product_id": variant.product_id,
        "position": variant.position,
        "is_default": variant.is_default,
        "name": variant.name,
        "option_values": [option.value for option in variant.selected_options],
        "barcode": variant.barcode,
        "unit_price_minor": variant.unit_price.minor,
        "currency": variant.unit_price.currency,
        "taxable": variant.taxable,
        "tax_category": variant.tax_category,
        "status": variant.status,
        "external_reference_id": variant.external_reference_id,
        "metadata": variant.metadata,
        "version": variant.version,
        "created_at": variant.created_at,
        "updated_at": variant.updated_at,
    }


_SKUS = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("skus", type_=ARRAY(Text)))
    .table_valued(column("id", Uuid), column("sku", Text))
    .render_derived()
)
_TAKE_SKUS = (
    insert(SellableSkuRow)
    .from_select(
        ["environment_id", "id", "sku"],
        select(ENVIRONMENT.label("new_environment_id"), _SKUS.c.id, _SKUS.c.sku),
    )
    .on_conflict_do_nothing()
    .returning(SellableSkuRow.id)
)
