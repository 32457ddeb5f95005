"""Giving money back."""

import strawberry

from ordergraph.commerce.refunds import refunding
from ordergraph.commerce.refunds.annotating import RefundNotes, annotate_refund
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.context import Context
from ordergraph.graph.money import Metadata
from ordergraph.graph.mutation import Payload, mutation, refused
from ordergraph.graph.orders.types import Order
from ordergraph.graph.refunds.inputs import RefundInput, read_refund
from ordergraph.graph.refunds.types import Refund
from ordergraph.graph.sparse import sent
from ordergraph.runtime.actor import Actor


@strawberry.type(description="What refund answers. A refund that failed is there with its error.")
class RefundPayload(Payload):
    refund: Refund | None = strawberry.field(default=None, description="The refund.")
    order: Order | None = strawberry.field(default=None, description="The order after it.")


async def refund(context: Context, actor: Actor, input: RefundInput) -> RefundPayload:
    done = await refunding.refund(context.services.orders, actor, read_refund(input))
    return RefundPayload(
        refund=done.refund,  # pyright: ignore[reportArgumentType]
        order=done.order,  # pyright: ignore[reportArgumentType]
        user_errors=refused(done.problem) if done.problem else [],
    )


@strawberry.input(description="What changes of a refund; what is left out stays as it is.")
class UpdateRefundInput:
    refund_id: strawberry.ID = strawberry.field(description="The refund.")
    metadata: Metadata | None = strawberry.field(
        default=strawberry.UNSET, description="Merged key by key; {} or null clears all."
    )
    external_reference_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The caller's own name for the refund; null clears it.",
    )


@strawberry.type(description="What updateRefund answers.")
class UpdateRefundPayload(Payload):
    refund: Refund | None = strawberry.field(default=None, description="The refund after it.")


async def update_refund(
    context: Context, actor: Actor, input: UpdateRefundInput
) -> UpdateRefundPayload:
    notes = RefundNotes(
        metadata=sent(input.metadata), external_reference_id=sent(input.external_reference_id)
    )
    id = decode(Prefix.REFUND, input.refund_id, ("refundId",))
    refund = await annotate_refund(context.services.orders.database, actor, id, notes)
    return UpdateRefundPayload(refund=refund)  # pyright: ignore[reportArgumentType]


@strawberry.type
class RefundMutations:
    refund = mutation(
        "commerce.refunds.write",
        description="Give money of a paid order back, to where it came from; taxes and stock "
        "follow. Send @idempotent.",
    )(refund)
    update_refund = mutation(
        "commerce.refunds.write",
        description="Change the merchant's own notes on a refund; nothing else of it changes.",
    )(update_refund)
