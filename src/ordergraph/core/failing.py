"""Which part of a refund is taken back when some of its payments did not take it (REF-30)."""

from __future__ import annotations

from collections.abc import Sequence

from ordergraph.core.money import allocate, round_half_up
from ordergraph.core.sales import ChargeReversal, LineReversal, Reversal, TipReversal


def failed_part(standing: Reversal, failed: int) -> Reversal:
    """Return what `failed` minor units of a refund undid, in proportion to all that it undid.

    `standing` is the refund without what failed of it earlier. Discounts and included taxes follow
    their net amounts, rounded half up, so that `net = gross - discount` holds for what is taken
    back and for what stays (AMT-6). Units stay refunded unless all of it failed. `standing` less
    the result is what still stands.
    """
    if not 0 < failed <= standing.money:
        raise ValueError("a part of a refund is above 0 and at most what stands of it")
    if failed == standing.money:
        return standing
    lines, charges, tips = standing.lines, standing.charges, standing.tips
    share = iter(allocate(failed, _components(standing)))
    returned = next(share)
    nets = [next(share) for _ in lines]
    taxes = [next(share) for _ in lines]
    amounts = [next(share) for _ in charges]
    charge_taxes = [next(share) for _ in charges]
    return Reversal(
        returned,
        tuple(
            _line(line, net, tax)
            for line, net, tax in zip(lines, nets, taxes, strict=True)
            if net or tax
        ),
        tuple(
            _charge(charge, amount, tax)
            for charge, amount, tax in zip(charges, amounts, charge_taxes, strict=True)
            if amount or tax
        ),
        tuple(TipReversal(tip.id, part) for tip in tips if (part := next(share))),
        next(share),
    )


def _components(standing: Reversal) -> Sequence[int]:
    return [
        standing.returned,
        *(line.net for line in standing.lines),
        *(line.tax - line.included_tax for line in standing.lines),
        *(charge.amount for charge in standing.charges),
        *(charge.tax - charge.included_tax for charge in standing.charges),
        *(tip.amount for tip in standing.tips),
        standing.flat_tax,
    ]


def _line(line: LineReversal, net: int, added_tax: int) -> LineReversal:
    discount = _following(line.discount, net, line.net)
    included = _following(line.included_tax, net, line.net)
    return LineReversal(line.id, 0, net + discount, discount, added_tax + included, included)


def _charge(charge: ChargeReversal, amount: int, added_tax: int) -> ChargeReversal:
    included = _following(charge.included_tax, amount, charge.amount)
    return ChargeReversal(charge.id, amount, added_tax + included, included)


def _following(whole: int, part: int, of: int) -> int:
    return round_half_up(whole * part, of) if of else 0
