"""Varying products: adding variants, and changing those that are there."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid, bindparam, column, func, update

from ordergraph.commerce.catalog.changing import (
    VariantChanges,
    changed_variant,
    extended_options,
)
from ordergraph.commerce.catalog.coding import Codes, take_codes
from ordergraph.commerce.catalog.creating import variant_values
from ordergraph.commerce.catalog.describing import describe_variant
from ordergraph.commerce.catalog.locking import check_version, lock_product, lock_variant
from ordergraph.commerce.catalog.reads import variants_by_product
from ordergraph.commerce.catalog.rules import (
    MOST_VARIANTS,
    Product,
    SelectedOption,
    Variant,
)
from ordergraph.commerce.catalog.shaping import NewVariant
from ordergraph.commerce.catalog.summing import sum_up
from ordergraph.commerce.catalog.tables import VariantRow
from ordergraph.commerce.catalog.updating import require_changes, save_product
from ordergraph.commerce.inventory.rules import check_units
from ordergraph.commerce.inventory.stocking import NewLevel, open_levels, set_limits
from ordergraph.commerce.modifiers.attaching import check_attachable
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def add_variant(
    database: Database,
    actor: Actor,
    product_id: UUID,
    wanted: NewVariant,
    expected_version: int | None,
    findings: Findings,
) -> UUID:
    """Add a variant to an optioned product, behind those it has, and return its id (CAT-3).

    A value that its option does not have yet is appended to it. A simple product takes none
    (CAT-2); the same choice of values is `DUPLICATE_VARIANT`. `expected_version` is the product's.
    """
    async with database.transaction(actor) as tx:
        present = await lock_product(tx, product_id, "productId")
        check_version(expected_version, present.version)
        others = (await variants_by_product(tx, [product_id]))[product_id]
        product = _with_values(findings, present, wanted.selected_options)
        _check_room(findings, product, others)
        position = 1 + max(each.position for each in others)
        new = describe_variant(findings, product, position, wanted, ())
        variant = replace(new, created_at=tx.now, updated_at=tx.now)
        _check_beside(findings, variant, others)
        await check_attachable(tx, findings, {("modifierSetId",): variant.own_modifier_set_id})
        await _bear_codes(tx, findings, variant, known=False)
        findings.settle()
        await tx.add(VariantRow, variant_values(variant))
        quantity = variant.on_hand if variant.tracked else None
        await open_levels(tx, [NewLevel(variant.id, variant.enforce_inventory_limit, quantity)])
        await _save(tx, product)
        tx.remember("product", Prefix.PRODUCT, product_id)
        tx.remember("variant", Prefix.VARIANT, variant.id)
    return variant.id


async def update_variant(
    database: Database,
    actor: Actor,
    id: UUID,
    wanted: VariantChanges,
    expected_version: int | None,
    findings: Findings,
) -> UUID:
    """Change a variant and return the id of its product, whose version goes up too.

    A new price touches no line of an order (CAT-8). Values that equal the present ones are no
    change (UPD-3). `findings` holds what was already wrong with the input.
    """
    require_changes(wanted != VariantChanges(), findings)
    async with database.transaction(actor) as tx:
        before, present = await lock_variant(tx, id, "id")
        check_version(expected_version, present.version)
        selected = wanted.selected_options
        product = _with_values(findings, before, () if selected is OMITTED else selected or ())
        variant = changed_variant(present, product.options, wanted, findings)
        order = await _look_around(tx, findings, present, variant, wanted.position)
        if variant.own_modifier_set_id != present.own_modifier_set_id:
            await check_attachable(tx, findings, {("modifierSetId",): variant.own_modifier_set_id})
        if (variant.sku, variant.barcode) != (present.sku, present.barcode):
            await _bear_codes(tx, findings, variant, known=True)
        is_stock_changed = await _limit_stock(tx, findings, id, wanted)
        findings.settle()
        if variant != present or order or is_stock_changed:
            variant = replace(variant, version=present.version + 1, updated_at=tx.now)
            mine = (within(VariantRow), VariantRow.id == id)
            await tx.execute(update(VariantRow).where(*mine).values(variant_values(variant)))
            await _place(tx, order)
            await _save(tx, product)
        tx.remember("product", Prefix.PRODUCT, product.id)
        tx.remember("variant", Prefix.VARIANT, id)
    return product.id


async def _save(tx: Transaction, product: Product) -> None:
    """Write what has changed of a product with its variants."""
    await sum_up(tx, [product.id])
    await save_product(tx, product)


def _with_values(
    findings: Findings, product: Product, selected: Sequence[SelectedOption]
) -> Product:
    options = extended_options(findings, product.options, selected, "selectedOptions")
    return replace(product, options=options)


def _check_room(findings: Findings, product: Product, others: Sequence[Variant]) -> None:
    if not product.options:
        findings.add(
            ErrorCode.INVALID_PRODUCT_SHAPE,
            "A simple product has exactly one variant.",
            "productId",
        )
    if len(others) >= MOST_VARIANTS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"A product has at most {MOST_VARIANTS} variants.",
            "productId",
        )


def _check_beside(findings: Findings, variant: Variant, others: Sequence[Variant]) -> None:
    """Note a variant that cannot stand beside the others of its product."""
    selected = variant.selected_options
    is_selection_wrong = any("selectedOptions" in problem.field for problem in findings.problems)
    if (
        selected
        and not is_selection_wrong
        and any(each.selected_options == selected for each in others)
    ):
        findings.add(
            ErrorCode.DUPLICATE_VARIANT,
            "Another variant of this product selects the same values.",
            "selectedOptions",
        )
    if any(each.unit_price.currency != variant.unit_price.currency for each in others):
        findings.add(
            ErrorCode.CURRENCY_MISMATCH,
            "All variants of a product have prices of one currency.",
            "unitPrice",
            "currency",
        )


async def _look_around(
    tx: Transaction,
    findings: Findings,
    present: Variant,
    variant: Variant,
    position: int | Omitted | None,
) -> Sequence[UUID]:
    """Look at the other variants where a change depends on them.

    Return all variants in their new order, or nothing where it stays.
    """
    if position is OMITTED and variant.selected_options == present.selected_options:
        return ()
    siblings = (await variants_by_product(tx, [present.product_id]))[present.product_id]
    others = [each for each in siblings if each.id != present.id]
    _check_beside(findings, variant, others)
    if position is OMITTED:
        return ()
    if position is None or position < 0:
        findings.add(ErrorCode.INVALID_FIELD, "position is a whole number from 0.", "position")
        return ()
    order = [each.id for each in others]
    order.insert(position, present.id)
    return () if order == [each.id for each in siblings] else order


async def _place(tx: Transaction, order: Sequence[UUID]) -> None:
    if order:
        await tx.fetch(_PLACE, {"ids": order, "positions": list(range(len(order)))})


async def _bear_codes(
    tx: Transaction, findings: Findings, variant: Variant, *, known: bool
) -> None:
    """Have a variant bear its SKU and barcode; those in use are told with all else (CAT-31)."""
    with findings.noting():
        await take_codes(tx, [Codes(variant.id, variant.sku, variant.barcode)], known=known)


async def _limit_stock(
    tx: Transaction, findings: Findings, id: UUID, wanted: VariantChanges
) -> bool:
    """Change how a variant's stock is kept, and tell whether anything did."""
    tracked, enforced = wanted.track_inventory, wanted.enforce_inventory_limit
    threshold = wanted.low_stock_threshold
    if tracked is enforced is threshold is OMITTED:
        return False
    with findings.noting():
        return await set_limits(
            tx,
            id,
            tracked=_switch(findings, tracked, "trackInventory"),
            enforced=_switch(findings, enforced, "enforceInventoryLimit"),
            low_stock_threshold=_threshold(findings, threshold),
        )
    return False


def _switch(findings: Findings, wanted: bool | Omitted | None, field: str) -> bool | Omitted:
    if wanted is None:
        findings.add(ErrorCode.FIELD_REQUIRED, f"{field} is true or false, never null.", field)
        return OMITTED
    return wanted


def _threshold(findings: Findings, wanted: int | Decimal | Omitted | None) -> int | Omitted | None:
    if wanted is OMITTED or wanted is None:
        return wanted
    return check_units(findings, wanted, 0, "lowStockThreshold")


_PLACES = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)), bindparam("positions", type_=ARRAY(BigInteger))
    )
    .table_valued(column("id", Uuid), column("position", BigInteger))
    .render_derived()
)
_PLACE = Prepared(
    update(VariantRow)
    .where(
        within(VariantRow),
        VariantRow.id == _PLACES.c.id,
        VariantRow.position != _PLACES.c.position,
    )
    .values(position=_PLACES.c.position)
    .returning(VariantRow.id)
)
