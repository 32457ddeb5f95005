"""Loading: the changes of many products, written with few statements."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, update
from sqlalchemy import cast as as_type

from ordergraph.commerce.catalog.coding import take_codes
from ordergraph.commerce.catalog.comparing import Change
from ordergraph.commerce.catalog.creating import product_values, variant_values
from ordergraph.commerce.catalog.events import ProductEventType, product_event
from ordergraph.commerce.catalog.naming import make_slugs
from ordergraph.commerce.catalog.rules import ProductStatus
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.commerce.categories.labeling import Member, label
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.inventory.stocking import open_levels
from ordergraph.commerce.inventory.tallying import tally
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.documents import insertion, replacement, write_rows
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.together import write
from ordergraph.runtime.db.transaction import Conflict, Transaction


async def load_changes(tx: Transaction, changes: Sequence[Change]) -> None:
    """Write what was judged good: rows, codes, slugs, stock, categories, one event a product.

    The caller holds the rows of the products that are there already. A code or slug that somebody
    took in the meantime refuses all: the batch is to be judged again.
    """
    touched = [each for each in changes if each.touched]
    await _take_names(tx, touched)
    await _write_rows(tx, touched)
    await open_levels(tx, [level for each in touched for level in each.levels])
    await tally(tx, [one for each in changes for one in each.tallies])
    await label(tx, [_member(each) for each in touched], MemberKind.PRODUCT)
    for each in touched:
        kind = ProductEventType.CREATED if each.old is None else ProductEventType.UPDATED
        tx.emit(product_event(each.product.id, kind, each.product.version))
    tx.outdate(each.product.id for each in touched)
    tx.outdate(one.variant_id for each in changes for one in each.tallies)


async def _take_names(tx: Transaction, changes: Sequence[Change]) -> None:
    """Take codes and slugs; a new product without a slug gets one of its name."""
    for known in (False, True):
        codes = [one for each in changes if bool(each.old) is known for one in each.codes]
        if codes:
            await take_codes(tx, codes, known=known)
    wanted = {each.product.id: each.slug for each in changes if each.slug}
    if wanted and await make_slugs(tx, wanted) != wanted:
        raise Conflict
    unnamed = {each.product.id: each.product for each in changes if not each.product.slug}
    if unnamed:
        slugs = await make_slugs(tx, {id: product.name for id, product in unnamed.items()})
        for id, slug in slugs.items():
            unnamed[id].slug = slug


async def _write_rows(tx: Transaction, changes: Sequence[Change]) -> None:
    moved = [id for each in changes for id in each.moved]
    if moved:
        await tx.fetch(_PARK, {"ids": moved})  # two variants may change places
    new = [each.product for each in changes if each.old is None]
    known = [each.product for each in changes if each.old is not None]
    added = [one for each in changes for one in each.added]
    changed = [one for each in changes for one in each.changed]
    _defer(tx, "products_added", map(product_values, new))
    _defer(tx, "products_changed", map(product_values, known))
    _defer(tx, "variants_added", map(variant_values, added))
    _defer(tx, "variants_changed", map(variant_values, changed))


def _defer(tx: Transaction, name: str, rows: Iterable[dict[str, Any]]) -> None:
    written = list(rows)
    if written:
        tx.defer(_WRITES[name], {name: write_rows(written, tx.environment_id)})


def _member(change: Change) -> Member:
    product, old = change.product, change.old
    return Member(
        product.id,
        change.labels,
        product.status is ProductStatus.ACTIVE,
        None if old is None else old.status is ProductStatus.ACTIVE,
    )


def _writing(name: str, row: type[TenantRow], *, new: bool) -> Any:
    return write(name, insertion(row, name) if new else replacement(row, name))


_WRITES = {
    "products_added": _writing("products_added", ProductRow, new=True),
    "products_changed": _writing("products_changed", ProductRow, new=False),
    "variants_added": _writing("variants_added", VariantRow, new=True),
    "variants_changed": _writing("variants_changed", VariantRow, new=False),
}
_PARK = Prepared(
    update(VariantRow)
    .where(within(VariantRow), VariantRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .values(option_values=func.jsonb_build_array(as_type(VariantRow.id, Text)))
    .returning(VariantRow.id)
)
"""Has variants select what no other does, until they get their new values."""
