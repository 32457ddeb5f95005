"""Describing products: every field of a new one is judged before anything is written."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from ordergraph.commerce.catalog.rules import (
    LONGEST_CODE,
    LONGEST_DESCRIPTION,
    LONGEST_URL,
    Product,
    ProductStatus,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.shaping import (
    NewProduct,
    NewVariant,
    check_shape,
    check_variants_together,
    select_options,
    shape_options,
)
from ordergraph.commerce.inventory.rules import MOST_UNITS, whole_units
from ordergraph.core.currencies import check_money
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.texts import LONGEST_NAME, check_text, merge_metadata


def describe_product(wanted: NewProduct, now: datetime) -> Product:
    """Make a product with its variants out of what was sent; all that is wrong is raised (ERR-1).

    Field paths are those of the input: `variants.0.sku`.
    """
    findings = Findings()
    check_shape(findings, wanted)
    if wanted.status is ProductStatus.DELETED:
        findings.add(ErrorCode.INVALID_ENUM, "A new product is not deleted.", "status")
    product = Product(
        id=new_id(),
        name=check_text(findings, wanted.name, LONGEST_NAME, "name", least=1) or "",
        product_type=wanted.product_type,
        status=wanted.status,
        description=check_text(findings, wanted.description, LONGEST_DESCRIPTION, "description")
        or None,
        image_url=_url(findings, wanted.image_url, "imageUrl"),
        options=tuple(shape_options(findings, wanted.options)),
        external_reference_id=check_text(
            findings, wanted.external_reference_id, LONGEST_NAME, "externalReferenceId", least=1
        ),
        metadata=merge_metadata(findings, {}, wanted.metadata, "metadata"),
        version=1,
        created_at=now,
        updated_at=now,
    )
    with_paths = list(_paths(wanted))
    product.variants = variants = [
        _variant(findings, product, position, new, path)
        for position, (path, new) in enumerate(with_paths)
    ]
    check_variants_together(findings, variants, [path for path, _ in with_paths])
    findings.settle()
    return product


def variant_path(product: Product, variant: Variant) -> tuple[str, ...]:
    """Return where in the input of a new product a variant stands."""
    return ("defaultVariant",) if variant.is_default else ("variants", str(variant.position))


def _paths(wanted: NewProduct) -> Iterator[tuple[tuple[str, ...], NewVariant]]:
    if wanted.default_variant is not None:
        yield ("defaultVariant",), wanted.default_variant
    for index, variant in enumerate(wanted.variants):
        yield ("variants", str(index)), variant


def _variant(
    findings: Findings, product: Product, position: int, new: NewVariant, path: tuple[str, ...]
) -> Variant:
    """Make one variant, noting what is wrong with it below `path`."""

    def text(value: str | None, most: int, name: str) -> str | None:
        return check_text(findings, value, most, *path, name, least=1)

    if new.status is VariantStatus.DELETED:
        findings.add(ErrorCode.INVALID_ENUM, "A new variant is not deleted.", *path, "status")
    return Variant(
        id=new_id(),
        product_id=product.id,
        product_name=product.name,
        product_type=product.product_type,
        product_status=product.status,
        product_image_url=product.image_url,
        position=position,
        is_default=path == ("defaultVariant",),
        name=text(new.name, LONGEST_NAME, "name"),
        selected_options=select_options(findings, product.options, new, path),
        sku=text(new.sku, LONGEST_CODE, "sku"),
        barcode=text(new.barcode, LONGEST_CODE, "barcode"),
        unit_price=check_money(findings, new.unit_price, *path, "unitPrice") or new.unit_price,
        taxable=new.taxable,
        tax_category=new.tax_category,
        status=new.status,
        tracked=new.initial_quantity is not None,
        enforce_inventory_limit=new.enforce_inventory_limit,
        on_hand=_initial_quantity(findings, new.initial_quantity, path),
        held=0,
        external_reference_id=text(new.external_reference_id, LONGEST_NAME, "externalReferenceId"),
        metadata=merge_metadata(findings, {}, new.metadata, *path, "metadata"),
        version=1,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def _initial_quantity(
    findings: Findings, wanted: int | Decimal | None, path: tuple[str, ...]
) -> int:
    quantity = 0 if wanted is None else whole_units(wanted, 0)
    if quantity is None:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"The initial quantity is a whole number from 0 to {MOST_UNITS}.",
            *path,
            "initialQuantityAvailable",
        )
    return quantity or 0


def _url(findings: Findings, text: str | None, *path: str) -> str | None:
    url = check_text(findings, text, LONGEST_URL, *path) or None
    if url is not None and not _URL.fullmatch(url):
        findings.add(ErrorCode.INVALID_FORMAT, "This is not a web address of http or https.", *path)
    return url


_URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
