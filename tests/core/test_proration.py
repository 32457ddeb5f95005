"""Refunds by amount and by line, and what they take back of each figure."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ordergraph.core.amounts import OrderAmounts
from ordergraph.core.drafts import ChargeDraft, FlatTax, TipDraft
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
from ordergraph.core.proration import refund_all, refund_amount
from ordergraph.core.sales import (
    ChargeReversal,
    LineReversal,
    Reversal,
    SoldLine,
    SoldOrder,
    TipReversal,
)
from ordergraph.core.undoing import refundable
from tests.core.orders import (
    BEANS,
    MUG,
    WORKED_EXAMPLE,
    discount,
    line,
    order,
    rate,
    refund_lines,
    sold,
    uid,
)

PAID = sold(WORKED_EXAMPLE)
FREE_GIFT = sold(
    order(
        line(1, 1000, 2),
        line(2, 300, 3),
        discounts=(discount(11, percent="100", on_lines=[2]),),
        taxes=(rate(21, "10"),),
    )
)
WITH_EXTRAS = sold(
    order(
        line(1, 1000),
        charges=(ChargeDraft(uid(2), 500, taxable=True),),
        taxes=(rate(21, "10"),),
        flat_taxes=(FlatTax(uid(22), "Delivery fee", 28),),
        tips=(TipDraft(uid(31), 200), TipDraft(uid(32), 100)),
    )
)


def test_ref_2_without_an_amount_all_that_is_left_goes_back() -> None:
    after = PAID.after(refund_amount(PAID, 578))
    reversal = refund_all(after)
    assert reversal.money == 5000
    assert after.after(reversal).net_amounts.total == 0


def test_ref_3_refundable_is_what_was_paid_less_what_was_refunded() -> None:
    assert refundable(PAID) == 5578
    assert refundable(PAID.after(refund_amount(PAID, 578))) == 5000
    assert refundable(replace(PAID, refunded=6000)) == 0


def test_ref_3_more_than_refundable_is_refused_with_the_figure() -> None:
    after = PAID.after(refund_amount(PAID, 578))
    with pytest.raises(LimitProblem) as refused:
        refund_amount(after, 5001)
    assert refused.value.code is ErrorCode.REFUND_EXCEEDS_REFUNDABLE
    assert refused.value.limit == Money(5000, "USD")


def test_ref_33_a_refunded_order_has_nothing_refundable() -> None:
    refunded = PAID.after(refund_all(PAID))
    for attempt in (
        lambda: refund_all(refunded),
        lambda: refund_amount(refunded, 1),
        lambda: refund_lines(refunded, [(BEANS.id, 1)]),
    ):
        with pytest.raises(LimitProblem) as refused:
            attempt()
        assert refused.value.code is ErrorCode.REFUND_EXCEEDS_REFUNDABLE
        assert refused.value.limit == Money(0, "USD")


def test_ref_4_an_order_without_any_payment_is_not_paid() -> None:
    unpaid = sold(WORKED_EXAMPLE, paid=0, ever_paid=False)
    for attempt in (
        lambda: refund_all(unpaid),
        lambda: refund_amount(unpaid, 1),
        lambda: refund_lines(unpaid, [(BEANS.id, 1)]),
    ):
        with pytest.raises(Problem) as refused:
            attempt()
        assert refused.value.code is ErrorCode.ORDER_NOT_PAID


@pytest.mark.parametrize("amount", [0, -1])
def test_ref_2_an_amount_is_positive(amount: int) -> None:
    with pytest.raises(Problem) as refused:
        refund_amount(PAID, amount)
    assert refused.value.code is ErrorCode.AMOUNT_OUT_OF_RANGE


def test_ref_5_more_units_than_are_left_are_refused() -> None:
    after = PAID.after(refund_lines(PAID, [(BEANS.id, 1)]))
    with pytest.raises(Problem) as refused:
        refund_lines(after, [(MUG.id, 1), (BEANS.id, 2)])
    assert refused.value.code is ErrorCode.REFUND_QUANTITY_EXCEEDED
    assert refused.value.field == ("lineItems", "1", "quantity")


def test_ref_5_units_asked_for_twice_count_together() -> None:
    both = refund_lines(PAID, [(BEANS.id, 1), (BEANS.id, 1)])
    assert both == refund_lines(PAID, [(BEANS.id, 2)])
    with pytest.raises(Problem) as refused:
        refund_lines(PAID, [(BEANS.id, 2), (BEANS.id, 1)])
    assert refused.value.code is ErrorCode.REFUND_QUANTITY_EXCEEDED


@pytest.mark.parametrize("quantity", [0, -1])
def test_ref_5_a_quantity_is_at_least_1(quantity: int) -> None:
    with pytest.raises(Problem) as refused:
        refund_lines(PAID, [(BEANS.id, quantity)])
    assert refused.value.code is ErrorCode.LINE_ITEM_INVALID_QUANTITY


def test_ref_5_a_line_of_another_order_is_not_found() -> None:
    with pytest.raises(Problem) as refused:
        refund_lines(PAID, [(uid(99), 1)])
    assert refused.value.code is ErrorCode.RESOURCE_NOT_FOUND


def test_ref_6_several_lines_are_refunded_together() -> None:
    reversal = refund_lines(PAID, [(MUG.id, 1), (BEANS.id, 1)])
    assert reversal.lines == (
        LineReversal(BEANS.id, 1, gross=1999, discount=400, tax=144),
        LineReversal(MUG.id, 1, gross=2400, discount=480, tax=173),
    )
    assert (reversal.money, reversal.returned) == (3836, 0)


def test_ref_6_units_refunded_at_once_or_one_by_one_come_to_the_same() -> None:
    first = refund_lines(PAID, [(BEANS.id, 1)])
    second = refund_lines(PAID.after(first), [(BEANS.id, 1)])
    assert PAID.after(first).after(second) == PAID.after(refund_lines(PAID, [(BEANS.id, 2)]))


def test_ref_6_what_an_amount_consumed_of_a_line_is_not_paid_twice() -> None:
    state = sold(order(line(1, 500, 2), taxes=(rate(21, "10"),)))
    state = state.after(refund_amount(state, 330))
    first = refund_lines(state, [(uid(1), 1)])
    assert (first.lines[0].net, first.lines[0].tax) == (500, 50)
    state = state.after(first)
    last = refund_lines(state, [(uid(1), 1)])
    assert (last.lines[0].net, last.lines[0].tax) == (200, 20)
    assert state.after(last).net_amounts.total == 0


def test_ref_6_units_that_an_amount_paid_back_already_bring_no_money() -> None:
    state = sold(order(line(1, 500, 2), tips=(TipDraft(uid(31), 100),)))
    state = state.after(refund_amount(state, 1000))
    with pytest.raises(Problem) as refused:
        refund_lines(state, [(uid(1), 1)])
    assert refused.value.code is ErrorCode.AMOUNT_OUT_OF_RANGE


def test_ref_6_the_last_unit_takes_what_a_failed_refund_left_behind() -> None:
    state = sold(order(line(1, 1, 4), discounts=(discount(11, amount=2),)))
    first = refund_lines(state, [(uid(1), 1)])
    assert first.money == 1
    failed_since = replace(state, lines=(replace(state.lines[0], refunded_quantity=1),), refunded=0)
    rest = refund_lines(failed_since, [(uid(1), 3)])
    assert rest.money == 2


def test_ref_6_a_discount_ahead_of_its_share_waits() -> None:
    ahead = SoldLine(uid(1), 10, gross=1100, discount=100, reversed_gross=12, reversed_discount=2)
    state = SoldOrder("USD", (ahead,), paid=1000, refunded=10, ever_paid=True)
    (delta,) = refund_amount(state, 1).lines
    assert (delta.gross, delta.discount) == (1, 0)


def test_ref_6_tax_inside_the_price_never_outlasts_the_price() -> None:
    state = sold(order(line(1, 100, 3), taxes=(rate(21, "100", inclusive=True),)))
    state = state.after(refund_lines(state, [(uid(1), 1)]))
    state = state.after(refund_amount(state, 110))
    state = state.after(refund_lines(state, [(uid(1), 1)]))
    (only,) = state.lines
    assert only.remaining_net == 0
    assert (only.tax, only.reversed_tax, only.reversed_included_tax) == (150, 150, 150)


def test_ref_7_an_amount_is_spread_over_all_but_the_tips() -> None:
    reversal = refund_amount(WITH_EXTRAS, 825)
    assert reversal.lines == (LineReversal(uid(1), gross=500, tax=50),)
    assert reversal.charges == (ChargeReversal(uid(2), amount=250, tax=25),)
    assert (reversal.tips, reversal.flat_tax, reversal.money) == ((), 0, 825)
    assert reversal.charges[0].money == 275


def test_ref_7_tips_go_when_nothing_else_is_left() -> None:
    reversal = refund_amount(WITH_EXTRAS, 1650 + 150)
    assert reversal.tips == (TipReversal(uid(31), 100), TipReversal(uid(32), 50))
    assert reversal.amounts == OrderAmounts(subtotal=1000, charge=500, tax=150, tip=150)


def test_ref_7_include_tip_puts_tips_into_the_pool() -> None:
    reversal = refund_amount(WITH_EXTRAS, 975, include_tip=True)
    assert reversal.amounts == OrderAmounts(subtotal=500, charge=250, tax=75, tip=150)


def test_ref_8_a_charge_with_included_tax_gives_it_back_in_proportion() -> None:
    charge = ChargeDraft(uid(2), percent=Decimal(50), taxable=True)
    taxes = (rate(21, "20", inclusive=True),)
    state = sold(order(line(1, 1200), charges=(charge,), taxes=taxes))
    reversal = refund_amount(state, 900)
    assert reversal.charges == (ChargeReversal(uid(2), amount=300, tax=50, included_tax=50),)
    assert reversal.amounts.included_tax == 150


def test_ref_9_a_flat_tax_goes_last_of_all() -> None:
    assert refund_amount(WITH_EXTRAS, 1950).flat_tax == 0
    assert refund_all(WITH_EXTRAS).flat_tax == 28


def test_ref_10_the_discount_stays_as_it_was_when_units_go_back() -> None:
    bulk = discount(11, amount=1000)
    state = sold(order(line(1, 1000, 5), discounts=(bulk,)))
    state = state.after(refund_lines(state, [(uid(1), 4)]))
    assert state.net_amounts.total == 800
    assert state.net_amounts.discount == 200


def test_amt_3_a_payment_before_the_order_was_paid_is_only_returned() -> None:
    deposit = sold(WORKED_EXAMPLE, paid=2000, ever_paid=False)
    reversal = refund_amount(deposit, 1500)
    assert reversal == Reversal(returned=1500)
    net = deposit.after(reversal).net_amounts
    assert (net.total, net.net_collected, net.balance) == (5578, 500, 5078)


def test_amt_3_lines_of_an_order_that_was_never_paid_are_not_refunded() -> None:
    with pytest.raises(Problem) as refused:
        refund_lines(sold(WORKED_EXAMPLE, paid=2000, ever_paid=False), [(BEANS.id, 1)])
    assert refused.value.code is ErrorCode.ORDER_NOT_PAID


def test_amt_3_beyond_the_credit_a_refund_undoes_the_sale() -> None:
    overpaid = sold(WORKED_EXAMPLE, paid=6000)
    reversal = refund_amount(overpaid, 500)
    assert (reversal.returned, reversal.reversed, reversal.money) == (422, 78, 500)
    net = overpaid.after(reversal).net_amounts
    assert (net.total, net.balance, net.credit) == (5500, 0, 0)


def test_amt_3_a_line_refund_leaves_the_credit_alone() -> None:
    overpaid = sold(WORKED_EXAMPLE, paid=6000)
    reversal = refund_lines(overpaid, [(BEANS.id, 1)])
    assert (reversal.returned, reversal.money) == (0, 1743)
    assert overpaid.after(reversal).net_amounts.credit == 422


def test_amt_6_discount_and_gross_shrink_along_with_the_net() -> None:
    reversal = refund_amount(PAID, 1000)
    assert reversal.lines == (
        LineReversal(BEANS.id, gross=573 + 143, discount=143, tax=52),
        LineReversal(MUG.id, gross=344 + 86, discount=86, tax=31),
    )


def test_amt_6_free_lines_are_zeroed_when_the_order_is_refunded() -> None:
    part = refund_amount(FREE_GIFT, 1100)
    assert [row.id for row in part.lines] == [uid(1)]
    state = FREE_GIFT.after(part)
    rest = refund_all(state)
    assert rest.lines[1] == LineReversal(uid(2), quantity=3, gross=900, discount=900)
    assert state.after(rest).net_amounts.subtotal == 0


def test_amt_6_the_last_units_that_bring_money_zero_the_free_lines_too() -> None:
    reversal = refund_lines(FREE_GIFT, [(uid(1), 2)])
    assert reversal.lines == (
        LineReversal(uid(1), quantity=2, gross=2000, tax=200),
        LineReversal(uid(2), quantity=0, gross=900, discount=900),
    )
    assert FREE_GIFT.after(reversal).as_sold == FREE_GIFT.after(reversal).reversed_so_far


def test_units_of_a_free_line_may_go_back_along_with_others() -> None:
    reversal = refund_lines(FREE_GIFT, [(uid(1), 1), (uid(2), 1)])
    assert reversal.lines == (
        LineReversal(uid(1), quantity=1, gross=1000, tax=100),
        LineReversal(uid(2), quantity=1),
    )


def test_ref_20_an_amount_that_refunds_everything_counts_all_units() -> None:
    reversal = refund_amount(PAID, 5578)
    assert [(row.id, row.quantity) for row in reversal.lines] == [(BEANS.id, 2), (MUG.id, 1)]


def test_only_what_changes_is_listed() -> None:
    state = WITH_EXTRAS.after(refund_lines(WITH_EXTRAS, [(uid(1), 1)]))
    state = state.after(refund_amount(state, 550))
    assert refund_all(state) == Reversal(
        tips=(TipReversal(uid(31), 200), TipReversal(uid(32), 100)), flat_tax=28
    )
