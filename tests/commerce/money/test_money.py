"""Random sequences of everything that moves money: the invariants hold after every step."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.commerce.money.machine import House, Till

SEQUENCES = 250
SECONDS = int(os.environ.get("ORDERGRAPH_SECONDS", "60"))
"""How long the soak goes on; 0 is until it is interrupted."""

_QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """The worlds that the machines run in."""
    house = House(database_url)
    yield house
    house.close()


def run(house: House, sequences: int, start: int, steps: int = 8) -> None:
    """Run so many sequences; the same `start` makes the same ones."""
    machine = type("SeededTill", (Till,), {"house": house})
    run_state_machine_as_test(
        seed(start)(machine),
        settings=settings(
            max_examples=sequences,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=_QUIET,
        ),
    )


def test_all_invariants_hold_after_every_step_of_any_sequence(house: House) -> None:
    run(house, SEQUENCES, start=20261121)
    house.run(house.audit())
    assert house.machines >= SEQUENCES // 2


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_they_hold_for_as_long_as_one_likes(house: House) -> None:
    begun, start = time.monotonic(), random.SystemRandom().randrange(2**32)
    print(f"\nseed {start}")  # noqa: T201
    number = 0
    while not SECONDS or time.monotonic() - begun < SECONDS:
        run(house, 100, start + number, steps=25)
        house.run(house.audit())
        number += 1
        minutes = (time.monotonic() - begun) / 60
        print(  # noqa: T201
            f"{house.machines} sequences in {minutes:.1f} minutes, seeds {start} to "
            f"{start + number - 1}: all invariants hold",
            flush=True,
        )
