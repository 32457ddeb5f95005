"""Orders as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from ordergraph.commerce.accounting.reads import (
    balances_by_orders,
    posting_counts,
    posting_pages,
)
from ordergraph.commerce.customers.reads import customers_by_ids
from ordergraph.commerce.merchants.reads import tip_options_of
from ordergraph.commerce.orders import itemizing, reads, rules
from ordergraph.commerce.orders.tipping import suggested_tips
from ordergraph.commerce.payments.reads import attempts_as_of, attempts_by_orders
from ordergraph.commerce.refunds.proving import proof_of
from ordergraph.commerce.refunds.reads import refunds_by_orders
from ordergraph.commerce.refunds.recalling import refunds_as_of
from ordergraph.core import addresses
from ordergraph.core.ids import Prefix
from ordergraph.graph.accounting.types import READ as LEDGER
from ordergraph.graph.accounting.types import LedgerEntry, LedgerTransaction
from ordergraph.graph.accounting.types import moment as posted_at
from ordergraph.graph.addresses import Address
from ordergraph.graph.caching import private
from ordergraph.graph.contacts import is_contact_hidden
from ordergraph.graph.context import Info
from ordergraph.graph.customers.types import Customer
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.loading import by_then
from ordergraph.graph.money import DateTime, Metadata, ProofDocument
from ordergraph.graph.nodes import findable
from ordergraph.graph.orders.enums import (
    CloseKind,
    FulfillmentStatus,
    InventoryException,
    OrderAction,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
    TaxStatus,
)
from ordergraph.graph.orders.line_types import LineItem
from ordergraph.graph.orders.part_types import (
    Activity,
    AppliedDiscount,
    Charge,
    OrderAmounts,
    Tip,
    TipSuggestion,
)
from ordergraph.graph.orders.tax_types import OrderTax, TaxBreakdown
from ordergraph.graph.paging import After, Connection, First, connect_below
from ordergraph.graph.payments.types import READ as PAYMENTS
from ordergraph.graph.payments.types import Payment, PaymentAttempt

if TYPE_CHECKING:
    from ordergraph.graph.refunds.types import Refund

READ = ("commerce.orders.read", "storefront.orders.write")


def _source(root: strawberry.Parent[rules.ListedOrder]) -> OrderSource:
    return root.source


@strawberry.type(
    description="A sale. Its amounts are computed by the server with every change, its status "
    "follows from them.",
    directives=private(),
)
class Order(Node):
    source = rules.BriefOrder

    id: strawberry.ID = identified(Prefix.ORDER)
    number: str | None = strawberry.field(
        description="The number for people; null for a cart that is not placed yet."
    )
    status: OrderStatus = strawberry.field(description="Where the order stands.")
    payment_status: OrderPaymentStatus = strawberry.field(description="How far it is paid.")
    refund_status: OrderRefundStatus = strawberry.field(description="How far it is refunded.")
    fulfillment_status: FulfillmentStatus = strawberry.field(
        description="How far the goods are on their way."
    )
    order_source: OrderSource = strawberry.field(
        name="source", description="Which surface made it.", resolver=_source
    )
    version: int = strawberry.field(
        description="Goes up by one with every change; send it as expectedVersion to be safe."
    )
    net_amounts: OrderAmounts = strawberry.field(
        description="The amounts net of what refunds undid: what is true now."
    )
    pricing: OrderAmounts = strawberry.field(
        description="The amounts as sold; they do not change any more once the order is paid."
    )
    line_items: list[LineItem] = strawberry.field(
        description="The lines in the order they were added, at most 500."
    )
    applied_discounts: list[AppliedDiscount] = strawberry.field(
        description="The discounts, canceled ones too, at most 20 that count."
    )
    charges: list[Charge] = strawberry.field(description="The fees, at most 20.")
    tips: list[Tip] = strawberry.field(description="The tips, canceled ones too.")
    tax: OrderTax = strawberry.field(description="How it is taxed: where, why, and by which rates.")
    tax_status: TaxStatus = strawberry.field(description="How far the taxes are known.")
    tax_breakdowns: list[TaxBreakdown] = strawberry.field(description="The taxes, rate by rate.")
    next_actions: list[OrderAction] = strawberry.field(
        description="What may be asked of the order now."
    )
    inventory_exception: InventoryException | None = strawberry.field(
        description="Set when it was paid while its stock was gone: units are missing, or were "
        "until somebody resolved it; null for all other orders."
    )
    buyer_note: str | None = strawberry.field(description="What the buyer wrote.")
    external_reference_id: str | None = strawberry.field(
        description="The caller's own name for the order."
    )
    placed_at: DateTime | None = strawberry.field(
        description="When it stopped being a cart; null before."
    )
    paid_at: DateTime | None = strawberry.field(description="When it was first paid in full.")
    closed_at: DateTime | None = strawberry.field(description="When it was closed.")
    close_kind: CloseKind | None = strawberry.field(description="Why it was closed.")
    created_at: DateTime = strawberry.field(description="When it was made.")
    updated_at: DateTime = strawberry.field(description="When it last changed.")

    @strawberry.field(description="The currency of all its amounts.")
    def currency(self, root: strawberry.Parent[rules.ListedOrder]) -> str:
        return root.currency

    @scoped(*READ, description="Where receipts go; hidden from buyers 30 days after payment.")
    def buyer_email(self, root: strawberry.Parent[rules.ListedOrder], info: Info) -> str | None:
        return None if is_contact_hidden(info.context, root.paid_by_now) else root.buyer_email

    @scoped(*READ, description="The buyer's phone; hidden from buyers 30 days after payment.")
    def buyer_phone(self, root: strawberry.Parent[rules.Order], info: Info) -> str | None:
        return None if is_contact_hidden(info.context, root.paid_by_now) else root.buyer_phone

    @scoped(*READ, description="Where it goes; hidden from buyers 30 days after payment.")
    def shipping_address(self, root: strawberry.Parent[rules.Order], info: Info) -> Address | None:
        stored = (
            None if is_contact_hidden(info.context, root.paid_by_now) else root.shipping_address
        )
        return addresses.Address.stored(stored)  # pyright: ignore[reportReturnType]

    @scoped(*READ, description="Where the bill goes; hidden from buyers 30 days after payment.")
    def billing_address(self, root: strawberry.Parent[rules.Order], info: Info) -> Address | None:
        stored = None if is_contact_hidden(info.context, root.paid_by_now) else root.billing_address
        return addresses.Address.stored(stored)  # pyright: ignore[reportReturnType]

    @scoped("commerce.orders.read", description="The merchant's note, never shown to the buyer.")
    def internal_note(self, root: strawberry.Parent[rules.Order], info: Info) -> str | None:
        return root.internal_note

    @scoped("commerce.orders.read", description="Why it was closed, in the merchant's words.")
    def close_reason(self, root: strawberry.Parent[rules.Order], info: Info) -> str | None:
        return root.close_reason

    @scoped("commerce.orders.read", description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[rules.Order], info: Info) -> Metadata | None:
        return Metadata(root.metadata)

    @scoped("customers.read", description="The customer it is for, if one is known.")
    def customer(self, root: strawberry.Parent[rules.ListedOrder], info: Info) -> Customer | None:
        if root.customer_id is None:
            return None
        return info.context.take(customers_by_ids, root.customer_id)  # pyright: ignore[reportReturnType]

    @scoped(*PAYMENTS, description="The money collected, the oldest first.")
    def payments(self, root: strawberry.Parent[rules.Order], info: Info) -> list[Payment] | None:
        return root.payments  # pyright: ignore[reportReturnType]

    @scoped(*PAYMENTS, description="Every run of paying, the oldest first.")
    def payment_attempts(
        self, root: strawberry.Parent[rules.ListedOrder], info: Info
    ) -> list[PaymentAttempt] | None:
        attempts = by_then(attempts_by_orders, attempts_as_of, root.as_of)
        return info.context.take(attempts, root.id)  # pyright: ignore[reportReturnType]

    @scoped(
        "commerce.refunds.read",
        "storefront.orders.write",
        description="The money given back, the oldest first.",
    )
    def refunds(
        self, root: strawberry.Parent[rules.ListedOrder], info: Info
    ) -> list[Annotated["Refund", strawberry.lazy("ordergraph.graph.refunds.types")]] | None:
        refunds = by_then(refunds_by_orders, refunds_as_of, root.as_of)
        return info.context.take(refunds, root.id)  # pyright: ignore[reportReturnType]

    @scoped(
        *PAYMENTS,
        description="How each of its figures was computed, step by step, with what was paid and "
        "given back: a document that anybody can check without this server.",
    )
    async def proof(self, root: strawberry.Parent[rules.Order], info: Info) -> ProofDocument | None:
        refunds = by_then(refunds_by_orders, refunds_as_of, root.as_of)
        return ProofDocument(proof_of(root, await info.context.load(refunds, root.id) or ()))

    @scoped(
        *READ,
        description="The tips to show for the order as it is now, at most three; none where the "
        "shop suggests none, or no tip can be added any more.",
    )
    async def tip_suggestions(
        self, root: strawberry.Parent[rules.Order], info: Info
    ) -> list[TipSuggestion] | None:
        options = await info.context.load(tip_options_of, info.context.actor.environment_id)
        return suggested_tips(root, options)  # pyright: ignore[reportReturnType]

    @scoped(*READ, description="The order's timeline, the oldest entry first.")
    async def activities(
        self,
        root: strawberry.Parent[rules.ListedOrder],
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Connection[Activity] | None:
        return await connect_below(
            info.context,
            "activities",
            root.id,
            first,
            after,
            pages=reads.activity_pages,
            counts=reads.activity_counts,
            key=_moment,
            until=root.as_of,
        )

    @scoped(
        LEDGER,
        description="How money moved between the accounts of the order, the oldest movement first.",
    )
    async def ledger(
        self,
        root: strawberry.Parent[rules.ListedOrder],
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Connection[LedgerTransaction] | None:
        return await connect_below(
            info.context,
            "ledger",
            root.id,
            first,
            after,
            pages=posting_pages,
            counts=posting_counts,
            key=posted_at,
            until=root.as_of,
        )

    @scoped(
        LEDGER,
        description="What the accounts of the order come to; those at zero are left out, and all "
        "together are zero.",
    )
    def ledger_balances(
        self, root: strawberry.Parent[rules.ListedOrder], info: Info
    ) -> list[LedgerEntry] | None:
        balances = by_then(balances_by_orders, balances_by_orders, root.as_of)
        return info.context.take(balances, root.id)  # pyright: ignore[reportReturnType]


def _moment(activity: itemizing.Activity) -> tuple[datetime, UUID]:
    return activity.created_at, activity.id


findable(Prefix.ORDER, reads.orders_by_ids, *READ)
findable(Prefix.LINE_ITEM, reads.line_items_by_ids, *READ)
