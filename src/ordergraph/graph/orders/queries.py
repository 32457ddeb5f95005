"""Asking for orders."""

from datetime import datetime
from typing import Annotated

import strawberry

from ordergraph.commerce.orders import listing, reads
from ordergraph.commerce.orders.lifecycle import (
    FulfillmentStatus,
    InventoryException,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
)
from ordergraph.commerce.orders.recalling import order_as_of
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.texts import search_text
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import query
from ordergraph.graph.money import DateTime, MoneyInput, read_instant, read_money
from ordergraph.graph.orders.ahead import one_order, order_page
from ordergraph.graph.orders.types import READ, Order
from ordergraph.graph.paging import After, Connection, FilterBy, First, SortBy, connect, listed
from ordergraph.graph.sorting import SortDirection

shown(
    listing.OrderSortField,
    "What orders are ordered by.",
    {
        listing.OrderSortField.CREATED_AT: "When they were made.",
        listing.OrderSortField.UPDATED_AT: "When they last changed.",
        listing.OrderSortField.TOTAL: "What they came to, as sold.",
        listing.OrderSortField.OUTSTANDING: "What is still due.",
    },
)


@strawberry.input(description="Which orders a list has; every condition must hold.")
class OrderFilter:
    status: list[OrderStatus] | None = strawberry.field(
        default=None, description="In one of these statuses."
    )
    payment_status: list[OrderPaymentStatus] | None = strawberry.field(
        default=None, description="Paid so far."
    )
    refund_status: list[OrderRefundStatus] | None = strawberry.field(
        default=None, description="Refunded so far."
    )
    fulfillment_status: list[FulfillmentStatus] | None = strawberry.field(
        default=None, description="Handed over so far."
    )
    inventory_exception: list[InventoryException] | None = strawberry.field(
        default=None,
        description="Paid while its stock was gone, and that is not resolved, or is.",
    )
    source: list[OrderSource] | None = strawberry.field(
        default=None, description="Made by one of these surfaces."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="For this customer."
    )
    number: str | None = strawberry.field(default=None, description="With this number.")
    external_reference_id: str | None = strawberry.field(
        default=None, description="With this name of the caller's own."
    )
    query: str | None = strawberry.field(
        default=None,
        description="A part of the number, the buyer's e-mail address or the external reference.",
    )
    min_total: MoneyInput | None = strawberry.field(
        default=None, description="As sold at least so much, in this currency."
    )
    max_total: MoneyInput | None = strawberry.field(
        default=None, description="As sold at most so much, in this currency."
    )
    created_from: DateTime | None = strawberry.field(
        default=None, description="Made at this instant or later."
    )
    created_to: DateTime | None = strawberry.field(
        default=None, description="Made before this instant."
    )
    updated_from: DateTime | None = strawberry.field(
        default=None, description="Last changed at this instant or later."
    )
    updated_to: DateTime | None = strawberry.field(
        default=None, description="Last changed before this instant."
    )
    placed: bool | None = strawberry.field(
        default=True,
        description="True: placed orders, the default. False: carts. Null: both.",
    )

    def read(self) -> listing.OrderFilter:
        """Return the filter as the business takes it."""
        created_from, created_to = _times(self.created_from, self.created_to, "created")
        updated_from, updated_to = _times(self.updated_from, self.updated_to, "updated")
        min_total, max_total = _totals(self.min_total, self.max_total)
        customer_id = None
        if self.customer_id is not None:
            customer_id = decode(Prefix.CUSTOMER, self.customer_id, ("filter", "customerId"))
        return listing.OrderFilter(
            statuses=listed(self.status or ()) or None,
            payment_statuses=listed(self.payment_status or ()) or None,
            refund_statuses=listed(self.refund_status or ()) or None,
            fulfillment_statuses=listed(self.fulfillment_status or ()) or None,
            inventory_exceptions=listed(self.inventory_exception or ()) or None,
            sources=listed(self.source or ()) or None,
            customer_id=customer_id,
            number=self.number,
            external_reference_id=self.external_reference_id,
            query=search_text(self.query, "filter", "query"),
            min_total=min_total,
            max_total=max_total,
            created_from=created_from,
            created_to=created_to,
            updated_from=updated_from,
            updated_to=updated_to,
            placed=self.placed,
        )


def _times(
    start: DateTime | None, end: DateTime | None, name: str
) -> tuple[datetime | None, datetime | None]:
    first, last = (
        None if text is None else read_instant(text, ("filter", f"{name}{suffix}"))
        for text, suffix in ((start, "From"), (end, "To"))
    )
    return first, last


def _totals(least: MoneyInput | None, most: MoneyInput | None) -> tuple[Money | None, Money | None]:
    """Read the bounds of totals; two currencies would leave no order."""
    findings = Findings()
    low, high = (
        None if bound is None else read_money(bound, findings, "filter", name)
        for bound, name in ((least, "minTotal"), (most, "maxTotal"))
    )
    findings.settle()
    if low is not None and high is not None and low.currency != high.currency:
        raise Problem(
            ErrorCode.CURRENCY_MISMATCH,
            "Both bounds of the total are in one currency.",
            ("filter", "maxTotal", "currency"),
        )
    return low, high


@strawberry.input(description="How a list of orders is ordered.")
class OrderSort:
    field: listing.OrderSortField = strawberry.field(
        default=listing.OrderSortField.CREATED_AT, description="What to order by."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Ascending or descending."
    )


async def order_connection(
    info: Info,
    first: int | None,
    after: str | None,
    wanted: listing.OrderFilter,
    sort: OrderSort,
) -> Connection[Order]:
    """Return one page of orders."""
    viewer = info.context.viewer
    return await connect(
        info.context,
        f"orders:{sort.field}",
        first,
        after,
        fetch=lambda page: order_page(info, wanted, sort.field, page),
        count=lambda: listing.order_count(viewer, wanted),
        key=lambda order: listing.sort_key(order, sort.field),
        filters=wanted,
        descending=sort.direction is SortDirection.DESC,
    )


AS_OF = (
    "An instant of the past: the order with all that belongs to it is as it stood then, or null "
    "before it was made."
)


@strawberry.type
class OrderQueries:
    @query(*READ, description="One order, or null. A browser sees the one its secret opens.")
    async def order(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The order.")],
        as_of: Annotated[DateTime | None, strawberry.argument(description=AS_OF)] = None,
    ) -> Order | None:
        if as_of is not None:
            wanted, instant = decode(Prefix.ORDER, id, ("id",)), read_instant(as_of, ("asOf",))
            return await order_as_of(info.context.viewer, wanted, instant, "asOf")  # pyright: ignore[reportReturnType]
        return await one_order(info, decode(Prefix.ORDER, id, ("id",)))  # pyright: ignore[reportReturnType]

    @query("commerce.orders.read", description="The order with this number, or null.")
    async def order_by_number(
        self,
        info: Info,
        number: Annotated[str, strawberry.argument(description="The order's number.")],
    ) -> Order | None:
        return await reads.order_by_number(info.context.viewer, number)  # pyright: ignore[reportReturnType]

    @query("commerce.orders.read", description="The orders, newest first by default.")
    async def orders(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[OrderFilter | None, FilterBy] = None,
        sort: Annotated[OrderSort | None, SortBy] = None,
    ) -> Connection[Order] | None:
        wanted = (filter or OrderFilter()).read()
        return await order_connection(info, first, after, wanted, sort or OrderSort())
