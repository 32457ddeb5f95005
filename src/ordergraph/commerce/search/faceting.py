"""Counting what a search found by category, kind, price and stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import text

from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.search.asking import ASKED
from ordergraph.commerce.search.finding import MINE, STOCK, conditions, extras, found_by
from ordergraph.commerce.search.rules import Search
from ordergraph.core.money import Money
from ordergraph.core.paging import COUNT_LIMIT
from ordergraph.runtime.db.prepared import MOST_SHAPES, Prepared
from ordergraph.runtime.db.transaction import Reader

MOST_CATEGORIES = 50
"""So many categories are counted, those with the most first."""


@dataclass(slots=True)
class CategoryCount:
    """How much of what was found is in a category."""

    category_id: UUID
    count: int


@dataclass(slots=True)
class TypeCount:
    """How many of the products that were found are of a type."""

    product_type: ProductType
    count: int


@dataclass(slots=True)
class PriceCount:
    """How much of what was found costs between two prices, both included, by its lowest price."""

    lowest: Money
    highest: Money
    count: int


@dataclass(slots=True)
class Facets:
    """What was found, counted; `in_stock` is None unless it was asked for."""

    categories: Sequence[CategoryCount]
    product_types: Sequence[TypeCount]
    prices: Sequence[PriceCount]
    in_stock: int | None


async def search_facets(reader: Reader, search: Search, *, stock: bool) -> Facets:
    """Count what is found, in one statement; of more than `COUNT_LIMIT` things so many count.

    Prices fall into ranges that begin with 1, 2 and 5 times a power of ten.
    """
    categories: list[CategoryCount] = []
    types: list[TypeCount] = []
    prices: list[PriceCount] = []
    in_stock = None
    statement = _facets(*extras(search), stock)
    for facet, name, least, most, count in await reader.fetch(statement, found_by(reader, search)):
        if facet == "category":
            categories.append(CategoryCount(UUID(name), count))
        elif facet == "type":
            types.append(TypeCount(ProductType(name), count))
        elif facet == "price":
            prices.append(PriceCount(Money(least, name), Money(most, name), count))
        else:
            in_stock = count
    return Facets(categories, types, prices, in_stock)


_PRICE = "lowest_price_minor"
_STEP = f"CAST(rpad('1', length(CAST({_PRICE} AS text)), '0') AS bigint)"
_LEAST = f"""CASE WHEN {_PRICE} = 0 THEN 0 WHEN {_PRICE} < 2 * {_STEP} THEN {_STEP}
    WHEN {_PRICE} < 5 * {_STEP} THEN 2 * {_STEP} ELSE 5 * {_STEP} END"""
_MOST = f"""CASE WHEN {_PRICE} = 0 THEN 0 WHEN {_PRICE} < 2 * {_STEP} THEN 2 * {_STEP} - 1
    WHEN {_PRICE} < 5 * {_STEP} THEN 5 * {_STEP} - 1 ELSE 10 * {_STEP} - 1 END"""


@lru_cache(MOST_SHAPES)
def _facets(prices: bool, stock: bool, count_stock: bool) -> Prepared:
    in_stock = f"""
        UNION ALL SELECT 'stock', '', 0, 0, count(*) FROM found AS d
        WHERE true {STOCK}"""
    return Prepared(
        text(f"""
        WITH {ASKED},
        found AS MATERIALIZED (
            SELECT d.id, d.kind, d.product_type, d.currency, d.lowest_price_minor
            FROM search_documents AS d
            WHERE d.document @@ (SELECT anywhere FROM asked) AND {MINE}
                {conditions(prices=prices, stock=stock)}
            LIMIT {COUNT_LIMIT}
        )
        (SELECT 'category', CAST(m.category_id AS text), CAST(0 AS bigint), CAST(0 AS bigint),
            count(*) FROM found
        JOIN category_members AS m ON m.environment_id = :scope AND m.member_id = found.id
        GROUP BY m.category_id ORDER BY count(*) DESC, m.category_id LIMIT {MOST_CATEGORIES})
        UNION ALL (SELECT 'type', product_type, 0, 0, count(*) FROM found
        WHERE product_type IS NOT NULL GROUP BY product_type ORDER BY count(*) DESC, product_type)
        UNION ALL (SELECT 'price', currency, {_LEAST}, {_MOST}, count(*) FROM found
        GROUP BY 2, 3, 4 ORDER BY 2, 3)
        {in_stock if count_stock else ""}
        """)
    )
