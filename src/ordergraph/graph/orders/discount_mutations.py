"""Discounting orders by hand."""

import strawberry

from ordergraph.commerce.orders import discounting
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.graph.context import Context
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.mutation import mutation
from ordergraph.graph.orders.discount_inputs import AddDiscountInput
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.orders.payloads import AddDiscountPayload
from ordergraph.runtime.actor import Actor


async def add_discount(
    context: Context, actor: Actor, input: AddDiscountInput
) -> AddDiscountPayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    order = await discounting.add_discount(
        context.services.orders, actor, order_id, input.read(findings), input.expected_version
    )
    return AddDiscountPayload(order=order)  # pyright: ignore[reportArgumentType]


@strawberry.type
class DiscountMutations:
    add_discount = mutation(
        MERCHANT,
        description="Take an amount or a percentage off an open order by hand. It stands beside "
        "coupons whatever they allow; removeDiscount takes it off again.",
    )(add_discount)
