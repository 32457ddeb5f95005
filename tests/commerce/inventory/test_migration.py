"""Stock survives the migration to locations, and the way back."""

from alembic import command
from sqlalchemy import Connection

from ordergraph.commerce.inventory.holding import consume_holds
from ordergraph.core.ids import new_id
from ordergraph.runtime.db import migrating
from tests.commerce.inventory.shelves import (
    adjust,
    history,
    hold,
    holds,
    levels,
    locate,
    main,
    shelve,
    stock,
    transfer,
)
from tests.databases import Databases
from tests.world import World


async def test_stock_survives_the_way_back_to_one_location_and_forth(
    databases: Databases,
) -> None:
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        beans, advice = await shelve(world, 10), await shelve(world, None)
        oversold, once = await shelve(world, 0, enforced=False), await shelve(world, 4)
        here, there = await main(world), await locate(world)
        attempt = new_id()
        await hold(world, {beans: 3, oversold: 2}, attempt)
        await transfer(world, beans, here, there, 6)
        before = [len(await history(world, id)) for id in (beans, once)]
        await world.close()

        await migrating._work(url, lambda connection: _to(connection, "0006"))
        await migrating._work(url, lambda connection: _to(connection, "head"))

        again = _reopened(world, url)
        assert await stock(again, beans) == (10, 3)
        assert await stock(again, oversold) == (0, 2)
        assert await stock(again, once) == (4, 0)
        assert await levels(again, beans) == {here: 10}
        assert await levels(again, advice) == {}
        assert [len(await history(again, id)) for id in (beans, once)] == before
        assert sum((await holds(again)).values()) == 5
        async with again.database.transaction(again.actor) as tx:
            sold = await consume_holds(tx, attempt, new_id())
        assert sold == {beans: 3, oversold: 2}
        await adjust(again, advice, 2)
        assert await levels(again, advice) == {here: 2}
        await again.close()


def _reopened(world: World, url: str) -> World:
    again = World(url)
    again.actor = world.actor
    return again


def _to(connection: Connection, revision: str) -> None:
    config = migrating._config(connection)
    if revision == "head":
        command.upgrade(config, revision)
    else:
        command.downgrade(config, revision)
