"""The figures of an order and the checks on amounts that come in."""

import pytest

from ordergraph.core.amounts import (
    NetAmounts,
    OrderAmounts,
    check_amount,
    net_amounts,
    require_same_currency,
)
from ordergraph.core.money import MOST_MINOR, Money
from ordergraph.core.problems import ErrorCode, Problem

AS_SOLD = OrderAmounts(subtotal=6398, discount=1280, charge=512, tax=560, included_tax=100, tip=921)
REVERSED = OrderAmounts(subtotal=1000, discount=200, charge=80, tax=90, included_tax=15, tip=0)


def test_amt_7_the_figures_add_up_to_the_total() -> None:
    assert AS_SOLD.total == 6398 - 1280 + 512 + 560 - 100 + 921
    assert (AS_SOLD.goods, AS_SOLD.additive_tax) == (5118, 460)


def test_amt_7_every_figure_is_0_when_there_is_nothing() -> None:
    nothing = net_amounts(OrderAmounts(), OrderAmounts(), 0, 0)
    assert nothing == NetAmounts(0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert nothing.balance == 0


def test_amt_5_every_figure_is_what_refunds_left_of_it() -> None:
    net = net_amounts(AS_SOLD, REVERSED, paid=7011, refunded=955)
    assert net == NetAmounts(
        subtotal=5398,
        discount=1080,
        charge=432,
        tax=470,
        included_tax=85,
        tip=921,
        total=6056,
        paid=7011,
        refunded=955,
    )
    assert (net.net_collected, net.balance) == (6056, 0)


@pytest.mark.parametrize(
    ("paid", "refunded", "balance", "outstanding", "credit"),
    [(0, 0, 1000, 1000, 0), (400, 0, 600, 600, 0), (1000, 0, 0, 0, 0), (1200, 50, -150, 0, 150)],
)
def test_amt_4_the_balance_is_either_outstanding_or_credit(
    paid: int, refunded: int, balance: int, outstanding: int, credit: int
) -> None:
    net = net_amounts(OrderAmounts(subtotal=1000), OrderAmounts(), paid, refunded)
    assert (net.balance, net.outstanding, net.credit) == (balance, outstanding, credit)


@pytest.mark.parametrize(
    ("minor", "lowest"), [(0, 0), (MOST_MINOR, 0), (1, 1), (-MOST_MINOR, -MOST_MINOR)]
)
def test_mon_2_mon_3_an_amount_within_its_bounds_is_returned(minor: int, lowest: int) -> None:
    assert check_amount(minor, lowest) == minor


@pytest.mark.parametrize(
    ("minor", "lowest"),
    [(-1, 0), (MOST_MINOR + 1, 0), (0, 1), (-MOST_MINOR - 1, -MOST_MINOR)],
)
def test_mon_2_mon_3_an_amount_beyond_its_bounds_is_refused(minor: int, lowest: int) -> None:
    with pytest.raises(Problem) as refused:
        check_amount(minor, lowest, ("input", "amount"))
    assert refused.value.code is ErrorCode.AMOUNT_OUT_OF_RANGE
    assert refused.value.field == ("input", "amount")


def test_mon_4_an_amount_in_the_order_s_currency_is_taken() -> None:
    assert require_same_currency(Money(1999, "USD"), "USD") == 1999


def test_mon_4_an_amount_in_another_currency_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        require_same_currency(Money(1999, "EUR"), "USD", ("input", "amount"))
    assert refused.value.code is ErrorCode.CURRENCY_MISMATCH
    assert refused.value.field == ("input", "amount")


@pytest.mark.parametrize("refunded", [0, 1, 999, 1000])
def test_amt_1_what_was_paid_is_never_lowered_by_refunds(refunded: int) -> None:
    net = net_amounts(OrderAmounts(subtotal=1000), OrderAmounts(), 1000, refunded)
    assert (net.paid, net.refunded, net.net_collected) == (1000, refunded, 1000 - refunded)
