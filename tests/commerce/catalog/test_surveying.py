"""Surveying while a shop is filled: plans for empty tables are not kept for full ones."""

from ordergraph.commerce.catalog.surveying import Survey
from ordergraph.runtime.db.driver import connect
from tests.world import World


async def surveys(world: World) -> int:
    """Return how often somebody has asked Postgres to look at the products."""
    connection = await connect(world.database.url, "tests")
    await connection.execute("SELECT pg_stat_force_next_flush()")
    looked = await connection.fetchval(
        "SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'products'"
    )
    await connection.close()
    return looked


async def test_the_tables_are_looked_at_whenever_as_many_batches_again_are_written(
    world: World,
) -> None:
    survey, before, looks = Survey(world.database), await surveys(world), list[int]()
    for _ in range(8):
        await survey.batch_written()
        looks.append(await surveys(world) - before)
    assert looks == [1, 2, 2, 3, 3, 3, 3, 4]


async def test_a_long_import_leaves_it_to_postgres_in_the_end(world: World) -> None:
    survey = Survey(world.database)
    for _ in range(64):
        await survey.batch_written()
    before = await surveys(world)
    for _ in range(128):
        await survey.batch_written()
    assert await surveys(world) == before
