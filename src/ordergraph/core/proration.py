"""Refunds of an amount, spread over what remains of a sale in proportion (REF-2, REF-7)."""

from __future__ import annotations

from collections.abc import Sequence

from ordergraph.core.money import allocate
from ordergraph.core.sales import Reversal, SoldOrder, TipReversal
from ordergraph.core.undoing import (
    check_refundable,
    refundable,
    remaining,
    undo_all,
    undo_charge,
    undo_line,
)


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
    check_refundable(sold, amount)
    returned = min(amount, sold.net_amounts.credit) if sold.ever_paid else amount
    undone = amount - returned
    if undone == 0:
        return Reversal(returned)
    if undone == remaining(sold):
        return undo_all(sold, returned)
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
            undo_line(line, net, added_tax)
            for line, net, added_tax in zip(sold.lines, nets, added_taxes, strict=True)
            if net or added_tax
        ),
        tuple(
            undo_charge(charge, amount, added_tax)
            for charge, amount, added_tax in zip(
                sold.charges, amounts, added_charge_taxes, strict=True
            )
            if amount or added_tax
        ),
        tuple(TipReversal(tip.id, share) for tip in sold.tips if (share := next(part))),
        flat_tax,
    )
