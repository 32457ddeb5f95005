"""Orders to price and to refund, short to write: numbers stand for ids and positions."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.drafts import (
    DiscountDraft,
    DiscountScope,
    LineDraft,
    ModifierDraft,
    OrderDraft,
    TaxComponent,
)
from ordergraph.core.pricing import price
from ordergraph.core.sales import Reversal, SoldCharge, SoldLine, SoldOrder, SoldTip
from ordergraph.core.targeting import LineTarget, Targets, refund_targets
from ordergraph.core.untaxing import TaxLeft

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def uid(number: int) -> UUID:
    return UUID(int=number)


def ids(numbers: Iterable[int] | None) -> frozenset[UUID] | None:
    return None if numbers is None else frozenset(map(uid, numbers))


def line(
    number: int,
    unit_price: int,
    quantity: int = 1,
    modifiers: Iterable[Sequence[Any]] = (),
    **more: Any,
) -> LineDraft:
    """A line whose modifiers are given as delta, quantity and, if they say so, taxability."""
    drafts = tuple(ModifierDraft(*each) for each in modifiers)
    return LineDraft(uid(number), number, quantity, unit_price, drafts, **more)


def discount(
    number: int,
    *,
    percent: str | None = None,
    amount: int | None = None,
    on_lines: Iterable[int] | None = None,
    scope: DiscountScope | None = None,
    minutes: int = 0,
    **more: Any,
) -> DiscountDraft:
    """A discount of line scope where lines are named, applied `minutes` after noon."""
    if scope is None:
        scope = DiscountScope.ORDER if on_lines is None else DiscountScope.LINE_ITEM
    return DiscountDraft(
        uid(number),
        scope,
        NOON + timedelta(minutes=minutes),
        percent=None if percent is None else Decimal(percent),
        amount=amount,
        line_ids=ids(on_lines),
        **more,
    )


def rate(
    number: int, percent: str, *, inclusive: bool = False, on: Iterable[int] | None = None
) -> TaxComponent:
    return TaxComponent(uid(number), f"Tax {percent}", Decimal(percent), inclusive, ids(on))


def order(*lines: LineDraft, currency: str = "USD", **parts: Any) -> OrderDraft:
    return OrderDraft(currency, lines, **parts)


def sold(draft: OrderDraft, paid: int | None = None, ever_paid: bool = True) -> SoldOrder:
    """The order after it was priced and paid, in full unless `paid` says how much."""
    breakdown = price(draft)
    quantities = {line.id: line.quantity for line in draft.lines}
    return SoldOrder(
        draft.currency,
        tuple(
            SoldLine(
                line.id,
                quantities[line.id],
                line.gross,
                line.discount,
                line.tax,
                line.included_tax,
            )
            for line in breakdown.lines
        ),
        tuple(
            SoldCharge(charge.id, charge.amount, charge.tax, charge.included_tax)
            for charge in breakdown.charges
        ),
        tuple(SoldTip(tip.id, tip.amount) for tip in breakdown.tips),
        sum(tax.tax for tax in breakdown.taxes if tax.percent is None),
        paid=breakdown.total if paid is None else paid,
        ever_paid=ever_paid,
    )


def taxes_of(draft: OrderDraft) -> list[TaxLeft]:
    """What each tax of an order came to, line by line and charge by charge."""
    return [
        TaxLeft(tax.id, dict(tax.shares), tax.tax if tax.percent is None else 0)
        for tax in price(draft).taxes
    ]


def refund_lines(state: SoldOrder, requests: Sequence[tuple[UUID, int]]) -> Reversal:
    """Units of lines, as pairs of id and number."""
    return refund_targets(state, Targets(tuple(LineTarget(*each) for each in requests)))


def column(rows: Iterable[Any], name: str) -> list[int]:
    """One figure of every row."""
    return [getattr(row, name) for row in rows]


def shares(breakdown: Breakdown, number: int) -> list[int]:
    """What the discount or tax of this number takes from each line or charge it touches."""
    for part in (*breakdown.discounts, *breakdown.taxes):
        if part.id == uid(number):
            return [share for _, share in part.shares]
    raise LookupError(number)


BEANS = line(1, 1999, 2)
MUG = line(2, 2400)
WORKED_EXAMPLE = order(
    BEANS, MUG, discounts=(discount(11, percent="20"),), taxes=(rate(21, "8.99"),)
)
