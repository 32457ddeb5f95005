"""The cache in front is told what to forget: after the commit, again until it has heard."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from ordergraph.runtime.jobs.running import Job
from ordergraph.runtime.purging import PURGE, PurgeHook
from ordergraph.runtime.settings import Settings
from tests.databases import Databases
from tests.journeys.caching import ORDER, CacheInFront, Server, Shop, cache_in_front, server

Told = tuple[Server, CacheInFront]


@pytest.fixture(scope="module")
async def told(databases: Databases) -> AsyncIterator[Told]:
    """A server that keeps nothing itself, and the cache in front of it."""
    async with (
        databases.fresh() as url,
        cache_in_front() as cache,
        server(url, purge_url=cache.url) as running,
    ):
        yield running, cache


@pytest.fixture
async def shop(told: Told) -> Shop:
    """A shop of a test's own, and a cache that has heard nothing yet."""
    running, cache = told
    assert await settled(running)
    cache.told.clear()
    cache.methods.clear()
    return await running.shop()


async def jobs(running: Server) -> int:
    async with running.application.database.alone() as connection:
        found = await connection.execute(text("SELECT count(*) FROM pgqueuer"))
        return found.scalar_one()


async def test_a_new_product_outdates_the_lists(told: Told, shop: Shop) -> None:
    running, cache = told
    product = await running.product(shop)
    await cache.hears(f"products-{shop.env}")
    assert cache.told == [{f"products-{shop.env}", product["id"]}]
    assert cache.methods == ["POST"]


async def test_stock_that_moves_outdates_the_product_alone(told: Told, shop: Shop) -> None:
    running, cache = told
    product = await running.product(shop)
    await cache.hears(product["id"])
    for move in (running.adjust(shop, product, 5), running.buy(shop, product)):
        cache.told.clear()
        await move
        await cache.hears(product["id"])
        assert cache.forgotten == {product["id"]}


async def test_what_is_given_back_outdates_the_product_too(told: Told, shop: Shop) -> None:
    running, cache = told
    product = await running.product(shop)
    order = await running.buy(shop, product)
    await cache.hears(product["id"])
    assert await settled(running)
    cache.told.clear()
    await running.give_back(shop, order)
    await cache.hears(product["id"])


async def test_stock_that_moves_outdates_the_bundles_of_it_too(told: Told, shop: Shop) -> None:
    running, cache = told
    product = await running.product(shop)
    bundle = await running.bundle(shop, product)
    assert await settled(running)
    cache.told.clear()
    await running.adjust(shop, product, 1)
    assert await settled(running)
    assert cache.forgotten == {product["id"], bundle}


async def test_a_changed_product_outdates_lists_and_the_bundles_of_it(
    told: Told, shop: Shop
) -> None:
    running, cache = told
    product = await running.product(shop)
    bundle = await running.bundle(shop, product)
    assert await settled(running)
    cache.told.clear()
    await running.change(shop, "updateProduct", "product { id }", id=product["id"], name="Tea")
    assert await settled(running)
    assert cache.forgotten == {product["id"], bundle, f"products-{shop.env}"}
    cache.told.clear()
    await running.change(shop, "updateBundle", "bundle { id }", id=bundle, name="Pair")
    assert await settled(running)
    assert cache.forgotten == {bundle, f"products-{shop.env}"}


async def test_what_stands_on_many_outdates_everything(told: Told, shop: Shop) -> None:
    running, cache = told
    product = await running.product(shop)
    assert await settled(running)
    for name, answer, input in (
        (
            "replaceProductCategories",
            "product { id }",
            {"productId": product["id"], "categories": ["Tea"]},
        ),
        ("updateSettings", "settings { pricesIncludeTax }", {"pricesIncludeTax": True}),
    ):
        cache.told.clear()
        await running.change(shop, name, answer, **input)
        assert await settled(running)
        assert shop.env in cache.forgotten, name


async def settled(running: Server) -> bool:
    """Wait until no job is left."""
    for _ in range(3_000):
        if await jobs(running) == 0:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_what_is_refused_or_changes_nothing_tells_nothing(told: Told, shop: Shop) -> None:
    running, cache = told
    product = await running.product(shop)
    assert await settled(running)
    cache.told.clear()
    line = {"variantId": product["defaultVariant"]["id"], "quantity": 1}
    await running.post(shop, ORDER, input={"lineItems": [line]})
    with pytest.raises(AssertionError, match="INSUFFICIENT_STOCK"):
        await running.adjust(shop, product, -11)
    await running.adjust(shop, product, 1)
    assert await settled(running)
    assert cache.told == [{product["id"]}]


async def test_a_cache_that_fails_is_told_again(told: Told, shop: Shop) -> None:
    running, cache = told
    cache.statuses = [503]
    product = await running.product(shop)
    for _ in range(3_000):
        running.application.broadcast.announce("jobs", "look again")  # do not wait for the poll
        if product["id"] in cache.forgotten:
            break
        await asyncio.sleep(0.01)
    assert cache.methods == ["POST", "POST"]
    assert await settled(running)


def job(*keys: str) -> Job:
    return Job(PURGE, {"surrogateKeys": list(keys)}, 1)


async def test_jobs_that_come_together_share_a_request(told: Told, shop: Shop) -> None:
    _, cache = told
    hook = PurgeHook(cache.url)
    await asyncio.gather(*(hook.handle(job("prod_a", f"prod_{n}")) for n in range(20)))
    assert cache.told == [{"prod_a", *(f"prod_{n}" for n in range(20))}]
    await hook.handle(job("prod_b"))
    assert cache.told[1:] == [{"prod_b"}]


@pytest.mark.parametrize("status", [302, 404, 503])
async def test_all_that_shared_a_request_fail_with_it(told: Told, shop: Shop, status: int) -> None:
    _, cache = told
    hook = PurgeHook(cache.url)
    cache.statuses = [status]
    failed = await asyncio.gather(
        *(hook.handle(job(key)) for key in ("prod_a", "prod_b")), return_exceptions=True
    )
    assert [getattr(each, "code", None) for each in failed] == [status, status]
    assert (cache.methods, cache.told) == (["POST"], [])


@pytest.mark.parametrize(
    "url", ["ftp://cache.example/purge", "cache.example", "file:///etc/passwd"]
)
def test_only_http_is_spoken_to_the_cache_in_front(url: Any) -> None:
    with pytest.raises(ValidationError):
        Settings(purge_url=url)
