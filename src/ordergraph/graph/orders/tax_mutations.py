"""Overriding how orders are taxed."""

import strawberry

from ordergraph.commerce.orders.overriding import update_order_tax as override
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.core.sparse import OMITTED
from ordergraph.graph.context import Context
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.mutation import mutation
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.orders.payloads import OrderPayload
from ordergraph.graph.orders.tax_inputs import UpdateOrderTaxInput
from ordergraph.graph.sparse import sent
from ordergraph.runtime.actor import Actor


@strawberry.type(description="What updateOrderTax answers.")
class UpdateOrderTaxPayload(OrderPayload):
    pass


async def update_order_tax(
    context: Context, actor: Actor, input: UpdateOrderTaxInput
) -> UpdateOrderTaxPayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    components = sent(input.components)
    if components is not OMITTED and components is not None:
        components = [
            each.read(findings, "components", str(at)) for at, each in enumerate(components)
        ]
    findings.settle()
    order = await override(
        context.services.orders,
        actor,
        order_id,
        exempt=sent(input.exempt),
        components=components,
        expected_version=input.expected_version,
    )
    return UpdateOrderTaxPayload(order=order)  # pyright: ignore[reportArgumentType]


@strawberry.type
class OrderTaxMutations:
    update_order_tax = mutation(
        MERCHANT,
        description="Exempt an open order from tax, or supply the taxes it bears instead of those "
        "that the server finds.",
    )(update_order_tax)
