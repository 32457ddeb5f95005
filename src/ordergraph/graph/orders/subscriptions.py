"""Following orders: every event once and in order, from a cursor or from now on."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from ordergraph.commerce.orders import reads
from ordergraph.commerce.orders.events import PREFIX, OrderEventType
from ordergraph.commerce.orders.lifecycle import OrderPaymentStatus, OrderSource, OrderStatus
from ordergraph.commerce.orders.rules import Order as CoreOrder
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.money import Money as CoreMoney
from ordergraph.core.problems import not_found
from ordergraph.graph.context import Context, Info
from ordergraph.graph.fields import subscription
from ordergraph.graph.following import Resume, every_event, feed_of, followed, resumed
from ordergraph.graph.money import DateTime, Money
from ordergraph.graph.orders.types import READ, Order
from ordergraph.runtime.events.live import Live
from ordergraph.runtime.events.log import LogEvent

_READINGS = 50
_PAUSE_SECONDS = 0.02
"""How often, and how far apart, a state is read until the log has come up with it."""


class Told:
    """One event as it is shown: its scalars are as of then, the order is read when asked for."""

    __slots__ = (
        "balance",
        "cursor",
        "occurred_at",
        "order_id",
        "payment_status",
        "status",
        "type",
        "version",
    )

    def __init__(
        self,
        cursor: str,
        type: OrderEventType,
        occurred_at: datetime,
        version: int,
        status: OrderStatus,
        payment_status: OrderPaymentStatus,
        balance: CoreMoney,
        order_id: UUID,
    ) -> None:
        self.cursor = cursor
        self.type = type
        self.occurred_at = occurred_at
        self.version = version
        self.status = status
        self.payment_status = payment_status
        self.balance = balance
        self.order_id = order_id


@strawberry.type(description="Something that happened to an order.")
class OrderEvent:
    cursor: str = strawberry.field(description="Send it as `after` to go on behind this event.")
    type: OrderEventType = strawberry.field(description="What happened.")
    occurred_at: DateTime = strawberry.field(description="When it happened.")
    version: int = strawberry.field(description="The order's version after it.")
    status: OrderStatus = strawberry.field(description="The order's status after it.")
    payment_status: OrderPaymentStatus = strawberry.field(
        description="How far the order was paid after it."
    )
    balance: Money = strawberry.field(description="What was due after it.")

    @strawberry.field(description="The order as it is now: never older than the event.")
    async def order(self, root: strawberry.Parent[Told], info: Info) -> Order | None:
        return await info.context.load(reads.orders_by_ids, root.order_id)  # pyright: ignore[reportReturnType]


@strawberry.input(description="Which events a subscriber gets; every condition must hold.")
class OrderEventFilter:
    status: list[OrderStatus] | None = strawberry.field(
        default=None,
        description="The status was one of these before or after the event, so that nothing "
        "stays on a screen for ever.",
    )
    source: list[OrderSource] | None = strawberry.field(
        default=None, description="The order was made by one of these surfaces."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="The order is for this customer."
    )
    placed: bool | None = strawberry.field(
        default=True, description="True: placed orders, the default. False: carts. Null: both."
    )


@strawberry.type(description="What is pushed.")
class OrderSubscriptions:
    @subscription(
        *READ,
        description="One order. Without `after` it opens with a SNAPSHOT of the present state, "
        "with it it replays what came later; then it goes live.",
    )
    async def order_updated(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The order.")],
        after: Resume = None,
    ) -> AsyncGenerator[OrderEvent]:
        context = info.context
        order_id = decode(Prefix.ORDER, id, ("id",))
        if await _present(context, order_id) is None:
            raise not_found("order", "id")
        feed = feed_of(context, order_id, _told)
        position = None if after is None else await resumed(context, after)
        while True:
            if position is None:
                position, snapshot = await _snapshot(context, order_id)
                yield snapshot  # pyright: ignore[reportReturnType]
            async for told in followed(Live(feed, position, context.forget)):
                yield told  # pyright: ignore[reportReturnType]
            # Who falls too far behind skips to the present state.
            position = None

    @subscription(
        "commerce.orders.read",
        description="Every event of the orders. Without `after` live only, with it what came "
        "later is replayed first, in order, without a gap or a repeat. A websocket that does not "
        "take its events is closed with 4410: subscribe again after the last cursor you got.",
    )
    async def order_events(
        self,
        info: Info,
        after: Resume = None,
        filter: Annotated[
            OrderEventFilter | None, strawberry.argument(description="Which events are wanted.")
        ] = None,
    ) -> AsyncGenerator[OrderEvent]:
        shown = _Wanted(filter or OrderEventFilter()).shown
        async for told in every_event(info.context, after, shown):
            yield told


class _Wanted:
    """The filter of one subscriber, decided from an event's own scalars."""

    def __init__(self, wanted: OrderEventFilter) -> None:
        self._statuses = _values(wanted.status)
        self._sources = _values(wanted.source)
        self._placed = wanted.placed
        self._customer = None
        if wanted.customer_id is not None:
            path = ("filter", "customerId")
            self._customer = str(decode(Prefix.CUSTOMER, wanted.customer_id, path))

    def shown(self, event: LogEvent) -> Told | None:
        """Return what is told of an event, if it is wanted."""
        told = _told(event)
        return told if told is not None and self._admits(event.payload) else None

    def _admits(self, payload: Any) -> bool:
        statuses = {payload["status"], payload["statusBefore"]}
        return (
            (self._statuses is None or not self._statuses.isdisjoint(statuses))
            and (self._sources is None or payload["source"] in self._sources)
            and (self._placed is None or payload["placed"] is self._placed)
            and (self._customer is None or payload["customerId"] == self._customer)
        )


def _values(members: Any) -> frozenset[str] | None:
    return None if members is None else frozenset(member.value for member in members)


async def _snapshot(context: Context, order_id: UUID) -> tuple[int, Told]:
    """Return the present state and the position of its last event.

    The position is read first, so that no change can fall between. A state that is ahead of it is
    read again, so that no change which it shows already is told once more.
    """
    environment_id = context.actor.environment_id
    log = context.services.following.log
    readings = 0
    while True:
        position = await log.head(environment_id)
        order = await _present(context, order_id)
        readings += 1
        if readings == _READINGS or not await log.has_newer(environment_id, position, order_id):
            break
        await asyncio.sleep(_PAUSE_SECONDS)
    if order is None:
        raise not_found("order", "id")
    balance = CoreMoney(order.net.balance, order.currency)
    return position, Told(
        log.cursor(environment_id, position),
        OrderEventType.SNAPSHOT,
        order.updated_at,
        order.version,
        order.status,
        order.payment_status,
        balance,
        order.id,
    )


async def _present(context: Context, order_id: UUID) -> CoreOrder | None:
    context.forget()
    return await context.load(reads.orders_by_ids, order_id)


def _told(event: LogEvent) -> Told | None:
    if not event.type.startswith(PREFIX):
        return None
    payload = event.payload
    return Told(
        event.cursor,
        OrderEventType(event.type.removeprefix(PREFIX)),
        event.occurred_at,
        payload["version"],
        OrderStatus(payload["status"]),
        OrderPaymentStatus(payload["paymentStatus"]),
        CoreMoney(payload["balance"], payload["currency"]),
        event.subject_id,
    )
