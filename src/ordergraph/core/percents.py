"""Percentages: read exactly, and turned into integer ratios for the arithmetic (MON-7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ordergraph.core.problems import ErrorCode, Problem

SCALE = 1_000_000
"""A percentage with four fraction digits is a whole number of millionths."""

LEAST_PERCENT = Decimal("0.0001")
MOST_PERCENT = Decimal(100)

_SHAPE = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,20})?")
_MOST_FRACTION_DIGITS = 4


def parse_percent(
    value: str | int | Decimal,
    lowest: Decimal = LEAST_PERCENT,
    highest: Decimal = MOST_PERCENT,
    field: Sequence[str | int] = (),
) -> Decimal:
    """Read a percentage within the bounds, both included; it is never rounded (MON-7).

    Raises at `field`: `INVALID_FORMAT` for what is not a plain decimal number, `PERCENT_PRECISION`
    for more than four fraction digits, `INVALID_FIELD` outside the bounds.
    """
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if _SHAPE.fullmatch(text) is None:
        raise Problem(ErrorCode.INVALID_FORMAT, "Expected a percentage such as 8.99.", field)
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > _MOST_FRACTION_DIGITS:
        raise Problem(
            ErrorCode.PERCENT_PRECISION, "A percentage has at most 4 fraction digits.", field
        )
    percent = Decimal(f"{whole}.{fraction}" if fraction else whole)
    if not lowest <= percent <= highest:
        raise Problem(
            ErrorCode.INVALID_FIELD,
            f"A percentage here lies between {lowest} and {highest}.",
            field,
        )
    return percent


def millionths(percent: Decimal) -> int:
    """Turn a percentage into the exact numerator over `SCALE`: 8.99 is 89900."""
    scaled = percent.scaleb(_MOST_FRACTION_DIGITS)
    numerator = int(scaled)
    if numerator != scaled:
        raise ValueError("a percentage has at most four fraction digits")
    return numerator


def percent_text(percent: Decimal) -> str:
    """Write a percentage in its shortest form: 20, 8.99."""
    text = format(percent, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
