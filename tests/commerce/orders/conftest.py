"""The counter that the tests of orders sell at."""

from collections.abc import AsyncIterator

import pytest

from ordergraph.core.ids import new_id
from tests.commerce.orders.counter import Counter
from tests.databases import Databases
from tests.world import World


@pytest.fixture(scope="package")
async def town(databases: Databases) -> AsyncIterator[World]:
    """One database for all tests of the package; each founds a merchant of its own in it."""
    async with databases.fresh() as url:
        world = World(url)
        yield world
        await world.close()


@pytest.fixture
async def world(town: World) -> World:
    """A shop of this test's own."""
    town.merchant_id = new_id()
    await town.open()
    return town


@pytest.fixture
def counter(world: World) -> Counter:
    """A counter in the shop of this test."""
    return Counter(world)
