"""Lists of products: filters, sorts, pages (CAT-9, CAT-10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ordergraph.commerce.catalog.listing import (
    ProductFilter,
    ProductSortField,
    product_count,
    product_page,
    sort_key,
)
from ordergraph.commerce.catalog.rules import ProductStatus, ProductType, VariantStatus
from ordergraph.commerce.inventory.holding import hold_stock
from ordergraph.core.ids import new_id
from ordergraph.core.paging import PageRequest, Position
from ordergraph.runtime.actor import Actor
from tests.commerce.catalog.shelf import create, optioned, simple, variant
from tests.world import World

NAME = ProductSortField.NAME


async def names(
    world: World,
    *,
    caller: Actor | None = None,
    sort: ProductSortField = ProductSortField.CREATED_AT,
    **wanted: Any,
) -> list[str]:
    """Return the names of a list, the first in its order first, and check its count."""
    viewer = world.database.viewer(caller or world.actor)
    page = await product_page(viewer, ProductFilter(**wanted), sort, PageRequest(100))
    assert await product_count(viewer, ProductFilter(**wanted)) == len(page.items)
    return [product.name for product in page.items]


async def test_a_query_finds_names_descriptions_skus_and_ids(world: World) -> None:
    beans = await create(world, replace(simple("Coffee Beans", sku="BN_1"), description="Dark"))
    shirt = await create(world, optioned(variant("S", "Red", sku="SH%1"), variant("L", "Red")))
    assert await names(world, query="fee b") == ["Coffee Beans"]
    assert await names(world, query="DARK") == ["Coffee Beans"]
    assert await names(world, query="bn_") == ["Coffee Beans"]
    assert await names(world, query="%") == ["Shirt"]
    assert await names(world, query="_") == ["Coffee Beans"]
    assert await names(world, query="\\") == []
    assert await names(world, query="tea") == []
    large = (shirt.variants or ())[1]
    assert await names(world, query="var_...", id=large.id) == ["Shirt"]
    assert await names(world, query="prod_...", id=beans.id) == ["Coffee Beans"]


async def test_a_browser_finds_no_product_by_what_is_hidden_from_it(world: World) -> None:
    await create(world, replace(simple("Hidden"), status=ProductStatus.INACTIVE))
    shirt = await create(
        world,
        optioned(
            variant("S", "Red", sku="SMALL"),
            variant("L", "Red", sku="LARGE", status=VariantStatus.INACTIVE),
        ),
    )
    large = (shirt.variants or ())[1]
    browser = world.browser
    assert await names(world) == ["Hidden", "Shirt"]
    assert await names(world, caller=browser) == ["Shirt"]
    assert await names(world, caller=browser, statuses=(ProductStatus.INACTIVE,)) == []
    assert await names(world, caller=browser, query="small") == ["Shirt"]
    assert await names(world, query="large") == ["Shirt"]
    assert await names(world, caller=browser, query="large") == []
    assert await names(world, caller=browser, query="var_...", id=large.id) == []


async def test_lists_are_filtered_by_type_and_status(world: World) -> None:
    for kind in ProductType:
        await create(world, replace(simple(kind.value), product_type=kind))
    await create(world, replace(simple("OFF"), status=ProductStatus.INACTIVE))
    assert await names(world, types=(ProductType.FEE,)) == ["FEE"]
    assert await names(world, types=(ProductType.FEE, ProductType.SERVICE)) == ["SERVICE", "FEE"]
    assert await names(world, statuses=(ProductStatus.INACTIVE,)) == ["OFF"]
    assert await names(world, statuses=(ProductStatus.DELETED,)) == []
    assert len(await names(world)) == 5


async def test_cat_10_in_stock_is_an_active_variant_untracked_or_with_units_left(
    world: World,
) -> None:
    await create(world, simple("Untracked"))
    await create(world, simple("Some", initial_quantity=1))
    await create(world, simple("None", initial_quantity=0))
    await create(world, simple("Not limited", initial_quantity=0, enforce_inventory_limit=False))
    held = await create(world, simple("Held", initial_quantity=1))
    await create(world, simple("Off", status=VariantStatus.INACTIVE))
    await create(
        world,
        optioned(variant("S", "Red", initial_quantity=0), variant("L", "Red", initial_quantity=2)),
    )
    (only,) = held.variants or ()
    async with world.database.transaction(world.actor) as tx:
        await hold_stock(tx, new_id(), new_id(), {only.id: 1})
    assert await names(world, only_in_stock=True) == ["Untracked", "Some", "Shirt"]


async def test_time_2_times_include_their_beginning_and_exclude_their_end(world: World) -> None:
    start = world.clock.now()
    for name in ("A", "B", "C"):
        await create(world, simple(name))
        world.clock.advance(timedelta(hours=1))
    second, third = (start + timedelta(hours=hours) for hours in (1, 2))
    assert await names(world, created_after=second) == ["B", "C"]
    assert await names(world, created_before=second) == ["A"]
    assert await names(world, created_after=second, created_before=third) == ["B"]
    assert await names(world, updated_after=third) == ["C"]
    assert await names(world, updated_before=start) == []


async def test_pag_3_pages_follow_each_other_in_every_sort_and_direction(world: World) -> None:
    spelled = ["delta", "Alpha", "charlie", "Bravo", "ÉCLAIR", "éclair", "alpha"]
    for name in spelled:
        await create(world, simple(name))
        if name != "charlie":
            world.clock.advance(timedelta(seconds=1))
    assert [name.lower() for name in await names(world, sort=NAME)][:5] == [
        "alpha",
        "alpha",
        "bravo",
        "charlie",
        "delta",
    ]
    for sort in ProductSortField:
        whole = await names(world, sort=sort)
        assert sorted(whole) == sorted(spelled)
        assert await paged_names(world, sort, descending=False) == whole
        assert await paged_names(world, sort, descending=True) == whole[::-1]


async def test_names_longer_than_their_sort_key_are_paged_without_loss(world: World) -> None:
    long = [f"{'ß' * 200}{number}" for number in range(5)]
    for name in long:
        await create(world, simple(name))
    assert sorted(await paged_names(world, NAME, descending=False)) == long


async def paged_names(world: World, sort: ProductSortField, *, descending: bool) -> list[str]:
    """Collect a list page by page, two at a time."""
    viewer = world.database.viewer(world.actor)
    found: list[str] = []
    after: Position | None = None
    while True:
        page = await product_page(viewer, ProductFilter(), sort, PageRequest(2, after, descending))
        found += [product.name for product in page.items]
        if not page.has_next:
            return found
        after = Position(*sort_key(page.items[-1], sort))
