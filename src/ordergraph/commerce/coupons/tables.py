"""The rows of coupons and of their uses."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Numeric, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.core.discounts import CouponStatus
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of


class CouponRow(TenantRow):
    """A coupon; `code` is kept in upper case and free again once its coupon is deleted (DSC-2).

    `currency` is that of the amount off and of the minimum, whichever there is. `name_key` is the
    name as lists are ordered by it, whatever its case.
    """

    __tablename__ = "coupons"

    name: Mapped[str]
    name_key: Mapped[str]
    description: Mapped[str | None]
    code: Mapped[str | None]
    percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    amount_minor: Mapped[int | None]
    minimum_minor: Mapped[int | None]
    currency: Mapped[str | None]
    max_uses: Mapped[int | None]
    uses_count: Mapped[int] = mapped_column(server_default="0")
    max_uses_per_customer: Mapped[int | None]
    starts_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    limit_variant_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    limit_product_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    limit_bundle_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    limit_category_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    first_order_only: Mapped[bool]
    stackable: Mapped[bool]
    status: Mapped[CouponStatus] = mapped_column(one_of(CouponStatus, "status"))
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name="one_value"),
        CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "(currency IS NULL) = (amount_minor IS NULL AND minimum_minor IS NULL)", name="currency"
        ),
        CheckConstraint("uses_count BETWEEN 0 AND coalesce(max_uses, uses_count)", name="uses"),
        CheckConstraint("code = upper(code)", name="code"),
        Index(
            "uq_coupons_code",
            "environment_id",
            "code",
            unique=True,
            postgresql_where=text("status <> 'DELETED'"),
        ),
        Index("ix_coupons_created", "environment_id", "created_at", "id"),
        Index("ix_coupons_updated", "environment_id", "updated_at", "id"),
        Index("ix_coupons_name", "environment_id", "name_key", "id"),
    )


class CouponUseStatus(StrEnum):
    """Where one use of a coupon stands: held by an attempt, spent, or given back (DSC-7)."""

    RESERVED = "RESERVED"
    REDEEMED = "REDEEMED"
    RELEASED = "RELEASED"


class CouponUseRow(TenantRow):
    """One use of a coupon by one order, taken when a payment attempt starts (DSC-7).

    `customer_key` names whom limits per customer count: a customer, or a buyer's e-mail address.
    """

    __tablename__ = "coupon_uses"

    coupon_id: Mapped[UUID]
    order_id: Mapped[UUID]
    attempt_id: Mapped[UUID]
    customer_key: Mapped[str | None]
    status: Mapped[CouponUseStatus] = mapped_column(one_of(CouponUseStatus, "status"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("coupons", "coupon_id"),
        Index(
            "uq_coupon_uses_active",
            "environment_id",
            "coupon_id",
            "order_id",
            unique=True,
            postgresql_where=text("status <> 'RELEASED'"),
        ),
        Index(
            "ix_coupon_uses_customer",
            "environment_id",
            "coupon_id",
            "customer_key",
            postgresql_where=text("status <> 'RELEASED'"),
        ),
        Index("ix_coupon_uses_attempt", "environment_id", "attempt_id"),
        Index("ix_coupon_uses_order", "environment_id", "order_id"),
    )
