"""The currency table against the standard, and amounts written in major units."""

from decimal import Decimal

import pytest
from iso4217 import Currency

from ordergraph.core.currencies import DIGITS, as_decimal, require_currency
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Problem


def test_mon_6_the_table_is_the_standard_s_for_0_2_and_3_digits() -> None:
    assert {
        currency.code: currency.exponent for currency in Currency if currency.exponent in (0, 2, 3)
    } == DIGITS


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (1999, "USD", "19.99"),
        (5, "EUR", "0.05"),
        (1001, "JPY", "1001"),
        (1234, "KWD", "1.234"),
        (-250, "USD", "-2.50"),
        (0, "USD", "0.00"),
        (10**12, "USD", "10000000000.00"),
    ],
)
def test_mon_6_an_amount_is_written_with_the_currency_s_digits(
    minor: int, currency: str, written: str
) -> None:
    assert str(as_decimal(Money(minor, currency))) == written
    assert as_decimal(Money(minor, currency)) == Decimal(written)


def test_a_known_code_is_returned() -> None:
    assert require_currency("USD") == "USD"


@pytest.mark.parametrize("code", ["usd", "US", "USDX", "", " USD", "ZZZ", "XAU", "CLF", None, 840])
def test_anything_else_is_an_unknown_currency(code: object) -> None:
    with pytest.raises(Problem) as refused:
        require_currency(code, ("input", "currency"))
    assert refused.value.code is ErrorCode.UNKNOWN_CURRENCY
    assert refused.value.field == ("input", "currency")
