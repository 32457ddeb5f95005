"""Carts made up at random, as pricing takes them: fast to make, and the same for the same seed."""

from __future__ import annotations

from random import Random

from ordergraph.core.drafts import (
    Allocation,
    DiscountDraft,
    DiscountScope,
    OrderDraft,
    TaxComponent,
    TaxRounding,
)
from tests.core.orders import discount, line, order, rate

RATES = ("8.99", "20", "7", "5.5", "0.5", "9.975", "8.875", "2.9")


def cart(random: Random, rounding: TaxRounding | None = None, most_lines: int = 5) -> OrderDraft:
    """Make an order of up to five lines with discounts and taxes, rounded either way."""
    count = random.randint(1, most_lines)
    lines = [
        line(at, random.choice((random.randint(0, 9), random.randint(1, 9999))), _units(random))
        for at in range(1, count + 1)
    ]
    discounts = [_discount(random, 101 + at, count) for at in range(random.randint(0, 3))]
    chosen = rounding or random.choice(tuple(TaxRounding))
    return order(
        *lines, discounts=tuple(discounts), taxes=_taxes(random, count), tax_rounding=chosen
    )


def _units(random: Random) -> int:
    return random.choice((1, 1, 2, 3, 7))


def _discount(random: Random, number: int, lines: int) -> DiscountDraft:
    narrowed = random.random() < 0.3
    by_percent = random.random() < 0.6
    return discount(
        number,
        percent=f"{random.randint(1, 600_000) / 10_000:.4f}" if by_percent else None,
        amount=None if by_percent else random.randint(1, 5000),
        on_lines=random.sample(range(1, lines + 1), random.randint(1, lines)) if narrowed else None,
        scope=DiscountScope.LINE_ITEM if narrowed else DiscountScope.ORDER,
        allocation=None if by_percent else random.choice((None, *Allocation)),
        minutes=random.randint(0, 2),
    )


def _taxes(random: Random, lines: int) -> tuple[TaxComponent, ...]:
    inclusive = random.random() < 0.5
    return tuple(
        rate(201 + at, random.choice(RATES), inclusive=inclusive, on=_some(random, lines))
        for at in range(random.randint(0, 3))
    )


def _some(random: Random, lines: int) -> list[int] | None:
    if random.random() < 0.5:
        return None
    return random.sample(range(1, lines + 1), random.randint(1, lines))
