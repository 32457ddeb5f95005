"""Priced drafts of orders as clients see them."""

from typing import Any, Self

import strawberry

from ordergraph.commerce.orders.drafting import Draft
from ordergraph.commerce.orders.tipping import suggested_tips
from ordergraph.core.ids import Prefix, encode
from ordergraph.graph.mutation import Payload
from ordergraph.graph.orders.discount_types import SkippedCoupon
from ordergraph.graph.orders.enums import TaxStatus
from ordergraph.graph.orders.line_types import LineItem
from ordergraph.graph.orders.part_types import (
    AppliedDiscount,
    Charge,
    OrderAmounts,
    Tip,
    TipSuggestion,
)
from ordergraph.graph.orders.tax_types import TaxBreakdown
from ordergraph.graph.problems import StockErrorLine


@strawberry.type(
    description="A draft of an order, priced as the order would be priced now. Nothing of it is "
    "stored, so its ids are ids of nothing: they only tell its own parts apart."
)
class OrderPreview(Payload):
    currency: str | None = strawberry.field(
        default=None, description="The currency of all its amounts."
    )
    pricing: OrderAmounts | None = strawberry.field(
        default=None, description="What the order would come to; null where it is refused."
    )
    line_items: list[LineItem] = strawberry.field(
        default_factory=list, description="The lines; equal ones are one, as on an order."
    )
    applied_discounts: list[AppliedDiscount] = strawberry.field(
        default_factory=list, description="The discounts that count."
    )
    charges: list[Charge] = strawberry.field(default_factory=list, description="The fees.")
    tips: list[Tip] = strawberry.field(default_factory=list, description="The tips.")
    tip_suggestions: list[TipSuggestion] = strawberry.field(
        default_factory=list, description="The tips to show for the order, at most three."
    )
    tax_status: TaxStatus | None = strawberry.field(
        default=None, description="How far the taxes are known."
    )
    tax_breakdowns: list[TaxBreakdown] = strawberry.field(
        default_factory=list, description="The taxes, rate by rate."
    )
    skipped_coupons: list[SkippedCoupon] = strawberry.field(
        default_factory=list, description="The coupons that do not count, and why."
    )
    short_lines: list[StockErrorLine] = strawberry.field(
        default_factory=list,
        description="The lines that stock could not serve at this moment, by the ids of the "
        "preview's own lines. Nothing is held for a preview.",
    )

    @classmethod
    def of(cls, draft: Draft) -> Self:
        """Show a draft."""
        order: Any = draft.order
        skipped: Any = draft.skipped
        suggested: Any = suggested_tips(draft.order, draft.grounds.settings.tip_options)
        return cls(
            currency=order.currency,
            pricing=order.pricing,
            line_items=order.line_items,
            applied_discounts=order.applied_discounts,
            charges=order.charges,
            tips=order.tips,
            tip_suggestions=suggested,
            tax_status=order.tax_status,
            tax_breakdowns=order.tax_breakdowns,
            skipped_coupons=skipped,
            short_lines=[
                StockErrorLine(
                    line_item_id=strawberry.ID(encode(Prefix.LINE_ITEM, each.line_item_id)),
                    requested=each.requested,
                    available=each.available,
                )
                for each in draft.shortages
            ],
        )
