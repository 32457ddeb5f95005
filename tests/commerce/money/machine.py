"""A shop as a state machine: whatever is done to its orders, all thirteen invariants hold after it.

The steps are those of the service layer on a real Postgres. A step that is refused has changed
nothing. Invariants 1 to 5, 8 and 11 are looked at on the order that was touched, 6, 7, 10, 12 and
13 on the shop; 9 by doing a step again with its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule
from sqlalchemy import text

from ordergraph.commerce.auditing.auditing import look
from ordergraph.commerce.coupons.lifecycle import EffectiveStatus
from ordergraph.commerce.coupons.offering import update_coupon
from ordergraph.commerce.coupons.reads import coupon_by_code
from ordergraph.commerce.coupons.rules import CouponChanges
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.orders import (
    applying,
    assessing,
    closing,
    detailing,
    editing,
    overriding,
    tipping,
)
from ordergraph.commerce.orders.assessing import ChargeChange, NewCharge
from ordergraph.commerce.orders.buying import Checkout, check_out
from ordergraph.commerce.orders.drafting import WantedDraft
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.lifecycle import ChargeType
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.placing import NewOrder
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip, TipChange
from ordergraph.commerce.payments.sources import CashSource, Completion, TokenSource
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.commerce.refunds.rules import Allocated, RefundedPart
from ordergraph.core.addresses import Address
from ordergraph.core.drafts import ChargeBasis, TaxRounding
from ordergraph.core.ids import new_id
from ordergraph.core.problems import Findings, Problem, Problems
from ordergraph.runtime.idempotency import Replay
from tests.commerce.orders.counter import (
    Counter,
    ad_hoc,
    assert_sound,
    of,
    packed,
    refused,
    usd,
)
from tests.commerce.orders.processors import Failing, silent
from tests.databases import Databases
from tests.world import World

Work = Callable[[Order], Awaitable[Any]]

NEW_AFTER = 20
"""So many machines share two shops, in which stock and coupons run out."""

CODES = ("TENTH", "FIXED", "ONCE", "EACH")
TOKENS = ("tok_visa", "tok_visa", "tok_chargeDeclined", "tok_requires3ds", "tok_processing")
prices = st.one_of(st.integers(0, 5), st.integers(0, 10_000))
percents = st.sampled_from(["0.0001", "3.3333", "8.99", "12.5", "50", "100"])
indexes = st.integers(0, 5)
units = st.integers(1, 4)
minors = st.integers(1, 9_999)


@dataclass(slots=True)
class Shop:
    """A counter with goods, coupons and customers; and another merchant's caller beside it."""

    counter: Counter
    goods: Sequence[WantedLine]
    customers: Sequence[UUID]


class House:
    """The worlds that machines run in: one database, two shops, one event loop for all of them."""

    def __init__(self, database_url: str) -> None:
        self._runner = asyncio.Runner()
        self._databases = Databases(database_url)
        self.machines = 0
        self.run(self._open())

    def run(self, work: Awaitable[Any]) -> Any:
        """Run something to its end."""

        async def wait() -> Any:
            return await work

        return self._runner.run(wait())

    async def _open(self) -> None:
        await self._databases.__aenter__()
        self._lent = self._databases.fresh()
        self._world = World(await self._lent.__aenter__())

    def shop(self, *, inclusive: bool) -> Shop:
        """Return a shop for the next machine; now and then it is a new one."""
        if self.machines % NEW_AFTER == 0:
            self.shops = [self.run(self._found(inclusive=each)) for each in (False, True)]
        self.machines += 1
        return self.shops[inclusive]

    async def _found(self, *, inclusive: bool) -> Shop:
        world = self._world
        world.merchant_id = new_id()
        await world.open()
        counter = Counter(copy(world))
        await counter.tax("8.99", inclusive=inclusive)
        if not inclusive:
            await counter.tax("2.5")
        await counter.coupon("TENTH", percent_off="10", stackable=True, minimum_purchase=usd(500))
        await counter.coupon("FIXED", amount_off=usd(700), stackable=True)
        await counter.coupon("ONCE", percent_off="100", max_uses=3)
        await counter.coupon("EACH", percent_off="20", max_uses_per_customer=1, stackable=True)
        beans, mug = await counter.variant(777, 100_000), await counter.variant(1250, 100_000)
        scarce = await counter.variant(500, 3)
        box = await counter.bundle(2999, (beans, 2), (mug, 1))
        customers = [(await counter.customer(f"{name}@example.com")).id for name in ("ann", "bob")]
        goods = [of(beans), of(mug), of(scarce), packed(box)]
        return Shop(counter, goods, customers)

    async def audit(self) -> None:
        """Have the auditor look at everything that was ever done here."""
        async with self._world.database.engine.connect() as connection:
            found = await look(connection)
        assert not found, [(each.check, each.count, each.violations[:3]) for each in found]

    def close(self) -> None:
        """Give everything back."""
        self.run(self._close())
        self._runner.close()

    async def _close(self) -> None:
        await self._world.close()
        await self._lent.__aexit__(None, None, None)
        await self._databases.__aexit__()


class Till(RuleBasedStateMachine):
    """Up to a few orders of one shop, and everything that can be done to them."""

    house: House
    orders = Bundle("orders")

    @initialize(target=orders, inclusive=st.booleans(), price=prices)
    def open(self, inclusive: bool, price: int) -> Any:
        """Choose the shop, and begin with an order that has something on it."""
        self.shop = self.house.shop(inclusive=inclusive)
        self.counter = self.shop.counter
        self.mine: list[UUID] = []
        order = self.house.run(
            self.counter.order(ad_hoc(price, 3), self.shop.goods[0], self.shop.goods[3])
        )
        return self._keep(order)

    # -- Making orders

    @rule(target=orders, index=st.integers(0, 3), count=units)
    def order(self, index: int, count: int) -> Any:
        """Make another order."""
        line = replace(self.shop.goods[index], quantity=count)
        try:
            return self._keep(self.house.run(self.counter.order(line)))
        except (Problem, Problems):  # what is scarce is sold out by now
            return self.mine[0]

    @rule(
        target=orders,
        price=prices,
        code=st.sampled_from([None, *CODES]),
        token=st.sampled_from(TOKENS),
        percent=st.one_of(st.none(), percents),
    )
    def check_out(self, price: int, code: str | None, token: str, percent: str | None) -> Any:
        """Create, discount, tip and pay in one call: all of it, or nothing but the attempt."""
        return self.house.run(self._check_out(price, code, token, percent))

    async def _check_out(
        self, price: int, code: str | None, token: str, percent: str | None
    ) -> Any:
        before = await self._count_orders()
        draft = WantedDraft(
            NewOrder((ad_hoc(price), self.shop.goods[1])),
            coupon_codes=() if code is None else (code,),
            tips=() if percent is None else (NewTip(percent=Decimal(percent)),),
        )
        self._tick()
        try:
            done = await check_out(
                self.counter.orders,
                self.counter.actor,
                Checkout(draft, (TokenSource(token),)),
            )
        except (Problem, Problems):
            done = None
        await self._assert_shop()
        if done is None or done.order is None:
            assert await self._count_orders() == before
            return self.mine[0]
        await assert_sound(self.counter, done.order)
        return self._keep(done.order)

    # -- Changing them

    @rule(id=orders, price=prices, count=units)
    def add_line(self, id: UUID, price: int, count: int) -> None:
        """Put something on it."""
        self._do(
            id, lambda order: self._call(editing.add_line_items, order, [ad_hoc(price, count)])
        )

    @rule(id=orders, index=st.integers(0, 3), count=units)
    def add_goods(self, id: UUID, index: int, count: int) -> None:
        """Put something of the catalog on it, where equal lines merge."""
        line = replace(self.shop.goods[index], quantity=count)
        self._do(id, lambda order: self._call(editing.add_line_items, order, [line]))

    @rule(id=orders, index=indexes, count=st.one_of(units, st.just(0)), price=st.none() | prices)
    def change_line(self, id: UUID, index: int, count: int, price: int | None) -> None:
        """Change a line's quantity and price."""
        change = LineChange(quantity=count, unit_price=None if price is None else usd(price))
        self._on_part(id, "line_items", index, editing.update_line_item, change)

    @rule(id=orders, index=indexes)
    def remove_line(self, id: UUID, index: int) -> None:
        """Take a line off."""

        async def work(order: Order) -> None:
            if order.line_items:
                line = order.line_items[index % len(order.line_items)].id
                await self._call(editing.remove_line_items, order, [line])

        self._do(id, work)

    @rule(id=orders, code=st.sampled_from(CODES), index=st.none() | indexes)
    def apply(self, id: UUID, code: str, index: int | None) -> None:
        """Apply a coupon, perhaps to one line only."""

        async def work(order: Order) -> None:
            lines = None
            if index is not None and order.line_items:
                lines = [order.line_items[index % len(order.line_items)].id]
            await self.counter.apply(order, code, line_item_ids=lines)

        self._do(id, work)

    @rule(id=orders, index=indexes)
    def remove_discount(self, id: UUID, index: int) -> None:
        """Take a discount off."""
        self._on_part(id, "live_discounts", index, applying.remove_discount)

    @rule(
        id=orders,
        value=st.one_of(percents, minors),
        basis=st.sampled_from(ChargeBasis),
        taxable=st.booleans(),
    )
    def add_charge(self, id: UUID, value: str | int, basis: ChargeBasis, taxable: bool) -> None:
        """Put a fee on it."""
        charge = NewCharge(ChargeType.SERVICE, "Fee", taxable=taxable, amount=usd(1))
        if isinstance(value, str):
            charge = replace(charge, amount=None, percent=value, basis=basis)
        else:
            charge = replace(charge, amount=usd(value))
        self._do(id, lambda order: self._call(assessing.add_charge, order, charge))

    @rule(id=orders, index=indexes, value=minors)
    def change_charge(self, id: UUID, index: int, value: int) -> None:
        """Change a fee."""
        change = ChargeChange(amount=usd(value))
        self._on_part(id, "charges", index, assessing.update_charge, change)

    @rule(id=orders, index=indexes)
    def remove_charge(self, id: UUID, index: int) -> None:
        """Take a fee off."""
        self._on_part(id, "charges", index, assessing.remove_charge)

    @rule(id=orders, value=st.one_of(st.sampled_from(["1", "18.5", "100"]), minors))
    def add_tip(self, id: UUID, value: str | int) -> None:
        """Tip."""
        tip = NewTip(amount=usd(value)) if isinstance(value, int) else NewTip(percent=value)
        self._do(id, lambda order: self._call(tipping.add_tip, order, tip))

    @rule(id=orders, index=indexes, percent=st.sampled_from(["1", "25"]))
    def change_tip(self, id: UUID, index: int, percent: str) -> None:
        """Tip otherwise."""
        self._on_part(id, "live_tips", index, tipping.update_tip, TipChange(percent=percent))

    @rule(id=orders, index=indexes)
    def remove_tip(self, id: UUID, index: int) -> None:
        """Take a tip off."""
        self._on_part(id, "live_tips", index, tipping.remove_tip)

    @rule(id=orders, who=st.none() | st.integers(0, 1), note=st.sampled_from(["", "Ring"]))
    def change_details(self, id: UUID, who: int | None, note: str) -> None:
        """Say who buys, where it goes, and what is to be noted."""
        address = Address("1 Pier", "Boston", "02101", "US")
        changes = {
            "customerId": None if who is None else self.shop.customers[who],
            "buyerNote": note,
            "shippingAddress": address if note else None,
        }
        self._do(id, lambda order: self._call(detailing.update_order, order, changes))

    @rule(id=orders, exempt=st.none() | st.booleans())
    def exempt(self, id: UUID, exempt: bool | None) -> None:
        """Exempt it from tax, or not."""

        async def work(order: Order) -> None:
            await overriding.update_order_tax(
                self.counter.orders, self.counter.actor, order.id, exempt=exempt
            )

        self._do(id, work)

    # -- Money

    @rule(
        id=orders,
        token=st.sampled_from(TOKENS),
        share=st.none() | st.integers(1, 99),
        again=st.booleans(),
    )
    def pay(self, id: UUID, token: str, share: int | None, again: bool) -> None:
        """Pay all or a part with a card, or carry on with an attempt; perhaps ask twice."""

        async def work(order: Order) -> None:
            paid, key = order.paid_minor, str(new_id())
            more: dict[str, Any] = {}
            if order.active_attempt_id is not None:
                more = {"resume_attempt_id": order.active_attempt_id}
            elif order.net.outstanding:
                source = TokenSource(token)
                if share is not None and order.net.outstanding > 1:
                    part = max(1, order.net.outstanding * share // 100)
                    source = replace(source, amount=usd(part))
                    more = {"completion": Completion.PARTIAL_PAYMENT}
                more["sources"] = (source,)
            done = await self._pay(order, key, more)
            if done.problem is not None:
                assert done.order.paid_minor == paid  # invariant 13
            if again:
                await self._nothing_again(order, lambda: self._pay(order, key, more))

        self._do(id, work)

    async def _pay(self, order: Order, key: str, more: dict[str, Any]) -> Any:
        sources = more.get("sources", ())
        rest = {name: value for name, value in more.items() if name != "sources"}
        actor = self.counter.keyed(key)
        return await self.counter.pay(order, *sources, token="", actor=actor, **rest)

    @rule(id=orders, share=st.integers(1, 100), extra=st.integers(0, 500))
    def pay_cash(self, id: UUID, share: int, extra: int) -> None:
        """Pay a part or all over the counter."""

        async def work(order: Order) -> None:
            due = order.net.outstanding
            part = max(1, due * share // 100)
            source = CashSource(usd(part + extra), amount=usd(part))
            completion = Completion.COMPLETE_ORDER if part == due else Completion.PARTIAL_PAYMENT
            await self.counter.pay(order, source, completion=completion)

        self._do(id, work)

    @rule(id=orders, share=st.integers(1, 100), tip=st.booleans(), again=st.booleans())
    def refund(self, id: UUID, share: int, tip: bool, again: bool) -> None:
        """Give an amount back; perhaps ask twice with one key."""

        async def work(order: Order) -> None:
            amount = max(1, (order.paid_minor - order.refunded_minor) * share // 100)
            actor = self.counter.keyed(str(new_id()), "refund")
            again_actor = replace(actor, idempotency=replace_key(actor))
            await self.counter.refund(order, amount, include_tip=tip, actor=actor)
            if again:
                await self._nothing_again(
                    order,
                    lambda: self.counter.refund(order, amount, include_tip=tip, actor=again_actor),
                )

        self._do(id, work)

    @rule(id=orders, index=indexes, count=units, amount=st.none() | minors)
    def refund_line(self, id: UUID, index: int, count: int, amount: int | None) -> None:
        """Give units of a line back, or an amount of it."""

        async def work(order: Order) -> None:
            if order.line_items:
                line = order.line_items[index % len(order.line_items)].id
                asked: Any = (line, count) if amount is None else (line, None, usd(amount))
                await self.counter.refund(order, lines=[asked])

        self._do(id, work)

    @rule(id=orders, index=indexes, whole=st.booleans())
    def refund_parts(self, id: UUID, index: int, whole: bool) -> None:
        """Give a charge and a tip back, or one minor unit of them."""

        async def work(order: Order) -> None:
            amount = None if whole else usd(1)
            charges = tuple(RefundedPart(each.id, amount) for each in order.charges[:1]) or None
            tips = tuple(RefundedPart(each.id, amount) for each in order.live_tips[:1]) or None
            if charges or tips:
                await self.counter.refund(order, charges=charges, tips=tips)

        self._do(id, work)

    @rule(id=orders, minor=minors)
    def refund_from_all(self, id: UUID, minor: int) -> None:
        """Give the same amount of every payment back."""

        async def work(order: Order) -> None:
            parts = tuple(
                Allocated(each.id, usd(min(minor, each.refundable_minor)))
                for each in order.payments
                if each.refundable_minor
            )
            total = sum(part.amount.minor for part in parts)
            if total:
                await self.counter.refund(order, total, allocations=parts)

        self._do(id, work)

    @rule(id=orders, after=st.booleans(), what=st.sampled_from(["charge", "refund"]))
    def lose_the_processor(self, id: UUID, after: bool, what: str) -> None:
        """Pay or refund, and never hear what became of it: the reconciler finds out."""
        mute = self.counter.with_gateway(
            Failing(self.counter.orders.gateway, what, silent, after=after)
        )

        async def work(order: Order) -> None:
            if what == "refund":
                await self.counter.refund(order, 1, orders=mute)
            elif order.net.outstanding and order.active_attempt_id is None:
                await self.counter.pay(order, token="tok_visa", orders=mute)

        self._do(id, work)

    @rule(seconds=st.sampled_from([3, 40, 4000]))
    def wait(self, seconds: int) -> None:
        """Let time pass, and have everybody look after what is due."""
        self.house.run(self._wait(seconds))

    async def _wait(self, seconds: int) -> None:
        self.counter.world.clock.advance(timedelta(seconds=seconds))
        await self.counter.world.reconcile()
        await reconcile_refunds(self.counter.orders)
        await self._assert_shop()

    @rule(id=orders)
    def close(self, id: UUID) -> None:
        """Close it."""
        self._do(id, lambda order: self._call(closing.close_order, order))

    # -- What the merchant changes meanwhile

    @rule(
        code=st.sampled_from(CODES),
        status=st.sampled_from([EffectiveStatus.ACTIVE, EffectiveStatus.DISABLED]),
    )
    def switch_coupon(self, code: str, status: EffectiveStatus) -> None:
        """Switch a coupon off or on."""

        async def work() -> None:
            coupon = await coupon_by_code(self.counter.viewer, code)
            assert coupon is not None
            await update_coupon(
                self.counter.world.database,
                self.counter.actor,
                coupon.id,
                CouponChanges(status=status),
                None,
                Findings(),
            )

        self.house.run(work())

    @rule(rounding=st.sampled_from(TaxRounding))
    def round_otherwise(self, rounding: TaxRounding) -> None:
        """Round taxes for each order or for each line."""
        self.house.run(
            update_settings(
                self.counter.world.database,
                self.counter.actor,
                {"tax_rounding": rounding},
            )
        )

    @rule(id=orders)
    def meddle(self, id: UUID) -> None:
        """Another merchant who knows the id finds and changes nothing (invariant 10)."""
        self.house.run(self._meddle(id))

    async def _meddle(self, id: UUID) -> None:
        stranger = self.counter.world.stranger()
        viewer = self.counter.world.database.viewer(stranger)
        assert await orders_by_ids(viewer, [id]) == {}
        with refused("RESOURCE_NOT_FOUND"):  # pyright: ignore[reportArgumentType]
            await closing.close_order(self.counter.orders, stranger, id)

    def teardown(self) -> None:
        """Look at every order once more."""
        if not hasattr(self, "mine"):
            return
        self.house.run(self._look_at_all())

    # -- How it is done

    def _keep(self, order: Order) -> UUID:
        self.mine.append(order.id)
        return order.id

    def _tick(self) -> None:
        self.counter.world.clock.advance(timedelta(milliseconds=1))

    def _do(self, id: UUID, work: Work) -> None:
        self.house.run(self._done(id, work))

    async def _done(self, id: UUID, work: Work) -> None:
        """Do a step; one that was refused has left the order as it was."""
        found = await orders_by_ids(self.counter.viewer, [id])
        if id not in found:
            return  # a checkout whose payment failed in the end
        order = found[id]
        self._tick()
        try:
            await work(order)
            was_refused = False
        except (Problem, Problems):
            was_refused = True
        there = await orders_by_ids(self.counter.viewer, [id])
        if id not in there:
            assert order.provisional
            return
        after = await assert_sound(self.counter, order)
        if was_refused:
            assert after == order, (order, after)
        _assert_shares(after)
        await self._assert_shop()

    def _call(self, verb: Callable[..., Awaitable[Any]], order: Order, *rest: Any) -> Any:
        return verb(self.counter.orders, self.counter.actor, order.id, *rest)

    def _on_part(
        self, id: UUID, parts: str, index: int, verb: Callable[..., Awaitable[Any]], *rest: Any
    ) -> None:
        async def work(order: Order) -> None:
            found = getattr(order, parts)
            if found:
                await self._call(verb, order, found[index % len(found)].id, *rest)

        self._do(id, work)

    async def _nothing_again(self, order: Order, work: Callable[[], Awaitable[Any]]) -> None:
        """Ask the same with the same key again: nothing happens a second time (invariant 9)."""
        before = await orders_by_ids(self.counter.viewer, [order.id])
        collected = await self.counter.collected(order)
        with suppress(Replay, Problem, Problems):
            await work()
        after = await orders_by_ids(self.counter.viewer, [order.id])
        if order.id in before and order.id in after:
            assert after[order.id].paid_minor == before[order.id].paid_minor
            assert after[order.id].refunded_minor == before[order.id].refunded_minor
        assert await self.counter.collected(order) == collected

    async def _count_orders(self) -> int:
        rows = await self._rows("SELECT count(*) FROM orders WHERE environment_id = :here")
        return rows[0][0]

    async def _rows(self, sql: str) -> Sequence[Any]:
        async with self.counter.world.database.engine.connect() as connection:
            values = {"here": self.counter.actor.environment_id}
            return (await connection.execute(text(sql), values)).all()

    async def _assert_shop(self) -> None:
        """Check stock, coupons and attempts of the whole shop (invariants 6, 7 and 12)."""
        wrong = await self._rows(_WRONG)
        assert not wrong, wrong

    async def _look_at_all(self) -> None:
        for order in (await orders_by_ids(self.counter.viewer, self.mine)).values():
            _assert_shares(await assert_sound(self.counter, order))


def replace_key(actor: Any) -> Any:
    """Return an actor's idempotency key as a second request would bring it."""
    return replace(actor.idempotency, claimed=False)


def _assert_shares(order: Order) -> None:
    """Check that shares add up to their whole and never exceed what they are taken of."""
    gross = {str(line.id): line.gross_minor for line in order.line_items}
    for discount in order.live_discounts:
        taken = dict(map(tuple, discount.shares))
        assert sum(taken.values()) == discount.applied_minor
        assert all(0 <= minor <= gross[id] for id, minor in taken.items())
    for tax in order.taxes:
        shares = [minor for _, minor in tax["shares"]]
        assert all(minor >= 0 for minor in shares)
        assert tax["percent"] is None or sum(shares) == tax["tax"]


_WRONG = """
    SELECT 'stock' AS what, i.variant_id AS id FROM inventory_items i
    WHERE i.environment_id = :here AND (
        i.on_hand <> (SELECT coalesce(sum(a.quantity_delta), 0) FROM inventory_adjustments a
            WHERE a.environment_id = i.environment_id AND a.variant_id = i.variant_id)
        OR i.held <> (SELECT coalesce(sum(h.quantity), 0) FROM inventory_holds h
            WHERE h.environment_id = i.environment_id AND h.variant_id = i.variant_id)
        OR (i.enforced AND i.on_hand < 0))
    UNION ALL
    SELECT 'coupon', c.id FROM coupons c
    WHERE c.environment_id = :here AND (
        c.uses_count <> (SELECT count(*) FROM coupon_uses u WHERE u.status <> 'RELEASED'
            AND u.environment_id = c.environment_id AND u.coupon_id = c.id)
        OR c.uses_count > c.max_uses)
    UNION ALL
    SELECT 'attempts', a.order_id FROM payment_attempts a
    WHERE a.environment_id = :here AND a.status IN ('PROCESSING', 'REQUIRES_ACTION')
    GROUP BY a.order_id HAVING count(*) > 1
"""
