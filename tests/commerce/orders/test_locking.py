"""Locking orders: what is read under the lock is never older than the lock (CON-2)."""

import asyncio

import pytest

from ordergraph.commerce.orders import applying, editing
from ordergraph.commerce.orders.locking import load_order, load_to_price
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import Counter, ad_hoc, refused, usd


async def waiting(counter: Counter) -> None:
    """Return once somebody waits for a lock in this database."""
    lock = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(1_000):
        async with counter.world.database.transaction(counter.actor) as tx:
            if (await tx.driver_rows(lock, []))[0]["count"]:
                return
        await asyncio.sleep(0.01)
    pytest.fail("nobody waits")


async def test_an_order_that_was_waited_for_is_read_with_what_was_changed_meanwhile(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(1000))
    async with counter.world.database.transaction(counter.actor) as tx:
        held = await load_order(tx, order.id)
        change = editing.LineChange(quantity=7)
        line = order.line_items[0].id
        second = asyncio.create_task(
            editing.update_line_item(counter.orders, counter.actor, order.id, line, change)
        )
        await waiting(counter)
        await tx.driver_rows(
            "UPDATE order_line_items SET unit_price_minor = 300 WHERE id = $1", [line]
        )
        await tx.driver_rows("UPDATE orders SET buyer_note = 'Ring.' WHERE id = $1", [held.id])
    changed = await second
    assert (changed.buyer_note, changed.total_minor) == ("Ring.", 2100)
    assert await counter.reload(order) == changed


async def test_an_order_that_was_only_locked_is_not_read_again(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))

    async def look() -> list[str]:
        with counted() as sent:
            async with counter.world.database.transaction(counter.actor) as tx:
                assert await load_order(tx, order.id) == order
        return sent.texts

    async with counter.world.database.transaction(counter.actor) as tx:
        await load_order(tx, order.id)
        second = asyncio.create_task(look())
        await waiting(counter)
    assert len(await second) == 3  # BEGIN, the order, COMMIT


async def test_a_coupon_of_the_code_or_id_is_among_the_grounds(counter: Counter) -> None:
    on_it, other = await counter.coupon("ONIT"), await counter.coupon("OTHER")
    order = await counter.apply(await counter.order(ad_hoc(1000)), "ONIT")
    rate = await counter.tax()
    async with counter.world.database.transaction(counter.actor) as tx:
        _, plain = await load_to_price(tx, order.id)
        _, by_code = await load_to_price(tx, order.id, code=" other ")
        _, by_id = await load_to_price(tx, order.id, coupon_id=other.id)
        _, unknown = await load_to_price(tx, order.id, coupon_id=new_id())
    assert set(plain.terms) == set(unknown.terms) == {on_it.id}
    assert set(by_code.terms) == set(by_id.terms) == {on_it.id, other.id}
    assert [each.id for each in plain.rates] == [rate.id]


async def test_twenty_edits_at_once_all_happen(counter: Counter) -> None:
    order = await counter.order(ad_hoc(100))
    await asyncio.gather(
        *(
            editing.add_line_items(
                counter.orders, counter.actor, order.id, [ad_hoc(10, name=f"Line {number}")]
            )
            for number in range(20)
        )
    )
    after = await counter.reload(order)
    assert (len(after.line_items), after.version, after.total_minor) == (21, 21, 300)
    assert len({line.position for line in after.line_items}) == 21


async def test_orders_that_are_not_there_are_not_found(counter: Counter) -> None:
    order = await counter.order(ad_hoc(100))
    stranger = counter.buyer_of(await counter.order(ad_hoc(100)))
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await applying.apply_coupon(counter.orders, counter.actor, new_id(), code="SAVE")
    with pytest.raises(Problem) as missing:
        async with counter.world.database.transaction(stranger) as tx:
            await load_order(tx, order.id, "orderId")
    assert missing.value.field == ("orderId",)
    assert usd(100).minor == (await counter.reload(order)).total_minor
