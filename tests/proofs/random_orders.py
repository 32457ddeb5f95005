"""Orders made at random from a seed, as the engine prices them and refunds undo them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.drafts import (
    Allocation,
    ChargeBasis,
    ChargeDraft,
    DiscountDraft,
    DiscountScope,
    FlatTax,
    LineDraft,
    ModifierDraft,
    OrderDraft,
    TaxComponent,
    TaxRounding,
    TipDraft,
)
from ordergraph.core.failing import failed_part
from ordergraph.core.pricing import price
from ordergraph.core.problems import Problem
from ordergraph.core.proration import refund_all, refund_amount
from ordergraph.core.proving.subjects import Identity, ProvenOrder, ProvenPayment, ProvenRefund
from ordergraph.core.sales import (
    ChargeReversal,
    LineReversal,
    Reversal,
    SoldCharge,
    SoldLine,
    SoldOrder,
    SoldTip,
    TipReversal,
)
from ordergraph.core.targeting import LineTarget, Targets, refund_targets

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICES = (0, 1, 3, 33, 99, 333, 499, 500, 1999, 2400, 10_001)
PERCENTS = tuple(map(Decimal, ("0.0001", "1", "5", "7.5", "10", "12.5", "20", "33.3333", "50")))
RATES = tuple(map(Decimal, ("0", "2", "5", "7", "8.99", "9.975", "19", "20", "100")))
NAMES = ("Mug", "Käffchen ☕", 'A "quoted"\ttab', "SAVE/20", "é")


class Ids:
    """Ids that are never the same twice and come in no order."""

    def __init__(self, rng: Random) -> None:
        self._rng, self._next = rng, 0

    def __call__(self) -> UUID:
        self._next += 1
        return UUID(int=self._rng.getrandbits(120) << 8 | self._next)


def draft(rng: Random, new: Ids) -> OrderDraft:
    """Return what a random order is priced on; small ones are the most frequent."""
    lines = [_line(rng, new(), at) for at in range(rng.choice((0, 1, 1, 2, 2, 3, 4)))]
    rng.shuffle(lines)
    ids = [line.id for line in lines]
    charges = [_charge(rng, new()) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    discounts = [_discount(rng, new(), ids) for _ in range(rng.choice((0, 0, 1, 1, 2, 4)))]
    return OrderDraft(
        rng.choice(("USD", "EUR", "JPY", "KWD")),
        tuple(lines),
        tuple(discounts),
        _taxes(rng, new, [*ids, *(charge.id for charge in charges)]),
        tuple(FlatTax(new(), "Fee", rng.choice((0, 28, 50))) for _ in range(rng.random() < 0.1)),
        tuple(charges),
        tuple(_tip(rng, new()) for _ in range(rng.choice((0, 0, 0, 1, 2)))),
        rng.choice((TaxRounding.ORDER, TaxRounding.LINE)),
        rng.choice((100_000, 200_000)),
    )


def _line(rng: Random, line_id: UUID, position: int) -> LineDraft:
    unit = rng.choice(PRICES)
    modifiers: list[ModifierDraft] = []
    least = unit
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        count = rng.choice((1, 1, 2, 3))
        delta = rng.choice((0, 50, 7, 125, -(least // count)))
        least += min(0, delta * count)
        modifiers.append(ModifierDraft(delta, count, rng.choice((None, None, True, False))))
    if rng.random() < 0.05:
        position = 0
    return LineDraft(
        line_id,
        position,
        rng.choice((1, 1, 2, 3, 7)),
        unit,
        tuple(modifiers),
        rng.random() < 0.8,
    )


def _discount(rng: Random, discount_id: UUID, lines: list[UUID]) -> DiscountDraft:
    some = None if rng.random() < 0.5 else frozenset(i for i in lines if rng.random() < 0.6)
    scope = rng.choice((DiscountScope.ORDER, DiscountScope.LINE_ITEM))
    applied = NOON + timedelta(seconds=rng.choice((0, 0, 1, 2)))
    if rng.random() < 0.5:
        percent = rng.choice((*PERCENTS, Decimal(100)))
        return DiscountDraft(discount_id, scope, applied, percent=percent, line_ids=some)
    return DiscountDraft(
        discount_id,
        scope,
        applied,
        amount=rng.choice((0, 1, 100, 500, 7000)),
        allocation=rng.choice((None, Allocation.EACH, Allocation.ACROSS)),
        line_ids=some,
    )


def _charge(rng: Random, charge_id: UUID) -> ChargeDraft:
    taxable = rng.random() < 0.5
    if rng.random() < 0.5:
        return ChargeDraft(charge_id, amount=rng.choice((0, 1, 500, 799)), taxable=taxable)
    basis = rng.choice((ChargeBasis.SUBTOTAL_PRE_DISCOUNT, ChargeBasis.SUBTOTAL_POST_DISCOUNT))
    return ChargeDraft(charge_id, percent=rng.choice(PERCENTS), basis=basis, taxable=taxable)


def _tip(rng: Random, tip_id: UUID) -> TipDraft:
    if rng.random() < 0.5:
        return TipDraft(tip_id, amount=rng.choice((1, 150, 1000)))
    return TipDraft(tip_id, percent=rng.choice((Decimal(1), Decimal(18), Decimal("12.5"))))


def _taxes(rng: Random, new: Ids, items: list[UUID]) -> tuple[TaxComponent, ...]:
    """Return taxes of which none on top meets one inside a price (PRC-40)."""
    inside = frozenset(i for i in items if rng.random() < 0.5)
    mode = rng.choice(("on top", "on top", "inside", "both"))
    taxes: list[TaxComponent] = []
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        inclusive = mode == "inside" or (mode == "both" and rng.random() < 0.5)
        reach = None
        if mode == "both":
            reach = inside if inclusive else frozenset(items) - inside
        if rng.random() < 0.3:
            pool = items if reach is None else sorted(reach)
            reach = frozenset(i for i in pool if rng.random() < 0.7)
        taxes.append(TaxComponent(new(), "Tax", rng.choice(RATES), inclusive, reach))
    return tuple(taxes)


def stated(rng: Random, drafted: OrderDraft) -> OrderDraft:
    """State some of the taxes that come to anything, as another one computed them (TAX-4)."""
    priced = {tax.id: tax.tax for tax in price(drafted).taxes}
    taxes = [
        replace(tax, stated=max(0, priced[tax.id] + rng.choice((-1, 0, 0, 1))))
        if priced[tax.id] > 1 and rng.random() < 0.5
        else tax
        for tax in drafted.taxes
    ]
    return replace(drafted, taxes=tuple(taxes))


def sold_of(drafted: OrderDraft, breakdown: Breakdown, paid: int, ever_paid: bool) -> SoldOrder:
    """Return a priced order as refunds see it."""
    counts = {line.id: line.quantity for line in drafted.lines}
    return SoldOrder(
        drafted.currency,
        tuple(
            SoldLine(
                line.id, counts[line.id], line.gross, line.discount, line.tax, line.included_tax
            )
            for line in breakdown.lines
        ),
        tuple(SoldCharge(c.id, c.amount, c.tax, c.included_tax) for c in breakdown.charges),
        tuple(SoldTip(tip.id, tip.amount) for tip in breakdown.tips),
        sum(flat.amount for flat in drafted.flat_taxes),
        paid=paid,
        ever_paid=ever_paid,
    )


@dataclass(slots=True)
class Request:
    """What a refund was asked for: all, an amount, or units of lines."""

    amount: int | None = None
    include_tip: bool = False
    units: tuple[tuple[UUID, int], ...] = ()
    failed: int = 0


@dataclass(slots=True)
class Made:
    """A random order to prove, and what its refunds were asked for."""

    order: ProvenOrder
    requests: list[Request] = field(default_factory=list[Request])


def made(seed: int) -> Made:
    """Return the random order of a seed, with payments and refunds where it was paid."""
    rng = Random(seed)
    new = Ids(rng)
    drafted = draft(rng, new)
    if drafted.taxes and rng.random() < 0.2:
        drafted = stated(rng, drafted)
    breakdown = price(drafted)
    total = breakdown.total
    paid = rng.choice((0, total // 3, total, total, total, total + 250))
    ever_paid = paid >= total
    cut = rng.randint(1, paid) if paid else 0
    payments = [ProvenPayment(new(), part) for part in (cut, paid - cut) if part]
    sale = sold_of(drafted, breakdown, paid, ever_paid)
    requests: list[Request] = []
    refunds: list[ProvenRefund] = []
    for _ in range(rng.choice((0, 0, 1, 2, 3)) if paid else 0):
        left = sale.paid - sale.refunded
        if left > 0 and (request := _request(rng, sale, left)):
            refund, sale = _refund(request, rng, sale, new())
            requests.append(request)
            refunds.append(refund)
    names = {
        part.id: rng.choice(NAMES)
        for part in (*drafted.lines, *drafted.discounts, *drafted.charges)
        if rng.random() < 0.5
    }
    order = ProvenOrder(
        Identity(new(), rng.choice((None, "1001")), 3, "OPEN", NOON),
        drafted,
        breakdown,
        total,
        sale.net_amounts,
        ever_paid,
        tuple(payments),
        tuple(refunds),
        names,
    )
    return Made(order, requests)


def _request(rng: Random, sale: SoldOrder, left: int) -> Request | None:
    if not sale.ever_paid or rng.random() < 0.5:
        return Request(rng.choice((None, left, rng.randint(1, left))), rng.random() < 0.3)
    units = tuple(
        (line.id, rng.randint(1, count))
        for line in sale.lines
        if (count := line.quantity - line.refunded_quantity) and rng.random() < 0.6
    )
    if not units:
        return None
    return Request(units=units) if _brings(sale, units) else None


def _brings(sale: SoldOrder, units: tuple[tuple[UUID, int], ...]) -> int:
    """Return what units bring, 0 where that is nothing or more than is left."""
    try:
        return refund_targets(sale, Targets(tuple(LineTarget(*each) for each in units))).money
    except Problem:
        return 0


def _refund(
    request: Request, rng: Random, sale: SoldOrder, refund_id: UUID
) -> tuple[ProvenRefund, SoldOrder]:
    """Make a refund, let some of them fail in whole or in part, and count it in."""
    if request.units:
        reversal = refund_targets(sale, Targets(tuple(LineTarget(*u) for u in request.units)))
    elif request.amount is None:
        reversal = refund_all(sale)
    else:
        reversal = refund_amount(sale, request.amount, request.include_tip)
    money, status, back = reversal.money, rng.choice(("SUCCEEDED", "PENDING")), Reversal()
    if rng.random() < 0.3:
        request.failed = rng.choice((money, money, rng.randint(1, money)))
        back = failed_part(reversal, request.failed)
        status = "FAILED" if request.failed == money else "PARTIALLY_SUCCEEDED"
    counted = money - request.failed
    refund = ProvenRefund(refund_id, status, money, counted, reversal, back)
    return refund, sale.after(reversal).after(negative(back))


def negative(back: Reversal) -> Reversal:
    """Return what adds back what failed."""
    return Reversal(
        -back.returned,
        tuple(
            LineReversal(x.id, -x.quantity, -x.gross, -x.discount, -x.tax, -x.included_tax)
            for x in back.lines
        ),
        tuple(ChargeReversal(x.id, -x.amount, -x.tax, -x.included_tax) for x in back.charges),
        tuple(TipReversal(x.id, -x.amount) for x in back.tips),
        -back.flat_tax,
    )
