"""Loading: the changes of many bundles, written with few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete

from ordergraph.commerce.bundles.changing import bundle_values
from ordergraph.commerce.bundles.events import BundleEventType, bundle_event
from ordergraph.commerce.bundles.matching import Present
from ordergraph.commerce.bundles.rules import Bundle, BundleStatus, NewComponent
from ordergraph.commerce.bundles.tables import BundleComponentRow, BundleRow
from ordergraph.commerce.catalog.coding import Codes, take_codes
from ordergraph.commerce.catalog.naming import make_slugs
from ordergraph.commerce.categories.labeling import Member, label
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.documents import insertion, replacement, write_rows
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.together import write
from ordergraph.runtime.db.transaction import Conflict, Transaction

Row = Mapping[str, Any]


@dataclass(slots=True)
class Parts:
    """What is to be written of the components of one bundle, as their rows keep them."""

    added: list[Row] = field(default_factory=list[Row])
    changed: list[Row] = field(default_factory=list[Row])
    removed: list[UUID] = field(default_factory=list[UUID])

    @property
    def empty(self) -> bool:
        """Whether they stay as they are."""
        return not (self.added or self.changed or self.removed)


@dataclass(slots=True)
class Change:
    """What is to be written for one bundle; `old` is None for a new one.

    `labels` is None where they stay, and `slug` where none has to be taken.
    """

    bundle: Bundle
    old: Bundle | None
    labels: Sequence[str] | None
    slug: str | None
    parts: Parts
    recoded: bool = True
    """Whether it is to bear other codes."""


def rearranged(bundle_id: UUID, wanted: Sequence[NewComponent], present: Present | None) -> Parts:
    """Return how the components of a bundle become those that are wanted; they were judged.

    The component of a variant that stays keeps its id.
    """
    left = {each.variant_id: each for each in present.components} if present else {}
    parts = Parts()
    for position, each in enumerate(wanted):
        old = left.pop(each.variant_id, None) if each.variant_id else None
        row = {
            "id": old.id if old else new_id(),
            "bundle_id": bundle_id,
            "variant_id": each.variant_id,
            "quantity": int(each.quantity),
            "position": position,
        }
        if old is None:
            parts.added.append(row)
        elif (old.quantity, old.position) != (each.quantity, position):
            parts.changed.append(row)
    parts.removed = [each.id for each in left.values()]
    return parts


async def load_changes(tx: Transaction, changes: Sequence[Change]) -> None:
    """Write what was judged good: rows, codes, slugs, categories, one event a bundle.

    The caller holds the rows of the bundles that are there already, and those of the variants of
    all. A code or slug that somebody took in the meantime refuses all: the batch is to be judged
    again.
    """
    await _take_names(tx, changes)
    removed = [id for each in changes for id in each.parts.removed]
    if removed:
        await tx.fetch(_REMOVE, {"ids": removed})
    _write_rows(tx, changes)
    await label(tx, [_member(each) for each in changes], MemberKind.BUNDLE)
    for each in changes:
        kind = BundleEventType.CREATED if each.old is None else BundleEventType.UPDATED
        tx.emit(bundle_event(each.bundle.id, kind, each.bundle.version))
    tx.outdate(each.bundle.id for each in changes)


async def _take_names(tx: Transaction, changes: Sequence[Change]) -> None:
    """Take codes and slugs; a new bundle without a slug gets one of its name."""
    for known in (False, True):
        codes = [
            Codes(each.bundle.id, each.bundle.sku, each.bundle.barcode)
            for each in changes
            if each.recoded and (each.old is not None) is known
        ]
        if codes:
            await take_codes(tx, codes, known=known)
    wanted = {each.bundle.id: each.slug for each in changes if each.slug}
    if wanted and await make_slugs(tx, wanted) != wanted:
        raise Conflict
    unnamed = {each.bundle.id: each.bundle for each in changes if not each.bundle.slug}
    if unnamed:
        slugs = await make_slugs(tx, {id: bundle.name for id, bundle in unnamed.items()})
        for id, slug in slugs.items():
            unnamed[id].slug = slug


def _write_rows(tx: Transaction, changes: Sequence[Change]) -> None:
    new = [each.bundle for each in changes if each.old is None]
    known = [each.bundle for each in changes if each.old is not None]
    _defer(tx, "bundles_added", map(bundle_values, new))
    _defer(tx, "bundles_changed", map(bundle_values, known))
    _defer(tx, "components_added", (row for each in changes for row in each.parts.added))
    _defer(tx, "components_changed", (row for each in changes for row in each.parts.changed))


def _defer(tx: Transaction, name: str, rows: Iterable[Row]) -> None:
    written = list(rows)
    if written:
        tx.defer(_WRITES[name], {name: write_rows(written, tx.environment_id)})


def _member(change: Change) -> Member:
    bundle, old = change.bundle, change.old
    return Member(
        bundle.id,
        change.labels,
        bundle.status is BundleStatus.ACTIVE,
        None if old is None else old.status is BundleStatus.ACTIVE,
    )


_WRITES = {
    "bundles_added": write("bundles_added", insertion(BundleRow, "bundles_added")),
    "bundles_changed": write("bundles_changed", replacement(BundleRow, "bundles_changed")),
    "components_added": write(
        "components_added", insertion(BundleComponentRow, "components_added")
    ),
    "components_changed": write(
        "components_changed", replacement(BundleComponentRow, "components_changed")
    ),
}
_REMOVE = Prepared(
    delete(BundleComponentRow)
    .where(
        within(BundleComponentRow),
        BundleComponentRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
    .returning(BundleComponentRow.id)
)
