"""Checkouts: an order made, discounted, tipped and paid in one call, or nothing (CHK-4 to 9)."""

import asyncio
from collections import Counter as Tally
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.placing import rotate_secret
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.commerce.payments.gateways.books import SandboxChargeRow
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import attempts_by_ids
from ordergraph.commerce.payments.sources import CashSource, ExternalKind, ExternalSource
from ordergraph.core.problems import (
    ErrorCode,
    LimitProblem,
    PaymentProblem,
    Problem,
    StockProblem,
)
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import (
    Counter,
    ad_hoc,
    assert_sound,
    of,
    packed,
    refused,
    usd,
)
from tests.commerce.orders.processors import Failing, silent, unreachable
from tests.commerce.orders.tills import changes, check_out, drafted, preview, rehearse, rows

DECLINED = "tok_chargeDeclined"


async def orders_of(counter: Counter) -> list[tuple[UUID, bool, str | None]]:
    """Return all orders of the shop: their ids, whether they are provisional, their numbers."""
    columns = (OrderRow.id, OrderRow.provisional, OrderRow.number)
    found = await counter.viewer.rows(select(*columns).where(within(OrderRow)))
    return [(row.id, row.provisional, row.number) for row in found]


async def charged(counter: Counter) -> list[str]:
    """Return the statuses of all charges in the processor's own books."""
    row = SandboxChargeRow
    found = await counter.viewer.rows(select(row.status).where(within(row)))
    return sorted(each.status for each in found)


async def test_chk_4_one_call_makes_discounts_tips_and_pays_with_one_version_and_one_event(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    await counter.tax("10")
    done = await check_out(
        counter,
        of(variant, 2),
        ad_hoc(500),
        codes=("save",),
        tips=(NewTip(percent="10"),),
        buyer_email="sarah@example.com",
    )
    assert (done.problem, done.order is not None) == (None, True)
    assert done.order is not None
    assert done.attempt is not None
    order = await assert_sound(counter, done.order)
    assert order == done.order
    assert (order.status, order.version, order.provisional) == (OrderStatus.PAID, 1, False)
    assert (order.number, order.placed_at) == ("1001", counter.world.clock.now())
    assert (order.subtotal_minor, order.discount_minor, order.tip_minor) == (2500, 500, 200)
    assert (order.tax_minor, order.total_minor, order.paid_minor) == (200, 2400, 2400)
    (event,) = await counter.events(order)
    assert (event.type, event.status_before, event.status, event.version) == (
        "PAID",
        None,
        "PAID",
        1,
    )
    assert [each.type for each in await counter.activities(order)] == [
        "created",
        "discount_applied",
        "tip_added",
        "payment",
    ]
    assert [each.status for each in order.applied_discounts] == ["REDEEMED"]
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((3, 0), 1)
    assert done.attempt.status is AttemptStatus.SUCCEEDED
    assert await counter.collected(order) == 2400


@pytest.mark.parametrize(
    "source",
    [CashSource(usd(5000)), ExternalSource(ExternalKind.CHECK, "no. 7")],
    ids=["cash", "external"],
)
async def test_chk_4_money_that_is_here_already_takes_one_transaction(
    counter: Counter, source: CashSource | ExternalSource
) -> None:
    variant = await counter.variant(1000, 5)
    with counted() as statements:
        done = await check_out(counter, of(variant, 2), sources=[source])
    assert statements.texts.count("COMMIT") == 1
    assert done.order is not None
    order = await assert_sound(counter, done.order)
    assert (order.status, order.number, order.version) == (OrderStatus.PAID, "1001", 1)
    assert await counter.told(order) == ["PAID"]
    assert await counter.stock(variant) == (3, 0)


async def test_chk_4_an_order_that_costs_nothing_is_placed_without_a_source(
    counter: Counter,
) -> None:
    await counter.coupon(percent_off="100")
    done = await check_out(counter, ad_hoc(500), codes=("SAVE",), sources=())
    assert done.order is not None
    order = await assert_sound(counter, done.order)
    assert (order.status, order.paid_minor, done.attempt) == (OrderStatus.PAID, 0, None)
    with refused(ErrorCode.PAYMENT_NOT_REQUIRED):
        await check_out(counter, ad_hoc(500), codes=("SAVE",))
    with refused(ErrorCode.PAYMENT_SOURCE_REQUIRED):
        await check_out(counter, ad_hoc(500), sources=())


async def test_chk_5_a_declined_payment_leaves_nothing_but_its_attempt(counter: Counter) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    before = await rows(counter)
    done = await check_out(
        counter, of(variant, 2), codes=("SAVE",), tips=(NewTip(percent="10"),), token=DECLINED
    )
    assert changes(before, await rows(counter)) == {"payment_attempts": 1}
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)
    assert (done.order, done.client_secret) == (None, None)
    assert done.problem is not None
    assert done.problem.code is ErrorCode.PAYMENT_DECLINED
    assert done.attempt is not None
    kept = (await attempts_by_ids(counter.viewer, [done.attempt.id]))[done.attempt.id]
    assert kept == done.attempt
    assert (kept.status, kept.failure_code) == (AttemptStatus.FAILED, "card_declined")
    paid = await check_out(counter, of(variant, 2), codes=("SAVE",))
    assert paid.order is not None
    assert paid.order.number == "1001"


async def test_chk_5_a_processor_that_is_not_reached_leaves_no_order(counter: Counter) -> None:
    away = counter.with_gateway(Failing(counter.orders.gateway, "charge", unreachable))
    done = await check_out(counter, ad_hoc(500), orders=away)
    assert done.problem is not None
    assert done.problem.code is ErrorCode.PROCESSOR_ERROR
    assert (done.order, await orders_of(counter)) == (None, [])


async def test_chk_6_an_order_whose_buyer_has_to_act_is_kept_locked_and_unlisted(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 5)
    done = await check_out(counter, of(variant, 2), token="tok_requires3ds")
    order = done.order
    assert order is not None
    assert done.attempt is not None
    assert done.attempt.status is AttemptStatus.REQUIRES_ACTION
    assert (order.provisional, order.number, order.version) == (True, None, 0)
    assert (await counter.events(order), await counter.activities(order)) == ([], [])
    assert await counter.stock(variant) == (5, 2)
    found = await counter.reload(order)
    assert (found.active_attempt_id, found.next_actions) == (done.attempt.id, [])
    assert found.placed_at is None
    with refused(ErrorCode.ORDER_LOCKED_BY_PAYMENT):
        await rotate_secret(counter.orders, counter.actor, order.id)
    with refused(ErrorCode.PAYMENT_IN_PROGRESS):
        await counter.pay(order)
    assert (await counter.reload(order)).version == 0


async def test_chk_6_resuming_places_the_order_that_waited(counter: Counter) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    done = await check_out(counter, of(variant, 2), codes=("SAVE",), token="tok_requires3ds")
    assert done.order is not None
    assert done.attempt is not None
    buyer = counter.buyer_of(done.order)
    paid = await counter.pay(done.order, actor=buyer, resume_attempt_id=done.attempt.id)
    order = await assert_sound(counter, paid.order)
    assert (order.status, order.number, order.version) == (OrderStatus.PAID, "1001", 1)
    assert [(each.type, each.status_before) for each in await counter.events(order)] == [
        ("PAID", None)
    ]
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((3, 0), 1)


async def test_chk_6_an_order_whose_buyer_did_not_act_in_time_is_gone(counter: Counter) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    before = await rows(counter)
    done = await check_out(counter, of(variant, 2), codes=("SAVE",), token="tok_requires3ds")
    assert done.order is not None
    assert done.attempt is not None
    counter.world.clock.advance(timedelta(hours=1))
    await counter.world.reconcile()
    assert changes(before, await rows(counter)) == {"payment_attempts": 1}
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)
    (kept,) = (await attempts_by_ids(counter.viewer, [done.attempt.id])).values()
    assert kept.status is AttemptStatus.EXPIRED
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await counter.pay(done.order, resume_attempt_id=done.attempt.id)


async def test_chk_6_what_settles_by_itself_is_placed_by_whoever_finds_out(
    counter: Counter,
) -> None:
    done = await check_out(counter, ad_hoc(500), token="tok_processing")
    assert done.order is not None
    assert done.attempt is not None
    assert (done.order.provisional, done.attempt.status) == (True, AttemptStatus.PROCESSING)
    counter.world.clock.advance(timedelta(minutes=5))
    await asyncio.gather(*(counter.world.reconcile() for _ in range(3)))
    order = await assert_sound(counter, done.order)
    assert (order.status, await counter.told(order)) == (OrderStatus.PAID, ["PAID"])


async def test_chk_6_an_outcome_that_nobody_knows_keeps_the_order_until_somebody_does(
    counter: Counter,
) -> None:
    lost = counter.with_gateway(Failing(counter.orders.gateway, "charge", silent, after=True))
    done = await check_out(counter, ad_hoc(500), orders=lost)
    assert done.problem is not None
    assert done.order is not None
    assert (done.problem.code, done.order.provisional) == (ErrorCode.PAYMENT_OUTCOME_UNKNOWN, True)
    counter.world.clock.advance(timedelta(minutes=5))
    await counter.world.reconcile()
    order = await assert_sound(counter, done.order)
    assert (order.status, order.version) == (OrderStatus.PAID, 1)


async def test_chk_7_a_coupon_that_does_not_qualify_refuses_the_call_where_it_stands(
    counter: Counter,
) -> None:
    await counter.coupon("TEN", percent_off="10", stackable=True)
    await counter.coupon("ALONE")
    before = await rows(counter)
    with refused(ErrorCode.COUPON_NOT_STACKABLE, ErrorCode.COUPON_NOT_FOUND) as problems:
        await check_out(counter, ad_hoc(500), codes=("TEN", "ALONE", "NOPE"))
    assert sorted(each.field for each in problems) == [
        ("order", "couponCodes", "1"),
        ("order", "couponCodes", "2"),
    ]
    assert (changes(before, await rows(counter)), await charged(counter)) == ({}, [])


async def test_chk_7_short_stock_refuses_the_call_at_the_line(counter: Counter) -> None:
    beans, plenty = await counter.variant(1000, 3), await counter.variant(500, 9)
    box = await counter.bundle(1800, (beans, 2))
    before = await rows(counter)
    with refused(ErrorCode.INVENTORY_UNAVAILABLE) as problems:
        await check_out(counter, of(plenty), packed(box, 2))
    (problem,) = problems
    assert isinstance(problem, StockProblem)
    assert problem.field == ("order", "lineItems", "1")
    assert [(each.requested, each.available) for each in problem.lines] == [(2, 1)]
    assert (changes(before, await rows(counter)), await charged(counter)) == ({}, [])


async def test_chk_7_another_total_than_the_expected_one_is_told_and_not_charged(
    counter: Counter,
) -> None:
    before = await rows(counter)
    with refused(ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED) as problems:
        await check_out(counter, ad_hoc(500), expected=499)
    (problem,) = problems
    assert isinstance(problem, LimitProblem)
    assert (problem.limit, problem.field) == (usd(500), ("expectedOutstanding",))
    browser = counter.world.browser
    variant = await counter.variant(700)
    with refused(ErrorCode.EXPECTED_OUTSTANDING_REQUIRED):
        await check_out(counter, of(variant), actor=browser)
    assert "orders" not in changes(before, await rows(counter))
    done = await check_out(counter, of(variant), actor=browser, expected=700)
    assert done.order is not None
    assert done.client_secret is not None
    assert (done.order.status, done.order.paid_minor) == (OrderStatus.PAID, 700)


async def test_chk_7_problems_of_the_order_are_told_together_below_order(
    counter: Counter,
) -> None:
    with refused(ErrorCode.LINE_ITEM_INVALID_QUANTITY, ErrorCode.AMOUNT_OUT_OF_RANGE) as problems:
        await check_out(counter, ad_hoc(500, 0), tips=(NewTip(amount=usd(0)),))
    assert sorted(each.field for each in problems) == [
        ("order", "lineItems", "0", "quantity"),
        ("order", "tips", "0", "amount", "amount"),
    ]


async def test_chk_7_a_customer_coupon_needs_to_know_who_buys(counter: Counter) -> None:
    await counter.coupon(max_uses_per_customer=1)
    with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED) as problems:
        await check_out(counter, ad_hoc(500), codes=("SAVE",))
    assert problems[0].field == ("order", "buyerEmail")
    done = await check_out(counter, ad_hoc(500), codes=("SAVE",), buyer_email="a@b.de")
    assert done.order is not None
    with refused(ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED) as problems:
        await check_out(counter, ad_hoc(500), codes=("SAVE",), buyer_email="A@B.DE")
    assert problems[0].field == ("order", "couponCodes", "0")


async def test_chk_8_a_dry_run_does_all_but_the_charge_and_takes_it_back(counter: Counter) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    before = await rows(counter)
    keyed = counter.keyed("k", "checkoutOrder")
    for sources in (None, [CashSource(usd(9000))]):
        draft = await rehearse(
            counter, of(variant, 5), codes=("SAVE",), actor=keyed, sources=sources
        )
        assert (draft.order.total_minor, draft.order.paid_minor) == (4000, 0)
        assert draft.order.status is OrderStatus.OPEN
    assert changes(before, await rows(counter)) == {}
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)
    assert (await charged(counter), keyed.idempotency and keyed.idempotency.claimed) == ([], False)
    priced = await preview(counter, drafted(of(variant, 5), codes=("SAVE",)))
    assert priced.order.as_sold == draft.order.as_sold


async def test_chk_8_a_dry_run_is_refused_as_the_call_would_be(counter: Counter) -> None:
    variant = await counter.variant(1000, 1)
    await counter.coupon("GONE", max_uses=1)
    await check_out(counter, ad_hoc(100), codes=("GONE",))
    before = await rows(counter)
    with refused(ErrorCode.INVENTORY_UNAVAILABLE):
        await rehearse(counter, of(variant, 2))
    with refused(ErrorCode.COUPON_EXHAUSTED):
        await rehearse(counter, of(variant), codes=("GONE",))
    with refused(ErrorCode.PAYMENT_SOURCE_INVALID):
        await rehearse(counter, of(variant), token="pm_unknown")
    with refused(ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED):
        await rehearse(counter, of(variant), expected=999)
    assert changes(before, await rows(counter)) == {}


async def test_c1_of_50_checkouts_of_the_last_10_units_exactly_10_are_paid(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 10)
    done = await asyncio.gather(
        *(check_out(counter, of(variant)) for _ in range(50)), return_exceptions=True
    )
    codes = Tally(each.code if isinstance(each, Problem) else "PAID" for each in done)  # pyright: ignore[reportAttributeAccessIssue]
    late = codes[ErrorCode.INVENTORY_UNAVAILABLE] + codes[ErrorCode.ITEM_NOT_AVAILABLE]
    assert (codes["PAID"], late) == (10, 40)
    assert await counter.stock(variant) == (0, 0)
    found = await orders_of(counter)
    assert (len(found), {each[1] for each in found}) == (10, {False})
    assert sorted(str(number) for _, _, number in found) == [str(1001 + at) for at in range(10)]
    assert await charged(counter) == ["SUCCEEDED"] * 10


async def test_c2_of_20_checkouts_with_a_coupon_of_one_use_exactly_one_gets_it(
    counter: Counter,
) -> None:
    coupon = await counter.coupon(max_uses=1)
    before = await rows(counter)
    done = await asyncio.gather(
        *(check_out(counter, ad_hoc(1000), codes=("SAVE",)) for _ in range(20)),
        return_exceptions=True,
    )
    refusals = [each for each in done if isinstance(each, Problem)]
    assert [each.code for each in refusals] == [ErrorCode.COUPON_EXHAUSTED] * 19
    assert {each.field for each in refusals} == {("order", "couponCodes", "0")}
    after = changes(before, await rows(counter))
    assert (after["orders"], after["payment_attempts"], after["coupon_uses"]) == (1, 1, 1)
    assert (await charged(counter), await counter.uses(coupon)) == (["SUCCEEDED"], 1)
    (kept,) = [each for each in done if not isinstance(each, BaseException)]
    assert kept.order is not None
    assert kept.order.paid_minor == 800


async def test_chk_5_declined_checkouts_give_the_last_unit_to_the_next(counter: Counter) -> None:
    variant = await counter.variant(1000, 1)
    for _ in range(3):
        declined = await check_out(counter, of(variant), token=DECLINED)
        assert isinstance(declined.problem, PaymentProblem)
    paid = await check_out(counter, of(variant))
    assert paid.order is not None
    await assert_sound(counter, paid.order)
    assert [each[0] for each in await orders_of(counter)] == [paid.order.id]


async def test_chk_4_a_checkout_takes_fewer_statements_than_its_parts(counter: Counter) -> None:
    variant = await counter.variant(1000, 9)

    async def in_parts() -> Order:
        return (await counter.pay(await counter.order(of(variant)))).order

    await in_parts()
    await check_out(counter, of(variant))
    with counted() as apart:
        await in_parts()
    with counted() as together:
        await check_out(counter, of(variant))
    assert together.texts.count("COMMIT") <= 2
    assert len(together) < len(apart)
    assert len(together) <= 12
