"""Closing orders: archived, canceled, or refused while money is kept or on its way (9.4)."""

from ordergraph.commerce.orders import closing
from ordergraph.commerce.orders.lifecycle import CloseKind, OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments.sources import Completion, TokenSource
from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused, usd
from tests.commerce.orders.processors import Failing, silent


async def close(counter: Counter, order: Order, reason: str | None = None) -> Order:
    return await closing.close_order(counter.orders, counter.actor, order.id, reason)


async def test_ord_27_a_closed_order_says_why(counter: Counter) -> None:
    canceled = await close(counter, await counter.order(ad_hoc(1000)), " Changed their mind ")
    assert (canceled.status, canceled.close_kind) == (OrderStatus.CLOSED, CloseKind.CANCELED)
    assert canceled.close_reason == "Changed their mind"
    assert canceled.closed_at == counter.world.clock.now()
    archived = await close(counter, await counter.paid(ad_hoc(1000)))
    assert (archived.close_kind, archived.net.balance) == (CloseKind.ARCHIVED, 0)
    partly = (await counter.refund(await counter.paid(ad_hoc(1000)), 100)).order
    assert (await close(counter, partly)).close_kind is CloseKind.ARCHIVED
    for order in (canceled, archived, partly):
        assert (await assert_sound(counter, order)).next_actions == ["EDIT_NOTES"]


async def test_ord_24_an_order_that_is_being_paid_cannot_be_closed(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    await counter.pay(order, token="tok_requires3ds")
    assert "CLOSE" not in (await counter.reload(order)).next_actions
    with refused(ErrorCode.PAYMENT_IN_PROGRESS):
        await close(counter, order)


async def test_ord_25_the_reason_is_limited(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    with refused(ErrorCode.STRING_TOO_LONG) as problems:
        await close(counter, order, "x" * 501)
    assert problems[0].field == ("reason",)
    assert (await counter.reload(order)).status is OrderStatus.OPEN
    assert (await close(counter, order, "x" * 500)).close_reason == "x" * 500


async def test_ord_26_an_order_is_closed_once(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    closed = await close(counter, order, "first")
    with refused(ErrorCode.ORDER_CLOSED):
        await close(counter, order, "second")
    assert await counter.reload(order) == closed


async def test_ord_27_a_refund_on_its_way_stands_in_the_way(counter: Counter) -> None:
    for amount, status in ((100, OrderStatus.PARTIALLY_REFUNDED), (1000, OrderStatus.REFUNDED)):
        order = await counter.paid(ad_hoc(1000))
        mute = Failing(counter.orders.gateway, "refund", silent)
        pending = await counter.refund(order, amount, orders=counter.with_gateway(mute))
        assert pending.order.status is status
        assert "CLOSE" not in pending.order.next_actions
        assert "EDIT_NOTES" in pending.order.next_actions  # REFUNDED locks when it has arrived
        with refused(ErrorCode.ORDER_HAS_PENDING_MONEY):
            await close(counter, order)


async def test_9_4_money_on_an_open_order_has_to_be_refunded_first(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    deposit = TokenSource("tok_visa", usd(400))
    await counter.pay(order, deposit, completion=Completion.PARTIAL_PAYMENT)
    assert "CLOSE" not in (await counter.reload(order)).next_actions
    with refused(ErrorCode.ORDER_HAS_PAYMENTS):
        await close(counter, order)
    assert (await counter.reload(order)).status is OrderStatus.OPEN
    await counter.refund(order, 400)
    closed = await close(counter, order)
    assert (closed.close_kind, closed.net.balance) == (CloseKind.CANCELED, 1000)


async def test_inv_16_closing_an_open_order_leaves_the_stock_alone(counter: Counter) -> None:
    variant = await counter.variant(1000, 5)
    await close(counter, await counter.order(of(variant, 5)))
    assert await counter.stock(variant) == (5, 0)
