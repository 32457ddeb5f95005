"""Proofs of orders as they are stored, checked by themselves alone."""

import json
from collections.abc import Sequence
from typing import Any

from ordergraph.commerce.orders.proving import differences
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.refunds.proving import proof_of
from ordergraph.commerce.refunds.reads import Refund
from ordergraph.core.proving.checking import verify


def assert_proven(order: Order, refunds: Sequence[Refund]) -> dict[str, Any]:
    """Check that an order's proof holds (invariant 3), and return it as it is sent."""
    document = json.loads(json.dumps(proof_of(order, refunds)))
    assert differences(order) == []
    assert document["differences"] == []
    assert verify(document) == []
    return document
