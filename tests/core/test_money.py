"""The two primitives: rounding half up and allocating by largest remainder."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordergraph.core.money import allocate, round_half_up

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=20).filter(any)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (0, 3, 0),
        (1, 3, 0),
        (2, 3, 1),
        (1, 2, 1),
        (3, 2, 2),
        (5, 2, 3),
        (-1, 2, -1),
        (-3, 2, -2),
        (-1, 3, 0),
        (-2, 3, -1),
        (12796, 10, 1280),
        (10**24 + 1, 2, 5 * 10**23 + 1),
    ],
)
def test_prc_1_ties_go_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_up(numerator, denominator) == rounded


@given(st.integers(), st.integers(1, 10**18))
def test_prc_1_rounding_is_to_the_nearest_and_odd(numerator: int, denominator: int) -> None:
    rounded = round_half_up(numerator, denominator)
    assert abs(rounded - Fraction(numerator, denominator)) <= Fraction(1, 2)
    assert round_half_up(-numerator, denominator) == -rounded


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, (1, 1, 1), (34, 33, 33)),
        (500, (333, 333, 334), (167, 166, 167)),
        (2, (1, 1, 1), (1, 1, 0)),
        (1, (0, 0, 5), (0, 0, 1)),
        (7, (5,), (7,)),
        (0, (3, 4), (0, 0)),
        (0, (0, 0), (0, 0)),
        (0, (), ()),
        (460, (3198, 1920), (287, 173)),
    ],
)
def test_prc_3_leftover_units_go_to_the_largest_remainders_earliest_first(
    total: int, weights: tuple[int, ...], shares: tuple[int, ...]
) -> None:
    assert allocate(total, weights) == shares


def test_prc_4_a_negative_total_is_allocated_by_negating() -> None:
    assert allocate(-100, (1, 1, 1)) == (-34, -33, -33)


@pytest.mark.parametrize("weights", [(), (0, 0), (3, -1), (-1, -2)])
def test_prc_3_an_amount_without_a_place_to_go_is_a_programming_error(
    weights: tuple[int, ...],
) -> None:
    with pytest.raises(ValueError, match="weights must be non-negative"):
        allocate(1, weights)


@given(st.integers(-(10**13), 10**13), WEIGHTS)
def test_invariant_11_shares_add_up_to_the_total(total: int, weights: list[int]) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(WEIGHTS, st.data())
def test_invariant_11_no_share_exceeds_its_weight(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    shares = allocate(total, weights)
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


@given(WEIGHTS, st.integers(0, 10**13))
def test_prc_3_of_equal_weights_the_earlier_gets_more(weights: list[int], total: int) -> None:
    doubled = [weight for weight in weights for _ in range(2)]
    shares = allocate(total, doubled)
    assert all(earlier >= later for earlier, later in zip(shares[::2], shares[1::2], strict=True))
