"""Whole numbers within bounds."""

from decimal import Decimal

import pytest

from ordergraph.core.counts import whole_number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (5, 5),
        (Decimal("5.00"), 5),
        (0, None),
        (6, None),
        (Decimal("1.5"), None),
        (Decimal("NaN"), None),
        (Decimal("Infinity"), None),
        (Decimal("-Infinity"), None),
    ],
)
def test_a_whole_number_lies_within_its_bounds(value: int | Decimal, expected: int | None) -> None:
    assert whole_number(value, 1, 5) == expected
