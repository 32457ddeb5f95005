"""Taking discounts off lines, one after the other in the fixed order of PRC-20 to PRC-23."""

from __future__ import annotations

from collections.abc import Sequence

from ordergraph.core.breakdowns import PricedDiscount
from ordergraph.core.drafts import Allocation, DiscountDraft, DiscountScope, LineDraft
from ordergraph.core.money import allocate, round_half_up
from ordergraph.core.percents import SCALE, millionths


def take_discounts(
    lines: Sequence[LineDraft], discounts: Sequence[DiscountDraft], remaining: list[int]
) -> tuple[PricedDiscount, ...]:
    """Apply the discounts to what remains of each line, in place; nothing falls below zero.

    Percentages come before fixed amounts and within each the line scope first; within one class by
    time of application, then id. Each works on what the ones before it left (PRC-20).
    """
    return tuple(_take(discount, lines, remaining) for discount in sorted(discounts, key=_turn_of))


def _turn_of(discount: DiscountDraft) -> tuple[bool, bool, object, int]:
    return (
        discount.percent is None,
        discount.scope is DiscountScope.ORDER,
        discount.applied_at,
        discount.id.int,
    )


def _take(
    discount: DiscountDraft, lines: Sequence[LineDraft], remaining: list[int]
) -> PricedDiscount:
    eligible = [
        index
        for index, line in enumerate(lines)
        if discount.line_ids is None or line.id in discount.line_ids
    ]
    weights = [remaining[index] for index in eligible]
    if discount.percent is not None:
        nominal = round_half_up(millionths(discount.percent) * sum(weights), SCALE)
        shares = allocate(nominal, weights)
    elif discount.amount is None:
        raise ValueError("a discount has a percentage or an amount")
    elif allocation_of(discount) is Allocation.EACH:
        asked = [discount.amount * lines[index].quantity for index in eligible]
        nominal = sum(asked)
        shares = tuple(map(min, asked, weights))
    else:
        nominal = discount.amount
        shares = allocate(min(nominal, sum(weights)), weights)
    for index, share in zip(eligible, shares, strict=True):
        remaining[index] -= share
    return PricedDiscount(
        discount.id,
        nominal,
        sum(shares),
        tuple(
            (lines[index].id, share) for index, share in zip(eligible, shares, strict=True) if share
        ),
    )


def allocation_of(discount: DiscountDraft) -> Allocation:
    """Return how a fixed amount counts: for each unit in line scope, else once (PRC-23)."""
    if discount.allocation is not None:
        return discount.allocation
    if discount.scope is DiscountScope.LINE_ITEM:
        return Allocation.EACH
    return Allocation.ACROSS
