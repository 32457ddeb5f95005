"""Fixtures of the whole suite: a Postgres for everybody, a database for whoever needs his own.

`HYPOTHESIS_PROFILE=thorough` lets the property tests try many more examples.
"""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from ordergraph.runtime.db.embedded import EmbeddedPostgres
from tests.databases import Databases
from tests.places import place
from tests.world import World

# No example is too slow for a busy machine.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=100, **_PATIENT)
settings.register_profile("thorough", max_examples=10_000, **_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The URL of a Postgres for the tests: the one that is set, else an embedded one.

    The embedded one is shared by all test processes of this account; its data are not durable.
    """
    given = os.environ.get("ORDERGRAPH_TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    home = place() / f"ordergraph-tests-{os.geteuid()}"
    server = EmbeddedPostgres(home, durable=False)
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
async def databases(database_url: str) -> AsyncIterator[Databases]:
    """Makes databases, copied from a template that this test process migrated once."""
    async with Databases(database_url) as databases:
        yield databases


@pytest.fixture
async def fresh_database(databases: Databases) -> AsyncIterator[str]:
    """The URL of a migrated database of this test's own, empty of data."""
    async with databases.fresh() as url:
        yield url


@pytest.fixture
async def world(fresh_database: str) -> AsyncIterator[World]:
    """A shop of this test's own."""
    world = World(fresh_database)
    await world.open()
    yield world
    await world.close()
