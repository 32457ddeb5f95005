"""Describing bundles: every field that is set of one is judged before anything is written."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ordergraph.commerce.bundles.rules import Bundle, BundleChanges, BundleStatus
from ordergraph.commerce.catalog.describing import (
    check_compared,
    check_seo,
    check_slug,
    shape_images,
)
from ordergraph.commerce.catalog.rules import LONGEST_CODE, LONGEST_DESCRIPTION, Image, Seo
from ordergraph.core.currencies import check_money
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import NO_MONEY, Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text, check_url, merge_metadata

T = TypeVar("T")


def blank(now: datetime) -> Bundle:
    """Return what a new bundle is before anything is set of it."""
    return Bundle(
        id=new_id(),
        name="",
        slug="",
        status=BundleStatus.ACTIVE,
        description=None,
        seo=Seo(),
        images=(),
        unit_price=NO_MONEY,
        compare_at_price=None,
        taxable=True,
        tax_category=TaxCategory.GENERAL,
        sku=None,
        barcode=None,
        modifier_set_id=None,
        external_reference_id=None,
        metadata={},
        public_metadata={},
        version=1,
        created_at=now,
        updated_at=now,
        component_count=0,
        available_for_sale=False,
        quantity_available=None,
    )


def described(bundle: Bundle, wanted: BundleChanges, findings: Findings) -> Bundle:
    """Return the bundle with the changes made; what is not allowed is noted in `findings`.

    The result means something only if nothing was noted. Its slug is the one it had: whether
    another is free is not known here.
    """
    price = _price(findings, bundle, wanted)
    if wanted.slug is not OMITTED:
        check_slug(findings, wanted.slug, "slug")
    return replace(
        bundle,
        name=_name(findings, bundle.name, wanted.name),
        status=_status(findings, bundle.status, wanted.status),
        description=_text(
            findings, bundle.description, wanted.description, LONGEST_DESCRIPTION, "description"
        ),
        seo=bundle.seo if wanted.seo is OMITTED else check_seo(findings, wanted.seo, "seo"),
        images=_images(findings, bundle, wanted),
        unit_price=price,
        compare_at_price=_compared(findings, bundle, wanted, price),
        taxable=_given(findings, bundle.taxable, wanted.taxable, "taxable"),
        tax_category=_given(findings, bundle.tax_category, wanted.tax_category, "taxCategory"),
        sku=_text(findings, bundle.sku, wanted.sku, LONGEST_CODE, "sku"),
        barcode=_text(findings, bundle.barcode, wanted.barcode, LONGEST_CODE, "barcode"),
        modifier_set_id=_kept(bundle.modifier_set_id, wanted.modifier_set_id),
        external_reference_id=_text(
            findings,
            bundle.external_reference_id,
            wanted.external_reference_id,
            LONGEST_NAME,
            "externalReferenceId",
        ),
        metadata=bundle.metadata
        if wanted.metadata is OMITTED
        else merge_metadata(findings, bundle.metadata, wanted.metadata, "metadata"),
        public_metadata=bundle.public_metadata
        if wanted.public_metadata is OMITTED
        else merge_metadata(
            findings, bundle.public_metadata, wanted.public_metadata, "publicMetadata"
        ),
    )


def _kept(present: T, wanted: T | Omitted) -> T:
    return present if wanted is OMITTED else wanted


def _given(findings: Findings, present: T, wanted: T | Omitted | None, name: str) -> T:
    """Return what cannot be cleared."""
    if wanted is None:
        findings.add(ErrorCode.FIELD_REQUIRED, f"{name} cannot be null.", name)
        return present
    return _kept(present, wanted)


def _name(findings: Findings, present: str, wanted: str | Omitted | None) -> str:
    if wanted is OMITTED:
        return present
    return check_text(findings, wanted or "", LONGEST_NAME, "name", least=1) or ""


def _text(
    findings: Findings, present: str | None, wanted: str | Omitted | None, most: int, name: str
) -> str | None:
    """Return a text that an empty one clears (UPD-2)."""
    if wanted is OMITTED:
        return present
    return check_text(findings, wanted, most, name) or None


def _status(
    findings: Findings, present: BundleStatus, wanted: BundleStatus | Omitted | None
) -> BundleStatus:
    if wanted is BundleStatus.DELETED:
        findings.add(ErrorCode.INVALID_ENUM, "Use deleteBundle to delete a bundle.", "status")
        return present
    return _given(findings, present, wanted, "status")


def _images(findings: Findings, bundle: Bundle, wanted: BundleChanges) -> tuple[Image, ...]:
    """Return its pictures; the address alone replaces them all, unless it leads them already."""
    if wanted.image_url is OMITTED:
        if wanted.images is OMITTED:
            return bundle.images
        return shape_images(findings, wanted.images or (), "images")
    if wanted.images is not OMITTED:
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "imageUrl is short for one entry of images: send either of them.",
            "imageUrl",
        )
    url = check_url(findings, wanted.image_url, "imageUrl")
    if url == bundle.image_url:
        return bundle.images
    return (Image(url),) if url else ()


def _price(findings: Findings, bundle: Bundle, wanted: BundleChanges) -> Money:
    price = _given(findings, bundle.unit_price, wanted.unit_price, "unitPrice")
    if isinstance(wanted.unit_price, Money):
        check_money(findings, price, "unitPrice")
    return price


def _compared(
    findings: Findings, bundle: Bundle, wanted: BundleChanges, price: Money
) -> Money | None:
    """Return the price it is compared with, in the currency of the price, whichever was set."""
    compared = _kept(bundle.compare_at_price, wanted.compare_at_price)
    path = "unitPrice" if wanted.compare_at_price is OMITTED else "compareAtPrice"
    return check_compared(findings, compared, price, path)
