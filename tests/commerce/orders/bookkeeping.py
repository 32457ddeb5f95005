"""What the ledger of an order must say, whatever was done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from ordergraph.commerce.accounting.lifecycle import Account
from ordergraph.commerce.accounting.reads import BookedPosting, balances_by_orders, posting_pages
from ordergraph.commerce.orders.recalling import PastOrder, order_as_of
from ordergraph.commerce.orders.recording import is_void
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.paging import PageRequest


async def ledger(viewer: Any, order: Order) -> Sequence[BookedPosting]:
    """Return the movements of an order, the oldest first."""
    return (await posting_pages(viewer, [order.id], PageRequest(100)))[order.id].items


async def accounts(viewer: Any, order: Order) -> Mapping[str, int]:
    """Return what the accounts of an order come to, those at zero left out."""
    entries = (await balances_by_orders(viewer, [order.id]))[order.id]
    return {entry.account.value: entry.amount.minor for entry in entries}


def expected(order: Order, pending: int) -> Mapping[str, int]:
    """Return what the accounts of an order must come to, with so much money of refunds under way.

    All is worked out from its figures, net of refunds.
    """
    net, collected = order.net, order.paid_minor - order.refunded_minor
    found = dict.fromkeys((account.value for account in Account), 0)
    found["TENDER"] = collected + pending
    found["REFUND_LIABILITY"] = -pending
    found["RECEIVABLE"] = -collected
    if order.placed_at is not None and not is_void(order):
        in_fees = sum(
            each.included_tax_minor - each.reversed_included_tax_minor for each in order.charges
        )
        found["RECEIVABLE"] = net.balance
        found["SALES"] = net.included_tax - in_fees - net.subtotal
        found["FEE"] = in_fees - net.charge
        found["DISCOUNT"], found["TAX"], found["TIP"] = net.discount, -net.tax, -net.tip
    return {account: minor for account, minor in found.items() if minor}


def as_shown(order: Order) -> dict[str, Any]:
    """Return all that is shown of an order itself."""
    return {each.name: getattr(order, each.name) for each in fields(Order) if each.compare}


async def recalled(viewer: Any, order: Order, instant: datetime) -> PastOrder | None:
    """Read an order as of an instant."""
    return await order_as_of(viewer, order.id, instant, "asOf")
