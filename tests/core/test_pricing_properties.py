"""What holds for every order that can be priced (invariants 1 to 3; bugs 29 and 30)."""

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ordergraph.core.drafts import LineDraft, OrderDraft
from ordergraph.core.pricing import price
from tests.core.strategies import drafts


@given(drafts())
def test_invariant_1_the_parts_add_up_to_the_order(draft: OrderDraft) -> None:
    priced = price(draft)
    amounts = priced.amounts
    flat = sum(tax.tax for tax in priced.taxes if tax.percent is None)
    items = (*priced.lines, *priced.charges)
    assert amounts.subtotal == sum(line.gross for line in priced.lines)
    assert amounts.discount == sum(line.discount for line in priced.lines)
    assert amounts.discount == sum(row.applied for row in priced.discounts)
    assert amounts.tax == sum(item.tax for item in items) + flat
    assert amounts.tax == sum(tax.tax for tax in priced.taxes)
    assert amounts.included_tax == sum(item.included_tax for item in items)
    assert amounts.tip == sum(tip.amount for tip in priced.tips)
    assert priced.total == sum(item.total for item in items) + flat + amounts.tip


@given(drafts())
def test_invariant_1_the_shares_add_up_to_what_they_are_of(draft: OrderDraft) -> None:
    priced = price(draft)
    for row in priced.discounts:
        assert row.applied == sum(share for _, share in row.shares)
        assert row.applied <= row.amount
    for tax in priced.taxes:
        assert tax.percent is None or tax.tax == sum(share for _, share in tax.shares)
    for item in (*priced.lines, *priced.charges):
        borne = sum(share for tax in priced.taxes for of, share in tax.shares if of == item.id)
        assert item.tax == borne


@given(drafts())
def test_invariant_2_nothing_falls_below_zero(draft: OrderDraft) -> None:
    priced = price(draft)
    amounts = priced.amounts
    assert priced.total >= 0
    assert priced.total == (
        amounts.subtotal
        - amounts.discount
        + amounts.charge
        + (amounts.tax - amounts.included_tax)
        + amounts.tip
    )
    for line in priced.lines:
        assert line.net >= 0
        assert line.discount >= 0
        assert line.tax >= 0
        assert line.net == line.gross - line.discount
        assert 0 <= line.taxable <= line.net


@given(drafts())
def test_mod_6_the_taxable_part_of_a_line_is_scaled_by_its_discount(draft: OrderDraft) -> None:
    for line, priced in zip(draft.lines, price(draft).lines, strict=True):
        taxable = _taxable_gross(line)
        exact = Fraction(priced.net * taxable, priced.gross) if priced.gross else Fraction(0)
        assert abs(priced.taxable - exact) <= Fraction(1, 2)
        if taxable in (0, priced.gross):
            assert priced.taxable == exact


@given(drafts())
def test_mod_6_modifiers_that_are_taxed_as_their_line_change_nothing(draft: OrderDraft) -> None:
    silent = replace(draft, lines=tuple(_silenced(line) for line in draft.lines))
    spoken = replace(draft, lines=tuple(_spoken(line) for line in draft.lines))
    assert price(silent) == price(spoken)
    for line, priced in zip(silent.lines, price(silent).lines, strict=True):
        assert priced.taxable == (priced.net if line.taxable else 0)


@given(drafts())
def test_prc_10_a_line_costs_what_it_costs_to_count_it_out(draft: OrderDraft) -> None:
    for line, priced in zip(draft.lines, price(draft).lines, strict=True):
        counted = 0
        for _ in range(line.quantity):
            counted += line.unit_price
            for delta, quantity, _taxable in line.modifiers:
                counted += sum(delta for _ in range(quantity))
        assert priced.gross == counted == priced.base_subtotal + priced.modifier_total


@given(drafts(), st.randoms(use_true_random=False))
def test_invariant_3_the_answer_does_not_depend_on_the_order_of_anything_listed(
    draft: OrderDraft, random: Random
) -> None:
    lines, discounts = list(draft.lines), list(draft.discounts)
    random.shuffle(lines)
    random.shuffle(discounts)
    assert price(replace(draft, lines=tuple(lines), discounts=tuple(discounts))) == price(draft)


@given(drafts())
def test_invariant_3_discounts_of_different_classes_may_be_applied_in_any_order(
    draft: OrderDraft,
) -> None:
    one_per_class = {(row.percent is None, row.scope): row for row in draft.discounts}.values()
    times = [row.applied_at for row in one_per_class]
    forwards = tuple(one_per_class)
    backwards = tuple(
        replace(row, applied_at=time) for row, time in zip(forwards, times[::-1], strict=True)
    )
    answer = price(replace(draft, discounts=forwards))
    assert price(replace(draft, discounts=backwards)) == answer


def _taxable_gross(line: LineDraft) -> int:
    """What of a line is taxable before discounts, counted out, within what there is of it."""
    parts = [(line.unit_price, 1, line.taxable), *line.modifiers]
    counted = sum(
        line.quantity * price * many
        for price, many, taxable in parts
        if (line.taxable if taxable is None else taxable)
    )
    gross = sum(line.quantity * price * many for price, many, _ in parts)
    return max(0, min(counted, gross))


def _silenced(line: LineDraft) -> LineDraft:
    return replace(line, modifiers=tuple(each._replace(taxable=None) for each in line.modifiers))


def _spoken(line: LineDraft) -> LineDraft:
    modifiers = tuple(each._replace(taxable=line.taxable) for each in line.modifiers)
    return replace(line, modifiers=modifiers)
