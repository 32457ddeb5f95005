"""Discounts, charges, tips, taxes and the timeline of orders as clients see them."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import strawberry

from ordergraph.commerce.coupons.reads import coupons_by_ids
from ordergraph.commerce.orders import itemizing
from ordergraph.commerce.orders.reads import line_items_by_ids
from ordergraph.core.ids import Prefix
from ordergraph.graph.context import Info
from ordergraph.graph.coupons.types import Coupon
from ordergraph.graph.execution.weighing import TYPICAL_SIZE
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import identified
from ordergraph.graph.money import DateTime, DecimalText, Metadata, Money
from ordergraph.graph.orders.enums import (
    Allocation,
    ChargeBasis,
    ChargeType,
    DiscountScope,
    DiscountSource,
    DiscountStatus,
    TipStatus,
)
from ordergraph.graph.orders.levied import taxes_on
from ordergraph.graph.orders.line_types import LineItem
from ordergraph.graph.taxes.types import TaxCategory

if TYPE_CHECKING:
    from ordergraph.graph.orders.tax_types import TaxAllocation


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


@strawberry.type(description="What a discount takes off one line.")
class DiscountShare:
    amount: Money = strawberry.field(description="What it takes off the line.")

    @strawberry.field(description="The line; null in a preview of an order that is not there yet.")
    def line_item(
        self, root: strawberry.Parent[itemizing.DiscountShare], info: Info
    ) -> LineItem | None:
        return info.context.take(line_items_by_ids, root.line_item_id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="A discount on an order.")
class AppliedDiscount:
    id: strawberry.ID = identified(Prefix.APPLIED_DISCOUNT)
    source: DiscountSource = strawberry.field(description="Whether a coupon or a person gives it.")
    name: str = strawberry.field(description="What the discount is called.")
    coupon_code: str | None = strawberry.field(description="The code it was applied with.")
    scope: DiscountScope = strawberry.field(description="What it acts on.")
    percent: DecimalText | None = strawberry.field(
        description="The percentage that it takes off; null for a fixed amount."
    )
    amount_off: Money | None = strawberry.field(
        description="The fixed amount that it takes off; null for a percentage."
    )
    allocation: Allocation | None = strawberry.field(
        description="How a fixed amount counts; null for a percentage."
    )
    amount: Money = strawberry.field(description="What it would take off without any limit.")
    applied: Money = strawberry.field(description="What it does take off.")
    status: DiscountStatus = strawberry.field(description="Where it stands.")
    reason: str | None = strawberry.field(
        description="The error code that says why it takes nothing off at present, or null."
    )
    applied_at: DateTime = strawberry.field(description="When it was put on the order.")

    @strawberry.field(
        description="What it takes off each line, at most 500; they sum up to `applied`.",
        metadata={TYPICAL_SIZE: 3},
    )
    def allocations(
        self, root: strawberry.Parent[itemizing.AppliedDiscount]
    ) -> list[DiscountShare]:
        return root.allocations  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="The lines that it was narrowed to, at most 500; null for no lines in "
        "particular.",
        metadata={TYPICAL_SIZE: 3},
    )
    async def line_items(
        self, root: strawberry.Parent[itemizing.AppliedDiscount], info: Info
    ) -> list[LineItem] | None:
        ids = root.line_item_ids
        if ids is None:
            return None
        found = await asyncio.gather(*(info.context.load(line_items_by_ids, id) for id in ids))
        return [each for each in found if each is not None]  # pyright: ignore[reportReturnType]

    @scoped("commerce.promotions.read", description="The coupon that gives it, if it is one.")
    def coupon(
        self, root: strawberry.Parent[itemizing.AppliedDiscount], info: Info
    ) -> Coupon | None:
        if root.coupon_id is None:
            return None
        return info.context.take(coupons_by_ids, root.coupon_id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="A fee on an order, such as shipping.")
class Charge:
    id: strawberry.ID = identified(Prefix.CHARGE)
    type: ChargeType = strawberry.field(description="What it is for.")
    name: str = strawberry.field(description="What the charge is called.")
    description: str | None = strawberry.field(description="More about it.")
    percent: DecimalText | None = strawberry.field(
        description="The percentage of its basis, or null for a fixed charge."
    )
    percent_basis: ChargeBasis | None = strawberry.field(
        name="basis", description="What the percentage is of; null for a fixed charge."
    )
    taxable: bool = strawberry.field(description="Whether it may be taxed.")
    tax_category: TaxCategory = strawberry.field(
        description="Which rates apply to it where it is taxable."
    )
    amount: Money = strawberry.field(description="What it comes to, before tax on top of it.")
    tax: Money = strawberry.field(description="Its taxes, those inside the amount too.")
    included_tax: Money = strawberry.field(
        description="The part of `tax` that is inside the amount already."
    )
    total: Money = strawberry.field(description="What it adds to the order's total.")
    refunded: Money = strawberry.field(description="What was given back of it, tax included.")

    @strawberry.field(
        description="Its taxes, rate by rate; they add up to `tax`.", metadata={TYPICAL_SIZE: 2}
    )
    async def tax_breakdowns(
        self, root: strawberry.Parent[itemizing.Charge], info: Info
    ) -> list[Annotated["TaxAllocation", strawberry.lazy("ordergraph.graph.orders.tax_types")]]:
        return await taxes_on(info, root)

    @scoped("commerce.orders.read", description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[itemizing.Charge], info: Info) -> Metadata | None:
        return Metadata(root.metadata)


@strawberry.type(description="A tip on an order.")
class Tip:
    id: strawberry.ID = identified(Prefix.TIP)
    name: str | None = strawberry.field(description="What the tip is called.")
    description: str | None = strawberry.field(description="More about it.")
    percent: DecimalText | None = strawberry.field(
        description="The percentage of the goods after discounts, or null for a fixed tip."
    )
    amount: Money = strawberry.field(description="What it comes to.")
    refunded: Money = strawberry.field(description="What was given back of it.")
    status: TipStatus = strawberry.field(description="Where it stands.")

    @scoped("commerce.orders.read", description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[itemizing.Tip], info: Info) -> Metadata | None:
        return Metadata(root.metadata)


@strawberry.type(description="A tip that the shop suggests for an order.")
class TipSuggestion:
    percent: DecimalText | None = strawberry.field(
        description="The percentage of the goods after discounts, or null for a fixed amount."
    )
    amount: Money = strawberry.field(description="What it comes to on the order as it is now.")
    is_default: bool = strawberry.field(description="Whether it is chosen to begin with.")


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
