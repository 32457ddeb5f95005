"""The rows of payment attempts and payments."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.payments.lifecycle import ACTIVE, AttemptStatus
from ordergraph.commerce.payments.sources import ExternalKind, PaymentKind
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of

ONE_ACTIVE = "uq_payment_attempts_active"
ONE_PAYMENT = "uq_payments_attempt"

_ACTIVE_NAMES = ", ".join(f"'{status.value}'" for status in AttemptStatus if status in ACTIVE)
IS_ACTIVE = f"status IN ({_ACTIVE_NAMES})"


class CaptureStatus(StrEnum):
    """Where a payment stands."""

    SUCCEEDED = "SUCCEEDED"


class PaymentAttemptRow(TenantRow):
    """One run of paying an order; at most one of an order is active (PAY-6, PAY-17).

    Until `lease_until` the reconciler leaves an active attempt alone: somebody is talking to the
    processor, or it is too early to ask again. `source` never holds a token.
    """

    __tablename__ = "payment_attempts"

    order_id: Mapped[UUID]
    order_version: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[AttemptStatus] = mapped_column(one_of(AttemptStatus, "status"))
    source_kind: Mapped[PaymentKind] = mapped_column(one_of(PaymentKind, "source_kind"))
    source: Mapped[dict[str, Any]]
    buyer_email: Mapped[str | None]
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    client_secret: Mapped[str | None]
    redirect_url: Mapped[str | None]
    reference: Mapped[str | None]
    lease_until: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        Index(
            ONE_ACTIVE, "environment_id", "order_id", unique=True, postgresql_where=text(IS_ACTIVE)
        ),
        Index("ix_payment_attempts_due", "lease_until", postgresql_where=text(IS_ACTIVE)),
        Index("ix_payment_attempts_order", "environment_id", "order_id", "created_at", "id"),
    )


class PaymentRow(TenantRow):
    """Money collected for an order, and how much of it was given back (pending refunds count)."""

    __tablename__ = "payments"

    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    amount_minor: Mapped[int]
    refunded_minor: Mapped[int]
    currency: Mapped[str]
    kind: Mapped[PaymentKind] = mapped_column(one_of(PaymentKind, "kind"))
    status: Mapped[CaptureStatus] = mapped_column(one_of(CaptureStatus, "status"))
    tendered_minor: Mapped[int | None]
    change_minor: Mapped[int | None]
    external_kind: Mapped[ExternalKind | None] = mapped_column(
        one_of(ExternalKind, "external_kind")
    )
    reference: Mapped[str | None]
    received_at: Mapped[datetime | None]
    brand: Mapped[str | None]
    last4: Mapped[str | None]
    gateway_reference: Mapped[str | None]
    captured_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded"),
        UniqueConstraint("environment_id", "attempt_id", name=ONE_PAYMENT),
        Index("ix_payments_order", "environment_id", "order_id", "captured_at", "id"),
    )
