"""Documents keep up with the catalog, in the transactions that change it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from ordergraph.commerce.bundles.deleting import delete_bundle
from ordergraph.commerce.catalog.deleting import delete_product
from ordergraph.commerce.catalog.events import ProductEventType, product_event
from ordergraph.commerce.categories.arranging import (
    CategoryChanges,
    delete_category,
    update_category,
)
from ordergraph.commerce.categories.reads import category_by_slug
from ordergraph.commerce.inventory.adjusting import Adjustment, adjust_inventory
from ordergraph.commerce.merchants.rules import SearchLanguage
from ordergraph.commerce.search.documenting import write_documents
from ordergraph.commerce.search.reindexing import reindex, reindex_unindexed
from ordergraph.commerce.search.rules import SearchFilter
from ordergraph.core.problems import Problem
from ordergraph.runtime.db import statements
from tests.commerce.search.shelves import change, documents, found, make_bundle, shelve, speak, work
from tests.world import World


async def test_src_5_a_new_name_is_found_at_once_and_the_old_one_no_longer(world: World) -> None:
    product = await shelve(world, "Tea")
    await change(world, product.id, name="Coffee")
    assert await found(world, "coffee") == [product.id]
    assert await found(world, "tea") == []


async def test_src_4_what_is_deleted_has_no_document(world: World) -> None:
    product = await shelve(world, "Tea", sku="TEA")
    assert set(await documents(world)) == {product.id}
    await delete_product(world.database, world.actor, product.id)
    assert await documents(world) == {}
    again = await shelve(world, "Tea", sku="TEA")
    assert await found(world, "tea") == [again.id]


async def test_a_transaction_that_fails_leaves_no_document(world: World) -> None:
    product = await shelve(world, "Tea")
    before = await documents(world)
    with pytest.raises(Problem):
        await shelve(world, "Coffee", sku="x" * 101)
    with pytest.raises(RuntimeError, match="after all"):
        await _change_and_fail(world, product.id)
    assert await documents(world) == before


async def _change_and_fail(world: World, id: UUID) -> None:
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(text("UPDATE products SET name = 'Mate' WHERE environment_id = :scope"))
        tx.emit(product_event(id, ProductEventType.UPDATED, 2))
        await write_documents(tx, [id])
        raise RuntimeError("after all")


async def test_a_transaction_that_tells_of_no_product_pays_nothing(world: World) -> None:
    variant = (await shelve(world, "Tea", initial_quantity=5)).variants
    assert variant
    with statements.counted() as sent:
        await adjust_inventory(world.database, world.actor, Adjustment(variant[0].id, 5))
    assert not any("search_documents" in each for each in sent.texts)


async def test_documents_of_any_number_are_written_in_one_statement(world: World) -> None:
    ids = [(await shelve(world, f"Tea {number}")).id for number in range(5)]
    for some in (ids[:1], ids):
        with statements.counted() as sent:
            async with world.database.transaction(world.actor) as tx:
                for id in some:
                    tx.emit(product_event(id, ProductEventType.UPDATED, 2))
        assert sum("search_documents" in each for each in sent.texts) == 1


async def test_an_equal_document_is_not_written_again(world: World) -> None:
    product = await shelve(world, "Tea")

    async def row() -> Any:
        async with world.database.transaction(world.actor) as tx:
            return await tx.scalar(
                text("SELECT ctid FROM search_documents WHERE environment_id = :scope")
            )

    before = await row()
    await change(world, product.id, metadata={"a": "b"})
    assert await row() == before
    await change(world, product.id, description="green")
    assert await row() != before


async def test_the_last_of_two_changes_at_once_is_what_is_found(world: World) -> None:
    product = await shelve(world, "Tea")
    await asyncio.gather(
        *(change(world, product.id, name=f"Tea {number}") for number in range(6)),
        *(change(world, product.id, description=f"green {number}") for number in range(6)),
        reindex(world.database, world.actor),
    )
    async with world.database.transaction(world.actor) as tx:
        row = await tx.first(
            text("SELECT name, description FROM products WHERE environment_id = :scope")
        )
    assert row is not None
    assert await found(world, row.name) == await found(world, row.description) == [product.id]


_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def test_what_is_written_anew_waits_for_whoever_is_changing_it(world: World) -> None:
    product = await shelve(world, "Tea")
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(text("UPDATE products SET name = 'Mate' WHERE environment_id = :scope"))
        await write_documents(tx, [product.id])
        again = asyncio.create_task(reindex(world.database, world.actor))
        while not await tx.scalar(_WAITING):
            # A transaction sees who waits as it was when it first looked, unless it is told.
            await tx.execute(text("SELECT pg_stat_clear_snapshot()"))
    await again
    assert await found(world, "mate") == [product.id]
    assert await found(world, "tea") == []


async def test_bundles_are_found_beside_products(world: World) -> None:
    tea = await shelve(world, "Tea")
    bundle = await make_bundle(world, tea)
    ranked = await found(world, "box")
    assert ranked == [bundle]
    assert await found(world, "BOX-A") == [bundle]
    assert set(await found(world, "tea")) == {tea.id, bundle}
    await delete_bundle(world.database, world.actor, bundle)
    assert await found(world, "box") == []


async def test_src_5_a_renamed_category_is_found_by_its_new_name_once_the_job_is_done(
    world: World,
) -> None:
    tea = await shelve(world, "Tea", categories=["Hot drinks", "Leaves"])
    other = await shelve(world, "Mate")
    category = await category_by_slug(world.database.viewer(world.actor), "hot-drinks")
    assert category
    wanted = CategoryChanges(name="Infusions")
    await update_category(world.database, world.actor, category.id, wanted)
    assert await work(world) == 1
    assert await found(world, "infusions") == [tea.id]
    assert await found(world, "drinks") == []
    assert await found(world, "mate") == [other.id]


async def test_src_5_a_deleted_category_is_not_found_once_the_job_is_done(world: World) -> None:
    tea = await shelve(world, "Tea", categories=["Hot drinks"])
    category = await category_by_slug(world.database.viewer(world.actor), "hot-drinks")
    assert category
    await delete_category(world.database, world.actor, category.id)
    assert await found(world, "tea", SearchFilter(category_ids=(category.id,))) == []
    assert await work(world) >= 1
    assert await found(world, "drinks") == []
    assert await found(world, "tea") == [tea.id]


async def test_src_5_another_language_is_one_for_all_documents(world: World) -> None:
    product = await shelve(world, "Running shoes")
    english = await documents(world)
    await speak(world, SearchLanguage.SIMPLE)
    assert len((await documents(world))[product.id]) < len(english[product.id])
    await speak(world, SearchLanguage.ENGLISH)
    assert await documents(world) == english


async def test_all_documents_can_be_written_anew_in_batches(world: World) -> None:
    ids = {(await shelve(world, f"Tea {number}")).id for number in range(5)}
    bundle = await make_bundle(world, await shelve(world, "Tea"))
    everything = await documents(world)
    await forget(world)
    told: list[int] = []
    assert await reindex(world.database, world.actor, told.append) == len(everything)
    assert sum(told) == len(everything)
    assert await documents(world) == everything
    assert ids | {bundle} <= set(everything)


async def test_older_products_get_their_documents_by_a_job_when_the_server_starts(
    world: World,
) -> None:
    await reindex_unindexed(world.database)
    assert await work(world) == 0
    product = await shelve(world, "Tea")
    await reindex_unindexed(world.database)
    assert await work(world) == 0
    await forget(world)
    await reindex_unindexed(world.database)
    await reindex_unindexed(world.database)  # another process that starts
    assert await work(world) == 1
    assert set(await documents(world)) == {product.id}


async def test_reindexing_touches_no_other_environment(world: World) -> None:
    await shelve(world, "Tea")
    before = await documents(world)
    assert await reindex(world.database, world.stranger()) == 0
    assert await documents(world) == before


async def forget(world: World) -> None:
    """Have nothing indexed, as before there were documents."""
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(text("DELETE FROM search_documents WHERE environment_id = :scope"))
