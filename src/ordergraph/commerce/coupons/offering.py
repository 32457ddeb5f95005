"""Making coupons, changing them and taking them back."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.bundles.rules import BundleStatus
from ordergraph.commerce.catalog.reads import products_by_ids, variants_for_sale
from ordergraph.commerce.catalog.rules import ProductStatus, VariantStatus
from ordergraph.commerce.categories.reads import categories_named
from ordergraph.commerce.categories.rules import MOST_CATEGORIES, label_key
from ordergraph.commerce.coupons.judging import MOST_LIMIT_ITEMS, changed
from ordergraph.commerce.coupons.reads import coupon_of
from ordergraph.commerce.coupons.rules import (
    Coupon,
    CouponChanges,
    LimitCategory,
    LimitItem,
    name_key,
)
from ordergraph.commerce.coupons.tables import CouponRow
from ordergraph.core.discounts import CouponStatus
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem, VersionProblem, not_found
from ordergraph.core.sparse import OMITTED
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import ConstraintViolated, Transaction


async def create_coupon(
    database: Database, actor: Actor, wanted: CouponChanges, findings: Findings
) -> Coupon:
    """Make a coupon; a code in use whatever its case is `COUPON_CODE_ALREADY_EXISTS` (DSC-2).

    `findings` holds what was already wrong with the input and is told together with the rest.
    """
    with _codes_are_unique():
        async with database.transaction(actor) as tx:
            coupon = changed(_blank(tx.now), wanted, findings)
            await _check_limits(tx, coupon, wanted, findings)
            findings.settle()
            await tx.add(CouponRow, {"id": coupon.id, **_stored(coupon)})
            tx.remember("coupon", Prefix.COUPON, coupon.id)
    return coupon


async def update_coupon(
    database: Database,
    actor: Actor,
    id: UUID,
    wanted: CouponChanges,
    expected_version: int | None,
    findings: Findings,
) -> Coupon:
    """Change a coupon; open orders follow at their next reprice, paid ones never (DSC-9).

    Values that equal the present ones are no change: the version stays (UPD-3). `findings` holds
    what was already wrong with the input and is told together with the rest.
    """
    if wanted == CouponChanges() and not findings.problems:
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    with _codes_are_unique():
        async with database.transaction(actor) as tx:
            present = await _lock(tx, id)
            if expected_version not in (None, present.version):
                raise VersionProblem(present.version, ("expectedVersion",))
            coupon = changed(present, wanted, findings)
            await _check_limits(tx, coupon, wanted, findings)
            findings.settle()
            if coupon != present:
                coupon = replace(coupon, version=present.version + 1, updated_at=tx.now)
                await _save(tx, coupon)
            tx.remember("coupon", Prefix.COUPON, id)
    return coupon


async def delete_coupon(database: Database, actor: Actor, id: UUID) -> None:
    """Delete a coupon for good: it takes nothing off any more, and its code is free (DSC-10)."""
    async with database.transaction(actor) as tx:
        present = await _lock(tx, id)
        await _save(
            tx,
            replace(
                present,
                stored_status=CouponStatus.DELETED,
                version=present.version + 1,
                updated_at=tx.now,
            ),
        )
        tx.remember("deleted_id", Prefix.COUPON, id)


@contextmanager
def _codes_are_unique() -> Generator[None]:
    try:
        yield
    except ConstraintViolated as violated:
        if violated.constraint == "uq_coupons_code":
            raise Problem(
                ErrorCode.COUPON_CODE_ALREADY_EXISTS, "Another coupon has this code.", ("code",)
            ) from violated
        raise


async def _lock(tx: Transaction, id: UUID) -> Coupon:
    coupon = coupon_of(await tx.lock(CouponRow, id, "coupon", "id"), tx.now)
    if coupon.stored_status is CouponStatus.DELETED:
        raise Problem(ErrorCode.RESOURCE_DELETED, "This coupon was deleted.", ("id",))
    return coupon


async def _save(tx: Transaction, coupon: Coupon) -> None:
    await tx.execute(
        update(CouponRow)
        .where(within(CouponRow), CouponRow.id == coupon.id)
        .values(_stored(coupon))
    )


async def _check_limits(
    tx: Transaction, coupon: Coupon, wanted: CouponChanges, findings: Findings
) -> None:
    """Note what a limit names and the catalog does not have; categories are put on the coupon."""
    await _check_items(tx, wanted, findings)
    named = wanted.limit_categories
    if named is OMITTED or len(named or ()) > MOST_CATEGORIES:
        return  # kept, or noted already
    coupon.limit_category_ids = await _categories(tx, named or (), findings)


async def _categories(
    tx: Transaction, named: Sequence[LimitCategory], findings: Findings
) -> tuple[UUID, ...]:
    """Return the categories with these labels and ids, each once."""
    if not named:
        return ()
    keys = {label_key(each.label.strip()) for each in named if each.label is not None}
    by_key, known = await categories_named(
        tx, keys, [each.id for each in named if each.id is not None]
    )
    found: dict[UUID, None] = {}
    for each in named:
        id = each.id if each.label is None else by_key.get(label_key(each.label.strip()))
        if id is not None and id in known:
            found[id] = None
        else:
            findings.note(not_found("category", "limitToCategories", each.position))
    return tuple(found)


async def _check_items(tx: Transaction, wanted: CouponChanges, findings: Findings) -> None:
    """Note the items of a limit that the catalog does not have, or no longer."""
    if wanted.limit_to is OMITTED or wanted.limit_to is None:
        return
    if len(wanted.limit_to) > MOST_LIMIT_ITEMS:
        return  # noted already
    known = await _existing(tx, wanted.limit_to)
    for item in wanted.limit_to:
        if item.id not in known:
            findings.note(not_found("product, variant or bundle", "limitToItemIds", item.position))


async def _existing(tx: Transaction, items: Sequence[LimitItem]) -> set[UUID]:
    known: set[UUID] = set()
    product_ids = [item.id for item in items if item.kind is Prefix.PRODUCT]
    if product_ids:
        products = await products_by_ids(tx, product_ids)
        known |= {id for id, each in products.items() if each.status is not ProductStatus.DELETED}
    variant_ids = [item.id for item in items if item.kind is Prefix.VARIANT]
    if variant_ids:
        variants = await variants_for_sale(tx, variant_ids)
        known |= {id for id, each in variants.items() if each.status is not VariantStatus.DELETED}
    bundle_ids = [item.id for item in items if item.kind is Prefix.BUNDLE]
    if bundle_ids:
        bundles = await bundles_by_ids(tx, bundle_ids)
        known |= {id for id, each in bundles.items() if each.status is not BundleStatus.DELETED}
    return known


def _blank(now: datetime) -> Coupon:
    """Return what a new coupon is before anything is set of it."""
    return Coupon(
        id=new_id(),
        name="",
        description=None,
        code=None,
        percent_off=None,
        amount_off=None,
        max_uses=None,
        uses_count=0,
        max_uses_per_customer=None,
        starts_at=None,
        expires_at=None,
        minimum_purchase=None,
        limit_variant_ids=(),
        limit_product_ids=(),
        limit_bundle_ids=(),
        limit_category_ids=(),
        first_order_only=False,
        stackable=False,
        stored_status=CouponStatus.ACTIVE,
        metadata={},
        version=1,
        created_at=now,
        updated_at=now,
        read_at=now,
    )


def _stored(coupon: Coupon) -> dict[str, Any]:
    """Return the columns that are written of a coupon; its uses are counted elsewhere (CON-5)."""
    amount, minimum = coupon.amount_off, coupon.minimum_purchase
    priced = amount or minimum
    return {
        "name": coupon.name,
        "name_key": name_key(coupon.name),
        "description": coupon.description,
        "code": coupon.code,
        "percent": coupon.percent_off,
        "amount_minor": amount and amount.minor,
        "minimum_minor": minimum and minimum.minor,
        "currency": priced and priced.currency,
        "max_uses": coupon.max_uses,
        "max_uses_per_customer": coupon.max_uses_per_customer,
        "starts_at": coupon.starts_at,
        "expires_at": coupon.expires_at,
        "limit_variant_ids": list(coupon.limit_variant_ids),
        "limit_product_ids": list(coupon.limit_product_ids),
        "limit_bundle_ids": list(coupon.limit_bundle_ids),
        "limit_category_ids": list(coupon.limit_category_ids),
        "first_order_only": coupon.first_order_only,
        "stackable": coupon.stackable,
        "status": coupon.stored_status,
        "metadata": coupon.metadata,
        "version": coupon.version,
        "created_at": coupon.created_at,
        "updated_at": coupon.updated_at,
    }
