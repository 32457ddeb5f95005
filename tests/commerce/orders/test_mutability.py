"""What may change when (9.5): every mutation of an order against every state it can be in."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from ordergraph.commerce.orders import applying, assessing, closing, detailing, editing, tipping
from ordergraph.commerce.orders.assessing import ChargeChange, NewCharge
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.lifecycle import ChargeType
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip, TipChange
from ordergraph.commerce.payments.sources import Completion, TokenSource
from ordergraph.core.addresses import Address
from ordergraph.core.problems import ErrorCode, LimitProblem
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, refused, usd

Ask = Callable[[Counter], Awaitable[Any]]
Do = Callable[[Counter, Order], Awaitable[Any]]
FEE = NewCharge(ChargeType.SERVICE, "Service", usd(200))
ADDRESS = Address(line1="1 Main St", city="Albany", postal_code="12207", country="US")


async def an_order(counter: Counter) -> Order:
    """Make an order of 100.00 with 20 percent off, a fee of 5.00 and a tip of 3.00."""
    order = await counter.order(
        ad_hoc(6000),
        ad_hoc(4000, name="Mug"),
        charges=(NewCharge(ChargeType.SHIPPING, "Mail", usd(500)),),
    )
    await counter.apply(order, "TWENTY")
    tipped = await tipping.add_tip(counter.orders, counter.actor, order.id, NewTip(usd(300)))
    assert tipped.total_minor == 8800
    return tipped


async def part_paid(counter: Counter, part: int = 1000) -> Order:
    paid = await counter.pay(
        await an_order(counter),
        TokenSource("tok_visa", usd(part)),
        completion=Completion.PARTIAL_PAYMENT,
    )
    assert (paid.problem, paid.order.paid_minor) == (None, part)
    return paid.order


async def paid(counter: Counter) -> Order:
    return (await counter.pay(await an_order(counter))).order


async def refunded(counter: Counter, amount: int | None = None) -> Order:
    order = await paid(counter)
    await counter.refund(order, amount)
    return await counter.reload(order)


async def partially_refunded(counter: Counter) -> Order:
    return await refunded(counter, 100)


async def archived(counter: Counter) -> Order:
    return await closed(counter, await paid(counter))


async def canceled(counter: Counter) -> Order:
    return await closed(counter, await an_order(counter))


async def closed(counter: Counter, order: Order) -> Order:
    return await closing.close_order(counter.orders, counter.actor, order.id, None)


def lines(make: Callable[[Order], Any], verb: Any) -> Do:
    return lambda counter, order: verb(counter.orders, counter.actor, order.id, *make(order))


def details(ask: Ask | None = None, **changes: Any) -> Do:
    """Change details and notes; `ask` makes the customer who is named."""

    async def do(counter: Counter, order: Order) -> Any:
        named = {} if ask is None else {"customerId": await ask(counter)}
        return await detailing.update_order(
            counter.orders, counter.actor, order.id, {**changes, **named}
        )

    return do


async def somebody(counter: Counter) -> Any:
    return (await counter.customer()).id


async def exempt(counter: Counter) -> Any:
    return (await counter.customer(tax_exempt=True)).id


PRICED: Mapping[str, Do] = {
    "add lines": lines(lambda _: [[ad_hoc(5, name="Pin")]], editing.add_line_items),
    "update a line": lines(
        lambda order: [order.line_items[0].id, LineChange(quantity=2)], editing.update_line_item
    ),
    "remove a discount": lines(
        lambda order: [order.applied_discounts[0].id], applying.remove_discount
    ),
    "add a charge": lines(lambda _: [FEE], assessing.add_charge),
    "update a charge": lines(
        lambda order: [order.charges[0].id, ChargeChange(amount=usd(600))], assessing.update_charge
    ),
    "remove a charge": lines(lambda order: [order.charges[0].id], assessing.remove_charge),
    "apply a coupon": lambda counter, order: counter.apply(order, "MORE"),
    "remove a line": lines(lambda order: [[order.line_items[1].id]], editing.remove_line_items),
    "add a tip": lines(lambda _: [NewTip(usd(5))], tipping.add_tip),
    "update a tip": lines(
        lambda order: [order.tips[0].id, TipChange(percent="10")], tipping.update_tip
    ),
    "remove a tip": lines(lambda order: [order.tips[0].id], tipping.remove_tip),
    "name a customer": details(somebody),
    "say who buys": details(buyerEmail="a@example.com", buyerPhone="+12025550100"),
    "say where it goes": details(shippingAddress=ADDRESS, billingAddress=ADDRESS),
}
NOTED: Mapping[str, Do] = {
    "write notes": details(buyerNote="Ring twice.", internalNote="A regular."),
    "write metadata": details(metadata={"a": "b"}, externalReferenceId="web-1"),
}
PAY: dict[str, Do] = {"pay": lambda counter, order: counter.pay(order)}
REFUND: dict[str, Do] = {"refund": lambda counter, order: counter.refund(order, 100)}
CLOSE: dict[str, Do] = {"close": closed}
ALL: Mapping[str, Do] = {**PRICED, **NOTED, **PAY, **REFUND, **CLOSE}


def every(code: ErrorCode | None, *groups: Mapping[str, Do]) -> dict[str, ErrorCode | None]:
    return {name: code for group in groups for name in group}


IS_OPEN = every(None, PRICED, NOTED, PAY, CLOSE)
SETTLED = {
    **every(ErrorCode.ORDER_NOT_MUTABLE, PRICED),
    **every(None, NOTED, REFUND, CLOSE),
    **every(ErrorCode.ORDER_ALREADY_PAID, PAY),
}
CLOSED = {**every(ErrorCode.ORDER_CLOSED, ALL), **every(None, NOTED)}
MATRIX: Mapping[Any, dict[str, ErrorCode | None]] = {
    an_order: {**IS_OPEN, **every(ErrorCode.ORDER_NOT_PAID, REFUND)},
    part_paid: {**IS_OPEN, **every(None, REFUND), **every(ErrorCode.ORDER_HAS_PAYMENTS, CLOSE)},
    paid: SETTLED,
    partially_refunded: SETTLED,
    refunded: {
        **every(ErrorCode.ORDER_REFUNDED, ALL),
        **every(ErrorCode.REFUND_EXCEEDS_REFUNDABLE, REFUND),
    },
    archived: CLOSED,
    canceled: CLOSED,
}
"""The code that each mutation is refused with in each state, None where it is done."""


async def untouched(counter: Counter, order: Order) -> tuple[Any, ...]:
    """Read all that a mutation of the order may leave behind."""
    return (
        await counter.reload(order),
        len(await counter.activities(order)),
        await counter.events(order),
        len(await counter.attempts(order)),
        len(await counter.refunds(order)),
    )


async def coupons(counter: Counter) -> None:
    await counter.coupon("TWENTY", stackable=True)
    await counter.coupon("MORE", percent_off="10", stackable=True)


@pytest.mark.parametrize("column", MATRIX, ids=lambda column: str(column.__name__))
async def test_9_5_each_mutation_is_done_or_refused_as_the_state_says(
    counter: Counter, column: Any
) -> None:
    await coupons(counter)
    order, expected = await column(counter), MATRIX[column]
    assert expected.keys() == ALL.keys()
    before = await untouched(counter, order)
    for name, code in expected.items():
        if code is not None:
            with refused(code):
                await ALL[name](counter, order)
            assert await untouched(counter, order) == before, name
    for name in (name for name, code in expected.items() if code is None):
        if name in (PAY | REFUND | CLOSE):
            order = await column(counter)
        version = (await counter.reload(order)).version
        told = len(await counter.activities(order))
        await ALL[name](counter, order)
        order = await counter.reload(order)
        assert order.version == version + 1, name
        assert len(await counter.activities(order)) > told, name
    await assert_sound(counter, order)


LESS: Mapping[str, Do] = {
    "update a line": lines(
        lambda order: [order.line_items[0].id, LineChange(unit_price=usd(5998))],
        editing.update_line_item,
    ),
    "remove a line": PRICED["remove a line"],
    "update a charge": lines(
        lambda order: [order.charges[0].id, ChargeChange(amount=usd(498))], assessing.update_charge
    ),
    "remove a charge": PRICED["remove a charge"],
    "apply a coupon": PRICED["apply a coupon"],
}


async def test_9_5_the_total_of_a_partly_paid_order_may_fall_to_what_is_paid_and_no_further(
    counter: Counter,
) -> None:
    await coupons(counter)
    order = await part_paid(counter, 8799)
    before = await untouched(counter, order)
    for name, do in LESS.items():
        with refused(ErrorCode.TOTAL_BELOW_PAID) as problems:
            await do(counter, order)
        (problem,) = problems
        assert isinstance(problem, LimitProblem)
        assert problem.limit == usd(8799)
        assert await untouched(counter, order) == before, name
    exact = await assessing.update_charge(
        counter.orders, counter.actor, order.id, order.charges[0].id, ChargeChange(amount=usd(499))
    )
    assert (exact.total_minor, exact.net.balance) == (8799, 0)
    more = await PRICED["remove a discount"](counter, order)
    assert more.net.balance == 2000
    await assert_sound(counter, order)


async def test_9_5_a_tip_may_be_taken_back_from_what_is_paid_already(counter: Counter) -> None:
    await coupons(counter)
    order = await part_paid(counter, 8700)
    less = await PRICED["remove a tip"](counter, order)
    assert (less.status, less.total_minor, less.net.balance) == ("OPEN", 8500, -200)
    assert (less.net.outstanding, less.net.credit) == (0, 200)
    settled = (await counter.pay(order, token="")).order
    assert (settled.status, settled.paid_minor, settled.net.balance) == ("PAID", 8700, -200)
    await counter.refund(order, 200)
    returned = await counter.reload(order)
    assert (returned.status, returned.net.total, returned.net.balance) == ("PAID", 8500, 0)
    assert (returned.refunded_minor, returned.reversed_minor) == (200, 0)  # AMT-3


async def test_9_5_an_exemption_may_lower_what_is_paid_already(counter: Counter) -> None:
    await coupons(counter)
    await counter.tax("10")
    order = await counter.order(ad_hoc(1000))
    part = TokenSource("tok_visa", usd(1050))
    await counter.pay(order, part, completion=Completion.PARTIAL_PAYMENT)
    less = await details(exempt)(counter, order)
    assert (less.total_minor, less.net.balance, less.net.credit) == (1000, -50, 50)


@pytest.mark.parametrize("token", ["tok_requires3ds", "tok_processing"])
async def test_ord_40_a_running_payment_locks_every_mutation_of_the_price(
    counter: Counter, token: str
) -> None:
    await coupons(counter)
    order = await an_order(counter)
    await counter.pay(order, token=token)
    (attempt,) = await counter.attempts(order)
    before = await untouched(counter, order)
    for name, do in PRICED.items():
        with refused(ErrorCode.ORDER_LOCKED_BY_PAYMENT) as problems:
            await do(counter, order)
        assert problems[0].retryable
        assert problems[0].attempt_id == attempt.id  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        assert await untouched(counter, order) == before, name
    for do in (PAY["pay"], closed):
        with refused(ErrorCode.PAYMENT_IN_PROGRESS):
            await do(counter, order)
    assert await untouched(counter, order) == before
    for at, do in enumerate(NOTED.values()):
        assert (await do(counter, order)).version == order.version + 1 + at


async def test_ord_42_every_mutation_answers_the_whole_order_as_it_is_stored(
    counter: Counter,
) -> None:
    await coupons(counter)
    order = await an_order(counter)
    await counter.tax()
    for name, do in {**PRICED, **NOTED}.items():
        answered = await do(counter, order)
        assert answered == await counter.reload(order), name
        order = answered


async def test_ord_43_a_mutation_of_several_lines_happens_wholly_or_not_at_all(
    counter: Counter,
) -> None:
    await coupons(counter)
    order = await an_order(counter)
    before = await untouched(counter, order)
    good, bad = ad_hoc(5, name="Pin"), ad_hoc(5, 0, name="Cup")
    with refused(ErrorCode.LINE_ITEM_INVALID_QUANTITY):
        await editing.add_line_items(counter.orders, counter.actor, order.id, [good] * 9 + [bad])
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        ids = [order.line_items[0].id, order.id]
        await editing.remove_line_items(counter.orders, counter.actor, order.id, ids)
    assert await untouched(counter, order) == before


async def test_ord_44_a_refunded_order_takes_no_note_and_no_metadata(counter: Counter) -> None:
    order = await counter.paid(ad_hoc(1000))
    await counter.refund(order)
    before = await untouched(counter, order)
    for do in NOTED.values():
        with refused(ErrorCode.ORDER_REFUNDED):
            await do(counter, order)
    assert await untouched(counter, order) == before
