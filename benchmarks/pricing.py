"""Pricing one order: lines, a coupon of 20 percent, 5.00 off, one tax rate, a tip."""

import statistics
import timeit
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from ordergraph.core.drafts import (
    DiscountDraft,
    DiscountScope,
    LineDraft,
    OrderDraft,
    TaxComponent,
    TipDraft,
)
from ordergraph.core.ids import new_id
from ordergraph.core.pricing import price

SIZES = (2, 20, 500)
ROUNDS = 7


def measure() -> Iterator[tuple[str, float]]:
    """Yield what was measured and its median in microseconds."""
    for lines in SIZES:
        order = draft(lines)
        times = max(1, 2_000 // lines)
        rounds = timeit.repeat(lambda order=order: price(order), number=times, repeat=ROUNDS)
        yield f"an order of {lines} lines", statistics.median(rounds) / times * 1e6


def draft(lines: int) -> OrderDraft:
    """Return an order of so many different lines."""
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return OrderDraft(
        "USD",
        lines=tuple(LineDraft(new_id(), n, 1 + n % 3, 199 + 37 * n) for n in range(lines)),
        discounts=(
            DiscountDraft(new_id(), DiscountScope.ORDER, noon, percent=Decimal(20)),
            DiscountDraft(new_id(), DiscountScope.ORDER, noon, amount=500),
        ),
        taxes=(TaxComponent(new_id(), "Sales tax", Decimal("8.99")),),
        tips=(TipDraft(new_id(), percent=Decimal(18)),),
    )
