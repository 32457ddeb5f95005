"""Any stack of discounts on any lines: nothing below zero, nothing by the order of applying."""

from hypothesis import given
from hypothesis import strategies as st

from ordergraph.core.drafts import Allocation, DiscountDraft, DiscountScope, LineDraft
from ordergraph.core.pricing import price
from tests.core.orders import discount, line, order

LINES = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 4)), min_size=1, max_size=5)


@st.composite
def stacks(draw: st.DrawFn) -> tuple[list[LineDraft], list[DiscountDraft]]:
    lines = [line(at, *each) for at, each in enumerate(draw(LINES), start=1)]
    made: list[DiscountDraft] = []
    for number in range(draw(st.integers(0, 6))):
        narrowed = draw(st.booleans())
        chosen = draw(st.sets(st.integers(1, len(lines)), min_size=1)) if narrowed else None
        of_percent = draw(st.booleans())
        value = draw(st.integers(1, 1_000_000) if of_percent else st.integers(1, 9000))
        made.append(
            discount(
                100 + number,
                percent=f"{value / 10_000:.4f}" if of_percent else None,
                amount=None if of_percent else value,
                on_lines=None if chosen is None else sorted(chosen),
                minutes=draw(st.integers(0, 2)),
                scope=DiscountScope.LINE_ITEM if narrowed else DiscountScope.ORDER,
                allocation=None if of_percent else draw(st.sampled_from([None, *Allocation])),
            )
        )
    return lines, made


@given(stacks(), st.randoms(use_true_random=False))
def test_prc_22_invariant_3_no_stack_of_discounts_goes_below_zero_or_depends_on_its_order(
    stack: tuple[list[LineDraft], list[DiscountDraft]], random: object
) -> None:
    lines, discounts = stack
    priced = price(order(*lines, discounts=tuple(discounts)))
    shuffled = list(discounts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert price(order(*lines, discounts=tuple(shuffled))) == priced
    assert priced.amounts.total >= 0
    remaining = {row.id: row.gross for row in priced.lines}
    for each in priced.discounts:
        assert each.applied == sum(share for _, share in each.shares) <= each.amount
        for id, share in each.shares:
            assert 0 < share <= remaining[id]
            remaining[id] -= share
    assert all(row.net == remaining[row.id] for row in priced.lines)
