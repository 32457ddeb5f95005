"""Proving orders with all the money that was given back for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ordergraph.commerce.orders.proving import proven_order
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.refunds.reads import Refund
from ordergraph.commerce.refunds.reversing import read
from ordergraph.core.proving.checking import explain
from ordergraph.core.proving.subjects import ProvenRefund


def proof_of(order: Order, refunds: Sequence[Refund]) -> dict[str, Any]:
    """Write the proof of an order from what is stored of it and of all its refunds (PRF-1).

    Where these figures are not what the calculation comes to, the proof says so (PRF-2).
    """
    return explain(proven_order(order, [_proven(refund) for refund in refunds]))


def _proven(refund: Refund) -> ProvenRefund:
    return ProvenRefund(
        id=refund.id,
        status=refund.status.value,
        amount=refund.amount_minor,
        counted=refund.amount_minor - refund.failed_minor,
        reversal=read(refund.reversal),
        taken_back=read(refund.taken_back),
    )
