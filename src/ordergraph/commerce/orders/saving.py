"""Saving an order: what changed, its timeline and its event in one statement and one version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE

from ordergraph.commerce.orders.events import OrderEventType, order_event
from ordergraph.commerce.orders.itemizing import Activity
from ordergraph.commerce.orders.lifecycle import DiscountStatus, OrderStatus, TipStatus
from ordergraph.commerce.orders.recording import begin_revision, is_due_whole, post, record
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import (
    ActivityRow,
    ChargeRow,
    DiscountRow,
    LineItemRow,
    OrderRow,
    TipRow,
)
from ordergraph.core.ids import new_id
from ordergraph.runtime.db import together
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.documents import insertion, replacement, upsert, values_of, write
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

MOST_CANCELED = 20
"""So many canceled tips, and so many canceled discounts, an order keeps: the newest (ORD-45)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a change is called in the timeline; `related_id` is an id as clients see it."""

    type: str
    description: str
    related_id: str | None = None


def save_order(
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
    order.updated_at = begin_revision(tx, order)
    _write(tx, order, _activities(tx, order, before, told))
    tx.emit(order_event(order, event, before.status))


def keep_order(tx: Transaction, order: Order) -> None:
    """Write an order whose change is told later: while a payment or refund is on its way."""
    order.settle_statuses()
    begin_revision(tx, order)
    _write(tx, order, [])


def forget_order(tx: Transaction, order: Order) -> None:
    """Delete an order that was there for one payment only, with all that stands on it (CHK-5)."""
    tx.defer(_FORGOTTEN, {"forgotten": order.id}, expecting=1)


def stored_parts(order: Order) -> Mapping[UUID, tuple[Any, ...]]:
    """Return the values of an order's parts as they are written, by the parts' ids."""
    return {part.id: values_of(row)(part) for row in _PARTS for part in _parts(order, row)}


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
            created_at=order.recorded_at,
        )
        for at, each in enumerate(told)
    ]


def _write(tx: Transaction, order: Order, activities: list[Activity]) -> None:
    """Have the order written with the transaction's last statement: the parts that changed.

    What it writes stays in the order's history, and what moved in its ledger (HIS-1, LED-1).
    """
    environment = tx.environment_id
    order_row = _ADDED if order.stored is None else _CHANGED
    written = {"order": write([order], OrderRow, environment)}
    tx.defer(order_row, written)
    _drop_oldest_canceled(order)
    known, order.stored = order.stored or {}, stored_parts(order)
    unchanged = {} if is_due_whole(order) else known
    left = len(order.stored)
    for row, saved in _PARTS.items():
        changed = [
            part for part in _parts(order, row) if unchanged.get(part.id) != order.stored[part.id]
        ]
        if changed:
            written[saved.name] = write(changed, row, environment)
            tx.defer(saved, written)
        left -= len(changed)
    gone = known.keys() - order.stored.keys()
    if gone:
        tx.defer(_GONE, {"gone": list(gone)})
        tx.defer(_GONE_CHARGES)
        tx.defer(_GONE_DISCOUNTS)
        tx.defer(_GONE_TIPS)
    record(tx, order, written, gone, whole=left == 0)
    post(tx, order)
    if activities:
        tx.defer(_TOLD, {"activities": write(activities, ActivityRow, environment)})


def _drop_oldest_canceled(order: Order) -> None:
    """Let go of what was taken off long ago: each change of an order reads all parts of it.

    Timeline and history still tell of it. Nothing refers to what was never paid for.
    """
    if max(len(order.tips), len(order.applied_discounts)) <= MOST_CANCELED:
        return
    tips = [tip.id for tip in order.tips if tip.status is TipStatus.CANCELED]
    discounts = [
        each.id for each in order.applied_discounts if each.status is DiscountStatus.CANCELED
    ]
    gone = {*tips[:-MOST_CANCELED], *discounts[:-MOST_CANCELED]}
    order.tips = [tip for tip in order.tips if tip.id not in gone]
    order.applied_discounts = [each for each in order.applied_discounts if each.id not in gone]


def _parts(order: Order, row: type[TenantRow]) -> Sequence[Any]:
    if row is LineItemRow:
        return order.line_items
    if row is ChargeRow:
        return order.charges
    return order.applied_discounts if row is DiscountRow else order.tips


_ADDED = together.write("added", insertion(OrderRow, "order"))
_CHANGED = together.write("changed", replacement(OrderRow, "order"))
_PARTS: Mapping[type[TenantRow], CTE] = {
    row: together.write(name, upsert(row, name))
    for row, name in (
        (LineItemRow, "lines"),
        (DiscountRow, "discounts"),
        (ChargeRow, "charges"),
        (TipRow, "tips"),
    )
}
_GONE = together.write(
    "gone",
    "DELETE FROM order_line_items WHERE environment_id = :scope AND id = ANY(:gone)",
)
_GONE_CHARGES = together.write(
    "gone_charges",
    "DELETE FROM order_charges WHERE environment_id = :scope AND id = ANY(:gone)",
)
_GONE_DISCOUNTS = together.write(
    "gone_discounts",
    "DELETE FROM order_discounts WHERE environment_id = :scope AND id = ANY(:gone)",
)
_GONE_TIPS = together.write(
    "gone_tips",
    "DELETE FROM order_tips WHERE environment_id = :scope AND id = ANY(:gone)",
)
_TOLD = together.write("told", insertion(ActivityRow, "activities"))
_FORGOTTEN = together.write(
    "order_forgotten",
    "DELETE FROM orders WHERE environment_id = :scope AND id = :forgotten AND provisional"
    " RETURNING 1",
)
