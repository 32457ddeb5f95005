"""What every change of a product or variant tells: one event, one version, and the caches."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.catalog.changing import ProductChanges, VariantChanges
from ordergraph.commerce.catalog.deleting import delete_product, delete_variant
from ordergraph.commerce.catalog.reads import products_by_ids, variants_by_product
from ordergraph.commerce.catalog.rules import Product, ProductStatus, Variant
from ordergraph.commerce.catalog.updating import replace_product_categories, update_product
from ordergraph.commerce.catalog.varying import add_variant, update_variant
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.runtime.db.transaction import Transaction
from tests.commerce.catalog.shelf import create, optioned, variant
from tests.world import World

Told = list[tuple[list[tuple[str, UUID, int]], set[UUID]]]
Change = Callable[[World, Product, Variant], Awaitable[Any]]


@pytest.fixture
def told(world: World) -> Told:
    """The product events and what is outdated of each transaction that closes."""
    closed: Told = []

    class Listening:
        async def opened(self, tx: Transaction) -> None: ...

        async def closing(self, tx: Transaction) -> None:
            events = [
                (event.type, event.subject_id, event.payload["version"])
                for event in tx.events
                if event.type.startswith("product.")
            ]
            closed.append((events, set(tx.outdated)))

        def closed(self, tx: Transaction, *, committed: bool) -> None: ...

    hooks = world.database._hooks  # pyright: ignore[reportPrivateUsage]
    world.database._hooks = (*hooks, Listening())  # pyright: ignore[reportPrivateUsage]
    return closed


async def _change(world: World, product: Product, _: Variant, **fields: Any) -> None:
    wanted = ProductChanges(**fields)
    await update_product(world.database, world.actor, product.id, wanted, None, Findings())


async def _vary(world: World, _: Product, variant: Variant, **fields: Any) -> None:
    wanted = VariantChanges(**fields)
    await update_variant(world.database, world.actor, variant.id, wanted, None, Findings())


async def _rename(world: World, product: Product, variant: Variant) -> None:
    await _change(world, product, variant, name="Blouse")


async def _hide(world: World, product: Product, variant: Variant) -> None:
    await _change(world, product, variant, status=ProductStatus.INACTIVE)


async def _choose(world: World, product: Product, variant: Variant) -> None:
    await _change(world, product, variant, default_variant_id=variant.id)


async def _slug(world: World, product: Product, variant: Variant) -> None:
    await _change(world, product, variant, slug="blouse")


async def _label(world: World, product: Product, _: Variant) -> None:
    await replace_product_categories(world.database, world.actor, product.id, ["Tops"])


async def _add(world: World, product: Product, _: Variant) -> None:
    new = variant("L", "Blue")
    await add_variant(world.database, world.actor, product.id, new, None, Findings())


async def _reprice(world: World, product: Product, variant: Variant) -> None:
    await _vary(world, product, variant, unit_price=Money(5, "USD"))


async def _move(world: World, product: Product, variant: Variant) -> None:
    await _vary(world, product, variant, position=1)


async def _limit(world: World, product: Product, variant: Variant) -> None:
    await _vary(world, product, variant, low_stock_threshold=3)


async def _code(world: World, product: Product, variant: Variant) -> None:
    await _vary(world, product, variant, sku="SHIRT")


async def _drop(world: World, _: Product, variant: Variant) -> None:
    await delete_variant(world.database, world.actor, variant.id)


async def _shirt(world: World) -> tuple[Product, Variant]:
    product = await create(world, optioned(variant("S", "Red"), variant("S", "Blue")))
    viewer = world.database.viewer(world.actor)
    return product, (await variants_by_product(viewer, [product.id]))[product.id][0]


@pytest.mark.parametrize(
    "change",
    [_rename, _hide, _choose, _slug, _label, _add, _reprice, _move, _limit, _code, _drop],
)
async def test_cat_22_a_change_is_one_version_and_one_event_and_outdates_the_product(
    world: World, told: Told, change: Change
) -> None:
    product, first = await _shirt(world)
    told.clear()
    await change(world, product, first)
    ((events, outdated),) = told
    assert events == [("product.UPDATED", product.id, 2)]
    assert product.id in outdated
    viewer = world.database.viewer(world.actor)
    assert (await products_by_ids(viewer, [product.id]))[product.id].version == 2


async def test_a_deletion_is_one_event_and_outdates_the_product(world: World, told: Told) -> None:
    product, _ = await _shirt(world)
    told.clear()
    await delete_product(world.database, world.actor, product.id)
    assert told == [([("product.DELETED", product.id, 2)], {product.id})]


async def test_upd_3_what_changes_nothing_tells_nothing(world: World, told: Told) -> None:
    product, first = await _shirt(world)
    told.clear()
    await _change(world, product, first, name="Shirt", status=ProductStatus.ACTIVE, images=[])
    await _change(world, product, first, default_variant_id=None, slug="")
    await _vary(world, product, first, sku=None, position=0, enforce_inventory_limit=False)
    await replace_product_categories(world.database, world.actor, product.id, [])
    assert told == [([], set())] * 4
