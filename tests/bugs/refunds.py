"""Bugs of refunds: money that goes back twice, too much of it, or none that is counted as gone."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType

from ordergraph.commerce.coupons import reserving as uses
from ordergraph.commerce.inventory import holding
from ordergraph.commerce.orders import closing, saving, settling
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments.gateway import RefundOutcome, RefundStatus
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.refunds import planning, sending
from ordergraph.commerce.refunds.lifecycle import RefundStatus as Stage
from ordergraph.commerce.refunds.reads import Refund
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.core import targeting
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.sales import LineReversal, Reversal, SoldLine, SoldOrder
from ordergraph.core.tendering import Leg, Tender
from tests.bugs.bugs import Bug, at_once, code_of, codes_of, dropped
from tests.bugs.carts import cart
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, usd
from tests.commerce.orders.processors import Failing, dead, silent, unreachable
from tests.commerce.orders.test_part_payments import deposit
from tests.commerce.orders.tills import check_out
from tests.commerce.refunds.selling import FAILS, paid_in_parts
from tests.core.orders import refund_lines, sold
from tests.world import SCHEMA

LEASE = timedelta(seconds=8)


class _Answering:
    """Refunds nothing and answers this; all else is the sandbox's."""

    def __init__(self, inner: Any, status: RefundStatus) -> None:
        self._inner = inner
        self._status = status

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def refund(self, request: Any) -> RefundOutcome:
        reason = "declined" if self._status is RefundStatus.FAILED else None
        return RefundOutcome(self._status, "re_1", reason)


async def a_refund_that_failed_counts_for_nothing(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    refusing = counter.with_gateway(_Answering(counter.orders.gateway, RefundStatus.FAILED))
    failed = await counter.refund(order, 700, orders=refusing)
    after = await counter.reload(order)
    assert (after.status, after.net, after.payments) == (
        OrderStatus.PAID,
        order.net,
        order.payments,
    )
    assert code_of(failed) is ErrorCode.REFUND_FAILED
    waiting = counter.with_gateway(_Answering(counter.orders.gateway, RefundStatus.PENDING))
    pending = await counter.refund(order, 700, orders=waiting)
    assert (pending.refund.status, pending.order.refunded_minor) == (Stage.IN_TRANSIT, 700)
    (more,) = await at_once(counter.refund(order, 301))
    assert code_of(more) is ErrorCode.REFUND_EXCEEDS_REFUNDABLE
    counter.world.clock.advance(LEASE)
    await reconcile_refunds(counter.orders)
    again = await counter.refund(order, 300)
    assert (again.order.status, await counter.collected(order)) == (OrderStatus.REFUNDED, 0)
    late = await counter.paid(ad_hoc(1000), token=FAILS)
    mute = counter.with_gateway(Failing(counter.orders.gateway, "refund", silent))
    assert (await counter.refund(late, 400, orders=mute)).order.refunded_minor == 400
    counter.world.clock.advance(LEASE)
    await reconcile_refunds(counter.orders)
    assert (await counter.reload(late)).refunded_minor == 0
    for each in (order, late):
        await assert_sound(counter, each)


async def what_failed_is_not_taken_back(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    def note_only(_tx: object, _order: Order, refund: Refund, legs: Sequence[Any]) -> None:
        """Leave the order as if the money had gone back."""
        refund.failed_minor += sum(leg.amount_minor for leg in legs)

    patch.setattr(sending, "take_back", note_only)


async def no_payment_gives_back_more_than_it_brought(counter: Counter) -> None:
    random = Random(64372)
    for _ in range(8):
        parts = [
            (random.randint(1, 900), random.choice(("tok_visa", "tok_visa", "cash", FAILS)))
            for _ in range(random.randint(2, 4))
        ]
        order = await counter.order(ad_hoc(sum(amount for amount, _ in parts)))
        order = await paid_in_parts(counter, order, *parts)
        given: Tally[UUID] = Tally()
        for _ in range(random.randint(1, 4)):
            left = order.paid_minor - order.refunded_minor
            if left == 0:
                break
            amount = random.choice((None, random.randint(1, left)))
            done = await counter.refund(order, amount)
            assert done.refund.amount_minor == sum(
                leg.amount_minor for leg in done.refund.payment_refunds
            )
            given.update(
                {
                    leg.attempt_id: leg.amount_minor
                    for leg in done.refund.payment_refunds
                    if leg.status.value == "SUCCEEDED"
                }
            )
            order = await counter.reload(order)
        brought = {each.attempt_id: each.amount.minor for each in order.payments}
        assert all(given[id] <= brought[id] for id in given)
        assert sum(given.values()) == order.refunded_minor
        for charge in await counter.charges(order):
            assert charge.refunded_minor == given[charge.id] <= charge.amount_minor
        await assert_sound(counter, order)


async def each_payment_gives_back_the_whole_refund(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    def spread(amount: int, tenders: Sequence[Tender], currency: str) -> tuple[Leg, ...]:
        return tuple(Leg(each.id, min(amount, each.left)) for each in tenders if each.left)

    patch.setattr(planning, "spread", spread)


async def whatever_tells_of_a_refund_tells_its_amount(counter: Counter) -> None:
    order = await counter.order(ad_hoc(2000))
    order = await paid_in_parts(counter, order, (1200, "tok_visa"), (800, "tok_visa"))
    mute = counter.with_gateway(Failing(counter.orders.gateway, "refund", silent))
    pending = await counter.refund(order, 900, orders=mute)
    amounts = [leg.amount_minor for leg in pending.refund.payment_refunds]
    assert (pending.refund.amount, amounts) == (usd(900), [800, 100])
    counter.world.clock.advance(LEASE)
    await reconcile_refunds(counter.orders)
    await counter.refund(order)
    events = await counter.events(order)
    assert [each.type for each in events[-3:]] == ["REFUNDED", "UPDATED", "REFUNDED"]
    assert all(isinstance(each.balance, int) for each in events)
    refunds = await counter.refunds(order)
    assert sorted(each.amount_minor for each in refunds) == [900, 1100]
    for name, fields in {
        "Refund": ("amount", "paymentRefunds"),
        "PaymentRefund": ("amount",),
        "Money": ("amount", "currency"),
    }.items():
        shown: Any = SCHEMA._schema.type_map[name]  # pyright: ignore[reportPrivateUsage]
        assert isinstance(shown, GraphQLObjectType)
        for field in fields:
            assert isinstance(shown.fields[field].type, GraphQLNonNull), (name, field)


async def events_are_told_without_amounts(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    told = saving.order_event

    def empty(*what: Any) -> Any:
        event = told(*what)
        event.payload["balance"] = None
        return event

    patch.setattr(saving, "order_event", empty)


async def the_record_of_a_failure_stays(counter: Counter) -> None:
    order = await counter.order(ad_hoc(1000))
    kept = await counter.paid(ad_hoc(1000), token=FAILS)
    outcomes = await at_once(
        counter.pay(order, token="tok_chargeDeclined"), counter.refund(kept, 400)
    )
    attempts, refunds = await counter.attempts(order), await counter.refunds(kept)
    assert [(each.status, each.failure_code) for each in attempts] == [
        (AttemptStatus.FAILED, "card_declined")
    ]
    assert [(each.status, each.failure_reason) for each in refunds] == [
        (Stage.FAILED, "expired_or_canceled_card")
    ]
    assert codes_of(outcomes) == [ErrorCode.PAYMENT_DECLINED, ErrorCode.REFUND_FAILED]
    assert await counter.told(order) == ["CREATED", "PAYMENT_FAILED"]
    assert await counter.told(kept) == ["CREATED", "PAID", "REFUND_FAILED"]
    for each in (order, kept):
        await assert_sound(counter, each)


async def failures_are_raised_inside_the_transaction(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    for module in (settling, sending):
        tells: Any = module.problem_of

        def raises(what: Any, tells: Any = tells) -> None:
            problem = tells(what)
            if problem is not None:
                raise problem

        patch.setattr(module, "problem_of", raises)


async def every_way_to_end_gives_back_all_that_was_held(counter: Counter) -> None:
    coupon, variant = await counter.coupon(max_uses=1), await counter.variant(1000, 2)
    gateway = counter.orders.gateway

    async def fresh() -> Order:
        return await counter.apply(await counter.order(of(variant, 2)))

    async def declined() -> Order:
        return (await counter.pay(await fresh(), token="tok_chargeDeclined")).order

    async def never_sent() -> Order:
        mute = counter.with_gateway(Failing(gateway, "charge", unreachable))
        return (await counter.pay(await fresh(), orders=mute)).order

    async def died() -> Order:
        order = await fresh()
        dying = counter.with_gateway(Failing(gateway, "charge", dead))
        await at_once(counter.pay(order, orders=dying))
        counter.world.clock.advance(LEASE)
        await counter.world.reconcile()
        return order

    async def abandoned() -> Order:
        order = (await counter.pay(await fresh(), token="tok_requires3ds")).order
        assert (await counter.stock(variant), await counter.uses(coupon)) == ((2, 2), 1)
        counter.world.clock.advance(timedelta(hours=2))
        await counter.world.reconcile()
        return order

    async def deposit_given_back() -> Order:
        order = await deposit(counter, await fresh(), 400)
        assert (await counter.stock(variant), await counter.uses(coupon)) == ((2, 2), 1)
        await counter.refund(order, 400)
        return order

    async def closed() -> Order:
        order = await fresh()
        await counter.pay(order, token="tok_chargeDeclined")
        return await closing.close_order(counter.orders, counter.actor, order.id)

    async def checked_out() -> None:
        await check_out(counter, of(variant, 2), codes=("SAVE",), token="tok_chargeDeclined")

    ends: Sequence[Any] = (
        declined,
        never_sent,
        died,
        abandoned,
        deposit_given_back,
        closed,
        checked_out,
    )
    for end in ends:
        (order,) = await at_once(end())
        left = await counter.stock(variant), await counter.uses(coupon)
        assert left == ((2, 0), 0), end.__name__
        assert not isinstance(order, BaseException), repr(order)
        if order is not None:
            after = await assert_sound(counter, order)
            assert (after.active_attempt_id, after.status in ("OPEN", "CLOSED")) == (None, True)


async def holds_of_stock_are_kept(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "release_holds", _keep)


async def uses_of_coupons_are_kept(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(uses, "release_uses", _keep)


async def _keep(*_: object) -> None:
    """Give nothing back."""


async def all_lines_in_any_order_bring_what_was_paid_for_them(counter: Counter) -> None:
    random = Random(4811)
    for number in range(150):
        _refund_unit_by_unit(random, number)
    await counter.coupon(percent_off="33.3333")
    await counter.tax()
    for _ in range(2):
        order = await counter.order(
            *(ad_hoc(random.randint(200, 3000), 2, f"No. {at}") for at in range(3))
        )
        order = (await counter.pay(await counter.apply(order))).order
        due = {line.id: line.gross_minor - line.discount_minor for line in order.line_items}
        due = {line.id: due[line.id] + line.tax_minor for line in order.line_items}
        units = [line.id for line in order.line_items for _ in range(2)]
        random.shuffle(units)
        for line in units:
            done = await counter.refund(order, lines=[(line, 1)])
            due[line] -= done.refund.amount_minor
            assert due[line] >= 0
        assert set(due.values()) == {0}
        assert (await assert_sound(counter, order)).status is OrderStatus.REFUNDED


def _refund_unit_by_unit(random: Random, number: int) -> None:
    state = sold(cart(random))
    if state.paid == 0:
        return
    left = {line.id: line.net + line.added_tax for line in state.lines}
    # A unit may cost less than the smallest coin; such lines bring what they can.
    whole = [line.id for line in state.lines if line.net >= line.quantity]
    units = [line.id for line in state.lines for _ in range(line.quantity)]
    random.shuffle(units)
    for unit in units:
        reversal = _one_unit(state, unit)
        assert reversal is not None or unit not in whole, number
        if reversal is not None:
            left[unit] -= reversal.money
            assert left[unit] >= 0, number
            state = state.after(reversal)
    assert all(left[id] == 0 for id in whole), number


def _one_unit(state: SoldOrder, line_id: UUID) -> Reversal | None:
    """Refund a unit; None where it brings nothing."""
    try:
        return refund_lines(state, [(line_id, 1)])
    except Problem:
        return None


async def units_go_back_at_their_price_before_the_discount(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    def undo_units(line: SoldLine, units: int, tax: int | None = None) -> LineReversal:
        gross = line.gross * units // line.quantity
        return LineReversal(line.id, units, gross, 0, line.tax * units // line.quantity)

    patch.setattr(targeting, "undo_units", undo_units)


async def no_more_goes_back_than_came_back(counter: Counter) -> None:
    variant = await counter.variant(1000, 10)
    await counter.tax("10")
    order = await counter.paid(of(variant, 3), ad_hoc(500))
    line = order.line_items[0].id
    done = await counter.refund(order, lines=[(line, 2)])
    assert (done.refund.amount_minor, await counter.stock(variant)) == (2200, (9, 0))
    outcomes = await at_once(
        counter.refund(order, lines=[(line, 2)]),
        counter.refund(order, lines=[(line, 1), (line, 1)]),
        counter.refund(order, 1651),
    )
    after = await counter.reload(order)
    assert (after.refunded_minor, after.line_items[0].refunded_quantity) == (2200, 2)
    assert codes_of(outcomes) == [
        ErrorCode.REFUND_QUANTITY_EXCEEDED,
        ErrorCode.REFUND_QUANTITY_EXCEEDED,
        ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
    ]
    assert (await counter.stock(variant), await counter.collected(order)) == ((9, 0), 1650)
    await assert_sound(counter, order)


async def the_units_of_a_line_are_not_counted(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    await dropped(counter, "order_line_items", "ck_order_line_items_refunded_quantity")

    def units(sold: Any, line: SoldLine, target: Any, path: Any) -> LineReversal:
        return targeting.undo_units(line, target.quantity)

    patch.setattr(targeting, "_units", units)


BUGS = (
    Bug(
        16,
        "vendure#3152",
        a_refund_that_failed_counts_for_nothing,
        what_failed_is_not_taken_back,
    ),
    Bug(
        17,
        "vendure@64372da48",
        no_payment_gives_back_more_than_it_brought,
        each_payment_gives_back_the_whole_refund,
    ),
    Bug(
        18,
        "saleor#14108",
        whatever_tells_of_a_refund_tells_its_amount,
        events_are_told_without_amounts,
    ),
    Bug(
        19,
        "saleor#18196",
        the_record_of_a_failure_stays,
        failures_are_raised_inside_the_transaction,
    ),
    Bug(
        24,
        "polar#13655",
        every_way_to_end_gives_back_all_that_was_held,
        holds_of_stock_are_kept,
    ),
    Bug(
        24,
        "polar#13655",
        every_way_to_end_gives_back_all_that_was_held,
        uses_of_coupons_are_kept,
    ),
    Bug(
        28,
        "vendure#4811",
        all_lines_in_any_order_bring_what_was_paid_for_them,
        units_go_back_at_their_price_before_the_discount,
    ),
    Bug(
        32,
        "spree#14678",
        no_more_goes_back_than_came_back,
        the_units_of_a_line_are_not_counted,
    ),
)
