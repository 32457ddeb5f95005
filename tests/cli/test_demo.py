"""The demo shop: opened once, its keys the same for ever."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from ordergraph.cli.demo import DemoShop, open_demo, write_demo
from ordergraph.cli.demo_shelf import demo_products
from ordergraph.commerce.access.authenticating import Authentication
from ordergraph.commerce.access.tables import ApiKeyRow
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow
from ordergraph.commerce.categories.tables import CategoryMemberRow, CategoryRow
from ordergraph.commerce.merchants.tables import EnvironmentRow, MerchantRow
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.scopes import BUYER_SCOPES, MERCHANT_SCOPES
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import ManualClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Transaction


@pytest.fixture
async def database(fresh_database: str) -> AsyncIterator[Database]:
    database = Database(fresh_database, ManualClock())
    yield database
    await database.close()


def acting_in(database: Database, shop: DemoShop) -> Transaction:
    return database.transaction(Actor.system(shop.environment_id, shop.merchant_id))


async def skus_of(database: Database, shop: DemoShop) -> set[str]:
    async with acting_in(database, shop) as tx:
        rows = await tx.rows(
            select(SellableCodeRow.sku).where(SellableCodeRow.environment_id == shop.environment_id)
        )
    return {row.sku for row in rows}


async def test_the_demo_shop_has_a_shelf_and_keys_that_open_its_sandbox(database: Database) -> None:
    shop = await open_demo(database)
    door = Authentication(database)
    secret = await door.authenticate(shop.secret_key)
    publishable = await door.authenticate(shop.publishable_key)
    await door.close()
    assert secret.environment_id == publishable.environment_id == shop.environment_id
    assert (secret.scopes, publishable.scopes) == (MERCHANT_SCOPES, BUYER_SCOPES)
    assert secret.livemode is False
    skus = await skus_of(database, shop)
    assert len(skus) == 13
    assert all(sku.startswith("DEMO-") for sku in skus)


async def test_the_demo_shelf_has_a_menu_of_categories(database: Database) -> None:
    shop = await open_demo(database)
    async with acting_in(database, shop) as tx:
        rows = await tx.rows(
            select(CategoryRow.name, func.count())
            .join(CategoryMemberRow, CategoryMemberRow.category_id == CategoryRow.id)
            .where(CategoryRow.environment_id == shop.environment_id)
            .group_by(CategoryRow.name)
        )
    counts = {row[0]: row[1] for row in rows}
    assert counts == {"Coffee": 2, "Beans": 1, "Equipment": 2, "Pastries": 1, "Learning": 2}
    assert sum(counts.values()) == len(demo_products())


async def test_servers_that_start_together_open_one_shop(database: Database) -> None:
    shops = await asyncio.gather(*(open_demo(database) for _ in range(3)))
    assert len(set(shops)) == 1
    async with acting_in(database, shops[0]) as tx:
        counts = [
            await tx.scalar(select(func.count()).select_from(row))
            for row in (MerchantRow, EnvironmentRow, ApiKeyRow, ProductRow)
        ]
    assert counts == [1, 2, 2, len(demo_products())]


async def test_what_was_taken_off_the_shelf_stays_off(database: Database) -> None:
    shop = await open_demo(database)
    async with acting_in(database, shop) as tx:
        await tx.execute(delete(SellableCodeRow).where(SellableCodeRow.sku == "DEMO-ESPRESSO"))
    assert await open_demo(database) == shop
    assert "DEMO-ESPRESSO" not in await skus_of(database, shop)


async def test_a_start_that_was_cut_off_is_finished_by_the_next(database: Database) -> None:
    shop = await open_demo(database)
    whole = await skus_of(database, shop)
    async with acting_in(database, shop) as tx:
        await tx.execute(delete(ApiKeyRow))
        await tx.execute(delete(SellableCodeRow).where(SellableCodeRow.sku == "DEMO-GUIDE"))
    assert await open_demo(database) == shop
    assert await skus_of(database, shop) == whole


def test_demo_json_is_written_anew_for_its_owner_only(tmp_path: Path) -> None:
    shop = DemoShop(new_id(), new_id(), "og_test_sk_1", "og_test_pk_1")
    for port in (8000, 8001):
        path = write_demo(tmp_path / "data", f"http://127.0.0.1:{port}/graphql", shop)
    assert path == tmp_path / "data" / "demo.json"
    assert json.loads(path.read_text()) == {
        "url": "http://127.0.0.1:8001/graphql",
        "secretKey": "og_test_sk_1",
        "publishableKey": "og_test_pk_1",
        "merchantId": encode(Prefix.MERCHANT, shop.merchant_id),
        "environmentId": encode(Prefix.ENVIRONMENT, shop.environment_id),
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["demo.json"]
