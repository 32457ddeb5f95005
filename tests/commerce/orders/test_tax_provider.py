"""A tax provider elsewhere: asked with nothing held, and told what came of it (TAX-5, TAX-11)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from ordergraph.commerce.orders import overriding, placing
from ordergraph.commerce.orders.bookkeeping import TAX_BOOKS, BooksHook, TaxBooks
from ordergraph.commerce.orders.overriding import SuppliedTax
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.taxes.asking import MOST_ASKED, taxed_by
from ordergraph.commerce.taxes.provider import (
    ProvidedTax,
    TaxItem,
    TaxRecord,
    TaxRequest,
    TaxUnavailable,
)
from ordergraph.core.addresses import Address
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode
from ordergraph.core.taxes import (
    TaxabilityReason,
    TaxFailureReason,
    TaxLocation,
    TaxMode,
    TaxStatus,
)
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.idempotency import Idempotency
from ordergraph.runtime.jobs.running import Job
from tests.commerce.orders.counter import Counter, ad_hoc, refused, usd
from tests.commerce.orders.test_taxing import (
    assert_adds_up,
    charge,
    details,
    levied,
    quantity,
    setting,
)

ALBANY = Address("1 Main St", "Albany", "12207", "US", region="NY")
THERE = TaxLocation("US", "NY", "12207")


class FakeProvider:
    """Takes ten percent of everything, as long as it is up; looks whether anything is held."""

    timeout = timedelta(seconds=30)
    keeps_books = True

    def __init__(self, counter: Counter) -> None:
        self._database = counter.world.database
        self.requests: list[TaxRequest] = []
        self.told: list[tuple[str, TaxRecord]] = []
        self.taxes: tuple[ProvidedTax, ...] = (ProvidedTax("Tenth", Decimal(10)),)
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None
        self.is_down = self.is_slow = False

    async def calculate(self, environment_id: UUID, request: TaxRequest) -> tuple[ProvidedTax, ...]:
        self.requests.append(request)
        assert await self._open_transactions() == 0
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.is_slow:
            await asyncio.Event().wait()
        if self.is_down:
            raise TaxUnavailable
        return self.taxes

    async def commit_taxes(self, environment_id: UUID, record: TaxRecord) -> None:
        self.told.append(("commit", record))

    async def reverse_taxes(self, environment_id: UUID, record: TaxRecord) -> None:
        self.told.append(("reverse", record))

    async def _open_transactions(self) -> int:
        """Count the transactions that any connection to this database has open now."""
        async with self._database.alone() as connection:
            found = await connection.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND state LIKE 'idle in transaction%'"
                )
            )
            return int(found.scalar_one())


@pytest.fixture
def provider(counter: Counter) -> FakeProvider:
    return FakeProvider(counter)


async def by(provider: FakeProvider, counter: Counter, change: Callable[[], Awaitable[Any]]) -> Any:
    """Do one change as the mutation wrapper does it."""
    return await taxed_by(provider, counter.actor.environment_id, change)


async def made(provider: FakeProvider, counter: Counter, *prices: int) -> Order:
    lines = [ad_hoc(price, name=f"Line {at}") for at, price in enumerate(prices)]
    return await by(provider, counter, lambda: counter.order(*lines, shipping_address=ALBANY))


async def test_tax_5_a_provider_is_asked_with_nothing_held_and_taxes_the_order(
    counter: Counter, provider: FakeProvider
) -> None:
    await counter.tax("50")
    order = await made(provider, counter, 1000, 333)
    items = (TaxItem(TaxCategory.GENERAL, 1000), TaxItem(TaxCategory.GENERAL, 333))
    assert provider.requests == [TaxRequest("USD", THERE, items)]
    assert levied(order) == {"Tenth": (1333, 133)}
    assert (order.version, len(await counter.events(order))) == (1, 1)
    await assert_adds_up(counter, order)
    paid = (await by(provider, counter, lambda: counter.pay(order))).order
    assert (paid.paid_minor, len(provider.requests)) == (1466, 2)


async def test_tax_5_a_provider_may_state_amounts_of_some_items_and_flat_ones(
    counter: Counter, provider: FakeProvider
) -> None:
    provider.taxes = (
        ProvidedTax("Tenth", Decimal(10), amount=105, items=frozenset({0})),
        ProvidedTax("Fee", amount=28),
    )
    order = await made(provider, counter, 1000, 333)
    assert levied(order) == {"Tenth": (1000, 105), "Fee": (0, 28)}
    assert [line.tax_minor for line in order.line_items] == [105, 0]
    await assert_adds_up(counter, order)


async def test_tax_5_a_provider_sees_what_is_left_after_discounts_and_taxable_charges(
    counter: Counter, provider: FakeProvider
) -> None:
    await counter.coupon(percent_off="50")
    order = await made(provider, counter, 1000)
    order = await by(provider, counter, lambda: counter.apply(order))
    order = await by(provider, counter, lambda: charge(counter, order, 300))
    order = await by(provider, counter, lambda: charge(counter, order, 200, taxable=True))
    assert [[item.amount for item in each.items] for each in provider.requests] == [
        [1000],
        [500],
        [500],
        [500, 200],
    ]
    assert order.tax_minor == 70


async def test_tax_5_what_needs_no_tax_asks_nobody(
    counter: Counter, provider: FakeProvider
) -> None:
    order = await by(provider, counter, lambda: counter.order(ad_hoc(1000)))
    assert (order.tax_status, order.tax_reason) == (
        TaxStatus.REQUIRES_LOCATION,
        TaxabilityReason.LOCATION_REQUIRED,
    )
    free = ad_hoc(1000, taxable=False)
    await by(provider, counter, lambda: counter.order(free, shipping_address=ALBANY))
    await setting(counter, tax_enabled=False)
    await made(provider, counter, 1000)
    assert provider.requests == []


@pytest.mark.parametrize("how", ["is_down", "is_slow"])
async def test_tax_5_without_an_answer_taxes_are_incomplete_and_paying_waits(
    counter: Counter, provider: FakeProvider, how: str
) -> None:
    if how == "is_slow":
        provider.timeout = timedelta(milliseconds=20)
    setattr(provider, how, True)
    order = await made(provider, counter, 1000)
    assert (order.tax_status, order.tax_reason, order.tax_minor) == (TaxStatus.INCOMPLETE, None, 0)
    assert order.tax_failure_reason is TaxFailureReason.PROVIDER_UNAVAILABLE
    with refused(ErrorCode.TAX_CALCULATION_UNAVAILABLE) as found:
        await by(provider, counter, lambda: counter.pay(order))
    assert found[0].retryable
    unpaid = await counter.reload(order)
    assert (unpaid.version, unpaid.paid_minor, await counter.attempts(order)) == (1, 0, [])
    setattr(provider, how, False)
    provider.timeout = timedelta(seconds=30)
    changed = await by(provider, counter, lambda: quantity(counter, order, 2))
    assert (changed.tax_status, changed.tax_minor) == (TaxStatus.CALCULATED, 200)


async def test_tax_11_an_order_that_changed_meanwhile_is_asked_about_again(
    counter: Counter, provider: FakeProvider
) -> None:
    order = await made(provider, counter, 1000)

    async def somebody_else() -> None:
        provider.meanwhile = None
        await setting(counter, tax_enabled=False)
        await quantity(counter, order, 3)
        await setting(counter, tax_enabled=True)

    provider.meanwhile = somebody_else
    changed = await by(provider, counter, lambda: charge(counter, order, 100, taxable=True))
    assert [[item.amount for item in each.items] for each in provider.requests] == [
        [1000],
        [1000, 100],
        [3000, 100],
    ]
    assert (changed.tax_minor, changed.version) == (310, 3)


async def test_tax_11_a_change_that_never_finds_its_order_alone_goes_without_taxes(
    counter: Counter, provider: FakeProvider
) -> None:
    await setting(counter, tax_enabled=False)
    order = await counter.order(ad_hoc(1000), shipping_address=ALBANY)
    await setting(counter, tax_enabled=True)
    units = 1

    async def somebody_else() -> None:
        nonlocal units
        units += 1
        await setting(counter, tax_enabled=False)
        await quantity(counter, order, units)
        await setting(counter, tax_enabled=True)

    provider.meanwhile = somebody_else
    changed = await by(provider, counter, lambda: charge(counter, order, 100, taxable=True))
    assert len(provider.requests) == MOST_ASKED
    assert (changed.tax_status, changed.total_minor) == (TaxStatus.INCOMPLETE, 4100)


async def test_tax_5_every_mutation_asks_the_provider_that_the_shop_has(
    counter: Counter, provider: FakeProvider
) -> None:
    world = counter.world
    mine = world.services.orders
    world.services.orders = replace(mine, taxes=provider)
    try:
        answer = await world.graphql(
            "mutation($input: CreateOrderInput!) { createOrder(input: $input) {"
            " order { tax { status breakdowns { name tax { amount } } } } userErrors { code } } }",
            header="once",
            input={
                "lineItems": [
                    {"name": "Wrap", "quantity": 1, "unitPrice": {"amount": 500, "currency": "USD"}}
                ],
                "shippingAddress": {
                    "line1": "1 Main St",
                    "city": "Albany",
                    "postalCode": "12207",
                    "country": "US",
                    "region": "NY",
                },
            },
        )
    finally:
        world.services.orders = mine
    assert answer.codes == []
    assert answer.payload["order"] == {
        "tax": {"status": "CALCULATED", "breakdowns": [{"name": "Tenth", "tax": {"amount": 50}}]}
    }
    assert len(provider.requests) == 1


async def test_tax_5_books_hear_of_sales_and_refunds_by_jobs_of_the_same_transaction(
    counter: Counter, provider: FakeProvider
) -> None:
    order = await made(provider, counter, 1000)
    world = counter.world
    hooks = [BooksHook(), Idempotency()]
    database = Database(world.database.url, world.clock, hooks, pool_size=2)
    kept = replace(counter.orders, database=database)
    books = TaxBooks(world.database, provider)

    async def jobs() -> list[Mapping[str, Any]]:
        async with world.database.alone() as connection:
            found = await connection.execute(
                text(
                    "SELECT convert_from(payload, 'UTF8')::jsonb FROM pgqueuer"
                    " WHERE entrypoint = :name"
                    " AND convert_from(payload, 'UTF8')::jsonb ->> 'orderId' = :id ORDER BY id"
                ),
                {"name": TAX_BOOKS, "id": str(order.id)},
            )
            return list(found.scalars())

    try:
        declined = await by(
            provider, counter, lambda: counter.pay(order, token="tok_chargeDeclined", orders=kept)
        )
        assert (declined.problem is not None, await jobs()) == (True, [])
        await by(provider, counter, lambda: counter.pay(order, orders=kept))
        (paid,) = await jobs()
        await books.handle(Job(TAX_BOOKS, paid, 1))
        await counter.refund(order, 550, orders=kept)
        _, refunded = await jobs()
        await books.handle(Job(TAX_BOOKS, refunded, 1))
    finally:
        await database.close()
    sold = TaxRecord(order.id, usd(100), usd(0))
    half = replace(sold, reversed=Money(50, "USD"))
    assert provider.told == [("commit", sold), ("commit", half), ("reverse", half)]


async def test_tax_9_taxes_off_then_an_exemption_then_components_then_the_provider(
    counter: Counter, provider: FakeProvider
) -> None:
    await counter.tax("50")
    school = await counter.customer("school@example.com", tax_exempt=True)
    order = await made(provider, counter, 1000)

    async def found(change: Callable[[], Awaitable[Order]]) -> tuple[TaxMode, int, int]:
        now: Order = await by(provider, counter, change)
        return now.tax_mode, now.tax_minor, len(provider.requests)

    def told(**wanted: Any) -> Callable[[], Awaitable[Order]]:
        return lambda: overriding.update_order_tax(
            counter.orders, counter.actor, order.id, **wanted
        )

    supplied = [SuppliedTax("Third", percent="30")]
    assert (order.tax_minor, len(provider.requests)) == (100, 1)
    assert await found(told(components=supplied)) == (TaxMode.EXTERNAL, 300, 1)
    assert await found(told(exempt=True)) == (TaxMode.EXTERNAL, 0, 1)
    assert await found(told(exempt=False)) == (TaxMode.EXTERNAL, 300, 1)
    assert await found(lambda: details(counter, order, customerId=school.id)) == (
        TaxMode.EXTERNAL,
        300,  # what the merchant said of the order goes before the customer's record
        1,
    )
    assert await found(told(exempt=None)) == (TaxMode.EXTERNAL, 0, 1)
    assert await found(told(exempt=False, components=None)) == (TaxMode.AUTOMATIC, 100, 2)
    await setting(counter, tax_enabled=False)
    assert await found(lambda: quantity(counter, order, 2)) == (TaxMode.AUTOMATIC, 0, 2)


async def test_tax_5_without_a_provider_the_rates_tax(counter: Counter) -> None:
    await counter.tax("10")
    wanted = placing.NewOrder((ad_hoc(1000),))
    made = await taxed_by(
        None,
        counter.actor.environment_id,
        lambda: placing.create_order(counter.orders, counter.actor, wanted),
    )
    assert made.order.tax_minor == 100
