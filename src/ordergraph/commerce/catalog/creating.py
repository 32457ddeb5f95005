"""Creating products."""

from collections.abc import Sequence
from typing import Any, cast

from ordergraph.commerce.catalog.coding import Codes, take_codes
from ordergraph.commerce.catalog.describing import describe_product, stored_images, variant_path
from ordergraph.commerce.catalog.events import ProductEventType, product_event
from ordergraph.commerce.catalog.naming import make_slugs, take_slug
from ordergraph.commerce.catalog.rules import Product, ProductStatus, Variant, name_key
from ordergraph.commerce.catalog.shaping import NewProduct
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.commerce.categories.labeling import assign_labels, check_labels
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.inventory.stocking import NewLevel, open_levels
from ordergraph.commerce.modifiers.attaching import check_attachable
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Transaction


async def create_product(
    database: Database, actor: Actor, wanted: NewProduct, findings: Findings | None = None
) -> Product:
    """Create a product with its variants, codes, categories and first stock, all or nothing.

    What something else bears already is `SKU_ALREADY_EXISTS`, `BARCODE_ALREADY_EXISTS` (CAT-31)
    or `SLUG_ALREADY_EXISTS` at the place that asked for it. `findings` has what was found before.
    """
    findings = Findings() if findings is None else findings
    labels = check_labels(findings, wanted.categories, "categories")
    product = describe_product(wanted, database.clock.now(), findings)
    variants = cast(Sequence[Variant], product.variants)  # described ones are whole
    async with database.transaction(actor) as tx:
        await _take_names(tx, product, variants)
        await tx.add(ProductRow, product_values(product))
        await tx.add(VariantRow, *map(variant_values, variants))
        await open_levels(tx, list(map(_level, variants)))
        if labels:
            active = product.status is ProductStatus.ACTIVE
            await assign_labels(tx, {product.id: labels}, MemberKind.PRODUCT, active=active)
        tx.emit(product_event(product.id, ProductEventType.CREATED, product.version))
        tx.outdate([product.id])
        tx.remember("product", Prefix.PRODUCT, product.id)
    return product


async def _take_names(tx: Transaction, product: Product, variants: Sequence[Variant]) -> None:
    """Take codes and a slug; all that cannot be had is told together (ERR-1)."""
    findings = Findings()
    paths = {each.id: variant_path(product, each) for each in variants}
    await check_attachable(
        tx,
        findings,
        {
            ("modifierSetId",): product.modifier_set_id,
            **{(*paths[each.id], "modifierSetId"): each.own_modifier_set_id for each in variants},
        },
    )
    with findings.noting():
        await take_codes(
            tx, [Codes(each.id, each.sku, each.barcode, paths[each.id]) for each in variants]
        )
    with findings.noting():
        if product.slug:
            product.slug = await take_slug(tx, product.id, product.slug, "slug")
        else:
            product.slug = (await make_slugs(tx, {product.id: product.name}))[product.id]
    findings.settle()


def _level(variant: Variant) -> NewLevel:
    quantity = variant.on_hand if variant.tracked else None
    return NewLevel(variant.id, variant.enforce_inventory_limit, quantity)


def product_values(product: Product) -> dict[str, Any]:
    """Return a product as its row keeps it."""
    return {
        "id": product.id,
        "name": product.name,
        "name_key": name_key(product.name),
        "product_type": product.product_type,
        "status": product.status,
        "description": product.description,
        "slug": product.slug,
        "seo_title": product.seo.title,
        "seo_description": product.seo.description,
        "images": stored_images(product.images),
        "currency": product.lowest_price.currency,
        "lowest_price_minor": product.lowest_price.minor,
        "highest_price_minor": product.highest_price.minor,
        "variant_count": product.variant_count,
        "active_variant_count": product.active_variant_count,
        "modifier_set_id": product.modifier_set_id,
        "public_metadata": product.public_metadata,
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


def variant_values(variant: Variant) -> dict[str, Any]:
    """Return a variant as its row keeps it."""
    compared = variant.compare_at_price
    return {
        "id": variant.id,
        "product_id": variant.product_id,
        "position": variant.position,
        "is_default": variant.is_default,
        "name": variant.name,
        "option_values": [option.value for option in variant.selected_options],
        "images": stored_images(variant.own_images),
        "compare_at_minor": None if compared is None else compared.minor,
        "modifier_set_id": variant.own_modifier_set_id,
        "public_metadata": variant.public_metadata,
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
