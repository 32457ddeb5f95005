"""Locking products before they or their variants change: nobody else changes them meanwhile."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from ordergraph.commerce.catalog.building import PRODUCT_COLUMNS, product_of
from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.catalog.rules import Product, ProductStatus, Variant, VariantStatus
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.core.problems import ErrorCode, Problem, VersionProblem, not_found
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def lock_product(tx: Transaction, id: UUID, *path: str) -> Product:
    """Lock a product and return it as it is now, without its variants.

    An unknown one is `RESOURCE_NOT_FOUND` at `path`, a deleted one `RESOURCE_DELETED` (CAT-6). What
    refers to it can still be written meanwhile.
    """
    rows = await tx.fetch(_LOCK, {"wanted": id})
    if not rows:
        raise not_found("product", *path)
    product = product_of(rows[0])
    if product.status is ProductStatus.DELETED:
        raise Problem(ErrorCode.RESOURCE_DELETED, "This product was deleted.", path)
    return product


async def lock_variant(tx: Transaction, id: UUID, *path: str) -> tuple[Product, Variant]:
    """Lock the product of a variant, which stands for all its variants, and return both."""
    found = await tx.fetch(_PRODUCT_OF, {"wanted": id})
    if not found:
        raise not_found("variant", *path)
    product = await lock_product(tx, found[0][0], *path)
    variant = (await variants_for_sale(tx, [id]))[id]
    if variant.status is VariantStatus.DELETED:
        raise Problem(ErrorCode.RESOURCE_DELETED, "This variant was deleted.", path)
    return product, variant


def check_version(expected: int | None, present: int) -> None:
    """Refuse a change of what moved on since the caller read it (UPD-7)."""
    if expected not in (None, present):
        raise VersionProblem(present, ("expectedVersion",))


_WANTED = bindparam("wanted", type_=Uuid)
_LOCK = Prepared(
    select(*PRODUCT_COLUMNS)
    .where(within(ProductRow), ProductRow.id == _WANTED)
    .with_for_update(key_share=True)
)
_PRODUCT_OF = Prepared(
    select(VariantRow.product_id).where(within(VariantRow), VariantRow.id == _WANTED)
)
