"""Recalling refunds: what those of an order were at an instant (HIS-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ordergraph.commerce.refunds.lifecycle import RefundStatus
from ordergraph.commerce.refunds.reads import Refund, refunds_by_orders
from ordergraph.runtime.db.transaction import Reader


async def refunds_as_of(
    reader: Reader, order_ids: Sequence[UUID], instant: datetime
) -> Mapping[UUID, list[Refund]]:
    """Return each order's refunds that had been accepted by an instant, the oldest first."""
    found = await refunds_by_orders(reader, order_ids)
    return {
        id: [_as_of(each, instant) for each in refunds if each.created_at <= instant]
        for id, refunds in found.items()
    }


def _as_of(refund: Refund, instant: datetime) -> Refund:
    if refund.updated_at <= instant:
        return refund
    return replace(
        refund,
        status=RefundStatus.PENDING,
        failure_reason=None,
        reference=None,
        completed_at=None,
    )
