"""Describing products: every field of a new one is judged before anything is written."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ordergraph.commerce.catalog.rules import (
    LONGEST_ALT_TEXT,
    LONGEST_CODE,
    LONGEST_DESCRIPTION,
    LONGEST_SEO_DESCRIPTION,
    MOST_IMAGES,
    Image,
    Product,
    ProductStatus,
    Seo,
    Variant,
    VariantStatus,
    first_url,
)
from ordergraph.commerce.catalog.shaping import (
    NewProduct,
    NewVariant,
    check_shape,
    check_variants_together,
    select_options,
    shape_options,
)
from ordergraph.commerce.inventory.rules import MOST_UNITS
from ordergraph.core.counts import whole_number
from ordergraph.core.currencies import check_money
from ordergraph.core.ids import new_id
from ordergraph.core.money import NO_MONEY, Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.texts import (
    LONGEST_NAME,
    LONGEST_SLUG,
    check_text,
    check_url,
    merge_metadata,
)


def describe_product(
    wanted: NewProduct, now: datetime, findings: Findings | None = None
) -> Product:
    """Make a product with its variants out of what was sent; all that is wrong is raised (ERR-1).

    Field paths are those of the input: `variants.0.sku`. `findings` has what was found before. The
    product's slug is the one that was asked for, or empty: it is not taken yet.
    """
    findings = Findings() if findings is None else findings
    check_shape(findings, wanted)
    product = _product(findings, wanted, now)
    with_paths = list(_paths(wanted))
    product.variants = variants = [
        describe_variant(findings, product, position, new, path)
        for position, (path, new) in enumerate(with_paths)
    ]
    check_variants_together(findings, variants, [path for path, _ in with_paths])
    findings.settle()
    sum_up(product, variants)
    return product


def _product(findings: Findings, wanted: NewProduct, now: datetime) -> Product:
    if wanted.status is ProductStatus.DELETED:
        findings.add(ErrorCode.INVALID_ENUM, "A new product is not deleted.", "status")
    name = check_text(findings, wanted.name, LONGEST_NAME, "name", least=1) or ""
    description = check_text(findings, wanted.description, LONGEST_DESCRIPTION, "description")
    images = _pictures(findings, wanted)
    return Product(
        id=new_id(),
        name=name,
        product_type=wanted.product_type,
        status=wanted.status,
        description=description or None,
        slug=check_slug(findings, wanted.slug, "slug") or "",
        seo=check_seo(findings, wanted.seo, "seo"),
        images=images,
        image_url=first_url(images),
        options=tuple(shape_options(findings, wanted.options)),
        lowest_price=NO_MONEY,
        highest_price=NO_MONEY,
        variant_count=0,
        active_variant_count=0,
        modifier_set_id=wanted.modifier_set_id,
        external_reference_id=check_text(
            findings, wanted.external_reference_id, LONGEST_NAME, "externalReferenceId"
        )
        or None,
        metadata=merge_metadata(findings, {}, wanted.metadata, "metadata"),
        public_metadata=merge_metadata(findings, {}, wanted.public_metadata, "publicMetadata"),
        version=1,
        created_at=now,
        updated_at=now,
    )


def _pictures(findings: Findings, wanted: NewProduct) -> tuple[Image, ...]:
    if wanted.image_url is None:
        return shape_images(findings, wanted.images, "images")
    if wanted.images:
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "imageUrl is short for one entry of images: send either of them.",
            "imageUrl",
        )
    url = check_url(findings, wanted.image_url, "imageUrl")
    return (Image(url),) if url else ()


def sum_up(product: Product, variants: Sequence[Variant]) -> None:
    """Have a new product say how many variants it has, and what they cost."""
    active = [each for each in variants if each.status is VariantStatus.ACTIVE]
    prices = [each.unit_price.minor for each in active or variants]
    currency = variants[0].unit_price.currency
    product.lowest_price = Money(min(prices), currency)
    product.highest_price = Money(max(prices), currency)
    product.variant_count, product.active_variant_count = len(variants), len(active)


def variant_path(product: Product, variant: Variant) -> tuple[str, ...]:
    """Return where in the input of a new product a variant stands."""
    return ("defaultVariant",) if variant.is_default else ("variants", str(variant.position))


def _paths(wanted: NewProduct) -> Iterator[tuple[tuple[str, ...], NewVariant]]:
    if wanted.default_variant is not None:
        yield ("defaultVariant",), wanted.default_variant
    for index, variant in enumerate(wanted.variants):
        yield ("variants", str(index)), variant


def describe_variant(
    findings: Findings, product: Product, position: int, new: NewVariant, path: tuple[str, ...]
) -> Variant:
    """Make one variant of a product, noting what is wrong with it below `path`."""

    def text(value: str | None, most: int, name: str) -> str | None:
        return check_text(findings, value, most, *path, name) or None

    if new.status is VariantStatus.DELETED:
        findings.add(ErrorCode.INVALID_ENUM, "A new variant is not deleted.", *path, "status")
    return Variant(
        id=new_id(),
        product_id=product.id,
        product_name=product.name,
        product_type=product.product_type,
        product_status=product.status,
        product_images=product.images,
        product_modifier_set_id=product.modifier_set_id,
        position=position,
        is_default=path == ("defaultVariant",),
        name=text(new.name, LONGEST_NAME, "name"),
        selected_options=select_options(findings, product.options, new, path),
        sku=text(new.sku, LONGEST_CODE, "sku"),
        barcode=text(new.barcode, LONGEST_CODE, "barcode"),
        unit_price=check_money(findings, new.unit_price, *path, "unitPrice") or new.unit_price,
        compare_at_price=check_compared(
            findings, new.compare_at_price, new.unit_price, *path, "compareAtPrice"
        ),
        taxable=new.taxable,
        tax_category=new.tax_category,
        status=new.status,
        own_images=shape_images(findings, new.images, *path, "images"),
        own_modifier_set_id=new.modifier_set_id,
        tracked=new.initial_quantity is not None,
        enforce_inventory_limit=new.enforce_inventory_limit,
        on_hand=_initial_quantity(findings, new.initial_quantity, path),
        held=0,
        external_reference_id=text(new.external_reference_id, LONGEST_NAME, "externalReferenceId"),
        metadata=merge_metadata(findings, {}, new.metadata, *path, "metadata"),
        public_metadata=merge_metadata(findings, {}, new.public_metadata, *path, "publicMetadata"),
        version=1,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def _initial_quantity(
    findings: Findings, wanted: int | Decimal | None, path: tuple[str, ...]
) -> int:
    quantity = 0 if wanted is None else whole_number(wanted, 0, MOST_UNITS)
    if quantity is None:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"The initial quantity is a whole number from 0 to {MOST_UNITS}.",
            *path,
            "initialQuantityAvailable",
        )
    return quantity or 0


def check_compared(
    findings: Findings, compared: Money | None, price: Money, *path: str
) -> Money | None:
    """Return the price that a price is compared with: from 0, and in its currency."""
    if compared is None:
        return None
    if compared.currency != price.currency:
        findings.add(
            ErrorCode.CURRENCY_MISMATCH,
            "A price and the price it is compared with have one currency.",
            *path,
            "currency",
        )
        return None
    return check_money(findings, compared, *path)


def shape_images(findings: Findings, images: Sequence[Image], *path: str) -> tuple[Image, ...]:
    """Return pictures in their order, at most 20, each with its address; sizes are above 0."""
    if len(images) > MOST_IMAGES:
        findings.add(ErrorCode.TOO_MANY_ITEMS, f"There are at most {MOST_IMAGES} images.", *path)
    return tuple(
        _picture(findings, image, (*path, str(index)))
        for index, image in enumerate(images[:MOST_IMAGES])
    )


def _picture(findings: Findings, image: Image, path: tuple[str, ...]) -> Image:
    url = check_url(findings, image.url, *path, "url")
    if not image.url.strip():
        findings.add(ErrorCode.FIELD_REQUIRED, "url must not be empty.", *path, "url")
    for name, size in (("width", image.width), ("height", image.height)):
        if size is not None and size < 1:
            findings.add(
                ErrorCode.INVALID_FIELD, f"{name} is a number of pixels above 0.", *path, name
            )
    alt_text = check_text(findings, image.alt_text, LONGEST_ALT_TEXT, *path, "altText")
    return Image(url or "", alt_text or None, image.width, image.height)


def stored_images(images: Sequence[Image]) -> list[dict[str, Any]]:
    """Return pictures as the rows of products, variants and bundles keep them."""
    return [
        {
            "url": image.url,
            "altText": image.alt_text,
            "width": image.width,
            "height": image.height,
        }
        for image in images
    ]


def check_images(findings: Findings, images: Sequence[Image], *path: str) -> list[dict[str, Any]]:
    """Judge pictures and return them as they are stored."""
    return stored_images(shape_images(findings, images, *path))


def check_seo(findings: Findings, seo: Seo | None, *path: str) -> Seo:
    """Return what search engines are told, trimmed; empty texts are None."""
    seo = Seo() if seo is None else seo
    title = check_text(findings, seo.title, LONGEST_NAME, *path, "title")
    description = check_text(
        findings, seo.description, LONGEST_SEO_DESCRIPTION, *path, "description"
    )
    return Seo(title or None, description or None)


def check_slug(findings: Findings, slug: str | None, *path: str) -> str | None:
    """Return a slug that was asked for, None for an empty one; it has a letter or a digit."""
    wanted = check_text(findings, slug, LONGEST_SLUG, *path) or None
    if wanted is not None and not any(each.isalnum() for each in wanted):
        findings.add(ErrorCode.INVALID_FORMAT, "A slug has a letter or a digit.", *path)
    return wanted
