"""Percentages are read exactly or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordergraph.core.percents import SCALE, millionths, parse_percent
from ordergraph.core.problems import ErrorCode, Problem


@pytest.mark.parametrize(
    ("given_text", "read"),
    [
        ("8.99", "8.99"),
        ("20", "20"),
        ("20.0000", "20"),
        ("0.0001", "0.0001"),
        ("100", "100"),
        ("12.50000", "12.5"),
        (20, "20"),
        (Decimal("8.990000"), "8.99"),
        (Decimal("1E+1"), "10"),
    ],
)
def test_mon_7_up_to_four_fraction_digits_are_read_exactly(
    given_text: str | int | Decimal, read: str
) -> None:
    assert str(parse_percent(given_text)) == read


def test_mon_7_a_fifth_fraction_digit_is_refused_and_not_rounded() -> None:
    assert code_of("8.98999") is ErrorCode.PERCENT_PRECISION


@pytest.mark.parametrize("text", ["0", "0.00", "-1", "100.0001", "101"])
def test_mon_7_discounts_and_tips_lie_between_a_ten_thousandth_and_100(text: str) -> None:
    assert code_of(text) is ErrorCode.INVALID_FIELD


def test_mon_7_a_tax_rate_may_be_0() -> None:
    assert parse_percent("0", lowest=Decimal(0)) == 0


@pytest.mark.parametrize(
    "text", ["", "8,99", "8.", ".5", "1e1", "NaN", "Infinity", "+8", " 8", "٨"]
)
def test_anything_but_plain_digits_is_a_wrong_format(text: str) -> None:
    assert code_of(text) is ErrorCode.INVALID_FORMAT


def test_a_decimal_that_is_no_number_is_a_wrong_format() -> None:
    with pytest.raises(Problem) as refused:
        parse_percent(Decimal("NaN"), field=("input", "percent"))
    assert refused.value.code is ErrorCode.INVALID_FORMAT
    assert refused.value.field == ("input", "percent")


@given(st.integers(1, SCALE))
def test_mon_7_a_percentage_survives_as_a_whole_number_of_millionths(numerator: int) -> None:
    percent = parse_percent(str(Decimal(numerator) / 10_000))
    assert millionths(percent) == numerator


def test_more_digits_than_were_ever_let_in_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="four fraction digits"):
        millionths(Decimal("0.00001"))


def code_of(text: str) -> ErrorCode:
    with pytest.raises(Problem) as refused:
        parse_percent(text)
    return refused.value.code
