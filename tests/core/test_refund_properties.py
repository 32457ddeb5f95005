"""Any sequence of refunds of any kind, whole or failing in part, comes to what was paid."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from ordergraph.core.failing import failed_part
from ordergraph.core.problems import Problem
from ordergraph.core.proration import refund_all, refund_amount
from ordergraph.core.sales import Reversal, SoldOrder
from ordergraph.core.targeting import FlatTaxTarget, LineTarget, Target, Targets, refund_targets
from ordergraph.core.tendering import Tender, spread
from ordergraph.core.undoing import refundable
from ordergraph.core.untaxing import TaxLeft, TaxReversal, split_taxes
from tests.core.orders import sold, taxes_of
from tests.core.strategies import drafts
from tests.core.test_proration_properties import (
    assert_consistent,
    assert_within_bounds,
    sales,
    undoing,
)


def targets(draw: st.DrawFn, state: SoldOrder) -> Targets:
    """Name some lines by units or amount, charges, tips and flat taxes of what is left."""
    lines: list[LineTarget] = []
    for line in state.lines:
        units = line.quantity - line.refunded_quantity
        kind = draw(st.sampled_from(["none", "units", "amount"]))
        if kind == "units" and units:
            lines.append(LineTarget(line.id, draw(st.integers(1, units))))
        elif kind == "amount" and line.remaining:
            lines.append(LineTarget(line.id, amount=draw(st.integers(1, line.remaining))))
    charges = [Target(each.id, _some(draw, each.remaining)) for each in state.charges]
    tips = [Target(each.id, _some(draw, each.remaining_amount)) for each in state.tips]
    flat = state.flat_tax - state.reversed_flat_tax
    return Targets(
        tuple(lines),
        tuple(each for each in charges if each.amount != 0),
        tuple(each for each in tips if each.amount != 0),
        FlatTaxTarget(_some(draw, flat)) if flat and draw(st.booleans()) else None,
    )


def _some(draw: st.DrawFn, left: int) -> int | None:
    """All that is left, or a part of it; 0 stands for not naming it."""
    return draw(st.sampled_from([0, None])) if left == 0 else draw(st.integers(0, left)) or 0


def any_refund(draw: st.DrawFn, state: SoldOrder) -> Reversal:
    if draw(st.booleans()):
        try:
            return refund_targets(state, targets(draw, state))
        except Problem:
            pass  # nothing was named, or what was named brings no money
    return refund_amount(state, draw(st.integers(1, refundable(state))), draw(st.booleans()))


@given(sales(), st.data())
def test_invariant_5_refunds_of_all_kinds_that_fail_in_part_come_to_what_was_paid(
    sale: SoldOrder, data: st.DataObject
) -> None:
    state = sale
    standing: list[Reversal] = []
    for _ in range(data.draw(st.integers(0, 6))):
        if standing and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(standing) - 1))
            part = failed_part(standing[at], data.draw(st.integers(1, standing[at].money)))
            state = state.after(undoing(part))
            standing[at] = standing[at].minus(part)
            if standing[at].money == 0:
                del standing[at]
        elif refundable(state):
            reversal = any_refund(data.draw, state)
            assert_within_bounds(state, reversal)
            state = state.after(reversal)
            standing.append(reversal)
        assert_consistent(state)
        assert state.refunded == sum(each.money for each in standing)
    if refundable(state):
        state = state.after(refund_all(state))
    assert state.refunded == sale.paid
    assert state.reversed_so_far == sale.as_sold


@given(sales(), st.data())
def test_ref_30_a_failed_part_is_exact_and_keeps_every_identity(
    sale: SoldOrder, data: st.DataObject
) -> None:
    whole = any_refund(data.draw, sale)
    failed = data.draw(st.integers(1, whole.money))
    part = failed_part(whole, failed)
    rest = whole.minus(part)
    assert (part.money, rest.money) == (failed, whole.money - failed)
    for piece in (part, rest):
        assert min(piece.returned, piece.flat_tax) >= 0
        for line in piece.lines:
            assert 0 <= line.discount <= line.gross
            assert 0 <= line.included_tax <= line.tax
        assert all(0 <= each.included_tax <= each.tax for each in piece.charges)
        assert all(each.amount > 0 for each in piece.tips)
    if failed < whole.money:
        assert all(line.quantity == 0 for line in part.lines)
    else:
        assert (part, rest) == (whole, Reversal())


@given(drafts(), st.data())
def test_ref_38_the_split_of_reversed_tax_ends_at_what_each_tax_came_to(
    draft: object, data: st.DataObject
) -> None:
    state = sold(draft)  # pyright: ignore[reportArgumentType]
    assume(state.paid > 0)
    left = taxes_of(draft)  # pyright: ignore[reportArgumentType]
    whole = {tax.id: tax.flat + sum(tax.shares.values()) for tax in left}
    gone = dict.fromkeys(whole, 0)
    for _ in range(data.draw(st.integers(1, 4))):
        if refundable(state) == 0:
            break
        reversal = any_refund(data.draw, state)
        split = split_taxes(reversal, left)
        assert sum(tax.tax for tax in split) == reversal.amounts.tax
        assert all(minor > 0 for tax in split for _, minor in tax.shares)
        left = without(left, split)
        for tax in split:
            gone[tax.id] += tax.tax
        state = state.after(reversal)
    if refundable(state):
        for tax in split_taxes(refund_all(state), left):
            gone[tax.id] += tax.tax
    assert gone == whole


def without(left: Sequence[TaxLeft], split: Sequence[TaxReversal]) -> list[TaxLeft]:
    taken = {tax.id: tax for tax in split}
    found: list[TaxLeft] = []
    for tax in left:
        part = taken.get(tax.id, TaxReversal(tax.id))
        shares = dict(part.shares)
        rest = {id: minor - shares.get(id, 0) for id, minor in tax.shares.items()}
        assert min(rest.values(), default=0) >= 0
        found.append(TaxLeft(tax.id, rest, tax.flat - part.flat))
    return found


@given(st.lists(st.integers(0, 500), min_size=1, max_size=6), st.data())
def test_ref_11_the_latest_payments_are_given_back_first_and_none_more_than_it_has(
    left: list[int], data: st.DataObject
) -> None:
    assume(sum(left) > 0)
    tenders = [Tender(UUID(int=at), each) for at, each in enumerate(left)]
    amount = data.draw(st.integers(1, sum(left)))
    legs = spread(amount, tenders, "USD")
    assert sum(leg.amount for leg in legs) == amount
    places = [leg.payment_id.int for leg in legs]
    assert places == sorted(places, reverse=True)
    assert all(0 < leg.amount <= left[leg.payment_id.int] for leg in legs)
    untouched = range(places[-1] + 1, len(left))
    assert all(at in places or left[at] == 0 for at in untouched)
    assert all(leg.amount == left[leg.payment_id.int] for leg in legs[:-1])


@given(sales(), st.data())
def test_bug_32_never_more_goes_back_than_is_left_of_what_is_named(
    sale: SoldOrder, data: st.DataObject
) -> None:
    state = replace(sale)
    for _ in range(4):
        if refundable(state) == 0:
            return
        before = {line.id: line for line in state.lines}
        reversal = any_refund(data.draw, state)
        for line in reversal.lines:
            known = before[line.id]
            assert line.money <= known.remaining
            assert line.quantity <= known.quantity - known.refunded_quantity
        state = state.after(reversal)
