"""The counter that the audited shop sells at."""

import pytest

from tests.commerce.orders.counter import Counter
from tests.world import World


@pytest.fixture
def counter(world: World) -> Counter:
    """Sell in this test's world."""
    return Counter(world)
