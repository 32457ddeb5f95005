"""The enums of orders as clients see them."""

from ordergraph.commerce.coupons.declining import SkipReason
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.lifecycle import (
    ChargeType,
    CloseKind,
    DiscountSource,
    DiscountStatus,
    FulfillmentStatus,
    InventoryException,
    LineSource,
    OrderAction,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
    TipStatus,
)
from ordergraph.core.drafts import Allocation, ChargeBasis, DiscountScope
from ordergraph.core.taxes import TaxStatus
from ordergraph.graph.enums import shown

__all__ = [
    "Allocation",
    "ChargeBasis",
    "ChargeType",
    "CloseKind",
    "DiscountScope",
    "DiscountSource",
    "DiscountStatus",
    "FulfillmentStatus",
    "InventoryException",
    "LineSource",
    "OrderAction",
    "OrderEventType",
    "OrderPaymentStatus",
    "OrderRefundStatus",
    "OrderSource",
    "OrderStatus",
    "SkipReason",
    "TaxStatus",
    "TipStatus",
]

shown(
    OrderStatus,
    "Where an order stands. Values may be added.",
    {
        OrderStatus.OPEN: "Being composed or waiting to be paid.",
        OrderStatus.PAID: "Paid in full; what it sold cannot change any more.",
        OrderStatus.PARTIALLY_REFUNDED: "Paid, and a part was given back.",
        OrderStatus.REFUNDED: "All of it was given back; takes no further change.",
        OrderStatus.CLOSED: "Archived or canceled; takes no further change.",
    },
)
shown(
    OrderAction,
    "What may be asked of an order.",
    {
        OrderAction.EDIT_LINE_ITEMS: "Add, change or remove lines.",
        OrderAction.EDIT_DISCOUNTS: "Apply coupons or remove discounts.",
        OrderAction.EDIT_CHARGES: "Add, change or remove charges.",
        OrderAction.EDIT_TIPS: "Add, change or remove tips.",
        OrderAction.EDIT_DETAILS: "Change customer, contact or addresses.",
        OrderAction.EDIT_NOTES: "Change notes, metadata or the external reference.",
        OrderAction.PAY: "Pay what is due.",
        OrderAction.REFUND: "Give money back.",
        OrderAction.CLOSE: "Close the order.",
        OrderAction.RESOLVE_INVENTORY: "Resolve that it was paid while its stock was gone.",
    },
)
shown(
    OrderPaymentStatus,
    "How far an order is paid.",
    {
        OrderPaymentStatus.UNPAID: "Nothing was paid.",
        OrderPaymentStatus.PENDING: "A payment is running.",
        OrderPaymentStatus.AUTHORIZED: "The amount is authorised and waits to be captured.",
        OrderPaymentStatus.PARTIALLY_PAID: "A part was paid.",
        OrderPaymentStatus.PAID: "All was paid.",
    },
)
shown(
    OrderRefundStatus,
    "How far an order is refunded.",
    {
        OrderRefundStatus.NONE: "Nothing was given back.",
        OrderRefundStatus.PENDING: "A refund is on its way.",
        OrderRefundStatus.PARTIALLY_REFUNDED: "A part was given back.",
        OrderRefundStatus.REFUNDED: "All that was paid was given back.",
    },
)
shown(
    FulfillmentStatus,
    "How far the goods are on their way.",
    {
        FulfillmentStatus.NOT_FULFILLED: "Nothing was handed over yet.",
        FulfillmentStatus.PARTIALLY_FULFILLED: "A part was handed over.",
        FulfillmentStatus.FULFILLED: "All was handed over.",
        FulfillmentStatus.CANCELED: "Nothing will be handed over.",
        FulfillmentStatus.NOT_APPLICABLE: "There is nothing to hand over.",
    },
)
shown(
    InventoryException,
    "What became of an order that was paid while its stock was gone.",
    {
        InventoryException.PAID_INVENTORY_FAILED: "Paid, and not all of its units were there.",
        InventoryException.RESOLVED: "Somebody restocked, refunded or found another way.",
    },
)
shown(
    OrderSource,
    "Which surface made an order; it never changes.",
    {
        OrderSource.API: "A call of this API.",
        OrderSource.CHECKOUT: "A checkout, hosted or in a browser shop.",
        OrderSource.PAYMENT_LINK: "A payment link.",
        OrderSource.POS: "A register.",
        OrderSource.SUBSCRIPTION: "A cycle of a subscription.",
        OrderSource.INVOICE: "An invoice.",
        OrderSource.VIRTUAL_TERMINAL: "A card typed in by staff.",
    },
)
shown(
    CloseKind,
    "Why an order is closed.",
    {
        CloseKind.ARCHIVED: "It was paid and is done with.",
        CloseKind.CANCELED: "It was never paid.",
        CloseKind.EXPIRED: "Its time to be paid ran out.",
    },
)
shown(
    DiscountStatus,
    "Where an applied discount stands.",
    {
        DiscountStatus.PENDING: "Counts, as long as the order is open and it qualifies.",
        DiscountStatus.REDEEMED: "Was used: the order is paid.",
        DiscountStatus.CANCELED: "Was removed, or did not qualify when the order was paid.",
    },
)
shown(
    DiscountSource,
    "Who gives a discount.",
    {
        DiscountSource.COUPON: "A coupon.",
        DiscountSource.MANUAL: "The merchant, by hand.",
    },
)
shown(
    Allocation,
    "How a fixed amount of a discount counts.",
    {
        Allocation.EACH: "For each unit of the lines it acts on.",
        Allocation.ACROSS: "Once, spread over the lines it acts on.",
    },
    name="DiscountAllocation",
)
shown(
    SkipReason,
    "Why a coupon takes nothing off. Values may be added; some wait for promotions to come.",
    {
        SkipReason.ALREADY_APPLIED: "It is on the order already.",
        SkipReason.AUTOMATIC_DISABLED: "Promotions without a code are switched off.",
        SkipReason.BUY_ITEM_MISSING: "What has to be bought for it is not on the order.",
        SkipReason.CODE_INVALID: "There is no such code.",
        SkipReason.CODE_REQUIRED: "It is applied by a code only.",
        SkipReason.CODES_DISABLED: "Codes are switched off.",
        SkipReason.CURRENCY_MISMATCH: "It is in another currency.",
        SkipReason.DISABLED: "It is switched off.",
        SkipReason.EXHAUSTED: "All its uses are taken.",
        SkipReason.EXPIRED: "Its time is over.",
        SkipReason.MAX_PROMOTIONS_REACHED: "The order takes no more coupons.",
        SkipReason.MINIMUM_NOT_MET: "What it acts on comes to less than its minimum.",
        SkipReason.NO_DISCOUNTABLE_BALANCE: "Nothing is left that it could take off.",
        SkipReason.NOT_COMBINABLE: "It cannot be used together with others on the order.",
        SkipReason.NOT_ELIGIBLE: "Nothing on the order is eligible, or the customer is not.",
        SkipReason.NOT_YET_STARTED: "Its time has not come.",
        SkipReason.SUPERSEDED: "Another one takes its place.",
        SkipReason.SUPERSEDED_BY_BETTER_OFFER: "A better one takes its place.",
        SkipReason.UNKNOWN_TYPE: "It is of a kind that is not known here.",
    },
)
shown(
    DiscountScope,
    "What a discount acts on.",
    {
        DiscountScope.ORDER: "The whole order.",
        DiscountScope.LINE_ITEM: "Some of its lines.",
    },
)
shown(
    ChargeType,
    "What a charge is for. Values may be added.",
    {
        ChargeType.SERVICE: "Service.",
        ChargeType.DELIVERY: "Bringing it to the buyer by the shop or a courier.",
        ChargeType.SHIPPING: "Sending it with a carrier.",
        ChargeType.HANDLING: "Preparing it to be sent.",
        ChargeType.PACKAGING: "Boxes, bags and wrapping.",
        ChargeType.SMALL_ORDER: "An order below a certain size.",
        ChargeType.SERVICE_AREA: "The place it is served in, such as a terrace.",
        ChargeType.SETUP: "Setting it up.",
        ChargeType.INSTALLATION: "Installing it.",
        ChargeType.CLEANING: "Cleaning.",
        ChargeType.BOOKING: "Making a booking.",
        ChargeType.RESERVATION: "Holding a place.",
        ChargeType.TICKET: "Issuing tickets.",
        ChargeType.FULFILLMENT: "Picking and packing.",
        ChargeType.RESTOCKING: "Taking goods back onto the shelf.",
        ChargeType.RUSH: "Having it sooner.",
        ChargeType.OTHER: "Anything else.",
    },
)
shown(
    ChargeBasis,
    "What the percentage of a charge is of.",
    {
        ChargeBasis.SUBTOTAL_PRE_DISCOUNT: "The lines before discounts.",
        ChargeBasis.SUBTOTAL_POST_DISCOUNT: "The lines after discounts.",
    },
)
shown(
    TipStatus,
    "Where a tip stands.",
    {
        TipStatus.REQUESTED: "Counts, and is not paid yet.",
        TipStatus.SETTLED: "Was paid.",
        TipStatus.PARTIALLY_REFUNDED: "Was paid, and a part given back.",
        TipStatus.REFUNDED: "Was given back.",
        TipStatus.CANCELED: "Was taken off before paying.",
    },
)
shown(
    LineSource,
    "What a line was made from.",
    {
        LineSource.VARIANT: "A variant of the catalog.",
        LineSource.BUNDLE: "A bundle of the catalog.",
        LineSource.CUSTOM: "A name and a price.",
    },
)
shown(
    TaxStatus,
    "How far the taxes of an order are known.",
    {
        TaxStatus.NOT_REQUIRED: "Nothing on the order is taxed.",
        TaxStatus.REQUIRES_LOCATION: "Some rates depend on an address that is not known yet.",
        TaxStatus.CALCULATED: "All taxes are in the figures.",
        TaxStatus.EXEMPT: "The customer pays no tax.",
        TaxStatus.INCOMPLETE: "The taxes are not known at present, and not in the figures.",
    },
)
shown(
    OrderEventType,
    "What happened to an order. Values may be added.",
    {
        OrderEventType.SNAPSHOT: "Nothing happened: the present state, first in a subscription.",
        OrderEventType.CREATED: "It was made.",
        OrderEventType.UPDATED: "It was changed.",
        OrderEventType.PAID: "It was paid in full.",
        OrderEventType.PAYMENT_FAILED: "A payment failed; nothing was charged.",
        OrderEventType.REFUNDED: "Money was given back.",
        OrderEventType.REFUND_FAILED: "A refund failed; its amount counts as paid again.",
        OrderEventType.CLOSED: "It was closed.",
    },
)
