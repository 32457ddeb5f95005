"""A shop that sold before there was a whole catalog goes on selling."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Connection

from ordergraph.commerce.search.reindexing import reindex_unindexed
from ordergraph.core.ids import Prefix, encode
from ordergraph.runtime.db import migrating
from ordergraph.runtime.db.driver import connect
from tests.commerce.catalog.shelf import create, optioned, simple, variant
from tests.commerce.orders.counter import Counter, of
from tests.commerce.search.shelves import work
from tests.databases import Databases
from tests.world import World

PRODUCT = """
query ($id: ID!) { product(id: $id) {
  id name slug imageUrl images { url } availableForSale version
  priceRange { lowest { amount currency } highest { amount } }
  variants { id sku barcode unitPrice { amount } quantityAvailable imageUrl }
  categories { name }
} }
"""
ORDER = """
query ($id: ID!) { order(id: $id) {
  status pricing { total { amount } } inventoryException
  lineItems { name quantity total { amount } variant { id } modifiers { id } components { name } }
} }
"""
SEARCH = '{ search(query: "straße", first: 5) { nodes { ... on Product { id } } } }'


async def test_a_shop_of_the_first_sale_is_there_whole_after_the_way_back_to_it_and_forth(
    databases: Databases,
) -> None:
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        counter = Counter(world)
        mug = await create(world, simple("Straße 7", sku="MUG", initial_quantity=5))
        again = await create(world, simple("Straße 7", sku="MUGS"))
        shirts = await create(
            world,
            optioned(variant("S", "Red", sku="S-R", barcode="4006381333931"), variant("L", "Red")),
        )
        assert mug.variants
        order = await counter.paid(of(mug.variants[0].id, 2))
        unpaid = await counter.order(of(mug.variants[0].id, 1))
        await world.close()

        await migrating._work(url, lambda connection: _to(connection, "0003"))
        await _age(url, mug, shirts)
        await migrating._work(url, lambda connection: _to(connection, "head"))

        after = _reopened(world, url)
        found = [await _product(after, each.id) for each in (mug, again, shirts)]
        assert [each["slug"] for each in found] == [
            "strasse-7",
            f"strasse-7-{again.id.hex[-12:]}",
            "shirt",
        ]
        assert found[0]["imageUrl"] == "https://example.com/mug.png"
        assert [each["url"] for each in found[0]["images"]] == ["https://example.com/mug.png"]
        assert [each["sku"] for each in found[0]["variants"]] == ["MUG"]
        assert found[0]["variants"][0]["quantityAvailable"] == 3
        assert [(each["sku"], each["barcode"]) for each in found[2]["variants"]] == [
            ("S-R", "4006381333931"),
            (None, None),
        ]
        assert [each["priceRange"]["lowest"]["amount"] for each in found] == [1999, 1999, 1500]
        assert found[2]["priceRange"]["highest"]["amount"] == 1999
        for slug in ("strasse-7", "STRASSE-7"):
            answer = await after.graphql(f'{{ productBySlug(slug: "{slug}") {{ id }} }}')
            assert answer.payload == {"id": found[0]["id"]}
        sold = (await after.graphql(ORDER, id=encode(Prefix.ORDER, order.id))).payload
        assert (sold["status"], sold["pricing"]["total"]["amount"]) == ("PAID", 3998)
        assert sold["lineItems"][0]["variant"] == {"id": found[0]["variants"][0]["id"]}
        assert (sold["lineItems"][0]["modifiers"], sold["lineItems"][0]["components"]) == ([], [])
        counter = Counter(after)
        assert (await counter.pay(unpaid)).problem is None
        await counter.refund(order)
        assert await counter.stock(mug.variants[0].id) == (4, 0)
        await reindex_unindexed(after.database)
        await work(after)
        hits = (await after.graphql(SEARCH)).payload["nodes"]
        assert {each["id"] for each in hits} == {found[0]["id"], found[1]["id"]}
        await after.close()


async def _age(url: str, mug: Any, shirts: Any) -> None:
    """Give the shop what only a shop of that time could have: a barcode twice, a picture."""
    connection = await connect(url, "test")
    try:
        await connection.execute(
            "UPDATE variants SET barcode = '4006381333931', unit_price_minor = "
            "CASE option_values ->> 0 WHEN 'L' THEN 1500 ELSE 1999 END WHERE product_id = $1",
            shirts.id,
        )
        await connection.execute(
            "UPDATE products SET image_url = 'https://example.com/mug.png' WHERE id = $1", mug.id
        )
    finally:
        await connection.close()


async def _product(world: World, id: Any) -> Any:
    return (await world.graphql(PRODUCT, id=encode(Prefix.PRODUCT, id))).payload


def _reopened(world: World, url: str) -> World:
    again = World(url)
    again.actor, again.environment_id = world.actor, world.environment_id
    again.merchant_id = world.merchant_id
    return again


def _to(connection: Connection, revision: str) -> None:
    config = migrating._config(connection)
    (command.upgrade if revision == "head" else command.downgrade)(config, revision)
