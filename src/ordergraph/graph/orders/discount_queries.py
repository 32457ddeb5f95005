"""Trying coupons on orders."""

from typing import Annotated

import strawberry

from ordergraph.commerce.orders.trying import try_coupons
from ordergraph.commerce.taxes.asking import taxed_by
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem, Problems
from ordergraph.graph.context import Info
from ordergraph.graph.fields import query
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.mutation import refused
from ordergraph.graph.orders.discount_inputs import PreviewCouponInput, read_lines
from ordergraph.graph.orders.discount_types import CouponPreview
from ordergraph.graph.scopes import require_for_input

_LISTS = "commerce.promotions.read"


@strawberry.type
class DiscountQueries:
    @query(
        "commerce.orders.read",
        "storefront.orders.write",
        description="Tell what coupons would do to an order that can still be changed: what would "
        "apply, what not and why, and what is within reach. Nothing is changed or counted.",
    )
    async def preview_coupon(
        self,
        info: Info,
        input: Annotated[
            PreviewCouponInput, strawberry.argument(description="The order and the codes.")
        ],
    ) -> CouponPreview | None:
        context, actor = info.context, info.context.actor
        require_for_input(actor, input, ("input",))
        findings, ids = Findings(), input.line_item_ids
        if input.codes is None and not actor.is_buyer and _LISTS not in actor.scopes:
            findings.add(
                ErrorCode.FIELD_REQUIRED,
                f"Name the codes: trying all coupons of the shop needs the scope {_LISTS}.",
                "codes",
            )
        try:
            order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
            lines = None if ids is None else read_lines(findings, ids, "lineItemIds")
            findings.settle()
            found = await taxed_by(
                context.services.orders.taxes,
                actor.environment_id,
                lambda: try_coupons(context.viewer, order_id, input.codes, lines),
            )
        except (Problem, Problems) as problem:
            return CouponPreview(user_errors=refused(problem))
        return CouponPreview.of(found)
