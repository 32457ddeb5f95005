"""Storefront pages and a merchant's orders, each one request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.bench import Bench
from benchmarks.comparing import Plan, compare
from benchmarks.data import Caller, Shop
from benchmarks.jobs import Step
from benchmarks.reporting import Report, comparison
from benchmarks.servers import Server

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """An operation, whose key asks it, and the values that its requests go through."""

    operation: str
    variables: dict[str, Any]
    values: Callable[[Shop], dict[str, list[str]]]
    by_merchant: bool = False

    def __call__(self, bench: Bench) -> Report:
        """Check that all servers answer the same, then compare them."""
        shop = bench.shop
        values = self.values(shop)
        steps = {server.name: self._step(server, shop) for server in bench.servers}
        expected = self._answer(bench.ours, shop, steps, values)
        for server in bench.servers[1:]:
            assert self._answer(server, shop, steps, values) == expected, server.name
        plans = [
            Plan(server, [steps[server.name]], CONNECTIONS, values) for server in bench.servers
        ]
        return comparison(self.operation, compare(bench, plans), "request")

    def _step(self, server: Server, shop: Shop) -> Step:
        token = shop.secret_key if self.by_merchant else shop.publishable_key
        return server.step(self.operation, self.variables, token)

    def _answer(
        self, server: Server, shop: Shop, steps: dict[str, Step], values: dict[str, list[str]]
    ) -> Any:
        """Return the data of the first request; each server writes cursors in its own way."""
        first = {name: each[0] for name, each in values.items()}
        data = Caller(server, shop.secret_key).ask(steps[server.name], first)["data"]
        (payload,) = data.values()
        if "pageInfo" in payload:
            assert isinstance(payload["pageInfo"].pop("endCursor"), str)
        return data


def _nothing(_: Shop) -> dict[str, list[str]]:
    return {}


SCENARIOS = {
    each.operation: each
    for each in (
        Reading("product-list", {"first": 20}, _nothing),
        Reading("product-detail", {"id": "@@ID@@"}, lambda shop: {"ID": shop.product_ids}),
        Reading("sku", {"sku": "@@SKU@@"}, lambda shop: {"SKU": shop.skus}),
        Reading("order-detail", {"id": "@@ID@@"}, lambda shop: {"ID": shop.order_ids}, True),
        Reading("order-list", {"first": 20}, _nothing, True),
    )
}
