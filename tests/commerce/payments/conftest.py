"""Fixtures of the tests of payments."""

from collections.abc import AsyncIterator

import pytest

from tests.commerce.payments.shop import Shop


@pytest.fixture
async def shop(fresh_database: str) -> AsyncIterator[Shop]:
    """A shop whose payments are tried out."""
    shop = Shop(fresh_database)
    await shop.open()
    yield shop
    await shop.close()
