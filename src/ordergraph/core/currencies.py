"""ISO 4217: the currencies that can be sold in, and how many digits their minor unit has."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ordergraph.core.money import MOST_MINOR, Money
from ordergraph.core.problems import ErrorCode, Findings, Problem

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DIGITS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

DIGITS: dict[str, int] = {
    code: digits
    for digits, codes in ((0, _NO_DIGITS), (2, _TWO_DIGITS), (3, _THREE_DIGITS))
    for code in codes.split()
}
"""Currency code to digits after the point. Codes that nobody pays in (metals, test codes, units of
account with four digits) are left out."""


def require_currency(code: object, field: Sequence[str | int] = ()) -> str:
    """Return the code when it is a currency we know; else raise `UNKNOWN_CURRENCY` at `field`."""
    if isinstance(code, str) and code in DIGITS:
        return code
    raise Problem(
        ErrorCode.UNKNOWN_CURRENCY,
        "This is not a known currency: expected an ISO 4217 code such as USD.",
        field,
    )


def as_decimal(money: Money) -> Decimal:
    """Write an amount in major units with the currency's digits: 1999 USD is 19.99 (MON-6)."""
    return Decimal(money.minor).scaleb(-DIGITS[money.currency])


def check_money(findings: Findings, money: Money, *field: str, least: int = 0) -> Money | None:
    """Return an amount that may stand; what is wrong with it is noted below `field` (MON-2, MON-3).

    `least` is the smallest amount allowed, in minor units: 0 for prices, 1 for tips and refunds.
    """
    if money.currency not in DIGITS:
        findings.add(
            ErrorCode.UNKNOWN_CURRENCY, "This is not a currency of ISO 4217.", *field, "currency"
        )
        return None
    if not least <= money.minor <= MOST_MINOR:
        findings.add(
            ErrorCode.AMOUNT_OUT_OF_RANGE,
            f"The amount must be between {least} and {MOST_MINOR} minor units.",
            *field,
            "amount",
        )
        return None
    return money
