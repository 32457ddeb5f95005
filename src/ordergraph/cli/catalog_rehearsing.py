"""Rehearsing an import: each batch is judged as if those before it had been written."""

from __future__ import annotations

from collections.abc import Sequence

from ordergraph.cli.seen import scratch
from ordergraph.commerce.bundles.importing import BundleOutcome, judge_bundles
from ordergraph.commerce.bundles.matching import GivenBundle
from ordergraph.commerce.catalog.importing import Fate, Outcome, judge_products
from ordergraph.commerce.catalog.matching import code
from ordergraph.commerce.catalog.overlaying import GivenProduct
from ordergraph.core.money import Money
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database


class Rehearsal:
    """Judges a file and writes nothing.

    The SKUs of the products that would be written are remembered: bundles may be made of them.
    They lie in a temporary file of SQLite until it is closed.
    """

    def __init__(self, database: Database, actor: Actor) -> None:
        self._database = database
        self._actor = actor
        self._skus = scratch(
            "CREATE TABLE skus (sku TEXT PRIMARY KEY, currency TEXT) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Forget the SKUs."""
        self._skus.close()

    async def products(self, given: Sequence[GivenProduct]) -> Sequence[Outcome]:
        """Judge products."""
        outcomes = await judge_products(self._database.viewer(self._actor), given)
        for product, outcome in zip(given, outcomes, strict=True):
            if outcome.fate in (Fate.CREATED, Fate.UPDATED):
                self._remember(product)
        return outcomes

    async def bundles(self, given: Sequence[GivenBundle]) -> Sequence[BundleOutcome]:
        """Judge bundles, of the variants that are there and of those that would be."""
        named = {part.sku for each in given for part in each.components if part.sku is not None}
        promised = {sku: currency for sku in named for currency in self._currencies(sku)}
        viewer = self._database.viewer(self._actor)
        return await judge_bundles(viewer, given, promised)

    def _remember(self, product: GivenProduct) -> None:
        self._skus.executemany(
            "INSERT OR REPLACE INTO skus VALUES (?, ?)",
            (
                (sku, each.unit_price.currency if isinstance(each.unit_price, Money) else None)
                for each in product.variants
                if (sku := code(each.sku)) is not None
            ),
        )

    def _currencies(self, sku: str) -> Sequence[str | None]:
        found = self._skus.execute("SELECT currency FROM skus WHERE sku = ?", (sku,))
        return [row[0] for row in found]
