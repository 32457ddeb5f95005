"""Attributing tips to the payments that settled them (TIP-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, select

from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.commerce.payments.tables import PaymentRow
from ordergraph.core.money import Money, allocate
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


async def tips_by_payments(
    reader: Reader, order_ids: Sequence[UUID]
) -> Mapping[UUID, Mapping[UUID, Money]]:
    """Return what each payment of these orders has of the order's tips, by order and payment.

    The tips are allocated over the captured amounts, the oldest payment first. An order that was
    never paid in full is left out: its tips are not settled.
    """
    captured: dict[UUID, dict[UUID, int]] = {}
    tips: dict[UUID, Money] = {}
    for order_id, minor, currency, payment_id, amount in await reader.fetch(
        _CAPTURED, {"orders": order_ids}
    ):
        tips[order_id] = Money(minor, currency)
        captured.setdefault(order_id, {})[payment_id] = amount
    return {id: _shares(tips[id], payments) for id, payments in captured.items()}


def _shares(tip: Money, captured: Mapping[UUID, int]) -> Mapping[UUID, Money]:
    shares = allocate(tip.minor, tuple(captured.values()))
    return {
        id: Money(share, tip.currency) for id, share in zip(captured.keys(), shares, strict=True)
    }


_OF_ORDER = and_(
    PaymentRow.environment_id == OrderRow.environment_id, PaymentRow.order_id == OrderRow.id
)
_CAPTURED = Prepared(
    select(
        OrderRow.id,
        OrderRow.tip_minor,
        OrderRow.currency,
        PaymentRow.id.label("payment_id"),
        PaymentRow.amount_minor,
    )
    .join(PaymentRow, _OF_ORDER)
    .where(
        within(OrderRow),
        OrderRow.id == any_(bindparam("orders", type_=ARRAY(Uuid))),
        OrderRow.paid_at.is_not(None),
    )
    .order_by(PaymentRow.captured_at, PaymentRow.id)
)
