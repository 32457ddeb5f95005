"""What the stock of its components allows of a bundle (BUN-3, BUN-4)."""

import pytest

from ordergraph.commerce.bundles.reads import bundle_by_code, bundles_by_ids, bundles_for_sale
from ordergraph.commerce.bundles.rules import BundleStatus
from ordergraph.commerce.catalog.rules import ProductStatus, VariantStatus
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.statements import counted
from tests.commerce.bundles.boxes import (
    look,
    offered,
    oversell,
    pack,
    turn_product,
    turn_variant,
)
from tests.commerce.inventory.shelves import hold, shelve
from tests.world import World


async def test_bun_4_its_quantity_is_what_the_scarcest_component_allows(world: World) -> None:
    beans, cups, manual = await shelve(world, 17), await shelve(world, 4), await shelve(world, None)
    id = await pack(world, (beans, 5), (cups, 1), (manual, 1))
    assert await offered(world, id) == (True, 3)
    await hold(world, {beans: 3})
    assert await offered(world, id) == (True, 2)
    await hold(world, {cups: 4})
    assert await offered(world, id) == (False, 0)


async def test_bun_4_its_quantity_is_null_where_no_component_is_tracked(world: World) -> None:
    id = await pack(world, (await shelve(world, None), 2), (await shelve(world, None), 1))
    assert await offered(world, id) == (True, None)


@pytest.mark.parametrize(
    ("on_hand", "quantity", "available"), [(-1, 2, -1), (-2, 2, -1), (-3, 2, -2), (1, 2, 0)]
)
async def test_bun_4_stock_below_zero_counts_as_it_is_rounded_down(
    world: World, on_hand: int, quantity: int, available: int
) -> None:
    beans = await shelve(world, 1, enforced=False)
    await oversell(world, beans, on_hand)
    id = await pack(world, (beans, quantity), (await shelve(world, 100), 1))
    assert await offered(world, id) == (True, available)


@pytest.mark.parametrize(("units", "available"), [(3, True), (2, False)])
async def test_bun_3_enforced_stock_must_reach_for_one_bundle(
    world: World, units: int, available: bool
) -> None:
    id = await pack(world, (await shelve(world, units), 3), (await shelve(world, 9), 1))
    assert await offered(world, id) == (available, units // 3)


async def test_bun_3_stock_that_is_not_enforced_stops_nothing(world: World) -> None:
    id = await pack(world, (await shelve(world, 0, enforced=False), 3))
    assert await offered(world, id) == (True, 0)


@pytest.mark.parametrize("status", [VariantStatus.INACTIVE, VariantStatus.DELETED])
async def test_bun_3_every_variant_must_be_active(world: World, status: VariantStatus) -> None:
    beans, cups = await shelve(world, None), await shelve(world, None)
    id = await pack(world, (beans, 1), (cups, 1))
    await turn_variant(world, cups, status)
    assert await offered(world, id) == (False, None)
    await turn_variant(world, cups, VariantStatus.ACTIVE)
    assert await offered(world, id) == (True, None)


@pytest.mark.parametrize("status", [ProductStatus.INACTIVE, ProductStatus.DELETED])
async def test_bun_3_every_product_must_be_active(world: World, status: ProductStatus) -> None:
    beans, cups = await shelve(world, None), await shelve(world, None)
    id = await pack(world, (beans, 1), (cups, 1))
    await turn_product(world, beans, status)
    assert await offered(world, id) == (False, None)


@pytest.mark.parametrize("status", [BundleStatus.INACTIVE, BundleStatus.DELETED])
async def test_bun_3_the_bundle_itself_must_be_active(world: World, status: BundleStatus) -> None:
    id = await pack(world, (await shelve(world, 8), 2), status=status)
    assert await offered(world, id) == (False, 4)
    assert await look(world, id, world.browser) is None


async def test_bun_3_a_bundle_without_components_cannot_be_sold(world: World) -> None:
    assert await offered(world, await pack(world)) == (False, None)


async def test_bundles_for_sale_are_one_statement_with_all_that_a_line_records(
    world: World,
) -> None:
    beans, cups = await shelve(world, 9), await shelve(world, 9)
    ids = [await pack(world, (beans, 2), (cups, 1)), await pack(world, (cups, 3)), new_id()]
    viewer = world.database.viewer(world.actor)
    with counted() as statements:
        found = await bundles_for_sale(viewer, ids)
    assert len(statements) == 1
    assert set(found) == set(ids[:2])
    parts = found[ids[0]].components
    assert parts is not None
    assert [(each.variant_id, each.quantity, each.position) for each in parts] == [
        (beans, 2, 0),
        (cups, 1, 1),
    ]
    assert [(each.name, each.sku) for each in parts] == [("Beans", None), ("Beans", None)]
    assert [found[id].component_count for id in ids[:2]] == [2, 1]


async def test_bundles_of_another_environment_are_not_found(world: World) -> None:
    id = await pack(world, (await shelve(world, 9), 1))
    viewer = world.database.viewer(world.stranger())
    assert await bundles_for_sale(viewer, [id]) == {}
    assert await bundles_by_ids(viewer, [id]) == {}
    assert await bundle_by_code(viewer, sku="BOX") is None
