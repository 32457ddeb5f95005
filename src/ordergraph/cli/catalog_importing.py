"""Bringing a file into the shop batch by batch, each in a transaction of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ordergraph.cli.records import BadLine, Record
from ordergraph.cli.seen import Seen
from ordergraph.commerce.catalog.importing import Fate, Outcome
from ordergraph.commerce.catalog.overlaying import GivenProduct

BATCH_PRODUCTS = 400
BATCH_VARIANTS = 1_200
"""So much travels in one transaction, or a little more: products are not divided."""

_TURN = 8
"""After so many products read the database is looked after, while it works on the last batch."""

Bring = Callable[[Sequence[GivenProduct]], Awaitable[Sequence[Outcome]]]
"""What imports a batch, or judges it alone."""


@dataclass(slots=True)
class Told:
    """What has become of a file so far: products by their fates, variants, lines that are wrong."""

    products: Counter[Fate] = field(default_factory=Counter[Fate])
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
            "badLines": self.bad_lines,
        }


async def bring_records(
    records: Iterable[Record],
    bring: Bring,
    complain: Callable[[BadLine, str], None],
    advance: Callable[[Told], None],
) -> Told:
    """Bring all records in, in their order, the next batch being read while one is written.

    `complain` is told each bad line with the handle of its product, `advance` how far it got.
    """
    told = Told()
    batch: list[Record] = []
    writing: asyncio.Task[Sequence[Outcome]] | None = None
    written: Sequence[Record] = ()
    variants = 0

    async def finish() -> None:
        if writing is not None:
            _tell(told, written, await writing, complain)
            advance(told)

    try:
        with Seen() as seen:
            for number, record in enumerate(records, 1):
                if record.unreadable is not None:
                    told.products[Fate.REFUSED] += 1
                    told.bad_lines += 1
                    complain(record.unreadable, record.label)
                    continue
                seen.note(record)
                batch.append(record)
                variants += len(record.given.variants)
                if len(batch) >= BATCH_PRODUCTS or variants >= BATCH_VARIANTS:
                    await finish()
                    written, batch, variants = batch, [], 0
                    writing = asyncio.create_task(_bring(bring, written))
                if number % _TURN == 0:
                    await asyncio.sleep(0)
        await finish()
        writing = None
        if batch:
            _tell(told, batch, await _bring(bring, batch), complain)
            advance(told)
    finally:
        if writing is not None and not writing.done():
            writing.cancel()
    return told


async def _bring(bring: Bring, batch: Sequence[Record]) -> Sequence[Outcome]:
    return await bring([record.given for record in batch])


def _tell(
    told: Told,
    batch: Sequence[Record],
    outcomes: Sequence[Outcome],
    complain: Callable[[BadLine, str], None],
) -> None:
    for record, outcome in zip(batch, outcomes, strict=True):
        told.products[outcome.fate] += 1
        told.created += outcome.created
        told.updated += outcome.updated
        told.counted += outcome.counted
        for bad in record.bad_lines(outcome.problems):
            told.bad_lines += 1
            complain(bad, record.label)
