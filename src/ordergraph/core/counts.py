"""Whole numbers within bounds, as inputs give them."""

from decimal import Decimal


def whole_number(value: int | Decimal, least: int, most: int) -> int | None:
    """Return a whole number from `least` to `most`, or None for anything else."""
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    return int(value) if least <= value <= most and value == int(value) else None
