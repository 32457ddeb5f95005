"""What is to be reached, and where in the reports it is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Rows = Mapping[str, list[dict[str, Any]]]
"""The rows of the scenarios that ran; a server's first row is ours."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the table: the work, what is to be reached, what was, and whether that is."""

    work: str
    wanted: str
    scenarios: tuple[str, ...]
    told: Callable[[Rows], str]
    reached: Callable[[Rows], bool]

    def line(self, rows: Rows) -> str:
        """Write the line, if its scenarios ran."""
        if not all(name in rows for name in self.scenarios):
            return f"| {self.work} | {self.wanted} | not measured | |"
        reached = "yes" if self.reached(rows) else "no"
        return f"| {self.work} | {self.wanted} | {self.told(rows)} | {reached} |"


def _ours(rows: Rows, scenario: str, name: str) -> Any:
    return rows[scenario][0][name]


def _ratio(scenario: str, work: str) -> Target:
    return Target(
        f"{work}: server CPU against `g`",
        "at most 1.5, aim 1.2",
        (scenario,),
        lambda rows: f"{_ours(rows, scenario, 'CPU / g'):.2f}",
        lambda rows: _ours(rows, scenario, "CPU / g") <= 1.5,
    )


def _start(rows: Rows) -> float:
    return _ours(rows, "cold-start", "seconds to the first answer")


def _cached(rows: Rows) -> dict[str, float]:
    """Return what the kinds of page that the process keeps take of what an uncached one takes."""
    return {row["page"]: row["of uncached"] for row in rows["cached-page"][2:]}


def _told_list(rows: Rows) -> str:
    limit = rows["product-list"][-1]["both"]
    return f"{_ours(rows, 'product-list', 'both'):.2f} ms, `g` {limit:.2f}"


def _told_purchase(rows: Rows) -> str:
    both, sent = (_ours(rows, "purchase", name) for name in ("both", "statements"))
    together = _ours(rows, "purchase-8", "both")
    return f"{both:.1f} ms alone, {together:.1f} at 8 buyers, {sent:.0f} statements"


def _bought(rows: Rows) -> bool:
    fast = max(_ours(rows, name, "both") for name in ("purchase", "purchase-8")) <= 10
    return fast and _ours(rows, "purchase", "statements") <= 30


def _told_sale(rows: Rows) -> str:
    row = rows["flash-sale"][0]
    return (
        f"{row['sold']} of {row['units']} sold, {row['5xx']} 5xx, "
        f"slowest refusal {row['slowest refusal s']:.1f} s"
    )


def _sold_well(rows: Rows) -> bool:
    row = rows["flash-sale"][0]
    return row["sold"] <= row["units"] and not row["5xx"] and row["slowest refusal s"] <= 2


def _imported(rows: Rows) -> dict[str, Any]:
    """Return what the import of the larger file took."""
    return rows["import"][-1]


def _memory_grown(rows: Rows) -> float:
    """Return how much more memory the larger file took than the smaller."""
    small, large = (row["most memory MB"] for row in rows["import"])
    return large / small


def _deepest(rows: Rows) -> dict[str, Any]:
    return max(rows["deep-pages"], key=lambda row: row["ratio"])


def _slowest(rows: Rows) -> dict[str, Any]:
    """Return the search that takes Postgres longest, facets not asked for."""
    plain = [row for row in rows["search"] if "facets" not in row["search"]]
    return max(plain, key=lambda row: row["Postgres ms"])


TARGETS = (
    _ratio("product-list", "product list"),
    _ratio("order-detail", "order detail"),
    Target(
        "product list: server + Postgres CPU",
        "at most 1.3 ms where `g` is near 0.9",
        ("product-list",),
        _told_list,
        lambda rows: (
            _ours(rows, "product-list", "both") / rows["product-list"][-1]["both"] <= 1.3 / 0.9
        ),
    ),
    Target(
        "whole purchase: server + Postgres CPU",
        "at most 10 ms, aim 6; at most 30 statements",
        ("purchase", "purchase-8"),
        _told_purchase,
        _bought,
    ),
    Target(
        "a cached product page: CPU of a 304, of a hit",
        "at most a third of the uncached",
        ("cached-page",),
        lambda rows: ", ".join(f"{kind} {share:.2f}" for kind, share in _cached(rows).items()),
        lambda rows: max(_cached(rows).values()) <= 1 / 3,
    ),
    Target(
        "pushes: CPU per delivered event, 1,000 subscribers",
        "at most 30 us",
        ("push-1000",),
        lambda rows: f"{_ours(rows, 'push-1000', 'server CPU us/delivery'):.1f} us",
        lambda rows: _ours(rows, "push-1000", "server CPU us/delivery") <= 30,
    ),
    Target(
        "commit to client, 10,000 subscribers, p99",
        "at most 250 ms on two cores",
        ("push-10000",),
        lambda rows: f"{_ours(rows, 'push-10000', 'p99'):.0f} ms",
        lambda rows: _ours(rows, "push-10000", "p99") <= 250,
    ),
    Target(
        "flash sale, 5,000 buyers for 1,000 units",
        "no oversell, no 5xx, every loser told within 2 s",
        ("flash-sale",),
        _told_sale,
        _sold_well,
    ),
    Target(
        "cold start to the first answer",
        "at most 1.5 s",
        ("cold-start",),
        lambda rows: f"{_start(rows):.2f} s",
        lambda rows: _start(rows) <= 1.5,
    ),
    Target(
        "memory of the idle server process",
        "at most 150 MB",
        ("memory",),
        lambda rows: f"{_ours(rows, 'memory', 'idle MB'):.0f} MB",
        lambda rows: _ours(rows, "memory", "idle MB") <= 150,
    ),
    Target(
        "import of 300,000 variants",
        "above 3,000 variants/s; memory as for a tenth of them",
        ("import",),
        lambda rows: (
            f"{_imported(rows)['variants/s']} variants/s, "
            f"{_imported(rows)['most memory MB']:.0f} MB, {_memory_grown(rows):.2f} of the tenth's"
        ),
        lambda rows: _imported(rows)["variants/s"] > 3_000 and _memory_grown(rows) <= 1.1,
    ),
    Target(
        "page 1,000 of a list against its first, of 100,000 products",
        "at most 1.5",
        ("deep-pages",),
        lambda rows: f"{_deepest(rows)['ratio']:.2f} ({_deepest(rows)['list']})",
        lambda rows: _deepest(rows)["ratio"] <= 1.5,
    ),
    Target(
        "a search among 100,000 products: Postgres CPU",
        "below 30 ms",
        ("search",),
        lambda rows: f"{_slowest(rows)['Postgres ms']:.1f} ms ({_slowest(rows)['search']})",
        lambda rows: _slowest(rows)["Postgres ms"] < 30,
    ),
)
