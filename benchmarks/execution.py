"""One operation in this process, database driver included: CPU time, both executors in turn."""

import gc
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import uvloop

from benchmarks.servers import OPERATIONS, Postgres
from ordergraph.app import Application, compose, limits_of
from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.rules import ProductType, SelectedOption
from ordergraph.commerce.catalog.shaping import NewOption, NewProduct, NewVariant
from ordergraph.commerce.merchants.founding import NewMerchant, found_merchant
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.graph.context import Context
from ordergraph.graph.execution.engine import Engine, ExecutorName
from ordergraph.graph.schema import build_schema
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.db.migrating import upgrade
from ordergraph.runtime.settings import Settings

PRODUCTS, VARIANTS = 20, 3
ROUNDS, TIMES = 15, 20
EXECUTORS: tuple[ExecutorName, ...] = ("reference", "compiled")

PRODUCT_LIST = (OPERATIONS / "product-list.graphql").read_text()
ORDER_DETAIL = (OPERATIONS / "order-detail.graphql").read_text()

CREATE_ORDER = """
mutation Create($input: CreateOrderInput!) {
  createOrder(input: $input) { order { id lineItems { id } } userErrors { code } }
}
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the operations are asked of."""

    application: Application
    settings: Settings
    actor: Actor
    order_id: str

    def context(self) -> Context:
        return Context(self.application.services, self.actor, "req_benchmark")


def measure() -> Iterator[tuple[str, float]]:
    """Yield what was measured and its median in microseconds."""
    with Postgres() as postgres:
        yield from uvloop.run(_measure(postgres.url))


async def _measure(url: str) -> list[tuple[str, float]]:
    settings = Settings()
    await upgrade(url)
    application = compose(settings, url)
    await application.start()
    try:
        shop = await _open_shop(application, settings)
        operations: list[tuple[str, str, dict[str, Any]]] = [
            ("20 products with 60 variants", PRODUCT_LIST, {"first": PRODUCTS}),
            ("an order in detail", ORDER_DETAIL, {"id": shop.order_id}),
        ]
        found: list[tuple[str, float]] = []
        for name, text, variables in operations:
            for executor, microseconds in (await _compare(shop, text, variables)).items():
                found.append((f"{name}, {executor}", microseconds))
        return found
    finally:
        await application.stop()


async def _open_shop(application: Application, settings: Settings) -> Shop:
    merchant_id = new_id()
    async with application.database.transaction(Actor.system(merchant_id, merchant_id)) as tx:
        environments = await found_merchant(tx, NewMerchant(id=merchant_id, name="Benchmark"))
    environment_id = next(each.id for each in environments if not each.livemode)
    actor = Actor(environment_id, merchant_id, ActorKind.SECRET_KEY, "benchmark", MERCHANT_SCOPES)
    for number in range(PRODUCTS):
        await create_product(application.database, actor, _product(number))
    shop = Shop(application, settings, actor, "")
    line = {"name": "Wrap", "quantity": 2, "unitPrice": {"amount": 300, "currency": "USD"}}
    lines = [{**line, "name": f"Line {number}"} for number in range(3)]
    made = await _run(
        shop, _engine(shop, "reference"), CREATE_ORDER, {"input": {"lineItems": lines}}
    )
    return Shop(application, settings, actor, made["data"]["createOrder"]["order"]["id"])


def _product(number: int) -> NewProduct:
    sizes = ["S", "M", "L"][:VARIANTS]
    return NewProduct(
        f"Product {number}",
        ProductType.PHYSICAL,
        options=[NewOption("Size", sizes)],
        variants=[
            NewVariant(
                Money(1999 + number, "USD"),
                selected_options=[SelectedOption("Size", size)],
                sku=f"SKU-{number}-{size}",
                enforce_inventory_limit=True,
                initial_quantity=10,
            )
            for size in sizes
        ],
    )


async def _compare(shop: Shop, text: str, variables: dict[str, Any]) -> dict[str, float]:
    engines = {executor: _engine(shop, executor) for executor in EXECUTORS}
    rounds: dict[str, list[float]] = {executor: [] for executor in EXECUTORS}
    for engine in engines.values():
        await _repeat(shop, engine, text, variables)
    gc.collect()
    for _ in range(ROUNDS):
        for executor, engine in engines.items():
            rounds[executor].append(await _repeat(shop, engine, text, variables))
    return {name: statistics.median(times) * 1e6 for name, times in rounds.items()}


async def _repeat(shop: Shop, engine: Engine, text: str, variables: dict[str, Any]) -> float:
    begun = time.process_time()
    for _ in range(TIMES):
        await _run(shop, engine, text, variables)
    return (time.process_time() - begun) / TIMES


async def _run(shop: Shop, engine: Engine, text: str, variables: dict[str, Any]) -> dict[str, Any]:
    prepared = engine.prepare(text, None, variables, live=False, may_introspect=True)
    answer = await engine.run(prepared, shop.context(), "req_benchmark")
    assert "errors" not in answer, answer["errors"]
    return answer


def _engine(shop: Shop, executor: ExecutorName) -> Engine:
    return Engine(build_schema(), limits_of(shop.settings), executor=executor)


if __name__ == "__main__":
    for line, microseconds in measure():
        print(f"  {line:<42} {microseconds:>10.1f} us")
