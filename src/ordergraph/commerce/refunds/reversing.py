"""What a refund undoes of a sale: the order as core arithmetic sees it, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders.lifecycle import TipStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.amounts import OrderAmounts
from ordergraph.core.money import Money
from ordergraph.core.sales import (
    ChargeReversal,
    LineReversal,
    Reversal,
    SoldCharge,
    SoldLine,
    SoldOrder,
    SoldTip,
    TipReversal,
)
from ordergraph.core.untaxing import TaxLeft, TaxReversal


def sold_of(order: Order) -> SoldOrder:
    """Return an order as refund arithmetic sees it."""
    return SoldOrder(
        currency=order.currency,
        lines=tuple(
            SoldLine(
                id=line.id,
                quantity=line.quantity,
                gross=line.gross_minor,
                discount=line.discount_minor,
                tax=line.tax_minor,
                included_tax=line.included_tax_minor,
                refunded_quantity=line.refunded_quantity,
                reversed_gross=line.reversed_gross_minor,
                reversed_discount=line.reversed_discount_minor,
                reversed_tax=line.reversed_tax_minor,
                reversed_included_tax=line.reversed_included_tax_minor,
            )
            for line in order.line_items
        ),
        charges=tuple(
            SoldCharge(
                id=charge.id,
                amount=charge.amount_minor,
                tax=charge.tax_minor,
                included_tax=charge.included_tax_minor,
                reversed_amount=charge.reversed_amount_minor,
                reversed_tax=charge.reversed_tax_minor,
                reversed_included_tax=charge.reversed_included_tax_minor,
            )
            for charge in order.charges
        ),
        flat_tax=order.flat_tax_minor,
        reversed_flat_tax=order.reversed_flat_tax_minor,
        tips=tuple(
            SoldTip(tip.id, tip.amount_minor, tip.reversed_minor) for tip in order.live_tips
        ),
        paid=order.paid_minor,
        refunded=order.refunded_minor,
        ever_paid=order.paid_at is not None,
    )


def reverse(order: Order, reversal: Reversal, sign: int = 1) -> None:
    """Write a reversal into the order's figures; `sign` -1 takes one back that failed (REF-30)."""
    lines = {line.id: line for line in order.line_items}
    for part in reversal.lines:
        line = lines[part.id]
        line.refunded_quantity += sign * part.quantity
        line.reversed_gross_minor += sign * part.gross
        line.reversed_discount_minor += sign * part.discount
        line.reversed_tax_minor += sign * part.tax
        line.reversed_included_tax_minor += sign * part.included_tax
    charges = {charge.id: charge for charge in order.charges}
    for part in reversal.charges:
        charge = charges[part.id]
        charge.reversed_amount_minor += sign * part.amount
        charge.reversed_tax_minor += sign * part.tax
        charge.reversed_included_tax_minor += sign * part.included_tax
    order.reversed_flat_tax_minor += sign * reversal.flat_tax
    tips = {tip.id: tip for tip in order.tips}
    for part in reversal.tips:
        tip = tips[part.id]
        tip.reversed_minor += sign * part.amount
        tip.status = _tip_status(tip.amount_minor, tip.reversed_minor)
    _count(order, reversal.amounts, sign)
    order.reversed_minor += sign * reversal.reversed
    order.refunded_minor += sign * reversal.money


def count_given_back(order: Order, payment_id: UUID, minor: int) -> None:
    """Show on the order in hand what the ledger has counted as given back."""
    order.payments = [
        replace(each, refunded=Money(each.refunded.minor + minor, each.refunded.currency))
        if each.id == payment_id
        else each
        for each in order.payments
    ]


def taxes_left(order: Order) -> list[TaxLeft]:
    """Return what is left of each tax of an order, line by line and charge by charge."""
    return [_left(tax, tax.get("reversed", ()), tax.get("reversedFlat", 0)) for tax in order.taxes]


def _left(tax: Mapping[str, Any], gone: Sequence[Any], flat_gone: int) -> TaxLeft:
    reversed_shares = {UUID(id): minor for id, minor in gone}
    shares = {UUID(id): minor for id, minor in tax.get("shares", ())}
    is_flat = tax["percent"] is None and not shares
    return TaxLeft(
        UUID(tax["id"]),
        {id: max(0, minor - reversed_shares.get(id, 0)) for id, minor in shares.items()},
        tax["tax"] - flat_gone if is_flat else 0,
    )


def reverse_taxes(order: Order, taxes: Sequence[TaxReversal], sign: int = 1) -> None:
    """Note on each tax of an order what was reversed of it; `sign` -1 takes it back (REF-30)."""
    reversals = {tax.id: tax for tax in taxes}
    order.taxes = [_reversed(tax, reversals.get(UUID(tax["id"])), sign) for tax in order.taxes]


def _reversed(tax: dict[str, Any], reversal: TaxReversal | None, sign: int) -> dict[str, Any]:
    if reversal is None:
        return tax
    gone = dict(tax.get("reversed", ()))
    for id, minor in reversal.shares:
        gone[str(id)] = gone.get(str(id), 0) + sign * minor
    return {
        **tax,
        "reversed": [[id, minor] for id, minor in gone.items() if minor],
        "reversedFlat": tax.get("reversedFlat", 0) + sign * reversal.flat,
    }


def stored(reversal: Reversal, taxes: Sequence[TaxReversal]) -> dict[str, Any]:
    """Return a reversal and its split by tax as the database keeps it."""
    return {
        "returned": reversal.returned,
        "lines": [{**asdict(line), "id": str(line.id)} for line in reversal.lines],
        "charges": [{**asdict(charge), "id": str(charge.id)} for charge in reversal.charges],
        "tips": [{**asdict(tip), "id": str(tip.id)} for tip in reversal.tips],
        "flatTax": reversal.flat_tax,
        "taxes": [
            {
                "id": str(tax.id),
                "shares": [[str(id), minor] for id, minor in tax.shares],
                "flat": tax.flat,
            }
            for tax in taxes
        ],
    }


def read(document: Mapping[str, Any] | None) -> Reversal:
    """Read a reversal as the database keeps it; None is nothing."""
    if document is None:
        return Reversal()
    return Reversal(
        returned=document["returned"],
        lines=tuple(_line_of(each) for each in document["lines"]),
        charges=tuple(
            ChargeReversal(UUID(each["id"]), each["amount"], each["tax"], each["included_tax"])
            for each in document.get("charges", ())
        ),
        tips=tuple(TipReversal(UUID(each["id"]), each["amount"]) for each in document["tips"]),
        flat_tax=document.get("flatTax", 0),
    )


def taxes_of(document: Mapping[str, Any] | None) -> list[TaxReversal]:
    """Read the split by tax of a reversal; refunds of old have none."""
    return [
        TaxReversal(
            UUID(each["id"]),
            tuple((UUID(id), minor) for id, minor in each["shares"]),
            each["flat"],
        )
        for each in (document or {}).get("taxes", ())
    ]


def standing_taxes(refund_reversal: Mapping[str, Any], taken_back: Any) -> list[TaxLeft]:
    """Return what still stands of each tax that a refund reversed."""
    gone = {tax.id: tax for tax in taxes_of(taken_back)}
    found: list[TaxLeft] = []
    for tax in taxes_of(refund_reversal):
        before = gone.get(tax.id, TaxReversal(tax.id))
        shares = dict(before.shares)
        found.append(
            TaxLeft(
                tax.id,
                {id: minor - shares.get(id, 0) for id, minor in tax.shares},
                tax.flat - before.flat,
            )
        )
    return found


def _line_of(document: dict[str, Any]) -> LineReversal:
    figures = {name: value for name, value in document.items() if name != "id"}
    return LineReversal(UUID(document["id"]), **figures)


def _count(order: Order, amounts: OrderAmounts, sign: int) -> None:
    order.reversed_subtotal_minor += sign * amounts.subtotal
    order.reversed_discount_minor += sign * amounts.discount
    order.reversed_charge_minor += sign * amounts.charge
    order.reversed_tax_minor += sign * amounts.tax
    order.reversed_included_tax_minor += sign * amounts.included_tax
    order.reversed_tip_minor += sign * amounts.tip


def _tip_status(amount: int, reversed_so_far: int) -> TipStatus:
    if reversed_so_far == 0:
        return TipStatus.SETTLED
    return TipStatus.REFUNDED if reversed_so_far == amount else TipStatus.PARTIALLY_REFUNDED
