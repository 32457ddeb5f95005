"""Asking what an order would come to."""

from typing import Annotated

import strawberry

from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.orders import drafting
from ordergraph.commerce.taxes.asking import taxed_by
from ordergraph.core.problems import Findings, Problem, Problems
from ordergraph.graph.context import Context, Info
from ordergraph.graph.fields import query
from ordergraph.graph.mutation import refused
from ordergraph.graph.orders.draft_inputs import OrderDraftInput
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.orders.preview_types import OrderPreview
from ordergraph.graph.scopes import require_for_input


def previewed(context: Context, draft: drafting.Draft) -> OrderPreview:
    """Show a draft; what it sells is in hand already."""
    context.prime(variants_for_sale, draft.shelf.variants)
    context.prime(bundles_by_ids, draft.shelf.bundles)
    return OrderPreview.of(draft)


@strawberry.type
class PreviewQueries:
    @query(
        MERCHANT,
        "storefront.orders.write",
        description="Price a draft of an order exactly as it would be sold now. Nothing is "
        "written, held or counted; a coupon that does not qualify is skipped and told.",
    )
    async def preview_order(
        self,
        info: Info,
        input: Annotated[OrderDraftInput, strawberry.argument(description="The draft.")],
    ) -> OrderPreview | None:
        context = info.context
        require_for_input(context.actor, input, ("input",))
        findings = Findings()
        try:
            wanted = input.read_draft(findings, is_buyer=context.actor.is_buyer)
            draft = await taxed_by(
                context.services.orders.taxes,
                context.actor.environment_id,
                lambda: drafting.preview_order(context.viewer, wanted, findings),
            )
        except (Problem, Problems) as problem:
            return OrderPreview(user_errors=refused(problem))
        return previewed(context, draft)
