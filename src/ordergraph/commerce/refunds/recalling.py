"""Recalling refunds: what those of an order were at an instant (HIS-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ordergraph.commerce.refunds.lifecycle import LegStatus, combined
from ordergraph.commerce.refunds.reads import PaymentRefund, Refund, refunds_by_orders
from ordergraph.runtime.db.transaction import Reader


async def refunds_as_of(
    reader: Reader, order_ids: Sequence[UUID], instant: datetime
) -> Mapping[UUID, list[Refund]]:
    """Return each order's refunds that had been accepted by an instant, the oldest first.

    Their statuses are those of then; what was noted on them is what is noted now.
    """
    found = await refunds_by_orders(reader, order_ids)
    return {
        id: [refund_as_of(each, instant) for each in refunds if each.created_at <= instant]
        for id, refunds in found.items()
    }


def refund_as_of(refund: Refund, instant: datetime) -> Refund:
    """Return a refund as it stood at an instant after it was accepted."""
    legs = [_leg_as_of(leg, instant) for leg in refund.payment_refunds]
    status = combined([leg.status for leg in legs])
    failed = [leg for leg in legs if leg.status is LegStatus.FAILED]
    return replace(
        refund,
        payment_refunds=legs,
        status=status,
        failed_minor=sum(leg.amount_minor for leg in failed),
        failure_reason=next((leg.failure_reason for leg in failed if leg.failure_reason), None),
        completed_at=refund.completed_at if status.is_final else None,
    )


def _leg_as_of(leg: PaymentRefund, instant: datetime) -> PaymentRefund:
    if leg.completed_at is not None and leg.completed_at <= instant:
        return leg
    was_sent = leg.sent_at is not None and leg.sent_at <= instant
    return replace(
        leg,
        status=LegStatus.IN_TRANSIT if was_sent else LegStatus.PENDING,
        failure_reason=None,
        reference=leg.reference if was_sent else None,
        sent_at=leg.sent_at if was_sent else None,
        completed_at=None,
    )
