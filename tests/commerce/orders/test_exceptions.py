"""Orders that were paid while their stock was gone, and how a person resolves them (INV-14)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ordergraph.commerce.inventory.adjusting import Adjustment, adjust_inventory
from ordergraph.commerce.inventory.holding import release_holds
from ordergraph.commerce.inventory.stocking import set_limits
from ordergraph.commerce.orders.lifecycle import InventoryException, OrderAction, OrderStatus
from ordergraph.commerce.orders.resolving import resolve_inventory_exception
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.problems import ErrorCode, StockProblem
from tests.commerce.orders.counter import Counter, assert_sound, of, packed, refused


async def lose_holds(counter: Counter, order: Order) -> None:
    """Take away what a running payment holds, as no code of ours does."""
    (attempt,) = await counter.attempts(order)
    async with counter.world.database.transaction(counter.actor) as tx:
        await release_holds(tx, attempt.id)


async def paid_late(counter: Counter, order: Order) -> Order:
    """Have the processor tell that it charged an order some time ago."""
    counter.world.clock.advance(timedelta(seconds=5))
    await counter.world.reconcile()
    return await assert_sound(counter, order)


async def short(counter: Counter, beans: UUID, mug: UUID) -> Order:
    """Return an order of 3 bundles of 2 beans and a mug, paid when no beans were left."""
    bundle = await counter.bundle(1000, (beans, 2), (mug, 1))
    order = await counter.order(packed(bundle, 3), of(mug))
    await counter.pay(order, token="tok_processing")
    await lose_holds(counter, order)
    await counter.paid(of(beans, 5))
    return await paid_late(counter, order)


async def resolve(
    counter: Counter, order: Order, *, take: bool, version: int | None = None
) -> Order:
    return await resolve_inventory_exception(
        counter.orders, counter.actor, order.id, take_stock=take, expected_version=version
    )


async def test_inv_14_a_late_payment_that_finds_no_stock_is_kept_with_an_exception(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(units=10), await counter.variant(units=10)
    order = await short(counter, beans, mug)
    assert (order.status, order.paid_minor) == (OrderStatus.PAID, 3000 + 1999)
    assert order.inventory_exception is InventoryException.PAID_INVENTORY_FAILED
    assert order.missing_stock == {str(beans): 6}
    assert OrderAction.RESOLVE_INVENTORY in order.next_actions
    # What is there is sold, never more.
    assert (await counter.stock(beans), await counter.stock(mug)) == ((5, 0), (6, 0))
    assert await counter.told(order) == ["CREATED", "PAID"]
    assert [each.type for each in await counter.activities(order)][-2:] == [
        "inventory_failed",
        "payment",
    ]


async def test_inv_14_a_late_payment_whose_hold_is_gone_takes_stock_that_is_there(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(units=10), await counter.variant(units=10)
    order = await counter.order(of(beans, 4), of(mug))
    await counter.pay(order, token="tok_processing")
    await lose_holds(counter, order)
    paid = await paid_late(counter, order)
    assert (paid.inventory_exception, paid.missing_stock) == (None, {})
    assert OrderAction.RESOLVE_INVENTORY not in paid.next_actions
    assert (await counter.stock(beans), await counter.stock(mug)) == ((6, 0), (9, 0))


async def test_inv_14_what_was_not_tracked_when_it_was_held_may_be_missing_when_the_money_comes(
    counter: Counter,
) -> None:
    beans = await counter.variant(units=None)
    bundle = await counter.bundle(1000, (beans, 2))
    order = await counter.order(packed(bundle, 2))
    await counter.pay(order, token="tok_processing")
    async with counter.world.database.transaction(counter.actor) as tx:
        await set_limits(tx, beans, "input", tracked=True, enforced=True)
    paid = await paid_late(counter, order)
    assert paid.status is OrderStatus.PAID
    assert paid.inventory_exception is InventoryException.PAID_INVENTORY_FAILED
    assert paid.missing_stock == {str(beans): 4}
    assert await counter.stock(beans) == (0, 0)


async def test_inv_14_an_operator_takes_the_units_once_they_are_there(counter: Counter) -> None:
    beans, mug = await counter.variant(units=10), await counter.variant(units=10)
    order = await short(counter, beans, mug)
    with refused(ErrorCode.INVENTORY_UNAVAILABLE) as problems:
        await resolve(counter, order, take=True)
    (problem,) = problems
    assert isinstance(problem, StockProblem)
    assert [(each.line_item_id, each.requested, each.available) for each in problem.lines] == [
        (order.line_items[0].id, 3, 2)
    ]
    assert await counter.reload(order) == order
    assert await counter.stock(beans) == (5, 0)
    await adjust_inventory(counter.world.database, counter.actor, Adjustment(beans, 1))
    with refused(ErrorCode.VERSION_CONFLICT):
        await resolve(counter, order, take=True, version=order.version - 1)
    resolved = await resolve(counter, order, take=True, version=order.version)
    assert (resolved.inventory_exception, resolved.missing_stock) == (
        InventoryException.RESOLVED,
        {},
    )
    assert resolved.version == order.version + 1
    assert await counter.stock(beans) == (0, 0)
    assert (await counter.told(order))[-1] == "UPDATED"
    assert (await counter.activities(order))[-1].type == "inventory_resolved"
    assert await assert_sound(counter, order) == resolved
    with refused(ErrorCode.ORDER_NOT_MUTABLE):
        await resolve(counter, order, take=True)
    assert await counter.stock(beans) == (0, 0)
    await counter.refund(resolved)
    assert (await counter.stock(beans), await counter.stock(mug)) == ((6, 0), (10, 0))


async def test_inv_14_units_that_never_left_do_not_come_back_with_a_refund(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(units=10), await counter.variant(units=10)
    order = await short(counter, beans, mug)
    one = (await counter.refund(order, lines=[(order.line_items[0].id, 1)])).order
    assert one.missing_stock == {str(beans): 4}
    assert (await counter.stock(beans), await counter.stock(mug)) == ((5, 0), (7, 0))
    await counter.paid(of(beans, 2))
    with refused(ErrorCode.INVENTORY_UNAVAILABLE) as problems:
        await resolve(counter, one, take=True)
    assert isinstance(problems[0], StockProblem)
    # Two of the three bundles are still without beans, and there are enough for one.
    assert [(each.requested, each.available) for each in problems[0].lines] == [(2, 1)]
    whole = (await counter.refund(one)).order
    assert (whole.status, whole.missing_stock) == (OrderStatus.REFUNDED, {})
    assert (await counter.stock(beans), await counter.stock(mug)) == ((3, 0), (10, 0))
    assert whole.next_actions == [OrderAction.RESOLVE_INVENTORY]
    done = await resolve(counter, whole, take=False)
    assert done.inventory_exception is InventoryException.RESOLVED
    assert await counter.stock(beans) == (3, 0)
    await assert_sound(counter, order)


async def test_inv_14_an_exception_that_is_resolved_without_stock_takes_none_and_keeps_count(
    counter: Counter,
) -> None:
    beans, mug = await counter.variant(units=10), await counter.variant(units=10)
    order = await resolve(counter, await short(counter, beans, mug), take=False)
    assert await counter.stock(beans) == (5, 0)
    await counter.refund(order)
    assert (await counter.stock(beans), await counter.stock(mug)) == ((5, 0), (10, 0))


@pytest.mark.parametrize("take", [True, False])
async def test_inv_14_an_order_without_an_exception_has_none_to_resolve(
    counter: Counter, take: bool
) -> None:
    beans = await counter.variant()
    for order in (await counter.order(of(beans)), await counter.paid(of(beans))):
        with refused(ErrorCode.ORDER_NOT_MUTABLE):
            await resolve(counter, order, take=take)
        assert await counter.reload(order) == order
    with refused(ErrorCode.RESOURCE_NOT_FOUND) as problems:
        await resolve_inventory_exception(
            counter.orders, counter.world.stranger(), order.id, take_stock=take
        )
    assert problems[0].field == ("orderId",)
