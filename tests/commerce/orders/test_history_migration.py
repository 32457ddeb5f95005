"""A shop of before the ledger has one after the migration, and its orders have a history."""

from alembic import command
from sqlalchemy import Connection

from ordergraph.commerce.orders import closing
from ordergraph.commerce.orders.rules import Order
from ordergraph.runtime.db import migrating
from tests.commerce.orders.bookkeeping import accounts, as_shown, ledger, recalled
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound
from tests.commerce.orders.processors import Failing, silent
from tests.databases import Databases
from tests.world import World


async def test_led_7_orders_of_before_are_posted_as_they_stand(databases: Databases) -> None:
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        counter = Counter(world)
        orders = await _sell(counter)
        before = {order.id: await accounts(counter.viewer, order) for order in orders}
        shown = {order.id: as_shown(await counter.reload(order)) for order in orders}
        await world.close()

        await migrating._work(url, lambda connection: _to(connection, "0009"))
        await migrating._work(url, lambda connection: _to(connection, "head"))

        again = World(url)
        again.actor, again.clock = world.actor, world.clock
        counter = Counter(again)
        for order in orders:
            now = await assert_sound(counter, order)
            assert await accounts(counter.viewer, order) == before[order.id]
            assert as_shown(now) | _WRITTEN == shown[order.id] | _WRITTEN
            settled = now.active_attempt_id is None and now.pending_refunds == 0
            past = await recalled(counter.viewer, order, now.recorded_at) if settled else None
            assert past is None or as_shown(past) == as_shown(now)
            assert now.updated_at <= now.recorded_at
        kinds = [[each.kind.value for each in await ledger(counter.viewer, it)] for it in orders]
        assert kinds == [
            ["SALE"],
            [],
            ["SALE", "PAYMENT"],
            ["SALE", "PAYMENT", "REFUND", "REFUND_SENT"],
            ["SALE", "PAYMENT", "REFUND"],
            ["SALE", "VOID"],
        ]
        part = await counter.refund(orders[2], 100)
        assert part.problem is None
        await assert_sound(counter, orders[2])
        await again.close()


_WRITTEN = {"revision": None, "recorded_at": None, "version": None}


async def _sell(counter: Counter) -> list[Order]:
    """Make an order that waits, a cart, a paid one, one refunded in part, one whose refund nobody
    has answered, and one that was given up."""
    await counter.tax("8.99")
    await counter.coupon(stackable=True)
    waiting = await counter.apply(await counter.order(ad_hoc(1999, 3), ad_hoc(333)))
    cart = await counter.order(ad_hoc(500), actor=counter.world.browser)
    paid = await counter.paid(ad_hoc(1250, 2))
    returned = await counter.paid(ad_hoc(777, 2))
    await counter.refund(returned, 400)
    unanswered = await counter.paid(ad_hoc(4000))
    mute = Failing(counter.orders.gateway, "refund", silent)
    await counter.refund(unanswered, 1000, orders=counter.with_gateway(mute))
    given_up = await counter.apply(await counter.order(ad_hoc(1000)))
    await closing.close_order(counter.orders, counter.actor, given_up.id)
    return [waiting, cart, paid, returned, unanswered, given_up]


def _to(connection: Connection, revision: str) -> None:
    config = migrating._config(connection)
    if revision == "head":
        command.upgrade(config, revision)
    else:
        command.downgrade(config, revision)
