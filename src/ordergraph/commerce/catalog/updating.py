"""Updating products: their own fields, and the categories they stand in."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import update

from ordergraph.commerce.catalog.changing import ProductChanges, changed_product
from ordergraph.commerce.catalog.creating import product_values
from ordergraph.commerce.catalog.events import ProductEventType, product_event
from ordergraph.commerce.catalog.locking import check_version, lock_product
from ordergraph.commerce.catalog.naming import renew_slug, take_slug
from ordergraph.commerce.catalog.reads import variants_by_product
from ordergraph.commerce.catalog.rules import Product, ProductStatus, Variant
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.commerce.categories.labeling import assign_labels, check_labels, set_active
from ordergraph.commerce.categories.reads import categories_of_members
from ordergraph.commerce.categories.rules import MemberKind, label_key
from ordergraph.commerce.modifiers.attaching import check_attachable
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import slug_of
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def update_product(
    database: Database,
    actor: Actor,
    id: UUID,
    wanted: ProductChanges,
    expected_version: int | None,
    findings: Findings,
) -> Product:
    """Change a product (CAT-4); values that equal the present ones are no change (UPD-3).

    `findings` holds what was already wrong with the input and is told together with the rest. A
    request without any field is `NO_FIELDS_TO_UPDATE` (CAT-5).
    """
    require_changes(wanted != ProductChanges(), findings)
    async with database.transaction(actor) as tx:
        present = await lock_product(tx, id, "id")
        check_version(expected_version, present.version)
        product = changed_product(present, wanted, findings)
        if product.modifier_set_id != present.modifier_set_id:
            await check_attachable(tx, findings, {("modifierSetId",): product.modifier_set_id})
        default = await _choose_default(tx, product, wanted.default_variant_id, findings)
        product.slug = await _slug(tx, product, wanted.slug, findings)
        findings.settle()
        if product != present or default is not OMITTED:
            if default is not OMITTED:
                await _save_default(tx, id, default)
            if product.status is not present.status:
                await set_active(tx, [id], product.status is ProductStatus.ACTIVE)
            product = await save_product(tx, product)
        tx.remember("product", Prefix.PRODUCT, id)
    return product


async def replace_product_categories(
    database: Database,
    actor: Actor,
    id: UUID,
    labels: Sequence[str],
    expected_version: int | None = None,
) -> Product:
    """Have a product stand in the categories with these labels alone, `[]` in none (CTG-2).

    The same labels in the same order, whatever their case, are no change.
    """
    findings = Findings()
    wanted = check_labels(findings, labels, "categories")
    async with database.transaction(actor) as tx:
        product = await lock_product(tx, id, "productId")
        check_version(expected_version, product.version)
        findings.settle()
        present = (await categories_of_members(tx, [id]))[id]
        if [label_key(each.name) for each in present] != [label_key(each) for each in wanted]:
            active = product.status is ProductStatus.ACTIVE
            await assign_labels(tx, {id: wanted}, MemberKind.PRODUCT, active=active)
            product = await save_product(tx, product)
        tx.remember("product", Prefix.PRODUCT, id)
    return product


def require_changes(anything: bool, findings: Findings) -> None:
    """Refuse an update without any field, unless something unreadable was sent (UPD-3)."""
    if not anything and not findings.problems:
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")


async def save_product(tx: Transaction, product: Product) -> Product:
    """Write a product that was locked and has changed, or one of its variants has: the version
    goes up by one, and one event tells of it. Prices and counts are left to `sum_up`."""
    product = replace(product, version=product.version + 1, updated_at=tx.now)
    values = {name: value for name, value in product_values(product).items() if name not in _SUMMED}
    await tx.execute(
        update(ProductRow).where(within(ProductRow), ProductRow.id == product.id).values(values)
    )
    tx.emit(product_event(product.id, ProductEventType.UPDATED, product.version))
    tx.outdate([product.id])
    return product


async def _choose_default(
    tx: Transaction, product: Product, wanted: UUID | Omitted | None, findings: Findings
) -> UUID | Omitted | None:
    """Return the variant that becomes the default one, None for none, `OMITTED` for no change.

    It is one of the product's own; a simple product keeps its only one (CAT-2).
    """
    if wanted is OMITTED:
        return OMITTED
    variants = (await variants_by_product(tx, [product.id]))[product.id]
    if wanted is None and not product.options:
        findings.add(
            ErrorCode.FIELD_REQUIRED,
            "A simple product keeps its default variant.",
            "defaultVariantId",
        )
    elif wanted is not None and wanted not in {each.id for each in variants}:
        findings.note(not_found("variant of this product", "defaultVariantId"))
    return OMITTED if wanted == _default(variants) else wanted


def _default(variants: Sequence[Variant]) -> UUID | None:
    return next((each.id for each in variants if each.is_default), None)


async def _save_default(tx: Transaction, product_id: UUID, id: UUID | None) -> None:
    # In two steps: the index of defaults is looked at row by row.
    mine = (within(VariantRow), VariantRow.product_id == product_id)
    await tx.execute(
        update(VariantRow).where(*mine, VariantRow.is_default).values(is_default=False)
    )
    if id is not None:
        await tx.execute(
            update(VariantRow).where(*mine, VariantRow.id == id).values(is_default=True)
        )


async def _slug(
    tx: Transaction, product: Product, wanted: str | Omitted | None, findings: Findings
) -> str:
    """Return the product's slug after its changes, taken unless it is no slug or another's."""
    if wanted is OMITTED or any("slug" in problem.field for problem in findings.problems):
        return product.slug
    if not (wanted or "").strip():
        return await renew_slug(tx, product.id, product.name)
    if slug_of(wanted or "") != product.slug:
        with findings.noting():
            return await take_slug(tx, product.id, wanted or "", "slug")
    return product.slug


_SUMMED: frozenset[str] = frozenset(
    {"lowest_price_minor", "highest_price_minor", "variant_count", "active_variant_count"}
)
