"""The shops of the scenarios: one database for our code as it is, one for each breakage."""

from collections.abc import AsyncIterator

import pytest

from ordergraph.core.ids import new_id
from tests.commerce.orders.counter import Counter
from tests.databases import Databases
from tests.world import World


@pytest.fixture(scope="package")
async def town(databases: Databases) -> AsyncIterator[World]:
    """One database for all that runs as it is; each test founds a merchant of its own in it."""
    async with databases.fresh() as url:
        world = World(url)
        yield world
        await world.close()


@pytest.fixture
async def counter(town: World) -> Counter:
    """A counter in a shop of this test."""
    town.merchant_id = new_id()
    await town.open()
    return Counter(town)


@pytest.fixture
async def ruin(world: World) -> Counter:
    """A counter in a database of this test's own: what a breakage leaves behind goes with it."""
    return Counter(world)
