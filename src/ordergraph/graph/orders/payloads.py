"""What the mutations of orders answer."""

import strawberry

from ordergraph.graph.mutation import Payload
from ordergraph.graph.orders.types import Order
from ordergraph.graph.payments.types import PaymentAttempt


@strawberry.type(description="What a change of an order answers.")
class OrderPayload(Payload):
    order: Order | None = strawberry.field(default=None, description="The order after it.")


@strawberry.type(description="What createOrder answers.")
class CreateOrderPayload(OrderPayload):
    client_secret: str | None = strawberry.field(
        default=None,
        description="Opens this one order to its buyer, beside a publishable key, in the header "
        "Ordergraph-Order-Secret. It is not shown again.",
    )


@strawberry.type(description="What rotateOrderSecret answers.")
class RotateOrderSecretPayload(OrderPayload):
    client_secret: str | None = strawberry.field(
        default=None, description="The new secret; the old one opens nothing any more."
    )


@strawberry.type(description="What addLineItems answers.")
class AddLineItemsPayload(OrderPayload):
    pass


@strawberry.type(description="What updateLineItem answers.")
class UpdateLineItemPayload(OrderPayload):
    pass


@strawberry.type(description="What removeLineItems answers.")
class RemoveLineItemsPayload(OrderPayload):
    pass


@strawberry.type(description="What applyCoupon answers.")
class ApplyCouponPayload(OrderPayload):
    pass


@strawberry.type(description="What addDiscount answers.")
class AddDiscountPayload(OrderPayload):
    pass


@strawberry.type(description="What removeDiscount answers.")
class RemoveDiscountPayload(OrderPayload):
    pass


@strawberry.type(description="What addTip answers.")
class AddTipPayload(OrderPayload):
    pass


@strawberry.type(description="What updateTip answers.")
class UpdateTipPayload(OrderPayload):
    pass


@strawberry.type(description="What removeTip answers.")
class RemoveTipPayload(OrderPayload):
    pass


@strawberry.type(description="What addCharge answers.")
class AddChargePayload(OrderPayload):
    pass


@strawberry.type(description="What updateCharge answers.")
class UpdateChargePayload(OrderPayload):
    pass


@strawberry.type(description="What removeCharge answers.")
class RemoveChargePayload(OrderPayload):
    pass


@strawberry.type(description="What updateOrder answers.")
class UpdateOrderPayload(OrderPayload):
    pass


@strawberry.type(description="What closeOrder answers.")
class CloseOrderPayload(OrderPayload):
    pass


@strawberry.type(description="What resolveInventoryException answers.")
class ResolveInventoryExceptionPayload(OrderPayload):
    pass


@strawberry.type(
    description="What pay answers. A payment that failed is there as an attempt with its error."
)
class PayPayload(OrderPayload):
    attempt: PaymentAttempt | None = strawberry.field(
        default=None, description="This run of paying; null where nothing was due."
    )
