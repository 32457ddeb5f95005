"""Finding products and bundles by text, best first, in pages that all cost alike.

A word may stand in half of all documents: to visit them all takes longer than a search may. So a
sample of documents in the order of their places, which is random, tells whether much or little is
found. Where it is little, the index finds all of it, and that is ranked and sorted. Where it is
much, each rank is looked at by itself, best first: documents in the order of their places until the
page is full, and the index only for ranks in which those were few. Both ways give the same order.
"""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import text

from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.search.asking import ASKED, asked
from ordergraph.commerce.search.rules import PLACES, Hit, Rank, Search
from ordergraph.core.paging import COUNT_LIMIT, Page, PageRequest, cut
from ordergraph.runtime.db.prepared import MOST_SHAPES, Prepared, Values
from ordergraph.runtime.db.transaction import Reader

_SAMPLE = 1_500
"""So many documents are looked at in the order of their places before the index is asked."""

_ENOUGH = 25
"""With so many among the sample much is found: more than one document of sixty."""

_NOBODY = UUID(int=0)


async def search_page(reader: Reader, search: Search, page: PageRequest) -> Page[Hit]:
    """Return one page of what is found, best first (SRC-2), in one statement."""
    place = page.after
    values = {
        **found_by(reader, search),
        "after": -1 if place is None else place.value,
        "after_id": _NOBODY if place is None else place.id,
    }
    rows = await reader.fetch(_page(page.limit + 1, *extras(search)), values)
    return cut([Hit(id, MemberKind(kind), rank) for id, kind, rank in rows], page.limit)


async def search_count(reader: Reader, search: Search) -> int:
    """Count what is found, at most one beyond `COUNT_LIMIT`, in one statement."""
    rows = await reader.fetch(_count(*extras(search)), found_by(reader, search))
    return int(rows[0][0])


def extras(search: Search) -> tuple[bool, bool]:
    """Tell whether prices and whether stock matter to a search."""
    wanted = search.filter
    return wanted.currency is not None, wanted.only_in_stock


def found_by(reader: Reader, search: Search) -> Values:
    """Return the values by which statements find what a search finds."""
    wanted = search.filter
    return {
        **asked(search, is_buyer=reader.actor.is_buyer),
        "currency": wanted.currency,
        "least": wanted.least_minor,
        "most": wanted.most_minor,
    }


def conditions(*, prices: bool, stock: bool) -> str:
    """Return SQL for what a document `d` has to meet beside its words."""
    return (_PRICES if prices else "") + (STOCK if stock else "")


_PRICES = """ AND d.currency = :currency
    AND d.lowest_price_minor >= coalesce(CAST(:least AS bigint), d.lowest_price_minor)
    AND d.lowest_price_minor <= coalesce(CAST(:most AS bigint), d.lowest_price_minor)"""
STOCK = """ AND CASE d.kind WHEN 'PRODUCT' THEN EXISTS (
    SELECT FROM variants v JOIN inventory_items i USING (environment_id)
    WHERE environment_id = :scope AND i.variant_id = v.id AND v.product_id = d.id
    AND v.status = 'ACTIVE' AND (NOT i.tracked OR i.on_hand > i.held))
    ELSE (SELECT bool_and(v.status = 'ACTIVE' AND p.status = 'ACTIVE'
        AND (NOT i.tracked OR i.on_hand - i.held >= c.quantity))
    FROM bundle_components c JOIN variants v USING (environment_id)
    JOIN products p USING (environment_id) JOIN inventory_items i USING (environment_id)
    WHERE environment_id = :scope AND c.bundle_id = d.id AND v.id = c.variant_id
    AND p.id = v.product_id AND i.variant_id = v.id) END"""
"""In stock as lists of products have it (CAT-10): a bundle is when all its components are."""

# Not by an index of environments: the marks of the words lead to this one's documents alone.
MINE = "(d.environment_id = :scope) IS TRUE"


@lru_cache(MOST_SHAPES)
def _count(prices: bool, stock: bool) -> Prepared:
    return Prepared(
        text(f"""
        WITH {ASKED}
        SELECT count(*) FROM (
            SELECT FROM search_documents AS d
            WHERE d.document @@ (SELECT anywhere FROM asked) AND {MINE}
                {conditions(prices=prices, stock=stock)}
            LIMIT {COUNT_LIMIT + 1}) AS found
        """)
    )


@lru_cache(MOST_SHAPES)
def _page(rows: int, prices: bool, stock: bool) -> Prepared:
    extra = conditions(prices=prices, stock=stock)
    walks = ", ".join(_walk(rank, rows, extra) for rank in Rank if rank > Rank.WHOLE_NAME)
    ranks = " UNION ALL ".join(_of_rank(rank, rows, extra) for rank in Rank)
    return Prepared(
        text(f"""
        WITH {ASKED},
        sample AS MATERIALIZED (
            SELECT FROM (
                SELECT * FROM search_documents WHERE environment_id = :scope
                ORDER BY place, id LIMIT {_SAMPLE}) AS d
            WHERE d.document @@ (SELECT anywhere FROM asked) {extra}
            LIMIT {_ENOUGH}
        ),
        extent AS MATERIALIZED (SELECT count(*) = {_ENOUGH} AS is_broad FROM sample),
        {walks}
        (SELECT id, kind, rank FROM (
            SELECT d.id, d.kind, {_rank()} AS rank FROM search_documents AS d, asked
            WHERE d.document @@ (SELECT anywhere FROM asked) AND {MINE} {extra}
                AND NOT (SELECT is_broad FROM extent)) AS found
        WHERE (rank, id) > (CAST(:after AS bigint), CAST(:after_id AS uuid))
        ORDER BY rank, id LIMIT {rows})
        UNION ALL {ranks}
        LIMIT {rows}
        """)
    )


def _rank() -> str:
    """Return SQL for the place of a document in the whole list, from the best rank it has."""
    better = [rank for rank in Rank if rank < Rank.DESCRIPTION]
    tests = " ".join(
        f"WHEN d.document @@ asked.{rank.name.lower()} THEN {rank.value}" for rank in better
    )
    return f"CAST(CASE {tests} ELSE {Rank.DESCRIPTION} END AS bigint) * {PLACES} + d.place"


def _later(rank: Rank) -> str:
    """Return SQL for the condition that a document of this rank comes behind the cursor."""
    return (
        f"(d.place, d.id) > (CAST(:after AS bigint) - {rank * PLACES}, CAST(:after_id AS uuid)) "
        f"AND CAST(:after AS bigint) < {(rank + 1) * PLACES}"
    )


def _walk(rank: Rank, rows: int, extra: str) -> str:
    """Return SQL for what is found with this rank among the next documents, if much is found."""
    name = rank.name.lower()
    return f"""walk_{name} AS MATERIALIZED (
        SELECT d.id, d.kind, d.place FROM (
            SELECT * FROM search_documents AS d
            WHERE d.environment_id = :scope AND {_later(rank)} AND (SELECT is_broad FROM extent)
            ORDER BY place, id LIMIT {_SAMPLE}) AS d
        WHERE d.document @@ (SELECT only_{name} FROM asked) {extra}
        LIMIT {rows}
    )"""


def _of_rank(rank: Rank, rows: int, extra: str) -> str:
    """Return SQL for the next of this rank: the walk, or the index where that found too few."""
    name = rank.name.lower()
    place = f"{rank * PLACES} + d.place"
    walked = f"(SELECT count(*) FROM walk_{name})" if rank > Rank.WHOLE_NAME else "0"
    by_index = f"""(SELECT d.id, d.kind, {place} FROM search_documents AS d
        WHERE d.document @@ (SELECT only_{name} FROM asked) AND {MINE} AND {_later(rank)} {extra}
            AND (SELECT is_broad FROM extent) AND {walked} < {rows}
        ORDER BY d.place, d.id LIMIT {rows})"""
    if rank <= Rank.WHOLE_NAME:
        return by_index
    return f"""(SELECT d.id, d.kind, {place} FROM walk_{name} AS d WHERE {walked} = {rows})
        UNION ALL {by_index}"""
