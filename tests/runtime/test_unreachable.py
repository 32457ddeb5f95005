"""A database that is gone is told as such, and found again without a restart."""

import pytest
from sqlalchemy import select, text

from ordergraph.commerce.customers.tables import CustomerRow
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.database import Database
from tests.world import World

NOBODY = Actor.system(new_id(), new_id())


async def test_a_server_that_is_not_there_is_unavailable_and_retryable() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", SystemClock())
    with pytest.raises(Problem) as looked:
        await database.viewer(NOBODY).rows(select(1))
    assert looked.value.code is ErrorCode.SERVICE_UNAVAILABLE
    assert looked.value.retryable
    with pytest.raises(Problem) as wrote:
        async with database.transaction(NOBODY):
            pass
    assert wrote.value.code is ErrorCode.SERVICE_UNAVAILABLE
    await database.close()


async def end_oneself(world: World) -> None:
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await tx.rows(select(CustomerRow.id))


async def test_a_connection_that_is_cut_loses_its_transaction_and_nothing_else(
    world: World,
) -> None:
    with pytest.raises(Problem) as cut:
        await end_oneself(world)
    assert cut.value.code is ErrorCode.SERVICE_UNAVAILABLE
    assert await world.database.viewer(world.actor).scalar(select(1)) == 1
