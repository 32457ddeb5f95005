"""Pushes: one change told to a thousand and to ten thousand subscribers, and a missed thousand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.bench import Bench
from benchmarks.data import Caller
from benchmarks.driving import Worker
from benchmarks.jobs import Job
from benchmarks.reporting import Report
from benchmarks.servers import operation

EVENTS = 20
_TIMES = 5
_PATIENCE_SECONDS = 60.0


class SocketClient(Worker):
    """The process that holds the subscribers."""

    def __init__(self) -> None:
        super().__init__("benchmarks.sockets")

    def do(self, what: str, **arguments: Any) -> Any:
        """Have something done and return what is answered."""
        return self.ask({"do": what, **arguments})


@dataclass(slots=True)
class _Spent:
    """Processor time in milliseconds."""

    server: float
    postgres: float


def fan_out(bench: Bench, name: str, subscribers: int, pause: float) -> Report:
    """Change one order now and then while so many sockets follow all orders.

    What the changes themselves cost, and what the open sockets cost while nothing happens, is
    measured before and taken off; "all in all" has both. Times are from when a change was asked
    for, so that the change itself is in them: its commit comes some milliseconds later.
    """
    subscribers = bench.options.so_many(subscribers)
    changes = _Changes(bench, pause)
    changes.make(EVENTS)  # warms up
    alone = _spent(bench, lambda: changes.make(EVENTS))
    empty = _idle(bench)
    with SocketClient() as sockets:
        opened = _spent(bench, lambda: _subscribe(bench, sockets, subscribers))
        idle = _idle(bench)
        changes.sent.clear()
        begun, reading = time.monotonic(), sockets.cpu_seconds()
        spent = _spent(bench, lambda: _told(sockets, changes, subscribers * EVENTS))
        took, reading = time.monotonic() - begun, sockets.cpu_seconds() - reading
        since_sent = sockets.do("report", since=changes.sent)["took"]
        ended = sockets.do("count")["ended"]
    net = spent.server - alone.server - (idle - empty) * took
    delivered = subscribers * EVENTS
    row = {
        "subscribers": subscribers,
        "events": EVENTS,
        "server CPU us/delivery": net * 1000 / delivered,
        "all in all": spent.server * 1000 / delivered,
        "the client's": reading * 1e6 / delivered,
        "p50 ms": since_sent[1],
        "p95": since_sent[2],
        "p99": since_sent[3],
        "idle CPU ms/s": idle,
        "CPU us/opening": opened.server * 1000 / subscribers,
        "lost": ended,
    }
    return Report(name, [row], [f"Postgres: {spent.postgres / EVENTS:.1f} ms of CPU for a change"])


def _idle(bench: Bench) -> float:
    """Return the processor time that the server takes for a second of nothing, in milliseconds."""
    seconds = 0.1 if bench.options.quick else 3.0
    return _spent(bench, lambda: time.sleep(seconds)).server / seconds


def _subscribe(bench: Bench, sockets: SocketClient, subscribers: int) -> None:
    sockets.do(
        "open",
        port=bench.ours.port,
        count=subscribers,
        token=bench.shop.secret_key,
        request={"query": operation("events")},
    )
    time.sleep(0.2 if bench.options.quick else 2)  # the last ones are still being subscribed


def _told(sockets: SocketClient, changes: _Changes, expected: int) -> None:
    """Make the changes and wait until everybody was told of them all."""
    changes.make(EVENTS)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (counted := sockets.do("count"))["arrived"] < expected:
        if counted["ended"] or time.monotonic() > deadline:
            raise RuntimeError(f"{counted} instead of {expected}")
        time.sleep(0.02)


class _Changes:
    """Changes of one order; notes when each version was asked for."""

    def __init__(self, bench: Bench, pause: float) -> None:
        self._caller = Caller(bench.ours, bench.shop.secret_key)
        self._order = bench.shop.order_ids[0]
        self._pause = pause
        self.sent: dict[str, float] = {}

    def make(self, count: int) -> None:
        for number in range(count):
            begun = time.monotonic()
            variables = {"input": {"orderId": self._order, "buyerNote": f"{number} {begun}"}}
            made = self._caller("note", variables)
            self.sent[str(made["order"]["version"])] = begun
            time.sleep(self._pause)


def _spent(bench: Bench, work: Callable[[], None]) -> _Spent:
    server, postgres = bench.ours.cpu_seconds(), bench.postgres.cpu_seconds()
    work()
    server = bench.ours.cpu_seconds() - server
    return _Spent(server * 1000, (bench.postgres.cpu_seconds() - postgres) * 1000)


def push_to_1000(bench: Bench) -> Report:
    """A thousand subscribers of the same operation."""
    return fan_out(bench, "push-1000", 1_000, 0.1)


def push_to_10000(bench: Bench) -> Report:
    """Ten thousand."""
    return fan_out(bench, "push-10000", 10_000, 0.5)


def resume(bench: Bench) -> Report:
    """Somebody comes back and gets what was missed: a thousand events behind a cursor."""
    missed = bench.options.so_many(1_000)
    request: dict[str, Any] = {"query": operation("events")}
    step = bench.ours.step(
        "note",
        {"input": {"orderId": "@@ORDER@@", "buyerNote": "@@FLOW@@"}},
        bench.shop.secret_key,
        mutates=True,
    )
    values = {"ORDER": bench.shop.order_ids}
    token, port = bench.shop.secret_key, bench.ours.port
    with SocketClient() as sockets:
        _subscribe(bench, sockets, 1)
        _told_one(bench, sockets)
        cursor = sockets.do("last")["orderEvents"]["cursor"]
        sockets.do("close")
        bench.load.run(Job(port, [step], 4, None, missed, values))
        request["variables"] = {"after": cursor}
        took: list[float] = []

        def come_back() -> None:
            told = sockets.do("resume", port=port, token=token, request=request, events=missed)
            took.append(told["seconds"] * 1000)

        def come_back_often() -> None:
            for _ in range(_TIMES):
                come_back()

        come_back()
        spent = _spent(bench, come_back_often)
    row = {
        "missed events": missed,
        "ms to get all": statistics.median(took),
        "server CPU us/event": spent.server * 1000 / (_TIMES * missed),
        "Postgres us/event": spent.postgres * 1000 / (_TIMES * missed),
    }
    return Report("resume", [row])


def _told_one(bench: Bench, sockets: SocketClient) -> None:
    _Changes(bench, 0).make(1)
    while not sockets.do("count")["arrived"]:
        time.sleep(0.02)


SCENARIOS = {"push-1000": push_to_1000, "push-10000": push_to_10000, "resume": resume}
