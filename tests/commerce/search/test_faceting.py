"""Counting what was found: held to a naive count of the same things."""

from collections import Counter
from dataclasses import replace
from typing import Any

from ordergraph.commerce.catalog.rules import ProductStatus, ProductType
from ordergraph.commerce.search.faceting import Facets, search_facets
from ordergraph.commerce.search.rules import Search, SearchFilter
from ordergraph.core.money import Money
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import statements
from tests.commerce.catalog.shelf import create, simple
from tests.commerce.search.shelves import EVERYTHING, found, make_bundle, shelve
from tests.world import World

PRICES = [0, 1, 9, 10, 19, 20, 49, 50, 99, 100, 1_999, 2_000, 5_000, 123_456, 999_999]


async def facets(
    world: World,
    query: str,
    filter: SearchFilter = EVERYTHING,
    *,
    stock: bool = True,
    caller: Actor | None = None,
) -> Facets:
    viewer = world.database.viewer(caller or world.actor)
    return await search_facets(viewer, Search.of(query, filter), stock=stock)


def _range(price: int) -> tuple[int, int]:
    """Return the range of a price by definition: from 1, 2 or 5 times a power of ten."""
    steps = [0] + [step * 10**power for power in range(8) for step in (1, 2, 5)]
    least = max(step for step in steps if step <= price)
    return least, 0 if least == 0 else min(step for step in steps if step > price) - 1


async def test_src_7_prices_fall_into_ranges_that_leave_nothing_out(world: World) -> None:
    for price in PRICES:
        await create(world, _priced(price))
    await create(world, _priced(7, "EUR"))
    counted = (await facets(world, "tea")).prices
    expected = Counter(_range(price) for price in PRICES)
    dollars = [each for each in counted if each.lowest.currency == "USD"]
    assert {(each.lowest.minor, each.highest.minor): each.count for each in dollars} == expected
    assert [each.lowest.minor for each in dollars] == sorted(each[0] for each in expected)
    assert [each for each in counted if each.lowest.currency == "EUR"] == [
        type(counted[0])(Money(5, "EUR"), Money(9, "EUR"), 1)
    ]
    for each in dollars:
        wanted = SearchFilter(
            currency="USD", least_minor=each.lowest.minor, most_minor=each.highest.minor
        )
        assert len(await found(world, "tea", wanted)) == each.count


def _priced(minor: int, currency: str = "USD") -> Any:
    wanted = simple("Tea")
    assert wanted.default_variant
    return replace(
        wanted,
        default_variant=replace(wanted.default_variant, unit_price=Money(minor, currency)),
    )


async def test_src_7_facets_count_what_a_naive_count_does(world: World) -> None:
    labels = [("Hot",), ("Hot", "Green"), (), ("Green",), ("Hot", "Cold", "Green")]
    types = [ProductType.PHYSICAL, ProductType.SERVICE, ProductType.PHYSICAL]
    products = [
        await shelve(
            world,
            "Tea",
            categories=labels[number % 5],
            product={"product_type": types[number % 3]},
            initial_quantity=number % 2 if number % 4 else None,
        )
        for number in range(20)
    ]
    await shelve(world, "Coffee", categories=["Hot"])
    bundle = await make_bundle(world, products[0], products[2])  # the second of them is sold out
    counted = await facets(world, "tea")
    assert [each.count for each in counted.categories] == [12, 12, 4]
    assert {each.product_type: each.count for each in counted.product_types} == {
        ProductType.PHYSICAL: 13,
        ProductType.SERVICE: 7,
    }
    assert counted.in_stock == sum(number % 4 == 0 or number % 2 == 1 for number in range(20))
    assert [(each.lowest.minor, each.count) for each in counted.prices] == [(1_000, 21)]
    assert bundle in await found(world, "tea")
    for category in counted.categories:
        wanted = SearchFilter(category_ids=(category.category_id,))
        assert len(await found(world, "tea", wanted)) == category.count
    in_stock = SearchFilter(only_in_stock=True)
    assert len(await found(world, "tea", in_stock)) == counted.in_stock
    assert (await facets(world, "tea", in_stock)).in_stock == counted.in_stock


async def test_a_bundle_is_in_stock_when_there_is_enough_of_all_its_components(
    world: World,
) -> None:
    few = await shelve(world, "Leaf", initial_quantity=2)
    free = await shelve(world, "Leaf")
    can = await make_bundle(world, few, free, name="Set", sku="S-2", quantity=2)
    await make_bundle(world, few, name="Set", sku="S-3", quantity=3)
    await make_bundle(world, name="Set", sku="S-0")
    assert await found(world, "set", SearchFilter(only_in_stock=True)) == [can]
    assert (await facets(world, "set")).in_stock == 1


async def test_buyers_count_what_they_find(world: World) -> None:
    await shelve(world, "Tea")
    await shelve(world, "Tea", product={"status": ProductStatus.INACTIVE})
    assert [each.count for each in (await facets(world, "tea")).product_types] == [2]
    counted = await facets(world, "tea", caller=world.browser)
    assert [each.count for each in counted.product_types] == [1]


async def test_facets_are_one_statement_and_look_at_stock_only_when_asked_to(world: World) -> None:
    await shelve(world, "Tea", categories=["Hot"])
    for stock in (True, False):
        with statements.counted() as sent:
            counted = await facets(world, "tea", stock=stock)
        assert len(sent) == 1
        assert ("inventory_items" in sent.texts[0]) is stock
        assert counted.in_stock == (1 if stock else None)
