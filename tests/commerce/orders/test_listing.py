"""Lists of orders: each filter selects exactly, sorts page stably and run along an index (9.7)."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from ordergraph.commerce.orders import closing, listing
from ordergraph.commerce.orders.lifecycle import (
    FulfillmentStatus,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
)
from ordergraph.commerce.orders.listing import OrderFilter, OrderSortField
from ordergraph.commerce.orders.rules import BriefOrder, Order
from ordergraph.commerce.payments.sources import Completion, TokenSource
from ordergraph.core.money import Money
from ordergraph.core.paging import PageRequest, Position
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.prepared import NOTHING, Prepared, Values
from tests.commerce.orders.counter import Counter, ad_hoc, usd

CREATED = OrderSortField.CREATED_AT


async def selected(counter: Counter, wanted: OrderFilter) -> set[UUID]:
    """Return which orders a filter selects, and see that the count and all shapes agree."""
    page = PageRequest(50)
    found = [
        await read(counter.viewer, wanted, CREATED, page)
        for read in (listing.order_page, listing.listed_order_page, listing.brief_order_page)
    ]
    ids = [[order.id for order in each.items] for each in found]
    assert ids[0] == ids[1] == ids[2]
    assert await listing.order_count(counter.viewer, wanted) == len(ids[0])
    return set(ids[0])


class Sold:
    """One order of each sort, by name, some time apart."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.orders: dict[str, Order] = {}

    async def make(self) -> "Sold":
        counter = self.counter
        customer = await counter.customer()
        self.customer_id = customer.id
        note = self.note
        await note("open", ad_hoc(1000), buyer_email="Jo.Doe@example.com")
        await note("euros", currency="EUR")
        await note("pos", ad_hoc(300), source=OrderSource.POS, external_reference_id="till-7")
        await note("customers", ad_hoc(2000), customer_id=customer.id)
        part = await note("part", ad_hoc(5000))
        deposit = TokenSource("tok_visa", usd(2000))
        await counter.pay(part, deposit, completion=Completion.PARTIAL_PAYMENT)
        await counter.pay(await note("waiting", ad_hoc(400)), token="tok_requires3ds")
        await counter.pay(await note("paid", ad_hoc(700)))
        refunded = await counter.pay(await note("refunded", ad_hoc(800)))
        await counter.refund(refunded.order)
        halved = await counter.pay(await note("halved", ad_hoc(900)))
        await counter.refund(halved.order, 450)
        closed = await note("closed", ad_hoc(600))
        await closing.close_order(counter.orders, counter.actor, closed.id)
        browser = counter.world.caller(ActorKind.PUBLISHABLE_KEY, BUYER_SCOPES)
        await note("cart", ad_hoc(100), actor=browser)
        return self

    async def note(self, name: str, *lines: Any, **more: Any) -> Order:
        self.counter.world.clock.advance(timedelta(minutes=1))
        self.orders[name] = await self.counter.order(*lines, **more)
        return self.orders[name]

    async def named(self, wanted: OrderFilter) -> set[str]:
        found = await selected(self.counter, wanted)
        return {name for name, order in self.orders.items() if order.id in found}


@pytest.fixture
async def sold(counter: Counter) -> Sold:
    return await Sold(counter).make()


PLACED = {
    "open", "euros", "pos", "customers", "part", "waiting", "paid", "refunded", "halved", "closed"
}  # fmt: skip
UNPAID = {"open", "euros", "pos", "customers", "closed"}


async def test_9_7_each_filter_selects_exactly_and_together_they_select_what_all_do(
    sold: Sold,
) -> None:
    order, paid = sold.orders, OrderPaymentStatus
    number = order["paid"].number
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, PLACED),
        ({"placed": False}, {"cart"}),
        ({"placed": None}, PLACED | {"cart"}),
        ({"statuses": (OrderStatus.PAID,)}, {"paid"}),
        (
            {"statuses": (OrderStatus.CLOSED, OrderStatus.REFUNDED)},
            {"closed", "refunded"},
        ),
        ({"statuses": (OrderStatus.PARTIALLY_REFUNDED,)}, {"halved"}),
        ({"payment_statuses": (paid.UNPAID,)}, UNPAID),
        ({"payment_statuses": (paid.PENDING, paid.PARTIALLY_PAID)}, {"waiting", "part"}),
        ({"refund_statuses": (OrderRefundStatus.REFUNDED,)}, {"refunded"}),
        ({"refund_statuses": (OrderRefundStatus.PARTIALLY_REFUNDED,)}, {"halved"}),
        ({"fulfillment_statuses": (FulfillmentStatus.CANCELED,)}, {"closed", "refunded"}),
        ({"fulfillment_statuses": (FulfillmentStatus.NOT_APPLICABLE,)}, {"euros"}),
        ({"sources": (OrderSource.POS,)}, {"pos"}),
        ({"customer_id": sold.customer_id}, {"customers"}),
        ({"number": number}, {"paid"}),
        ({"external_reference_id": "till-7"}, {"pos"}),
        ({"external_reference_id": "till-"}, set()),
        ({"query": "jo.doe@EX"}, {"open"}),
        ({"query": "TILL"}, {"pos"}),
        ({"query": number}, {"paid"}),
        ({"min_total": usd(900)}, {"open", "customers", "part", "halved"}),
        ({"max_total": usd(400)}, {"pos", "waiting"}),
        ({"min_total": usd(700), "max_total": usd(900)}, {"paid", "refunded", "halved"}),
        ({"max_total": Money(10**9, "EUR")}, {"euros"}),
        ({"created_from": order["halved"].created_at}, {"halved", "closed"}),
        ({"created_to": order["pos"].created_at}, {"open", "euros"}),
        (
            {"created_from": order["euros"].created_at, "created_to": order["part"].created_at},
            {"euros", "pos", "customers"},
        ),
        ({"updated_from": order["closed"].updated_at}, {"closed"}),
        ({"updated_to": order["euros"].updated_at}, {"open"}),
        ({"payment_statuses": (paid.UNPAID,), "min_total": usd(700)}, {"open", "customers"}),
        (
            {
                "statuses": (OrderStatus.OPEN,),
                "customer_id": sold.customer_id,
                "query": "sarah",
            },
            set(),
        ),
    ]
    for given, expected in cases:
        assert await sold.named(OrderFilter(**given)) == expected, given


async def paged(counter: Counter, sort: OrderSortField, *, descending: bool) -> list[UUID]:
    """Read all orders in pages of 3."""
    page, ids = PageRequest(3, None, descending), list[UUID]()
    while True:
        found = await listing.brief_order_page(counter.viewer, OrderFilter(), sort, page)
        ids += [order.id for order in found.items]
        if not found.has_next:
            return ids
        page = replace(page, after=Position(*listing.sort_key(found.items[-1], sort)))


def value(order: BriefOrder, sort: OrderSortField) -> Any:
    match sort:
        case OrderSortField.CREATED_AT:
            return order.created_at
        case OrderSortField.UPDATED_AT:
            return order.updated_at
        case OrderSortField.TOTAL:
            return order.total_minor
        case OrderSortField.OUTSTANDING:
            return max(0, order.net_amounts.balance.minor)


async def test_9_7_pages_of_every_sort_hold_each_order_once_in_its_order(sold: Sold) -> None:
    counter = sold.counter
    for price in (700, 700, 700):  # alike
        await counter.order(ad_hoc(price))
    orders = (
        await listing.order_page(counter.viewer, OrderFilter(), CREATED, PageRequest(50))
    ).items
    for sort in OrderSortField:
        for descending in (False, True):
            expected = sorted(
                orders, key=lambda each: (value(each, sort), each.id), reverse=descending
            )
            found = await paged(counter, sort, descending=descending)
            assert found == [each.id for each in expected], (sort, descending)


async def test_9_7_what_is_outstanding_follows_payments_and_refunds(sold: Sold) -> None:
    counter = sold.counter
    found = await listing.order_page(
        counter.viewer, OrderFilter(), OrderSortField.OUTSTANDING, PageRequest(3, None, True)
    )
    names = {order.id: name for name, order in sold.orders.items()}
    assert [(names[order.id], order.net.outstanding) for order in found.items] == [
        ("part", 3000),
        ("customers", 2000),
        ("open", 1000),
    ]


class Explaining:
    """A reader that asks for the plans of statements instead of running them."""

    def __init__(self, driver: Any, environment_id: UUID) -> None:
        self._driver = driver
        self._environment_id = environment_id
        self.plan = ""

    async def fetch(self, statement: Prepared, values: Values = NOTHING) -> list[Any]:
        arguments = statement.arguments(self._environment_id, values)
        rows = await self._driver.fetch(f"EXPLAIN {statement.text}", *arguments)
        self.plan = "\n".join(row[0] for row in rows)
        return []


@pytest.mark.parametrize("sort", OrderSortField)
async def test_9_7_each_sort_runs_along_an_index(counter: Counter, sort: OrderSortField) -> None:
    is_amount = sort in (OrderSortField.TOTAL, OrderSortField.OUTSTANDING)
    place = Position(5 if is_amount else counter.world.clock.now(), UUID(int=0))
    async with counter.world.database.engine.connect() as connection:
        # The tables of a test are small: reading and sorting all of one would be the best plan.
        # Without these ways a plan still sorts if no index has the order that is asked for.
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            await connection.execute(text(f"SET LOCAL enable_{way} = off"))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        reader: Any = Explaining(driver, counter.world.environment_id)
        page = PageRequest(20, place, descending=True)
        await listing.brief_order_page(reader, OrderFilter(), sort, page)
    assert "Sort" not in reader.plan
    assert re.search(r"Index Scan Backward using ix_orders_\w+", reader.plan), reader.plan
    assert re.search(r"Index Cond: .*ROW\(", reader.plan), reader.plan
