"""Whole purchases, and refunds of them."""

from __future__ import annotations

from typing import Any, cast

from benchmarks.bench import Bench
from benchmarks.comparing import COUNTED, COUNTINGS, Plan, compare
from benchmarks.data import Caller, baskets, purchase, refund
from benchmarks.jobs import Job, Step
from benchmarks.reporting import Report, comparison
from benchmarks.servers import Server
from ordergraph.core.ids import new_id

_OWN = ("id", "number")
"""What differs between two servers that do the same."""


def buy_alone(bench: Bench) -> Report:
    """One buyer after the other: create with two lines, coupon, pay."""
    return _purchases(bench, "purchase", 1)


def buy_together(bench: Bench) -> Report:
    """Eight buyers at a time, with the same coupon."""
    return _purchases(bench, "purchase-8", 8)


def give_back(bench: Bench) -> Report:
    """Refund paid orders in full, goods back on the shelf."""
    plans = [_refunds(bench, server) for server in bench.servers]
    return comparison("refund", compare(bench, plans), "refund")


def _purchases(bench: Bench, name: str, buyers: int) -> Report:
    values = baskets(bench.shop)
    steps = {server.name: purchase(server, bench.shop) for server in bench.servers}
    first = {name: each[0] for name, each in values.items()}
    expected = _told(bench.ours, bench, steps, first)
    for server in bench.servers[1:]:
        answers = _told(server, bench, steps, first)
        assert answers == expected, (server.name, answers, expected)
    plans = [Plan(server, steps[server.name], buyers, values) for server in bench.servers]
    return comparison(name, compare(bench, plans), "purchase")


def _told(
    server: Server, bench: Bench, steps: dict[str, list[Step]], values: dict[str, str]
) -> list[Any]:
    """Make one purchase and return what was answered, without what is the server's own."""
    caller, answers = Caller(server, bench.shop.secret_key), list[Any]()
    known = {**values, "FLOW": str(new_id())}
    for step in steps[server.name]:
        answer = caller.ask(step, known)["data"]
        answers.append(_figures(answer))
        if step.takes:
            known["ORDER"] = answer["createOrder"]["order"]["id"]
    return answers


def _figures(value: Any) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: "..." if name in _OWN else _figures(each) for name, each in members.items()}
    if isinstance(value, list):
        return [_figures(each) for each in cast("list[Any]", value)]
    return value


def _refunds(bench: Bench, server: Server) -> Plan:
    """Pay the orders that will be refunded beforehand: only refunds are measured."""
    times = max(5, round(bench.options.seconds * 2))
    needed = times * (bench.options.slices + 1) + COUNTED * COUNTINGS
    buying = purchase(server, bench.shop)
    job = Job(server.port, buying, 4, None, needed, baskets(bench.shop), ["ORDER"])
    orders = [each["ORDER"] for each in bench.load.run(job).kept]
    return Plan(server, [refund(server, bench.shop)], 1, {"ORDER": orders}, times)


SCENARIOS = {"purchase": buy_alone, "purchase-8": buy_together, "refund": give_back}
