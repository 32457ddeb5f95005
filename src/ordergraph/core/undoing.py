"""What any refund does to the figures of a sale, and what it may not do (REF-3 to REF-6, AMT-6)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ordergraph.core.money import Money, round_half_up
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
from ordergraph.core.sales import (
    ChargeReversal,
    LineReversal,
    Reversal,
    SoldCharge,
    SoldLine,
    SoldOrder,
    TipReversal,
)


def refundable(sold: SoldOrder) -> int:
    """Return how much money can still be given back (REF-3)."""
    return max(0, sold.paid - sold.refunded)


def check_refundable(sold: SoldOrder, amount: int) -> None:
    """Refuse an amount that is not above 0 and at most what is refundable (REF-2 to REF-4)."""
    check_paid(sold)
    if amount > refundable(sold) or refundable(sold) == 0:
        raise exceeds(sold)
    if amount <= 0:
        raise Problem(ErrorCode.AMOUNT_OUT_OF_RANGE, "There is nothing to give back here.")


def check_paid(sold: SoldOrder) -> None:
    """Refuse to give anything back of an order without captured money, free ones too (REF-4)."""
    if sold.paid == 0:
        raise Problem(ErrorCode.ORDER_NOT_PAID, "Nothing was paid on this order.")


def exceeds(sold: SoldOrder) -> LimitProblem:
    """Build the answer for more than is left, with the figure (REF-3)."""
    return LimitProblem(
        ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
        "This is more than what can still be refunded.",
        Money(refundable(sold), sold.currency),
    )


def remaining(sold: SoldOrder) -> int:
    """Return how much of the sale is not undone yet, in minor units."""
    return sold.as_sold.total - sold.reversed_so_far.total


def undo_line(
    line: SoldLine, net: int, added_tax: int, units: int = 0, included: int | None = None
) -> LineReversal:
    """Undo money of a line; discount and included tax follow in proportion (AMT-6).

    `included` is the included tax, where it is known already.
    """
    undone = line.reversed_net + net
    discount = following(line.discount, line.reversed_discount, undone, line.net)
    if included is None:
        included = following(line.included_tax, line.reversed_included_tax, undone, line.net)
        included = min(included, net)
    return LineReversal(line.id, units, net + discount, discount, added_tax + included, included)


def undo_units(line: SoldLine, units: int, tax: int | None = None) -> LineReversal:
    """Undo units of a line; each takes its own part of every figure, the last one all that is left
    (REF-6). `tax` replaces the line's tax of either kind (TAX-7)."""
    before = line.refunded_quantity
    after = before + units
    net, added_tax = line.remaining_net, line.remaining_added_tax
    included = line.remaining_included_tax
    if after < line.quantity:
        net = min(net, _part(line.net, before, after, line.quantity))
        added_tax = min(added_tax, _part(line.added_tax, before, after, line.quantity))
        # An amount refunded earlier may have left less in the price than the tax inside it.
        least = max(0, included - (line.remaining_net - net))
        most = included
        included = _part(line.included_tax, before, after, line.quantity)
        included = min(most, max(least, included))
    if tax is not None and line.included_tax:
        included = tax
    elif tax is not None:
        added_tax = tax
    return undo_line(line, net, added_tax, units, included)


def _part(whole: int, before: int, after: int, of: int) -> int:
    """Return what the units after `before` up to `after` have of a figure of `of` units."""
    return round_half_up(whole * after, of) - round_half_up(whole * before, of)


def undo_charge(charge: SoldCharge, amount: int, added_tax: int) -> ChargeReversal:
    """Undo money of a charge; the tax inside it follows in proportion."""
    undone = charge.reversed_amount + amount
    included = following(charge.included_tax, charge.reversed_included_tax, undone, charge.amount)
    included = min(included, amount)
    return ChargeReversal(charge.id, amount, added_tax + included, included)


def following(whole: int, so_far: int, undone: int, of: int) -> int:
    """Return what a figure shrinks by once `undone` of the amount it belongs to is gone.

    The cumulative share is rounded, so that parts never drift apart; a refund that failed in
    between may have left the figure ahead, then it waits. Tax inside an amount never exceeds it.
    """
    if of == 0:
        return 0
    return max(0, round_half_up(whole * undone, of) - so_far)


def undo_all(
    sold: SoldOrder, returned: int, quantities: Mapping[UUID, int] | None = None
) -> Reversal:
    """Undo what is left of every figure, those of free lines included (AMT-6).

    Without `quantities` all units count as refunded.
    """
    if quantities is None:
        quantities = {line.id: line.quantity - line.refunded_quantity for line in sold.lines}
    lines = (_rest_of_line(line, quantities.get(line.id, 0)) for line in sold.lines)
    charges = (_rest_of_charge(charge) for charge in sold.charges)
    tips = (TipReversal(tip.id, tip.remaining_amount) for tip in sold.tips)
    return Reversal(
        returned,
        tuple(delta for delta in lines if delta.gross or delta.tax or delta.quantity),
        tuple(delta for delta in charges if delta.amount or delta.tax),
        tuple(delta for delta in tips if delta.amount),
        sold.flat_tax - sold.reversed_flat_tax,
    )


def _rest_of_line(line: SoldLine, units: int) -> LineReversal:
    return LineReversal(
        line.id,
        units,
        line.gross - line.reversed_gross,
        line.discount - line.reversed_discount,
        line.tax - line.reversed_tax,
        line.included_tax - line.reversed_included_tax,
    )


def _rest_of_charge(charge: SoldCharge) -> ChargeReversal:
    return ChargeReversal(
        charge.id,
        charge.remaining_amount,
        charge.tax - charge.reversed_tax,
        charge.included_tax - charge.reversed_included_tax,
    )
