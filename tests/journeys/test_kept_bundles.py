"""What caches may keep of bundles, and when it goes out of date."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.databases import Databases
from tests.journeys.caching import Server, Shop, server

PAGE = "query Page($id: ID!) { bundle(id: $id) { name availableForSale quantityAvailable } }"
NAMES = "{ bundles { nodes { name components { variant { sku } } } } }"
_TRIES = 1_000


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[str]:
    async with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def keeping(database: str) -> AsyncIterator[Server]:
    """A server that keeps answers itself."""
    async with server(database, cache_mb=4) as running:
        yield running


async def change(running: Server, shop: Shop, name: str, /, **input: Any) -> Any:
    """Send one mutation of bundles as the merchant, and return its payload."""
    pascal = name[0].upper() + name[1:]
    document = (
        f"mutation($input: {pascal}Input!) {{ {name}(input: $input)"
        " { bundle { id } userErrors { code message } } }"
    )
    return await running.post(shop, document, input=input)


async def box(running: Server, shop: Shop, product: Any) -> str:
    """Make a bundle of 3 units of a product and return its id."""
    parts = [{"variantId": product["defaultVariant"]["id"], "quantity": 3}]
    price = {"amount": 1500, "currency": "USD"}
    made = await change(
        running, shop, "createBundle", name="Box", unitPrice=price, components=parts
    )
    return made["bundle"]["id"]


async def becomes(running: Server, shop: Shop, query: str, wanted: Any, **asked: Any) -> None:
    """Wait until a browser is answered what is wanted, long before what was kept is too old."""
    found: Any = None
    for _ in range(_TRIES):
        found = (await running.get(shop, query, **asked)).json()["data"]
        if found == wanted:
            return
        await asyncio.sleep(0.01)
    assert found == wanted


async def test_bundles_are_public_and_named_by_their_keys(keeping: Server) -> None:
    shop = await keeping.shop()
    missed = await keeping.get(shop, '{ bundleBySlug(slug: "box") { name } }')
    assert missed.json() == {"data": {"bundleBySlug": None}}
    assert missed.headers["surrogate-key"] == f"{shop.env} products-{shop.env}"
    id = await box(keeping, shop, await keeping.product(shop))
    page = await keeping.get(shop, PAGE, variables={"id": id})
    assert page.json()["data"]["bundle"] == {
        "name": "Box",
        "availableForSale": True,
        "quantityAvailable": 3,
    }
    assert page.headers["cache-control"].startswith("public, s-maxage=10,")
    assert page.headers["surrogate-key"] == f"{shop.env} {id}"
    names = await keeping.get(shop, NAMES)
    assert names.headers["cache-control"].startswith("public, s-maxage=60,")
    assert names.headers["surrogate-key"] == f"{shop.env} products-{shop.env} {id}"
    private = await keeping.get(shop, "{ bundles { nodes { name metadata } } }")
    assert private.headers["cache-control"] == "private, no-store"


async def test_what_is_kept_of_a_bundle_follows_it_and_its_components(keeping: Server) -> None:
    shop = await keeping.shop()
    product = await keeping.product(shop)
    id = await box(keeping, shop, product)
    shown = {"name": "Box", "availableForSale": True, "quantityAvailable": 3}
    asked = {"variables": {"id": id}}
    await becomes(keeping, shop, PAGE, {"bundle": shown}, **asked)
    await keeping.adjust(shop, product, -8)
    shown = {"name": "Box", "availableForSale": False, "quantityAvailable": 0}
    await becomes(keeping, shop, PAGE, {"bundle": shown}, **asked)
    await change(keeping, shop, "updateBundle", id=id, name="Big box")
    await becomes(keeping, shop, PAGE, {"bundle": {**shown, "name": "Big box"}}, **asked)
    parts = [{"variant": {"sku": None}}]
    await becomes(
        keeping, shop, NAMES, {"bundles": {"nodes": [{"name": "Big box", "components": parts}]}}
    )
    await keeping.post(
        shop,
        "mutation($input: UpdateProductInput!) { updateProduct(input: $input)"
        " { userErrors { code message } } }",
        input={"id": product["id"], "status": "INACTIVE"},
    )
    parts = [{"variant": None}]
    await becomes(
        keeping, shop, NAMES, {"bundles": {"nodes": [{"name": "Big box", "components": parts}]}}
    )
    await change(keeping, shop, "updateBundle", id=id, status="INACTIVE")
    await becomes(keeping, shop, PAGE, {"bundle": None}, **asked)
    await becomes(keeping, shop, NAMES, {"bundles": {"nodes": []}})
