"""Locations, levels, holds and the history of stock as clients see them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from ordergraph.commerce.inventory import reads
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.payments.reads import attempts_by_ids
from ordergraph.commerce.refunds.reads import refunds_by_ids
from ordergraph.core.ids import Prefix
from ordergraph.graph.context import Info
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.inventory.enums import InventoryChangeReason
from ordergraph.graph.money import DateTime
from ordergraph.graph.nodes import findable

if TYPE_CHECKING:
    from ordergraph.graph.orders.types import Order
    from ordergraph.graph.payments.types import PaymentAttempt
    from ordergraph.graph.refunds.types import Refund

READ = "commerce.inventory.read"
READ_LOCATIONS = ("merchants.locations.read", READ)
_OrderLink = Annotated["Order", strawberry.lazy("ordergraph.graph.orders.types")]
_AttemptLink = Annotated["PaymentAttempt", strawberry.lazy("ordergraph.graph.payments.types")]
_RefundLink = Annotated["Refund", strawberry.lazy("ordergraph.graph.refunds.types")]


@strawberry.type(description="A place where stock lies, such as a shop or a warehouse.")
class Location(Node):
    source = reads.Location

    id: strawberry.ID = identified(Prefix.LOCATION)
    name: str = strawberry.field(description="What it is called.")
    is_default: bool = strawberry.field(
        description="Whether sales take from it first, and what is returned goes there."
    )
    is_open: bool = strawberry.field(description="Whether stock can lie there: not when deleted.")
    version: int = strawberry.field(description="Goes up by one with every change.")
    created_at: DateTime = strawberry.field(description="When the location was opened.")
    updated_at: DateTime = strawberry.field(description="When the location last changed.")


@strawberry.type(description="The units of a variant at one location.")
class InventoryLevel:
    on_hand: int = strawberry.field(
        description="Units there, those held for running payments included; negative where more "
        "was sold than there was."
    )

    @strawberry.field(description="The location.")
    def location(
        self, root: strawberry.Parent[reads.InventoryLevel], info: Info
    ) -> Location | None:
        return info.context.take(reads.locations_by_ids, root.location_id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="Units of a variant that a running payment keeps.")
class InventoryHold:
    id: strawberry.ID = identified(Prefix.INVENTORY_HOLD)
    quantity: int = strawberry.field(description="The units.")
    created_at: DateTime = strawberry.field(description="When they were held.")

    @scoped("commerce.orders.read", description="The order that is being paid.")
    def order(self, root: strawberry.Parent[reads.InventoryHold], info: Info) -> _OrderLink | None:
        return info.context.take(orders_by_ids, root.order_id)  # pyright: ignore[reportReturnType]

    @scoped("payments.payment_intents.read", description="The payment attempt that holds them.")
    def attempt(
        self, root: strawberry.Parent[reads.InventoryHold], info: Info
    ) -> _AttemptLink | None:
        return info.context.take(attempts_by_ids, root.attempt_id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="When they are let go if the buyer has not acted by then; null where the "
        "processor's answer decides."
    )
    async def expires_at(
        self, root: strawberry.Parent[reads.InventoryHold], info: Info
    ) -> DateTime | None:
        attempt = await info.context.load(attempts_by_ids, root.attempt_id)
        return None if attempt is None else attempt.expires_at  # pyright: ignore[reportReturnType]


@strawberry.type(description="One change of a variant's stock. Entries never change.")
class InventoryAdjustment(Node):
    source = reads.InventoryAdjustment

    id: strawberry.ID = identified(Prefix.INVENTORY_ADJUSTMENT)
    quantity_delta: int = strawberry.field(description="Units that came, or went when negative.")
    new_quantity: int = strawberry.field(
        description="Units at the location after the change, those held for running payments "
        "included."
    )
    change_reason: InventoryChangeReason = strawberry.field(description="Why the stock changed.")
    note: str | None = strawberry.field(description="What was noted beside it.")
    reference: str | None = strawberry.field(
        description="The caller's own word for it, such as the number of a delivery."
    )
    actor: str = strawberry.field(
        description="Who did it: SECRET_KEY, PUBLISHABLE_KEY, BUYER or SYSTEM, a colon, and which."
    )
    created_at: DateTime = strawberry.field(description="When the stock changed.")

    @strawberry.field(description="Where the stock changed.")
    def location(
        self, root: strawberry.Parent[reads.InventoryAdjustment], info: Info
    ) -> Location | None:
        return info.context.take(reads.locations_by_ids, root.location_id)  # pyright: ignore[reportReturnType]

    @scoped(
        "commerce.orders.read",
        description="The order that it comes from; null for a change by hand.",
    )
    def order(
        self, root: strawberry.Parent[reads.InventoryAdjustment], info: Info
    ) -> _OrderLink | None:
        if root.order_id is None:
            return None
        return info.context.take(orders_by_ids, root.order_id)  # pyright: ignore[reportReturnType]

    @scoped("commerce.refunds.read", description="The refund whose units came back, if any.")
    def refund(
        self, root: strawberry.Parent[reads.InventoryAdjustment], info: Info
    ) -> _RefundLink | None:
        if root.refund_id is None:
            return None
        return info.context.take(refunds_by_ids, root.refund_id)  # pyright: ignore[reportReturnType]


findable(Prefix.INVENTORY_ADJUSTMENT, reads.adjustments_by_ids, READ)
findable(Prefix.LOCATION, reads.locations_by_ids, *READ_LOCATIONS)
