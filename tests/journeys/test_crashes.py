"""Servers that die between the two transactions of a payment or a refund, and come back (B4)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from ordergraph.core.ids import Prefix, decode
from tests.journeys.callers import Answer, Caller
from tests.journeys.documents import DOCUMENTS
from tests.journeys.servers import House, Ledger, Server, Shop, open_house
from tests.journeys.sockets import open_socket
from tests.journeys.stories import Variant, dollars, make_order, make_variant, pay, refund, unique

SETTLED_SECONDS = 90
STOCK = 5
UNITS = 2
PRICE = 1000
TOTAL = 1600


@dataclass(slots=True)
class Sale:
    """An order of two units with a coupon that can be used once."""

    order_id: str
    variant: Variant
    coupon_id: str
    key: str


async def open_sale(merchant: Caller) -> Sale:
    variant = await make_variant(merchant, PRICE, STOCK)
    code = unique("ONCE")
    wanted = {"name": code, "code": code, "percentOff": "20", "maxUses": 1}
    coupon = (await merchant.send(DOCUMENTS["Coupon"], input=wanted)).done["coupon"]
    order = await make_order(merchant, {"variantId": variant.id, "quantity": UNITS})
    named = {"orderId": order["id"], "code": code}
    assert (await merchant.send(DOCUMENTS["Apply"], input=named)).done
    return Sale(order["id"], variant, coupon["id"], unique("crash"))


async def paid_sale(merchant: Caller) -> Sale:
    sale = await open_sale(merchant)
    assert (await pay(merchant, sale.order_id)).done["order"]["status"] == "PAID"
    return sale


def request(merchant: Caller, sale: Sale, what: str) -> Awaitable[Answer]:
    """Ask for the payment or the refund of a sale, always with the same key."""
    ask = pay if what == "charge" else refund
    return ask(merchant, sale.order_id, key=f"{what}-{sale.key}")


async def dies(server: Server, asked: Awaitable[Answer]) -> None:
    """Send a request that the server does not survive."""
    with pytest.raises(httpx2.TransportError):
        await asked
    assert await server.died() == -signal.SIGKILL


async def state(ledger: Ledger, sale: Sale) -> dict[str, Any]:
    """Return what a sale has come to, in the order, in its parts and in the gateway's books."""
    order, variant, coupon = (
        decode(Prefix.ORDER, sale.order_id),
        decode(Prefix.VARIANT, sale.variant.id),
        decode(Prefix.COUPON, sale.coupon_id),
    )
    (found,) = await ledger.rows(
        """SELECT status, active_attempt_id IS NOT NULL AS locked, pending_refunds,
             paid_minor AS paid, refunded_minor AS refunded,
             (SELECT count(*) FROM payments p WHERE p.order_id = o.id) AS payments,
             (SELECT array_agg(r.status ORDER BY r.id) FROM refunds r
               WHERE r.order_id = o.id) AS refunds,
             (SELECT on_hand FROM inventory_items WHERE variant_id = $2) AS on_hand,
             (SELECT held FROM inventory_items WHERE variant_id = $2) AS held,
             (SELECT count(*) FROM inventory_holds h WHERE h.order_id = o.id) AS holds,
             (SELECT uses_count FROM coupons WHERE id = $3) AS uses,
             (SELECT count(*) FROM coupon_uses u
               WHERE u.order_id = o.id AND u.status = 'RESERVED') AS reserved
           FROM orders o WHERE id = $1""",
        *(order, variant, coupon),
    )
    (books,) = await ledger.rows(
        """SELECT count(*) FILTER (WHERE status = 'SUCCEEDED') AS charges,
             coalesce(sum(amount_minor), 0)::bigint AS charged,
             coalesce(sum(refunded_minor), 0)::bigint AS given_back,
             (SELECT count(*) FROM sandbox_refunds r JOIN sandbox_charges s ON s.id = r.charge_id
               WHERE s.order_id = $1) AS refunds_made
           FROM sandbox_charges WHERE order_id = $1""",
        order,
    )
    return found | books


OPEN = {
    "status": "OPEN",
    "locked": False,
    "pending_refunds": 0,
    "paid": 0,
    "refunded": 0,
    "payments": 0,
    "refunds": None,
    "on_hand": STOCK,
    "held": 0,
    "holds": 0,
    "uses": 0,
    "reserved": 0,
    "charges": 0,
    "charged": 0,
    "given_back": 0,
    "refunds_made": 0,
}
PAYING = OPEN | {"locked": True, "held": UNITS, "holds": 1, "uses": 1, "reserved": 1}
PAID = OPEN | {
    "status": "PAID",
    "paid": TOTAL,
    "payments": 1,
    "on_hand": STOCK - UNITS,
    "uses": 1,
    "charges": 1,
    "charged": TOTAL,
}
REFUNDING = PAID | {
    "status": "REFUNDED",
    "pending_refunds": 1,
    "refunded": TOTAL,
    "refunds": ["PENDING"],
    "on_hand": STOCK,
}
REFUNDED = REFUNDING | {
    "pending_refunds": 0,
    "refunds": ["SUCCEEDED"],
    "given_back": TOTAL,
    "refunds_made": 1,
}
UNFINISHED = {
    "IDEMPOTENCY_KEY_IN_PROGRESS",
    "PAYMENT_IN_PROGRESS",
    "PAYMENT_OUTCOME_UNKNOWN",
    "PROCESSOR_ERROR",
}


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Give something time to become true: await what this yields between two looks."""
    async with asyncio.timeout(seconds):
        yield lambda: asyncio.sleep(0.2)


async def answered(asked: Callable[[], Awaitable[Answer]]) -> Answer:
    """Repeat a request as a client does while its first is still under way."""
    async with patience(SETTLED_SECONDS) as pause:
        while (answer := await asked()).codes == ["IDEMPOTENCY_KEY_IN_PROGRESS"]:
            await pause()
    return answer


@dataclass(slots=True)
class Wreck:
    """A server over what three others have left when they were killed, one sale each."""

    house: House
    server: Server
    shop: Shop
    merchant: Caller
    sales: dict[str, Sale]
    restarted: float

    async def becomes(self, name: str, wanted: dict[str, Any]) -> None:
        """Wait until a sale has come to this, no longer than the promised time from the restart."""
        async with (
            self.house.ledger() as ledger,
            patience(SETTLED_SECONDS - (time.monotonic() - self.restarted)) as pause,
        ):
            while await state(ledger, self.sales[name]) != wanted:
                await pause()


async def keep_asking() -> None:
    """Be the client that repeats its payment, then its refund, through three crashes."""
    async with open_house() as house:
        server = await house.start(fault="before_charge")
        shop = await house.shop()
        sale = await open_sale(server.caller(shop.secret_key))
        await dies(server, request(server.caller(shop.secret_key), sale, "charge"))

        server = await house.start(fault="after_charge")
        merchant = server.caller(shop.secret_key)
        with pytest.raises(httpx2.TransportError):
            await answered(lambda: request(merchant, sale, "charge"))
        assert await server.died() == -signal.SIGKILL

        server = await house.start(fault="after_refund")
        merchant = server.caller(shop.secret_key)
        paid = await answered(lambda: request(merchant, sale, "charge"))
        assert paid.done["order"]["status"] == "PAID"
        async with house.ledger() as ledger:
            assert await state(ledger, sale) == PAID
        await dies(server, request(merchant, sale, "refund"))

        server = await house.start()
        merchant = server.caller(shop.secret_key)
        back = await answered(lambda: request(merchant, sale, "refund"))
        assert back.done["refund"]["status"] == "SUCCEEDED"
        assert back.done["order"]["status"] == "REFUNDED"
        async with house.ledger() as ledger:
            assert await state(ledger, sale) == REFUNDED


@pytest.fixture(scope="module")
async def stubborn() -> AsyncIterator[asyncio.Task[None]]:
    """A story that waits most of its time: it goes on beside the others."""
    story = asyncio.create_task(keep_asking())
    yield story
    story.cancel()
    await asyncio.gather(story, return_exceptions=True)


@pytest.fixture(scope="module")
async def wreck(stubborn: asyncio.Task[None]) -> AsyncIterator[Wreck]:
    """Kill a server at three points, and start one more. The fourth is in the other story:
    a server that dies at refunds would not outlive what the one before it left to be done."""
    async with open_house() as house:
        sales: dict[str, Sale] = {}
        shop: Shop | None = None
        for fault, left in (
            ("before_charge", PAYING),
            ("after_charge", PAYING | {"charges": 1, "charged": TOTAL}),
            ("before_refund", REFUNDING),
        ):
            server = await house.start(fault=fault)
            shop = shop or await house.shop()
            merchant = server.caller(shop.secret_key)
            what = fault.removeprefix("before_").removeprefix("after_")
            sale = await (open_sale if what == "charge" else paid_sale)(merchant)
            await dies(server, request(merchant, sale, what))
            async with house.ledger() as ledger:
                assert await state(ledger, sale) == left, fault
            sales[fault] = sale
        server = await house.start()
        restarted = time.monotonic()
        yield Wreck(house, server, shop, server.caller(shop.secret_key), sales, restarted)


async def test_a_payment_that_died_before_the_charge_leaves_nothing_behind(wreck: Wreck) -> None:
    await wreck.becomes("before_charge", OPEN)


async def test_a_payment_that_died_after_the_charge_is_paid_once(wreck: Wreck) -> None:
    await wreck.becomes("after_charge", PAID)


async def test_a_refund_that_died_before_the_processor_knew_is_made_once(wreck: Wreck) -> None:
    await wreck.becomes("before_refund", REFUNDED)


async def test_a_retry_with_the_same_key_after_all_was_settled_has_the_one_effect(
    wreck: Wreck,
) -> None:
    """IDM-8: what was given up is begun anew, what was done is told again."""
    await wreck.becomes("before_charge", OPEN)
    for name in ("before_charge", "after_charge"):
        answer = await request(wreck.merchant, wreck.sales[name], "charge")
        assert answer.done["order"]["status"] == "PAID"
        assert answer.done["attempt"]["status"] == "SUCCEEDED"
        async with wreck.house.ledger() as ledger:
            assert await state(ledger, wreck.sales[name]) == PAID
    sale = wreck.sales["before_refund"]
    again = (await request(wreck.merchant, sale, "refund")).done["refund"]
    assert (again["status"], again["amount"]) == ("SUCCEEDED", {"amount": TOTAL})
    async with wreck.house.ledger() as ledger:
        assert await state(ledger, sale) == REFUNDED


async def test_the_postgres_of_a_running_server_is_killed_and_comes_back(wreck: Wreck) -> None:
    order = await make_order(wreck.merchant, {"name": "Tea", "unitPrice": dollars(400)})
    async with open_socket(wreck.server.socket_url, wreck.shop.secret_key) as socket:
        following = await socket.subscribe(DOCUMENTS["One"], id=order["id"])
        assert (await following.next())["type"] == "SNAPSHOT"
        await following.quiet()
        postgres = wreck.house.postgres()
        postgres.kill()
        async with patience(2 * SETTLED_SECONDS) as pause:
            while True:
                answer = await pay(wreck.merchant, order["id"], key="stubborn")
                assert set(answer.top_codes) <= {"SERVICE_UNAVAILABLE"}
                if not answer.top_codes and not answer.codes:
                    break
                # The processor's books were in that database too.
                assert answer.top_codes or set(answer.codes) <= UNFINISHED
                await pause()
        assert answer.done["order"]["status"] == "PAID"
        assert wreck.house.postgres().pid != postgres.pid
        while (told := await following.next())["type"] != "PAID":
            assert told["type"] == "PAYMENT_FAILED"
        assert told["status"] == "PAID"
    async with wreck.house.ledger() as ledger:
        charged = "SELECT sum(amount_minor)::bigint FROM sandbox_charges WHERE order_id = $1"
        assert await ledger.value(charged, decode(Prefix.ORDER, order["id"])) == 400
    assert wreck.server.process.poll() is None


async def test_a_client_that_keeps_asking_through_three_crashes_pays_and_is_refunded_once(
    stubborn: asyncio.Task[None],
) -> None:
    await stubborn
