"""Everything that moves money at once: nothing fails, all adds up, and the processor agrees."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from structlog.testing import capture_logs

from ordergraph.commerce.auditing.auditing import audit
from ordergraph.commerce.coupons.lifecycle import EffectiveStatus
from ordergraph.commerce.coupons.offering import update_coupon
from ordergraph.commerce.coupons.reads import coupon_by_code
from ordergraph.commerce.coupons.rules import CouponChanges
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import applying, assessing, closing, editing, tipping
from ordergraph.commerce.orders.assessing import NewCharge
from ordergraph.commerce.orders.buying import Checkout, check_out
from ordergraph.commerce.orders.discounting import NewDiscount, add_discount
from ordergraph.commerce.orders.drafting import WantedDraft
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.lifecycle import ChargeType
from ordergraph.commerce.orders.placing import NewOrder
from ordergraph.commerce.orders.purging import purge_carts_of
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.settling import settle_attempt
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.commerce.payments.gateway import NotSent, OutcomeUnknown
from ordergraph.commerce.payments.reconciling import reconcile
from ordergraph.commerce.payments.sources import CashSource, Completion, Source, TokenSource
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.commerce.refunds.rules import Allocated
from ordergraph.core.problems import Findings, Problem, Problems
from ordergraph.runtime.db.failures import Conflict
from ordergraph.runtime.idempotency import Replay
from tests.commerce.orders.counter import Counter, ad_hoc, of, packed, usd

HANDS, TURNS, ORDERS = 8, 30, 6

EXPECTED = frozenset(
    {
        *("RESOURCE_NOT_FOUND", "ORDER_CLOSED", "ORDER_REFUNDED", "ORDER_NOT_MUTABLE"),
        *("ORDER_ALREADY_PAID", "ORDER_EMPTY", "ORDER_LOCKED_BY_PAYMENT", "PAYMENT_IN_PROGRESS"),
        *("ORDER_CHANGED_REFRESH_REQUIRED", "ORDER_HAS_PAYMENTS", "ORDER_HAS_PENDING_MONEY"),
        *("PAYMENT_NOT_REQUIRED", "PAYMENT_DECLINED", "PAYMENT_OUTCOME_UNKNOWN"),
        *("PAYMENT_EXCEEDS_BALANCE", "PAYMENT_AMOUNT_MISMATCH", "PROCESSOR_ERROR"),
        *("PAYMENT_ATTEMPT_NOT_RESUMABLE", "IDEMPOTENCY_KEY_IN_PROGRESS", "INVENTORY_UNAVAILABLE"),
        *("COUPON_INACTIVE", "COUPON_EXHAUSTED", "COUPON_CUSTOMER_LIMIT_REACHED"),
        *("COUPON_ALREADY_APPLIED", "COUPON_NOT_STACKABLE", "COUPON_MINIMUM_NOT_MET"),
        *("COUPON_NOT_APPLICABLE", "DISCOUNT_NOT_FOUND", "TOTAL_BELOW_PAID", "TIP_TOO_LARGE"),
        *("ORDER_NOT_PAID", "REFUND_EXCEEDS_REFUNDABLE", "REFUND_QUANTITY_EXCEEDED"),
        *("REFUND_FAILED", "REFUND_ALLOCATION_MISMATCH", "AMOUNT_OUT_OF_RANGE"),
        *("TOO_MANY_ITEMS", "MAX_COUPONS_REACHED", "PAYMENT_SOURCE_REQUIRED"),
        *("ITEM_NOT_AVAILABLE",),
    }
)
CODES = ("TENTH", "ONCE", "EACH", "FIRST")
BUYERS = ("ann@example.com", "bob@example.com", None)
TOKENS = (
    *("tok_visa", "tok_visa", "tok_visa", "tok_chargeDeclined", "tok_requires3ds"),
    *("tok_processing", "tok_refundFail"),
)


class Moody:
    """A processor that now and then does not hear, or does not answer; or its caller dies."""

    def __init__(self, inner: Any, chance: random.Random) -> None:
        self._inner = inner
        self._chance = chance

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._moody(found) if name in _CALLS else found

    def _moody(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def ask(*arguments: Any) -> Any:
            mood = self._chance.random()
            if mood < 0.06:
                raise NotSent("no route")
            await asyncio.sleep(self._chance.random() / 50)
            if mood < 0.1:
                raise asyncio.CancelledError
            answer = await call(*arguments)
            if mood < 0.14:
                raise asyncio.CancelledError
            if mood < 0.22:
                raise OutcomeUnknown("timeout")
            return answer

        return ask


_CALLS = frozenset({"charge", "resume", "refund", "look_up", "cancel"})


class Till:
    """Many hands at few orders of one shop, and what was said to them."""

    def __init__(self, counter: Counter, seed: int) -> None:
        self.counter = counter
        self.chance = random.Random(seed)
        self.orders = counter.with_gateway(Moody(counter.orders.gateway, self.chance))
        self.pool: list[UUID] = []
        self.answers: Tally[tuple[str, str]] = Tally()
        self.surprises: list[Any] = []

    async def open(self) -> None:
        """Put little on the shelves, and offer coupons that run out."""
        counter = self.counter
        await counter.tax("8.99")
        settings = {"return_use_on_full_refund": True}
        await update_settings(counter.world.database, counter.actor, settings)
        await counter.coupon("TENTH", percent_off="10", stackable=True, minimum_purchase=usd(500))
        await counter.coupon("ONCE", percent_off="100", max_uses=3)
        await counter.coupon("EACH", amount_off=usd(300), max_uses_per_customer=1, stackable=True)
        await counter.coupon("FIRST", percent_off="5", first_order_only=True, stackable=True)
        beans, mug = await counter.variant(777, 60), await counter.variant(1250, 25)
        box = await counter.bundle(2999, (mug, 1), (beans, 2))
        self.goods = [of(beans), of(mug), packed(box), ad_hoc(333, 3)]
        for _ in range(ORDERS):
            await make(self)

    def keep(self, order: Order) -> None:
        """Share an order with all hands; the oldest is forgotten."""
        self.pool = [*self.pool[1 - ORDERS :], order.id]

    async def order(self) -> Order | None:
        """Return one of the shared orders as it stands; it may change before it is used."""
        id = self.chance.choice(self.pool)
        return (await orders_by_ids(self.counter.viewer, [id])).get(id)

    def line(self) -> Any:
        return replace(self.chance.choice(self.goods), quantity=self.chance.randint(1, 2))

    def call(self, verb: Callable[..., Awaitable[Any]], order: Order, *rest: Any) -> Awaitable[Any]:
        return verb(self.orders, self.counter.actor, order.id, *rest)

    async def turn(self) -> None:
        """Do something at random, and note what came of it."""
        doing = self.chance.choice(ALL)
        try:
            done = await doing(self)
        except (Problem, Problems) as problem:
            found = problem.problems if isinstance(problem, Problems) else (problem,)
        except asyncio.CancelledError:
            found = ()  # this process died: others find out
        except Replay:
            found = ()
        except Exception as error:
            self.surprises.append((doing.__name__, error))
            return
        else:
            problem = getattr(done, "problem", None)
            found = () if problem is None else (problem,)
        for each in found:
            self.note(doing.__name__, each)
        if not found:
            self.answers[doing.__name__, "DONE"] += 1

    def note(self, name: str, problem: Problem) -> None:
        """Count a refusal; locks are waited for, but nobody ever waits in a circle."""
        self.answers[name, problem.code] += 1
        if isinstance(problem, Conflict):
            if getattr(problem.__cause__, "sqlstate", None) == "40P01":
                self.surprises.append((name, "deadlock"))
        elif problem.code not in EXPECTED:
            self.surprises.append((name, problem.code, problem))

    async def reconcile(self, orders: Any) -> None:
        """Have both reconcilers look after what is due."""

        async def settle(actor: Any, attempt_id: UUID, outcome: Any) -> None:
            try:
                await settle_attempt(orders, actor, attempt_id, outcome)
            except Conflict as conflict:
                self.note("settle", conflict)
            except Exception as error:
                self.surprises.append(("settle", error))
                raise

        await reconcile(orders.database, orders.gateway, settle)
        await reconcile_refunds(orders)

    async def end(self) -> None:
        """Let time pass until the processor has told what became of everything."""
        for _ in range(3):
            self.counter.world.clock.advance(timedelta(hours=2))
            await self.reconcile(self.counter.orders)


async def make(till: Till) -> None:
    """Make an order, or begin a cart."""
    cart = till.chance.random() < 0.3
    actor = till.counter.world.browser if cart else till.counter.actor
    email = till.chance.choice(BUYERS)
    till.keep(await till.counter.order(till.line(), till.line(), actor=actor, buyer_email=email))


async def buy(till: Till) -> Any:
    """Check out, now and then twice at once with one key."""
    chance = till.chance
    draft = WantedDraft(
        NewOrder((till.line(), till.line()), buyer_email=chance.choice(BUYERS)),
        coupon_codes=tuple(chance.sample(CODES, chance.randint(0, 2))),
        tips=() if chance.random() < 0.7 else (NewTip(percent="10"),),
    )
    wanted = Checkout(draft, (TokenSource(chance.choice(TOKENS)),))
    key = str(chance.random())

    async def once() -> Any:
        return await check_out(till.orders, till.counter.keyed(key, "checkoutOrder"), wanted)

    done = await twice(till, once)
    if done.order is not None:
        till.keep(done.order)
    return done


async def twice(till: Till, once: Callable[[], Awaitable[Any]]) -> Any:
    """Ask once, or twice at once; return the last answer."""
    outcomes = await asyncio.gather(
        *(once() for _ in range(till.chance.choice((1, 1, 2)))), return_exceptions=True
    )
    answers = [each for each in outcomes if not isinstance(each, BaseException)]
    for each in outcomes:
        if isinstance(each, BaseException) and (
            not answers
            or not isinstance(each, Problem | Problems | Replay | asyncio.CancelledError)
        ):
            raise each
    return answers[-1]


async def edit(till: Till) -> None:
    """Put a line on, change one, or take one off."""
    order = await till.order()
    if order is None:
        return
    what = till.chance.random()
    if what < 0.4 or not order.line_items:
        await till.call(editing.add_line_items, order, [till.line()])
        return
    line = till.chance.choice(order.line_items).id
    if what < 0.8:
        change = LineChange(quantity=till.chance.randint(1, 3))
        await till.call(editing.update_line_item, order, line, change)
    else:
        await till.call(editing.remove_line_items, order, [line])


async def discount(till: Till) -> None:
    """Apply a coupon or a discount by hand, or take one off."""
    order = await till.order()
    if order is None:
        return
    what = till.chance.random()
    if what < 0.7:
        code = till.chance.choice(CODES)
        await applying.apply_coupon(till.orders, till.counter.actor, order.id, code=code)
    elif what < 0.8 or not order.live_discounts:
        await till.call(add_discount, order, NewDiscount("Sorry", usd(100)))
    else:
        await till.call(
            applying.remove_discount, order, till.chance.choice(order.live_discounts).id
        )


async def add(till: Till) -> None:
    """Put a fee or a tip on, or take a tip off."""
    order = await till.order()
    if order is None:
        return
    if till.chance.random() < 0.4:
        fee = NewCharge(ChargeType.SERVICE, "Fee", percent="3.3", taxable=True)
        await till.call(assessing.add_charge, order, fee)
    elif order.live_tips:
        await till.call(tipping.remove_tip, order, order.live_tips[0].id)
    else:
        await till.call(tipping.add_tip, order, NewTip(amount=usd(150)))


async def pay(till: Till) -> Any:
    """Pay all or a part with a card or cash, now and then twice at once with one key."""
    order = await till.order()
    if order is None:
        return None
    due, chance = order.net.outstanding, till.chance
    more: dict[str, Any] = {"buyer_email": chance.choice(BUYERS)}
    sources: tuple[Source, ...] = ()
    if due:
        part = max(1, due * chance.randint(1, 99) // 100) if chance.random() < 0.5 else None
        if part is not None and part < due:
            more["completion"] = Completion.PARTIAL_PAYMENT
        amount = None if part is None else usd(part)
        cash = CashSource(usd(part or due), amount=amount)
        card = TokenSource(chance.choice(TOKENS), amount)
        sources = (cash if chance.random() < 0.25 else card,)
    key = str(chance.random())

    async def once() -> Any:
        actor = till.counter.keyed(key)
        return await till.counter.pay(
            order, *sources, token="", actor=actor, orders=till.orders, **more
        )

    return await twice(till, once)


async def resume(till: Till) -> Any:
    """Carry on with a payment whose buyer has done what was asked."""
    order = await till.order()
    if order is None or order.active_attempt_id is None:
        return None
    return await till.counter.pay(
        order, resume_attempt_id=order.active_attempt_id, orders=till.orders
    )


async def refund(till: Till) -> Any:
    """Give an amount, lines, or something of every payment back; now and then twice at once."""
    order = await till.order()
    if order is None:
        return None
    left, chance = order.paid_minor - order.refunded_minor, till.chance
    more: dict[str, Any] = {}
    what = chance.random()
    if what < 0.3 and order.line_items:
        more["lines"] = [(chance.choice(order.line_items).id, 1)]
    elif what < 0.6 and left:
        parts = [
            Allocated(each.id, usd(chance.randint(1, each.refundable_minor)))
            for each in order.payments
            if each.refundable_minor
        ]
        more["amount"] = sum(each.amount.minor for each in parts)
        more["allocations"] = tuple(parts)
    elif what < 0.8 and left:
        more["amount"] = chance.randint(1, left)
        more["include_tip"] = True
    key = str(chance.random())

    async def once() -> Any:
        actor = till.counter.keyed(key, "refund")
        return await till.counter.refund(order, actor=actor, orders=till.orders, **more)

    return await twice(till, once)


async def close(till: Till) -> None:
    """Close an order, and make another."""
    order = await till.order()
    if order is not None:
        await till.call(closing.close_order, order, "Over")
        await make(till)


async def switch(till: Till) -> None:
    """Switch a coupon off or on."""
    coupon = await coupon_by_code(till.counter.viewer, till.chance.choice(CODES))
    assert coupon is not None
    statuses = (EffectiveStatus.ACTIVE, EffectiveStatus.ACTIVE, EffectiveStatus.DISABLED)
    changes = CouponChanges(status=till.chance.choice(statuses))
    database, actor = till.counter.world.database, till.counter.actor
    await update_coupon(database, actor, coupon.id, changes, None, Findings())


async def wait(till: Till) -> None:
    """Let time pass, and have everybody look after what is due."""
    till.counter.world.clock.advance(timedelta(seconds=till.chance.choice((1, 8, 40, 4000))))
    await till.reconcile(till.orders)


async def purge(till: Till) -> None:
    """Forget carts that nobody has touched for days."""
    till.counter.world.clock.advance(timedelta(days=till.chance.choice((0, 1, 31))))
    await purge_carts_of(till.counter.world.database, till.counter.actor)


Doing = Callable[[Till], Awaitable[Any]]
ALL: Sequence[Doing] = (
    *(make, buy, buy, edit, edit, discount, discount, add, pay, pay, pay, pay, pay),
    *(resume, resume, refund, refund, refund, refund, close, switch, wait, wait, purge),
)

CONTRADICTIONS = """
SELECT 'charges' AS what, coalesce(c.id, p.attempt_id) AS id FROM (
    SELECT * FROM sandbox_charges WHERE environment_id = :here AND status = 'SUCCEEDED'
) AS c FULL JOIN (
    SELECT * FROM payments WHERE environment_id = :here AND kind = 'TOKEN'
) AS p ON p.attempt_id = c.id
WHERE c.amount_minor IS DISTINCT FROM p.amount_minor
OR c.refunded_minor IS DISTINCT FROM p.refunded_minor
UNION ALL
SELECT 'refunds', coalesce(r.id, l.id) FROM (
    SELECT * FROM sandbox_refunds WHERE environment_id = :here
) AS r FULL JOIN (
    SELECT l.* FROM payment_refunds l JOIN payments p ON (p.environment_id, p.id)
        = (l.environment_id, l.payment_id) WHERE p.environment_id = :here AND p.kind = 'TOKEN'
) AS l ON l.id = r.id
WHERE (r.amount_minor, r.status) IS DISTINCT FROM (l.amount_minor, l.status)
UNION ALL
SELECT 'running', id FROM payment_attempts
WHERE environment_id = :here AND status IN ('PROCESSING', 'REQUIRES_ACTION')
UNION ALL
SELECT 'untold', id FROM refunds WHERE environment_id = :here AND NOT told
UNION ALL
SELECT 'waiting', id FROM orders
WHERE environment_id = :here AND (provisional OR active_attempt_id IS NOT NULL)
UNION ALL
SELECT 'held', h.order_id FROM inventory_holds h LEFT JOIN orders o
ON (o.environment_id, o.id) = (h.environment_id, h.order_id)
WHERE h.environment_id = :here
AND (o.id IS NULL OR o.paid_at IS NOT NULL OR o.paid_minor = o.refunded_minor)
UNION ALL
SELECT 'reserved', u.order_id FROM coupon_uses u LEFT JOIN orders o
ON (o.environment_id, o.id) = (u.environment_id, u.order_id)
WHERE u.environment_id = :here AND u.status = 'RESERVED'
AND (o.id IS NULL OR o.paid_at IS NOT NULL OR o.paid_minor = o.refunded_minor)
"""


async def assert_sound(counter: Counter) -> None:
    """Check that nothing is left over, that the processor's books are ours, and the audit."""
    here = counter.world.environment_id
    async with counter.world.database.engine.connect() as connection:
        wrong = (await connection.execute(text(CONTRADICTIONS), {"here": here})).all()
    assert wrong == []
    found = (await audit(counter.world.database, here)).findings
    assert not found, [(each.check, each.violations[:3]) for each in found]


async def rush(counter: Counter, seed: int, hands: int, turns: int) -> Till:
    """Have so many hands do so many random things each at the same orders."""
    till = Till(counter, seed)
    await till.open()

    async def work_off() -> None:
        for _ in range(turns):
            await till.turn()

    with capture_logs() as logs:
        await asyncio.gather(*(work_off() for _ in range(hands)))
        await till.end()
    till.surprises += [each for each in logs if each["event"] in _NEVER]
    return till


_NEVER = ("attempt_not_reconciled", "refund_not_reconciled", "charged_without_order")


async def test_whatever_moves_money_at_once_the_books_agree(counter: Counter) -> None:
    till = await rush(counter, 1, HANDS, TURNS)
    assert till.surprises == []
    await assert_sound(counter)
