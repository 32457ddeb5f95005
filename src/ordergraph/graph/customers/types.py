"""Customers as clients see them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from ordergraph.commerce.customers import reads
from ordergraph.commerce.orders.listing import order_counts_of_customers, orders_of_customers
from ordergraph.core.ids import Prefix
from ordergraph.graph.addresses import Address, AddressInput
from ordergraph.graph.caching import private
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime, Metadata
from ordergraph.graph.nodes import findable
from ordergraph.graph.paging import After, Connection, First, connect_below

if TYPE_CHECKING:
    from ordergraph.graph.orders.types import Order


@strawberry.type(description="A buyer that the merchant knows.", directives=private())
class Customer(Node):
    source = reads.Customer

    id: strawberry.ID = identified(Prefix.CUSTOMER)
    email: str = strawberry.field(description="The address, unique whatever its case.")
    name: str | None = strawberry.field(description="The full name.")
    phone: str | None = strawberry.field(description="The phone number as E.164 writes it.")
    shipping_address: Address | None = strawberry.field(description="Where goods usually go.")
    billing_address: Address | None = strawberry.field(description="Where bills usually go.")
    external_reference_id: str | None = strawberry.field(
        description="The caller's own name for this customer."
    )
    tax_exempt: bool = strawberry.field(description="Whether this customer pays no tax.")
    metadata: Metadata = strawberry.field(description="The merchant's own keys and values.")
    version: int = strawberry.field(description="Goes up by one with every change.")
    created_at: DateTime = strawberry.field(description="When the customer was registered.")
    updated_at: DateTime = strawberry.field(description="When the customer last changed.")

    @scoped("commerce.orders.read", description="The customer's placed orders, newest first.")
    async def orders(
        self,
        root: strawberry.Parent[reads.Customer],
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Connection[Annotated["Order", strawberry.lazy("ordergraph.graph.orders.types")]] | None:
        return await connect_below(
            info.context,
            "customerOrders",
            root.id,
            first,
            after,
            pages=orders_of_customers,
            counts=order_counts_of_customers,
            key=lambda order: (order.created_at, order.id),
            descending=True,
        )


shown(
    reads.CustomerSortField,
    "What customers are ordered by.",
    {
        reads.CustomerSortField.CREATED_AT: "When they were registered.",
        reads.CustomerSortField.UPDATED_AT: "When they last changed.",
        reads.CustomerSortField.EMAIL: "Their e-mail address, in the order of the alphabet.",
    },
)


findable(Prefix.CUSTOMER, reads.customers_by_ids, "customers.read")


@strawberry.input(description="A new customer.")
class CreateCustomerInput:
    email: str = strawberry.field(description="The address, unique whatever its case.")
    name: str | None = strawberry.field(default=None, description="The full name.")
    phone: str | None = strawberry.field(
        default=None, description="The phone number as E.164 writes it, for example +12025550100."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=None, description="Where goods usually go."
    )
    billing_address: AddressInput | None = strawberry.field(
        default=None, description="Where bills usually go."
    )
    external_reference_id: str | None = strawberry.field(
        default=None, description="The caller's own name for this customer."
    )
    tax_exempt: bool = strawberry.field(
        default=False, description="Whether this customer pays no tax."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )
