"""Orders of all kinds, for property tests."""

from decimal import Decimal

from hypothesis import strategies as st

from ordergraph.core.drafts import (
    Allocation,
    ChargeBasis,
    ChargeDraft,
    DiscountDraft,
    DiscountScope,
    FlatTax,
    LineDraft,
    OrderDraft,
    TaxComponent,
    TaxRounding,
    TipDraft,
)
from ordergraph.core.money import MOST_MINOR
from tests.core.orders import discount, line, order, rate, uid

PERCENTS = st.integers(1, 1_000_000).map(lambda part: str(Decimal(part) / 10_000))
PRICES = st.one_of(st.integers(0, 50), st.integers(0, 100_000))


@st.composite
def lines(draw: st.DrawFn, number: int) -> LineDraft:
    unit_price = draw(PRICES)
    modifiers = draw(
        st.lists(
            st.tuples(st.integers(0, 300), st.integers(1, 3), st.none() | st.booleans()),
            max_size=2,
        ).map(tuple)
    )
    if unit_price and draw(st.booleans()):
        modifiers += ((-draw(st.integers(1, unit_price)), 1, draw(st.none() | st.booleans())),)
    return line(
        number,
        unit_price,
        draw(st.integers(1, 12)),
        modifiers=modifiers,
        taxable=draw(st.integers(0, 4)) > 0,
    )


@st.composite
def discounts(draw: st.DrawFn, number: int, most: int) -> DiscountDraft:
    by_percent = draw(st.booleans())
    return discount(
        number,
        percent=draw(PERCENTS) if by_percent else None,
        amount=None if by_percent else draw(st.integers(1, 50_000)),
        on_lines=draw(st.none() | st.sets(st.integers(1, most))),
        scope=draw(st.sampled_from(DiscountScope)),
        allocation=draw(st.none() | st.sampled_from(Allocation)),
        minutes=draw(st.integers(0, 3)),
    )


@st.composite
def taxes(draw: st.DrawFn, most: int) -> tuple[TaxComponent, ...]:
    """Components that never meet in both modes: each item is taxed in one of them."""
    inclusive_items = draw(st.sets(st.integers(1, most)))
    components: list[TaxComponent] = []
    for number in range(201, 201 + draw(st.integers(0, 3))):
        inclusive = draw(st.booleans())
        items = inclusive_items if inclusive else set(range(1, most + 1)) - inclusive_items
        on = {item for item in items if draw(st.integers(0, 3))}
        components.append(rate(number, draw(PERCENTS), inclusive=inclusive, on=on))
    return tuple(components)


@st.composite
def charges(draw: st.DrawFn, number: int) -> ChargeDraft:
    by_percent = draw(st.booleans())
    return ChargeDraft(
        uid(number),
        amount=None if by_percent else draw(PRICES),
        percent=Decimal(draw(PERCENTS)) if by_percent else None,
        basis=draw(st.sampled_from(ChargeBasis)),
        taxable=draw(st.booleans()),
    )


@st.composite
def tips(draw: st.DrawFn, number: int) -> TipDraft:
    if draw(st.booleans()):
        return TipDraft(uid(number), percent=Decimal(draw(PERCENTS)))
    return TipDraft(uid(number), amount=draw(st.integers(1, 5_000)))


@st.composite
def drafts(draw: st.DrawFn) -> OrderDraft:
    """Orders with up to five lines and everything that can be on one."""
    count, charge_count = draw(st.integers(1, 5)), draw(st.integers(0, 2))
    most = count + charge_count
    return order(
        *(draw(lines(number)) for number in range(1, count + 1)),
        charges=tuple(draw(charges(number)) for number in range(count + 1, most + 1)),
        discounts=tuple(
            draw(discounts(number, count)) for number in range(101, 101 + draw(st.integers(0, 4)))
        ),
        taxes=draw(taxes(most)),
        flat_taxes=tuple(
            FlatTax(uid(number), "Flat", draw(st.integers(1, 500)))
            for number in range(301, 301 + draw(st.integers(0, 1)))
        ),
        tips=tuple(draw(tips(number)) for number in range(401, 401 + draw(st.integers(0, 2)))),
        tax_rounding=draw(st.sampled_from(TaxRounding)),
        tip_limit=MOST_MINOR,
    )
