"""Adding tips to orders, changing them and taking them off."""

import strawberry

from ordergraph.commerce.orders import tipping
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.graph.context import Context
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.mutation import mutation
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.orders.payloads import AddTipPayload, RemoveTipPayload, UpdateTipPayload
from ordergraph.graph.orders.tip_inputs import AddTipInput, RemoveTipInput, UpdateTipInput
from ordergraph.runtime.actor import Actor

_BOTH = (MERCHANT, "storefront.orders.write")


async def add_tip(context: Context, actor: Actor, input: AddTipInput) -> AddTipPayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    findings.settle()
    order = await tipping.add_tip(
        context.services.orders, actor, order_id, input.read(), input.expected_version
    )
    return AddTipPayload(order=order)  # pyright: ignore[reportArgumentType]


async def update_tip(context: Context, actor: Actor, input: UpdateTipInput) -> UpdateTipPayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    tip_id = noted(findings, Prefix.TIP, input.tip_id, "tipId") or NOTHING
    findings.settle()
    order = await tipping.update_tip(
        context.services.orders, actor, order_id, tip_id, input.read(), input.expected_version
    )
    return UpdateTipPayload(order=order)  # pyright: ignore[reportArgumentType]


async def remove_tip(context: Context, actor: Actor, input: RemoveTipInput) -> RemoveTipPayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    tip_id = noted(findings, Prefix.TIP, input.tip_id, "tipId") or NOTHING
    findings.settle()
    order = await tipping.remove_tip(
        context.services.orders, actor, order_id, tip_id, input.expected_version
    )
    return RemoveTipPayload(order=order)  # pyright: ignore[reportArgumentType]


@strawberry.type
class TipMutations:
    add_tip = mutation(
        *_BOTH, description="Add a tip to an open order; a buyer's replaces the earlier one."
    )(add_tip)
    update_tip = mutation(*_BOTH, description="Change a tip of an open order.")(update_tip)
    remove_tip = mutation(*_BOTH, description="Take a tip off an open order.")(remove_tip)
