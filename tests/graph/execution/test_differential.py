"""Every operation is answered with the same bytes by its plan and by graphql-core."""

import math
import os
import random
import sys
import time
from collections import Counter

import pytest
from structlog.testing import capture_logs

from tests.graph.execution.answering import Answering
from tests.graph.execution.generating import Generator, Operation
from tests.graph.execution.shop import Shop, furnish
from tests.world import World

OPERATIONS = 500
SEEDS = (20261121, 20261122, 20261123, 20261124)
"""Each test makes up so many operations: 2,000 in all, in parts that run beside each other."""
SOAK_SECONDS = float(os.environ.get("ORDERGRAPH_SECONDS", "600"))
"""How long the soak goes on; 0 is until it is interrupted."""


class Comparison:
    """Asks both executors what a generator makes up, until they differ."""

    def __init__(self, world: World, shop: Shop, seed: int) -> None:
        self.seed = seed
        self.seen: Counter[str] = Counter()
        self._shop = shop
        self._answering = Answering(world)
        self._generator = Generator(self._answering.schema, shop, seed)
        self._callers = random.Random(seed)

    async def step(self) -> None:
        """Compare one operation, unless it is refused before it runs or changes something."""
        made = self._generator.operation()
        name = self._callers.choice(["merchant", "merchant", *self._shop.callers])
        asked = (made.text, made.variables, self._shop.callers[name])
        answering = self._answering
        expected = await answering.answer(answering.reference, *asked)
        if expected.startswith(b'{"errors"'):
            self.seen["refused"] += 1
            return
        if made.text.startswith("mutation"):
            again = await answering.answer(answering.reference, *asked)
            if again != expected:
                self.seen["had an effect"] += 1
                return
        answer = await self._planned(made, asked)
        assert answer == expected, f"seed {self.seed}, {name}:\n{made.text}\n{made.variables}"
        self.seen["compared"] += 1
        self.seen["with errors"] += b'"requestId"' in expected

    async def _planned(self, made: Operation, asked: tuple[object, ...]) -> bytes:
        """Answer by a plan; graphql-core may take over only where a switch is null."""
        answering = self._answering
        answering.gave_way = 0
        with capture_logs() as logs:
            answer = await answering.answer(answering.compiled, *asked)  # type: ignore[arg-type]
        null = [name for name, value in made.variables.items() if value is None and name[0] == "s"]
        assert bool(answering.gave_way) <= bool(null), f"{logs}, seed {self.seed}:\n{made.text}"
        return answer


@pytest.mark.parametrize("seed", SEEDS)
async def test_two_thousand_operations_are_answered_alike(world: World, seed: int) -> None:
    comparison = Comparison(world, await furnish(world), seed)
    seen = comparison.seen
    while seen["compared"] < OPERATIONS:
        await comparison.step()
    assert seen["refused"] < OPERATIONS / 4
    assert OPERATIONS / 4 < seen["with errors"] < OPERATIONS * 3 / 4


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_operations_without_end_are_answered_alike(world: World) -> None:
    seed = random.SystemRandom().randrange(2**32)
    comparison = Comparison(world, await furnish(world), seed)
    until = time.monotonic() + (SOAK_SECONDS or math.inf)
    try:
        while time.monotonic() < until:
            await comparison.step()
    finally:
        print(f"seed {seed}: {dict(comparison.seen)}", file=sys.stderr)  # noqa: T201
