"""Writing products as Shopify's product CSV has them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import TextIO

from ordergraph.cli.formulas import escaped
from ordergraph.cli.shopify_columns import Column, Shape, column_of, header_of
from ordergraph.cli.shopify_products import CANONICAL, NO_OPTION, TRACKER
from ordergraph.commerce.catalog.exporting import MetadataKey
from ordergraph.commerce.catalog.overlaying import Present
from ordergraph.commerce.catalog.rules import Product, ProductStatus, ProductType, Variant
from ordergraph.core.currencies import as_decimal
from ordergraph.core.money import Money

COLUMNS = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published"),
    *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name"),
    *("Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker"),
    *("Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service"),
    *("Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable"),
    *("Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Gift Card"),
    *("SEO Title", "SEO Description", "Variant Image", "Variant Weight Unit", "Status"),
    *("Ordergraph Type", "Ordergraph Currency", "Ordergraph Reference", "Variant Name"),
    *("Variant Status", "Variant Tax Category", "Variant Reference"),
)
"""What every export begins with, in Shopify's order; other metadata follows."""

REMEMBERED = frozenset(
    {
        MetadataKey(False, False, "Status"),
        MetadataKey(False, False, "Published"),
        MetadataKey(True, False, "Variant_Requires_Shipping"),
        MetadataKey(True, False, "Variant_Inventory_Tracker"),
    }
)
"""Metadata in which an import keeps what fields do not say; it has no column of its own."""


class ShopifyWriter:
    """Writes products into a file, one line for each variant or picture."""

    def __init__(self, file: TextIO, keys: Sequence[MetadataKey]) -> None:
        # Ends of lines as RFC 4180 has them; the writer quotes what contains either half of one.
        self._rows = csv.writer(file, lineterminator="\r\n")
        more = [
            header_of(each.name, of_variant=each.of_variant, public=each.public)
            for each in keys
            if each not in REMEMBERED
        ]
        headers = list(dict.fromkeys([*COLUMNS, *more]))
        self._columns = [column_of(header) for header in headers]
        self._rows.writerow([escaped(header) for header in headers])

    def write(self, present: Present) -> None:
        """Write one product."""
        product, variants = present.product, present.variants
        for index in range(max(len(variants), len(product.images), 1)):
            variant = variants[index] if index < len(variants) else None
            fields = {"slug": escaped(product.slug)}
            if index == 0:
                fields |= _of_product(present)
            if variant is not None:
                fields |= _of_variant(product, variant, present.on_shelf.get(variant.id, 0))
            if index < len(product.images):
                image = product.images[index]
                fields |= {
                    "image": escaped(image.url),
                    "imagePosition": str(index + 1),
                    "altText": escaped(image.alt_text or ""),
                }
            self._rows.writerow(
                [_cell(column, fields, product, variant, index) for column in self._columns]
            )


def _cell(
    column: Column,
    fields: Mapping[str, str],
    product: Product,
    variant: Variant | None,
    index: int,
) -> str:
    if column.shape is Shape.FIELD:
        return fields.get(column.name, "")
    if column.of_variant:
        owner = variant
    else:
        owner = product if index == 0 else None
    if owner is None:
        return ""
    metadata = owner.public_metadata if column.public else owner.metadata
    return escaped(metadata.get(column.name, ""))


def _of_product(present: Present) -> dict[str, str]:
    product = present.product
    options = [each.name for each in product.options] or [NO_OPTION[0]]
    status, published = _status(product)
    return {
        "name": escaped(product.name),
        "description": escaped(product.description or ""),
        "categories": escaped(_labels(present.labels)),
        "published": published,
        "status": status,
        "seoTitle": escaped(product.seo.title or ""),
        "seoDescription": escaped(product.seo.description or ""),
        "productType": product.product_type.value,
        "currency": product.lowest_price.currency,
        "externalReferenceId": escaped(product.external_reference_id or ""),
    } | {f"option{number}": escaped(name) for number, name in enumerate(options, 1)}


def _labels(labels: Sequence[str]) -> str:
    """Write labels with commas between them; one that has a comma or a quote is quoted."""
    return ", ".join(
        '"' + label.replace('"', '""') + '"' if "," in label or '"' in label else label
        for label in labels
    )


def _status(product: Product) -> tuple[str, str]:
    """Return the columns Status and Published: what was imported, where it still means the same."""
    status, published = CANONICAL[product.status]
    if product.status is ProductStatus.ACTIVE:
        return status, published
    said = product.metadata.get("Status", status)
    shown = product.metadata.get("Published", published)
    if said not in ("active", "draft", "archived") or shown not in ("true", "false"):
        return status, published
    return (status, published) if (said, shown) == ("active", "true") else (said, shown)


def _of_variant(product: Product, variant: Variant, units: int) -> dict[str, str]:
    values = [each.value for each in variant.selected_options] or [NO_OPTION[1]]
    shipped = "true" if product.product_type is ProductType.PHYSICAL else "false"
    tracker = variant.metadata.get("Variant_Inventory_Tracker", TRACKER)
    return {
        "sku": escaped(variant.sku or ""),
        "barcode": escaped(variant.barcode or ""),
        "tracker": escaped(tracker) if variant.tracked else "",
        "quantity": str(units) if variant.tracked else "",
        "policy": "deny" if variant.enforce_inventory_limit else "continue",
        "unitPrice": _price(variant.unit_price),
        "compareAtPrice": _price(variant.compare_at_price) if variant.compare_at_price else "",
        "shipped": variant.metadata.get("Variant_Requires_Shipping", shipped),
        "taxable": "true" if variant.taxable else "false",
        "variantImage": escaped(variant.own_images[0].url) if variant.own_images else "",
        "variantName": escaped(variant.name or ""),
        "variantStatus": variant.status.value,
        "taxCategory": variant.tax_category.value,
        "variantReference": escaped(variant.external_reference_id or ""),
    } | {f"value{number}": escaped(value) for number, value in enumerate(values, 1)}


def _price(price: Money) -> str:
    return f"{as_decimal(price):f}"
