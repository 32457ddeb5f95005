"""Changing coupons."""

import strawberry

from ordergraph.commerce.coupons import offering
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import Findings
from ordergraph.graph.context import Context
from ordergraph.graph.coupons.inputs import (
    CreateCouponInput,
    DeleteCouponInput,
    UpdateCouponInput,
    read_changes,
)
from ordergraph.graph.coupons.types import Coupon
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.runtime.actor import Actor


@strawberry.type(description="What createCoupon answers.")
class CreateCouponPayload(Payload):
    coupon: Coupon | None = strawberry.field(default=None, description="The new coupon.")


@strawberry.type(description="What updateCoupon answers.")
class UpdateCouponPayload(Payload):
    coupon: Coupon | None = strawberry.field(default=None, description="The coupon as it is now.")


@strawberry.type(description="What deleteCoupon answers.")
class DeleteCouponPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the coupon that is gone."
    )


async def create_coupon(
    context: Context, actor: Actor, input: CreateCouponInput
) -> CreateCouponPayload:
    findings = Findings()
    coupon = await offering.create_coupon(
        context.services.database, actor, read_changes(input, findings), findings
    )
    return CreateCouponPayload(coupon=coupon)  # pyright: ignore[reportArgumentType]


async def update_coupon(
    context: Context, actor: Actor, input: UpdateCouponInput
) -> UpdateCouponPayload:
    findings = Findings()
    coupon = await offering.update_coupon(
        context.services.database,
        actor,
        decode(Prefix.COUPON, input.id, ("id",)),
        read_changes(input, findings),
        input.expected_version,
        findings,
    )
    return UpdateCouponPayload(coupon=coupon)  # pyright: ignore[reportArgumentType]


async def delete_coupon(
    context: Context, actor: Actor, input: DeleteCouponInput
) -> DeleteCouponPayload:
    id = decode(Prefix.COUPON, input.id, ("id",))
    await offering.delete_coupon(context.services.database, actor, id)
    return DeleteCouponPayload(deleted_id=input.id)


@strawberry.type
class CouponMutations:
    create_coupon = mutation(
        "commerce.promotions.write", description="Make a coupon of a percentage or an amount."
    )(create_coupon)
    update_coupon = mutation(
        "commerce.promotions.write",
        description="Change a coupon; open orders follow with their next change, paid ones never.",
    )(update_coupon)
    delete_coupon = mutation(
        "commerce.promotions.write",
        description="Delete a coupon for good; it takes nothing off open orders any more.",
    )(delete_coupon)
