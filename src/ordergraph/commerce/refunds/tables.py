"""The rows of refunds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.refunds.lifecycle import RefundReason, RefundStatus
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of

UNSETTLED = "status in ('PENDING', 'IN_TRANSIT')"


class RefundRow(TenantRow):
    """Money given back from one payment; `reversal` is what it undid of the sale, figure by figure.

    Until `lease_until` the reconciler leaves an unsettled refund alone. `told` says whether the
    order's timeline and log know of it.
    """

    __tablename__ = "refunds"

    order_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[RefundStatus] = mapped_column(one_of(RefundStatus, "status"))
    reason: Mapped[RefundReason | None] = mapped_column(one_of(RefundReason, "reason"))
    reason_message: Mapped[str | None]
    failure_reason: Mapped[str | None]
    reversal: Mapped[dict[str, Any]]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    reference: Mapped[str | None]
    told: Mapped[bool]
    lease_until: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("orders", "order_id"),
        belongs_to("payments", "payment_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_refunds_order", "environment_id", "order_id", "created_at", "id"),
        Index("ix_refunds_due", "lease_until", postgresql_where=text(UNSETTLED)),
    )
