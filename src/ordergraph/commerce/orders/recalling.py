"""Recalling orders: what one was at an instant, from what its writes have left (HIS-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, bindparam, func, select, tuple_
from sqlalchemy.orm import aliased

from ordergraph.commerce.orders.itemizing import AppliedDiscount, Charge, LineItem, Tip
from ordergraph.commerce.orders.lifecycle import OrderAction
from ordergraph.commerce.orders.reads import parts_of
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import (
    ChargeRow,
    DiscountRow,
    HistoryRow,
    LineItemRow,
    OrderRow,
    TipRow,
)
from ordergraph.commerce.payments.reads import PAYMENT_COLUMNS, Payment, payment_of
from ordergraph.commerce.payments.tables import PaymentRow
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.documents import reader
from ordergraph.runtime.db.prepared import Prepared, Record, named
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


@dataclass(slots=True)
class PastOrder(Order):
    """An order as it stood at an `instant`; nothing can be asked of it any more.

    `paid_later` is when it was paid as far as is known today: what is hidden from its buyer now is
    hidden in its past too.
    """

    instant: datetime | None = None
    paid_later: datetime | None = None

    @property
    def as_of(self) -> datetime | None:
        return self.instant

    @property
    def paid_by_now(self) -> datetime | None:
        return self.paid_later

    @property
    def next_actions(self) -> list[OrderAction]:
        """Nothing: the past cannot be changed (HIS-4)."""
        return []


async def order_as_of(asker: Reader, id: UUID, instant: datetime, *field: str) -> PastOrder | None:
    """Return an order that this reader may see as it stood at an instant (HIS-1 to HIS-4).

    None before it was made, and before its history begins. A future instant is
    `INSTANT_IN_FUTURE` at `field`. One statement, which reads what was written since all parts
    were last written together.
    """
    if instant > asker.now:
        raise Problem(ErrorCode.INSTANT_IN_FUTURE, "An order has no state in the future.", field)
    if asker.actor.is_buyer and id != asker.actor.order_id:
        return None
    for row in await asker.fetch(_AS_OF, {"wanted": id, "instant": instant}):
        return _folded(row, instant)
    return None


def _folded(row: Record, instant: datetime) -> PastOrder | None:
    paid_by_now, writes, payments = row
    if not writes:
        return None
    (written,), *_, given_back = writes[-1]
    order = _order(written)
    order.instant, order.paid_later = instant, paid_by_now
    gone = {id for *_, went, _ in writes for id in went or ()}
    parts = [_parts(made, at, writes, gone) for at, made in enumerate(_MADE, start=1)]
    order.line_items, order.applied_discounts, order.charges, order.tips = parts
    for item in (*order.line_items, *order.charges):
        item.as_of = instant
    refunded = {UUID(each["id"]): each["refunded_minor"] for each in given_back or ()}
    order.payments = [
        _as_given(payment, refunded[payment.id])
        for payment in (payment_of(_payment(each)) for each in payments)
        if payment.id in refunded
    ]
    return order


def _parts(made: _Part, at: int, writes: Sequence[Record], gone: set[UUID]) -> Any:
    """Return the parts of one kind as they were last written, but for those that went."""
    known = {each["id"]: each for write in writes for each in write[at] or ()}
    parts = [made.of(each) for id, each in known.items() if UUID(id) not in gone]
    return sorted(parts, key=lambda part: (getattr(part, made.by), part.id))


def _as_given(payment: Payment, refunded_minor: int) -> Payment:
    return replace(payment, refunded=Money(refunded_minor, payment.amount.currency))


class _Part(NamedTuple):
    of: Callable[[Mapping[str, Any]], Any]
    by: str


_MADE = (
    _Part(reader(LineItem, LineItemRow), "position"),
    _Part(reader(AppliedDiscount, DiscountRow), "applied_at"),
    _Part(reader(Charge, ChargeRow), "created_at"),
    _Part(reader(Tip, TipRow), "created_at"),
)
_order = reader(PastOrder, OrderRow)
_payment = named(PAYMENT_COLUMNS)


def _history() -> Any:
    """Select what was written of an order by an instant, from when all parts were last written."""
    row: Any = aliased(HistoryRow)
    last: Any = aliased(HistoryRow)
    of_order = (row.environment_id == OrderRow.environment_id, row.order_id == OrderRow.id)
    by_then = row.recorded_at <= bindparam("instant", type_=DateTime(timezone=True))
    whole = (
        select(last.recorded_at, last.revision)
        .where(
            last.environment_id == OrderRow.environment_id,
            last.order_id == OrderRow.id,
            last.recorded_at <= bindparam("instant", type_=DateTime(timezone=True)),
            last.whole,
        )
        .order_by(last.recorded_at.desc(), last.revision.desc())
        .limit(1)
        .correlate(OrderRow)
        .scalar_subquery()
    )
    parts = (row.lines, row.discounts, row.charges, row.tips)
    writes = (
        select(func.row(row.written, *parts, row.gone, row.given_back))
        .where(*of_order, by_then, tuple_(row.recorded_at, row.revision) >= whole)
        .order_by(row.recorded_at, row.revision)
        .correlate(OrderRow)
    )
    return func.array(writes.scalar_subquery())


_AS_OF = Prepared(
    select(
        OrderRow.paid_at, _history(), parts_of(PAYMENT_COLUMNS, PaymentRow, "captured_at")
    ).where(within(OrderRow), OrderRow.id == bindparam("wanted"))
)
