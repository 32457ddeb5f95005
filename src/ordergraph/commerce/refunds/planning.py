"""What a refund would do to an order: what it undoes, of which payments, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.lifecycle import OrderAction
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.refunds.asking import amount_of, check_shape, legs_of, targets_of
from ordergraph.commerce.refunds.itemizing import names_of
from ordergraph.commerce.refunds.restocking import units_back
from ordergraph.commerce.refunds.reversing import sold_of, stored, taxes_left
from ordergraph.commerce.refunds.rules import NewRefund
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
from ordergraph.core.proration import refund_all, refund_amount
from ordergraph.core.sales import Reversal, SoldOrder
from ordergraph.core.targeting import refund_targets
from ordergraph.core.tendering import Leg, Tender, check_allocations, spread
from ordergraph.core.untaxing import TaxReversal, split_taxes


@dataclass(frozen=True, slots=True)
class Plan:
    """A refund that was not made yet; `back` has the units of each line that are restocked."""

    reversal: Reversal
    taxes: tuple[TaxReversal, ...]
    legs: tuple[Leg, ...]
    back: Mapping[UUID, int]

    def document(self, order: Order) -> dict[str, Any]:
        """Return what goes back as the database keeps it, with what its taxes are called."""
        return {
            **stored(self.reversal, self.taxes),
            "taxNames": names_of(order.taxes, self.taxes),
            "restocked": {str(id): units for id, units in self.back.items()},
        }


def plan(order: Order, wanted: NewRefund, settings: ShopSettings) -> Plan:
    """Compute a refund of an order as it stands, or refuse it; nothing is changed.

    Whoever shows a refund and whoever makes it ask here: what is shown is what is done. Each
    problem is told at its field of the request.
    """
    order.take(OrderAction.REFUND)
    check_version(order, wanted.expected_version)
    check_shape(wanted)
    reversal = _reversal(order, wanted)
    is_whole = not wanted.has_parts and (order.refunded_minor + reversal.money == order.paid_minor)
    return Plan(
        reversal,
        split_taxes(reversal, taxes_left(order)),
        _legs(order, wanted, reversal.money),
        units_back(order, wanted, reversal, settings, is_whole=is_whole),
    )


def _reversal(order: Order, wanted: NewRefund) -> Reversal:
    sold = sold_of(order)
    if wanted.has_parts:
        return refund_targets(sold, targets_of(order, wanted))
    if wanted.amount is None:
        return _all_that_is_left(order, sold, wanted)
    amount = amount_of(order, wanted.amount)
    try:
        return refund_amount(sold, amount, wanted.include_tip)
    except Problem as problem:
        if problem.code is ErrorCode.ORDER_NOT_PAID:
            raise
        raise problem.under("amount") from None


def _all_that_is_left(order: Order, sold: SoldOrder, wanted: NewRefund) -> Reversal:
    if wanted.payment_id is None:
        return refund_all(sold)
    (left,) = (tender.left for tender in _tenders(order, wanted))
    if left == 0:
        raise LimitProblem(
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            "This payment was given back already.",
            Money(0, order.currency),
            ("paymentId",),
        )
    return refund_amount(sold, left, wanted.include_tip)


def _tenders(order: Order, wanted: NewRefund) -> list[Tender]:
    """Return the payments that may be given back from, in the order of their capture."""
    return [
        Tender(payment.id, payment.refundable_minor)
        for payment in order.payments
        if wanted.payment_id in (None, payment.id)
    ]


def _legs(order: Order, wanted: NewRefund, amount: int) -> tuple[Leg, ...]:
    tenders = _tenders(order, wanted)
    if wanted.allocations is not None:
        return check_allocations(amount, legs_of(order, wanted), tenders, order.currency)
    try:
        return spread(amount, tenders, order.currency)
    except Problem as problem:
        raise problem.under("amount" if wanted.amount is not None else "paymentId") from None
