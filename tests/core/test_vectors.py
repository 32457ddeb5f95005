"""The published test vectors, each under its number (domain 5.11)."""

from dataclasses import replace
from decimal import Decimal

from ordergraph.core.amounts import OrderAmounts
from ordergraph.core.drafts import Allocation, ChargeDraft, TipDraft
from ordergraph.core.money import allocate, round_half_up
from ordergraph.core.pricing import price
from ordergraph.core.proration import refund_all, refund_amount
from ordergraph.core.sales import SoldOrder
from tests.core.orders import (
    BEANS,
    MUG,
    WORKED_EXAMPLE,
    column,
    discount,
    line,
    order,
    rate,
    refund_lines,
    shares,
    sold,
    uid,
)


def test_v01_the_worked_example_comes_to_5578() -> None:
    priced = price(WORKED_EXAMPLE)
    assert column(priced.lines, "discount") == [800, 480]
    assert column(priced.lines, "tax") == [287, 173]
    assert priced.amounts == OrderAmounts(subtotal=6398, discount=1280, tax=460)
    assert priced.total == 5578


def test_v01_the_worked_example_has_balance_0_once_it_is_paid() -> None:
    assert sold(WORKED_EXAMPLE, paid=0, ever_paid=False).net_amounts.balance == 5578
    assert sold(WORKED_EXAMPLE).net_amounts.balance == 0


def test_v02_500_off_three_lines_is_split_by_largest_remainder() -> None:
    priced = price(
        order(line(1, 333), line(2, 333), line(3, 334), discounts=(discount(11, amount=500),))
    )
    assert column(priced.lines, "discount") == [167, 166, 167]


def test_v03_a_fixed_amount_works_on_what_the_percentage_left() -> None:
    priced = price(
        order(BEANS, MUG, discounts=(discount(11, percent="20"), discount(12, amount=500)))
    )
    assert column(priced.discounts, "applied") == [1280, 500]
    assert shares(priced, 12) == [312, 188]
    assert priced.amounts.goods == 4618


def test_v04_an_inclusive_tax_is_taken_out_of_the_price() -> None:
    priced = price(order(line(1, 1000), taxes=(rate(21, "20", inclusive=True),)))
    assert priced.amounts == OrderAmounts(subtotal=1000, tax=167, included_tax=167)
    assert priced.total == 1000


def test_v04b_two_inclusive_taxes_are_extracted_together() -> None:
    taxes = (rate(21, "7", inclusive=True), rate(22, "5", inclusive=True))
    priced = price(order(line(1, 1999), taxes=taxes))
    assert column(priced.taxes, "tax") == [125, 89]
    assert priced.amounts.included_tax == 214


def test_v05_a_tip_of_18_percent_is_computed_on_the_discounted_goods() -> None:
    priced = price(replace(WORKED_EXAMPLE, tips=(TipDraft(uid(31), percent=Decimal(18)),)))
    assert column(priced.tips, "amount") == [921]
    assert priced.total == 6499


def test_v06_a_taxable_service_fee_shares_the_tax() -> None:
    fee = ChargeDraft(uid(3), percent=Decimal(10), taxable=True)
    priced = price(replace(WORKED_EXAMPLE, charges=(fee,)))
    assert column(priced.charges, "amount") == [512]
    assert shares(priced, 21) == [287, 173, 46]
    assert priced.amounts.tax == 506
    assert priced.total == 6136


def test_v07_refunds_by_amount_correct_the_tax_in_proportion() -> None:
    state = sold(WORKED_EXAMPLE)
    taxes: list[int] = []
    for amount in (1000, 1000, 3578):
        reversal = refund_amount(state, amount)
        assert reversal.money == reversal.reversed == amount
        taxes.append(reversal.amounts.tax)
        state = state.after(reversal)
        assert state.net_amounts.balance == 0
    assert taxes == [83, 82, 295]
    assert_nothing_is_left(state)


def test_v09_each_of_two_units_brings_its_own_part_of_the_tax() -> None:
    state = sold(WORKED_EXAMPLE)
    first = refund_lines(state, [(BEANS.id, 1)])
    assert (first.lines[0].net, first.lines[0].tax, first.money) == (1599, 144, 1743)
    second = refund_lines(state.after(first), [(BEANS.id, 1)])
    assert (second.lines[0].net, second.lines[0].tax, second.money) == (1599, 143, 1742)


def test_v10_three_units_of_1000_go_one_by_one() -> None:
    state = sold(order(line(1, 400, 3), discounts=(discount(11, amount=200),)))
    money: list[int] = []
    for _ in range(3):
        reversal = refund_lines(state, [(uid(1), 1)])
        money.append(reversal.money)
        state = state.after(reversal)
    assert money == [333, 334, 333]
    assert_nothing_is_left(state)


def test_v12_20_percent_limited_to_the_mug() -> None:
    priced = price(order(BEANS, MUG, discounts=(discount(11, percent="20", on_lines=[2]),)))
    assert column(priced.lines, "discount") == [0, 480]


def test_v14_two_percentages_compound() -> None:
    discounts = (discount(11, percent="10"), discount(12, percent="10", minutes=1))
    priced = price(order(BEANS, MUG, discounts=discounts))
    assert column(priced.discounts, "applied") == [640, 576]
    assert priced.amounts.goods == 5182


def test_v15_a_plan_change_with_20_of_30_days_left() -> None:
    credit, charge = round_half_up(2900 * 20, 30), round_half_up(4900 * 20, 30)
    assert (credit, charge, charge - credit) == (1933, 3267, 1334)


def test_v16_three_equal_sources() -> None:
    assert allocate(5578, (1, 1, 1)) == (1860, 1859, 1859)


def test_v17_a_fixed_discount_stops_at_nothing() -> None:
    priced = price(replace(WORKED_EXAMPLE, discounts=(discount(11, amount=7000),)))
    (applied,) = priced.discounts
    assert (applied.amount, applied.applied) == (7000, 6398)
    assert (priced.amounts.tax, priced.total) == (0, 0)


def test_v18_modifiers_count_per_unit() -> None:
    priced = price(order(line(1, 1200, 2, modifiers=((50, 2),))))
    (only,) = priced.lines
    assert (only.base_subtotal, only.modifier_total, only.gross) == (2400, 200, 2600)


def test_v19_1000_off_each_of_three_cheaper_units() -> None:
    each = discount(11, amount=1000, on_lines=[1], allocation=Allocation.EACH)
    (applied,) = price(order(line(1, 800, 3), discounts=(each,))).discounts
    assert (applied.amount, applied.applied) == (3000, 2400)


def test_v20_yen_have_no_smaller_unit() -> None:
    draft = order(line(1, 1001), currency="JPY", discounts=(discount(11, percent="12.5"),))
    assert price(draft).amounts.discount == 125


def test_v21_a_deposit_given_back_leaves_the_whole_sale_due() -> None:
    state = sold(order(line(1, 10_000)), paid=4000, ever_paid=False)
    reversal = refund_amount(state, 4000)
    assert (reversal.returned, reversal.reversed, reversal.lines) == (4000, 0, ())
    net = state.after(reversal).net_amounts
    assert (net.total, net.paid, net.refunded, net.balance) == (10_000, 4000, 4000, 10_000)


def test_v22_an_overpayment_is_returned_before_the_sale_is_undone() -> None:
    state = sold(order(line(1, 10_000)), paid=12_000)
    assert state.net_amounts.balance == -2000
    reversal = refund_amount(state, 2000)
    assert (reversal.returned, reversal.reversed) == (2000, 0)
    net = state.after(reversal).net_amounts
    assert (net.total, net.balance) == (10_000, 0)


def test_v23_included_tax_is_reversed_within_the_price() -> None:
    state = sold(order(line(1, 1000), taxes=(rate(21, "20", inclusive=True),)))
    first = refund_amount(state, 500)
    assert (first.money, first.amounts.included_tax) == (500, 84)
    state = state.after(first)
    second = refund_amount(state, 500)
    assert (second.money, second.amounts.included_tax) == (500, 83)
    assert_nothing_is_left(state.after(second))


def test_v24_units_with_included_tax_go_one_by_one() -> None:
    state = sold(order(line(1, 400, 3), taxes=(rate(21, "20", inclusive=True),)))
    refunds: list[tuple[int, int]] = []
    for _ in range(3):
        reversal = refund_lines(state, [(uid(1), 1)])
        refunds.append((reversal.money, reversal.amounts.included_tax))
        state = state.after(reversal)
    assert refunds == [(400, 67), (400, 66), (400, 67)]
    assert_nothing_is_left(state)


def test_v25_a_free_order_has_no_tax() -> None:
    priced = price(replace(WORKED_EXAMPLE, discounts=(discount(11, percent="100"),)))
    assert priced.amounts == OrderAmounts(subtotal=6398, discount=6398)
    assert priced.total == 0


def test_the_whole_worked_example_can_be_refunded_at_once() -> None:
    state = sold(WORKED_EXAMPLE)
    reversal = refund_all(state)
    assert reversal.money == 5578
    assert column(reversal.lines, "quantity") == [2, 1]
    assert_nothing_is_left(state.after(reversal))


def assert_nothing_is_left(state: SoldOrder) -> None:
    assert state.as_sold == state.reversed_so_far
    assert state.net_amounts.total == state.net_amounts.balance == 0
