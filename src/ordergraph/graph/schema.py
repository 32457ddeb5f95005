"""The whole schema, put together from the rooms."""

import asyncio
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.bundles.mutations import BundleMutations
from ordergraph.graph.bundles.queries import BundleQueries
from ordergraph.graph.catalog.changes import ProductMutations
from ordergraph.graph.catalog.mutations import CatalogMutations
from ordergraph.graph.catalog.queries import CatalogQueries
from ordergraph.graph.catalog.subscriptions import CatalogSubscriptions
from ordergraph.graph.categories.mutations import CategoryMutations
from ordergraph.graph.categories.queries import CategoryQueries
from ordergraph.graph.context import Info
from ordergraph.graph.coupons.mutations import CouponMutations
from ordergraph.graph.coupons.queries import CouponQueries
from ordergraph.graph.customers.mutations import CustomerMutations
from ordergraph.graph.customers.queries import CustomerQueries
from ordergraph.graph.fields import query
from ordergraph.graph.ids import Node
from ordergraph.graph.inventory.mutations import InventoryMutations
from ordergraph.graph.inventory.queries import InventoryQueries
from ordergraph.graph.merchants.mutations import MerchantMutations
from ordergraph.graph.merchants.queries import MerchantQueries
from ordergraph.graph.modifiers.mutations import ModifierMutations
from ordergraph.graph.modifiers.queries import ModifierQueries
from ordergraph.graph.money import SCALARS
from ordergraph.graph.mutation import idempotent
from ordergraph.graph.nodes import find
from ordergraph.graph.orders.charge_mutations import ChargeMutations
from ordergraph.graph.orders.checkout_mutations import CheckoutMutations
from ordergraph.graph.orders.discount_mutations import DiscountMutations
from ordergraph.graph.orders.discount_queries import DiscountQueries
from ordergraph.graph.orders.mutations import OrderMutations
from ordergraph.graph.orders.preview_queries import PreviewQueries
from ordergraph.graph.orders.queries import OrderQueries
from ordergraph.graph.orders.subscriptions import OrderSubscriptions
from ordergraph.graph.orders.tax_mutations import OrderTaxMutations
from ordergraph.graph.orders.tip_mutations import TipMutations
from ordergraph.graph.payments.types import Payment, PaymentAttempt
from ordergraph.graph.problems import BasicError, LimitError, PaymentError, StockError, VersionError
from ordergraph.graph.refunds.mutations import RefundMutations
from ordergraph.graph.refunds.queries import RefundQueries
from ordergraph.graph.search.queries import SearchQueries
from ordergraph.graph.taxes.mutations import TaxMutations
from ordergraph.graph.taxes.queries import TaxQueries

_MOST_NODES = 100


@strawberry.type(description="What can be asked.")
class Query(
    BundleQueries,
    CatalogQueries,
    CategoryQueries,
    CouponQueries,
    CustomerQueries,
    DiscountQueries,
    InventoryQueries,
    MerchantQueries,
    ModifierQueries,
    OrderQueries,
    PreviewQueries,
    RefundQueries,
    SearchQueries,
    TaxQueries,
):
    @query(description="Anything by its id, or null when this token has none by that id.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="An id of any kind.")],
    ) -> Node | None:
        return await find(info.context, id, "id")

    @query(description="Several things by their ids, in the order asked for, at most 100.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Ids of any kinds, at most 100.")
        ],
    ) -> list[Node | None] | None:
        if len(ids) > _MOST_NODES:
            raise Problem(ErrorCode.TOO_MANY_ITEMS, "At most 100 ids at once.", ("ids",))
        found = await asyncio.gather(
            *(find(info.context, id, "ids", str(at)) for at, id in enumerate(ids)),
            return_exceptions=True,
        )
        return found  # pyright: ignore[reportReturnType]  # an exception becomes the error of its entry


@strawberry.type(description="What can be changed. Every mutation happens wholly or not at all.")
class Mutation(
    CatalogMutations,
    ProductMutations,
    BundleMutations,
    CategoryMutations,
    ModifierMutations,
    InventoryMutations,
    CouponMutations,
    CustomerMutations,
    DiscountMutations,
    MerchantMutations,
    OrderMutations,
    CheckoutMutations,
    ChargeMutations,
    TipMutations,
    RefundMutations,
    TaxMutations,
    OrderTaxMutations,
):
    pass


@strawberry.type(description="What is pushed as it happens.")
class Subscription(OrderSubscriptions, CatalogSubscriptions):
    pass


def build_schema() -> strawberry.Schema:
    """Put the schema together."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        directives=[idempotent],
        types=[
            BasicError,
            StockError,
            PaymentError,
            VersionError,
            LimitError,
            Payment,
            PaymentAttempt,
        ],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    # Strawberry has no place for the descriptions of a schema directive's arguments.
    for directive, argument, description in (
        ("requiresScopes", "scopes", "Any one of these scopes is enough."),
        ("cacheControl", "maxAge", "For how many seconds; 0 is not at all."),
        ("cacheControl", "scope", "Who may share it; everybody where it is omitted."),
    ):
        declared = schema._schema.get_directive(directive)  # pyright: ignore[reportPrivateUsage]
        assert declared is not None  # fields carry it
        declared.args[argument].description = description
    return schema
