"""The little arithmetic that a purchase needs: a percentage of an order, shared by its lines."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal


def shares(amounts: Sequence[int], percent: Decimal) -> list[int]:
    """Return each line's part of a percentage of all; the last one bears the rounding."""
    whole = _rounded(sum(amounts), percent)
    parts = [_rounded(amount, percent) for amount in amounts[:-1]]
    return [*parts, whole - sum(parts)]


def _rounded(amount: int, percent: Decimal) -> int:
    return int((amount * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
