"""The rows of refunds, and of what each gives back of which payment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.refunds.lifecycle import LegStatus, RefundReason, RefundStatus
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of

UNSETTLED = "status in ('PENDING', 'IN_TRANSIT')"


class RefundRow(TenantRow):
    """Money given back; `reversal` is what it undid of the sale, figure by figure, as accepted.

    `failed_minor` is how much of the amount did not go back, `taken_back` the part of the reversal
    that was undone for it (REF-30). Until `lease_until` the reconciler leaves an unsettled refund
    alone. `told` says whether the order's timeline and log know of it.
    """

    __tablename__ = "refunds"

    order_id: Mapped[UUID]
    amount_minor: Mapped[int]
    failed_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[RefundStatus] = mapped_column(one_of(RefundStatus, "status"))
    reason: Mapped[RefundReason | None] = mapped_column(one_of(RefundReason, "reason"))
    reason_message: Mapped[str | None]
    failure_reason: Mapped[str | None]
    reversal: Mapped[dict[str, Any]]
    taken_back: Mapped[dict[str, Any] | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    external_reference_id: Mapped[str | None]
    told: Mapped[bool]
    lease_until: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("orders", "order_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "failed_minor between 0 and amount_minor"
            " and (status = 'FAILED') = (failed_minor = amount_minor)",
            name="failed_within_amount",
        ),
        Index("ix_refunds_order", "environment_id", "order_id", "created_at", "id"),
        Index("ix_refunds_created", "environment_id", "created_at", "id"),
        Index("ix_refunds_due", "lease_until", postgresql_where=text(UNSETTLED)),
    )


class PaymentRefundRow(TenantRow):
    """What a refund gives back of one payment; its id is the key that the processor knows it by.

    `attempt_id` is the key of the charge, `reference` the processor's own name for the refund.
    """

    __tablename__ = "payment_refunds"

    refund_id: Mapped[UUID]
    position: Mapped[int]
    payment_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[LegStatus] = mapped_column(one_of(LegStatus, "status"))
    failure_reason: Mapped[str | None]
    reference: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("refunds", "refund_id"),
        belongs_to("payments", "payment_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(
            "uq_payment_refunds_payment", "environment_id", "refund_id", "payment_id", unique=True
        ),
        Index("ix_payment_refunds_payment", "environment_id", "payment_id"),
    )
