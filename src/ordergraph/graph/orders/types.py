"""Orders as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.catalog.reads import products_by_ids, variants_for_sale
from ordergraph.commerce.customers.reads import customers_by_ids
from ordergraph.commerce.orders import itemizing, reads, rules
from ordergraph.commerce.payments.reads import attempts_by_orders
from ordergraph.commerce.refunds.reads import refunds_by_orders
from ordergraph.core import addresses
from ordergraph.core.ids import Prefix
from ordergraph.graph.addresses import Address
from ordergraph.graph.bundles.types import READ as BUNDLES
from ordergraph.graph.bundles.types import Bundle
from ordergraph.graph.caching import private
from ordergraph.graph.catalog.types import READ as CATALOG
from ordergraph.graph.catalog.types import Product, ProductVariant
from ordergraph.graph.contacts import is_contact_hidden
from ordergraph.graph.context import Info
from ordergraph.graph.customers.types import Customer
from ordergraph.graph.execution.weighing import TYPICAL_SIZE
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime, DecimalText, Metadata, Money
from ordergraph.graph.nodes import findable
from ordergraph.graph.orders.enums import (
    CloseKind,
    DiscountScope,
    DiscountStatus,
    FulfillmentStatus,
    InventoryException,
    LineSource,
    OrderAction,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
    TaxStatus,
    TipStatus,
)
from ordergraph.graph.paging import After, Connection, First, connect_below
from ordergraph.graph.payments.types import READ as PAYMENTS
from ordergraph.graph.payments.types import Payment, PaymentAttempt

if TYPE_CHECKING:
    from ordergraph.graph.refunds.types import Refund

READ = ("commerce.orders.read", "storefront.orders.write")


@strawberry.type(
    description="The amounts of an order. In every one of them "
    "total = subtotal - discount + charge + tax - includedTax + tip."
)
class OrderAmounts:
    subtotal: Money = strawberry.field(description="The lines before discounts, tips and taxes.")
    discount: Money = strawberry.field(description="What all discounts take off.")
    charge: Money = strawberry.field(description="Fees such as shipping, before their tax.")
    tax: Money = strawberry.field(description="All taxes, those inside the prices too.")
    included_tax: Money = strawberry.field(
        description="The part of `tax` that is inside the prices already."
    )
    tip: Money = strawberry.field(description="All tips.")
    total: Money = strawberry.field(description="What there is to pay in all.")
    paid: Money = strawberry.field(description="What was collected, before any refund.")
    refunded: Money = strawberry.field(
        description="What was given back, refunds on their way included."
    )
    balance: Money = strawberry.field(
        description="What is still due: total - (paid - refunded); negative when too much was paid."
    )


@strawberry.type(description="What is in each unit of a bundle, as it was when it was sold.")
class LineComponent:
    quantity: int = strawberry.field(description="How many units in each unit of the line.")
    name: str = strawberry.field(description="What it is called, as it was named then.")
    sku: str | None = strawberry.field(description="The SKU it had when the line was added.")

    @scoped(*CATALOG, description="The variant, or null when it can no longer be found.")
    def variant(
        self, root: strawberry.Parent[itemizing.SoldComponent], info: Info
    ) -> ProductVariant | None:
        return info.context.take(variants_for_sale, root.variant_id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="What was chosen on a line, with the price it had then.")
class LineModifier:
    id: strawberry.ID = identified(Prefix.LINE_ITEM_MODIFIER)
    group_name: str | None = strawberry.field(
        description="The group it was chosen from, or null for an ad hoc modifier."
    )
    name: str = strawberry.field(description="What it is called; of a text, its group.")
    unit_price_delta: Money = strawberry.field(
        description="What one of it adds to the price of each unit."
    )
    quantity: int = strawberry.field(description="How many of it each unit of the line has.")
    total: Money = strawberry.field(description="What it adds to the line, for all its units.")
    text: str | None = strawberry.field(description="What was written, where the group is a text.")


@strawberry.type(description="One line of an order: a snapshot, unchanged by later catalog edits.")
class LineItem(Node):
    source = itemizing.Figured

    id: strawberry.ID = identified(Prefix.LINE_ITEM)
    source_type: LineSource = strawberry.field(description="What the line was made from.")
    name: str = strawberry.field(description="What is sold, as it was named then.")
    description: str | None = strawberry.field(description="More about it.")
    sku: str | None = strawberry.field(description="The SKU it had when it was added.")
    image_url: str | None = strawberry.field(description="A picture of it.")
    quantity: int = strawberry.field(description="How many units.")
    unit_price: Money = strawberry.field(description="The price of one unit, before discounts.")
    price_overridden: bool = strawberry.field(
        description="Whether the merchant set another price than the catalog's."
    )
    taxable: bool = strawberry.field(description="Whether the line may be taxed.")
    gross: Money = strawberry.field(description="Quantity times unit price, with its modifiers.")
    discount: Money = strawberry.field(description="The line's share of all discounts.")
    net: Money = strawberry.field(description="Gross less discount.")
    tax: Money = strawberry.field(description="The line's taxes, those inside the price too.")
    total: Money = strawberry.field(description="What the line adds to the order's total.")
    refunded: Money = strawberry.field(description="What was given back for the line.")
    refunded_quantity: int = strawberry.field(description="How many units were given back.")

    @scoped(*CATALOG, description="The variant it was made from, or null for an ad hoc line.")
    def variant(
        self, root: strawberry.Parent[itemizing.LineItem | itemizing.ShownLine], info: Info
    ) -> ProductVariant | None:
        if root.variant_id is None:
            return None
        if isinstance(root, itemizing.ShownLine) and root.named is not None:
            return root.named  # pyright: ignore[reportReturnType]
        return info.context.take(variants_for_sale, root.variant_id)  # pyright: ignore[reportReturnType]

    @scoped(*CATALOG, description="The product of its variant; null for a bundle or ad hoc line.")
    def product(self, root: strawberry.Parent[itemizing.LineItem], info: Info) -> Product | None:
        if root.product_id is None:
            return None
        return info.context.take(products_by_ids, root.product_id)  # pyright: ignore[reportReturnType]

    @scoped(*BUNDLES, description="The bundle it was made from, or null for any other line.")
    def bundle(self, root: strawberry.Parent[itemizing.LineItem], info: Info) -> Bundle | None:
        if root.bundle_id is None:
            return None
        return info.context.take(bundles_by_ids, root.bundle_id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="What is in each unit of a bundle; empty for any other line.",
        metadata={TYPICAL_SIZE: 3},
    )
    def components(self, root: strawberry.Parent[itemizing.LineItem]) -> list[LineComponent]:
        return root.sold_components  # pyright: ignore[reportReturnType]

    @strawberry.field(description="What was chosen on it, at most 50.", metadata={TYPICAL_SIZE: 2})
    def modifiers(self, root: strawberry.Parent[itemizing.LineItem]) -> list[LineModifier]:
        return root.chosen_modifiers  # pyright: ignore[reportReturnType]

    @scoped("commerce.orders.read", description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[itemizing.LineItem], info: Info) -> Metadata | None:
        return Metadata(root.metadata)


@strawberry.type(description="A discount on an order.")
class AppliedDiscount:
    id: strawberry.ID = identified(Prefix.APPLIED_DISCOUNT)
    name: str = strawberry.field(description="What the discount is called.")
    coupon_code: str | None = strawberry.field(description="The code it was applied with.")
    scope: DiscountScope = strawberry.field(description="What it acts on.")
    amount: Money = strawberry.field(description="What it would take off without any limit.")
    applied: Money = strawberry.field(description="What it does take off.")
    status: DiscountStatus = strawberry.field(description="Where it stands.")
    reason: str | None = strawberry.field(
        description="The error code that says why it takes nothing off at present, or null."
    )


@strawberry.type(description="A tip on an order.")
class Tip:
    id: strawberry.ID = identified(Prefix.TIP)
    name: str | None = strawberry.field(description="What the tip is called.")
    percent: DecimalText | None = strawberry.field(
        description="The percentage of the goods after discounts, or null for a fixed tip."
    )
    amount: Money = strawberry.field(description="What it comes to.")
    refunded: Money = strawberry.field(description="What was given back of it.")
    status: TipStatus = strawberry.field(description="Where it stands.")


@strawberry.type(description="What one tax rate comes to on an order.")
class TaxBreakdown:
    name: str = strawberry.field(description="What the tax is called.")
    percent: DecimalText | None = strawberry.field(description="The rate in percent.")
    inclusive: bool = strawberry.field(description="Whether it is inside the prices already.")
    taxable: Money = strawberry.field(description="The amount that the rate was applied to.")
    tax: Money = strawberry.field(description="What it comes to.")


@strawberry.type(description="One entry of an order's timeline: a story for people, not a ledger.")
class Activity:
    id: strawberry.ID = identified(Prefix.ACTIVITY)
    type: str = strawberry.field(description="What happened, for example line_item_added.")
    description: str = strawberry.field(description="The same in words.")
    balance_delta: Money = strawberry.field(description="How the balance changed.")
    running_balance: Money = strawberry.field(description="The balance after it.")
    related_id: strawberry.ID | None = strawberry.field(description="What it was about.")
    created_at: DateTime = strawberry.field(description="When it happened.")

    @scoped("commerce.orders.read", description="The credential that did it.")
    def actor(self, root: strawberry.Parent[itemizing.Activity], info: Info) -> str | None:
        return root.actor


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
    tips: list[Tip] = strawberry.field(description="The tips, canceled ones too.")
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
        return None if is_contact_hidden(info.context, root.paid_at) else root.buyer_email

    @scoped(*READ, description="The buyer's phone; hidden from buyers 30 days after payment.")
    def buyer_phone(self, root: strawberry.Parent[rules.Order], info: Info) -> str | None:
        return None if is_contact_hidden(info.context, root.paid_at) else root.buyer_phone

    @scoped(*READ, description="Where it goes; hidden from buyers 30 days after payment.")
    def shipping_address(self, root: strawberry.Parent[rules.Order], info: Info) -> Address | None:
        stored = None if is_contact_hidden(info.context, root.paid_at) else root.shipping_address
        return addresses.Address.stored(stored)  # pyright: ignore[reportReturnType]

    @scoped(*READ, description="Where the bill goes; hidden from buyers 30 days after payment.")
    def billing_address(self, root: strawberry.Parent[rules.Order], info: Info) -> Address | None:
        stored = None if is_contact_hidden(info.context, root.paid_at) else root.billing_address
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

    @scoped(*PAYMENTS, description="The money collected, the oldest first, at most 20.")
    def payments(self, root: strawberry.Parent[rules.Order], info: Info) -> list[Payment] | None:
        return root.payments  # pyright: ignore[reportReturnType]

    @scoped(*PAYMENTS, description="Every run of paying, the oldest first.")
    def payment_attempts(
        self, root: strawberry.Parent[rules.ListedOrder], info: Info
    ) -> list[PaymentAttempt] | None:
        return info.context.take(attempts_by_orders, root.id)  # pyright: ignore[reportReturnType]

    @scoped(
        "commerce.refunds.read",
        "storefront.orders.write",
        description="The money given back, the oldest first.",
    )
    def refunds(
        self, root: strawberry.Parent[rules.ListedOrder], info: Info
    ) -> list[Annotated["Refund", strawberry.lazy("ordergraph.graph.refunds.types")]] | None:
        return info.context.take(refunds_by_orders, root.id)  # pyright: ignore[reportReturnType]

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
        )


def _moment(activity: itemizing.Activity) -> tuple[datetime, UUID]:
    return activity.created_at, activity.id


findable(Prefix.ORDER, reads.orders_by_ids, *READ)
findable(Prefix.LINE_ITEM, reads.line_items_by_ids, *READ)
