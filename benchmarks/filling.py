"""Filling a large shop with what no file has: bundles and categories, by SQL, in seconds."""

from __future__ import annotations

import asyncio

from benchmarks.data import Shop
from benchmarks.servers import Postgres
from ordergraph.commerce.search.documenting import write_documents
from ordergraph.core.ids import Prefix, decode
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.driver import connect

_AT_ONCE = 500
"""So many search documents are written at once."""

_STATEMENTS = (
    """
    INSERT INTO categories (environment_id, id, name, name_key, slug, position, version,
        created_at, updated_at)
    SELECT $1, md5('category' || n)::uuid, 'Shelf ' || n, 'shelf ' || n, 'shelf-' || n, 0, 1,
        now(), now()
    FROM generate_series(1, $2::int) AS n
    """,
    """
    INSERT INTO category_members (environment_id, category_id, member_id, kind, active, position)
    SELECT $1, md5('category' || n)::uuid, id, 'PRODUCT', true, 10
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM products WHERE environment_id = $1)
        AS numbered
    WHERE n <= $2::int
    """,
    """
    INSERT INTO bundles (environment_id, id, name, name_key, slug, status, images,
        unit_price_minor, currency, taxable, tax_category, metadata, public_metadata, version,
        created_at, updated_at)
    SELECT $1, md5('bundle' || n)::uuid, 'Box ' || n, 'box ' || n, 'box-' || n, 'ACTIVE', '[]',
        1000 + n, 'USD', true, 'GENERAL', '{}', '{}', 1,
        now() - n * interval '1 second', now() - n * interval '1 second'
    FROM generate_series(1, $2::int) AS n
    """,
    """
    INSERT INTO bundle_components (environment_id, id, bundle_id, variant_id, quantity, position)
    SELECT $1, md5('component' || n)::uuid, md5('bundle' || (n + 1) / 2)::uuid, id, 1, n % 2
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM variants WHERE environment_id = $1)
        AS numbered
    WHERE n <= 2 * $2::int
    """,
    """
    INSERT INTO slugs (environment_id, slug, owner_id)
    SELECT $1, slug, id FROM bundles WHERE environment_id = $1 AND $2::int > 0
    """,
    """
    INSERT INTO sellable_codes (environment_id, id, sku)
    SELECT $1, id, upper(slug) FROM bundles WHERE environment_id = $1 AND $2::int > 0
    """,
)


def fill_shop(postgres: Postgres, shop: Shop, things: int) -> None:
    """Lay so many bundles of two components and as many categories into a shop of products."""
    asyncio.run(_fill(postgres.url, shop, things))


async def _fill(url: str, shop: Shop, things: int) -> None:
    environment_id = decode(Prefix.ENVIRONMENT, shop.environment_id)
    connection = await connect(url, "benchmark")
    database = Database(url, SystemClock(), pool_size=1)
    actor = Actor.system(environment_id, environment_id, "benchmark")
    try:
        for statement in _STATEMENTS:
            await connection.execute(statement, environment_id, things)
        await connection.execute("ANALYZE")  # or documents are written by plans for an empty shop
        rows = await connection.fetch(
            "SELECT id FROM bundles WHERE environment_id = $1", environment_id
        )
        ids = [row["id"] for row in rows]
        for start in range(0, len(ids), _AT_ONCE):
            async with database.transaction(actor) as tx:
                await write_documents(tx, ids[start : start + _AT_ONCE])
    finally:
        await database.close()
        await connection.close()
