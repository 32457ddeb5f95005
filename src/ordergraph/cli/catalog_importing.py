"""Bringing a file into the shop batch by batch, each in a transaction of its own."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ordergraph.cli.records import BadLine, Record
from ordergraph.cli.seen import Seen
from ordergraph.commerce.bundles.importing import BundleOutcome
from ordergraph.commerce.bundles.matching import GivenBundle
from ordergraph.commerce.catalog.importing import Fate, Outcome
from ordergraph.commerce.catalog.overlaying import GivenProduct

BATCH_PRODUCTS = 400
BATCH_VARIANTS = 1_200
"""So much travels in one transaction, or a little more: products are not divided.

Bundles count as products, their components as variants."""

MOST_UNDER_WAY = 4
"""So many batches are judged and written at the same time: the database works while we judge."""

_TURN = 8
"""After so many products read the others get their turn."""

Outcomes = Sequence[Outcome] | Sequence[BundleOutcome]


@dataclass(frozen=True, slots=True)
class Bring:
    """What imports a batch of products, or of bundles, or judges it alone."""

    products: Callable[[Sequence[GivenProduct]], Awaitable[Sequence[Outcome]]]
    bundles: Callable[[Sequence[GivenBundle]], Awaitable[Sequence[BundleOutcome]]]


@dataclass(slots=True)
class Told:
    """What has become of a file so far: products and bundles by their fates, variants, lines that
    are wrong. What could not be read counts as a product."""

    products: Counter[Fate] = field(default_factory=Counter[Fate])
    bundles: Counter[Fate] = field(default_factory=Counter[Fate])
    created: int = 0
    updated: int = 0
    counted: int = 0
    bad_lines: int = 0

    def summary(self) -> dict[str, Any]:
        """Return it as a program reads it."""
        return {
            "products": {fate.value.lower(): self.products[fate] for fate in Fate},
            "variants": {
                "created": self.created,
                "updated": self.updated,
                "counted": self.counted,
            },
            "bundles": {fate.value.lower(): self.bundles[fate] for fate in Fate},
            "badLines": self.bad_lines,
        }


async def bring_records(
    records: Iterable[Record],
    bring: Bring,
    complain: Callable[[BadLine, str], None],
    advance: Callable[[Told], None],
) -> Told:
    """Bring all records in, batches being read and judged while others are written.

    Bundles wait until the products before them are there, and so do products for bundles.
    `complain` is told each bad line with the handle of its product, in the order of the batches;
    `advance` how far it got. What fails ends it: batches that were under way hold or do not.
    """
    told = Told()
    under_way: deque[tuple[Sequence[Record], asyncio.Task[Outcomes]]] = deque()

    async def finish(most: int) -> None:
        while len(under_way) > most:
            batch, writing = under_way[0]
            _tell(told, batch, await writing, complain)
            under_way.popleft()
            advance(told)

    try:
        with Seen() as seen:
            async for batch in _batches(records, seen, told, complain):
                alike = bool(under_way) and _is_alike(under_way[-1][0][0], batch[0])
                await finish(MOST_UNDER_WAY - 1 if alike else 0)
                under_way.append((batch, asyncio.create_task(_bring(bring, batch))))
            await finish(0)
    finally:
        for _, writing in under_way:
            writing.cancel()
        await asyncio.gather(*(writing for _, writing in under_way), return_exceptions=True)
    return told


async def _batches(
    records: Iterable[Record], seen: Seen, told: Told, complain: Callable[[BadLine, str], None]
) -> AsyncIterator[Sequence[Record]]:
    """Gather records of one kind, and let those under way go on now and then."""
    batch: list[Record] = []
    variants = 0
    for number, record in enumerate(records, 1):
        if number % _TURN == 0:
            await asyncio.sleep(0)
        if record.unreadable is not None:
            told.products[Fate.REFUSED] += 1
            told.bad_lines += 1
            complain(record.unreadable, record.label)
            continue
        seen.note(record)
        if batch and not _is_alike(batch[-1], record):
            yield batch
            batch, variants = [], 0
        batch.append(record)
        given = record.given
        variants += len(given.components if isinstance(given, GivenBundle) else given.variants)
        if len(batch) >= BATCH_PRODUCTS or variants >= BATCH_VARIANTS:
            yield batch
            batch, variants = [], 0
    if batch:
        yield batch


def _is_alike(one: Record, other: Record) -> bool:
    return type(one.given) is type(other.given)


async def _bring(bring: Bring, batch: Sequence[Record]) -> Outcomes:
    bundles = [each.given for each in batch if isinstance(each.given, GivenBundle)]
    if bundles:
        return await bring.bundles(bundles)
    return await bring.products(
        [each.given for each in batch if isinstance(each.given, GivenProduct)]
    )


def _tell(
    told: Told,
    batch: Sequence[Record],
    outcomes: Outcomes,
    complain: Callable[[BadLine, str], None],
) -> None:
    for record, outcome in zip(batch, outcomes, strict=True):
        if isinstance(outcome, BundleOutcome):
            told.bundles[outcome.fate] += 1
        else:
            told.products[outcome.fate] += 1
            told.created += outcome.created
            told.updated += outcome.updated
            told.counted += outcome.counted
        for bad in record.bad_lines(outcome.problems):
            told.bad_lines += 1
            complain(bad, record.label)
