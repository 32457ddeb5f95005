"""Showing what a refund would give back and leave behind, without making it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from ordergraph.commerce.merchants.reads import settings_beside
from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.reads import WHOLE, order_of
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.commerce.payments.reads import Payment
from ordergraph.commerce.refunds.asking import check_payment
from ordergraph.commerce.refunds.itemizing import Itemized
from ordergraph.commerce.refunds.planning import plan
from ordergraph.commerce.refunds.refunding import apply, order_id_of
from ordergraph.commerce.refunds.rules import NewRefund
from ordergraph.core.money import Money
from ordergraph.core.problems import not_found
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


@dataclass(frozen=True, slots=True)
class Tendered:
    """What would go back to one payment."""

    payment: Payment
    amount: Money


@dataclass(frozen=True, slots=True)
class Preview(Itemized):
    """A refund that was not made, and the order as it would be after it."""

    currency: str
    reversal: dict[str, Any]
    amount: Money
    payments: list[Tendered]
    order: Order


async def preview_refund(reader: Reader, wanted: NewRefund) -> Preview:
    """Return what `refund` would do at this moment, or raise what it would refuse it with.

    Nothing is locked or written, so the order may move on before the refund is made: send its
    version as `expected_version` then.
    """
    id = await order_id_of(reader, wanted)
    if reader.actor.is_buyer and reader.actor.order_id != id:
        raise not_found("order", "orderId")
    rows = await reader.fetch(_WITH_SETTINGS, {"wanted": id})
    if not rows:
        raise not_found("order", "orderId")
    *row, settings = rows[0]
    order = order_of(row)
    await check_payment(reader, order, wanted)
    made = plan(order, wanted, ShopSettings.stored(settings))
    apply(order, made)
    order.settle_statuses()
    payments = {payment.id: payment for payment in order.payments}
    return Preview(
        order.currency,
        made.document(order),
        Money(made.reversal.money, order.currency),
        [
            Tendered(payments[leg.payment_id], Money(leg.amount, order.currency))
            for leg in made.legs
        ],
        order,
    )


_WITH_SETTINGS = Prepared(
    select(*WHOLE, settings_beside()).where(within(OrderRow), OrderRow.id == bindparam("wanted"))
)
