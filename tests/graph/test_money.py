"""Instants as answers write them: always with six digits of a second, always in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ordergraph.graph.money import SCALARS, DateTime

WRITTEN = [
    (datetime(2026, 11, 21, 9, 30, 0, 0, UTC), "2026-11-21T09:30:00.000000Z"),
    (datetime(2026, 11, 21, 9, 30, 0, 500_000, UTC), "2026-11-21T09:30:00.500000Z"),
    (datetime(2026, 11, 21, 9, 30, 5, 1, UTC), "2026-11-21T09:30:05.000001Z"),
    (
        datetime(2026, 11, 21, 1, 30, 0, 7, timezone(timedelta(hours=-8))),
        "2026-11-21T09:30:00.000007Z",
    ),
]


@pytest.mark.parametrize(("instant", "text"), WRITTEN)
def test_an_instant_is_written_in_utc_with_six_digits(instant: datetime, text: str) -> None:
    write = SCALARS[DateTime].serialize
    assert write is not None
    assert write(instant) == text
