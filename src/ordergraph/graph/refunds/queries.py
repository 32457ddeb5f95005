"""Asking for refunds, and for what a refund would give back."""

from typing import Annotated, Any, Self

import strawberry

from ordergraph.commerce.orders.lifecycle import OrderRefundStatus, OrderStatus
from ordergraph.commerce.refunds import listing, previewing, reads
from ordergraph.commerce.refunds.lifecycle import RefundReason, RefundStatus
from ordergraph.core import money as core
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import ErrorCode, Findings, Problem, Problems
from ordergraph.core.texts import search_text
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import query
from ordergraph.graph.money import DateTime, Money, MoneyInput, read_instant, read_money
from ordergraph.graph.mutation import Payload, refused
from ordergraph.graph.orders.part_types import OrderAmounts
from ordergraph.graph.paging import After, Connection, FilterBy, First, SortBy, connect, listed
from ordergraph.graph.refunds.inputs import RefundInput, read_refund
from ordergraph.graph.refunds.item_types import (
    RefundCharge,
    RefundLineItem,
    RefundTax,
    RefundTender,
    RefundTip,
)
from ordergraph.graph.refunds.types import Refund
from ordergraph.graph.scopes import require_for_input
from ordergraph.graph.sorting import SortDirection

READ = "commerce.refunds.read"

shown(
    listing.RefundSortField,
    "What refunds are ordered by.",
    {
        listing.RefundSortField.CREATED_AT: "When they were asked for.",
        listing.RefundSortField.AMOUNT: "How much they are of, in minor units.",
    },
)


@strawberry.type(
    description="What a refund would give back at this moment, and the order after it. Nothing "
    "was written or reserved."
)
class RefundPreview(Payload):
    amount: Money | None = strawberry.field(
        default=None, description="What would go back; null where the refund is refused."
    )
    returned: Money | None = strawberry.field(
        default=None, description="The part that would only give a payment back."
    )
    tax: Money | None = strawberry.field(
        default=None, description="The taxes that would go back, with those inside prices."
    )
    tip: Money | None = strawberry.field(
        default=None, description="What would go back of all tips."
    )
    flat_tax: Money | None = strawberry.field(
        default=None, description="What would go back of taxes that are on no line."
    )
    line_items: list[RefundLineItem] = strawberry.field(
        default_factory=list,
        description="What would go back of each line, and how many units on the shelf.",
    )
    charges: list[RefundCharge] = strawberry.field(
        default_factory=list, description="What would go back of each charge."
    )
    tips: list[RefundTip] = strawberry.field(
        default_factory=list, description="What would go back of each tip."
    )
    tax_breakdowns: list[RefundTax] = strawberry.field(
        default_factory=list, description="What would go back of each tax."
    )
    payments: list[RefundTender] = strawberry.field(
        default_factory=list, description="What would go back to which payment."
    )
    net_amounts: OrderAmounts | None = strawberry.field(
        default=None, description="The order's amounts after the refund."
    )
    status: OrderStatus | None = strawberry.field(
        default=None, description="Where the order would stand."
    )
    refund_status: OrderRefundStatus | None = strawberry.field(
        default=None, description="How far it would be refunded, once the money is back."
    )
    order_version: int | None = strawberry.field(
        default=None,
        description="The order's version that this is true of: send it as expectedVersion.",
    )

    @classmethod
    def of(cls, preview: previewing.Preview) -> Self:
        """Show a preview."""
        found: Any = preview
        order: Any = preview.order
        return cls(
            amount=found.amount,
            returned=found.returned,
            tax=found.tax,
            tip=found.tip,
            flat_tax=found.flat_tax,
            line_items=found.line_items,
            charges=found.charges,
            tips=found.tips,
            tax_breakdowns=found.tax_breakdowns,
            payments=found.payments,
            net_amounts=order.net_amounts,
            status=order.status,
            refund_status=order.refund_status,
            order_version=order.version,
        )


@strawberry.input(description="Which refunds a list has; every condition must hold.")
class RefundFilter:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="Of this order.")
    payment_id: strawberry.ID | None = strawberry.field(
        default=None, description="That give something of this payment back."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of orders of this customer."
    )
    status: list[RefundStatus] | None = strawberry.field(
        default=None, description="In one of these statuses."
    )
    reason: list[RefundReason] | None = strawberry.field(
        default=None, description="For one of these reasons."
    )
    min_amount: MoneyInput | None = strawberry.field(
        default=None, description="Of at least so much, in this currency."
    )
    max_amount: MoneyInput | None = strawberry.field(
        default=None, description="Of at most so much, in this currency."
    )
    query: str | None = strawberry.field(
        default=None, description="A part of the reason in words or of the caller's own name."
    )
    created_from: DateTime | None = strawberry.field(
        default=None, description="Asked for at this instant or later."
    )
    created_to: DateTime | None = strawberry.field(
        default=None, description="Asked for before this instant."
    )

    def read(self) -> listing.RefundFilter:
        """Return the filter as the business takes it."""
        order_id, payment_id, customer_id = (
            None if text is None else decode(prefix, text, ("filter", name))
            for prefix, text, name in (
                (Prefix.ORDER, self.order_id, "orderId"),
                (Prefix.PAYMENT, self.payment_id, "paymentId"),
                (Prefix.CUSTOMER, self.customer_id, "customerId"),
            )
        )
        created_from, created_to = (
            None if text is None else read_instant(text, ("filter", name))
            for text, name in ((self.created_from, "createdFrom"), (self.created_to, "createdTo"))
        )
        least, most = _bounds(self.min_amount, self.max_amount)
        return listing.RefundFilter(
            order_id=order_id,
            payment_id=payment_id,
            customer_id=customer_id,
            statuses=listed(self.status or ()) or None,
            reasons=listed(self.reason or ()) or None,
            min_amount=least,
            max_amount=most,
            query=search_text(self.query, "filter", "query"),
            created_from=created_from,
            created_to=created_to,
        )


def _bounds(
    least: MoneyInput | None, most: MoneyInput | None
) -> tuple[core.Money | None, core.Money | None]:
    """Read the bounds of amounts; two currencies would leave no refund."""
    findings = Findings()
    low, high = (
        None if bound is None else read_money(bound, findings, "filter", name)
        for bound, name in ((least, "minAmount"), (most, "maxAmount"))
    )
    findings.settle()
    if low is not None and high is not None and low.currency != high.currency:
        raise Problem(
            ErrorCode.CURRENCY_MISMATCH,
            "Both bounds of the amount are in one currency.",
            ("filter", "maxAmount", "currency"),
        )
    return low, high


@strawberry.input(description="How a list of refunds is ordered.")
class RefundSort:
    field: listing.RefundSortField = strawberry.field(
        default=listing.RefundSortField.CREATED_AT, description="What to order by."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Ascending or descending."
    )


@strawberry.type
class RefundQueries:
    @query(READ, "storefront.orders.write", description="One refund, or null.")
    async def refund(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The refund.")],
    ) -> Refund | None:
        return await info.context.load(  # pyright: ignore[reportReturnType]
            reads.refunds_by_ids, decode(Prefix.REFUND, id, ("id",))
        )

    @query(READ, description="The refunds, newest first by default.")
    async def refunds(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[RefundFilter | None, FilterBy] = None,
        sort: Annotated[RefundSort | None, SortBy] = None,
    ) -> Connection[Refund] | None:
        viewer, order = info.context.viewer, sort or RefundSort()
        wanted = (filter or RefundFilter()).read()
        return await connect(
            info.context,
            f"refunds:{order.field}",
            first,
            after,
            fetch=lambda page: listing.refund_page(viewer, wanted, order.field, page),
            count=lambda: listing.refund_count(viewer, wanted),
            key=lambda refund: listing.sort_key(refund, order.field),
            filters=wanted,
            descending=order.direction is SortDirection.DESC,
        )

    @query(
        READ,
        "commerce.refunds.write",
        description="What a refund would give back, computed as `refund` computes it and refused "
        "with the same errors. Nothing is written.",
    )
    async def preview_refund(
        self,
        info: Info,
        input: Annotated[RefundInput, strawberry.argument(description="The refund to try.")],
    ) -> RefundPreview | None:
        context = info.context
        require_for_input(context.actor, input, ("input",))
        try:
            preview = await previewing.preview_refund(context.viewer, read_refund(input))
        except (Problem, Problems) as problem:
            return RefundPreview(user_errors=refused(problem))
        return RefundPreview.of(preview)
