"""Any sequence of refunds gives back what was paid, no more and no less (invariant 5; B2 28-32)."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from ordergraph.core.problems import Problem
from ordergraph.core.proration import refund_all, refund_amount
from ordergraph.core.sales import ChargeReversal, LineReversal, Reversal, SoldOrder, TipReversal
from ordergraph.core.undoing import refundable
from tests.core.orders import line, order, rate, refund_lines, sold, uid
from tests.core.strategies import PERCENTS, drafts


@st.composite
def sales(draw: st.DrawFn) -> SoldOrder:
    """Paid orders that were worth something, some of them overpaid."""
    state = sold(draw(drafts()))
    assume(state.paid > 0)
    return replace(state, paid=state.paid + draw(st.sampled_from([0, 0, 0, 1, 500])))


def a_refund(draw: st.DrawFn, state: SoldOrder) -> Reversal:
    """One refund of any kind; of the amount when no unit brings money."""
    left = {row.id: row.quantity - row.refunded_quantity for row in state.lines}
    line_id = draw(st.sampled_from(sorted(left)))
    if left[line_id] and draw(st.booleans()):
        try:
            return refund_lines(state, [(line_id, draw(st.integers(1, left[line_id])))])
        except Problem:
            pass
    return refund_amount(state, draw(st.integers(1, refundable(state))), draw(st.booleans()))


@given(sales(), st.data())
def test_invariant_5_refunds_of_any_kind_in_any_order_sum_up_to_the_total(
    sale: SoldOrder, data: st.DataObject
) -> None:
    state, money = sale, 0
    for _ in range(data.draw(st.integers(0, 6))):
        if refundable(state) == 0:
            break
        reversal = a_refund(data.draw, state)
        assert_within_bounds(state, reversal)
        state = state.after(reversal)
        money += reversal.money
        assert_consistent(state)
    if refundable(state):
        last = refund_all(state)
        assert_within_bounds(state, last)
        state, money = state.after(last), money + last.money
    assert money == sale.paid
    assert state.reversed_so_far == sale.as_sold
    assert state.net_amounts.balance == 0


@given(sales(), st.data())
def test_b2_28_all_units_in_any_order_bring_exactly_what_the_lines_cost(
    sale: SoldOrder, data: st.DataObject
) -> None:
    """A unit that costs less than one minor unit may bring nothing; then it is refused."""
    cost = {row.id: row.net + row.added_tax for row in sale.lines}
    whole = {row.id for row in sale.lines if row.net >= row.quantity}
    brought = dict.fromkeys(cost, 0)
    state = sale
    units = [row.id for row in sale.lines for _ in range(row.quantity)]
    for line_id in data.draw(st.permutations(units)):
        try:
            reversal = refund_lines(state, [(line_id, 1)])
        except Problem:
            assert line_id not in whole
            continue
        brought[line_id] += reversal.money
        state = state.after(reversal)
        assert brought[line_id] <= cost[line_id]
    assert all(brought[line_id] == cost[line_id] for line_id in whole)
    assert_consistent(state)


@given(st.integers(1, 5000), st.integers(2, 12), PERCENTS, st.booleans(), st.data())
def test_ref_6_two_steps_come_to_the_same_as_one(
    unit_price: int, quantity: int, percent: str, inclusive: bool, data: st.DataObject
) -> None:
    taxes = (rate(21, percent, inclusive=inclusive),)
    sale = sold(order(line(1, unit_price, quantity), line(2, 999), taxes=taxes))
    first = data.draw(st.integers(1, quantity - 1))
    more = data.draw(st.integers(1, quantity - first))
    state = sale.after(refund_lines(sale, [(uid(1), first)]))
    state = state.after(refund_lines(state, [(uid(1), more)]))
    assert state == sale.after(refund_lines(sale, [(uid(1), first + more)]))


@given(sales(), st.data())
def test_ref_30_after_a_failed_refund_all_can_still_be_refunded(
    sale: SoldOrder, data: st.DataObject
) -> None:
    state = sale
    made: list[Reversal] = []
    while len(made) < 3 and refundable(state):
        made.append(a_refund(data.draw, state))
        state = state.after(made[-1])
    state = state.after(undoing(data.draw(st.sampled_from(made))))
    assert_consistent(state)
    again = a_refund(data.draw, state)
    assert_within_bounds(state, again)
    state = state.after(again)
    if refundable(state):
        state = state.after(refund_all(state))
    assert state.reversed_so_far == sale.as_sold


def undoing(reversal: Reversal) -> Reversal:
    return Reversal(
        -reversal.returned,
        tuple(
            LineReversal(
                row.id, -row.quantity, -row.gross, -row.discount, -row.tax, -row.included_tax
            )
            for row in reversal.lines
        ),
        tuple(
            ChargeReversal(row.id, -row.amount, -row.tax, -row.included_tax)
            for row in reversal.charges
        ),
        tuple(TipReversal(row.id, -row.amount) for row in reversal.tips),
        -reversal.flat_tax,
    )


def assert_within_bounds(state: SoldOrder, reversal: Reversal) -> None:
    """No refund gives back more than there is, or takes anything that was not sold."""
    assert 0 < reversal.money <= refundable(state)
    assert reversal.money == reversal.returned + reversal.reversed
    lines = {line.id: line for line in state.lines}
    for row in reversal.lines:
        assert min(row.quantity, row.gross, row.discount, row.net) >= 0
        assert 0 <= row.included_tax <= row.tax
        assert row.money <= lines[row.id].remaining_net + lines[row.id].remaining_added_tax
    for row in reversal.charges:
        assert row.amount >= 0
        assert 0 <= row.included_tax <= row.tax
    assert all(row.amount > 0 for row in reversal.tips)
    assert reversal.flat_tax >= 0


def assert_consistent(state: SoldOrder) -> None:
    """Every figure stays between nothing and what was sold, and the identities of 5.9 hold."""
    for row in state.lines:
        assert 0 <= row.refunded_quantity <= row.quantity
        assert 0 <= row.reversed_gross <= row.gross
        assert 0 <= row.reversed_discount <= row.discount
        assert 0 <= row.reversed_net <= row.net
        assert 0 <= row.reversed_tax <= row.tax
        assert 0 <= row.reversed_included_tax <= row.included_tax
    net = state.net_amounts
    assert min(net.subtotal, net.discount, net.charge, net.tax, net.tip) >= 0
    assert net.total == state.as_sold.total - state.reversed_so_far.total
    assert net.total == (
        net.subtotal - net.discount + net.charge + net.tax - net.included_tax + net.tip
    )
    assert net.balance == net.total - (net.paid - net.refunded)
    assert net.refunded <= net.paid
    assert net.balance <= 0
    assert state.as_sold.minus(state.reversed_so_far).plus(state.reversed_so_far) == state.as_sold
