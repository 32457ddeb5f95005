"""Lines, charges, tips and the range of amounts."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ordergraph.core.amounts import OrderAmounts
from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.drafts import ChargeBasis, ChargeDraft, OrderDraft, TipDraft
from ordergraph.core.money import MOST_MINOR, Money
from ordergraph.core.pricing import line_gross, price
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem
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


def test_an_order_without_anything_comes_to_nothing() -> None:
    assert price(order()) == Breakdown("USD", (), (), (), (), (), OrderAmounts())


def test_prc_5_lines_stand_in_the_order_of_their_positions() -> None:
    priced = price(order(line(3, 300), line(1, 100), line(2, 200)))
    assert column(priced.lines, "gross") == [100, 200, 300]


def test_prc_5_a_leftover_unit_goes_to_the_lower_position() -> None:
    thirds = [replace(line(number, 100), position=9 - number) for number in (1, 2, 3)]
    priced = price(order(*thirds, discounts=(discount(11, amount=100),)))
    assert [(row.id.int, row.discount) for row in priced.lines] == [(3, 34), (2, 33), (1, 33)]


def test_prc_5_lines_of_one_position_are_told_apart_by_id() -> None:
    twins = [replace(line(number, 100), position=0) for number in (2, 1)]
    priced = price(order(*twins, discounts=(discount(11, amount=1),)))
    assert [(row.id.int, row.discount) for row in priced.lines] == [(1, 1), (2, 0)]


def test_prc_10_modifiers_add_up_per_unit() -> None:
    (priced,) = price(order(line(1, 1000, 3, modifiers=((150, 2), (-50, 1))))).lines
    assert (priced.base_subtotal, priced.modifier_total, priced.gross) == (3000, 750, 3750)


def test_prc_11_modifiers_may_make_a_unit_free() -> None:
    assert line_gross(line(1, 100, 5, modifiers=((-50, 2),))) == 0


def test_prc_11_modifiers_may_not_make_a_unit_cheaper_than_free() -> None:
    with pytest.raises(Problem) as refused:
        price(order(line(1, 100, 5, modifiers=((-51, 2),))))
    assert refused.value.code is ErrorCode.LINE_ITEM_NEGATIVE_PRICE


def test_mod_6_an_untaxable_modifier_stays_out_of_the_taxable_base() -> None:
    # 2 x (10.00 + 1.50 taxed + 0.50 untaxed): 23.00 of 24.00 are taxed.
    taxed, free = (150, 1, True), (25, 2, False)
    draft = order(line(1, 1000, 2, modifiers=(taxed, free)), taxes=(rate(21, "10"),))
    (priced,) = price(draft).lines
    assert (priced.gross, priced.net, priced.taxable, priced.tax) == (2400, 2400, 2300, 230)
    assert price(draft).taxes[0].taxable == 2300


def test_mod_6_a_modifier_that_says_nothing_is_taxed_as_its_line() -> None:
    modifiers = ((100, 1), (30, 1, False))
    taxed, untaxed = line(1, 1000, modifiers=modifiers), line(2, 1000, modifiers=modifiers)
    draft = order(taxed, replace(untaxed, taxable=False), taxes=(rate(21, "10"),))
    assert [(each.net, each.taxable) for each in price(draft).lines] == [(1130, 1100), (1130, 0)]


def test_mod_6_the_base_is_scaled_by_the_discount_of_the_line() -> None:
    draft = order(
        line(1, 1000, 1, modifiers=((333, 1, False),)),
        discounts=(discount(11, percent="50"),),
        taxes=(rate(21, "10"),),
    )
    (priced,) = price(draft).lines
    # 13.33 less 6.67: of the 6.66 that are left 1000 parts of 1333 are taxed.
    assert (priced.net, priced.taxable, priced.tax) == (666, 500, 50)


def test_mod_6_a_taxable_modifier_is_taxed_on_a_line_that_is_not() -> None:
    draft = order(
        line(1, 1000, 3, modifiers=((100, 1, True), (50, 1)), taxable=False),
        line(2, 500, taxable=False),
        taxes=(rate(21, "10"),),
    )
    first, second = price(draft).lines
    assert (first.net, first.taxable, first.tax) == (3450, 300, 30)
    assert (second.taxable, second.tax) == (0, 0)


def test_mod_6_a_line_of_which_nothing_is_left_has_no_base() -> None:
    draft = order(
        line(1, 1000, 1, modifiers=((333, 1, False),)),
        discounts=(discount(11, percent="100"),),
        taxes=(rate(21, "10"),),
    )
    assert [(each.net, each.taxable, each.tax) for each in price(draft).lines] == [(0, 0, 0)]
    free = order(line(1, 0, 1, modifiers=((0, 1, False),)), taxes=(rate(21, "10"),))
    assert [(each.net, each.taxable) for each in price(free).lines] == [(0, 0)]


def test_mod_6_what_is_taken_off_by_modifiers_never_leaves_less_than_nothing_to_tax() -> None:
    # 1.00 taxed less 3.00 taxed and 4.00 untaxed: a gross of 2.00 with nothing in it to tax.
    draft = order(
        line(1, 100, 1, modifiers=((-300, 1, True), (400, 1, False))), taxes=(rate(21, "10"),)
    )
    assert [(each.gross, each.taxable) for each in price(draft).lines] == [(200, 0)]
    # The other way round no more is taxed than there is.
    draft = order(
        line(1, 100, 1, modifiers=((400, 1, True), (-300, 1, False))), taxes=(rate(21, "10"),)
    )
    assert [(each.gross, each.taxable) for each in price(draft).lines] == [(200, 200)]


def test_mod_6_taxes_that_the_price_includes_are_found_in_the_taxable_part() -> None:
    draft = order(
        line(1, 1100, 1, modifiers=((220, 1, False),)), taxes=(rate(21, "10", inclusive=True),)
    )
    (priced,) = price(draft).lines
    assert (priced.taxable, priced.tax, priced.included_tax, priced.total) == (1100, 100, 100, 1320)


@pytest.mark.parametrize(
    "modifiers",
    [
        ((MOST_MINOR, 1),),
        ((1, MOST_MINOR),),
        ((MOST_MINOR // 2, 2),),
        # Each is out of range although both together are not.
        ((MOST_MINOR + 1, 1), (-MOST_MINOR, 1)),
    ],
)
def test_mon_3_modifiers_beyond_the_range_are_refused(modifiers: Any) -> None:
    with pytest.raises(Problem) as refused:
        price(order(line(1, 1, 1, modifiers=modifiers)))
    assert refused.value.code is ErrorCode.AMOUNT_OUT_OF_RANGE
    price(order(line(1, 0, 1, modifiers=((MOST_MINOR, 1),))))


def test_prc_12_the_subtotal_leaves_charges_and_tips_out() -> None:
    priced = price(order(BEANS, charges=(ChargeDraft(uid(3), 500),), tips=(TipDraft(uid(4), 300),)))
    assert priced.amounts == OrderAmounts(subtotal=3998, charge=500, tip=300)
    assert priced.total == 4798


def test_mon_8_a_free_line_is_legal() -> None:
    priced = price(order(line(1, 0), taxes=(rate(21, "20"),), discounts=(discount(11, amount=5),)))
    assert priced.total == 0


@pytest.mark.parametrize(
    ("basis", "amount"),
    [(ChargeBasis.SUBTOTAL_PRE_DISCOUNT, 640), (ChargeBasis.SUBTOTAL_POST_DISCOUNT, 512)],
)
def test_prc_60_a_percent_charge_has_a_basis(basis: ChargeBasis, amount: int) -> None:
    charge = ChargeDraft(uid(3), percent=Decimal(10), basis=basis)
    assert column(price(replace(WORKED_EXAMPLE, charges=(charge,))).charges, "amount") == [amount]


def test_prc_61_a_percent_charge_ignores_charges_taxes_and_tips() -> None:
    charges = (ChargeDraft(uid(3), 10_000), ChargeDraft(uid(4), percent=Decimal(10)))
    tips = (TipDraft(uid(5), 900),)
    priced = price(replace(WORKED_EXAMPLE, charges=charges, tips=tips))
    assert column(priced.charges, "amount") == [10_000, 512]


def test_prc_26_charges_are_immune_to_discounts() -> None:
    free = (discount(11, percent="100"), discount(12, amount=10_000))
    priced = price(order(BEANS, discounts=free, charges=(ChargeDraft(uid(3), 500),)))
    assert (priced.amounts.goods, priced.total) == (0, 500)


def test_prc_30_a_charge_without_tax_treatment_is_not_taxed() -> None:
    priced = price(replace(WORKED_EXAMPLE, charges=(ChargeDraft(uid(3), 512),)))
    assert column(priced.charges, "tax") == [0]
    assert priced.amounts.tax == 460


def test_prc_27_prc_65_tips_are_neither_taxed_nor_discounted_nor_based_on_charges() -> None:
    charges = (ChargeDraft(uid(3), 1000, taxable=True),)
    tips = (TipDraft(uid(4), 200), TipDraft(uid(5), percent=Decimal("12.5")))
    priced = price(replace(WORKED_EXAMPLE, charges=charges, tips=tips))
    assert column(priced.tips, "amount") == [200, 640]
    assert priced.amounts.tax == 550
    assert shares(priced, 21) == [287, 173, 90]


def test_prc_67_a_percent_tip_follows_the_goods() -> None:
    tips = (TipDraft(uid(4), percent=Decimal(10)),)
    assert price(order(BEANS, tips=tips)).amounts.tip == 400
    assert price(order(BEANS, MUG, tips=tips)).amounts.tip == 640


@pytest.mark.parametrize(
    ("currency", "goods", "tip_limit", "most"),
    [
        ("USD", 5000, None, 100_000),
        ("USD", 250_000, None, 250_000),
        ("EUR", 5000, None, 5000),
        ("EUR", 5000, 7000, 7000),
        ("EUR", 9000, 7000, 9000),
        ("USD", 5000, 6000, 6000),
    ],
)
def test_prc_66_tips_have_a_cap(
    currency: str, goods: int, tip_limit: int | None, most: int
) -> None:
    def priced_with(*tips: int) -> Breakdown:
        drafts = tuple(TipDraft(uid(30 + index), tip) for index, tip in enumerate(tips))
        return price(order(line(1, goods), currency=currency, tips=drafts, tip_limit=tip_limit))

    assert priced_with(most).amounts.tip == most
    for tips in ((most + 1,), (most, 1)):
        with pytest.raises(LimitProblem) as refused:
            priced_with(*tips)
        assert refused.value.code is ErrorCode.TIP_TOO_LARGE
        assert refused.value.limit == Money(most, currency)


HALF = MOST_MINOR // 2


@pytest.mark.parametrize(
    "draft",
    [
        order(line(1, HALF, 2)),
        order(line(1, HALF), line(2, HALF)),
        order(line(1, HALF, 2, modifiers=((-HALF, 1),))),
        order(line(1, HALF), charges=(ChargeDraft(uid(3), HALF),)),
        order(line(1, HALF), tips=(TipDraft(uid(3), HALF),)),
        order(line(1, HALF), taxes=(rate(21, "100"),)),
        order(line(1, 1, 1000), discounts=(discount(11, amount=MOST_MINOR // 1000, on_lines=[1]),)),
    ],
)
def test_mon_3_any_figure_may_reach_the_range_and_not_leave_it(draft: OrderDraft) -> None:
    price(draft)
    grown = replace(draft, lines=(replace(draft.lines[0], quantity=draft.lines[0].quantity + 1),))
    grown = replace(grown, lines=grown.lines + draft.lines[1:])
    with pytest.raises(Problem) as refused:
        price(grown)
    assert refused.value.code is ErrorCode.AMOUNT_OUT_OF_RANGE


@pytest.mark.parametrize(
    "draft",
    [
        order(discounts=(discount(11),)),
        order(charges=(ChargeDraft(uid(3)),)),
        order(tips=(TipDraft(uid(3)),)),
    ],
)
def test_an_adjustment_without_a_value_is_a_programming_error(draft: OrderDraft) -> None:
    with pytest.raises(ValueError, match="percentage"):
        price(draft)


def test_prc_2_each_adjustment_is_rounded_once_and_never_part_by_part() -> None:
    """Of 5, 5 and 5 ten percent are 1.5 in all: three times 0.5 would be 3, rounded down 0."""
    lines = (line(1, 5), line(2, 5), line(3, 5))
    charge, tip = ChargeDraft(uid(4), percent=Decimal(10)), TipDraft(uid(5), percent=Decimal(10))
    discounted = price(order(*lines, discounts=(discount(11, percent="10"),)))
    assert discounted.amounts.discount == 2
    priced = price(order(*lines, charges=(charge,), tips=(tip,), taxes=(rate(21, "10"),)))
    assert priced.amounts == OrderAmounts(subtotal=15, charge=2, tax=2, tip=2)


def test_prc_2_a_rounded_discount_is_taxed_as_it_is_and_the_rate_is_not_rounded() -> None:
    """Of 101 half is 50.5, taken off as 51; 50 at 12.9999 percent are 6.49995, not 13 of 50."""
    half = discount(11, percent="50")
    priced = price(order(line(1, 101), discounts=(half,), taxes=(rate(21, "12.9999"),)))
    assert (priced.amounts.discount, priced.amounts.tax) == (51, 6)


def test_mon_9_a_price_is_for_one_unit_and_an_amount_for_all() -> None:
    charge, tip = ChargeDraft(uid(4), amount=100), TipDraft(uid(5), amount=100)
    off = discount(11, amount=100)
    priced = price(order(line(1, 1000, 3), discounts=(off,), charges=(charge,), tips=(tip,)))
    assert priced.amounts == OrderAmounts(subtotal=3000, discount=100, charge=100, tip=100)
