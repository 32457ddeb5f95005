"""Recording orders: every write leaves what it wrote, so that the past can be read (HIS-1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from ordergraph.commerce.accounting.lifecycle import PostingKind
from ordergraph.commerce.accounting.rules import NOTHING, Booked, Posting, sale
from ordergraph.commerce.accounting.tables import PostingRow
from ordergraph.commerce.orders.lifecycle import CloseKind
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.ids import new_id
from ordergraph.runtime.db import together
from ordergraph.runtime.db.documents import insertion, write_rows
from ordergraph.runtime.db.transaction import Transaction

MOST_APART = 50
"""After so many writes all parts are written, whether they changed or not: no more is ever read to
know what an order was."""

PARTS = ("lines", "discounts", "charges", "tips")
"""The parameters that bear the parts of an order to the database."""


def begin_revision(tx: Transaction, order: Order) -> datetime:
    """Count one more write of an order and return its instant, never one before the last.

    A transaction that waited for another began before it ended.
    """
    order.revision += 1
    order.recorded_at = max(tx.now, order.recorded_at)
    return order.recorded_at


def is_due_whole(order: Order) -> bool:
    """Whether the write under way has all parts, whether they changed or not."""
    return order.revision % MOST_APART == 0


def record(
    tx: Transaction,
    order: Order,
    written: Mapping[str, str],
    gone: Collection[UUID],
    *,
    whole: bool,
) -> None:
    """Leave what is written of an order by the transaction's last statement, from what it carries.

    `written` has the parameters of that statement by name; `whole` says that it has all parts.
    """
    given_back = [{"id": each.id, "refunded_minor": each.refunded.minor} for each in order.payments]
    values: dict[str, Any] = {
        **dict.fromkeys(PARTS),
        **written,
        "history_of": order.id,
        "recorded_at": order.recorded_at,
        "revision": order.revision,
        "whole": whole,
        "gone": list(gone) or None,
        "given_back": write_rows(given_back, tx.environment_id) if given_back else None,
    }
    tx.defer(_RECORDED, values)


def post(tx: Transaction, order: Order) -> None:
    """Write the movements of an order's money that came with a change of it (LED-1).

    What a placed order comes to is posted as it changes, and taken back when it is closed without
    ever having been paid (LED-2, LED-3).
    """
    booked = to_book(order)
    kind = PostingKind.VOID if is_void(order) else PostingKind.SALE
    change = sale(order.booked, booked, kind)
    postings = [*([] if change.is_empty else [change]), *order.postings]
    order.booked, order.postings = booked, []
    if postings:
        rows = [_row(order, each) for each in postings]
        tx.defer(_POSTED, {"postings": write_rows(rows, tx.environment_id)})


def to_book(order: Order) -> Booked:
    """Return what the ledger has of a sale: nothing of a cart, all of a placed order.

    Of a void one it has only what refunds undid, so that with theirs nothing is left.
    """
    if order.placed_at is None:
        return NOTHING
    charges = order.charges
    if is_void(order):
        included = sum(charge.reversed_included_tax_minor for charge in charges)
        return Booked(order.reversed_so_far, included)
    return Booked(order.as_sold, sum(charge.included_tax_minor for charge in charges))


def is_void(order: Order) -> bool:
    """Whether an order was given up without ever having been paid in full (LED-3)."""
    return order.close_kind in (CloseKind.CANCELED, CloseKind.EXPIRED) and order.paid_at is None


def _row(order: Order, posting: Posting) -> dict[str, Any]:
    return {
        **asdict(posting),
        "id": new_id(),
        "order_id": order.id,
        "order_version": order.version,
        "currency": order.currency,
        "created_at": order.recorded_at,
    }


_POSTED = together.write("posted", insertion(PostingRow, "postings"))
_RECORDED = together.write(
    "recorded",
    "INSERT INTO order_history (environment_id, order_id, recorded_at, revision, whole, written,"
    " lines, discounts, charges, tips, gone, given_back)"
    " SELECT :scope, :history_of, :recorded_at, :revision, :whole, CAST(:order AS jsonb),"
    " CAST(:lines AS jsonb), CAST(:discounts AS jsonb), CAST(:charges AS jsonb),"
    " CAST(:tips AS jsonb), CAST(:gone AS uuid[]), CAST(:given_back AS jsonb)",
)
