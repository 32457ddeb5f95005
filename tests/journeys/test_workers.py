"""Several workers behind one address: renewed, killed and left, while clients go on asking."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx2
import psutil
import pytest

from tests.journeys.callers import Caller
from tests.journeys.documents import DOCUMENTS
from tests.journeys.servers import ORDERGRAPH, House, Server, Shop, environment, until
from tests.journeys.sockets import open_socket
from tests.journeys.stories import dollars, make_order

TEA = {"name": "Tea", "unitPrice": dollars(400)}
PATIENCE = 60
ASK = {"query": "{ viewer { livemode } }"}


@pytest.fixture(scope="module")
async def several(house: House) -> AsyncIterator[Server]:
    """A server with two workers, which leave when it is asked to."""
    server = await house.start(workers=2)
    yield server
    left = workers(server)
    assert len(left) == 2
    assert server.stop() == 0
    assert not any(map(lives, left))


@pytest.fixture
async def shop(house: House, several: Server) -> Shop:
    """A merchant's sandbox of this test's own."""
    return await house.shop()


@pytest.fixture
def merchant(several: Server, shop: Shop) -> Caller:
    """The holder of the shop's secret key."""
    return several.caller(shop.secret_key)


def workers(server: Server) -> set[int]:
    """Return the numbers of the processes that answer."""
    children = psutil.Process(server.process.pid).children()
    return {child.pid for child in children if "ordergraph.cli.supervised" in child.cmdline()}


def lives(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@asynccontextmanager
async def asking(server: Server, token: str, *, keep: int, fresh: int) -> AsyncIterator[list[int]]:
    """Have clients ask without a pause, some over kept connections; lends what was answered.

    A connection that is reset is an exception here: nobody tries again.
    """
    statuses: list[int] = []
    headers = {"authorization": f"Bearer {token}"}
    over = asyncio.Event()

    async def ask(close: dict[str, str]) -> None:
        limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
        async with httpx2.AsyncClient(limits=limits, timeout=PATIENCE) as http:
            while not over.is_set():
                answer = await http.post(server.url, json=ASK, headers=headers | close)
                assert answer.json() == {"data": {"viewer": {"livemode": False}}}
                statuses.append(answer.status_code)

    async with asyncio.TaskGroup() as clients:
        for number in range(keep + fresh):
            clients.create_task(ask({} if number < keep else {"connection": "close"}))
        yield statuses
        over.set()


async def test_workers_are_renewed_without_a_lost_request(several: Server, shop: Shop) -> None:
    old = workers(several)
    assert len(old) == 2
    async with asking(several, shop.secret_key, keep=6, fresh=2) as statuses:
        several.process.send_signal(signal.SIGHUP)
        await several.logged("the workers are new")
        assert workers(several) & old == set()
        already = len(statuses)
        await until(lambda: len(statuses) >= already + 200)
    assert set(statuses) == {200}
    assert len(workers(several)) == 2
    said = several.lines("serving")
    assert [(line["workers"], line["url"]) for line in said] == [(2, several.url)]
    assert said[0]["pid"] == several.process.pid
    assert len(several.lines("the demo shop is open")) == 1


async def test_who_follows_is_sent_away_and_goes_on_elsewhere_with_the_cursor(
    several: Server, shop: Shop, merchant: Caller
) -> None:
    old, renewed = workers(several), len(several.lines("the workers are new"))
    headers = {"authorization": f"Bearer {shop.secret_key}", "accept": "text/event-stream"}
    body = {"query": DOCUMENTS["All"]}
    async with (
        open_socket(several.socket_url, shop.secret_key) as socket,
        httpx2.AsyncClient(timeout=PATIENCE) as http,
        http.stream("POST", several.url, json=body, headers=headers) as stream,
    ):
        following = await socket.subscribe(DOCUMENTS["All"])
        await following.quiet(0.3)
        first = await make_order(merchant, TEA)
        cursor = (await following.next())["cursor"]
        several.process.send_signal(signal.SIGHUP)
        assert await socket.closed(PATIENCE) == 1012
        # A stream is completed with the cursor to go on from; one that is cut would raise.
        told = [line async for line in stream.aiter_lines() if line.startswith(("event", "data"))]
    assert [line for line in told if line.startswith("event")] == [
        *("event: next", "event: next", "event: complete")
    ]
    assert first["id"] in told[1]
    assert cursor in told[3]
    missed = await make_order(merchant, TEA)
    async with open_socket(several.socket_url, shop.secret_key) as socket:
        following = await socket.subscribe(DOCUMENTS["All"], after=cursor)
        assert (await following.next())["order"]["id"] == missed["id"]
    await several.logged("the workers are new", renewed + 1)
    await until(lambda: not any(map(lives, old)))


async def test_a_worker_that_is_killed_is_replaced_and_missed_by_nobody_else(
    several: Server, merchant: Caller
) -> None:
    victim, other = sorted(workers(several))
    os.kill(victim, signal.SIGKILL)
    died = await several.logged("a worker died")
    assert (died["worker"], died["code"]) == (victim, -signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        while len(workers(several)) < 2:
            assert (await merchant.send("{ viewer { livemode } }")).status == 200
    # The new one answers for the other, whose clients find it at the same address.
    os.kill(other, signal.SIGKILL)
    await several.logged("a worker died", 2)
    assert (await merchant.send("{ viewer { livemode } }")).status == 200
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        ready = await http.get(f"{several.base}/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
    await until(lambda: len(workers(several)) == 2)


async def test_orders_made_through_all_workers_are_told_once_and_without_a_gap(
    several: Server, shop: Shop, house: House
) -> None:
    async with open_socket(several.socket_url, shop.secret_key) as socket:
        following = await socket.subscribe(DOCUMENTS["All"])
        await following.quiet(0.3)
        callers = [several.caller(shop.secret_key, connection="close") for _ in range(12)]
        orders = await asyncio.gather(*(make_order(caller, TEA) for caller in callers))
        told = [each["order"]["id"] for each in await following.take(12)]
        assert sorted(told) == sorted(order["id"] for order in orders)
        await following.quiet(0.3)
    async with house.ledger() as ledger:
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ordergraph'"
        assert await ledger.value(sessions) <= 2 * 2 * 16


async def test_workers_leave_with_a_parent_that_is_killed(house: House) -> None:
    server = await house.start(workers=2)
    left = workers(server)
    server.kill()
    await until(lambda: not any(map(lives, left)))


def refused(house: House, *words: str, **settings: str) -> str:
    """Return why a server does not start."""
    done = subprocess.run(
        [ORDERGRAPH, "serve", "--port", "0", *words, "--data-dir", str(house.data_dir)],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_a_worker_that_cannot_start_ends_the_server_with_its_reason(house: House) -> None:
    said = refused(house, DATABASE_URL="postgresql://127.0.0.1:1/none", ORDERGRAPH_WORKERS="2")
    assert said.count("ordergraph: The database cannot be used: ") in (1, 2)
    assert said.splitlines()[-1] == (
        "ordergraph: A worker could not start (exit code 1): see above what it said. "
        "The server ends."
    )


def test_more_workers_than_the_embedded_postgres_can_bear_are_refused(house: House) -> None:
    assert refused(house, "--workers", "50") == (
        "ordergraph: 50 workers are too many for the 200 connections of the embedded Postgres: "
        "start fewer, or set DATABASE_URL.\n"
    )
    assert "greater than or equal to 1" in refused(house, "--workers", "0")
