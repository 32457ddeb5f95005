"""The flash sale: five thousand buyers at the door for a thousand units."""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks.bench import Bench
from benchmarks.data import Caller
from benchmarks.jobs import Job, Step
from benchmarks.reporting import Report
from benchmarks.servers import Postgres
from ordergraph.core.ids import split
from ordergraph.runtime.db.driver import connect

AT_ONCE = 200
"""So many buyers have a request open at any moment."""

_SOLD = """
SELECT coalesce(sum(i.quantity), 0)::bigint AS sold,
  (SELECT on_hand FROM inventory_items WHERE variant_id = $1) AS on_hand,
  (SELECT held FROM inventory_items WHERE variant_id = $1) AS held,
  (SELECT coalesce(sum(p.amount_minor), 0)::bigint FROM payments p
   WHERE p.order_id IN (SELECT order_id FROM order_line_items WHERE variant_id = $1)) AS paid,
  coalesce(sum(o.paid_minor), 0)::bigint AS owed
FROM order_line_items i JOIN orders o ON o.environment_id = i.environment_id AND o.id = i.order_id
WHERE i.variant_id = $1 AND o.status = 'PAID'
"""


def flash_sale(bench: Bench) -> Report:
    """Every buyer makes a cart in a browser and pays for it; no unit may be sold twice."""
    buyers, units = bench.options.so_many(5_000), bench.options.so_many(1_000)
    variant = _put_on_sale(bench, units)
    steps = _steps(bench, variant)
    server = bench.ours
    cpu, postgres = server.cpu_seconds(), bench.postgres.cpu_seconds()
    job = Job(server.port, steps, min(AT_ONCE, buyers), None, buyers, tolerant=True)
    outcome = bench.load.run(job)
    cpu, postgres = server.cpu_seconds() - cpu, bench.postgres.cpu_seconds() - postgres
    books = asyncio.run(_books(bench.postgres, variant))
    oversold = books["sold"] > units or books["on_hand"] != units - books["sold"]
    assert not oversold, (units, books)
    assert books["held"] == 0, books
    assert books["paid"] == books["owed"], books
    row = {
        "buyers": buyers,
        "units": units,
        "sold": books["sold"],
        "bought": outcome.flows,
        "refused": sum(outcome.refusals.values()),
        "5xx": sum(n for status, n in outcome.statuses.items() if status >= "500"),
        "slowest refusal s": max(map(max, outcome.refused.values()), default=0.0) / 1000,
        "slowest answer s": max(map(max, outcome.latencies.values())) / 1000,
        "seconds": outcome.seconds,
        "server CPU ms/buyer": cpu * 1000 / buyers,
        "Postgres": postgres * 1000 / buyers,
    }
    errors = [line for line in server.said().splitlines() if '"level": "error"' in line]
    refusals = ", ".join(f"{code} {count}" for code, count in outcome.refusals.items())
    return Report("flash-sale", [row], [f"refused: {refusals}", *outcome.failures, *errors[:1]])


def _put_on_sale(bench: Bench, units: int) -> str:
    caller = Caller(bench.ours, bench.shop.secret_key)
    variant = {
        "unitPrice": {"amount": 4900, "currency": "USD"},
        "enforceInventoryLimit": True,
        "initialQuantityAvailable": units,
    }
    product = {"name": "Limited", "productType": "PHYSICAL", "defaultVariant": variant}
    return caller("create-product", {"input": product})["product"]["defaultVariant"]["id"]


def _steps(bench: Bench, variant: str) -> list[Step]:
    order = ["data", "createOrder", "order"]
    lines = [{"variantId": variant, "quantity": 1}]
    paying = {
        "orderId": "@@ORDER@@",
        "sources": [{"token": "tok_visa"}],
        "buyerEmail": "@@FLOW@@@example.com",
        "expectedOutstanding": {"amount": "@@NUMBER_DUE@@", "currency": "USD"},
    }
    token = bench.shop.publishable_key
    return [
        bench.ours.step(
            "cart",
            {"input": {"lineItems": lines}},
            token,
            takes={
                "ORDER": [*order, "id"],
                "NUMBER_DUE": [*order, "netAmounts", "total", "amount"],
                "SECRET": ["data", "createOrder", "clientSecret"],
            },
            mutates=True,
        ),
        bench.ours.step(
            "pay",
            {"input": paying, "key": "@@FLOW@@"},
            token,
            mutates=True,
            headers={"ordergraph-order-secret": "@@SECRET@@"},
        ),
    ]


async def _books(postgres: Postgres, variant: str) -> dict[str, Any]:
    """Return what the database says was sold."""
    connection = await connect(postgres.url, "benchmark")
    try:
        return dict(await connection.fetchrow(_SOLD, split(variant)[1]))
    finally:
        await connection.close()


SCENARIOS = {"flash-sale": flash_sale}
