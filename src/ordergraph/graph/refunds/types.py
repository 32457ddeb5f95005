"""Refunds as clients see them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.refunds import reads
from ordergraph.commerce.refunds.lifecycle import RefundReason, RefundStatus
from ordergraph.core.ids import Prefix
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime, Metadata, Money
from ordergraph.graph.nodes import findable
from ordergraph.graph.refunds.item_types import (
    ORDERS,
    PaymentRefund,
    RefundCharge,
    RefundLineItem,
    RefundTax,
    RefundTip,
)

if TYPE_CHECKING:
    from ordergraph.graph.orders.types import Order

shown(
    RefundStatus,
    "Where a refund stands. Values may be added.",
    {
        RefundStatus.PENDING: "It is reserved and being asked for.",
        RefundStatus.IN_TRANSIT: "The processor is sending the money.",
        RefundStatus.SUCCEEDED: "The money is back.",
        RefundStatus.PARTIALLY_SUCCEEDED: "Some payments took it, others did not: what failed "
        "counts as paid again.",
        RefundStatus.FAILED: "The processor refused it; the amount counts as paid again.",
    },
)

shown(
    RefundReason,
    "Why money is given back. Values may be added.",
    {
        RefundReason.DUPLICATE: "The order was made twice.",
        RefundReason.FRAUDULENT: "The order was a fraud.",
        RefundReason.REQUESTED_BY_CUSTOMER: "The customer asked for it.",
        RefundReason.DEFECTIVE_PRODUCT: "What was sold is broken.",
        RefundReason.WRONG_ITEM_SHIPPED: "Something else was sent.",
        RefundReason.NEVER_RECEIVED: "It never came.",
        RefundReason.NOT_AS_DESCRIBED: "It is not what was described.",
        RefundReason.ARRIVED_TOO_LATE: "It came too late.",
        RefundReason.CUSTOMER_CHANGED_MIND: "The customer changed their mind.",
        RefundReason.BETTER_PRICE_FOUND: "The customer found it cheaper.",
        RefundReason.ACCIDENTAL_ORDER: "The order was made by accident.",
        RefundReason.OTHER: "Something else: see the message.",
    },
)


@strawberry.type(description="Money given back from payments of an order, with its tax.")
class Refund(Node):
    source = reads.Refund

    id: strawberry.ID = identified(Prefix.REFUND)
    status: RefundStatus = strawberry.field(description="Where the refund stands.")
    amount: Money = strawberry.field(description="What is given back, its share of taxes included.")
    failed: Money = strawberry.field(
        description="How much of it did not go back; it counts as paid again."
    )
    returned: Money = strawberry.field(
        description="The part that only gives a payment back: a deposit, or what was overpaid."
    )
    tax: Money = strawberry.field(description="The taxes that go back, with those inside prices.")
    tip: Money = strawberry.field(description="What goes back of all tips.")
    flat_tax: Money = strawberry.field(description="What goes back of taxes that are on no line.")
    line_items: list[RefundLineItem] = strawberry.field(
        description="What goes back of each line, as it was accepted; at most 500."
    )
    charges: list[RefundCharge] = strawberry.field(
        description="What goes back of each charge, at most 20."
    )
    tips: list[RefundTip] = strawberry.field(description="What goes back of each tip.")
    tax_breakdowns: list[RefundTax] = strawberry.field(
        description="What goes back of each tax; together they are `tax`. Empty for old refunds."
    )
    payment_refunds: list[PaymentRefund] = strawberry.field(
        description="What goes back to which payment."
    )
    reason: RefundReason | None = strawberry.field(description="Why.")
    failure_reason: str | None = strawberry.field(description="Why the processor refused it.")
    created_at: DateTime = strawberry.field(description="When it was asked for.")
    completed_at: DateTime | None = strawberry.field(
        description="When it was known of all of it whether it went back."
    )

    @scoped(*ORDERS, description="The order whose money it is.")
    def order(
        self, root: strawberry.Parent[reads.Refund], info: Info
    ) -> Annotated["Order", strawberry.lazy("ordergraph.graph.orders.types")] | None:
        return info.context.take(orders_by_ids, root.order_id)  # pyright: ignore[reportReturnType]

    @scoped("commerce.refunds.read", description="The reason in the merchant's words.")
    def reason_message(self, root: strawberry.Parent[reads.Refund], info: Info) -> str | None:
        return root.reason_message

    @scoped("commerce.refunds.read", description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[reads.Refund], info: Info) -> Metadata | None:
        return Metadata(root.metadata)

    @scoped("commerce.refunds.read", description="The caller's own name for the refund.")
    def external_reference_id(
        self, root: strawberry.Parent[reads.Refund], info: Info
    ) -> str | None:
        return root.external_reference_id


findable(Prefix.REFUND, reads.refunds_by_ids, "commerce.refunds.read", "storefront.orders.write")
