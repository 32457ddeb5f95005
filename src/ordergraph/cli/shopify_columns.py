"""The columns of Shopify's product export: which field each is, and how the others are kept.

A column that no field is made for is kept as metadata, whose key the name of the column becomes:
letters, digits and hyphens as they are, `_` for a space, `:` for ` / `, any other character as a
point and two hexadecimal digits for each of its bytes. A metafield's column,
`Pattern (product.metafields.custom.pattern)`, becomes `custom.pattern`. What storefronts show,
vendor, type and taxonomy, is public metadata. A key that no name of a column becomes is written
out in a column of its own: `Metadata: key`, `Public Metadata: key`, and the same for variants.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

FIELDS = {
    "Handle": "slug",
    "Title": "name",
    "Body (HTML)": "description",
    "Tags": "categories",
    "Published": "published",
    "Option1 Name": "option1",
    "Option1 Value": "value1",
    "Option2 Name": "option2",
    "Option2 Value": "value2",
    "Option3 Name": "option3",
    "Option3 Value": "value3",
    "Variant SKU": "sku",
    "Variant Inventory Tracker": "tracker",
    "Variant Inventory Qty": "quantity",
    "Variant Inventory Policy": "policy",
    "Variant Price": "unitPrice",
    "Variant Compare At Price": "compareAtPrice",
    "Variant Requires Shipping": "shipped",
    "Variant Taxable": "taxable",
    "Variant Barcode": "barcode",
    "Image Src": "image",
    "Image Position": "imagePosition",
    "Image Alt Text": "altText",
    "SEO Title": "seoTitle",
    "SEO Description": "seoDescription",
    "Variant Image": "variantImage",
    "Status": "status",
    "Ordergraph Type": "productType",
    "Ordergraph Currency": "currency",
    "Ordergraph Reference": "externalReferenceId",
    "Variant Name": "variantName",
    "Variant Status": "variantStatus",
    "Variant Tax Category": "taxCategory",
    "Variant Reference": "variantReference",
}
"""The columns that fields are made for, by what they are called in the code: Shopify's, and ours
for what Shopify has not."""

BEFORE_FIELDS = ("Vendor", "Product Category", "Type")
"""Columns that every export has, though they are kept as metadata."""

KEPT_OF_VARIANTS = ("Variant Grams", "Variant Fulfillment Service", "Variant Weight Unit")

_PUBLIC = frozenset({"Vendor", "Product_Category", "Type"})
_OF_VARIANTS = ("Variant ", "Cost per item", "Unit Price ", "Price / ", "Compare At Price / ")
_NAMED = {
    "Metadata: ": (False, False),
    "Public Metadata: ": (False, True),
    "Variant Metadata: ": (True, False),
    "Variant Public Metadata: ": (True, True),
}
_METAFIELD = re.compile(r"\(product\.metafields\.([A-Za-z0-9_.:-]+)\)$")
_PLAIN = re.compile(r"[A-Za-z0-9-]+")
_ESCAPED = re.compile(r"((?:\.[0-9a-f]{2})+)")


class Shape(StrEnum):
    """What a column is for."""

    FIELD = "FIELD"
    METADATA = "METADATA"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: the name of its field in the code, or the key it is kept by."""

    shape: Shape
    name: str
    header: str
    of_variant: bool = False
    public: bool = False


def column_of(header: str) -> Column:
    """Return what a column is for, by its name, whatever the case of one that is known."""
    name = header.strip()
    known = _KNOWN.get(name.casefold())
    if known is not None:
        return Column(Shape.FIELD, FIELDS[known], name)
    for prefix, (of_variant, public) in _NAMED.items():
        if name.startswith(prefix):
            key = name.removeprefix(prefix)
            return Column(Shape.METADATA, key, name, of_variant, public)
    key = key_of(name)
    of_variant = name.startswith(_OF_VARIANTS)
    return Column(Shape.METADATA, key, name, of_variant, not of_variant and key in _PUBLIC)


def header_of(key: str, *, of_variant: bool, public: bool) -> str:
    """Return the column that metadata is written to, so that reading it gives the key again.

    It is the one that it was read from, where the key tells; a metafield's says its key twice.
    """
    wanted = (Shape.METADATA, key, of_variant, public)
    metafield = [f"{key} (product.metafields.{key})"] if "." in key else []
    for name in (_readable(key), *metafield):
        column = column_of(name)
        if (column.shape, column.name, column.of_variant, column.public) == wanted:
            return column.header
    prefix = next(name for name, kind in _NAMED.items() if kind == (of_variant, public))
    return f"{prefix}{key}"


def key_of(name: str) -> str:
    """Return the key that a column without a field is kept by."""
    metafield = _METAFIELD.search(name)
    if metafield:
        return metafield[1]
    parts = name.split(" / ")
    return ":".join("".join(map(_character, part)) for part in parts)


def _character(character: str) -> str:
    if _PLAIN.fullmatch(character):
        return character
    return "_" if character == " " else "".join(f".{byte:02x}" for byte in character.encode())


def _readable(key: str) -> str:
    """Return the name that a key was made of, or something that becomes another key."""
    words = key.replace(":", " / ").replace("_", " ")
    return _ESCAPED.sub(_unescaped, words)


def _unescaped(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1].replace(".", "")).decode(errors="replace")


_KNOWN: Mapping[str, str] = {name.casefold(): name for name in FIELDS}
