"""Importing many products at once: new ones made, known ones changed, equal ones left alone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from ordergraph.commerce.catalog.comparing import Change, compare
from ordergraph.commerce.catalog.describing import describe_product
from ordergraph.commerce.catalog.loading import load_changes
from ordergraph.commerce.catalog.matching import (
    Bearers,
    find_bearers,
    lock_products,
    match_all,
    present_products,
)
from ordergraph.commerce.catalog.overlaying import GivenProduct, Present, overlay
from ordergraph.commerce.categories.labeling import check_labels
from ordergraph.commerce.modifiers.attaching import check_attachable
from ordergraph.core.problems import FieldPath, Findings, Problem, Problems
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Reader, Transaction, Unavailable

T = TypeVar("T")

TRIES = 8
"""So often a batch is tried in whose way somebody else's changes stand."""


class Fate(StrEnum):
    """What became of a product or bundle of a file."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


@dataclass(slots=True)
class Outcome:
    """What became of a product: of its variants so many were made, changed, and counted anew."""

    fate: Fate
    product_id: UUID | None = None
    created: int = 0
    updated: int = 0
    counted: int = 0
    problems: Sequence[Problem] = field(default_factory=list[Problem])


async def import_products(
    database: Database, actor: Actor, given: Sequence[GivenProduct]
) -> Sequence[Outcome]:
    """Bring products into the shop in one transaction, and say what became of each.

    A variant is known by its SKU, else by what it selects, a product by its slug, else by its first
    SKU; equal ones are left alone, so that doing it again changes nothing. What is wrong with a
    product costs that product alone. No two of `given` have a code or a slug in common. The number
    of statements does not grow with theirs. What others change at the same time is waited for; a
    batch that they stand in the way of is tried again, at last refused.
    """
    return await try_again(
        lambda: _import(database, actor, given),
        lambda found: [Outcome(Fate.REFUSED, problems=found) for _ in given],
    )


async def try_again(
    bring: Callable[[], Awaitable[Sequence[T]]],
    refuse: Callable[[Sequence[Problem]], Sequence[T]],
) -> Sequence[T]:
    """Return what `bring` does, tried `TRIES` times where others stand in its way, then refused."""
    found: Sequence[Problem] = ()
    for _ in range(TRIES):
        try:
            return await bring()
        except Unavailable:
            raise
        except (Problem, Problems) as problem:
            # Somebody took a code or a slug, or locked a row, in the meantime.
            found = problem.problems if isinstance(problem, Problems) else [problem]
    return refuse(found)


async def judge_products(reader: Reader, given: Sequence[GivenProduct]) -> Sequence[Outcome]:
    """Say what would become of products if they were imported now; nothing is written."""
    return [_outcome(each) for each in await _judge(reader, given)]


async def _import(
    database: Database, actor: Actor, given: Sequence[GivenProduct]
) -> Sequence[Outcome]:
    async with database.transaction(actor) as tx:
        judged = await _judge(tx, given, locking=tx)
        await load_changes(tx, [each.change for each in judged if each.change is not None])
        return [_outcome(each) for each in judged]


@dataclass(slots=True)
class _Judged:
    """What is to be done for a product, or what is wrong with it; neither where it is equal."""

    product_id: UUID | None
    change: Change | None
    problems: Sequence[Problem]


async def _judge(
    reader: Reader, given: Sequence[GivenProduct], locking: Transaction | None = None
) -> Sequence[_Judged]:
    bearers = await find_bearers(reader, given)
    ids = match_all(bearers, given)
    known = {id for id in ids if id is not None}
    if locking is not None:
        await lock_products(locking, known)
    present = await present_products(reader, known)
    found = await _problems_of_sets(reader, given)
    return [
        _judged(reader, each, present.get(id) if id else None, bearers, found.get(index, ()))
        for index, (each, id) in enumerate(zip(given, ids, strict=True))
    ]


async def _problems_of_sets(
    reader: Reader, given: Sequence[GivenProduct]
) -> Mapping[int, Sequence[Problem]]:
    """Find the modifier sets that products ask for and cannot have, in one statement for all."""
    findings = Findings()
    wanted: dict[FieldPath, UUID | None] = {}
    for index, product in enumerate(given):
        asked = {("modifierSetId",): product.modifier_set_id} | {
            _path(product, place, "modifierSetId"): each.modifier_set_id
            for place, each in enumerate(product.variants)
        }
        wanted |= {(str(index), *path): id for path, id in asked.items() if isinstance(id, UUID)}
    await check_attachable(reader, findings, wanted)
    found: dict[int, list[Problem]] = {}
    for problem in findings.problems:
        index, *path = problem.field
        problem.field = tuple(path)
        found.setdefault(int(index), []).append(problem)
    return found


def _path(product: GivenProduct, index: int, name: str) -> FieldPath:
    return ("defaultVariant", name) if product.simple else ("variants", str(index), name)


def _judged(
    reader: Reader,
    given: GivenProduct,
    present: Present | None,
    bearers: Bearers,
    found: Sequence[Problem],
) -> _Judged:
    findings = Findings()
    for problem in (*given.problems, *found):
        findings.note(problem)
    change: Change | None = None
    try:
        overlaid = overlay(findings, given, present)
        labels = check_labels(findings, overlaid.wanted.categories, "categories")
        described = describe_product(overlaid.wanted, reader.now, findings)
        change = compare(findings, given, described, overlaid, present, labels, bearers)
        findings.settle()
    except (Problem, Problems):
        return _Judged(None, None, once(findings.problems))
    id = described.id
    return _Judged(id, None if change.empty else change, ())


def once(problems: Sequence[Problem]) -> Sequence[Problem]:
    """Leave out what was noted twice: at the reading of the file, and in the thing as it is."""
    return list({each.field: each for each in reversed(problems)}.values())[::-1]


def _outcome(judged: _Judged) -> Outcome:
    change = judged.change
    if judged.problems:
        return Outcome(Fate.REFUSED, problems=judged.problems)
    if change is None:
        return Outcome(Fate.UNCHANGED, judged.product_id)
    return Outcome(
        Fate.CREATED if change.old is None else Fate.UPDATED,
        judged.product_id,
        len(change.added),
        len(change.changed),
        len(change.tallies) + sum(1 for each in change.levels if each.quantity),
    )
