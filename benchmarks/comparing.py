"""Measuring servers against each other: slice by slice in turn, so that noise hits all alike."""

from __future__ import annotations

import asyncio
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.bench import Bench
from benchmarks.driving import LoadClient
from benchmarks.jobs import Job, Outcome, Step
from benchmarks.servers import Postgres, Server
from ordergraph.runtime.db.driver import connect

COUNTED, COUNTINGS = 4, 3
"""So many flows are run to count their statements, so often; the least is what they need."""

_WARM_SECONDS = 1.0
_LOGGING = ("log_statement = 'all'", "log_line_prefix = '%a|'")


@dataclass(slots=True)
class Plan:
    """What one server is asked: flows on so many connections, by time or by number."""

    server: Server
    steps: list[Step]
    connections: int = 8
    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    times: int | None = None
    begun: int = 0
    """How many flows there were already: each goes on in the values where the last one ended."""
    label: str = ""
    """How it is called in the table; by default as its server."""

    @property
    def name(self) -> str:
        return self.label or self.server.name

    def run(self, load: LoadClient, seconds: float, times: int | None = None) -> Outcome:
        """Run one slice of it: `times` flows, or as many as it says, or for so many seconds."""
        times = times or self.times
        by_time = seconds if times is None else None
        outcome = load.run(
            Job(
                self.server.port,
                self.steps,
                self.connections,
                by_time,
                times,
                self.values,
                begin=self.begun,
            )
        )
        self.begun += outcome.flows
        return outcome


@dataclass(slots=True)
class Measured:
    """What one server took for one flow, as medians over the slices; times are milliseconds."""

    server: str
    server_ms: float
    postgres_ms: float
    statements: float
    per_second: float
    p50: float
    p95: float
    p99: float
    flows: int
    steps: dict[str, float]
    """The median latency of each step."""


@dataclass(slots=True)
class _Slice:
    server_ms: float
    postgres_ms: float
    per_second: float


def compare(bench: Bench, plans: Sequence[Plan]) -> list[Measured]:
    """Warm up, count statements, then run slices of each plan in turn."""
    counts = {plan.name: count_statements(bench, plan) for plan in plans}
    slices: dict[str, list[_Slice]] = {plan.name: [] for plan in plans}
    outcomes: dict[str, list[Outcome]] = {plan.name: [] for plan in plans}
    length = bench.options.seconds / bench.options.slices
    for number in range(bench.options.slices):
        turn = number % len(plans)
        for plan in (*plans[turn:], *plans[:turn]):
            found, outcome = _slice(bench, plan, length)
            slices[plan.name].append(found)
            outcomes[plan.name].append(outcome)
    return [_measured(name, counts[name], slices[name], outcomes[name]) for name in slices]


def count_statements(bench: Bench, plan: Plan) -> float:
    """Warm a plan up and return how many statements a flow takes, BEGIN and COMMIT included.

    Postgres logs them for a moment: any server can be counted. Those of background work, told by
    the name of their connection, are left out; what comes now and then, such as looking whether
    a key still opens, is not in the least of several counts.
    """
    plan.run(bench.load, 0.1 if bench.options.quick else _WARM_SECONDS)
    asyncio.run(_log_statements(bench.postgres, True))
    counts = [_count(bench, plan) for _ in range(COUNTINGS)]
    asyncio.run(_log_statements(bench.postgres, False))
    return min(counts)


def _count(bench: Bench, plan: Plan) -> float:
    begun = bench.postgres.log.stat().st_size
    flows = plan.run(bench.load, 0, COUNTED).flows
    with bench.postgres.log.open(errors="replace") as log:
        log.seek(begun)
        name = re.escape(plan.server.application_name)
        sent = re.findall(rf"^{name}\|LOG:  (?:execute|statement)\b", log.read(), re.MULTILINE)
    return len(sent) / flows


async def _log_statements(postgres: Postgres, wanted: bool) -> None:
    """Have Postgres log what it is sent, or not; returns when every connection knows.

    The server tells its connections as soon as it knows itself, and new ones begin with what it
    knows: once a new one does, they all do before their next statement.
    """
    changes = [f"SET {each}" for each in _LOGGING] if wanted else ["RESET ALL"]
    connection = await connect(postgres.url, "benchmark")
    for change in changes:
        await connection.execute(f"ALTER SYSTEM {change}")
    await connection.execute("SELECT pg_reload_conf()")
    while (await connection.fetchval("SHOW log_statement") == "all") is not wanted:
        await connection.close()
        await asyncio.sleep(0.02)
        connection = await connect(postgres.url, "benchmark")
    await connection.close()


def _slice(bench: Bench, plan: Plan, seconds: float) -> tuple[_Slice, Outcome]:
    server, postgres = plan.server.cpu_seconds(), bench.postgres.cpu_seconds()
    outcome = plan.run(bench.load, seconds)
    server = plan.server.cpu_seconds() - server
    postgres = bench.postgres.cpu_seconds() - postgres
    flows = max(1, outcome.flows)
    found = _Slice(server * 1000 / flows, postgres * 1000 / flows, flows / outcome.seconds)
    return found, outcome


def _measured(
    name: str, statements: float, slices: list[_Slice], outcomes: list[Outcome]
) -> Measured:
    steps: dict[str, list[float]] = {}
    for outcome in outcomes:
        for step, latencies in outcome.latencies.items():
            steps.setdefault(step, []).extend(latencies)
    whole = sorted(steps.get("whole") or next(iter(steps.values())))
    return Measured(
        name,
        statistics.median(each.server_ms for each in slices),
        statistics.median(each.postgres_ms for each in slices),
        round(statements, 1),
        statistics.median(each.per_second for each in slices),
        percentile(whole, 50),
        percentile(whole, 95),
        percentile(whole, 99),
        sum(outcome.flows for outcome in outcomes),
        {step: statistics.median(each) for step, each in steps.items()},
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile of values that are in order."""
    if not values:
        return 0.0
    return values[min(len(values) - 1, int(len(values) * percent / 100))]
