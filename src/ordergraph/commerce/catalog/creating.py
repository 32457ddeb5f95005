"""Creating products."""

from collections.abc import Sequence
from typing import Any, cast

from ordergraph.commerce.catalog.coding import Codes, take_codes
from ordergraph.commerce.catalog.describing import describe_product, variant_path
from ordergraph.commerce.catalog.naming import make_slugs
from ordergraph.commerce.catalog.rules import Product, Variant, VariantStatus, name_key
from ordergraph.commerce.catalog.shaping import NewProduct
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.commerce.inventory.stocking import NewLevel, open_levels
from ordergraph.core.ids import Prefix
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database


async def create_product(database: Database, actor: Actor, wanted: NewProduct) -> Product:
    """Create a product with its variants, SKUs and first stock, all or nothing.

    A SKU in use is `SKU_ALREADY_EXISTS` at the variant that asked for it (CAT-31).
    """
    product = describe_product(wanted, database.clock.now())
    variants = cast(Sequence[Variant], product.variants)  # described ones are whole
    async with database.transaction(actor) as tx:
        await take_codes(
            tx,
            [
                Codes(each.id, each.sku, each.barcode, variant_path(product, each))
                for each in variants
            ],
        )
        slugs = await make_slugs(tx, {product.id: product.name})
        await tx.add(ProductRow, _product_values(product, variants, slugs[product.id]))
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


def _product_values(product: Product, variants: Sequence[Variant], slug: str) -> dict[str, Any]:
    active = [each for each in variants if each.status is VariantStatus.ACTIVE]
    prices = [each.unit_price.minor for each in active or variants]
    return {
        "id": product.id,
        "name": product.name,
        "name_key": name_key(product.name),
        "product_type": product.product_type,
        "status": product.status,
        "description": product.description,
        "slug": slug,
        "seo_title": None,
        "seo_description": None,
        "images": [{"url": product.image_url}] if product.image_url else [],
        "currency": variants[0].unit_price.currency,
        "lowest_price_minor": min(prices),
        "highest_price_minor": max(prices),
        "variant_count": len(variants),
        "active_variant_count": len(active),
        "modifier_set_id": None,
        "public_metadata": {},
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
        "images": [],
        "compare_at_minor": None,
        "modifier_set_id": None,
        "public_metadata": {},
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
