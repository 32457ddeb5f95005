"""Surveying the tables while a shop is filled: plans made for an empty one would be kept."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import text

from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, SlugRow, VariantRow
from ordergraph.commerce.categories.tables import CategoryMemberRow, CategoryRow
from ordergraph.commerce.inventory.tables import (
    InventoryAdjustmentRow,
    InventoryItemRow,
    InventoryLevelRow,
)
from ordergraph.runtime.db.database import Database

Given = TypeVar("Given")
Brought = TypeVar("Brought")

_MOST_BATCHES = 64
"""Later Postgres has looked at the tables by itself, as it does every minute."""


class Survey:
    """Has Postgres look anew at what an import fills, after 1, 2, 4, 8 batches and so on.

    Each connection keeps the plans of its statements, those of foreign keys too, until what is
    known of their tables changes. Those that were made for empty tables read all rows of full ones.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batches = 0

    async def batch_written(self) -> None:
        """Count a batch, and look at the tables if they have doubled."""
        self._batches += 1
        if self._batches <= _MOST_BATCHES and not self._batches & (self._batches - 1):
            async with self._database.alone() as connection:
                await connection.execute(_LOOK)


def surveyed(
    database: Database, bring: Callable[[Given], Awaitable[Brought]]
) -> Callable[[Given], Awaitable[Brought]]:
    """Return what brings batches as `bring` does, with a survey of its own behind them."""
    survey = Survey(database)

    async def brought(given: Given) -> Brought:
        outcome = await bring(given)
        await survey.batch_written()
        return outcome

    return brought


_ROWS = (
    *(ProductRow, VariantRow, SellableCodeRow, SlugRow, CategoryRow, CategoryMemberRow),
    *(InventoryItemRow, InventoryLevelRow, InventoryAdjustmentRow),
)
_LOOK = text("ANALYZE " + ", ".join(row.__tablename__ for row in _ROWS))
