"""Deleting products and variants: for good, with what they bore given back (CAT-7)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Uuid, any_, bindparam, literal, select, update

from ordergraph.commerce.catalog.coding import free_codes
from ordergraph.commerce.catalog.events import ProductEventType, product_event
from ordergraph.commerce.catalog.locking import check_version, lock_product, lock_variant
from ordergraph.commerce.catalog.naming import free_slugs
from ordergraph.commerce.catalog.reads import variants_by_product
from ordergraph.commerce.catalog.rules import ProductStatus, Variant, VariantStatus
from ordergraph.commerce.catalog.summing import sum_up
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.commerce.catalog.updating import save_product
from ordergraph.commerce.categories.labeling import leave_categories
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def delete_product(
    database: Database, actor: Actor, id: UUID, expected_version: int | None = None
) -> None:
    """Delete a product with its variants for good (CAT-7).

    SKUs, barcodes and slugs are free, its categories are left. Orders keep their lines, and those
    that are open can still be paid; bundles with its variants are no longer for sale.
    """
    async with database.transaction(actor) as tx:
        product = await lock_product(tx, id, "id")
        check_version(expected_version, product.version)
        variants = (await variants_by_product(tx, [id]))[id]
        await _bury(tx, variants)
        await free_slugs(tx, [id])
        await leave_categories(tx, [id])
        version = product.version + 1
        await tx.execute(
            update(ProductRow)
            .where(within(ProductRow), ProductRow.id == id)
            .values(
                status=ProductStatus.DELETED,
                variant_count=0,
                active_variant_count=0,
                version=version,
                updated_at=tx.now,
            )
        )
        tx.emit(product_event(id, ProductEventType.DELETED, version))
        tx.outdate([id])
        tx.remember("deleted_id", Prefix.PRODUCT, id)


async def delete_variant(
    database: Database, actor: Actor, id: UUID, expected_version: int | None = None
) -> None:
    """Delete a variant for good; a default one leaves its product without a default (CAT-21).

    The last active variant is `LAST_VARIANT`, and so is the last of all (CAT-20).
    """
    async with database.transaction(actor) as tx:
        product, variant = await lock_variant(tx, id, "id")
        check_version(expected_version, variant.version)
        variants = (await variants_by_product(tx, [product.id]))[product.id]
        _check_not_last(variant, [each for each in variants if each.id != id])
        await _bury(tx, [variant])
        await sum_up(tx, [product.id])
        await save_product(tx, product)
        tx.remember("deleted_id", Prefix.VARIANT, id)


def _check_not_last(variant: Variant, others: Sequence[Variant]) -> None:
    is_active = variant.status is VariantStatus.ACTIVE
    if not others or (is_active and not any(_is_active(each) for each in others)):
        raise Problem(
            ErrorCode.LAST_VARIANT,
            "A product keeps at least one active variant: delete the product instead.",
            ("id",),
        )


def _is_active(variant: Variant) -> bool:
    return variant.status is VariantStatus.ACTIVE


async def _bury(tx: Transaction, variants: Sequence[Variant]) -> None:
    """Mark variants as deleted and give back their SKUs and barcodes.

    They are locked in ascending order, as who puts them into bundles does: he comes first and they
    are in it, or comes too late.
    """
    ids = [each.id for each in variants]
    await tx.fetch(_LOCK, {"ids": ids})
    await tx.fetch(_BURY, {"ids": ids, "now": tx.now})
    await free_codes(tx, ids)


_THESE = (within(VariantRow), VariantRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_LOCK = Prepared(select(VariantRow.id).where(*_THESE).order_by(VariantRow.id).with_for_update())
_BURY = Prepared(
    update(VariantRow)
    .where(*_THESE)
    .values(
        status=VariantStatus.DELETED,
        is_default=False,
        version=VariantRow.version + literal(1, BigInteger),
        updated_at=bindparam("now", type_=DateTime(timezone=True)),
    )
    .returning(VariantRow.id)
)
