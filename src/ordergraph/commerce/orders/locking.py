"""Locking orders: whoever changes one holds it until the change is committed (CON-2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)

from ordergraph.commerce.coupons.reads import terms_beside
from ordergraph.commerce.coupons.rules import normal_code
from ordergraph.commerce.coupons.tables import CouponRow
from ordergraph.commerce.merchants.reads import settings_beside
from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.grounding import Grounds, grounds_from, priced_on
from ordergraph.commerce.orders.lifecycle import DiscountStatus
from ordergraph.commerce.orders.reads import WHOLE, order_of
from ordergraph.commerce.orders.recording import to_book
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import stored_parts
from ordergraph.commerce.orders.tables import DiscountRow, OrderRow
from ordergraph.core.problems import not_found
from ordergraph.runtime.db.prepared import Prepared, Record, Values
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def load_order(tx: Transaction, id: UUID, *field: str) -> Order:
    """Lock an order and return it with all its parts; a missing one is not found at `field`.

    A buyer's credential opens only the order whose secret it holds. One statement: only if it had
    to wait for somebody who changed the order, the parts are older than the lock and read again.
    """
    row = await _locked(tx, _LOCKED, {"wanted": id}, field)
    return _loaded(row)


async def load_with_settings(tx: Transaction, id: UUID, *field: str) -> tuple[Order, ShopSettings]:
    """Lock an order as `load_order` does and return it with the settings of its shop."""
    *row, settings = await _locked(tx, _LOCKED_WITH_SETTINGS, {"wanted": id}, field)
    return _loaded(row), ShopSettings.stored(settings)


async def load_to_price(
    tx: Transaction,
    id: UUID,
    *field: str,
    code: str | None = None,
    coupon_id: UUID | None = None,
) -> tuple[Order, Grounds]:
    """Lock an order as `load_order` does and return it with what it is priced on.

    The grounds have the terms of the coupons on the order, and of the one with this code or id.
    """
    named = None if code is None else normal_code(code)
    values = {"wanted": id, "coupon_code": named, "coupon_id": coupon_id}
    *row, coupons, rates, shop = await _locked(tx, _LOCKED_TO_PRICE, values, field)
    return _loaded(row), grounds_from(coupons, rates, shop)


async def _locked(
    tx: Transaction, statement: Prepared, values: Values, field: Sequence[str]
) -> Record:
    if tx.actor.is_buyer and tx.actor.order_id != values["wanted"]:
        raise not_found("order", *field)
    for _ in range(2):
        for is_fresh, *row in await tx.fetch(statement, values):
            if is_fresh:
                return row
    raise not_found("order", *field)


def _loaded(row: Record) -> Order:
    order = order_of(row)
    order.stored = stored_parts(order)
    order.booked = to_book(order)
    return order


# A statement sees all tables as they were when it began; only the row that it waited for is the
# newest. Whoever changes a part writes the order too, so an order that is the one seen has its
# parts beside it.
_IS_FRESH: ColumnElement[bool] = literal_column(
    "orders.xmin = (SELECT seen.xmin FROM orders AS seen"
    " WHERE seen.environment_id = orders.environment_id AND seen.id = orders.id)"
)
_ON_ORDER: Any = func.array(
    select(DiscountRow.coupon_id)
    .where(
        DiscountRow.environment_id == OrderRow.environment_id,
        DiscountRow.order_id == OrderRow.id,
        DiscountRow.status != DiscountStatus.CANCELED,
    )
    .correlate(OrderRow)
    .scalar_subquery(),
    type_=ARRAY(Uuid),
)
_TERMS = terms_beside(
    CouponRow.id == any_(_ON_ORDER),
    CouponRow.id == bindparam("coupon_id", type_=Uuid),
    (CouponRow.code == bindparam("coupon_code", type_=Text)) & (CouponRow.status != "DELETED"),
)


def _locking(*beside: ColumnElement[Any]) -> Prepared:
    return Prepared(
        select(_IS_FRESH, *WHOLE, *beside)
        .where(within(OrderRow), OrderRow.id == bindparam("wanted"))
        .with_for_update(of=OrderRow)
    )


_LOCKED = _locking()
_LOCKED_WITH_SETTINGS = _locking(settings_beside())
_LOCKED_TO_PRICE = _locking(_TERMS, *priced_on())
