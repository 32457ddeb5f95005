"""Following orders over real websockets: cut off, resumed, across processes, revoked."""

import json
from typing import Any

import pytest

from ordergraph.commerce.access.authenticating import REMEMBERED
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.limits import Limits
from tests.journeys.callers import Caller
from tests.journeys.documents import DOCUMENTS
from tests.journeys.servers import House, Server, Shop
from tests.journeys.sockets import open_socket
from tests.journeys.stories import dollars, make_order, make_variant, pay, refund

TEA = {"name": "Tea", "unitPrice": dollars(400)}


@pytest.fixture(scope="session")
async def second(house: House, server: Server) -> Server:
    """Another server over the same data folder."""
    return await house.start()


@pytest.fixture
def socket_of(server: Server, shop: Shop) -> Any:
    return lambda at=server: open_socket(at.socket_url, shop.secret_key)


async def edit(caller: Caller, order_id: str, note: str) -> int:
    """Change an order once, and return its version then."""
    answer = await caller.send(DOCUMENTS["Update"], input={"orderId": order_id, "buyerNote": note})
    return answer.done["order"]["version"]


async def test_whoever_misses_five_changes_gets_exactly_those_and_then_live_ones(
    merchant: Caller, socket_of: Any
) -> None:
    async with socket_of() as socket:
        following = await socket.subscribe(DOCUMENTS["All"])
        await following.quiet(0.3)
        order = await make_order(merchant, TEA)
        await edit(merchant, order["id"], "seen")
        created, seen = await following.take(2)
        assert (created["version"], seen["version"]) == (1, 2)
        socket.cut()
    missed = [await edit(merchant, order["id"], f"missed {number}") for number in range(5)]
    assert missed == [3, 4, 5, 6, 7]
    async with socket_of() as socket:
        following = await socket.subscribe(DOCUMENTS["All"], after=seen["cursor"])
        again = await following.take(5)
        assert [each["version"] for each in again] == missed
        await following.quiet()
        assert await edit(merchant, order["id"], "live") == 8
        live = await following.next()
        assert (live["version"], live["order"]["id"]) == (8, order["id"])
        await following.quiet()


async def test_one_orders_follower_resumes_between_the_changes_of_others(
    merchant: Caller, socket_of: Any
) -> None:
    order, other = await make_order(merchant, TEA), await make_order(merchant, TEA)
    async with socket_of() as socket:
        following = await socket.subscribe(DOCUMENTS["One"], id=order["id"])
        snapshot = await following.next()
        assert (snapshot["type"], snapshot["version"]) == ("SNAPSHOT", 1)
        assert snapshot["order"] == {"id": order["id"], "status": "OPEN", "version": 1}
        socket.cut()
    for number in range(5):
        await edit(merchant, order["id"], f"missed {number}")
        await edit(merchant, other["id"], f"not asked for {number}")
    async with socket_of() as socket:
        following = await socket.subscribe(
            DOCUMENTS["One"], id=order["id"], after=snapshot["cursor"]
        )
        again = await following.take(5)
        assert [(each["type"], each["version"]) for each in again] == [
            ("UPDATED", version) for version in (2, 3, 4, 5, 6)
        ]
        await pay(merchant, order["id"])
        paid = await following.next()
        assert (paid["type"], paid["status"], paid["version"]) == ("PAID", "PAID", 7)
        await following.quiet()


async def test_events_cross_between_two_processes_in_one_order_without_gap_or_repeat(
    merchant: Caller, server: Server, second: Server, shop: Shop, socket_of: Any
) -> None:
    there = second.caller(shop.secret_key)
    async with socket_of() as here_socket, socket_of(second) as there_socket:
        here = await here_socket.subscribe(DOCUMENTS["All"])
        over_there = await there_socket.subscribe(DOCUMENTS["All"])
        await here.quiet(0.3)
        order = await make_order(merchant, TEA)
        for number in range(6):
            await edit((merchant, there)[number % 2], order["id"], str(number))
        told = await here.take(7)
        assert [each["version"] for each in told] == [1, 2, 3, 4, 5, 6, 7]
        assert await over_there.take(7) == told
        there_socket.cut()
    # What was missed in one process is asked for in the other, with the cursor of the first.
    missed = [await edit((merchant, there)[at % 2], order["id"], f"missed {at}") for at in range(5)]
    async with socket_of() as socket:
        following = await socket.subscribe(DOCUMENTS["All"], after=told[-1]["cursor"])
        assert [each["version"] for each in await following.take(5)] == missed
        await edit(there, order["id"], "live from the other process")
        assert (await following.next())["version"] == 13
        await following.quiet()


async def test_a_status_filter_shows_what_enters_and_what_leaves(
    merchant: Caller, socket_of: Any
) -> None:
    async with socket_of() as socket:
        opened = await socket.subscribe(DOCUMENTS["All"], filter={"status": ["OPEN"]})
        refunded = await socket.subscribe(
            DOCUMENTS["All"], filter={"status": ["PARTIALLY_REFUNDED", "CLOSED"]}
        )
        await opened.quiet(0.3)
        order = await make_order(merchant, TEA)
        await pay(merchant, order["id"])
        await refund(merchant, order["id"], amount=dollars(100))
        await merchant.send(DOCUMENTS["Close"], input={"orderId": order["id"]})
        assert [each["type"] for each in await opened.take(2)] == ["CREATED", "PAID"]
        assert [each["type"] for each in await refunded.take(2)] == ["REFUNDED", "CLOSED"]
        await opened.quiet()
        await refunded.quiet(0.1)


async def test_a_buyer_follows_the_own_order_and_no_other(
    merchant: Caller, browser: Caller, server: Server, shop: Shop
) -> None:
    beans = await make_variant(merchant)
    cart = await browser.send(
        DOCUMENTS["Cart"],
        input={"lineItems": [{"variantId": beans.id}]},
        key="01930000-0000-7000-8000-000000000002",
    )
    order_id, secret = cart.done["order"]["id"], cart.done["clientSecret"]
    foreign = await make_order(merchant, TEA)
    async with open_socket(server.socket_url, shop.publishable_key, secret) as socket:
        mine = await socket.subscribe(DOCUMENTS["One"], id=order_id)
        assert (await mine.next())["type"] == "SNAPSHOT"
        others = await socket.subscribe(DOCUMENTS["One"], id=foreign["id"])
        assert await others.refusal() == "RESOURCE_NOT_FOUND"
        everything = await socket.subscribe(DOCUMENTS["All"])
        assert await everything.refusal() == "FORBIDDEN"
        buyer = browser.with_secret(secret)
        await pay(buyer, order_id, expectedOutstanding=dollars(1999))
        paid = await mine.next()
        assert (paid["type"], paid["order"]["status"]) == ("PAID", "PAID")
    async with open_socket(server.socket_url, shop.publishable_key) as socket:
        without = await socket.subscribe(DOCUMENTS["One"], id=order_id)
        assert await without.refusal() == "RESOURCE_NOT_FOUND"


async def test_carts_are_not_told_until_they_are_placed(
    merchant: Caller, browser: Caller, socket_of: Any
) -> None:
    """ORD-28: the first payment attempt places a buyer's order."""
    beans = await make_variant(merchant)
    async with socket_of() as socket:
        placed = await socket.subscribe(DOCUMENTS["All"])
        carts = await socket.subscribe(DOCUMENTS["All"], filter={"placed": None})
        await placed.quiet(0.3)
        cart = await browser.send(
            DOCUMENTS["Cart"],
            input={"lineItems": [{"variantId": beans.id}]},
            key="01930000-0000-7000-8000-000000000003",
        )
        buyer = browser.with_secret(cart.done["clientSecret"])
        await pay(buyer, cart.done["order"]["id"], expectedOutstanding=dollars(1999))
        assert [each["type"] for each in await carts.take(2)] == ["CREATED", "PAID"]
        first = await placed.next()
        assert first["type"] == "PAID"
        assert first["order"]["number"] is not None


async def test_cursors_that_do_not_work_say_why(
    merchant: Caller, house: House, server: Server, shop: Shop, socket_of: Any
) -> None:
    order = await make_order(merchant, TEA)
    stranger = await house.shop()
    await make_order(server.caller(stranger.secret_key), TEA)
    async with socket_of() as socket:
        following = await socket.subscribe(DOCUMENTS["One"], id=order["id"])
        cursor = (await following.next())["cursor"]
        tampered = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
        for bad in (tampered, "", "nonsense", "x" * 5000, "\u00e9"):
            refused = await socket.subscribe(DOCUMENTS["All"], after=bad)
            assert await refused.refusal() == "INVALID_CURSOR", bad
        await edit(merchant, order["id"], "later")
        expired = (await following.next())["cursor"]
    async with open_socket(server.socket_url, stranger.secret_key) as socket:
        foreign = await socket.subscribe(DOCUMENTS["All"], after=cursor)
        assert await foreign.refusal() == "INVALID_CURSOR"
    async with house.ledger() as ledger, socket_of() as socket:
        # As the nightly pruning does to events that are older than the log is kept.
        await ledger.value(
            "UPDATE event_heads SET pruned = position WHERE environment_id = $1 RETURNING 1",
            decode(Prefix.ENVIRONMENT, shop.environment_id),
        )
        behind = await socket.subscribe(DOCUMENTS["All"], after=cursor)
        message = await behind.message()
        errors = message["payload"]
        errors = errors if isinstance(errors, list) else errors["errors"]
        assert errors[0]["extensions"]["code"] == "CURSOR_EXPIRED"
        earliest = errors[0]["extensions"]["earliestCursor"]
        for works in (earliest, expired):
            resumed = await socket.subscribe(DOCUMENTS["All"], after=works)
            await resumed.quiet(0.3)


async def test_a_revoked_key_ends_what_its_socket_follows(
    house: House, server: Server, shop: Shop, merchant: Caller
) -> None:
    """KEY-5: a revocation reaches every process within 5 seconds."""
    assert Limits().recheck_seconds + REMEMBERED.total_seconds() <= 5
    order = await make_order(merchant, TEA)
    issued = json.loads(house.run("key", "create", "--environment", shop.environment_id))
    async with open_socket(server.socket_url, issued["token"]) as socket:
        following = await socket.subscribe(DOCUMENTS["One"], id=order["id"])
        assert (await following.next())["type"] == "SNAPSHOT"
        house.run("key", "revoke", issued["id"], "--environment", shop.environment_id)
        assert await socket.closed(seconds=60) == 4403
    refused = await server.caller(issued["token"]).send(DOCUMENTS["Orders"])
    assert refused.status == 401
