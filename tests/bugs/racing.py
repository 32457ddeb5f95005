"""Bugs of orders that many change at once: lost changes, deadlocks, answers of somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.coupons import keeping
from ordergraph.commerce.inventory import holding
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import (
    closing,
    detailing,
    editing,
    locking,
    opening,
    reserving,
    settling,
)
from ordergraph.commerce.orders.lifecycle import OrderAction, OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.supplying import sell_held, wanted_stock
from ordergraph.commerce.payments.sources import CashSource, TokenSource
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.problems import ErrorCode
from ordergraph.graph import paging
from ordergraph.runtime.db.statements import counted
from ordergraph.runtime.db.transaction import Transaction
from tests.bugs.bugs import Bug, after_waiting, at_once, code_of, codes_of, rewritten
from tests.bugs.locks import disorder, locked_by, transactions
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, usd
from tests.commerce.orders.processors import Slow
from tests.commerce.orders.rushes import assert_sold, lined_up, rush
from tests.commerce.orders.test_part_payments import deposit
from tests.commerce.orders.tills import check_out

BUYERS = 40


def _add(counter: Counter, order: Order, price: int, name: str = "Late") -> Awaitable[Order]:
    line = ad_hoc(price, name=name)
    return editing.add_line_items(counter.orders, counter.actor, order.id, [line])


async def nobody_pays_little_and_gets_much(counter: Counter) -> None:
    order = await counter.order(ad_hoc(100))
    slow = Slow(counter.orders.gateway, "charge")
    paying = asyncio.create_task(counter.pay(order, orders=counter.with_gateway(slow)))
    await slow.reached.wait()
    line = order.line_items[0].id
    more = editing.LineChange(quantity=1000)
    during = await at_once(
        _add(counter, order, 100_000),
        editing.update_line_item(counter.orders, counter.actor, order.id, line, more),
    )
    slow.go.set()
    await paying
    after = await counter.reload(order)
    assert (after.status, after.total_minor, after.paid_minor) == (OrderStatus.PAID, 100, 100)
    assert codes_of(during) == [ErrorCode.ORDER_LOCKED_BY_PAYMENT] * 2
    late = await at_once(_add(counter, order, 100_000))
    assert codes_of(late) == [ErrorCode.ORDER_NOT_MUTABLE]
    assert (await assert_sound(counter, order)).total_minor == 100


async def orders_are_edited_while_they_are_paid(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    take = Order.take

    def unlocked(order: Order, action: OrderAction) -> None:
        attempt = order.active_attempt_id
        if action is OrderAction.EDIT_LINE_ITEMS:
            order.active_attempt_id = None
        take(order, action)
        order.active_attempt_id = attempt

    patch.setattr(Order, "take", unlocked)


async def nobody_is_charged_a_total_that_was_not_shown(counter: Counter) -> None:
    order = await counter.order(ad_hoc(100))
    await _add(counter, order, 100_000)
    outcomes = await at_once(
        counter.pay(order, expected_outstanding=usd(100)),
        counter.pay(order, expected_version=order.version),
    )
    assert await counter.charges(order) == []
    assert codes_of(outcomes) == [
        ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED,
        ErrorCode.VERSION_CONFLICT,
    ]
    assert (await assert_sound(counter, order)).paid_minor == 0


async def nobody_asks_which_total_was_shown(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    def unasked(*_: object) -> None:
        """Charge whatever is due."""

    patch.setattr(opening, "_check_expected", unasked)


async def all_changes_of_an_order_at_once_are_kept(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1))

    def patch(number: int, version: int | None = None) -> Coroutine[Any, Any, Order]:
        changes = {"metadata": {f"key{number}": str(number)}}
        return detailing.update_order(
            counter.orders, counter.actor, order.id, changes, expected_version=version
        )

    row = ("orders", "id", order.id)
    await after_waiting(counter, row, *(patch(number) for number in range(5)))
    assert len((await counter.reload(order)).metadata) == 5
    outcomes = await at_once(
        *(patch(number) for number in range(5, 20)),
        *(_add(counter, order, 10, f"Line {number}") for number in range(10)),
    )
    after = await counter.reload(order)
    assert sorted(after.metadata) == sorted(f"key{number}" for number in range(20))
    assert (len(after.line_items), after.total_minor, after.version) == (11, 101, 31)
    assert codes_of(outcomes) == [None] * 25
    stale = await at_once(*(patch(100 + number, after.version) for number in range(10)))
    codes = codes_of(stale)
    assert (codes.count(None), codes.count(ErrorCode.VERSION_CONFLICT)) == (1, 9)
    last = await assert_sound(counter, order)
    assert (len(last.metadata), last.version) == (21, 32)


async def orders_are_changed_without_a_lock(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    for name in ("_LOCKED", "_LOCKED_TO_PRICE", "_LOCKED_WITH_SETTINGS"):
        rewritten(patch, locking, name, ("FOR UPDATE OF orders", ""))


async def whatever_moves_money_locks_in_one_order(counter: Counter) -> None:
    settings = {"return_use_on_full_refund": True}
    await update_settings(counter.world.database, counter.actor, settings)
    for code in ("ONE", "TWO"):
        await counter.coupon(code, percent_off="10", max_uses=100, stackable=True)
    beans, mug = await counter.variant(1000, 99), await counter.variant(500, 99)

    async def fresh() -> Order:
        order = await counter.order(of(beans, 2), of(mug))
        return await counter.apply(await counter.apply(order, "ONE"), "TWO")

    cash = CashSource(usd(5000))
    with counted() as sent:
        paid = (await counter.pay(await fresh())).order
        await counter.refund(paid, lines=[(paid.line_items[0].id, 1)])
        await counter.refund(paid)
        await counter.pay(await fresh(), token="tok_chargeDeclined")
        waiting = (await counter.pay(await fresh(), token="tok_requires3ds")).order
        await counter.pay(waiting, resume_attempt_id=waiting.active_attempt_id)
        await counter.refund((await counter.pay(await fresh(), cash)).order)
        await counter.refund(await deposit(counter, await fresh(), 300))
        await check_out(counter, of(mug), of(beans), codes=("TWO", "ONE"))
        await check_out(counter, of(mug), codes=("ONE",), token="tok_chargeDeclined")
        await closing.close_order(counter.orders, counter.actor, (await fresh()).id)
        for source in (cash, TokenSource("tok_visa")):
            part = await deposit(counter, await fresh(), 300)
            counter.world.clock.advance(timedelta(seconds=1))
            await _expire(counter, "TWO", counter.world.clock.now())
            told = await counter.pay(part, source)
            assert code_of(told) is ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED
            assert (await counter.pay(part, source)).order.status is OrderStatus.PAID
            await _expire(counter, "TWO", None)
    done = transactions(sent.texts)
    assert [wrong for statements in done for wrong in disorder(statements)] == []
    seen = {table for texts in done for text in texts for table, _ in locked_by(text)}
    assert {"orders", "refunds", "coupons", "inventory_items", "inventory_levels"} <= seen


async def _expire(counter: Counter, code: str, at: datetime | None) -> None:
    await counter.sql(
        "UPDATE coupons SET expires_at = :at WHERE environment_id = :shop AND code = :code",
        at=at,
        shop=counter.world.environment_id,
        code=code,
    )


async def kept_uses_go_back_after_stock_was_sold(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    async def sell(tx: Transaction, order: Order, attempt_id: UUID, *, just_held: bool) -> None:
        if order.is_part_paid:
            await holding.release_all_holds(tx, order.id)
        await sell_held(tx, order, attempt_id, just_held=False)
        if order.is_part_paid:
            await keeping.give_back_kept(tx, order.id, reserving.counted_coupons(order))

    patch.setattr(settling, "sell", sell)


async def stock_is_reserved_before_coupons(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    async def reserve(tx: Transaction, order: Order, attempt_id: UUID) -> None:
        await holding.hold_stock(tx, attempt_id, order.id, wanted_stock(order))
        await reserving.reserve_coupons(tx, order, attempt_id)

    patch.setattr(opening, "reserve", reserve)


async def buyers_of_the_same_goods_in_any_order_never_deadlock(counter: Counter) -> None:
    await _cross(counter)
    random = Random(19001)
    before = {await counter.variant(units=200): 200 for _ in range(4)}
    carts: list[Any] = [
        [of(variant) for variant in random.sample(list(before), random.randint(2, 4))]
        for _ in range(BUYERS)
    ]
    orders = await lined_up(counter, carts)
    with pytest.MonkeyPatch.context() as patch:
        run: Any = Transaction._run  # pyright: ignore[reportPrivateUsage]

        async def at_any_time(tx: Transaction, *what: Any) -> Any:
            for _ in range(random.randint(0, 6)):
                await asyncio.sleep(0)
            return await run(tx, *what)

        patch.setattr(Transaction, "_run", at_any_time)
        paid, refused = await rush(counter, orders)
        assert (len(paid), refused) == (BUYERS, [])
        await assert_sold(counter, before, paid, refused)
        outcomes = await at_once(*(counter.refund(order) for order in paid))
    assert codes_of(outcomes) == [None] * BUYERS
    assert [await counter.stock(variant) for variant in before] == [(200, 0)] * 4


async def _cross(counter: Counter) -> None:
    """Have two buyers stand before the item in the middle, who came to it from either side."""
    left, middle, right = [await counter.variant(units=9) for _ in range(3)]
    there = await counter.order(of(left), of(middle), of(right))
    back = await counter.order(of(right), of(middle), of(left))
    item = ("inventory_items", "variant_id", middle)
    outcomes = await after_waiting(counter, item, counter.pay(there), counter.pay(back))
    assert codes_of(outcomes) == [None, None]
    assert [await counter.stock(each) for each in (left, middle, right)] == [(7, 0)] * 3


async def items_are_locked_as_they_are_named(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    named = "ORDER BY anon_1.id FOR UPDATE OF"
    rewritten(patch, holding, "_HOLD", ("ORDER BY inventory_items.variant_id FOR UPDATE OF", named))


async def fifty_fields_of_one_document_each_get_their_own_answer(counter: Counter) -> None:
    orders = [await counter.order(ad_hoc(100 + number)) for number in range(25)]
    for number in range(24):
        changes = {"buyerNote": f"Note {number}"}
        await detailing.update_order(counter.orders, counter.actor, orders[0].id, changes)
    ids = [activity.id for activity in await counter.activities(orders[0])]
    names = [encode(Prefix.ORDER, order.id) for order in orders]
    shown = "id netAmounts { total { amount } }"
    many = [f'a{at}: order(id: "{id}") {{ {shown} }}' for at, id in enumerate(names * 2)]
    below = [
        f"a{at}: activities(first: {1 + at % 25}) {{ nodes {{ id }} totalCount }}"
        for at in range(50)
    ]
    for _ in range(4):  # at its third sight a document is compiled
        answer = await counter.world.graphql("{" + " ".join(many) + "}")
        assert (answer.errors, len(answer.data)) == ([], 50)
        for at, order in enumerate(orders * 2):
            own = answer.data[f"a{at}"]
            assert (own["id"], own["netAmounts"]["total"]["amount"]) == (
                encode(Prefix.ORDER, order.id),
                order.total_minor,
            )
        nested = f'{{ order(id: "{names[0]}") {{ {" ".join(below)} }} }}'
        answer = await counter.world.graphql(nested)
        assert (answer.errors, len(answer.payload)) == ([], 50)
        for at in range(50):
            own = answer.payload[f"a{at}"]
            assert own["totalCount"] == len(ids) == 25
            expected = [encode(Prefix.ACTIVITY, id) for id in ids]
            shown_ids = [node["id"] for node in own["nodes"]]
            assert shown_ids in (expected[: 1 + at % 25], expected[::-1][: 1 + at % 25])


async def pages_of_one_list_share_a_loader(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    def is_same(one: Any, other: Any) -> bool:
        return bool(one.read == other.read)

    patch.setattr(paging._Pages, "__eq__", is_same)  # pyright: ignore[reportPrivateUsage]
    patch.setattr(paging._Pages, "__hash__", lambda one: hash(one.read))  # pyright: ignore[reportPrivateUsage]


BUGS = (
    Bug(
        33,
        "vendure#2092",
        nobody_pays_little_and_gets_much,
        orders_are_edited_while_they_are_paid,
    ),
    Bug(
        33,
        "vendure#2092",
        nobody_is_charged_a_total_that_was_not_shown,
        nobody_asks_which_total_was_shown,
    ),
    Bug(
        35,
        "saleor#18640",
        all_changes_of_an_order_at_once_are_kept,
        orders_are_changed_without_a_lock,
    ),
    Bug(
        36,
        "saleor#18206",
        whatever_moves_money_locks_in_one_order,
        stock_is_reserved_before_coupons,
    ),
    Bug(
        36,
        "saleor#18206",
        whatever_moves_money_locks_in_one_order,
        kept_uses_go_back_after_stock_was_sold,
    ),
    Bug(
        36,
        "saleor#19001",
        buyers_of_the_same_goods_in_any_order_never_deadlock,
        items_are_locked_as_they_are_named,
    ),
    Bug(
        37,
        "vendure#2097",
        fifty_fields_of_one_document_each_get_their_own_answer,
        pages_of_one_list_share_a_loader,
    ),
)
