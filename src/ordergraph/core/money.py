"""Money as an integer count of minor units, with the two primitives of all arithmetic on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

MOST_MINOR = 10**12
"""No amount anywhere is larger than this many minor units, in either direction (MON-3)."""


@dataclass(frozen=True, slots=True, init=False)
class Money:
    """An amount in the currency's minor units (MON-1); `currency` is an ISO 4217 code."""

    minor: int
    currency: str

    def __init__(self, minor: int, currency: str) -> None:
        # What a frozen dataclass writes here itself takes three times as long, and a page of
        # products makes a hundred amounts.
        _set_minor(self, minor)
        _set_currency(self, currency)


_set_minor: Any = cast(Any, Money).minor.__set__
_set_currency: Any = cast(Any, Money).currency.__set__

NO_MONEY = Money(0, "XXX")
"""Stands for a price that is not known yet, in the code that ISO 4217 has for no currency."""


def round_half_up(numerator: int, denominator: int) -> int:
    """Round the exact fraction to the nearest integer, ties away from zero (PRC-1).

    `denominator` is positive.
    """
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `total` in proportion to `weights`; the shares always add up to it (PRC-3).

    Units left over by rounding go to the largest remainders, earliest first. No share exceeds its
    weight while `total` does not exceed their sum. A negative total is split by negating (PRC-4).
    """
    if total < 0:
        return tuple(-share for share in allocate(-total, weights))
    whole = sum(weights)
    if whole == 0 and total == 0:
        return (0,) * len(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative, with at least one positive")
    shares: list[int] = []
    remainders: list[int] = []
    for weight in weights:
        share, remainder = divmod(total * weight, whole)
        shares.append(share)
        remainders.append(remainder)
    leftover = total - sum(shares)
    if leftover:
        largest_first = sorted(range(len(shares)), key=remainders.__getitem__, reverse=True)
        for index in largest_first[:leftover]:
            shares[index] += 1
    return tuple(shares)
