"""The rows of orders: the order, its lines, discounts, charges, tips, and its timeline."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Computed, Index, LargeBinary, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.orders.lifecycle import (
    ChargeType,
    CloseKind,
    DiscountSource,
    DiscountStatus,
    FulfillmentStatus,
    InventoryException,
    LineSource,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
    TipStatus,
)
from ordergraph.core.drafts import (
    Allocation,
    ChargeBasis,
    DiscountScope,
    TaxCategory,
    TaxRounding,
)
from ordergraph.core.taxes import TaxabilityReason, TaxStatus
from ordergraph.runtime.db.base import Base, TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of


class OrderRow(TenantRow):
    """A sale: what was sold, what was reversed of it, what was paid and returned."""

    __tablename__ = "orders"

    number: Mapped[str | None]
    status: Mapped[OrderStatus] = mapped_column(one_of(OrderStatus, "status"))
    payment_status: Mapped[OrderPaymentStatus] = mapped_column(
        one_of(OrderPaymentStatus, "payment_status")
    )
    refund_status: Mapped[OrderRefundStatus] = mapped_column(
        one_of(OrderRefundStatus, "refund_status")
    )
    fulfillment_status: Mapped[FulfillmentStatus] = mapped_column(
        one_of(FulfillmentStatus, "fulfillment_status")
    )
    source: Mapped[OrderSource] = mapped_column(one_of(OrderSource, "source"))
    currency: Mapped[str]
    version: Mapped[int]
    customer_id: Mapped[UUID | None]
    buyer_email: Mapped[str | None]
    buyer_phone: Mapped[str | None]
    buyer_note: Mapped[str | None]
    internal_note: Mapped[str | None]
    shipping_address: Mapped[dict[str, Any] | None]
    billing_address: Mapped[dict[str, Any] | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    external_reference_id: Mapped[str | None]
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_generation: Mapped[int]
    tax_exempt: Mapped[bool]
    tax_status: Mapped[TaxStatus] = mapped_column(one_of(TaxStatus, "tax_status"))
    tax_rounding: Mapped[TaxRounding] = mapped_column(one_of(TaxRounding, "tax_rounding"))
    tax_exempt_override: Mapped[bool | None]
    external_taxes: Mapped[dict[str, Any] | None]
    tax_reason: Mapped[TaxabilityReason | None] = mapped_column(
        one_of(TaxabilityReason, "tax_reason")
    )
    tax_location: Mapped[dict[str, Any] | None]
    taxes: Mapped[list[Any]]
    flat_tax_minor: Mapped[int]
    tip_limit_minor: Mapped[int | None]
    subtotal_minor: Mapped[int]
    discount_minor: Mapped[int]
    charge_minor: Mapped[int]
    tax_minor: Mapped[int]
    included_tax_minor: Mapped[int]
    tip_minor: Mapped[int]
    total_minor: Mapped[int]
    reversed_subtotal_minor: Mapped[int]
    reversed_discount_minor: Mapped[int]
    reversed_charge_minor: Mapped[int]
    reversed_tax_minor: Mapped[int]
    reversed_included_tax_minor: Mapped[int]
    reversed_tip_minor: Mapped[int]
    reversed_flat_tax_minor: Mapped[int]
    reversed_minor: Mapped[int]
    paid_minor: Mapped[int]
    refunded_minor: Mapped[int]
    outstanding_minor: Mapped[int] = mapped_column(
        Computed(
            "greatest(total_minor - reversed_minor - paid_minor + refunded_minor, 0)",
            persisted=True,
        )
    )
    active_attempt_id: Mapped[UUID | None]
    pending_refunds: Mapped[int]
    inventory_exception: Mapped[InventoryException | None] = mapped_column(
        one_of(InventoryException, "inventory_exception")
    )
    missing_stock: Mapped[dict[str, Any]]
    provisional: Mapped[bool]
    revision: Mapped[int]
    recorded_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_kind: Mapped[CloseKind | None] = mapped_column(one_of(CloseKind, "close_kind"))
    close_reason: Mapped[str | None]
    abandoned_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("customers", "customer_id"),
        CheckConstraint(
            "total_minor = subtotal_minor - discount_minor + charge_minor + tax_minor"
            " - included_tax_minor + tip_minor",
            name="total_adds_up",
        ),
        CheckConstraint(
            "reversed_minor = reversed_subtotal_minor - reversed_discount_minor"
            " + reversed_charge_minor + reversed_tax_minor - reversed_included_tax_minor"
            " + reversed_tip_minor",
            name="reversed_adds_up",
        ),
        CheckConstraint("total_minor between 0 and 1000000000000", name="total_in_range"),
        CheckConstraint("discount_minor between 0 and subtotal_minor", name="goods_not_negative"),
        CheckConstraint("reversed_minor <= total_minor", name="reversed_within_total"),
        CheckConstraint(
            "status in ('OPEN', 'CLOSED') or paid_at is not null", name="sold_when_paid"
        ),
        CheckConstraint("refunded_minor between 0 and paid_minor", name="refunded_within_paid"),
        CheckConstraint("reversed_minor between 0 and refunded_minor", name="reversed_in_refunded"),
        CheckConstraint(
            "flat_tax_minor between 0 and tax_minor"
            " and reversed_flat_tax_minor between 0 and flat_tax_minor",
            name="flat_tax_in_tax",
        ),
        CheckConstraint("not (provisional and placed_at is not null)", name="placed_for_good"),
        Index("uq_orders_number", "environment_id", "number", unique=True),
        Index("uq_orders_secret", "environment_id", "secret_hash", unique=True),
        Index("ix_orders_created", "environment_id", "created_at", "id"),
        Index("ix_orders_updated", "environment_id", "updated_at", "id"),
        Index("ix_orders_total", "environment_id", "total_minor", "id"),
        Index("ix_orders_outstanding", "environment_id", "outstanding_minor", "id"),
        Index(
            "ix_orders_carts",
            "environment_id",
            "updated_at",
            postgresql_where=text("placed_at is null"),
        ),
        Index("ix_orders_customer", "environment_id", "customer_id", "created_at", "id"),
        Index(
            "ix_orders_reference",
            "environment_id",
            "external_reference_id",
            postgresql_where=text("external_reference_id is not null"),
        ),
    )


class LineItemRow(TenantRow):
    """One line: a snapshot of what is sold, its figures, and what was reversed of them.

    `components` are the units of variants in each unit of a bundle, as sold (BUN-8); `modifiers`
    what was chosen on each unit of the line.
    """

    __tablename__ = "order_line_items"

    order_id: Mapped[UUID]
    position: Mapped[int]
    source_type: Mapped[LineSource] = mapped_column(one_of(LineSource, "source_type"))
    variant_id: Mapped[UUID | None]
    product_id: Mapped[UUID | None]
    bundle_id: Mapped[UUID | None]
    components: Mapped[list[Any]]
    modifiers: Mapped[list[Any]]
    name: Mapped[str]
    description: Mapped[str | None]
    sku: Mapped[str | None]
    image_url: Mapped[str | None]
    currency: Mapped[str]
    unit_price_minor: Mapped[int]
    price_overridden: Mapped[bool]
    quantity: Mapped[int]
    taxable: Mapped[bool]
    tax_category: Mapped[TaxCategory] = mapped_column(one_of(TaxCategory, "tax_category"))
    fulfillable: Mapped[bool]
    category_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    gross_minor: Mapped[int]
    discount_minor: Mapped[int]
    tax_minor: Mapped[int]
    included_tax_minor: Mapped[int]
    reversed_gross_minor: Mapped[int]
    reversed_discount_minor: Mapped[int]
    reversed_tax_minor: Mapped[int]
    reversed_included_tax_minor: Mapped[int]
    refunded_quantity: Mapped[int]
    restocked_quantity: Mapped[int]

    __table_args__ = (
        belongs_to("orders", "order_id", ondelete="CASCADE"),
        CheckConstraint("quantity between 1 and 1000000", name="quantity_in_range"),
        CheckConstraint("unit_price_minor >= 0", name="price_not_negative"),
        CheckConstraint("discount_minor between 0 and gross_minor", name="net_not_negative"),
        CheckConstraint("refunded_quantity between 0 and quantity", name="refunded_quantity"),
        CheckConstraint("restocked_quantity between 0 and quantity", name="restocked_quantity"),
        CheckConstraint("included_tax_minor between 0 and tax_minor", name="included_in_tax"),
        CheckConstraint(
            "reversed_gross_minor between 0 and gross_minor"
            " and reversed_discount_minor between 0 and discount_minor"
            " and reversed_tax_minor between 0 and tax_minor"
            " and reversed_included_tax_minor between 0 and included_tax_minor",
            name="reversed_within_sold",
        ),
        Index("ix_order_line_items_order", "environment_id", "order_id", "position"),
    )


class DiscountRow(TenantRow):
    """A discount applied to an order, with what it came to.

    `line_item_ids` are the lines it was narrowed to, `eligible_ids` those it acted on when the
    order was last priced (None is all), `shares` what it took off each, as pairs of id and amount.
    """

    __tablename__ = "order_discounts"

    order_id: Mapped[UUID]
    source: Mapped[DiscountSource] = mapped_column(one_of(DiscountSource, "source"))
    coupon_id: Mapped[UUID | None]
    coupon_code: Mapped[str | None]
    name: Mapped[str]
    scope: Mapped[DiscountScope] = mapped_column(one_of(DiscountScope, "scope"))
    allocation: Mapped[Allocation | None] = mapped_column(one_of(Allocation, "allocation"))
    line_item_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    eligible_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    shares: Mapped[list[Any]]
    currency: Mapped[str]
    percent: Mapped[Decimal | None]
    amount_off_minor: Mapped[int | None]
    amount_minor: Mapped[int]
    applied_minor: Mapped[int]
    status: Mapped[DiscountStatus] = mapped_column(one_of(DiscountStatus, "status"))
    reason: Mapped[str | None]
    applied_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("orders", "order_id", ondelete="CASCADE"),
        CheckConstraint("applied_minor >= 0", name="applied_not_negative"),
        CheckConstraint("(source = 'COUPON') = (coupon_id is not null)", name="from_its_source"),
        CheckConstraint("(percent is null) <> (amount_off_minor is null)", name="one_value"),
        Index("ix_order_discounts_order", "environment_id", "order_id"),
        Index(
            "uq_order_discounts_coupon",
            "environment_id",
            "order_id",
            "coupon_id",
            unique=True,
            postgresql_where=text("coupon_id is not null and status <> 'CANCELED'"),
        ),
    )


class ChargeRow(TenantRow):
    """A fee on an order: a fixed amount or a percentage of the goods, and what it comes to."""

    __tablename__ = "order_charges"

    order_id: Mapped[UUID]
    type: Mapped[ChargeType] = mapped_column(one_of(ChargeType, "type"))
    name: Mapped[str]
    description: Mapped[str | None]
    currency: Mapped[str]
    percent: Mapped[Decimal | None]
    basis: Mapped[ChargeBasis] = mapped_column(one_of(ChargeBasis, "basis"))
    fixed_minor: Mapped[int | None]
    taxable: Mapped[bool]
    tax_category: Mapped[TaxCategory] = mapped_column(one_of(TaxCategory, "tax_category"))
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    amount_minor: Mapped[int]
    tax_minor: Mapped[int]
    included_tax_minor: Mapped[int]
    reversed_amount_minor: Mapped[int]
    reversed_tax_minor: Mapped[int]
    reversed_included_tax_minor: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("orders", "order_id", ondelete="CASCADE"),
        CheckConstraint("(percent is null) <> (fixed_minor is null)", name="one_value"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("included_tax_minor between 0 and tax_minor", name="included_in_tax"),
        CheckConstraint(
            "reversed_amount_minor between 0 and amount_minor"
            " and reversed_tax_minor between 0 and tax_minor"
            " and reversed_included_tax_minor between 0 and included_tax_minor",
            name="reversed_within_sold",
        ),
        Index("ix_order_charges_order", "environment_id", "order_id"),
    )


class TipRow(TenantRow):
    """A tip on an order: a fixed amount or a percentage, and what it comes to."""

    __tablename__ = "order_tips"

    order_id: Mapped[UUID]
    currency: Mapped[str]
    name: Mapped[str | None]
    description: Mapped[str | None]
    percent: Mapped[Decimal | None]
    fixed_minor: Mapped[int | None]
    amount_minor: Mapped[int]
    reversed_minor: Mapped[int]
    from_buyer: Mapped[bool]
    status: Mapped[TipStatus] = mapped_column(one_of(TipStatus, "status"))
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    created_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("orders", "order_id", ondelete="CASCADE"),
        CheckConstraint("reversed_minor between 0 and amount_minor", name="reversed_within_tip"),
        Index("ix_order_tips_order", "environment_id", "order_id"),
    )


class ActivityRow(TenantRow):
    """One entry of an order's timeline; never changed (9.6)."""

    __tablename__ = "order_activities"

    order_id: Mapped[UUID]
    type: Mapped[str]
    description: Mapped[str]
    currency: Mapped[str]
    balance_delta_minor: Mapped[int]
    running_balance_minor: Mapped[int]
    related_id: Mapped[str | None]
    actor: Mapped[str]
    request_id: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("orders", "order_id", ondelete="CASCADE"),
        Index("ix_order_activities_order", "environment_id", "order_id", "id"),
    )


class HistoryRow(Base):
    """One write of an order: the order as it stood then, and of its parts those that changed.

    `whole` rows have all parts, so nothing before them is needed. `gone` are parts that went,
    `given_back` what was refunded of each payment by then. Rows are never changed.
    """

    __tablename__ = "order_history"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    whole: Mapped[bool]
    written: Mapped[list[Any]]
    lines: Mapped[list[Any] | None] = mapped_column(JSONB)
    discounts: Mapped[list[Any] | None] = mapped_column(JSONB)
    charges: Mapped[list[Any] | None] = mapped_column(JSONB)
    tips: Mapped[list[Any] | None] = mapped_column(JSONB)
    gone: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    given_back: Mapped[list[Any] | None] = mapped_column(JSONB)

    __table_args__ = (belongs_to("orders", "order_id", ondelete="CASCADE"),)


class OrderNumberRow(Base):
    """The next order number of an environment; leased in blocks, gaps allowed (ORD-28)."""

    __tablename__ = "order_numbers"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    next_number: Mapped[int]
