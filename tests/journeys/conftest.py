"""Fixtures of the journeys: one server for all that does not break it."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.journeys.callers import Caller
from tests.journeys.servers import House, Server, Shop, open_house


@pytest.fixture(scope="session")
async def house() -> AsyncIterator[House]:
    """The data folder of the journeys."""
    async with open_house() as house:
        yield house


@pytest.fixture(scope="session")
async def server(house: House) -> Server:
    """A server that nobody kills."""
    return await house.start()


@pytest.fixture
async def shop(house: House, server: Server) -> Shop:
    """A merchant's sandbox of this test's own."""
    return await house.shop()


@pytest.fixture
def merchant(server: Server, shop: Shop) -> Caller:
    """The holder of the shop's secret key."""
    return server.caller(shop.secret_key)


@pytest.fixture
def browser(server: Server, shop: Shop) -> Caller:
    """A page of the shop, with its publishable key."""
    return server.caller(shop.publishable_key)


@pytest.fixture(autouse=True)
def _nothing_went_wrong_inside(request: pytest.FixtureRequest) -> Iterator[None]:
    """No journey on the common server may make it log an error of our own."""
    if "server" not in request.fixturenames:
        yield
        return
    server: Server = request.getfixturevalue("server")
    already = len(server.said())
    yield
    said = server.said()[already:].splitlines()
    errors = [line for line in map(json.loads, said) if line["level"] == "error"]
    assert not errors, [error.get("exception", error)[-1500:] for error in errors]
