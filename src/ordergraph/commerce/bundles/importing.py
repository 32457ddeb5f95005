"""Importing many bundles at once: new ones made, known ones changed, equal ones left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from ordergraph.commerce.bundles.describing import blank, described
from ordergraph.commerce.bundles.judging import (
    Standing,
    judge_components,
    lock_variants,
    look_at_variants,
)
from ordergraph.commerce.bundles.loading import Change, load_changes, rearranged
from ordergraph.commerce.bundles.matching import (
    GivenBundle,
    Present,
    find_bearers,
    lock_bundles,
    match_all,
    present_bundles,
    variant_named,
)
from ordergraph.commerce.bundles.rules import Bundle, BundleChanges, NewComponent
from ordergraph.commerce.catalog.coding import barcode_in_use, sku_in_use
from ordergraph.commerce.catalog.importing import Fate, once, try_again
from ordergraph.commerce.catalog.matching import Bearers, code, slug_asked
from ordergraph.commerce.categories.labeling import check_labels
from ordergraph.commerce.categories.rules import label_key
from ordergraph.commerce.modifiers.attaching import check_attachable
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.sparse import OMITTED
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Reader, Transaction

Promised = Mapping[str, str | None]
"""SKUs that variants would have by now, and the currencies of their prices where they are known."""


@dataclass(slots=True)
class BundleOutcome:
    """What became of a bundle of a file."""

    fate: Fate
    bundle_id: UUID | None = None
    problems: Sequence[Problem] = field(default_factory=list[Problem])


async def import_bundles(
    database: Database, actor: Actor, given: Sequence[GivenBundle]
) -> Sequence[BundleOutcome]:
    """Bring bundles into the shop in one transaction, and say what became of each.

    A bundle is known by its slug, else by its SKU; components are replaced as a whole, and equal
    ones left alone, so that doing it again changes nothing. What a bundle has already it may keep,
    a deleted variant too. What is wrong with a bundle costs that bundle alone. No two of `given`
    have a code or a slug in common. The number of statements does not grow with theirs. What others
    change at the same time is waited for; a batch that they stand in the way of is tried again, at
    last refused.
    """
    return await try_again(
        lambda: _import(database, actor, given),
        lambda found: [BundleOutcome(Fate.REFUSED, problems=found) for _ in given],
    )


async def judge_bundles(
    reader: Reader, given: Sequence[GivenBundle], promised: Promised
) -> Sequence[BundleOutcome]:
    """Say what would become of bundles if they were imported now; nothing is written.

    `promised` are variants that would have been imported before them.
    """
    return [_outcome(each) for each in await _judge(reader, given, promised)]


async def _import(
    database: Database, actor: Actor, given: Sequence[GivenBundle]
) -> Sequence[BundleOutcome]:
    async with database.transaction(actor) as tx:
        judged = await _judge(tx, given, {}, locking=tx)
        await load_changes(tx, [each.change for each in judged if each.change is not None])
        return [_outcome(each) for each in judged]


@dataclass(slots=True)
class _Judged:
    """What is to be done for a bundle, or what is wrong with it; neither where it is equal."""

    bundle_id: UUID | None
    change: Change | None
    problems: Sequence[Problem]


@dataclass(slots=True)
class _Wanted:
    """What is said of a bundle, with all that the shop has of what it names."""

    given: GivenBundle
    present: Present | None
    components: Sequence[NewComponent]
    findings: Findings = field(default_factory=Findings)


async def _judge(
    reader: Reader,
    given: Sequence[GivenBundle],
    promised: Promised,
    locking: Transaction | None = None,
) -> Sequence[_Judged]:
    bearers = await find_bearers(reader, given)
    ids = match_all(bearers, given)
    known = {id for id in ids if id is not None}
    if locking is not None:
        await lock_bundles(locking, known)
    present = await present_bundles(reader, known)
    made = {sku: new_id() for sku in promised}
    wanted = [
        _Wanted(
            each,
            present.get(id) if id else None,
            [
                _component(part.sku, part.variant_id, part.quantity, bearers, made)
                for part in each.components
            ],
        )
        for each, id in zip(given, ids, strict=True)
    ]
    named = {
        part.variant_id for each in wanted for part in each.components if part.variant_id
    } - set(made.values())
    standings = dict(
        await look_at_variants(reader, named)
        if locking is None
        else await lock_variants(locking, named)
    )
    _promise(standings, promised, made, bearers)
    await _check_sets(reader, wanted)
    return [_judged(reader.now, each, bearers, standings) for each in wanted]


def _component(
    sku: str | None,
    variant_id: UUID | None,
    quantity: int,
    bearers: Bearers,
    made: Mapping[str, UUID],
) -> NewComponent:
    if sku is None:
        return NewComponent(variant_id, quantity)
    found = variant_named(bearers, sku) or made.get(sku.strip())
    # Nobody knows an id that was made this moment: such a variant is not found.
    return NewComponent(found or new_id(), quantity, "sku")


def _promise(
    standings: dict[UUID, Standing],
    promised: Promised,
    made: Mapping[str, UUID],
    bearers: Bearers,
) -> None:
    """Have variants stand as they would after what was promised of them."""
    for sku, currency in promised.items():
        id = variant_named(bearers, sku)
        known = standings.get(id) if id else None
        standings[id or made[sku]] = Standing(False, currency or (known and known.currency))


async def _check_sets(reader: Reader, wanted: Sequence[_Wanted]) -> None:
    """Note the modifier sets that bundles ask for and cannot have, in one statement for all."""
    asked: dict[tuple[str, ...], UUID | None] = {}
    for index, each in enumerate(wanted):
        set_id = each.given.changes.modifier_set_id
        old = each.present.bundle.modifier_set_id if each.present else None
        if isinstance(set_id, UUID) and set_id != old:
            asked[str(index), "modifierSetId"] = set_id
    findings = Findings()
    await check_attachable(reader, findings, asked)
    for problem in findings.problems:
        index, *path = problem.field
        problem.field = tuple(path)
        wanted[int(index)].findings.note(problem)


def _judged(
    now: datetime, wanted: _Wanted, bearers: Bearers, standings: Mapping[UUID, Standing]
) -> _Judged:
    given, findings = wanted.given, wanted.findings
    findings.problems[:0] = given.problems
    old = wanted.present.bundle if wanted.present else None
    bundle = described(old or blank(now), _changes(findings, given.changes, old), findings)
    _judge_components(wanted, bundle, standings)
    taken = _name(findings, given, bundle, old, bearers)
    _check_codes(findings, bundle, bearers)
    labels = _labels(wanted)
    if findings.problems:
        return _Judged(None, None, once(findings.problems))
    parts = rearranged(bundle.id, wanted.components, wanted.present)
    change = Change(bundle, old, labels, taken, parts)
    if old is not None and bundle == old and labels is None and parts.empty:
        return _Judged(bundle.id, None, ())
    if old is not None:
        bundle.version, bundle.updated_at = old.version + 1, now
        change.recoded = _CODES_OF(bundle) != _CODES_OF(old)
    return _Judged(bundle.id, change, ())


def _changes(findings: Findings, changes: BundleChanges, old: Bundle | None) -> BundleChanges:
    """Return what is set of a bundle; a new one has at least a name and a price."""
    changes = replace(changes, slug=OMITTED if slug_asked(changes.slug) is None else changes.slug)
    if old is not None:
        return changes
    if changes.name is OMITTED:
        changes = replace(changes, name=None)
    if changes.unit_price is OMITTED:
        findings.add(ErrorCode.FIELD_REQUIRED, "A new bundle has a price.", "unitPrice")
        changes = replace(changes, compare_at_price=OMITTED)
    return changes


def _judge_components(wanted: _Wanted, bundle: Bundle, standings: Mapping[UUID, Standing]) -> None:
    """Judge the components; what a bundle has already was judged when it got it."""
    currency = bundle.unit_price.currency
    kept: dict[UUID, Standing] = {}
    if wanted.present is not None:
        stays = wanted.present.bundle.unit_price.currency == currency
        for part in wanted.present.components:
            known = standings.get(part.variant_id)
            if known is not None:
                kept[part.variant_id] = Standing(False, currency if stays else known.currency)
    judge_components(wanted.findings, wanted.components, {**standings, **kept}, currency)


def _name(
    findings: Findings, given: GivenBundle, bundle: Bundle, old: Bundle | None, bearers: Bearers
) -> str | None:
    """Settle the slug and return the one that is to be taken; without one, and without a SKU,
    nobody would know the bundle again."""
    wanted = slug_asked(given.changes.slug)
    if wanted is None:
        if old is None and code(given.changes.sku) is None:
            message = "A bundle has a slug or a SKU, to be known by when it comes again."
            findings.add(ErrorCode.FIELD_REQUIRED, message, "slug")
        return None
    bundle.slug = wanted
    owner = bearers.by_slug.get(wanted)
    if owner not in (None, bundle.id):
        message = "This slug leads to something else already."
        findings.add(ErrorCode.SLUG_ALREADY_EXISTS, message, "slug")
    return wanted if owner is None else None


def _check_codes(findings: Findings, bundle: Bundle, bearers: Bearers) -> None:
    """Note the codes that something else bears (CAT-31)."""
    if bearers.by_sku.get(bundle.sku or "", bundle.id) != bundle.id:
        findings.note(sku_in_use(()))
    if bearers.by_barcode.get(bundle.barcode or "", bundle.id) != bundle.id:
        findings.note(barcode_in_use(()))


def _labels(wanted: _Wanted) -> Sequence[str] | None:
    """Return the labels that the bundle is to have, None where they stay."""
    if wanted.given.categories is OMITTED:
        return None
    labels = check_labels(wanted.findings, wanted.given.categories, "categories")
    present = wanted.present.labels if wanted.present else ()
    # A category is spelled as whoever made it did (CTG-1).
    same = list(map(label_key, present)) == list(map(label_key, labels))
    return None if same else labels


def _outcome(judged: _Judged) -> BundleOutcome:
    if judged.problems:
        return BundleOutcome(Fate.REFUSED, problems=judged.problems)
    if judged.change is None:
        return BundleOutcome(Fate.UNCHANGED, judged.bundle_id)
    fate = Fate.CREATED if judged.change.old is None else Fate.UPDATED
    return BundleOutcome(fate, judged.bundle_id)


_CODES_OF = attrgetter("sku", "barcode")
