"""What every change of a bundle begins and ends with."""

from typing import Any
from uuid import UUID

from sqlalchemy import update

from ordergraph.commerce.bundles.events import BundleEventType, bundle_event
from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.bundles.rules import Bundle, BundleStatus
from ordergraph.commerce.bundles.tables import BundleRow
from ordergraph.commerce.catalog.coding import Codes, take_codes
from ordergraph.commerce.catalog.describing import stored_images
from ordergraph.commerce.catalog.naming import renew_slug, take_slug
from ordergraph.commerce.catalog.rules import name_key
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem, VersionProblem
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def locked(
    tx: Transaction, id: UUID, expected_version: int | None = None, *, path: str = "id"
) -> Bundle:
    """Lock a bundle against other changes and return it as it is then.

    An unknown or deleted one is a problem at `path`, another version than expected a
    `VERSION_CONFLICT`.
    """
    await tx.lock(BundleRow, id, "bundle", path)
    bundle = await _read(tx, id)
    if bundle.status is BundleStatus.DELETED:
        raise Problem(ErrorCode.RESOURCE_DELETED, "This bundle was deleted.", (path,))
    if expected_version not in (None, bundle.version):
        raise VersionProblem(bundle.version, ("expectedVersion",))
    return bundle


async def changed(
    tx: Transaction, bundle: Bundle, type: BundleEventType = BundleEventType.UPDATED
) -> Bundle:
    """Write a locked bundle with its next version, tell of it, and return it as it is then."""
    bundle.version += 1
    bundle.updated_at = tx.now
    await tx.execute(
        update(BundleRow)
        .where(within(BundleRow), BundleRow.id == bundle.id)
        .values(bundle_values(bundle))
    )
    return await told(tx, bundle, type)


async def told(tx: Transaction, bundle: Bundle, type: BundleEventType) -> Bundle:
    """Tell of a bundle that was written, and return it with what its components allow."""
    tx.emit(bundle_event(bundle.id, type, bundle.version))
    tx.outdate([bundle.id])
    return await _read(tx, bundle.id)


def remember(tx: Transaction, bundle_id: UUID) -> None:
    """Note that the mutation answers with this bundle."""
    tx.remember("bundle", Prefix.BUNDLE, bundle_id)


async def take_names(
    tx: Transaction,
    findings: Findings,
    present: Bundle | None,
    bundle: Bundle,
    slug: str | Omitted | None,
) -> None:
    """Have a bundle bear its codes from now on, and lead to it by the slug that was asked for.

    An empty slug is made of the name, as is that of a new bundle without one; what a bundle led by
    before keeps leading to it. What something else bears already is noted (CAT-31, ERR-1).
    """
    codes = bundle.sku, bundle.barcode
    if present is None or codes != (present.sku, present.barcode):
        with findings.noting():
            await take_codes(tx, [Codes(bundle.id, *codes)], known=present is not None)
    if slug is OMITTED and present is not None:
        return
    text = "" if slug is OMITTED or slug is None else slug.strip()
    if not text:
        bundle.slug = await renew_slug(tx, bundle.id, bundle.name)
    elif not any(each.field == ("slug",) for each in findings.problems):
        with findings.noting():
            bundle.slug = await take_slug(tx, bundle.id, text, "slug")


def bundle_values(bundle: Bundle) -> dict[str, Any]:
    """Return a bundle as its row keeps it."""
    compared = bundle.compare_at_price
    return {
        "id": bundle.id,
        "name": bundle.name,
        "name_key": name_key(bundle.name),
        "slug": bundle.slug,
        "status": bundle.status,
        "description": bundle.description,
        "seo_title": bundle.seo.title,
        "seo_description": bundle.seo.description,
        "images": stored_images(bundle.images),
        "unit_price_minor": bundle.unit_price.minor,
        "compare_at_minor": None if compared is None else compared.minor,
        "currency": bundle.unit_price.currency,
        "taxable": bundle.taxable,
        "tax_category": bundle.tax_category,
        "modifier_set_id": bundle.modifier_set_id,
        "external_reference_id": bundle.external_reference_id,
        "metadata": bundle.metadata,
        "public_metadata": bundle.public_metadata,
        "version": bundle.version,
        "created_at": bundle.created_at,
        "updated_at": bundle.updated_at,
    }


async def _read(tx: Transaction, id: UUID) -> Bundle:
    return (await bundles_by_ids(tx, [id]))[id]
