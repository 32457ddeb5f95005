"""Changing products and variants: what was sent is judged against what is there (UPD-1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from ordergraph.commerce.catalog.describing import (
    check_compared,
    check_seo,
    check_slug,
    shape_images,
)
from ordergraph.commerce.catalog.rules import (
    LONGEST_CODE,
    LONGEST_DESCRIPTION,
    MOST_OPTION_VALUES,
    Image,
    Product,
    ProductOption,
    ProductStatus,
    ProductType,
    SelectedOption,
    Seo,
    Variant,
    VariantStatus,
    first_url,
)
from ordergraph.commerce.catalog.shaping import NewVariant, select_options, value_of
from ordergraph.core.currencies import check_money
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text, check_url, merge_metadata

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProductChanges:
    """What is to change of a product; what is `OMITTED` stays (CAT-4).

    `image_url` is the first of `images`, and is sent alone: the others stay, but go with it when it
    is cleared. An empty `slug` is made anew from the name.
    """

    name: str | Omitted | None = OMITTED
    product_type: ProductType | Omitted | None = OMITTED
    status: ProductStatus | Omitted | None = OMITTED
    description: str | Omitted | None = OMITTED
    image_url: str | Omitted | None = OMITTED
    images: Sequence[Image] | Omitted | None = OMITTED
    slug: str | Omitted | None = OMITTED
    seo: Seo | Omitted | None = OMITTED
    default_variant_id: UUID | Omitted | None = OMITTED
    modifier_set_id: UUID | Omitted | None = OMITTED
    external_reference_id: str | Omitted | None = OMITTED
    metadata: dict[str, Any] | Omitted | None = OMITTED
    public_metadata: dict[str, Any] | Omitted | None = OMITTED


@dataclass(frozen=True, slots=True)
class VariantChanges:
    """What is to change of a variant; what is `OMITTED` stays.

    `position` counts from 0 among the product's variants, the others make room.
    """

    name: str | Omitted | None = OMITTED
    sku: str | Omitted | None = OMITTED
    barcode: str | Omitted | None = OMITTED
    unit_price: Money | Omitted | None = OMITTED
    compare_at_price: Money | Omitted | None = OMITTED
    selected_options: Sequence[SelectedOption] | Omitted | None = OMITTED
    images: Sequence[Image] | Omitted | None = OMITTED
    taxable: bool | Omitted | None = OMITTED
    tax_category: TaxCategory | Omitted | None = OMITTED
    status: VariantStatus | Omitted | None = OMITTED
    position: int | Omitted | None = OMITTED
    track_inventory: bool | Omitted | None = OMITTED
    enforce_inventory_limit: bool | Omitted | None = OMITTED
    low_stock_threshold: int | Decimal | Omitted | None = OMITTED
    modifier_set_id: UUID | Omitted | None = OMITTED
    external_reference_id: str | Omitted | None = OMITTED
    metadata: dict[str, Any] | Omitted | None = OMITTED
    public_metadata: dict[str, Any] | Omitted | None = OMITTED


def changed_product(present: Product, wanted: ProductChanges, findings: Findings) -> Product:
    """Return a product after its changes; what is wrong with them is noted (ERR-1).

    The slug and the default variant are not looked at: they take a look at the others.
    """
    status = _required(present.status, wanted.status, findings, "status")
    if status is ProductStatus.DELETED:
        findings.add(ErrorCode.INVALID_ENUM, "Use deleteProduct to delete a product.", "status")
    if wanted.slug is not OMITTED:
        check_slug(findings, wanted.slug, "slug")
    images = _images(present.images, wanted, findings)
    return replace(
        present,
        name=_name(present.name, wanted.name, findings),
        product_type=_required(present.product_type, wanted.product_type, findings, "productType"),
        status=status,
        description=_text(
            present.description, wanted.description, LONGEST_DESCRIPTION, findings, "description"
        ),
        images=images,
        image_url=first_url(images),
        seo=present.seo if wanted.seo is OMITTED else check_seo(findings, wanted.seo, "seo"),
        modifier_set_id=_kept(present.modifier_set_id, wanted.modifier_set_id),
        external_reference_id=_text(
            present.external_reference_id,
            wanted.external_reference_id,
            LONGEST_NAME,
            findings,
            "externalReferenceId",
        ),
        metadata=_merged(present.metadata, wanted.metadata, findings, "metadata"),
        public_metadata=_merged(
            present.public_metadata, wanted.public_metadata, findings, "publicMetadata"
        ),
    )


def changed_variant(
    present: Variant,
    options: Sequence[ProductOption],
    wanted: VariantChanges,
    findings: Findings,
) -> Variant:
    """Return a variant after its changes; what is wrong with them is noted (ERR-1).

    `options` are those of its product, with the values that the changes bring. Stock and position
    are not looked at.
    """
    status = _required(present.status, wanted.status, findings, "status")
    if status is VariantStatus.DELETED:
        findings.add(ErrorCode.INVALID_ENUM, "Use deleteVariant to delete a variant.", "status")
    price = _price(present.unit_price, wanted.unit_price, findings)
    return replace(
        present,
        name=_text(present.name, wanted.name, LONGEST_NAME, findings, "name"),
        sku=_text(present.sku, wanted.sku, LONGEST_CODE, findings, "sku"),
        barcode=_text(present.barcode, wanted.barcode, LONGEST_CODE, findings, "barcode"),
        unit_price=price,
        compare_at_price=present.compare_at_price
        if wanted.compare_at_price is OMITTED
        else check_compared(findings, wanted.compare_at_price, price, "compareAtPrice"),
        selected_options=_selected(present, options, wanted, findings),
        own_images=present.own_images
        if wanted.images is OMITTED
        else shape_images(findings, wanted.images or (), "images"),
        taxable=_required(present.taxable, wanted.taxable, findings, "taxable"),
        tax_category=_required(present.tax_category, wanted.tax_category, findings, "taxCategory"),
        status=status,
        own_modifier_set_id=_kept(present.own_modifier_set_id, wanted.modifier_set_id),
        external_reference_id=_text(
            present.external_reference_id,
            wanted.external_reference_id,
            LONGEST_NAME,
            findings,
            "externalReferenceId",
        ),
        metadata=_merged(present.metadata, wanted.metadata, findings, "metadata"),
        public_metadata=_merged(
            present.public_metadata, wanted.public_metadata, findings, "publicMetadata"
        ),
    )


def extended_options(
    findings: Findings,
    options: Sequence[ProductOption],
    selected: Sequence[SelectedOption],
    *path: str,
) -> tuple[ProductOption, ...]:
    """Return a product's options with the values that a variant brings behind those they have.

    An option has at most 100 values: more are `TOO_MANY_ITEMS` at the value.
    """
    extended = {option.name.casefold(): option for option in options}
    for index, each in enumerate(selected):
        option = extended.get(each.name.strip().casefold())
        if option is None or value_of(option, each.value) is not None:
            continue  # what has no such option is refused with the selection
        here = (*path, str(index), "value")
        value = check_text(findings, each.value, LONGEST_NAME, *here, least=1) or ""
        if len(option.values) >= MOST_OPTION_VALUES:
            findings.add(
                ErrorCode.TOO_MANY_ITEMS,
                f"An option has at most {MOST_OPTION_VALUES} values.",
                *here,
            )
        extended[option.name.casefold()] = replace(option, values=(*option.values, value))
    return tuple(extended.values())


def _kept(present: T, wanted: T | Omitted) -> T:
    return present if wanted is OMITTED else wanted


def _required(present: T, wanted: T | Omitted | None, findings: Findings, field: str) -> T:
    if wanted is None:
        findings.add(ErrorCode.FIELD_REQUIRED, f"{field} cannot be cleared.", field)
        return present
    return _kept(present, wanted)


def _name(present: str, wanted: str | Omitted | None, findings: Findings) -> str:
    if wanted is OMITTED:
        return present
    return check_text(findings, wanted or "", LONGEST_NAME, "name", least=1) or ""


def _text(
    present: str | None, wanted: str | Omitted | None, most: int, findings: Findings, field: str
) -> str | None:
    """Return a text that null and an empty one clear (UPD-2)."""
    if wanted is OMITTED:
        return present
    return check_text(findings, wanted, most, field) or None


def _merged(
    present: dict[str, str],
    wanted: dict[str, Any] | Omitted | None,
    findings: Findings,
    field: str,
) -> dict[str, str]:
    if wanted is OMITTED:
        return present
    return merge_metadata(findings, present, wanted, field)


def _images(
    present: tuple[Image, ...], wanted: ProductChanges, findings: Findings
) -> tuple[Image, ...]:
    if wanted.image_url is OMITTED:
        images = wanted.images
        return present if images is OMITTED else shape_images(findings, images or (), "images")
    if wanted.images is not OMITTED:
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "imageUrl is the first entry of images: send either of them.",
            "imageUrl",
        )
    url = check_url(findings, wanted.image_url, "imageUrl")
    if url is None:
        return ()
    return present if url == first_url(present) else (Image(url), *present[1:])


def _price(present: Money, wanted: Money | Omitted | None, findings: Findings) -> Money:
    price = _required(present, wanted, findings, "unitPrice")
    if price.currency != present.currency:
        findings.add(
            ErrorCode.CURRENCY_MISMATCH,
            "All variants of a product have prices of one currency.",
            "unitPrice",
            "currency",
        )
        return present
    return check_money(findings, price, "unitPrice") or present


def _selected(
    present: Variant, options: Sequence[ProductOption], wanted: VariantChanges, findings: Findings
) -> tuple[SelectedOption, ...]:
    if wanted.selected_options is OMITTED:
        return present.selected_options
    selection = NewVariant(present.unit_price, wanted.selected_options or ())
    return select_options(findings, options, selection, ())
