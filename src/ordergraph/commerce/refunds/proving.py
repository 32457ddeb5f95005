"""Proving orders with all the money that was given back for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ordergraph.commerce.orders.proving import proven_order
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.refunds.lifecycle import LegStatus
from ordergraph.commerce.refunds.reads import Refund
from ordergraph.commerce.refunds.reversing import read
from ordergraph.core.failing import failed_part
from ordergraph.core.proving.checking import explain
from ordergraph.core.proving.subjects import ProvenRefund
from ordergraph.core.sales import Reversal


def proof_of(order: Order, refunds: Sequence[Refund]) -> dict[str, Any]:
    """Write the proof of an order from what is stored of it and of all its refunds (PRF-1).

    Of an order as it stood at an instant `refunds` are those of then. Where the stored figures are
    not what the calculation comes to, the proof says so (PRF-2).
    """
    is_past = order.as_of is not None
    return explain(proven_order(order, [_proven(each, is_past=is_past) for each in refunds]))


def _proven(refund: Refund, *, is_past: bool) -> ProvenRefund:
    return ProvenRefund(
        id=refund.id,
        status=refund.status.value,
        amount=refund.amount_minor,
        counted=refund.amount_minor - refund.failed_minor,
        reversal=read(refund.reversal),
        taken_back=_taken_back_by_then(refund) if is_past else read(refund.taken_back),
    )


def _taken_back_by_then(refund: Refund) -> Reversal:
    """Return what the parts that had failed took back, in their turn; only the last is stored."""
    failed: dict[datetime, int] = {}
    for leg in refund.payment_refunds:
        if leg.status is LegStatus.FAILED and leg.completed_at is not None:
            failed[leg.completed_at] = failed.get(leg.completed_at, 0) + leg.amount_minor
    accepted = standing = read(refund.reversal)
    for _, minor in sorted(failed.items()):
        standing = standing.minus(failed_part(standing, minor))
    return accepted.minus(standing)
