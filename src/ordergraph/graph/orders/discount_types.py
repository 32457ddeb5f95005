"""What coupons would do to an order, as clients see it."""

from typing import Any, Self

import strawberry

from ordergraph.commerce.coupons.reads import coupons_by_ids
from ordergraph.commerce.orders import trying
from ordergraph.graph.context import Info
from ordergraph.graph.coupons.types import Coupon
from ordergraph.graph.fields import scoped
from ordergraph.graph.money import Money
from ordergraph.graph.mutation import Payload
from ordergraph.graph.orders.enums import SkipReason
from ordergraph.graph.orders.part_types import AppliedDiscount, OrderAmounts
from ordergraph.graph.problems import ErrorCode


@strawberry.type(description="A coupon that takes nothing off an order.")
class SkippedCoupon:
    code: str | None = strawberry.field(
        description="Its code in capital letters; null for one that has none."
    )
    name: str | None = strawberry.field(
        description="What it is called; null where there is no such coupon."
    )
    reason: SkipReason = strawberry.field(description="Why it takes nothing off.")
    error_code: ErrorCode | None = strawberry.field(
        description="The code that applying it is refused with; null for one that would stand "
        "without effect."
    )
    message: str = strawberry.field(description="The same as a sentence for a person.")
    gap: Money | None = strawberry.field(
        description="What more of the eligible lines would reach its minimum; null for every "
        "other reason."
    )


@strawberry.type(description="A coupon within reach of an order.")
class AvailableCoupon:
    code: str | None = strawberry.field(description="Its code, if it has one.")
    name: str = strawberry.field(description="What it is called.")
    gap: Money = strawberry.field(
        description="What the lines that it acts on lack of its minimum, before discounts; 0 when "
        "it can be applied as it is."
    )
    message: str = strawberry.field(
        description="The same in words, for example: Spend 12.40 USD more to use it."
    )

    @scoped("commerce.promotions.read", description="The coupon.")
    def coupon(self, root: strawberry.Parent[trying.Available], info: Info) -> Coupon | None:
        return info.context.take(coupons_by_ids, root.coupon_id)  # pyright: ignore[reportReturnType]


@strawberry.type(
    description="What coupons would do to an order. Nothing was changed, counted or reserved."
)
class CouponPreview(Payload):
    applied: list[AppliedDiscount] = strawberry.field(
        default_factory=list,
        description="The discounts that would count, those on the order already and discounts "
        "given by hand included, at most 20; ids of what would be added mean nothing later.",
    )
    skipped: list[SkippedCoupon] = strawberry.field(
        default_factory=list,
        description="Coupons that would take nothing off, and why, at most 140.",
    )
    available: list[AvailableCoupon] = strawberry.field(
        default_factory=list,
        description="Coupons within reach, of which nothing but the minimum is lacking, at most "
        "140.",
    )
    pricing: OrderAmounts | None = strawberry.field(
        default=None,
        description="The order's amounts with the discounts that would count; null where it is "
        "refused.",
    )

    @classmethod
    def of(cls, found: trying.Tried) -> Self:
        """Show what was found out."""
        shown: Any = found
        return cls(
            applied=shown.applied,
            skipped=shown.skipped,
            available=shown.available,
            pricing=shown.order.pricing,
        )
