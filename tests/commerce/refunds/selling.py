"""Orders to refund: with everything on them, and paid in several parts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders.assessing import NewCharge
from ordergraph.commerce.orders.lifecycle import ChargeType
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip, add_tip
from ordergraph.commerce.payments.sources import CashSource, Completion, TokenSource
from ordergraph.commerce.refunds.itemizing import Itemized
from ordergraph.commerce.refunds.rules import Allocated, RefundedPart
from ordergraph.core.money import Money
from tests.commerce.orders.counter import Counter, ad_hoc, of, usd

FAILS = "tok_refundFail"


async def paid_in_parts(counter: Counter, order: Order, *parts: tuple[int, str]) -> Order:
    """Pay an order with several amounts, the last of which pays the rest; `cash` is cash."""
    for at, (amount, token) in enumerate(parts):
        money = Money(amount, order.currency)
        is_last = at == len(parts) - 1
        source: Any = TokenSource(token, None if is_last else money)
        if token == "cash":
            source = CashSource(money, None if is_last else money)
        completion = Completion.COMPLETE_ORDER if is_last else Completion.PARTIAL_PAYMENT
        paid = await counter.pay(order, source, completion=completion)
        assert paid.problem is None
        order = paid.order
        counter.world.clock.advance(timedelta(seconds=1))
    assert order.net.balance == 0
    return order


async def with_everything(counter: Counter, *, inclusive: bool = False) -> Order:
    """Make an order of 3 x 10.00 and 5.00 with 10 percent tax, a taxed fee and a tip of 2.00."""
    await counter.tax("10", inclusive=inclusive)
    variant = await counter.variant(1000, 10)
    charge = NewCharge(ChargeType.SHIPPING, "Mail", usd(400), taxable=True)
    order = await counter.order(of(variant, 3), ad_hoc(500), charges=(charge,))
    return await add_tip(counter.orders, counter.actor, order.id, NewTip(usd(200)))


def to(payment_id: UUID, minor: int, currency: str = "USD") -> Allocated:
    return Allocated(payment_id, Money(minor, currency))


def part(id: UUID, minor: int | None = None) -> RefundedPart:
    return RefundedPart(id, None if minor is None else usd(minor))


def split(refund: Any) -> list[tuple[int, str]]:
    """What goes back to which payment, and where it stands."""
    return [(leg.amount_minor, leg.status.value) for leg in refund.payment_refunds]


def shares(refund: Itemized) -> list[tuple[int, int, int, int]]:
    """Units, money, tax and units restocked, line by line."""
    return [
        (line.quantity, line.amount.minor, line.tax.minor, line.restocked)
        for line in refund.line_items
    ]
