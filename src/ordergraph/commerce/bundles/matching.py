"""Matching: which bundles of the shop those of a file are, and all that the shop has of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.bundles.reads import bundles_by_ids, components_by_bundle
from ordergraph.commerce.bundles.rules import Bundle, BundleChanges, BundleComponent, BundleStatus
from ordergraph.commerce.bundles.tables import BundleRow
from ordergraph.commerce.catalog.matching import Bearers, apart, bearers_of, code, slug_asked
from ordergraph.commerce.categories.reads import categories_of_members
from ordergraph.core.problems import Problem
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Conflict, Reader, Transaction


@dataclass(frozen=True, slots=True)
class GivenComponent:
    """A variant that a bundle is to have, named by its SKU, else by its id; None for an id that
    could not be read."""

    sku: str | None
    variant_id: UUID | None
    quantity: int


@dataclass(slots=True)
class GivenBundle:
    """What is said of a bundle; what is omitted stays as it is, or begins as that of a new one.

    The components are all that it is to have, in their order. `problems` is what was found wrong
    while it was read.
    """

    changes: BundleChanges = field(default_factory=BundleChanges)
    components: Sequence[GivenComponent] = ()
    categories: Sequence[str] | Omitted = OMITTED
    problems: list[Problem] = field(default_factory=list[Problem])


@dataclass(slots=True)
class Present:
    """A bundle as the shop has it, whole."""

    bundle: Bundle
    components: Sequence[BundleComponent]
    labels: Sequence[str]


async def find_bearers(reader: Reader, given: Sequence[GivenBundle]) -> Bearers:
    """Find whatever bears a code or a slug of these bundles, and the variants with the SKUs of
    their components, in two statements."""
    parts = [part.sku for each in given for part in each.components]
    return await bearers_of(
        reader,
        [*parts, *(each.changes.sku for each in given)],
        [each.changes.barcode for each in given],
        [each.changes.slug for each in given],
    )


def match(bearers: Bearers, given: GivenBundle) -> UUID | None:
    """Return the id of what a bundle of a file is, or None for a new one.

    It is what its slug leads to, else what has its SKU. Where that is no bundle, or the two lead to
    different ones, it is for the judgement to refuse.
    """
    owner = bearers.by_slug.get(slug_asked(given.changes.slug) or "")
    if owner is not None:
        return None if owner in bearers.products else owner
    bearer = bearers.by_sku.get(code(given.changes.sku) or "")
    return None if bearer in bearers.product_of else bearer


def match_all(bearers: Bearers, given: Sequence[GivenBundle]) -> Sequence[UUID | None]:
    """Return what the bundles of a batch are: no two of them are the same one."""
    led = [slug_asked(each.changes.slug) in bearers.by_slug for each in given]
    return apart([match(bearers, each) for each in given], led)


def variant_named(bearers: Bearers, sku: str) -> UUID | None:
    """Return the variant that has a SKU, or None where nothing or a bundle has it."""
    bearer = bearers.by_sku.get(sku.strip())
    return bearer if bearer in bearers.product_of else None


async def lock_bundles(tx: Transaction, ids: Iterable[UUID]) -> None:
    """Hold the rows of bundles, in the order of their ids, until the transaction ends.

    One that was deleted meanwhile is a `Conflict`: whoever comes again finds its codes free.
    """
    wanted = sorted(set(ids))
    if wanted and len(await tx.fetch(_LOCK, {"ids": wanted})) < len(wanted):
        raise Conflict


async def present_bundles(reader: Reader, ids: Iterable[UUID]) -> Mapping[UUID, Present]:
    """Return bundles by id with their components and labels."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    bundles = await bundles_by_ids(reader, wanted)
    components = await components_by_bundle(reader, wanted)
    categories = await categories_of_members(reader, wanted)
    return {
        id: Present(bundle, components[id], [each.name for each in categories[id]])
        for id, bundle in bundles.items()
        if bundle.status is not BundleStatus.DELETED
    }


_LOCK = Prepared(
    select(BundleRow.id)
    .where(
        within(BundleRow),
        BundleRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        BundleRow.status != BundleStatus.DELETED,
    )
    .order_by(BundleRow.id)
    .with_for_update()
)
