"""Bugs of coupons: limits that are passed, or not asked, and uses that come back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from ordergraph.commerce.coupons import reserving as uses
from ordergraph.commerce.coupons.offering import create_coupon
from ordergraph.commerce.coupons.rules import Coupon, CouponChanges
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import applying, reserving
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.settling import settle_attempt
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeStatus
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.transaction import ConstraintViolated
from tests.bugs.bugs import Bug, after_waiting, at_once, codes_of, dropped, rewritten
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of
from tests.commerce.orders.processors import Slow
from tests.commerce.orders.tills import check_out, drafted, preview

LIMIT, PAYERS = 7, 100


async def _applied(counter: Counter, count: int, code: str = "SAVE") -> list[Order]:
    async def one() -> Order:
        return await counter.apply(await counter.order(ad_hoc(1000)), code)

    return list(await asyncio.gather(*(one() for _ in range(count))))


def _discounted(outcomes: Sequence[Any]) -> int:
    """Return how many of these were paid with the discount."""
    orders = [getattr(each, "order", None) for each in outcomes]
    return sum(
        order is not None and (order.paid_minor, order.status) == (800, "PAID") for order in orders
    )


async def a_limit_is_not_passed_by_a_hundred_payers_at_once(counter: Counter) -> None:
    one = await counter.coupon(max_uses=1)
    row = ("coupons", "id", one.id)
    few = await after_waiting(counter, row, *map(counter.pay, await _applied(counter, 3)))
    assert (_discounted(few), await counter.uses(one)) == (1, 1)
    coupon = await counter.coupon("MANY", max_uses=LIMIT)
    orders = await _applied(counter, PAYERS // 2, "MANY")
    outcomes = await at_once(
        *(counter.pay(order) for order in orders),
        *(check_out(counter, ad_hoc(1000), codes=("MANY",)) for _ in orders),
    )
    codes = codes_of(outcomes)
    assert (_discounted(outcomes), codes.count(None)) == (LIMIT, LIMIT)
    assert set(codes) <= {
        None,
        ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED,
        ErrorCode.COUPON_EXHAUSTED,
    }
    assert await counter.uses(coupon) == LIMIT
    assert sum([await counter.collected(order) for order in orders]) % 800 == 0


async def the_uses_are_not_counted_under_the_lock(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    rewritten(patch, uses, "_TAKE_UNLIMITED", ("ORDER BY id FOR UPDATE", ""))


async def the_database_keeps_the_limit_when_nobody_checks_it(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=LIMIT)
    orders = await _applied(counter, 20)
    taking: str = uses._TAKING  # pyright: ignore[reportPrivateUsage]
    unchecked = taking.replace("(max_uses IS NULL OR uses_count < max_uses)", "true")
    if unchecked == taking:
        raise LookupError("the check is written in another way now")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uses, "_TAKE_UNLIMITED", Prepared(text(unchecked.format(condition=""))))
        outcomes = await at_once(*(counter.pay(order) for order in orders))
    broken = [each.constraint for each in outcomes if isinstance(each, ConstraintViolated)]
    assert broken == ["ck_coupons_uses"] * (20 - LIMIT)
    assert (_discounted(outcomes), await counter.uses(coupon)) == (LIMIT, LIMIT)


async def the_constraint_is_gone(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    await dropped(counter, "coupons", "ck_coupons_uses")


async def whoever_completes_second_leaves_the_first_alone(counter: Counter) -> None:
    coupon, variant = await counter.coupon(max_uses=1), await counter.variant(1000, 1)
    order = await counter.apply(await counter.order(of(variant)))
    slow = Slow(counter.orders.gateway, "charge")
    first = asyncio.create_task(counter.pay(order, orders=counter.with_gateway(slow)))
    await slow.reached.wait()
    meanwhile = await counter.reload(order)
    outcomes = await at_once(*(counter.pay(order) for _ in range(5)))
    untouched = await counter.reload(order) == meanwhile
    held = await counter.stock(variant), await counter.uses(coupon)
    slow.go.set()
    paid = await first
    assert paid.attempt is not None
    late = ChargeOutcome(ChargeStatus.CANCELED, "")
    await settle_attempt(counter.orders, counter.actor, paid.attempt.id, late)
    after = await counter.reload(order)
    assert (after.status, after.paid_minor, after.version) == (
        OrderStatus.PAID,
        800,
        order.version + 1,
    )
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((0, 0), 1)
    assert (len(await counter.charges(order)), await counter.processor_refunds()) == (1, [])
    assert codes_of(outcomes) == [ErrorCode.PAYMENT_IN_PROGRESS] * 5
    assert (untouched, held) == (True, ((1, 1), 1))
    await assert_sound(counter, order)


async def a_running_payment_does_not_lock_its_order(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    def take(order: Order, action: object) -> None:
        """Let everybody do everything."""

    patch.setattr(Order, "take", take)


async def a_limit_holds_whatever_way_a_coupon_comes(counter: Counter) -> None:
    """By code, by id, in a checkout and in a draft; with a code, and without one."""
    random = Random(4353)
    for round in range(4):
        limit, code = random.randint(1, 3), f"WAY{round}" if round % 2 else None
        wanted = CouponChanges(name="Way", code=code, percent_off="20", max_uses=limit)
        coupon = await create_coupon(counter.world.database, counter.actor, wanted, Findings())
        ways = [_by_id(counter, coupon)]
        if code is not None:
            ways += [_by_code(counter, code), _by_checkout(counter, code)]
        outcomes = await at_once(*(random.choice(ways)() for _ in range(8)))
        assert (_discounted(outcomes), await counter.uses(coupon)) == (limit, limit)
        late = await at_once(*(way() for way in ways))
        assert set(codes_of(late)) == {ErrorCode.COUPON_EXHAUSTED}
        if code is not None:
            draft = await preview(counter, drafted(ad_hoc(1000), codes=(code,)))
            assert draft.order.total_minor == 1000
            assert [each.error_code for each in draft.skipped] == [ErrorCode.COUPON_EXHAUSTED]


def _by_id(counter: Counter, coupon: Coupon) -> Any:
    async def way() -> Any:
        order = await counter.order(ad_hoc(1000))
        await applying.apply_coupon(counter.orders, counter.actor, order.id, coupon_id=coupon.id)
        return await counter.pay(order)

    return way


def _by_code(counter: Counter, code: str) -> Any:
    async def way() -> Any:
        return await counter.pay(await counter.apply(await counter.order(ad_hoc(1000)), code))

    return way


def _by_checkout(counter: Counter, code: str) -> Any:
    return lambda: check_out(counter, ad_hoc(1000), codes=(code,))


async def coupons_without_a_code_are_not_counted(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    counted = reserving.counted_coupons

    def with_code(order: Order) -> list[Any]:
        codes = {each.coupon_id: each.coupon_code for each in order.live_discounts}
        return [id for id in counted(order) if codes[id]]

    patch.setattr(reserving, "counted_coupons", with_code)


async def a_refund_frees_a_use_only_where_the_shop_says_so(counter: Counter) -> None:
    coupon = await counter.coupon(max_uses=1)
    again = _by_code(counter, "SAVE")
    order = (await again()).order
    for amount in (500, None):
        await counter.refund(order, amount)
        assert await counter.uses(coupon) == 1
    assert codes_of(await at_once(again(), again())) == [ErrorCode.COUPON_EXHAUSTED] * 2
    wanted = {"return_use_on_full_refund": True}
    await update_settings(counter.world.database, counter.actor, wanted)
    other = await counter.coupon("OTHER", max_uses=1)
    order = (await _by_code(counter, "OTHER")()).order
    await counter.refund(order, 500)
    assert await counter.uses(other) == 1
    await counter.refund(order)
    assert (await counter.uses(coupon), await counter.uses(other)) == (1, 0)


async def every_full_refund_frees_the_uses(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    switch = "AND CAST(((SELECT environments.settings"
    rewritten(patch, uses, "_LOCKED_REDEEMED", (switch, switch.replace("AND", "AND true OR")))


BUGS = (
    Bug(
        5,
        "saleor#544",
        a_limit_is_not_passed_by_a_hundred_payers_at_once,
        the_uses_are_not_counted_under_the_lock,
    ),
    Bug(
        5,
        "shopware#11245",
        the_database_keeps_the_limit_when_nobody_checks_it,
        the_constraint_is_gone,
    ),
    Bug(
        6,
        "saleor#15855",
        whoever_completes_second_leaves_the_first_alone,
        a_running_payment_does_not_lock_its_order,
    ),
    Bug(
        7,
        "vendure#4353",
        a_limit_holds_whatever_way_a_coupon_comes,
        coupons_without_a_code_are_not_counted,
    ),
    Bug(
        8,
        "registrasion#1",
        a_refund_frees_a_use_only_where_the_shop_says_so,
        every_full_refund_frees_the_uses,
    ),
)
