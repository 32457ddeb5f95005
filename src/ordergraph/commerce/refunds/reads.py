"""Looking refunds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)

from ordergraph.commerce.catalog.building import variant_of
from ordergraph.commerce.catalog.reads import sold_variants
from ordergraph.commerce.catalog.rules import Variant
from ordergraph.commerce.catalog.tables import VariantRow
from ordergraph.commerce.orders.itemizing import ShownLine
from ordergraph.commerce.orders.reads import WHOLE, order_of, parts_of, shown, shown_order_of
from ordergraph.commerce.orders.rules import Order, ShownOrder
from ordergraph.commerce.orders.tables import LineItemRow, OrderRow
from ordergraph.commerce.refunds.itemizing import Itemized
from ordergraph.commerce.refunds.lifecycle import LegStatus, RefundReason, RefundStatus
from ordergraph.commerce.refunds.tables import PaymentRefundRow, RefundRow
from ordergraph.core.money import Money
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.prepared import Prepared, Record, maker
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader, Transaction


@dataclass(slots=True)
class PaymentRefund:
    """What a refund gives back of one payment, in minor units of `currency`."""

    id: UUID
    refund_id: UUID
    position: int
    payment_id: UUID
    attempt_id: UUID
    amount_minor: int
    currency: str
    status: LegStatus
    failure_reason: str | None
    reference: str | None
    sent_at: datetime | None
    completed_at: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(slots=True)
class Refund(Itemized):
    """Money given back from payments of an order; amounts are minor units of `currency`.

    `failed_minor` of the amount did not go back; `taken_back` is what was undone of the reversal
    for it. The parts for each payment stand in the order in which they were chosen.
    """

    id: UUID
    order_id: UUID
    amount_minor: int
    failed_minor: int
    currency: str
    status: RefundStatus
    reason: RefundReason | None
    reason_message: str | None
    failure_reason: str | None
    reversal: dict[str, Any]
    taken_back: dict[str, Any] | None
    metadata: dict[str, str]
    external_reference_id: str | None
    told: bool
    lease_until: datetime
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    payment_refunds: list[PaymentRefund] = field(default_factory=list[PaymentRefund])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def failed(self) -> Money:
        """How much of it did not go back."""
        return Money(self.failed_minor, self.currency)


class ShownVariants(Enum):
    """How much is shown of the variants of an order's lines; merchants alone may take `NAMED`."""

    NONE = "none"
    NAMED = "named"
    WHOLE = "whole"


class FullOrder(NamedTuple):
    """An order, its refunds, the oldest first, and the variants of its lines by id."""

    order: Order | ShownOrder[ShownLine]
    refunds: list[Refund]
    variants: Mapping[UUID, Variant]


async def refunds_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Refund]:
    """Return the refunds among `ids` that this caller may see, by id."""
    refunds = map(refund_of, await reader.fetch(_BY_IDS, {"ids": ids}))
    return {refund.id: refund for refund in refunds if _visible(reader, refund.order_id)}


async def refunds_by_orders(
    reader: Reader, order_ids: Sequence[UUID]
) -> Mapping[UUID, list[Refund]]:
    """Return each order's refunds, the oldest first."""
    found: dict[UUID, list[Refund]] = {id: [] for id in order_ids}
    for refund in map(refund_of, await reader.fetch(_BY_ORDERS, {"ids": order_ids})):
        if _visible(reader, refund.order_id):
            found[refund.order_id].append(refund)
    return found


async def order_in_full(
    reader: Reader, id: UUID, *, whole: bool, variants: ShownVariants
) -> FullOrder | None:
    """Return an order that this caller may see with what belongs to it, in one statement.

    Order, refunds and variants are as `orders_by_ids`, `refunds_by_orders` and `variants_for_sale`
    give them; an order that is not read `whole` is a `ShownOrder`, whose lines alone have the
    names of their variants.
    """
    if not _visible(reader, id):
        return None
    statement = _in_full(whole=whole, variants=variants, is_buyer=reader.actor.is_buyer)
    for *row, refunds, found in await reader.fetch(statement, {"wanted": id}):
        sold = {variant.id: variant for variant in map(variant_of, found)}
        order = order_of(row) if whole else shown_order_of(row)
        return FullOrder(order, [refund_of(each) for each in refunds], sold)
    return None


async def lock_refund(tx: Transaction, id: UUID) -> Refund | None:
    """Lock a refund and return it; its order is locked first (CON-2)."""
    rows = await tx.fetch(_LOCKED, {"ids": [id]})
    return refund_of(rows[0]) if rows else None


def _visible(reader: Reader, order_id: UUID) -> bool:
    return not reader.actor.is_buyer or order_id == reader.actor.order_id


def refund_of(row: Record) -> Refund:
    """Make a refund of a row of `COLUMNS`."""
    *values, legs = row
    refund = _scalars(values)
    refund.payment_refunds = [_leg(each) for each in legs]
    return refund


def _beside() -> Any:
    """Select the parts of a refund beside it."""
    leg = PaymentRefundRow
    legs = (
        select(func.row(*_LEG_COLUMNS))
        .where(leg.environment_id == RefundRow.environment_id, leg.refund_id == RefundRow.id)
        .order_by(leg.position)
        .correlate(RefundRow)
    )
    return func.array(legs.scalar_subquery()).label("payment_refunds")


_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_LEG_COLUMNS = columns_of(PaymentRefundRow, PaymentRefund)
_leg = maker(PaymentRefund, _LEG_COLUMNS)
_SCALARS = columns_of(RefundRow, Refund)
_scalars = maker(Refund, _SCALARS)
COLUMNS: tuple[Any, ...] = (*_SCALARS, _beside())
REFUNDS = select(*COLUMNS).where(within(RefundRow))
_OF_IDS = REFUNDS.where(RefundRow.id == _IDS)
_BY_IDS = Prepared(_OF_IDS)
_LOCKED = Prepared(_OF_IDS.with_for_update(of=RefundRow))
_NO_ROWS: ColumnElement[Any] = literal_column("'{}'::record[]")
_BY_ORDERS = Prepared(
    REFUNDS.where(RefundRow.order_id == _IDS).order_by(RefundRow.created_at, RefundRow.id)
)


@cache
def _in_full(*, whole: bool, variants: ShownVariants, is_buyer: bool) -> Prepared:
    line, found = LineItemRow, _NO_ROWS
    if variants is ShownVariants.WHOLE:
        found = sold_variants(
            OrderRow,
            VariantRow.environment_id == line.environment_id,
            VariantRow.id == line.variant_id,
            line.environment_id == OrderRow.environment_id,
            line.order_id == OrderRow.id,
            is_buyer=is_buyer,
        )
    order = WHOLE if whole else shown(named=variants is ShownVariants.NAMED)
    return Prepared(
        select(*order, parts_of(COLUMNS, RefundRow, "created_at"), found).where(
            within(OrderRow), OrderRow.id == bindparam("wanted")
        )
    )
