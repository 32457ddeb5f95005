"""Writing products and bundles as JSON lines, with the members of CreateProductInput and of
CreateBundleInput."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO
from uuid import UUID

import orjson

from ordergraph.commerce.bundles.matching import Present as PresentBundle
from ordergraph.commerce.bundles.rules import BundleComponent
from ordergraph.commerce.catalog.overlaying import Present
from ordergraph.commerce.catalog.rules import Image, Seo, Variant
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.money import Money


class JsonLinesWriter:
    """Writes products and bundles into a file, each on a line of its own."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, present: Present) -> None:
        """Write one product, whole: what it has not is null."""
        self._file.write(orjson.dumps(_product(present)).decode() + "\n")

    def write_bundle(self, present: PresentBundle) -> None:
        """Write one bundle, whole; a component without a SKU is named by its variant's id."""
        self._file.write(orjson.dumps(_bundle(present)).decode() + "\n")


def _product(present: Present) -> dict[str, Any]:
    product = present.product
    variants = [_variant(each, present.on_shelf.get(each.id, 0)) for each in present.variants]
    shape: dict[str, Any] = {
        "options": [{"name": each.name, "values": each.values} for each in product.options],
        "variants": variants,
    }
    return {
        "name": product.name,
        "slug": product.slug,
        "productType": product.product_type.value,
        "status": product.status.value,
        "description": product.description,
        "seo": _seo(product.seo),
        "images": _images(product.images),
        "categories": present.labels,
        "modifierSetId": _set(product.modifier_set_id),
        "externalReferenceId": product.external_reference_id,
        "metadata": product.metadata,
        "publicMetadata": product.public_metadata,
        **(shape if product.options else {"defaultVariant": variants[0]}),
    }


def _bundle(present: PresentBundle) -> dict[str, Any]:
    bundle = present.bundle
    return {
        "name": bundle.name,
        "slug": bundle.slug,
        "status": bundle.status.value,
        "description": bundle.description,
        "seo": _seo(bundle.seo),
        "images": _images(bundle.images),
        "categories": present.labels,
        "unitPrice": _money(bundle.unit_price),
        "compareAtPrice": _money(bundle.compare_at_price),
        "sku": bundle.sku,
        "barcode": bundle.barcode,
        "taxable": bundle.taxable,
        "taxCategory": bundle.tax_category.value,
        "modifierSetId": _set(bundle.modifier_set_id),
        "externalReferenceId": bundle.external_reference_id,
        "metadata": bundle.metadata,
        "publicMetadata": bundle.public_metadata,
        "components": [_component(each) for each in present.components],
    }


def _component(component: BundleComponent) -> dict[str, Any]:
    named = (
        {"variantId": encode(Prefix.VARIANT, component.variant_id)}
        if component.sku is None
        else {"sku": component.sku}
    )
    return {**named, "quantity": component.quantity}


def _seo(seo: Seo) -> dict[str, Any]:
    return {"title": seo.title, "description": seo.description}


def _variant(variant: Variant, units: int) -> dict[str, Any]:
    written: dict[str, Any] = {
        "unitPrice": _money(variant.unit_price),
        "compareAtPrice": _money(variant.compare_at_price),
        "name": variant.name,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "taxable": variant.taxable,
        "taxCategory": variant.tax_category.value,
        "status": variant.status.value,
        "enforceInventoryLimit": variant.enforce_inventory_limit,
        "initialQuantityAvailable": units if variant.tracked else None,
        "images": _images(variant.own_images),
        "modifierSetId": _set(variant.own_modifier_set_id),
        "externalReferenceId": variant.external_reference_id,
        "metadata": variant.metadata,
        "publicMetadata": variant.public_metadata,
    }
    if variant.selected_options:
        written["selectedOptions"] = [
            {"name": each.name, "value": each.value} for each in variant.selected_options
        ]
    return written


def _images(images: Sequence[Image]) -> list[dict[str, Any]]:
    return [
        {"url": each.url, "altText": each.alt_text, "width": each.width, "height": each.height}
        for each in images
    ]


def _money(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else {"amount": money.minor, "currency": money.currency}


def _set(id: UUID | None) -> str | None:
    return None if id is None else encode(Prefix.MODIFIER_SET, id)
