"""A catalog of 100,000 products: bringing it in, pages far behind the first, searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.catalogs import EVERYTHING
from benchmarks.comparing import Measured, Plan, compare
from benchmarks.data import Caller
from benchmarks.jobs import Step
from benchmarks.large import Large
from benchmarks.reporting import Report

CONNECTIONS = 4
PAGE = 20
DEEP = 1_000
"""The page that is compared with the first."""

_WALKED = 100
_SHARE = 0.15
"""So much of the time of other scenarios each of these many measurements has."""

Path = tuple[str, ...]


def bring_in(large: Large) -> Report:
    """The import of files of two sizes, by the real command."""
    rows = [
        {
            "variants": each.variants,
            "seconds": each.seconds,
            "variants/s": round(each.variants / each.seconds),
            "command CPU us/variant": each.command_cpu * 1e6 / each.variants,
            "Postgres": each.postgres_cpu * 1e6 / each.variants,
            "most memory MB": each.megabytes,
        }
        for each in large.imports
    ]
    return Report("import", rows, ["search documents, history of stock and events are written too"])


@dataclass(frozen=True, slots=True)
class List:
    """A list in one order, and where its connection stands in the answer."""

    name: str
    operation: str
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    path: Path = ("list",)


def _sorted(operation: str, what: str, *fields: str) -> list[List]:
    return [
        List(
            f"{what} by {name.lower()} {direction.lower()}",
            operation,
            {"sort": {"field": name, "direction": direction}},
        )
        for name in fields
        for direction in ("ASC", "DESC")
    ]


LISTS = (
    *_sorted("deep-products", "products", "NAME", "CREATED_AT", "UPDATED_AT", "PRICE"),
    List("products of a category", "deep-products", {"filter": {"category": [EVERYTHING]}}),
    List("products active", "deep-products", {"filter": {"status": "ACTIVE"}}),
    List("products in stock", "deep-products", {"filter": {"onlyInStock": True}}),
    List(
        "a category's products",
        "deep-category",
        {"slug": EVERYTHING.lower()},
        ("categoryBySlug", "list"),
    ),
    *_sorted("deep-bundles", "bundles", "NAME", "CREATED_AT", "UPDATED_AT"),
    List("categories", "deep-categories"),
    List("a search", "deep-search", {"query": "workshop"}),
)


def page_deep(large: Large) -> Report:
    """The first page of every list against one far behind it."""
    page = large.options.so_many(DEEP)
    rows = [_depth(large, each, page) for each in LISTS]
    remarks = ["the ratios are of the processor time of the server and of Postgres together"]
    return Report("deep-pages", rows, remarks)


def _depth(large: Large, each: List, page: int) -> dict[str, Any]:
    after = _cursor_before(large, each, page)
    steps = {
        f"{each.name}: first": _step(large, each, {"first": PAGE}),
        f"{each.name}: deep": _step(large, each, {"first": PAGE, "after": after}),
    }
    for step in steps.values():
        assert len(_page(large, each, step)["nodes"]) == PAGE, each.name
    first, deep = _measured(large, steps)
    return {
        "list": each.name,
        "first page ms": _both(first),
        f"page {page}": _both(deep),
        "ratio": _both(deep) / _both(first),
        "Postgres first": first.postgres_ms,
        "Postgres deep": deep.postgres_ms,
        "statements": deep.statements,
    }


def _cursor_before(large: Large, each: List, page: int) -> str:
    """Walk to the end of the page before the one that is wanted."""
    left, after = (page - 1) * PAGE, None
    while left:
        first = min(left, _WALKED)
        found = _page(
            large, each, _step(large, each, {"first": first, "after": after, "walking": True})
        )
        assert found["pageInfo"]["hasNextPage"], (each.name, left)
        left, after = left - first, found["pageInfo"]["endCursor"]
    return after or ""


def _step(large: Large, each: List, more: Mapping[str, Any]) -> Step:
    return large.ours.step(each.operation, {**each.variables, **more}, large.shop.secret_key)


def _page(large: Large, each: List, step: Step) -> Any:
    answer = Caller(large.ours, large.shop.secret_key).ask(step)
    assert "errors" not in answer, answer["errors"]
    found = answer["data"]
    for name in each.path:
        found = found[name]
    return found


def _measured(large: Large, steps: Mapping[str, Step]) -> list[Measured]:
    seconds = max(1.0, large.options.seconds * _SHARE) if not large.options.quick else 0.1
    brief = replace(large.options, seconds=seconds)
    plans = [Plan(large.ours, [step], CONNECTIONS, label=name) for name, step in steps.items()]
    return compare(replace(large, options=brief), plans)


def _both(found: Measured) -> float:
    return found.server_ms + found.postgres_ms


SEARCHES = {
    "a rare word": "marvel5000",
    "a word of all": "workshop",
    "two words": "linen shirt",
    "two words of all": "sturdy workshop",
    "the beginning of a word": "marv",
    "two letters": "ma",
    "an exact SKU": "5000-M",
    "the beginning of a SKU": "5000",
    "nothing found": "zeppelin",
}


def search(large: Large) -> Report:
    """Searches of every kind, the first page, alone and with count and facets."""
    steps = {
        name: large.ours.step("deep-search", {"query": query, "first": PAGE}, large.shop.secret_key)
        for name, query in SEARCHES.items()
    } | {
        f"{name}, with facets": large.ours.step(
            "search-facets", {"query": query}, large.shop.secret_key
        )
        for name, query in (("a rare word", "marvel5000"), ("a word of all", "workshop"))
    }
    rows = [
        {
            "search": found.server,
            "Postgres ms": found.postgres_ms,
            "server": found.server_ms,
            "statements": found.statements,
            "p50 ms": found.p50,
            "p99": found.p99,
        }
        for found in _measured(large, steps)
    ]
    return Report("search", rows)


SCENARIOS = {"import": bring_in, "deep-pages": page_deep, "search": search}
