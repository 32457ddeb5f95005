"""Proving orders: what is stored of one is priced again, by what is stored of it alone (TAX-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from ordergraph.commerce.orders.itemizing import AppliedDiscount, LineItem
from ordergraph.commerce.orders.quoting import draft_of
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.amounts import NetAmounts
from ordergraph.core.breakdowns import (
    Breakdown,
    PricedCharge,
    PricedDiscount,
    PricedLine,
    PricedTax,
    PricedTip,
    Share,
)
from ordergraph.core.drafts import DiscountDraft, FlatTax, OrderDraft, TaxComponent
from ordergraph.core.jurisdictions import Jurisdiction, TaxType
from ordergraph.core.proving.comparing import stored_differences
from ordergraph.core.proving.subjects import Identity, ProvenOrder, ProvenPayment, ProvenRefund


def proven_order(order: Order, refunds: Sequence[ProvenRefund] = ()) -> ProvenOrder:
    """Return an order as its proof takes it, all of it as it is stored; `refunds` are all it has.

    Discounts that take nothing off at present and what was canceled are no part of it.
    """
    return ProvenOrder(
        identity=Identity(
            order.id, order.number, order.version, order.status.value, order.updated_at
        ),
        draft=priced_on(order),
        stored=_figures(order),
        total=order.total_minor,
        net=_net(order),
        ever_paid=order.paid_at is not None,
        payments=tuple(ProvenPayment(each.id, each.amount.minor) for each in order.payments),
        refunds=tuple(refunds),
        names=_names(order),
    )


def differences(order: Order) -> list[str]:
    """Tell in sentences where the stored figures are not what pricing the order again gives.

    Nothing else is looked at than the order: it is priced on the discounts and taxes that are kept
    on it (invariant 3). Shares that older orders do not have are none.
    """
    found = stored_differences(priced_on(order), _figures(order), order.total_minor)
    for each in order.applied_discounts:
        if not _counts(order, each) and each.applied_minor:
            found.append(
                f"A discount that does not count takes {each.applied_minor} off: {each.id}."
            )
    flat = sum(tax["tax"] for tax in order.taxes if tax["percent"] is None)
    if flat != order.flat_tax_minor:
        found.append(f"The flat taxes are {flat}, where {order.flat_tax_minor} is stored.")
    return found


def priced_on(order: Order) -> OrderDraft:
    """Return what the order was priced on last, from what is stored of it."""
    discounts = [_discount(each) for each in order.applied_discounts if _counts(order, each)]
    return replace(
        draft_of(order, discounts),
        taxes=tuple(_component(order, tax) for tax in order.taxes if tax["percent"] is not None),
        flat_taxes=tuple(_flat_tax(order, tax) for tax in order.taxes if tax["percent"] is None),
    )


def _counts(order: Order, discount: AppliedDiscount) -> bool:
    return discount in order.live_discounts and discount.reason is None


def _discount(discount: AppliedDiscount) -> DiscountDraft:
    eligible = discount.eligible_ids
    return DiscountDraft(
        id=discount.id,
        scope=discount.scope,
        applied_at=discount.applied_at,
        percent=discount.percent,
        amount=discount.amount_off_minor,
        allocation=discount.allocation,
        line_ids=None if eligible is None else frozenset(eligible),
    )


def _component(order: Order, tax: Mapping[str, Any]) -> TaxComponent:
    reached = tax.get("appliesTo")
    return TaxComponent(
        _tax_id(order, tax),
        tax["name"],
        Decimal(tax["percent"]),
        tax["inclusive"],
        None if reached is None else frozenset(map(UUID, reached)),
        TaxType(tax.get("type", TaxType.SALES_TAX)),
        Jurisdiction.stored(tax.get("jurisdiction")),
        tax.get("stated"),
    )


def _flat_tax(order: Order, tax: Mapping[str, Any]) -> FlatTax:
    return FlatTax(_tax_id(order, tax), tax["name"], tax["tax"])


def _tax_id(order: Order, tax: Mapping[str, Any]) -> UUID:
    """Return the id that the breakdown of a tax is shown by."""
    return uuid5(order.id, tax["id"])


def _figures(order: Order) -> Breakdown:
    discounts = [each for each in order.applied_discounts if _counts(order, each)]
    return Breakdown(
        currency=order.currency,
        lines=tuple(_sold(line) for line in order.line_items),
        discounts=tuple(
            PricedDiscount(each.id, each.amount_minor, each.applied_minor, _shares(each.shares))
            for each in discounts
        ),
        taxes=tuple(_levied(order, tax) for tax in order.taxes),
        charges=tuple(
            PricedCharge(each.id, each.amount_minor, each.tax_minor, each.included_tax_minor)
            for each in order.charges
        ),
        tips=tuple(PricedTip(tip.id, tip.amount_minor) for tip in order.live_tips),
        amounts=order.as_sold,
    )


def _sold(line: LineItem) -> PricedLine:
    """Return a line's stored figures; what is not stored is no part of a proof's figures."""
    base = line.quantity * line.unit_price_minor
    return PricedLine(
        id=line.id,
        base_subtotal=base,
        modifier_total=line.gross_minor - base,
        gross=line.gross_minor,
        discount=line.discount_minor,
        net=line.gross_minor - line.discount_minor,
        taxable=0,
        tax=line.tax_minor,
        included_tax=line.included_tax_minor,
    )


def _levied(order: Order, tax: Mapping[str, Any]) -> PricedTax:
    return PricedTax(
        _tax_id(order, tax),
        tax["name"],
        None if tax["percent"] is None else Decimal(tax["percent"]),
        tax["inclusive"],
        tax["taxable"],
        tax["tax"],
        _shares(tax.get("shares", ())),
    )


def _shares(stored: Sequence[Any]) -> tuple[Share, ...]:
    return tuple((UUID(id), minor) for id, minor in stored)


def _net(order: Order) -> NetAmounts:
    """Return the net figures from what is stored, none of them computed from the others."""
    net = order.as_sold.minus(order.reversed_so_far)
    return NetAmounts(
        subtotal=net.subtotal,
        discount=net.discount,
        charge=net.charge,
        tax=net.tax,
        included_tax=net.included_tax,
        tip=net.tip,
        total=order.total_minor - order.reversed_minor,
        paid=order.paid_minor,
        refunded=order.refunded_minor,
    )


def _names(order: Order) -> dict[UUID, str]:
    parts = (*order.line_items, *order.applied_discounts, *order.charges, *order.tips)
    return {each.id: each.name for each in parts if each.name is not None}
