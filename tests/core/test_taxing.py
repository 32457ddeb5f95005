"""Taxes on top of the price and inside it, rounded per order or per line."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordergraph.core.drafts import ChargeDraft, FlatTax, TaxRounding
from ordergraph.core.pricing import price
from ordergraph.core.problems import ErrorCode, Problem
from tests.core.orders import (
    BEANS,
    MUG,
    WORKED_EXAMPLE,
    column,
    discount,
    line,
    order,
    rate,
    shares,
    uid,
)


def test_prc_30_a_line_that_is_not_taxable_is_left_out() -> None:
    priced = price(order(BEANS, replace(MUG, taxable=False), taxes=(rate(21, "10"),)))
    assert column(priced.lines, "taxable") == [3998, 0]
    assert column(priced.lines, "tax") == [400, 0]


def test_prc_30_what_is_not_taxable_stays_so_when_a_component_names_it() -> None:
    priced = price(order(replace(MUG, taxable=False), taxes=(rate(21, "10", on=[2]),)))
    assert priced.amounts.tax == 0


def test_prc_30_tax_is_computed_after_discounts() -> None:
    draft = order(line(1, 1000), discounts=(discount(11, amount=400),), taxes=(rate(21, "10"),))
    priced = price(draft)
    assert column(priced.taxes, "taxable") == [600]
    assert priced.amounts.tax == 60


def test_prc_31_each_component_is_rounded_once_per_order() -> None:
    taxes = (rate(21, "7"), rate(22, "2"))
    priced = price(replace(WORKED_EXAMPLE, taxes=taxes))
    assert column(priced.taxes, "tax") == [358, 102]
    assert shares(priced, 21) == [224, 134]
    assert shares(priced, 22) == [64, 38]
    assert column(priced.lines, "tax") == [288, 172]


def test_prc_31_line_rounding_rounds_each_line_and_adds_up() -> None:
    priced = price(replace(WORKED_EXAMPLE, tax_rounding=TaxRounding.LINE))
    assert column(priced.lines, "tax") == [288, 173]
    assert priced.amounts.tax == 461


def test_prc_32_the_order_s_tax_is_the_sum_over_lines_and_charges() -> None:
    draft = replace(
        WORKED_EXAMPLE,
        charges=(ChargeDraft(uid(3), 512, taxable=True),),
        taxes=(rate(21, "7"), rate(22, "2", on=[1, 3])),
    )
    priced = price(draft)
    assert column(priced.lines, "tax") == [288, 134]
    assert column(priced.charges, "tax") == [46]
    assert priced.amounts.tax == 288 + 134 + 46


def test_prc_33_a_flat_tax_counts_once_and_is_on_no_line() -> None:
    priced = price(replace(WORKED_EXAMPLE, flat_taxes=(FlatTax(uid(23), "Delivery fee", 28),)))
    flat = priced.taxes[-1]
    assert (flat.percent, flat.tax, flat.shares) == (None, 28, ())
    assert column(priced.lines, "tax") == [287, 173]
    assert (priced.amounts.tax, priced.total) == (488, 5606)


@pytest.mark.parametrize("inclusive", [True, False])
def test_prc_40_both_modes_on_one_line_are_refused(inclusive: bool) -> None:
    taxes = (rate(21, "7", inclusive=inclusive), rate(22, "5", inclusive=not inclusive, on=[2]))
    with pytest.raises(Problem) as refused:
        price(order(BEANS, MUG, taxes=taxes))
    assert refused.value.code is ErrorCode.INVALID_FIELD


def test_prc_40_both_modes_on_different_lines_are_fine() -> None:
    taxes = (rate(21, "25", inclusive=True, on=[1]), rate(22, "25", on=[2]))
    priced = price(order(line(1, 1000), line(2, 1000), taxes=taxes))
    assert column(priced.lines, "tax") == [200, 250]
    assert column(priced.lines, "included_tax") == [200, 0]
    assert column(priced.lines, "total") == [1000, 1250]
    assert (priced.amounts.tax, priced.amounts.included_tax, priced.total) == (450, 200, 2250)


def test_prc_41_lines_of_one_rate_set_are_extracted_together() -> None:
    taxes = (rate(21, "20", inclusive=True),)
    priced = price(order(line(1, 105), line(2, 105), line(3, 105), taxes=taxes))
    assert column(priced.lines, "included_tax") == [18, 18, 17]
    assert priced.amounts.included_tax == 53


def test_prc_41_lines_of_another_rate_set_are_extracted_apart() -> None:
    taxes = (rate(21, "7", inclusive=True), rate(22, "5", inclusive=True, on=[2]))
    priced = price(order(line(1, 1070), line(2, 1999), taxes=taxes))
    assert shares(priced, 21) == [70, 125]
    assert shares(priced, 22) == [89]
    assert column(priced.taxes, "taxable") == [3069, 1999]


def test_prc_41_line_rounding_extracts_from_each_line() -> None:
    draft = order(
        line(1, 105),
        line(2, 105),
        line(3, 105),
        taxes=(rate(21, "20", inclusive=True),),
        tax_rounding=TaxRounding.LINE,
    )
    assert column(price(draft).lines, "included_tax") == [18, 18, 18]


def test_prc_41_a_taxable_charge_contains_the_tax_too() -> None:
    charges = (ChargeDraft(uid(3), 600, taxable=True),)
    taxes = (rate(21, "20", inclusive=True),)
    priced = price(order(line(1, 1200), charges=charges, taxes=taxes))
    (charge,) = priced.charges
    assert (charge.tax, charge.included_tax, charge.total) == (100, 100, 600)
    assert (priced.amounts.tax, priced.total) == (300, 1800)


def test_prc_43_a_discount_on_an_inclusive_line_shrinks_its_tax() -> None:
    taxes = (rate(21, "20", inclusive=True),)
    priced = price(order(line(1, 1200), discounts=(discount(11, percent="50"),), taxes=taxes))
    assert (priced.amounts.included_tax, priced.total) == (100, 600)


def test_a_rate_of_0_is_shown_and_takes_nothing() -> None:
    priced = price(order(BEANS, taxes=(rate(21, "0"), rate(22, "0"))))
    assert [(row.taxable, row.tax) for row in priced.taxes] == [(3998, 0), (3998, 0)]


AMOUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=6)
RATES = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=3)


@given(AMOUNTS, RATES, st.sampled_from(TaxRounding))
def test_prc_42_taking_an_included_tax_out_never_changes_the_total(
    amounts: list[int], rates: list[int], rounding: TaxRounding
) -> None:
    taxes = tuple(
        rate(50 + index, f"{part // 10_000}.{part % 10_000:04}", inclusive=True)
        for index, part in enumerate(rates)
    )
    lines = [line(index, amount) for index, amount in enumerate(amounts, 1)]
    priced = price(order(*lines, taxes=taxes, tax_rounding=rounding))
    together = Fraction(sum(rates), 1_000_000)
    exact = sum(amounts) * together / (1 + together)
    pieces = 1 if rounding is TaxRounding.ORDER else len(amounts)
    assert priced.total == sum(amounts)
    assert abs(priced.amounts.included_tax - exact) <= Fraction(pieces, 2)
    assert sum(column(priced.lines, "tax")) == priced.amounts.tax == priced.amounts.included_tax


@given(AMOUNTS, RATES, st.booleans(), st.data())
def test_tax_4_stated_amounts_add_up_whatever_they_are(
    amounts: list[int], rates: list[int], inclusive: bool, data: st.DataObject
) -> None:
    taxes = tuple(
        replace(
            rate(50 + index, f"{part // 10_000}.{part % 10_000:04}", inclusive=inclusive),
            stated=data.draw(st.integers(0, sum(amounts) // (2 * len(rates)))),
        )
        for index, part in enumerate(rates)
    )
    lines = [line(number, amount) for number, amount in enumerate(amounts, start=1)]
    try:
        priced = price(order(*lines, taxes=taxes))
    except Problem:
        if not inclusive:
            raise
        return  # rounded up more than once, a line of a unit or two would bear more than it is
    stated = sum(tax.stated or 0 for tax in taxes)
    assert [tax.tax for tax in priced.taxes] == [tax.stated for tax in taxes]
    assert sum(each.tax for each in priced.lines) == priced.amounts.tax == stated
    assert all(each.included_tax <= each.net for each in priced.lines)
    assert priced.total == sum(amounts) + (0 if inclusive else stated)


def test_tax_4_a_stated_tax_on_nothing_is_refused() -> None:
    tax = replace(rate(50, "5"), stated=1)
    with pytest.raises(Problem) as refused:
        price(order(line(1, 0), taxes=(tax,)))
    assert refused.value.code is ErrorCode.INVALID_FIELD


def test_prc_34_no_tax_is_levied_on_another() -> None:
    """There is no way to ask for it: both rates are of the price alone."""
    on_top = price(order(line(1, 1000), taxes=(rate(21, "10"), rate(22, "10"))))
    assert column(on_top.taxes, "taxable") == [1000, 1000]
    assert column(on_top.taxes, "tax") == [100, 100]
    taxes = (rate(21, "10", inclusive=True), rate(22, "10", inclusive=True))
    inside = price(order(line(1, 1200), taxes=taxes))
    assert column(inside.taxes, "tax") == [100, 100]
