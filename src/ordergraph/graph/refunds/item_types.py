"""What refunds take back, part by part, as clients see it."""

import strawberry

from ordergraph.commerce.orders.reads import line_items_by_ids
from ordergraph.commerce.payments.reads import payments_by_ids
from ordergraph.commerce.refunds import itemizing, reads
from ordergraph.commerce.refunds.lifecycle import LegStatus
from ordergraph.core import ids
from ordergraph.core.ids import Prefix
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import identified
from ordergraph.graph.money import DateTime, DecimalText, Money
from ordergraph.graph.orders.line_types import LineItem
from ordergraph.graph.payments.types import READ as PAYMENTS
from ordergraph.graph.payments.types import Payment

ORDERS = ("commerce.orders.read", "storefront.orders.write")

shown(
    LegStatus,
    "Where the part of a refund stands that goes back to one payment. Values may be added.",
    {
        LegStatus.PENDING: "It is reserved and being asked for.",
        LegStatus.IN_TRANSIT: "The processor is sending the money.",
        LegStatus.SUCCEEDED: "The money is back.",
        LegStatus.FAILED: "The processor refused it; its amount counts as paid again.",
    },
    name="PaymentRefundStatus",
)


@strawberry.type(description="What a refund gives back of one payment.")
class PaymentRefund:
    id: strawberry.ID = identified(Prefix.PAYMENT_REFUND)
    amount: Money = strawberry.field(description="What goes back to this payment.")
    status: LegStatus = strawberry.field(description="Where it stands.")
    failure_reason: str | None = strawberry.field(description="Why the processor refused it.")
    completed_at: DateTime | None = strawberry.field(description="When it succeeded or failed.")

    @scoped(*PAYMENTS, description="The payment it goes back to.")
    def payment(self, root: strawberry.Parent[reads.PaymentRefund], info: Info) -> Payment | None:
        return info.context.take(payments_by_ids, root.payment_id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="What a refund gives back of one line.")
class RefundLineItem:
    quantity: int = strawberry.field(
        description="How many units were returned; 0 for an amount alone."
    )
    amount: Money = strawberry.field(description="The money of it, its share of tax included.")
    discount: Money = strawberry.field(description="The share of the line's discounts it undoes.")
    tax: Money = strawberry.field(description="Its share of the line's taxes.")
    included_tax: Money = strawberry.field(
        description="The part of `tax` that was inside the price."
    )
    restocked: int = strawberry.field(description="How many units went back on the shelf.")

    @scoped(*ORDERS, description="The line.")
    def line_item(
        self, root: strawberry.Parent[itemizing.LineShare], info: Info
    ) -> LineItem | None:
        return info.context.take(line_items_by_ids, root.line_item_id)  # pyright: ignore[reportReturnType]


def _charge_id(root: strawberry.Parent[itemizing.ChargeShare]) -> strawberry.ID:
    return strawberry.ID(ids.encode(Prefix.CHARGE, root.charge_id))


def _tip_id(root: strawberry.Parent[itemizing.TipShare]) -> strawberry.ID:
    return strawberry.ID(ids.encode(Prefix.TIP, root.tip_id))


@strawberry.type(description="What a refund gives back of one charge.")
class RefundCharge:
    charge_id: strawberry.ID = strawberry.field(
        resolver=_charge_id, description="The charge, as the order lists it."
    )
    amount: Money = strawberry.field(description="The money of it, its share of tax included.")
    tax: Money = strawberry.field(description="Its share of the charge's taxes.")


@strawberry.type(description="What a refund gives back of one tip.")
class RefundTip:
    tip_id: strawberry.ID = strawberry.field(
        resolver=_tip_id, description="The tip, as the order lists it."
    )
    amount: Money = strawberry.field(description="The money of it.")


@strawberry.type(description="What a refund gives back of one tax.")
class RefundTax:
    name: str = strawberry.field(description="What the tax is called.")
    percent: DecimalText | None = strawberry.field(description="The rate in percent.")
    inclusive: bool = strawberry.field(description="Whether it was inside the prices.")
    tax: Money = strawberry.field(description="What goes back of it.")


@strawberry.type(description="What a refund would give back to one payment.")
class RefundTender:
    payment: Payment = strawberry.field(description="The payment, with this refund counted.")
    amount: Money = strawberry.field(description="What would go back to it.")
