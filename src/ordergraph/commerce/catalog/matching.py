"""Matching: which products of the shop those of a file are, and all that the shop has of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, and_, any_, bindparam, or_, select

from ordergraph.commerce.catalog.overlaying import GivenProduct, Present
from ordergraph.commerce.catalog.reads import products_by_ids, variants_by_product
from ordergraph.commerce.catalog.rules import ProductStatus
from ordergraph.commerce.catalog.tables import (
    ProductRow,
    SellableCodeRow,
    SlugRow,
    VariantRow,
)
from ordergraph.commerce.categories.reads import categories_of_members
from ordergraph.commerce.inventory.tallying import units_at_default
from ordergraph.core.sparse import Omitted
from ordergraph.core.texts import slug_of
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Conflict, Reader, Transaction


@dataclass(slots=True)
class Bearers:
    """What bears the codes and slugs of a batch: variants and bundles by their ids, owners of
    slugs by theirs; `product_of` knows the product of each variant, `products` which of the owners
    of slugs are no bundles."""

    by_sku: Mapping[str, UUID]
    by_barcode: Mapping[str, UUID]
    by_slug: Mapping[str, UUID]
    product_of: Mapping[UUID, UUID]
    products: Collection[UUID]


async def find_bearers(reader: Reader, given: Sequence[GivenProduct]) -> Bearers:
    """Find whatever bears a SKU, a barcode or a slug of these products, in two statements."""
    variants = [variant for product in given for variant in product.variants]
    return await bearers_of(
        reader,
        [each.sku for each in variants],
        [each.barcode for each in variants],
        [each.slug for each in given],
    )


async def bearers_of(
    reader: Reader,
    skus: Iterable[str | Omitted | None],
    barcodes: Iterable[str | Omitted | None],
    slugs: Iterable[str | Omitted | None],
) -> Bearers:
    """Find whatever bears these codes, or is led to by these slugs, in two statements."""
    bound = {"skus": _texts(skus), "barcodes": _texts(barcodes)}
    by_sku: dict[str, UUID] = {}
    by_barcode: dict[str, UUID] = {}
    product_of: dict[UUID, UUID] = {}
    for id, sku, barcode, product_id in await reader.fetch(_CODES, bound):
        if sku is not None:
            by_sku[sku] = id
        if barcode is not None:
            by_barcode[barcode] = id
        if product_id is not None:
            product_of[id] = product_id
    wanted = [slug for each in slugs if (slug := slug_asked(each)) is not None]
    owners = await reader.fetch(_SLUGS, {"slugs": wanted})
    by_slug = {row[0]: row[1] for row in owners}
    products = {row[1] for row in owners if row[2]}
    return Bearers(by_sku, by_barcode, by_slug, product_of, products)


def wanted_slug(given: GivenProduct) -> str | None:
    """Return the slug that a product asks for, as slugs are written."""
    return slug_asked(given.slug)


def slug_asked(text: str | Omitted | None) -> str | None:
    """Return a slug as slugs are written, or None where none is asked for."""
    return slug_of(text) if isinstance(text, str) and text.strip() else None


def match(bearers: Bearers, given: GivenProduct) -> UUID | None:
    """Return the id of what a product of a file is, or None for a new one.

    It is what its slug leads to, else what has its first SKU. Where the two lead to different
    ones, or another SKU to a third, that is for the comparison to refuse.
    """
    slug = wanted_slug(given)
    if slug is not None and (owner := bearers.by_slug.get(slug)) is not None:
        return owner if owner in bearers.products else None
    skus = (code(variant.sku) for variant in given.variants)
    bearer = bearers.by_sku.get(next((sku for sku in skus if sku is not None), ""))
    return None if bearer is None else bearers.product_of.get(bearer)


def match_all(bearers: Bearers, given: Sequence[GivenProduct]) -> Sequence[UUID | None]:
    """Return what the products of a batch are: no two of them are the same one."""
    led = [wanted_slug(each) in bearers.by_slug for each in given]
    return apart([match(bearers, each) for each in given], led)


def apart(ids: Sequence[UUID | None], led: Sequence[bool]) -> Sequence[UUID | None]:
    """Return ids with each of them once, None for those that would be something a second time.

    It stays where a slug `led` to it, else where it stands first. The others are judged as new
    ones, and are told that their codes and slugs are in use.
    """
    first: dict[UUID | None, int] = {}
    for index in sorted(range(len(ids)), key=lambda index: not led[index]):
        first.setdefault(ids[index], index)
    return [id if first[id] == index else None for index, id in enumerate(ids)]


def code(text: object) -> str | None:
    """Return a SKU or barcode as it is stored, or None where there is none."""
    return (text.strip() or None) if isinstance(text, str) else None


async def lock_products(tx: Transaction, ids: Iterable[UUID]) -> None:
    """Hold the rows of products, in the order of their ids, until the transaction ends.

    One that was deleted meanwhile is a `Conflict`: whoever comes again finds its codes free.
    """
    wanted = sorted(set(ids))
    if wanted and len(await tx.fetch(_LOCK, {"ids": wanted})) < len(wanted):
        raise Conflict


async def present_products(reader: Reader, ids: Iterable[UUID]) -> Mapping[UUID, Present]:
    """Return products by id with their variants, labels and units at the default location."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    products = await products_by_ids(reader, wanted)
    variants = await variants_by_product(reader, wanted)
    categories = await categories_of_members(reader, wanted)
    counted = [each.id for of_product in variants.values() for each in of_product if each.tracked]
    units = await units_at_default(reader, counted)
    return {
        id: Present(product, variants[id], [each.name for each in categories[id]], units)
        for id, product in products.items()
        if product.status is not ProductStatus.DELETED
    }


def _texts(texts: Iterable[object]) -> Sequence[str]:
    return [found for each in texts if (found := code(each)) is not None]


_CODES = Prepared(
    select(SellableCodeRow.id, SellableCodeRow.sku, SellableCodeRow.barcode, VariantRow.product_id)
    .select_from(SellableCodeRow)
    .outerjoin(
        VariantRow,
        and_(
            VariantRow.environment_id == SellableCodeRow.environment_id,
            VariantRow.id == SellableCodeRow.id,
        ),
    )
    .where(
        within(SellableCodeRow),
        or_(
            SellableCodeRow.sku == any_(bindparam("skus", type_=ARRAY(Text))),
            SellableCodeRow.barcode == any_(bindparam("barcodes", type_=ARRAY(Text))),
        ),
    )
)
_SLUGS = Prepared(
    select(SlugRow.slug, SlugRow.owner_id, ProductRow.id.is_not(None))
    .outerjoin_from(
        SlugRow,
        ProductRow,
        and_(
            ProductRow.environment_id == SlugRow.environment_id,
            ProductRow.id == SlugRow.owner_id,
        ),
    )
    .where(
        SlugRow.environment_id == ENVIRONMENT,
        SlugRow.slug == any_(bindparam("slugs", type_=ARRAY(Text))),
    )
)
_LOCK = Prepared(
    select(ProductRow.id)
    .where(
        within(ProductRow),
        ProductRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        ProductRow.status != ProductStatus.DELETED,
    )
    .order_by(ProductRow.id)
    .with_for_update()
)
