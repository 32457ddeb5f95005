"""Telling a tax provider that keeps books what was sold and refunded (TAX-5)."""

from __future__ import annotations

from uuid import UUID

from ordergraph.commerce.orders.events import PREFIX, OrderEventType
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.taxes.provider import TaxProvider, TaxRecord
from ordergraph.core.money import Money
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.jobs.queue import enqueue
from ordergraph.runtime.jobs.running import Job

TAX_BOOKS = "tax books"
"""The name of the jobs that tell a provider of one order."""

_TOLD = {
    f"{PREFIX}{type}"
    for type in (OrderEventType.PAID, OrderEventType.REFUNDED, OrderEventType.REFUND_FAILED)
}


class BooksHook:
    """Takes part in every transaction: what pays or refunds an order leaves a job in it."""

    async def opened(self, tx: Transaction) -> None:
        """Nothing to do: what happens is told during the transaction."""

    async def closing(self, tx: Transaction) -> None:
        """Leave a job for each order that was paid or refunded."""
        for order_id in sorted({each.subject_id for each in tx.events if each.type in _TOLD}):
            subject = {
                "environmentId": str(tx.environment_id),
                "merchantId": str(tx.actor.merchant_id),
                "orderId": str(order_id),
            }
            await enqueue(tx, TAX_BOOKS, subject)

    def closed(self, tx: Transaction, *, committed: bool) -> None:
        """Nothing to do: jobs go the way of their transaction."""


class TaxBooks:
    """Does the jobs: tells the provider how an order stands, as often as it takes."""

    def __init__(self, database: Database, provider: TaxProvider) -> None:
        self._database = database
        self._provider = provider

    async def handle(self, job: Job) -> None:
        """Tell what came of an order's taxes by now; told twice, it is the same."""
        environment, merchant, id = (
            UUID(job.payload[name]) for name in ("environmentId", "merchantId", "orderId")
        )
        actor = Actor.system(environment, merchant, "tax books")
        order = (await orders_by_ids(self._database.viewer(actor), [id])).get(id)
        if order is None:
            return
        record = _record(order)
        await self._provider.commit_taxes(environment, record)
        if record.reversed.minor:
            await self._provider.reverse_taxes(environment, record)


def _record(order: Order) -> TaxRecord:
    currency = order.currency
    return TaxRecord(
        order.id, Money(order.tax_minor, currency), Money(order.reversed_tax_minor, currency)
    )
