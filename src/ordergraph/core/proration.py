"""Refund arithmetic: which part of each figure of a sale a refund takes back (REF-3 to REF-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from ordergraph.core.money import Money, allocate, round_half_up
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem, not_found
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


def refund_all(sold: SoldOrder) -> Reversal:
    """Give back all that is left (REF-2)."""
    return refund_amount(sold, refundable(sold))


def refund_amount(sold: SoldOrder, amount: int, include_tip: bool = False) -> Reversal:
    """Give an amount back, spread over what remains of the sale in proportion (REF-7).

    Credit is returned first, and an order that was never paid in full only gets money back
    (AMT-3). Tips are touched when nothing else is left, or at once with `include_tip`; flat taxes
    come last (REF-9). Units count as refunded only when the sale is undone completely.

    Raises `ORDER_NOT_PAID` (REF-4), `REFUND_EXCEEDS_REFUNDABLE` and `AMOUNT_OUT_OF_RANGE` (REF-2).
    """
    _check_refundable(sold, amount)
    returned = min(amount, sold.net_amounts.credit) if sold.ever_paid else amount
    undone = amount - returned
    if undone == 0:
        return Reversal(returned)
    if undone == _remaining(sold):
        return _undo_all(sold, returned)
    goods = [
        *(line.remaining_net for line in sold.lines),
        *(line.remaining_added_tax for line in sold.lines),
        *(charge.remaining_amount for charge in sold.charges),
        *(charge.remaining_added_tax for charge in sold.charges),
    ]
    tips = [tip.remaining_amount for tip in sold.tips]
    if include_tip:
        shares = _take(undone, goods + tips)
    else:
        from_goods = _take(undone, goods)
        shares = from_goods + _take(undone - sum(from_goods), tips)
    return _reversal(sold, returned, shares, undone - sum(shares))


def refund_lines(sold: SoldOrder, requests: Sequence[tuple[UUID, int]]) -> Reversal:
    """Give units of lines back at what was paid for them, tax included (REF-5, REF-6, REF-10).

    `requests` are pairs of line id and number of units. The sale of these units is undone whole,
    also on an order with credit, which stays. The last unit takes whatever is left of its line.

    Raises `ORDER_NOT_PAID` for an order that was never paid in full, `REFUND_EXCEEDS_REFUNDABLE`,
    and with the index of the request in the path `RESOURCE_NOT_FOUND`,
    `LINE_ITEM_INVALID_QUANTITY`, `REFUND_QUANTITY_EXCEEDED`.
    """
    if not sold.ever_paid:
        raise Problem(ErrorCode.ORDER_NOT_PAID, "Lines can be refunded once the order is paid.")
    if refundable(sold) == 0:
        raise _exceeds(sold)
    quantities = _quantities(sold, requests)
    reversal = Reversal(
        lines=tuple(
            _undo_units(line, quantities[line.id]) for line in sold.lines if line.id in quantities
        )
    )
    _check_refundable(sold, reversal.money)
    if reversal.reversed == _remaining(sold):
        return _undo_all(sold, 0, quantities)
    return reversal


def _check_refundable(sold: SoldOrder, amount: int) -> None:
    if not sold.ever_paid and sold.paid == 0:
        raise Problem(ErrorCode.ORDER_NOT_PAID, "Nothing was paid on this order yet.")
    if amount > refundable(sold) or refundable(sold) == 0:
        raise _exceeds(sold)
    if amount <= 0:
        raise Problem(ErrorCode.AMOUNT_OUT_OF_RANGE, "There is nothing to give back here.")


def _exceeds(sold: SoldOrder) -> LimitProblem:
    return LimitProblem(
        ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
        "This is more than what can still be refunded.",
        Money(refundable(sold), sold.currency),
    )


def _quantities(sold: SoldOrder, requests: Sequence[tuple[UUID, int]]) -> dict[UUID, int]:
    lines = {line.id: line for line in sold.lines}
    quantities: dict[UUID, int] = {}
    for index, (line_id, quantity) in enumerate(requests):
        line = lines.get(line_id)
        if line is None:
            raise not_found("line item", index, "lineItemId")
        if quantity < 1:
            raise Problem(
                ErrorCode.LINE_ITEM_INVALID_QUANTITY,
                "A quantity is a whole number from 1.",
                (index, "quantity"),
            )
        quantities[line_id] = quantities.get(line_id, 0) + quantity
        left = line.quantity - line.refunded_quantity
        if quantities[line_id] > left:
            raise Problem(
                ErrorCode.REFUND_QUANTITY_EXCEEDED,
                f"Of this line {left} can still be refunded.",
                (index, "quantity"),
            )
    return quantities


def _remaining(sold: SoldOrder) -> int:
    return sold.as_sold.total - sold.reversed_so_far.total


def _take(amount: int, remaining: Sequence[int]) -> tuple[int, ...]:
    """Split as much of the amount as there is left to take."""
    return allocate(min(amount, sum(remaining)), remaining)


def _reversal(sold: SoldOrder, returned: int, shares: Sequence[int], flat_tax: int) -> Reversal:
    """Read shares in the order in which `refund_amount` lays the components out."""
    part = iter(shares)
    nets = [next(part) for _ in sold.lines]
    added_taxes = [next(part) for _ in sold.lines]
    amounts = [next(part) for _ in sold.charges]
    added_charge_taxes = [next(part) for _ in sold.charges]
    return Reversal(
        returned,
        tuple(
            _undo_line(line, net, added_tax)
            for line, net, added_tax in zip(sold.lines, nets, added_taxes, strict=True)
            if net or added_tax
        ),
        tuple(
            _undo_charge(charge, amount, added_tax)
            for charge, amount, added_tax in zip(
                sold.charges, amounts, added_charge_taxes, strict=True
            )
            if amount or added_tax
        ),
        tuple(TipReversal(tip.id, share) for tip in sold.tips if (share := next(part))),
        flat_tax,
    )


def _undo_line(line: SoldLine, net: int, added_tax: int) -> LineReversal:
    """Undo money of a line; discount and included tax follow in proportion (AMT-6)."""
    undone = line.reversed_net + net
    discount = _following(line.discount, line.reversed_discount, undone, line.net)
    included = _following(line.included_tax, line.reversed_included_tax, undone, line.net)
    return LineReversal(line.id, 0, net + discount, discount, added_tax + included, included)


def _undo_units(line: SoldLine, units: int) -> LineReversal:
    """Undo units of a line; each takes its own part of every figure (REF-6)."""
    before = line.refunded_quantity
    after = before + units
    net, added_tax = line.remaining_net, line.remaining_added_tax
    included = line.included_tax - line.reversed_included_tax
    if after < line.quantity:
        net = min(net, _part(line.net, before, after, line.quantity))
        added_tax = min(added_tax, _part(line.added_tax, before, after, line.quantity))
        # An amount refunded earlier may have left less in the price than the tax inside it.
        least = max(0, included - (line.remaining_net - net))
        most = included
        included = _part(line.included_tax, before, after, line.quantity)
        included = min(most, max(least, included))
    undone = line.reversed_net + net
    discount = _following(line.discount, line.reversed_discount, undone, line.net)
    return LineReversal(line.id, units, net + discount, discount, added_tax + included, included)


def _part(whole: int, before: int, after: int, of: int) -> int:
    """Return what the units after `before` up to `after` have of a figure of `of` units."""
    return round_half_up(whole * after, of) - round_half_up(whole * before, of)


def _undo_charge(charge: SoldCharge, amount: int, added_tax: int) -> ChargeReversal:
    undone = charge.reversed_amount + amount
    included = _following(charge.included_tax, charge.reversed_included_tax, undone, charge.amount)
    return ChargeReversal(charge.id, amount, added_tax + included, included)


def _following(whole: int, so_far: int, undone: int, of: int) -> int:
    """Return what a figure shrinks by once `undone` of the amount it belongs to is gone.

    The cumulative share is rounded, so that parts never drift apart; a refund that failed in
    between may have left the figure ahead, then it waits.
    """
    if of == 0:
        return 0
    return max(0, round_half_up(whole * undone, of) - so_far)


def _undo_all(
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
