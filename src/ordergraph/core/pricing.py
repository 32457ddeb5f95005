"""Pricing an order: one pure function from what was agreed to what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from ordergraph.core.amounts import OrderAmounts
from ordergraph.core.breakdowns import (
    Breakdown,
    PricedCharge,
    PricedDiscount,
    PricedLine,
    PricedTax,
    PricedTip,
)
from ordergraph.core.discounting import take_discounts
from ordergraph.core.drafts import (
    ChargeBasis,
    ChargeDraft,
    FlatTax,
    LineDraft,
    OrderDraft,
    TipDraft,
)
from ordergraph.core.money import MOST_MINOR, Money, allocate, round_half_up
from ordergraph.core.percents import SCALE, millionths
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
from ordergraph.core.taxing import TaxBase, take_taxes
from ordergraph.core.tips import allowance, percent_tip


def price(draft: OrderDraft) -> Breakdown:
    """Compute every figure of the order, exactly and always alike (domain 5).

    Raises `LINE_ITEM_NEGATIVE_PRICE` (PRC-11), `INVALID_FIELD` where included and added taxes meet
    (PRC-40), `TIP_TOO_LARGE` (PRC-66) and `AMOUNT_OUT_OF_RANGE` (MON-3).
    """
    lines = sorted(draft.lines, key=_position_of)
    grosses = [line_gross(line) for line in lines]
    nets = grosses.copy()
    discounts = take_discounts(lines, draft.discounts, nets)
    subtotal, goods = sum(grosses), sum(nets)
    charged = [_charge_amount(charge, subtotal, goods) for charge in draft.charges]
    taxables = [
        taxable_net(line, gross, net) for line, gross, net in zip(lines, grosses, nets, strict=True)
    ]
    bases = _tax_bases(lines, taxables, draft.charges, charged)
    taxes = take_taxes(bases, draft.taxes, draft.tax_rounding)
    taken = _tax_by_item(taxes)
    flat_taxes = tuple(_flat_tax(tax) for tax in draft.flat_taxes)
    tips = tuple(PricedTip(tip.id, _tip_amount(tip, goods)) for tip in draft.tips)
    amounts = OrderAmounts(
        subtotal=subtotal,
        discount=subtotal - goods,
        charge=sum(charged),
        tax=sum(tax.tax for tax in taxes) + sum(tax.tax for tax in flat_taxes),
        included_tax=sum(tax.tax for tax in taxes if tax.inclusive),
        tip=sum(tip.amount for tip in tips),
    )
    _check_range(amounts, lines, discounts)
    _check_tip(draft, amounts)
    return Breakdown(
        currency=draft.currency,
        lines=tuple(
            _priced_line(line, gross, net, taxable, *taken.get(line.id, _UNTAXED))
            for line, gross, net, taxable in zip(lines, grosses, nets, taxables, strict=True)
        ),
        discounts=discounts,
        taxes=taxes + flat_taxes,
        charges=tuple(
            PricedCharge(charge.id, amount, *taken.get(charge.id, _UNTAXED))
            for charge, amount in zip(draft.charges, charged, strict=True)
        ),
        tips=tips,
        amounts=amounts,
    )


def line_gross(line: LineDraft) -> int:
    """Compute a line before discounts and taxes (PRC-10).

    A unit that would cost less than nothing is `LINE_ITEM_NEGATIVE_PRICE` (PRC-11).
    """
    unit = line.unit_price + _modifiers_per_unit(line)
    if unit < 0:
        raise Problem(
            ErrorCode.LINE_ITEM_NEGATIVE_PRICE,
            "The modifiers take more off this line than one unit of it costs.",
        )
    return line.quantity * unit


def tip_allowance(draft: OrderDraft) -> int:
    """Return up to which amount tips are accepted whatever the goods come to (PRC-66)."""
    return allowance(draft.currency, draft.tip_limit)


def taxable_net(line: LineDraft, gross: int, net: int) -> int:
    """Return how much of a line's `net` may be taxed (PRC-30, MOD-6).

    That is the taxable part of its gross, scaled by the discount of the line: all of `net` or
    nothing where the line and its modifiers agree.
    """
    if not line.modifiers or all(each.taxable in (None, line.taxable) for each in line.modifiers):
        return net if line.taxable else 0
    taxable = line.quantity * line.unit_price if line.taxable else 0
    for delta, quantity, own in line.modifiers:
        if line.taxable if own is None else own:
            taxable += line.quantity * delta * quantity
    # Deltas below zero can take more off what is taxable than there is of it.
    taxable = min(max(taxable, 0), gross)
    return allocate(net, (taxable, gross - taxable))[0]


_UNTAXED = (0, 0)


def _position_of(line: LineDraft) -> tuple[int, int]:
    return line.position, line.id.int


def _modifiers_per_unit(line: LineDraft) -> int:
    return sum(delta * quantity for delta, quantity, _ in line.modifiers)


def _charge_amount(charge: ChargeDraft, subtotal: int, goods: int) -> int:
    if charge.percent is None:
        if charge.amount is None:
            raise ValueError("a charge has an amount or a percentage")
        return charge.amount
    basis = subtotal if charge.basis is ChargeBasis.SUBTOTAL_PRE_DISCOUNT else goods
    return round_half_up(millionths(charge.percent) * basis, SCALE)


def _tip_amount(tip: TipDraft, goods: int) -> int:
    if tip.percent is None:
        if tip.amount is None:
            raise ValueError("a tip has an amount or a percentage")
        return tip.amount
    return percent_tip(tip.percent, goods)


def _tax_bases(
    lines: Sequence[LineDraft],
    taxables: Sequence[int],
    charges: Sequence[ChargeDraft],
    charged: Sequence[int],
) -> list[TaxBase]:
    bases = [
        (line.id, taxable)
        for line, taxable in zip(lines, taxables, strict=True)
        if line.has_taxable
    ]
    bases += [
        (charge.id, amount)
        for charge, amount in zip(charges, charged, strict=True)
        if charge.taxable
    ]
    return bases


def _tax_by_item(taxes: Sequence[PricedTax]) -> dict[UUID, tuple[int, int]]:
    """Sum up per line or charge: all its tax, and what of it the price includes."""
    taken: dict[UUID, tuple[int, int]] = {}
    for tax in taxes:
        for item, share in tax.shares:
            whole, included = taken.get(item, _UNTAXED)
            taken[item] = (whole + share, included + share if tax.inclusive else included)
    return taken


def _flat_tax(tax: FlatTax) -> PricedTax:
    return PricedTax(tax.id, tax.name, None, False, 0, tax.amount, ())


def _priced_line(
    line: LineDraft, gross: int, net: int, taxable: int, tax: int, included_tax: int
) -> PricedLine:
    base_subtotal = line.quantity * line.unit_price
    return PricedLine(
        id=line.id,
        base_subtotal=base_subtotal,
        modifier_total=gross - base_subtotal,
        gross=gross,
        discount=gross - net,
        net=net,
        taxable=taxable,
        tax=tax,
        included_tax=included_tax,
    )


def _check_range(
    amounts: OrderAmounts, lines: Sequence[LineDraft], discounts: Sequence[PricedDiscount]
) -> None:
    """Refuse an order any figure of which is beyond the range (MON-3).

    What is not looked at here is a part of something that is.
    """
    if max(_largest(amounts, lines, discounts)) > MOST_MINOR:
        raise Problem(
            ErrorCode.AMOUNT_OUT_OF_RANGE,
            f"An amount of this order would be above {MOST_MINOR} minor units.",
        )


def _largest(
    amounts: OrderAmounts, lines: Sequence[LineDraft], discounts: Sequence[PricedDiscount]
) -> Iterator[int]:
    yield amounts.total
    yield amounts.subtotal
    for line in lines:
        yield line.quantity * line.unit_price
        for delta, quantity, _ in line.modifiers:
            yield line.quantity * abs(delta) * quantity
    for discount in discounts:
        yield discount.amount


def _check_tip(draft: OrderDraft, amounts: OrderAmounts) -> None:
    """Refuse tips that together exceed the goods and the currency's allowance (PRC-66)."""
    if not amounts.tip:
        return
    most = max(tip_allowance(draft), amounts.goods)
    if amounts.tip > most:
        raise LimitProblem(
            ErrorCode.TIP_TOO_LARGE,
            "The tip is larger than this order allows.",
            Money(most, draft.currency),
        )
