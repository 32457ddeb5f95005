"""Putting charges on orders, changing them and taking them off."""

import strawberry

from ordergraph.commerce.orders import assessing
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.graph.context import Context
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.mutation import mutation
from ordergraph.graph.orders.charge_inputs import (
    AddChargeInput,
    RemoveChargeInput,
    UpdateChargeInput,
)
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.orders.payloads import (
    AddChargePayload,
    RemoveChargePayload,
    UpdateChargePayload,
)
from ordergraph.runtime.actor import Actor


async def add_charge(context: Context, actor: Actor, input: AddChargeInput) -> AddChargePayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    findings.settle()
    order = await assessing.add_charge(
        context.services.orders, actor, order_id, input.read(), input.expected_version
    )
    return AddChargePayload(order=order)  # pyright: ignore[reportArgumentType]


async def update_charge(
    context: Context, actor: Actor, input: UpdateChargeInput
) -> UpdateChargePayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    charge_id = noted(findings, Prefix.CHARGE, input.charge_id, "chargeId") or NOTHING
    findings.settle()
    order = await assessing.update_charge(
        context.services.orders, actor, order_id, charge_id, input.read(), input.expected_version
    )
    return UpdateChargePayload(order=order)  # pyright: ignore[reportArgumentType]


async def remove_charge(
    context: Context, actor: Actor, input: RemoveChargeInput
) -> RemoveChargePayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    charge_id = noted(findings, Prefix.CHARGE, input.charge_id, "chargeId") or NOTHING
    findings.settle()
    order = await assessing.remove_charge(
        context.services.orders, actor, order_id, charge_id, input.expected_version
    )
    return RemoveChargePayload(order=order)  # pyright: ignore[reportArgumentType]


@strawberry.type
class ChargeMutations:
    add_charge = mutation(MERCHANT, description="Put a fee such as shipping on an open order.")(
        add_charge
    )
    update_charge = mutation(MERCHANT, description="Change a charge of an open order.")(
        update_charge
    )
    remove_charge = mutation(MERCHANT, description="Take a charge off an open order.")(
        remove_charge
    )
