"""Asking for customers."""

from typing import Annotated

import strawberry

from ordergraph.commerce.customers import reads
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.texts import search_text
from ordergraph.graph.context import Info
from ordergraph.graph.customers.types import Customer
from ordergraph.graph.fields import query
from ordergraph.graph.paging import After, Connection, FilterBy, First, SortBy, connect
from ordergraph.graph.sorting import SortDirection


@strawberry.input(description="Which customers a list has.")
class CustomerFilter:
    query: str | None = strawberry.field(
        default=None, description="A part of the e-mail address or name, whatever its case."
    )


@strawberry.input(description="How a list of customers is ordered.")
class CustomerSort:
    field: reads.CustomerSortField = strawberry.field(
        default=reads.CustomerSortField.CREATED_AT, description="What to order by."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Ascending or descending."
    )


@strawberry.type
class CustomerQueries:
    @query("customers.read", description="One customer, or null.")
    async def customer(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The customer.")],
    ) -> Customer | None:
        return await info.context.load(  # pyright: ignore[reportReturnType]
            reads.customers_by_ids, decode(Prefix.CUSTOMER, id, ("id",))
        )

    @query("customers.read", description="The customer with this e-mail address, or null.")
    async def customer_by_email(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The address, in any case.")],
    ) -> Customer | None:
        return await reads.customer_by_email(info.context.viewer, email)  # pyright: ignore[reportReturnType]

    @query("customers.read", description="The merchant's customers, newest first by default.")
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[CustomerFilter | None, FilterBy] = None,
        sort: Annotated[CustomerSort | None, SortBy] = None,
    ) -> Connection[Customer] | None:
        viewer = info.context.viewer
        query = search_text(filter.query, "filter", "query") if filter else None
        wanted = reads.CustomerFilter(query=query)
        order = sort or CustomerSort()
        return await connect(
            info.context,
            f"customers:{order.field}",
            first,
            after,
            fetch=lambda page: reads.customer_page(viewer, wanted, order.field, page),
            count=lambda: reads.customer_count(viewer, wanted),
            key=lambda customer: reads.sort_key(customer, order.field),
            filters=wanted,
            descending=order.direction is SortDirection.DESC,
        )
