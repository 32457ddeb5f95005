"""The order's lifecycle: which action is legal in which status, as one table (ORD-20, 9.4, 9.5)."""

from __future__ import annotations

from enum import StrEnum

from ordergraph.core.problems import ErrorCode, Problem


class OrderStatus(StrEnum):
    """Where an order stands; always what `derive_status` says."""

    OPEN = "OPEN"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    CLOSED = "CLOSED"


class OrderAction(StrEnum):
    """What can be asked of an order."""

    EDIT_LINE_ITEMS = "EDIT_LINE_ITEMS"
    EDIT_DISCOUNTS = "EDIT_DISCOUNTS"
    EDIT_CHARGES = "EDIT_CHARGES"
    EDIT_TIPS = "EDIT_TIPS"
    EDIT_DETAILS = "EDIT_DETAILS"
    EDIT_NOTES = "EDIT_NOTES"
    PAY = "PAY"
    REFUND = "REFUND"
    CLOSE = "CLOSE"
    RESOLVE_INVENTORY = "RESOLVE_INVENTORY"


PRICING_ACTIONS = frozenset(
    {
        OrderAction.EDIT_LINE_ITEMS,
        OrderAction.EDIT_DISCOUNTS,
        OrderAction.EDIT_CHARGES,
        OrderAction.EDIT_TIPS,
        OrderAction.EDIT_DETAILS,
    }
)
"""Actions that may change what there is to pay: locked while a payment runs (ORD-40)."""

_ALL_LEGAL: dict[OrderAction, ErrorCode | None] = dict.fromkeys(OrderAction, None)
_SETTLED: dict[OrderAction, ErrorCode | None] = {
    OrderAction.EDIT_LINE_ITEMS: ErrorCode.ORDER_NOT_MUTABLE,
    OrderAction.EDIT_DISCOUNTS: ErrorCode.ORDER_NOT_MUTABLE,
    OrderAction.EDIT_CHARGES: ErrorCode.ORDER_NOT_MUTABLE,
    OrderAction.EDIT_TIPS: ErrorCode.ORDER_NOT_MUTABLE,
    OrderAction.EDIT_DETAILS: ErrorCode.ORDER_NOT_MUTABLE,
    OrderAction.EDIT_NOTES: None,
    OrderAction.PAY: ErrorCode.ORDER_ALREADY_PAID,
    OrderAction.REFUND: None,
    OrderAction.CLOSE: None,
    OrderAction.RESOLVE_INVENTORY: None,
}

REFUSALS: dict[OrderStatus, dict[OrderAction, ErrorCode | None]] = {
    OrderStatus.OPEN: _ALL_LEGAL,
    OrderStatus.PAID: _SETTLED,
    OrderStatus.PARTIALLY_REFUNDED: _SETTLED,
    OrderStatus.REFUNDED: {
        **dict.fromkeys(OrderAction, ErrorCode.ORDER_REFUNDED),
        OrderAction.REFUND: ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
        OrderAction.RESOLVE_INVENTORY: None,
    },
    OrderStatus.CLOSED: {
        **dict.fromkeys(OrderAction, ErrorCode.ORDER_CLOSED),
        OrderAction.EDIT_NOTES: None,
        OrderAction.RESOLVE_INVENTORY: None,
    },
}
"""For each status and action: None where it is legal, else the code it is refused with."""

_SENTENCES = {
    ErrorCode.ORDER_NOT_MUTABLE: "The order is paid: what it sold cannot change any more.",
    ErrorCode.ORDER_ALREADY_PAID: "The order is paid already.",
    ErrorCode.ORDER_REFUNDED: "The order is fully refunded and takes no further change.",
    ErrorCode.ORDER_CLOSED: "The order is closed and takes no further change.",
    ErrorCode.REFUND_EXCEEDS_REFUNDABLE: "The order is fully refunded: nothing is left to return.",
}


def check(status: OrderStatus, action: OrderAction) -> None:
    """Refuse an action that the status does not allow, with the code of the table."""
    code = REFUSALS[status][action]
    if code is not None:
        raise Problem(code, _SENTENCES[code])


def derive_status(
    *, closed: bool, ever_paid: bool, total: int, paid: int, refunded: int, reversed_total: int
) -> OrderStatus:
    """Return the status that the amounts make true; nothing else ever sets it (ORD-20).

    `ever_paid` says that the order was PAID before or is being paid now; `reversed_total` is the
    part of refunds that undid the sale, the rest only returned a payment (AMT-3).
    """
    if closed:
        return OrderStatus.CLOSED
    if ever_paid and reversed_total > 0:
        if reversed_total == total:
            return OrderStatus.REFUNDED
        return OrderStatus.PARTIALLY_REFUNDED
    returned = refunded - reversed_total
    if ever_paid and paid - returned >= total:
        return OrderStatus.PAID
    return OrderStatus.OPEN


class OrderPaymentStatus(StrEnum):
    """How far the order is paid (ORD-22)."""

    UNPAID = "UNPAID"
    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"


class OrderRefundStatus(StrEnum):
    """How far the order is refunded (ORD-22)."""

    NONE = "NONE"
    PENDING = "PENDING"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class FulfillmentStatus(StrEnum):
    """How far the goods are on their way (ORD-22); records of delivery come with that feature."""

    NOT_FULFILLED = "NOT_FULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
    CANCELED = "CANCELED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


def derive_fulfillment(
    *, fulfillable: bool, canceled: bool, wholly_refunded: bool
) -> FulfillmentStatus:
    """Return how far the goods are on their way while nothing is recorded of it (ORD-22).

    `canceled` says that the order was closed without ever being paid.
    """
    if not fulfillable:
        return FulfillmentStatus.NOT_APPLICABLE
    if canceled or wholly_refunded:
        return FulfillmentStatus.CANCELED
    return FulfillmentStatus.NOT_FULFILLED


class InventoryException(StrEnum):
    """What became of an order that was paid while its stock was gone (INV-14)."""

    PAID_INVENTORY_FAILED = "PAID_INVENTORY_FAILED"
    RESOLVED = "RESOLVED"


class OrderSource(StrEnum):
    """Which surface made the order; it never changes (POS-4)."""

    API = "API"
    CHECKOUT = "CHECKOUT"
    PAYMENT_LINK = "PAYMENT_LINK"
    POS = "POS"
    SUBSCRIPTION = "SUBSCRIPTION"
    INVOICE = "INVOICE"
    VIRTUAL_TERMINAL = "VIRTUAL_TERMINAL"


class CloseKind(StrEnum):
    """Why an order is closed (ORD-27)."""

    ARCHIVED = "ARCHIVED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class DiscountStatus(StrEnum):
    """Where an applied discount stands."""

    PENDING = "PENDING"
    REDEEMED = "REDEEMED"
    CANCELED = "CANCELED"


class DiscountSource(StrEnum):
    """Who gives an applied discount: a coupon, or the merchant by hand (10.2)."""

    COUPON = "COUPON"
    MANUAL = "MANUAL"


class ChargeType(StrEnum):
    """What a charge is for (domain 12)."""

    SERVICE = "SERVICE"
    DELIVERY = "DELIVERY"
    SHIPPING = "SHIPPING"
    HANDLING = "HANDLING"
    PACKAGING = "PACKAGING"
    SMALL_ORDER = "SMALL_ORDER"
    SERVICE_AREA = "SERVICE_AREA"
    SETUP = "SETUP"
    INSTALLATION = "INSTALLATION"
    CLEANING = "CLEANING"
    BOOKING = "BOOKING"
    RESERVATION = "RESERVATION"
    TICKET = "TICKET"
    FULFILLMENT = "FULFILLMENT"
    RESTOCKING = "RESTOCKING"
    RUSH = "RUSH"
    OTHER = "OTHER"


class TipStatus(StrEnum):
    """Where a tip stands."""

    REQUESTED = "REQUESTED"
    SETTLED = "SETTLED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    CANCELED = "CANCELED"


class LineSource(StrEnum):
    """What a line was made from."""

    VARIANT = "VARIANT"
    BUNDLE = "BUNDLE"
    CUSTOM = "CUSTOM"
