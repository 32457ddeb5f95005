"""Discounts come off in a fixed order, and never below zero."""

from itertools import permutations

import pytest

from ordergraph.core.drafts import Allocation, DiscountScope
from ordergraph.core.pricing import price
from tests.core.orders import BEANS, MUG, column, discount, line, order, rate, shares, uid

LINE_PERCENT = discount(14, percent="50", on_lines=[2], minutes=4)
ORDER_PERCENT = discount(13, percent="20", minutes=3)
LINE_AMOUNT = discount(12, amount=300, on_lines=[1], minutes=2)
ORDER_AMOUNT = discount(11, amount=500, minutes=1)


def test_the_four_classes_take_effect_in_their_order_whatever_was_applied_first() -> None:
    stack = (ORDER_AMOUNT, LINE_AMOUNT, ORDER_PERCENT, LINE_PERCENT)
    priced = price(order(BEANS, MUG, discounts=stack))
    assert [row.id.int for row in priced.discounts] == [14, 13, 12, 11]
    assert column(priced.discounts, "applied") == [1200, 1040, 600, 500]
    assert column(priced.lines, "net") == [2598 - 365, 960 - 135]


def test_invariant_3_the_order_in_which_discounts_are_listed_does_not_matter() -> None:
    stack = (ORDER_AMOUNT, LINE_AMOUNT, ORDER_PERCENT, LINE_PERCENT)
    answers = {price(order(BEANS, MUG, discounts=listed)) for listed in permutations(stack)}
    assert len(answers) == 1


def test_within_a_class_the_earlier_discount_comes_first() -> None:
    late, early = discount(11, percent="20", minutes=5), discount(12, percent="10", minutes=4)
    priced = price(order(BEANS, MUG, discounts=(late, early)))
    assert [(row.id.int, row.applied) for row in priced.discounts] == [(12, 640), (11, 1152)]


def test_within_a_class_the_id_decides_between_discounts_of_one_moment() -> None:
    twins = (discount(12, percent="20"), discount(11, percent="10"))
    priced = price(order(BEANS, MUG, discounts=twins))
    assert [(row.id.int, row.applied) for row in priced.discounts] == [(11, 640), (12, 1152)]


def test_prc_20_a_percentage_works_on_what_the_one_before_left() -> None:
    stack = (discount(11, percent="50"), discount(12, percent="50", minutes=1))
    assert column(price(order(line(1, 1000), discounts=stack)).discounts, "applied") == [500, 250]


def test_prc_21_a_percentage_is_rounded_once_for_all_eligible_lines() -> None:
    priced = price(
        order(line(1, 5), line(2, 5), line(3, 5), discounts=(discount(11, percent="10"),))
    )
    assert shares(priced, 11) == [1, 1]
    assert priced.amounts.discount == 2


def test_prc_22_a_fixed_amount_stops_at_what_is_left_and_is_not_carried_over() -> None:
    stack = (discount(11, amount=500, on_lines=[1]), discount(12, amount=200, minutes=1))
    priced = price(order(line(1, 300), line(2, 150), discounts=stack))
    assert [(row.amount, row.applied) for row in priced.discounts] == [(500, 300), (200, 150)]
    assert column(priced.lines, "net") == [0, 0]


@pytest.mark.parametrize(
    ("scope", "allocation", "amount", "applied"),
    [
        (DiscountScope.LINE_ITEM, None, 300, 300),
        (DiscountScope.LINE_ITEM, Allocation.ACROSS, 100, 100),
        (DiscountScope.ORDER, None, 100, 100),
        (DiscountScope.ORDER, Allocation.EACH, 400, 400),
    ],
)
def test_prc_23_a_fixed_amount_counts_per_unit_in_line_scope_and_once_in_order_scope(
    scope: DiscountScope, allocation: Allocation | None, amount: int, applied: int
) -> None:
    on_lines = [1] if scope is DiscountScope.LINE_ITEM else None
    one = discount(11, amount=100, on_lines=on_lines, scope=scope, allocation=allocation)
    (row,) = price(order(line(1, 500, 3), line(2, 900), discounts=(one,))).discounts
    assert (row.amount, row.applied) == (amount, applied)


def test_prc_23_each_line_has_its_own_cap() -> None:
    each = discount(11, amount=1000, on_lines=[1, 2])
    priced = price(order(line(1, 800, 3), line(2, 1500, 2), discounts=(each,)))
    assert column(priced.lines, "discount") == [2400, 2000]
    assert [(row.amount, row.applied) for row in priced.discounts] == [(5000, 4400)]


def test_prc_24_a_line_bears_the_sum_of_its_shares() -> None:
    stack = (ORDER_AMOUNT, LINE_AMOUNT, ORDER_PERCENT, LINE_PERCENT)
    priced = price(order(BEANS, MUG, discounts=stack))
    for row in priced.lines:
        borne = [part for one in priced.discounts for item, part in one.shares if item == row.id]
        assert row.discount == sum(borne)
        assert row.net == row.gross - row.discount


def test_dsc_6_only_eligible_lines_are_touched_also_in_order_scope() -> None:
    limited = discount(11, percent="10", on_lines=[2], scope=DiscountScope.ORDER)
    assert price(order(BEANS, MUG, discounts=(limited,))).discounts[0].shares == ((uid(2), 240),)


def test_a_discount_whose_lines_are_gone_takes_nothing() -> None:
    gone = (discount(11, percent="10", on_lines=[9]), discount(12, amount=5, on_lines=[9]))
    priced = price(order(BEANS, discounts=gone))
    assert [(row.amount, row.applied, row.shares) for row in priced.discounts] == [(0, 0, ())] * 2


def test_prc_25_a_discount_tells_what_it_would_take_and_what_it_took() -> None:
    over = discount(11, amount=7000)
    (capped,) = price(order(BEANS, MUG, discounts=(over,))).discounts
    assert (capped.amount, capped.applied) == (7000, 6398)
    within = discount(12, percent="20")
    (whole,) = price(order(BEANS, MUG, discounts=(within,))).discounts
    assert (whole.amount, whole.applied) == (1280, 1280)
    second = price(order(BEANS, MUG, discounts=(over, within))).discounts[1]
    assert (second.amount, second.applied) == (7000, 5118)


def test_prc_50_a_discount_is_of_prices_before_tax_and_tax_of_what_is_left() -> None:
    half = discount(11, percent="50")
    priced = price(order(line(1, 1000), discounts=(half,), taxes=(rate(21, "10"),)))
    assert (priced.amounts.discount, priced.amounts.tax, priced.total) == (500, 50, 550)
    free = price(
        order(line(1, 1000), discounts=(discount(11, amount=1100),), taxes=(rate(21, "10"),))
    )
    assert (free.amounts.discount, free.amounts.tax, free.total) == (1000, 0, 0)
