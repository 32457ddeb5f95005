"""Refunds of before went back to one payment each: they become one part of it, and back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.refunds.reads import PaymentRefund
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.runtime.db import migrating
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound
from tests.commerce.orders.processors import Failing, silent
from tests.databases import Databases
from tests.world import World

OLD = "SELECT id, payment_id, attempt_id, reference, amount_minor, status FROM refunds ORDER BY id"


async def test_ref_12_a_refund_of_before_becomes_one_part_and_the_downgrade_brings_it_back(
    databases: Databases,
) -> None:
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        counter = Counter(world)
        sold = await _refunded(counter)
        parts = [await _part(counter, order) for order in sold]
        await world.close()

        assert await _old_rows(url) == [
            (each.id, each.payment_id, each.attempt_id, each.reference, each.amount_minor, status)
            for each, status in zip(parts, ("SUCCEEDED", "FAILED", "PENDING"), strict=True)
        ]

        again = World(url)
        again.actor = world.actor
        counter = Counter(again)
        assert [await _part(counter, order) for order in sold] == parts
        failed = [(await counter.refunds(order))[0].failed_minor for order in sold]
        assert failed == [0, 700, 0]
        for order in sold:
            await assert_sound(counter, order)
        # The processor has done it, though nobody heard: it knows it under the same key.
        counter.world.clock.advance(timedelta(seconds=8))
        await reconcile_refunds(counter.orders)
        await assert_sound(counter, sold[2])
        assert (await _part(counter, sold[2])).status == "SUCCEEDED"
        assert len(await counter.processor_refunds()) == 3
        await again.close()


async def _refunded(counter: Counter) -> list[Order]:
    """Sell three orders, of which one refund succeeded, one failed and one was not answered."""
    orders = [await counter.paid(ad_hoc(1000, 2))]
    orders.append(await counter.paid(ad_hoc(3000), token="tok_refundFail"))
    orders.append(await counter.paid(ad_hoc(4000)))
    mute = Failing(counter.orders.gateway, "refund", silent, after=True)
    await counter.refund(orders[0], 400)
    await counter.refund(orders[1], 700)
    await counter.refund(orders[2], 900, orders=counter.with_gateway(mute))
    return orders


async def _part(counter: Counter, order: Order) -> PaymentRefund:
    """Return the only part of the only refund; when it was sent was not kept before."""
    (refund,) = await counter.refunds(order)
    (part,) = refund.payment_refunds
    assert (part.id, part.amount_minor) == (refund.id, refund.amount_minor)
    return replace(part, sent_at=None)


async def _old_rows(url: str) -> list[Any]:
    """Go down to the revision before, read the refunds as they were kept there, and come back."""
    rows: list[Any] = []

    def work(connection: Connection) -> None:
        command.downgrade(migrating._config(connection), "0010")
        rows.extend(tuple(row) for row in connection.execute(text(OLD)))
        command.upgrade(migrating._config(connection), "head")

    await migrating._work(url, work)
    return rows
