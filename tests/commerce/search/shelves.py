"""What searches look at in tests, and searching it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from ordergraph.commerce.bundles.creating import create_bundle
from ordergraph.commerce.bundles.rules import BundleChanges, NewComponent
from ordergraph.commerce.catalog.changing import ProductChanges
from ordergraph.commerce.catalog.rules import Product
from ordergraph.commerce.catalog.shaping import NewProduct
from ordergraph.commerce.catalog.updating import update_product
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.merchants.rules import SearchLanguage
from ordergraph.commerce.search.finding import search_count, search_page
from ordergraph.commerce.search.reindexing import REINDEX, Reindexer
from ordergraph.commerce.search.rules import Hit, Search, SearchFilter
from ordergraph.core.paging import PageRequest, Position
from ordergraph.core.problems import Findings
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.jobs.running import Job
from tests.commerce.catalog.shelf import PRICE, create, simple
from tests.world import World

EVERYTHING = SearchFilter()


async def shelve(
    world: World,
    name: str,
    *,
    sku: str | None = None,
    about: str | None = None,
    categories: Sequence[str] = (),
    product: Mapping[str, Any] | None = None,
    **variant: Any,
) -> Product:
    """Create a simple product; `variant` has more of its variant, `product` of itself."""
    wanted: NewProduct = replace(
        simple(name, sku=sku, **variant),
        description=about,
        categories=categories,
        **(product or {}),
    )
    return await create(world, wanted)


async def change(world: World, id: UUID, **changes: Any) -> None:
    """Change a product as the merchant."""
    wanted = ProductChanges(**changes)
    await update_product(world.database, world.actor, id, wanted, None, Findings())


async def speak(world: World, language: SearchLanguage) -> None:
    """Have the words of the shop understood in another way, its documents too."""
    await update_settings(world.database, world.actor, {"search_language": language})
    await work(world)


async def found(
    world: World,
    query: str,
    filter: SearchFilter = EVERYTHING,
    *,
    caller: Actor | None = None,
    first: int = 100,
) -> list[UUID]:
    """Return all that a search finds, best first, page by page."""
    return [hit.id for hit in await hits(world, query, filter, caller=caller, first=first)]


async def hits(
    world: World,
    query: str,
    filter: SearchFilter = EVERYTHING,
    *,
    caller: Actor | None = None,
    first: int = 100,
) -> list[Hit]:
    """Return all hits of a search, and hold the count of them to their number."""
    viewer = world.database.viewer(caller or world.actor)
    search = Search.of(query, filter)
    everything: list[Hit] = []
    page = PageRequest(first)
    while True:
        read = await search_page(viewer, search, page)
        everything.extend(read.items)
        if not read.has_next:
            break
        last = everything[-1]
        page = PageRequest(first, Position(last.rank, last.id))
    assert await search_count(viewer, search) == len(everything)
    return everything


async def documents(world: World) -> dict[UUID, str]:
    """Return the document of each thing in the world's environment."""
    async with world.database.transaction(world.actor) as tx:
        rows = await tx.rows(
            text("SELECT id, document FROM search_documents WHERE environment_id = :scope")
        )
    return {row.id: row.document for row in rows}


async def work(world: World) -> int:
    """Do the jobs of search that wait, and return how many there were."""
    async with world.database.transaction(world.actor) as tx:
        rows = await tx.driver_rows(
            "DELETE FROM pgqueuer WHERE entrypoint = $1 RETURNING payload", [REINDEX]
        )
    for row in rows:
        await Reindexer(world.database).handle(Job(REINDEX, orjson.loads(row["payload"]), 1))
    return len(rows)


async def make_bundle(
    world: World, *products: Product, name: str = "Tea box", sku: str = "BOX-A", quantity: int = 1
) -> UUID:
    """Create a bundle of so many units of the only variant of each product."""
    components = [
        NewComponent(product.variants[0].id, quantity) for product in products if product.variants
    ]
    wanted = BundleChanges(name=name, sku=sku, unit_price=PRICE)
    bundle = await create_bundle(world.database, world.actor, wanted, components, (), Findings())
    return bundle.id
