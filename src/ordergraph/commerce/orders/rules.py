"""The order as the business holds it: its parts, and the figures and statuses that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from ordergraph.commerce.accounting.rules import NOTHING, Booked, Posting
from ordergraph.commerce.orders.itemizing import (
    AppliedDiscount,
    Charge,
    Figured,
    LineItem,
    Tip,
)
from ordergraph.commerce.orders.levying import TaxBreakdown, TaxedAt, breakdowns_of
from ordergraph.commerce.orders.lifecycle import (
    PRICING_ACTIONS,
    REFUSALS,
    CloseKind,
    DiscountStatus,
    FulfillmentStatus,
    InventoryException,
    OrderAction,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
    TipStatus,
    check,
    derive_fulfillment,
    derive_status,
)
from ordergraph.commerce.orders.totaling import (
    Figures,
    Itemized,
    NetFigures,
    NetTotals,
    Summed,
    Totals,
)
from ordergraph.commerce.payments.reads import Payment
from ordergraph.core.amounts import NetAmounts, OrderAmounts, net_amounts
from ordergraph.core.drafts import TaxRounding
from ordergraph.core.problems import ErrorCode, PaymentProblem
from ordergraph.core.taxes import TaxabilityReason, TaxFailureReason, TaxMode, TaxStatus

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class BriefOrder(Summed):
    """A sale with what most lists show of it: its statuses, what it comes to and what is due.

    Amounts are minor units of `currency`.
    """

    id: UUID
    number: str | None
    status: OrderStatus
    payment_status: OrderPaymentStatus
    refund_status: OrderRefundStatus
    fulfillment_status: FulfillmentStatus
    currency: str
    buyer_email: str | None
    total_minor: int
    reversed_minor: int
    paid_minor: int
    refunded_minor: int
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def net_amounts(self) -> Totals[Any]:
        """The figures net of refunds, as money."""
        return NetTotals(self)

    @property
    def pricing(self) -> Totals[Any]:
        """The figures as sold, as money; frozen once the order is paid."""
        return Totals(self)

    @property
    def as_of(self) -> datetime | None:
        """The instant of the past that the order is shown at; None for what it is now."""
        return None

    @property
    def paid_by_now(self) -> datetime | None:
        """When it was first paid, as far as is known today."""
        return self.paid_at


@dataclass(slots=True)
class ListedOrder(BriefOrder):
    """A sale with as much of it as lists show without its parts."""

    source: OrderSource
    version: int
    customer_id: UUID | None
    placed_at: datetime | None
    closed_at: datetime | None


Line = TypeVar("Line", bound=Figured)


@dataclass(slots=True)
class ShownOrder(ListedOrder, Itemized, Generic[Line]):
    """A sale with as much of it as pages of one order show most often: its figures and parts."""

    subtotal_minor: int
    discount_minor: int
    charge_minor: int
    tax_minor: int
    included_tax_minor: int
    tip_minor: int
    reversed_subtotal_minor: int
    reversed_discount_minor: int
    reversed_charge_minor: int
    reversed_tax_minor: int
    reversed_included_tax_minor: int
    reversed_tip_minor: int
    active_attempt_id: UUID | None
    pending_refunds: int
    inventory_exception: InventoryException | None
    provisional: bool
    line_items: list[Line] = field(default_factory=list[Line], kw_only=True)
    applied_discounts: list[AppliedDiscount] = field(
        default_factory=list[AppliedDiscount], kw_only=True
    )
    charges: list[Charge] = field(default_factory=list[Charge], kw_only=True)
    tips: list[Tip] = field(default_factory=list[Tip], kw_only=True)
    payments: list[Payment] = field(default_factory=list[Payment], kw_only=True)

    @property
    def net_amounts(self) -> NetFigures:
        """The figures net of refunds, as money."""
        return NetFigures(self)

    @property
    def pricing(self) -> Figures:
        """The figures as sold, as money; frozen once the order is paid."""
        return Figures(self)

    @property
    def live_tips(self) -> list[Tip]:
        return [tip for tip in self.tips if tip.status is not TipStatus.CANCELED]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to pay for (ORD-5)."""
        return not (self.line_items or self.charges or self.live_tips)

    @property
    def locked_as(self) -> OrderStatus:
        """The status whose rules hold: REFUNDED locks once every refund has arrived and nothing
        that was paid beyond the sale is kept (ORD-27)."""
        is_kept = self.pending_refunds > 0 or self.paid_minor > self.refunded_minor
        if self.status is OrderStatus.REFUNDED and is_kept:
            return OrderStatus.PARTIALLY_REFUNDED
        return self.status

    @property
    def next_actions(self) -> list[OrderAction]:
        """What may be asked of the order now, derived from the lifecycle's table."""
        legal = [action for action, code in REFUSALS[self.locked_as].items() if code is None]
        return [action for action in legal if self._is_open_to(action)]

    def _is_open_to(self, action: OrderAction) -> bool:
        if action is OrderAction.REFUND:
            return self.paid_minor > self.refunded_minor
        if action is OrderAction.CLOSE:
            unsettled = self.active_attempt_id is not None or self.pending_refunds > 0
            kept = self.status is OrderStatus.OPEN and self.paid_minor > self.refunded_minor
            return not (unsettled or kept)
        if action is OrderAction.RESOLVE_INVENTORY:
            return self.inventory_exception is InventoryException.PAID_INVENTORY_FAILED
        if action is OrderAction.PAY:
            return self.active_attempt_id is None and not self.is_empty
        is_free = action not in PRICING_ACTIONS and not self.provisional
        return self.active_attempt_id is None or is_free


@dataclass(slots=True)
class Order(ShownOrder[LineItem]):
    """A sale whole, with all its parts.

    `missing_stock` has the units of each variant, by its id as text, that were sold but not there
    to be taken (INV-14). A `provisional` order is there for its first payment only: it is placed
    when that succeeds and gone when it fails. `revision` counts how often it was written, the last
    time at `recorded_at`, which never goes back (HIS-2). `stored` has the values of its parts as
    the database has them, by id, if it was read to be changed; None while nothing is stored.
    `booked` is what the ledger has of the sale by then, and `postings` the movements to be written
    with it.
    """

    buyer_phone: str | None
    buyer_note: str | None
    internal_note: str | None
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any] | None
    metadata: dict[str, str]
    external_reference_id: str | None
    secret_hash: bytes | None
    secret_generation: int
    tax_exempt: bool
    tax_status: TaxStatus
    tax_rounding: TaxRounding
    taxes: list[Any]
    flat_tax_minor: int
    tip_limit_minor: int | None
    reversed_flat_tax_minor: int
    close_kind: CloseKind | None
    close_reason: str | None
    tax_exempt_override: bool | None = None
    external_taxes: dict[str, Any] | None = None
    tax_reason: TaxabilityReason | None = None
    tax_location: dict[str, Any] | None = None
    missing_stock: dict[str, int] = field(default_factory=dict[str, int])
    revision: int = 0
    recorded_at: datetime = NEVER
    stored: Mapping[UUID, tuple[Any, ...]] | None = field(default=None, repr=False, compare=False)
    booked: Booked = field(default=NOTHING, repr=False, compare=False)
    postings: list[Posting] = field(default_factory=list[Posting], repr=False, compare=False)

    @property
    def as_sold(self) -> OrderAmounts:
        return OrderAmounts(
            self.subtotal_minor,
            self.discount_minor,
            self.charge_minor,
            self.tax_minor,
            self.included_tax_minor,
            self.tip_minor,
        )

    @property
    def reversed_so_far(self) -> OrderAmounts:
        return OrderAmounts(
            self.reversed_subtotal_minor,
            self.reversed_discount_minor,
            self.reversed_charge_minor,
            self.reversed_tax_minor,
            self.reversed_included_tax_minor,
            self.reversed_tip_minor,
        )

    @property
    def net(self) -> NetAmounts:
        """The figures net of refunds, in minor units."""
        return net_amounts(self.as_sold, self.reversed_so_far, self.paid_minor, self.refunded_minor)

    @property
    def is_tax_exempt(self) -> bool:
        """Whether no tax is due: as the merchant says, else as its customer's record (TAX-3)."""
        override = self.tax_exempt_override
        return self.tax_exempt if override is None else override

    @property
    def tax_mode(self) -> TaxMode:
        """Who says what its taxes are (TAX-4)."""
        return TaxMode.AUTOMATIC if self.external_taxes is None else TaxMode.EXTERNAL

    @property
    def tax_failure_reason(self) -> TaxFailureReason | None:
        """Why its taxes are incomplete; None while they are not."""
        if self.tax_status is not TaxStatus.INCOMPLETE:
            return None
        if self.external_taxes is None:
            return TaxFailureReason.PROVIDER_UNAVAILABLE
        return TaxFailureReason.COMPONENTS_OUTDATED

    @property
    def taxed_at(self) -> TaxedAt | None:
        """Where it is taxed, if that is known (TAX-2)."""
        return TaxedAt.stored(self.tax_location)

    @property
    def tax(self) -> Order:
        """The order itself: whoever asks for its tax picks what is about taxes."""
        return self

    @property
    def tax_breakdowns(self) -> list[TaxBreakdown]:
        """What each tax component came to, as snapshotted at the last pricing (TAX-6)."""
        return breakdowns_of(self.taxes, self.id, self.currency, self.line_items, self.charges)

    @property
    def live_discounts(self) -> list[AppliedDiscount]:
        """Discounts that still count: canceled ones stay visible but do not (ORD-24)."""
        return [
            each for each in self.applied_discounts if each.status is not DiscountStatus.CANCELED
        ]

    @property
    def is_part_paid(self) -> bool:
        """Whether money came and not all of it yet: stock and coupon uses are kept (PAY-22)."""
        return self.paid_minor > 0 and self.paid_at is None

    @property
    def abandoned_at(self) -> None:
        """When it was told to be abandoned: whoever writes an order has touched it (ORD-28)."""
        return None

    def take(self, action: OrderAction) -> None:
        """Refuse an action that is not legal now: by status, or while a payment runs (ORD-40)."""
        check(self.locked_as, action)
        if self.active_attempt_id is None:
            return
        if action in PRICING_ACTIONS or (self.provisional and action is OrderAction.EDIT_NOTES):
            raise PaymentProblem(
                ErrorCode.ORDER_LOCKED_BY_PAYMENT,
                "A payment of this order is running: wait for it to finish, then repeat.",
                attempt_id=self.active_attempt_id,
            )
        if action in (OrderAction.PAY, OrderAction.CLOSE):
            raise PaymentProblem(
                ErrorCode.PAYMENT_IN_PROGRESS,
                "Another payment of this order is running.",
                attempt_id=self.active_attempt_id,
            )

    def settle_statuses(self) -> None:
        """Set every status from the amounts; nothing else ever does (ORD-20, ORD-22)."""
        self.status = derive_status(
            closed=self.closed_at is not None,
            ever_paid=self.paid_at is not None,
            total=self.total_minor,
            paid=self.paid_minor,
            refunded=self.refunded_minor,
            reversed_total=self.reversed_minor,
        )
        self.payment_status = self._payment_status()
        self.refund_status = self._refund_status()
        self.fulfillment_status = derive_fulfillment(
            fulfillable=any(line.fulfillable for line in self.line_items),
            canceled=self.closed_at is not None and self.paid_at is None,
            wholly_refunded=self.paid_at is not None
            and 0 < self.total_minor == self.reversed_minor,
        )

    def _payment_status(self) -> OrderPaymentStatus:
        if self.paid_at is not None:
            return OrderPaymentStatus.PAID
        if self.active_attempt_id is not None:
            return OrderPaymentStatus.PENDING
        if self.paid_minor == 0:
            return OrderPaymentStatus.UNPAID
        late = self.closed_at is not None and self.paid_minor >= self.total_minor
        return OrderPaymentStatus.PAID if late else OrderPaymentStatus.PARTIALLY_PAID

    def _refund_status(self) -> OrderRefundStatus:
        if self.pending_refunds > 0:
            return OrderRefundStatus.PENDING
        if self.refunded_minor == 0:
            return OrderRefundStatus.NONE
        if self.refunded_minor == self.paid_minor:
            return OrderRefundStatus.REFUNDED
        return OrderRefundStatus.PARTIALLY_REFUNDED
