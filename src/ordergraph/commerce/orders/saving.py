"""Saving an order: all its parts, its timeline and its event in one statement and one version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ordergraph.commerce.orders.events import OrderEventType, order_event
from ordergraph.commerce.orders.itemizing import Activity
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import (
    ActivityRow,
    DiscountRow,
    LineItemRow,
    OrderRow,
    TipRow,
)
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.documents import insertion, upsert, write
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Before:
    """What an order was before a change; None where it is new."""

    balance: int
    status: OrderStatus | None

    @staticmethod
    def of(order: Order) -> Before:
        """Remember what the timeline and the event compare with."""
        return Before(order.net.balance, order.status)


NOTHING = Before(0, None)


@dataclass(frozen=True, slots=True)
class Told:
    """What a change is called in the timeline; `related_id` is an id as clients see it."""

    type: str
    description: str
    related_id: str | None = None


async def save_order(
    tx: Transaction,
    order: Order,
    before: Before,
    event: OrderEventType,
    *told: Told,
) -> None:
    """Write an order that has changed: one version, one event, at least one activity.

    Statuses follow from the amounts (ORD-20). The newest activity carries the whole change of the
    balance, so its running balance is the order's (ACT-1).
    """
    order.settle_statuses()
    order.version += 1
    order.updated_at = tx.now
    await _write(tx, order, _activities(tx, order, before, told))
    tx.emit(order_event(order, event, before.status))


async def keep_order(tx: Transaction, order: Order) -> None:
    """Write an order whose change is told later: while a payment or refund is on its way."""
    order.settle_statuses()
    await _write(tx, order, [])


def _activities(
    tx: Transaction, order: Order, before: Before, told: tuple[Told, ...]
) -> list[Activity]:
    balance = order.net.balance
    last = len(told) - 1
    return [
        Activity(
            id=new_id(),
            order_id=order.id,
            type=each.type,
            description=each.description,
            currency=order.currency,
            balance_delta_minor=balance - before.balance if at == last else 0,
            running_balance_minor=balance if at == last else before.balance,
            related_id=each.related_id,
            actor=f"{tx.actor.kind.value}:{tx.actor.principal}",
            request_id=tx.actor.request_id,
            created_at=tx.now,
        )
        for at, each in enumerate(told)
    ]


async def _write(tx: Transaction, order: Order, activities: list[Activity]) -> None:
    environment: UUID = tx.environment_id
    parameters: dict[str, Any] = {
        "order": write([order], OrderRow, environment),
        "lines": write(order.line_items, LineItemRow, environment),
        "discounts": write(order.applied_discounts, DiscountRow, environment),
        "tips": write(order.tips, TipRow, environment),
        "activities": write(activities, ActivityRow, environment),
        "order_id": order.id,
        "kept": [line.id for line in order.line_items],
    }
    await tx.execute(_SAVE, parameters)


_SAVE = text(
    f"""
    WITH gone AS (
        DELETE FROM order_line_items
        WHERE environment_id = :scope AND order_id = :order_id AND NOT id = ANY(:kept)
    ),
    saved AS ({upsert(OrderRow, "order")} RETURNING 1),
    lines AS ({upsert(LineItemRow, "lines")}),
    discounts AS ({upsert(DiscountRow, "discounts")}),
    tips AS ({upsert(TipRow, "tips")}),
    told AS ({insertion(ActivityRow, "activities")})
    SELECT count(*) FROM saved
    """  # noqa: S608  # made of our own tables' names, values are bound
)
