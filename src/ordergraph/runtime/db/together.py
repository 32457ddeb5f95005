"""Writes that travel together: several data-modifying queries in one statement."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, func, literal_column, select, text

from ordergraph.runtime.db.prepared import Prepared

MOST_KINDS = 512
"""How many combinations of writes are kept rendered."""


def write(name: str, sql: str) -> CTE:
    """Return a write as part of a statement: SQL with values as `:name`, ending in RETURNING where
    its rows are counted."""
    return text(sql).columns().cte(name)


@lru_cache(maxsize=MOST_KINDS)
def together(writes: tuple[CTE, ...], counted: tuple[CTE, ...]) -> Prepared:
    """Return one statement that does all `writes` or none, with the numbers of the `counted` rows.

    All of them see the tables as they were before it; foreign keys are checked at its end.
    """
    one: ColumnElement[int] = literal_column("1")
    counts = [select(func.count()).select_from(each).scalar_subquery() for each in counted]
    statement: Any = select(*(counts or [one]))
    return Prepared(statement.add_cte(*writes))
