"""Giving money back."""

import strawberry

from ordergraph.commerce.refunds import refunding
from ordergraph.commerce.refunds.lifecycle import RefundReason
from ordergraph.commerce.refunds.rules import NewRefund, RefundedLine
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.graph.context import Context
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.money import Metadata, MoneyInput, Quantity, read_money
from ordergraph.graph.mutation import Payload, mutation, refused
from ordergraph.graph.orders.types import Order
from ordergraph.graph.refunds.types import Refund
from ordergraph.runtime.actor import Actor


@strawberry.input(description="Units of a line to give back.")
class RefundLineItemInput:
    line_item_id: strawberry.ID = strawberry.field(description="The line.")
    quantity: Quantity = strawberry.field(
        description="How many units; what was paid for them is computed, tax included."
    )


@strawberry.input(
    description="What to give back: an amount, or units of lines, or without both all that is left."
)
class RefundInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    amount: MoneyInput | None = strawberry.field(
        default=None,
        description="An amount, taken from lines and taxes in proportion. Not with lineItems.",
    )
    line_items: list[RefundLineItemInput] | None = strawberry.field(
        default=None, description="Units of lines. Not with an amount."
    )
    restock: bool | None = strawberry.field(
        default=None,
        description="Whether returned units go back on the shelf. By default those of lineItems "
        "do, and all that are left when the refund leaves nothing.",
    )
    include_tip: bool = strawberry.field(
        default=False,
        description="Whether an amount is taken from the tip too; else the tip comes last.",
    )
    reason: RefundReason | None = strawberry.field(default=None, description="Why.")
    reason_message: str | None = strawberry.field(
        default=None, description="Why, in words; at most 500 characters."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.type(description="What refund answers. A refund that failed is there with its error.")
class RefundPayload(Payload):
    refund: Refund | None = strawberry.field(default=None, description="The refund.")
    order: Order | None = strawberry.field(default=None, description="The order after it.")


async def refund(context: Context, actor: Actor, input: RefundInput) -> RefundPayload:
    done = await refunding.refund(context.services.orders, actor, _read(input))
    return RefundPayload(
        refund=done.refund,  # pyright: ignore[reportArgumentType]
        order=done.order,  # pyright: ignore[reportArgumentType]
        user_errors=refused(done.problem) if done.problem else [],
    )


def _read(input: RefundInput) -> NewRefund:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    amount = read_money(input.amount, findings, "amount", least=1) if input.amount else None
    lines = None
    if input.line_items is not None:
        lines = tuple(
            RefundedLine(
                noted(findings, Prefix.LINE_ITEM, line.line_item_id, "lineItems", at, "lineItemId")
                or NOTHING,
                line.quantity,
            )
            for at, line in enumerate(input.line_items)
        )
    findings.settle()
    return NewRefund(
        order_id=order_id,
        amount=amount,
        line_items=lines,
        restock=input.restock,
        include_tip=input.include_tip,
        reason=input.reason,
        reason_message=input.reason_message,
        metadata=input.metadata or {},
        expected_version=input.expected_version,
    )


@strawberry.type
class RefundMutations:
    refund = mutation(
        "commerce.refunds.write",
        description="Give money of a paid order back, to where it came from; taxes and stock "
        "follow. Send @idempotent.",
    )(refund)
