"""Lists of products: filters, sorts, pages (CAT-9, CAT-10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from ordergraph.commerce.catalog.listing import (
    ProductFilter,
    ProductSortField,
    product_count,
    product_page,
    sort_key,
)
from ordergraph.commerce.catalog.rules import ProductStatus, ProductType, VariantStatus
from ordergraph.commerce.catalog.tables import ProductRow
from ordergraph.commerce.categories.labeling import assign_labels
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.categories.tables import CategoryRow
from ordergraph.commerce.inventory.holding import hold_stock
from ordergraph.core.ids import new_id
from ordergraph.core.paging import PageRequest, Position
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import statements
from ordergraph.runtime.db.scope import within
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


async def categories_by_label(world: World) -> dict[str, UUID]:
    rows = await world.database.viewer(world.actor).rows(
        select(CategoryRow.name, CategoryRow.id).where(within(CategoryRow))
    )
    return {row.name: row.id for row in rows}


async def test_cat_9_lists_are_filtered_by_ids_slugs_and_labels_of_categories(
    world: World,
) -> None:
    await create(world, replace(simple("Both"), categories=["Hot Drinks", "Sale"]))
    await create(world, replace(simple("Hot"), categories=["hot drinks"]))
    await create(world, replace(simple("Off"), categories=["Sale"], status=ProductStatus.INACTIVE))
    await create(world, simple("None"))
    ids = await categories_by_label(world)
    for wanted in (
        {"categories": ("hot-drinks",)},
        {"categories": (" HOT DRINKS ",)},
        {"category_ids": (ids["Hot Drinks"],)},
        {"categories": ("hot-drinks", "Hot Drinks", "tea"), "category_ids": (new_id(),)},
    ):
        assert await names(world, **wanted) == ["Both", "Hot"]
    either = {"categories": ("hot-drinks",), "category_ids": (ids["Sale"],)}
    assert await names(world, **either) == ["Both", "Hot", "Off"]
    assert await names(world, caller=world.browser, **either) == ["Both", "Hot"]
    assert await names(world, **either, query="o") == ["Both", "Hot", "Off"]
    assert await names(world, **either, query="bo") == ["Both"]
    assert await names(world, categories=("drinks",)) == []
    assert await names(world, caller=world.stranger(), category_ids=(ids["Sale"],)) == []


async def test_a_bundle_in_a_category_takes_no_place_among_its_products(world: World) -> None:
    await create(world, replace(simple("Tea"), categories=["Sale"]))
    async with world.database.transaction(world.actor) as tx:
        await assign_labels(tx, {new_id(): ["Sale"]}, MemberKind.BUNDLE, active=True)
    assert await names(world, categories=("sale",)) == ["Tea"]


async def test_a_category_of_many_products_is_paged_as_one_of_few(world: World) -> None:
    few = await create(world, replace(simple("Few"), categories=["Few", "Many"]))
    columns = [column.name for column in ProductRow.__table__.c if not column.computed]
    taken = {
        "id": "gen_random_uuid()",
        "name": "'Copy ' || n",
        "name_key": "'copy ' || n",
        "lowest_price_minor": "n % 7",
        "created_at": "created_at + n % 100 * interval '1 minute'",
    }
    copies = ", ".join(taken.get(name, name) for name in columns)
    async with world.database.transaction(world.actor) as tx:
        await tx.driver_rows(
            f"INSERT INTO products ({', '.join(columns)}) SELECT {copies} "
            "FROM products, generate_series(1, 2100) AS n WHERE environment_id = $1",
            [world.environment_id],
        )
        await tx.driver_rows(
            "INSERT INTO category_members "
            "SELECT environment_id, c.id, p.id, 'PRODUCT', true, 0 "
            "FROM products AS p JOIN categories AS c USING (environment_id) "
            "WHERE environment_id = $1 AND c.name = 'Many' ON CONFLICT DO NOTHING",
            [world.environment_id],
        )
    viewer = world.database.viewer(world.actor)
    assert await names(world, categories=("few",)) == ["Few"]
    assert await product_count(viewer, ProductFilter(categories=("many",))) == 2101
    for sort in ProductSortField:
        seen: list[UUID] = []
        after: Position | None = None
        while True:
            page = await product_page(
                viewer, ProductFilter(categories=("many",)), sort, PageRequest(1000, after, True)
            )
            seen += [product.id for product in page.items]
            if not page.has_next:
                break
            after = Position(*sort_key(page.items[-1], sort))
        assert (len(seen), len(set(seen)), few.id in seen) == (2101, 2101, True)


@pytest.mark.parametrize("label", ["tea", "no such category"])
async def test_a_list_of_categories_takes_one_statement_more(world: World, label: str) -> None:
    await create(world, replace(simple("Tea"), categories=["Tea"]))
    viewer = world.database.viewer(world.actor)
    with statements.counted() as sent:
        await product_page(
            viewer, ProductFilter(categories=(label,)), ProductSortField.NAME, PageRequest(5)
        )
    assert len(sent) == 2


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
