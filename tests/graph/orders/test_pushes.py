"""Pushes over real sockets: shared by all who may see the same, and lossless for each of them."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ordergraph.commerce.access.issuing import NewKey, create_key, revoke_key
from ordergraph.commerce.access.rules import KeyKind
from ordergraph.core.ids import Prefix, encode
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport.application import Credentials
from ordergraph.runtime.db.statements import counted
from tests.graph.house import House, opened_house
from tests.graph.transport.toy import eventually
from tests.journeys.sockets import Operation

ALL = """subscription All($after: String, $filter: OrderEventFilter) {
  orderEvents(after: $after, filter: $filter) {
    cursor type version order { id version buyerNote internalNote customer { id } } } }"""
ONE = """subscription One($id: ID!, $after: String) { orderUpdated(id: $id, after: $after) {
    cursor type version order { id version status } } }"""
LARGE = (
    "subscription Large($after: String) { orderEvents(after: $after) { cursor version order { "
    + " ".join(f"n{number}: buyerNote" for number in range(40))
    + " } } }"
)


@pytest.fixture(autouse=True)
def every_statement_is_confined_to_its_environment() -> None:
    """Not here: the log is read for all environments at once."""


@pytest.fixture
async def house(fresh_database: str) -> AsyncIterator[House]:
    async with opened_house(fresh_database, Limits()) as house:
        yield house


async def heard(operations: Sequence[Operation]) -> list[Any]:
    """Return the next message of each, without its id."""
    messages = [await operation.message() for operation in operations]
    return [message["payload"] for message in messages]


async def test_an_event_costs_the_same_for_one_subscriber_and_for_two_hundred(
    house: House,
) -> None:
    sockets, following, costs = [await house.open() for _ in range(8)], list[Operation](), []
    for wanted in (1, 10, 200):
        while len(following) < wanted:
            at = sockets[len(following) % len(sockets)]
            following.append(await at.subscribe(ALL))
        await house.live(wanted)
        assert len(house.hub._groups) == 1
        begun = len(house.statements)
        version = await house.edit()
        payloads = await heard(following)
        assert payloads[0]["data"]["orderEvents"]["version"] == version
        assert all(payload == payloads[0] for payload in payloads)
        texts = house.statements.texts[begun:]
        costs.append([text for text in texts if "event_" not in text])
    # The log is read once for all too, but polled now and then, whoever follows.
    assert costs[0] == costs[1] == costs[2]
    assert len(costs[0]) == 1, "the order is read once"


async def test_a_resumed_subscription_joins_those_that_began_without_a_cursor(
    house: House,
) -> None:
    """Where it began is no part of what is asked; a filter is."""
    one = await house.open()
    first = await one.subscribe(ALL)
    await house.live(1)
    await house.edit()
    cursor = (await first.next())["cursor"]
    resumed = await one.subscribe(ALL, after=cursor)
    filtered = await one.subscribe(ALL, filter={"status": ["OPEN"]})
    await house.live(3)
    assert sorted(len(group._seats) for group in house.hub._groups.values()) == [1, 2]
    version = await house.edit()
    assert [(await each.next())["version"] for each in (first, resumed, filtered)] == [version] * 3


async def test_callers_who_may_see_different_things_never_share(house: House) -> None:
    customers = await house.key("commerce.orders.read", "customers.read")
    orders, again = [await house.key("commerce.orders.read") for _ in range(2)]
    foreign = await house.key(actor=house.world.stranger())
    tokens = [house.token, customers, orders, again, foreign]
    following = [await (await house.open(token)).subscribe(ALL) for token in tokens]
    await house.live(5)
    groups = house.hub._groups.values()
    assert sorted(len(group._seats) for group in groups) == [1, 1, 1, 2]
    await house.edit()
    all_of_it, with_customers, without, other = await heard(following[:4])
    assert "errors" not in all_of_it
    assert "errors" not in with_customers
    assert missing(without) == ["customers.read"]
    assert other == without
    await following[4].quiet(0.2)


def missing(payload: Any) -> list[str]:
    """The scopes whose lack the errors of an answer tell."""
    return [scope for each in payload["errors"] for scope in each["extensions"]["missingScopes"]]


async def test_late_joiners_miss_nothing_while_somebody_writes(house: House) -> None:
    first = await house.open()
    started = await first.subscribe(ALL)
    await house.live(1)
    begun = await house.edit()
    cursor = (await started.next())["cursor"]
    last, gathered = begun + 50, list[asyncio.Task[list[int]]]()

    async def gather(variables: Any, document: str) -> list[int]:
        socket = await house.open()
        operation = await socket.subscribe(document, **variables)
        versions = [(await operation.next())["version"]]
        while versions[-1] < last:
            versions.append((await operation.next())["version"])
        return versions

    async def write() -> None:
        for _ in range(50):
            await house.edit()

    writing = asyncio.create_task(write())
    kinds = [
        ({"after": cursor}, ALL),
        ({}, ALL),
        ({"id": house.order_id}, ONE),
        ({"id": house.order_id, "after": cursor}, ONE),
    ]
    for at in range(12):
        await asyncio.sleep(random.random() * 0.03)
        gathered.append(asyncio.create_task(gather(*kinds[at % 4])))
    seen = await asyncio.gather(*gathered)
    await writing
    for at, versions in enumerate(seen):
        assert versions == list(range(versions[0], last + 1)), at
        if "after" in kinds[at % 4][0]:
            assert versions[0] == begun + 1
    assert len(house.hub._groups) == 2


async def test_a_subscription_begins_exactly_behind_what_was_committed(house: House) -> None:
    """Also when what was committed has got no place in the log yet."""
    await house.world.sequencer.stop()
    await house.edit("before, and not placed yet")
    following = await (await house.open()).subscribe(ALL)
    await eventually(lambda: bool(house.world.following._tails))
    first = await house.edit("after")
    await house.world.sequencer.start()
    assert (await following.next())["version"] == first
    await following.quiet(0.2)
    await house.live(1)
    second = await house.edit()
    assert (await following.next())["version"] == second


async def test_what_nobody_follows_any_more_leaves_nothing_behind(house: House) -> None:
    socket = await house.open()
    completed = [await socket.subscribe(ALL) for _ in range(3)]
    completed.append(await socket.subscribe(ONE, id=house.order_id))
    assert (await completed[-1].next())["type"] == "SNAPSHOT"
    await house.live(4)
    for each in completed:
        await socket._connection.send(json.dumps({"type": "complete", "id": each.id}))
    await eventually(lambda: not house.hub._groups and not house.world.following._tails)
    assert len(house.rechecking._watched) == 1
    async with house.opened() as closed, house.opened() as cut:
        for each in (closed, cut):
            await each.subscribe(ALL)
            await each.subscribe(ONE, id=house.order_id)
        await house.live(4)
        cut.cut()
    await house.live(0)
    socket.cut()
    await eventually(house.is_idle)


async def test_when_the_feed_ends_each_is_told_its_cursor(house: House) -> None:
    following = [await (await house.open()).subscribe(ALL) for _ in range(2)]
    await house.live(2)
    await house.edit()
    cursors = {(await each.next())["cursor"] for each in following}
    await house.world.following.stop()
    for each in following:
        message = await each.message()
        assert message["type"] == "error"
        told = message["payload"][0]["extensions"]
        assert told["code"] == "SERVICE_UNAVAILABLE"
        assert {told["cursor"]} == cursors
    await house.world.following.start()


async def test_a_stream_of_events_shares_with_sockets(house: House) -> None:
    headers = {"authorization": f"Bearer {house.token}", "accept": "text/event-stream"}
    socket = await house.open()
    following = await socket.subscribe(ALL)
    async with httpx2.AsyncClient(timeout=60, verify=False) as http:
        stream = http.stream(
            "POST", f"http://{house.address}/graphql", json={"query": ALL}, headers=headers
        )
        async with stream as answer, aclosing(answer.aiter_text()) as parts:
            await house.live(2)
            assert len(house.hub._groups) == 1
            await house.edit()
            told = (await following.message())["payload"]
            kind, data, *_ = (await anext(parts)).split("\n")
            assert (kind, json.loads(data.removeprefix("data: "))) == ("event: next", told)
        await house.live(1)


class Slow:
    """A client that subscribes and then does not read until it is told to."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rest(self) -> tuple[list[Any], int, str]:
        """Read everything; returns the events, and how the socket was closed."""
        events: list[Any] = []
        try:
            async with asyncio.timeout(120):
                async for text in self._connection:
                    (value,) = json.loads(text)["payload"]["data"].values()
                    events.append(value)
        except ConnectionClosed:
            pass
        return events, self._connection.close_code, self._connection.close_reason


@asynccontextmanager
async def slow_client(house: House) -> AsyncIterator[Slow]:
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    host, _, port = house.address.partition(":")
    small.connect((host, int(port)))
    small.setblocking(False)
    protocol = Subprotocol("graphql-transport-ws")
    url = f"ws://{house.address}/graphql"
    async with connect(
        url, sock=small, subprotocols=[protocol], max_queue=1, compression=None
    ) as connection:
        parameters = {"Authorization": f"Bearer {house.token}"}
        await connection.send(json.dumps({"type": "connection_init", "payload": parameters}))
        await connection.recv()
        wanted = {"id": "slow", "type": "subscribe", "payload": {"query": LARGE}}
        await connection.send(json.dumps(wanted))
        yield Slow(connection)


async def test_a_slow_consumer_is_closed_with_its_cursor_and_holds_nobody_up(
    fresh_database: str,
) -> None:
    limits = Limits(queued_messages=5)
    async with opened_house(fresh_database, limits, buffer=16 * 1024) as house:
        brisk = await (await house.open()).subscribe(LARGE)
        async with slow_client(house) as slow:
            await house.live(2)
            sent = list[int]()
            # The brisk one gets each event at once, however full the other is.
            while house.seats() == 2:
                sent.append(await house.edit(f"{len(sent)} ".ljust(450, "x")))
                assert (await brisk.next())["version"] == sent[-1]
                assert len(sent) < 500
            sent.append(await house.edit())
            events, code, reason = await slow.rest()
        assert (code, reason.rpartition(" ")[0]) == (
            4410,
            "Events came faster than they were taken; subscribe again after",
        )
        cursor = reason.rpartition(" ")[2]
        got = [event["version"] for event in events]
        assert got == sent[: len(got)]
        assert events[-1]["cursor"] == cursor
        missed = sent[len(got) :]
        assert missed
        resumed = await (await house.open()).subscribe(LARGE, after=cursor)
        assert [(await resumed.next())["version"] for _ in missed] == missed
        await resumed.quiet(0.2)


CART = """mutation Cart($key: String!) { createOrder(input: {currency: "USD"})
    @idempotent(key: $key) { order { id version } clientSecret userErrors { code message } } }"""
ROTATE = """mutation Rotate($input: RotateOrderSecretInput!, $key: String!) {
    rotateOrderSecret(input: $input) @idempotent(key: $key) {
        order { id } userErrors { code message } } }"""


async def test_all_secrets_of_buyers_are_checked_again_with_one_statement(house: House) -> None:
    world, view = house.world, house.hub.application
    wanted = NewKey(KeyKind.PUBLISHABLE)
    publishable = await create_key(world.database, world.actor, wanted)
    buyers: list[Any] = []
    for _ in range(3):
        made = await world.graphql(CART, caller=world.browser, key=str(uuid4()))
        parameters = {
            "Authorization": f"Bearer {publishable.token}",
            "orderSecret": made.payload["clientSecret"],
        }
        buyers.append(await view.authenticate(Credentials({}, parameters), "r"))
        assert encode(Prefix.ORDER, buyers[-1].order_id) == made.payload["order"]["id"]
    wrong = [replace(buyers[1], order_id=buyers[0].order_id), replace(buyers[2], order_secret="x")]
    with counted() as statements:
        valid = await view.still_valid([*buyers, *wrong])
    assert valid == [True, True, True, False, False]
    assert len(statements) == 1
    rotated = {"orderId": encode(Prefix.ORDER, buyers[0].order_id)}
    assert (await world.graphql(ROTATE, input=rotated, key=str(uuid4()))).codes == []
    assert await view.still_valid(buyers) == [False, True, True]
    await revoke_key(world.database, world.actor, publishable.key.id)
    world.clock.advance(timedelta(seconds=5))
    assert await view.still_valid(buyers) == [False, False, False]
