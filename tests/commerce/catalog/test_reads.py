"""Finding products and variants, as merchants and as browsers do."""

from dataclasses import replace

from ordergraph.commerce.catalog.reads import (
    products_by_ids,
    variant_by_code,
    variants_by_product,
    variants_for_sale,
)
from ordergraph.commerce.catalog.rules import Product, ProductStatus, ProductType, VariantStatus
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from tests.commerce.catalog.shelf import create, optioned, simple, variant
from tests.world import World


async def shelf(world: World) -> tuple[Product, Product, Product]:
    """An active product, an inactive one, and one of which only some variants are active."""
    offered = await create(world, simple(sku="OFFERED"))
    hidden = await create(world, replace(simple(sku="HIDDEN"), status=ProductStatus.INACTIVE))
    partly = await create(
        world,
        optioned(
            variant("S", "Red", sku="SMALL"),
            variant("L", "Red", sku="LARGE", status=VariantStatus.INACTIVE),
        ),
    )
    return offered, hidden, partly


async def test_a_browser_finds_only_what_is_active_by_every_way(world: World) -> None:
    products = await shelf(world)
    offered, hidden, partly = (product.id for product in products)
    ids = [variant.id for product in products for variant in product.variants or ()]
    merchant, browser = (world.database.viewer(who) for who in (world.actor, world.browser))

    assert set(await products_by_ids(merchant, [offered, hidden, partly])) == {
        offered,
        hidden,
        partly,
    }
    assert set(await products_by_ids(browser, [offered, hidden, partly])) == {offered, partly}
    assert list(await variants_for_sale(merchant, ids)) == ids
    assert list(await variants_for_sale(browser, ids)) == [ids[0], ids[2]]
    shown = await variants_by_product(browser, [offered, hidden, partly])
    assert [len(shown[id]) for id in (offered, hidden, partly)] == [1, 0, 1]
    for sku in ("HIDDEN", "LARGE"):
        assert await variant_by_code(merchant, sku=sku) is not None
        assert await variant_by_code(browser, sku=sku) is None
    assert await variant_by_code(browser, sku="SMALL") is not None


async def test_cat_30_a_sku_is_found_exactly_trimmed_inactive_ones_included(world: World) -> None:
    await shelf(world)
    merchant = world.database.viewer(world.actor)
    found = await variant_by_code(merchant, sku="  HIDDEN ")
    assert found is not None
    variant, product = found
    assert (variant.sku, variant.active) == ("HIDDEN", False)
    assert (await products_by_ids(merchant, [product.id]))[variant.product_id] == product
    for sku in ("hidden", "HIDDE", "HIDDEN%", ""):
        assert await variant_by_code(merchant, sku=sku) is None


async def test_env_1_another_environment_finds_nothing(world: World) -> None:
    product = await create(world, simple(sku="A"))
    (only,) = product.variants or ()
    stranger = world.database.viewer(
        world.caller(ActorKind.SECRET_KEY, world.actor.scopes, environment_id=new_id())
    )
    assert await products_by_ids(stranger, [product.id]) == {}
    assert await variants_for_sale(stranger, [only.id]) == {}
    assert await variants_by_product(stranger, [product.id]) == {product.id: []}
    assert await variant_by_code(stranger, sku="A") is None


async def test_an_order_learns_all_it_needs_to_sell_in_one_statement(world: World) -> None:
    product = await create(
        world,
        replace(
            optioned(
                variant("S", "Red", initial_quantity=3, tax_category=TaxCategory.CLOTHING),
                variant("L", "Blue", sku="L", enforce_inventory_limit=True),
            ),
            image_url="https://example.com/shirt.png",
        ),
    )
    beans = await create(world, simple("Beans", taxable=False))
    ids = [each.id for each in (*(product.variants or ()), *(beans.variants or ()))]
    with statements.counted() as sent:
        found = await variants_for_sale(world.database.viewer(world.actor), [*ids, new_id()])
    assert len(sent) == 1
    assert set(found) == set(ids)
    small, large, bag = (found[id] for id in ids)
    assert [each.line_name for each in (small, large, bag)] == [
        "Shirt - S / Red",
        "Shirt - L / Blue",
        "Beans",
    ]
    assert small.unit_price == Money(1999, "USD")
    assert (small.product_id, small.product_type) == (product.id, ProductType.PHYSICAL)
    assert small.image_url == "https://example.com/shirt.png"
    assert (small.tracked, small.quantity_available) == (True, 3)
    assert (large.sku, large.enforce_inventory_limit, large.quantity_available) == ("L", True, None)
    assert (small.tax_category, bag.taxable) == (TaxCategory.CLOTHING, False)
