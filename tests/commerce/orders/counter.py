"""A shop's counter: what the tests of orders and refunds sell, pay and look up."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from ordergraph.commerce.bundles.creating import create_bundle
from ordergraph.commerce.bundles.rules import BundleChanges, NewComponent
from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.catalog.shaping import NewProduct, NewVariant
from ordergraph.commerce.coupons.offering import create_coupon
from ordergraph.commerce.coupons.reads import coupons_by_ids
from ordergraph.commerce.coupons.rules import Coupon, CouponChanges
from ordergraph.commerce.customers.reads import Customer
from ordergraph.commerce.customers.registering import NewCustomer, create_customer
from ordergraph.commerce.modifiers.changing import SetChanges, create_set
from ordergraph.commerce.modifiers.describing import WantedChoices
from ordergraph.commerce.modifiers.rules import ModifierSet
from ordergraph.commerce.orders import applying, paying, placing
from ordergraph.commerce.orders.opening import PayRequest
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import Paid
from ordergraph.commerce.orders.tables import ActivityRow
from ordergraph.commerce.payments.gateways.books import SandboxChargeRow, SandboxRefundRow
from ordergraph.commerce.payments.reads import Attempt, attempts_by_orders
from ordergraph.commerce.payments.sources import Source, TokenSource
from ordergraph.commerce.refunds import refunding
from ordergraph.commerce.refunds.reads import Refund as StoredRefund
from ordergraph.commerce.refunds.reads import refunds_by_orders
from ordergraph.commerce.refunds.rules import NewRefund, Refunded, RefundedLine
from ordergraph.commerce.taxes.maintaining import NewTaxRate, create_tax_rate
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem, Problems
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.core.taxes import TaxRate
from ordergraph.runtime.actor import Actor, ActorKind, IdempotencyKey
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.events.tables import EventRow
from tests.commerce.inventory.shelves import stock
from tests.commerce.orders.bookkeeping import accounts, expected
from tests.commerce.orders.proofs import assert_proven
from tests.world import World

VISA = TokenSource("tok_visa")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@dataclass(frozen=True, slots=True)
class Told:
    """One event of an order, as the log has it."""

    type: str
    version: int
    status: str
    status_before: str | None
    payment_status: str
    balance: int


@contextmanager
def refused(*codes: ErrorCode) -> Generator[list[Problem]]:
    """Expect exactly these problems, in any order; they are in the list afterwards."""
    found: list[Problem] = []
    try:
        yield found
    except (Problem, Problems) as problem:
        found.extend(problem.problems if isinstance(problem, Problems) else (problem,))
    assert sorted(each.code for each in found) == sorted(codes)


def ad_hoc(price: int, quantity: Any = 1, name: str = "Gift wrap", **more: Any) -> WantedLine:
    """Describe a line that is in no catalog."""
    return WantedLine(name=name, unit_price=usd(price), quantity=quantity, **more)


def of(variant_id: UUID, quantity: Any = 1, **more: Any) -> WantedLine:
    """Describe a line of the catalog."""
    return WantedLine(variant_id=variant_id, quantity=quantity, **more)


def packed(bundle_id: UUID, quantity: Any = 1, **more: Any) -> WantedLine:
    """Describe a line that sells a bundle."""
    return WantedLine(bundle_id=bundle_id, quantity=quantity, **more)


class Counter:
    """Sells in one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def actor(self) -> Actor:
        return self.world.actor

    @property
    def orders(self) -> Orders:
        return self.world.orders

    @property
    def viewer(self) -> Any:
        return self.world.database.viewer(self.actor)

    def keyed(
        self, key: str, operation: str = "pay", actor: Actor | None = None, body: bytes = b"same"
    ) -> Actor:
        """Return a caller of one mutation with an idempotency key."""
        return (actor or self.actor).for_mutation(IdempotencyKey(key, operation, body))

    def buyer_of(self, order: Order) -> Actor:
        """Return the browser that holds an order's secret."""
        return self.world.caller(ActorKind.BUYER, BUYER_SCOPES, order_id=order.id)

    async def variant(
        self,
        price: int = 1999,
        units: int | None = 10,
        currency: str = "USD",
        *,
        enforced: bool = True,
        **more: Any,
    ) -> UUID:
        """Put a product on the shelf and return its variant."""
        wanted = NewVariant(
            Money(price, currency),
            initial_quantity=units,
            enforce_inventory_limit=enforced and units is not None,
            **more,
        )
        product = await create_product(
            self.world.database, self.actor, NewProduct("Beans", ProductType.PHYSICAL, wanted)
        )
        assert product.variants is not None
        (variant,) = product.variants
        return variant.id

    async def bundle(self, price: int, *parts: tuple[UUID, int], **more: Any) -> UUID:
        """Offer so many units of each variant as a bundle and return it."""
        wanted = BundleChanges(name="Breakfast", unit_price=usd(price), **more)
        components = [NewComponent(*part) for part in parts]
        made = await create_bundle(
            self.world.database, self.actor, wanted, components, (), Findings()
        )
        return made.id

    async def extras(self, *groups: WantedChoices) -> ModifierSet:
        """Make a set of modifiers."""
        return await create_set(
            self.world.database, self.actor, SetChanges(name="Extras"), groups, Findings()
        )

    async def coupon(self, code: str = "SAVE", **terms: Any) -> Coupon:
        """Offer a coupon, of 20 percent unless the terms say otherwise."""
        if "amount_off" not in terms:
            terms.setdefault("percent_off", "20")
        wanted = CouponChanges(name=code, code=code, **terms)
        return await create_coupon(self.world.database, self.actor, wanted, Findings())

    async def uses(self, coupon: Coupon) -> int:
        """Return how many uses of a coupon are taken now."""
        return (await coupons_by_ids(self.viewer, [coupon.id]))[coupon.id].uses_count

    async def tax(self, percent: str = "8.99", *, inclusive: bool = False) -> TaxRate:
        """Levy a tax everywhere."""
        wanted = NewTaxRate("Tax", percent, inclusive=inclusive)
        return await create_tax_rate(self.world.database, self.actor, wanted)

    async def customer(self, email: str = "sarah@example.com", **more: Any) -> Customer:
        """Register a customer."""
        wanted = NewCustomer(email, **more)
        return await create_customer(self.world.database, self.actor, wanted)

    async def order(self, *lines: WantedLine, actor: Actor | None = None, **more: Any) -> Order:
        """Make an order."""
        wanted = placing.NewOrder(line_items=lines, **more)
        return (await placing.create_order(self.orders, actor or self.actor, wanted)).order

    async def apply(self, order: Order, code: str = "SAVE", **more: Any) -> Order:
        """Apply a coupon by its code."""
        return await applying.apply_coupon(self.orders, self.actor, order.id, code=code, **more)

    async def pay(
        self,
        order: Order,
        *sources: Source,
        token: str | None = None,
        actor: Actor | None = None,
        orders: Orders | None = None,
        **more: Any,
    ) -> Paid:
        """Pay an order, with a card that works unless something else is named."""
        if not sources and "resume_attempt_id" not in more and token != "":
            sources = (TokenSource(token or "tok_visa"),)
        wanted = PayRequest(order.id, sources, **more)
        return await paying.pay(orders or self.orders, actor or self.actor, wanted)

    async def paid(self, *lines: WantedLine, token: str = "tok_visa", **more: Any) -> Order:
        """Make an order and pay it."""
        paid = await self.pay(await self.order(*lines, **more), token=token)
        assert paid.problem is None
        return paid.order

    async def refund(
        self,
        order: Order,
        amount: int | None = None,
        lines: Sequence[tuple[UUID, Any]] | None = None,
        *,
        actor: Actor | None = None,
        orders: Orders | None = None,
        **more: Any,
    ) -> Refunded:
        """Give back an amount, or units of lines, or all that is left."""
        wanted = NewRefund(
            order.id,
            None if amount is None else Money(amount, order.currency),
            None if lines is None else tuple(RefundedLine(*line) for line in lines),
            **more,
        )
        return await refunding.refund(orders or self.orders, actor or self.actor, wanted)

    async def reload(self, order: Order) -> Order:
        """Read an order again."""
        return (await orders_by_ids(self.viewer, [order.id]))[order.id]

    async def attempts(self, order: Order) -> list[Attempt]:
        """Read all runs of paying an order."""
        return list((await attempts_by_orders(self.viewer, [order.id])).get(order.id, ()))

    async def refunds(self, order: Order) -> list[StoredRefund]:
        """Read all refunds of an order."""
        return list((await refunds_by_orders(self.viewer, [order.id])).get(order.id, ()))

    async def stock(self, variant_id: UUID) -> tuple[int, int]:
        """Return the units on hand, and those of them that are held."""
        return await stock(self.world, variant_id)

    async def events(self, order: Order) -> list[Told]:
        """Return what the log has of an order, in the order of writing."""
        rows = await self.viewer.rows(
            select(EventRow.type, EventRow.payload)
            .where(EventRow.subject_id == order.id)
            .order_by(EventRow.seq)
        )
        return [
            Told(
                row.type.removeprefix("order."),
                row.payload["version"],
                row.payload["status"],
                row.payload["statusBefore"],
                row.payload["paymentStatus"],
                row.payload["balance"],
            )
            for row in rows
        ]

    async def told(self, order: Order) -> list[str]:
        """Return the types of an order's events."""
        return [event.type for event in await self.events(order)]

    async def activities(self, order: Order) -> list[Any]:
        """Return an order's timeline."""
        return list(
            await self.viewer.rows(
                select(*ActivityRow.__table__.c)
                .where(within(ActivityRow), ActivityRow.order_id == order.id)
                .order_by(ActivityRow.created_at, ActivityRow.id)
            )
        )

    async def charges(self, order: Order) -> list[Any]:
        """Return what the processor's own books have about an order."""
        row = SandboxChargeRow
        return list(
            await self.viewer.rows(
                select(*row.__table__.c)
                .where(within(row), row.order_id == order.id)
                .order_by(row.id)
            )
        )

    async def collected(self, order: Order) -> int:
        """Return what the processor has of an order's money, refunds taken off."""
        charges = await self.charges(order)
        return sum(
            each.amount_minor - each.refunded_minor
            for each in charges
            if each.status == "SUCCEEDED"
        )

    async def processor_refunds(self) -> list[Any]:
        """Return all refunds in the processor's own books."""
        row = SandboxRefundRow
        return list(await self.viewer.rows(select(*row.__table__.c).where(within(row))))

    async def sql(self, statement: str, **values: Any) -> None:
        """Change rows behind the business's back."""
        async with self.world.database.engine.begin() as connection:
            await connection.execute(text(statement), values)

    def with_gateway(self, gateway: Any) -> Orders:
        """Return the services with another processor."""
        return replace(self.orders, gateway=gateway)


async def assert_sound(counter: Counter, id_of: Order) -> Order:
    """Check the invariants 1 to 5 and 8 of an order as it is stored; return it."""
    order = await counter.reload(id_of)
    lines, charges, net = order.line_items, order.charges, order.net
    assert order.subtotal_minor == sum(line.gross_minor for line in lines)
    assert order.discount_minor == sum(line.discount_minor for line in lines)
    assert order.discount_minor == sum(each.applied_minor for each in order.live_discounts)
    assert order.charge_minor == sum(charge.amount_minor for charge in charges)
    taxes = sum(each.tax_minor for each in (*lines, *charges))
    assert order.tax_minor == taxes + order.flat_tax_minor
    assert order.tax_minor == sum(tax.tax.minor for tax in order.tax_breakdowns)
    included = sum(each.included_tax_minor for each in (*lines, *charges))
    assert order.included_tax_minor == included
    assert order.tip_minor == sum(tip.amount_minor for tip in order.live_tips)
    assert order.total_minor == order.as_sold.total >= 0
    assert all(0 <= line.discount_minor <= line.gross_minor for line in lines)
    assert net.balance == net.total - (order.paid_minor - order.refunded_minor)
    await _assert_money(counter, order)
    _assert_refunds(order)
    await _assert_booked(counter, order)
    assert_proven(order, await counter.refunds(order))
    events, activities = await counter.events(order), await counter.activities(order)
    assert [event.version for event in events] == list(range(1, order.version + 1))
    assert len(activities) >= order.version
    if order.provisional:
        assert (order.version, events, activities) == (0, [], [])
        return order
    last, newest = activities[-1], events[-1]
    if order.active_attempt_id is None and order.pending_refunds == 0:
        assert last.running_balance_minor == net.balance
        assert (newest.status, newest.balance) == (order.status, net.balance)
        assert newest.payment_status == order.payment_status
    return order


async def _assert_money(counter: Counter, order: Order) -> None:
    payments, refunds = order.payments, await counter.refunds(order)
    standing = sum(each.amount_minor - each.failed_minor for each in refunds)
    assert order.paid_minor == sum(each.amount.minor for each in payments)
    assert order.refunded_minor == sum(each.refunded.minor for each in payments) == standing
    assert standing <= order.paid_minor
    is_settled = order.active_attempt_id is None and order.pending_refunds == 0
    if is_settled and all(each.kind == "TOKEN" for each in payments):
        assert await counter.collected(order) == order.paid_minor - order.refunded_minor
    if order.status == "PAID":
        assert order.net.balance <= 0  # less, where something was taken off what was paid
    if order.status == "REFUNDED":
        assert order.refunded_minor == order.paid_minor
        assert order.net.total == 0


async def _assert_booked(counter: Counter, order: Order) -> None:
    pending = sum(
        leg.amount_minor
        for each in await counter.refunds(order)
        for leg in each.payment_refunds
        if not leg.status.is_final
    )
    assert await accounts(counter.viewer, order) == expected(order, pending)


def _assert_refunds(order: Order) -> None:
    reversed_so_far = order.reversed_so_far
    lines = order.line_items
    assert reversed_so_far.subtotal == sum(line.reversed_gross_minor for line in lines)
    assert reversed_so_far.discount == sum(line.reversed_discount_minor for line in lines)
    assert reversed_so_far.charge == sum(each.reversed_amount_minor for each in order.charges)
    taxes = sum(each.reversed_tax_minor for each in (*lines, *order.charges))
    assert reversed_so_far.tax == taxes + order.reversed_flat_tax_minor
    assert reversed_so_far.tip == sum(tip.reversed_minor for tip in order.tips)
    assert all(line.refunded_quantity <= line.quantity for line in lines)
    if order.status == "REFUNDED":
        assert reversed_so_far == order.as_sold
        for line in lines:
            assert line.reversed_gross_minor == line.gross_minor
            assert line.reversed_tax_minor == line.tax_minor
