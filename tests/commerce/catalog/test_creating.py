"""Creating products: all or nothing, in a few statements."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.reads import products_by_ids, sellable_by_sku, variants_by_product
from ordergraph.commerce.catalog.rules import Product
from ordergraph.commerce.catalog.shaping import NewProduct, NewVariant
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, VariantRow
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import InventoryAdjustmentRow, LocationRow
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import ConstraintViolated
from tests.commerce.catalog.shelf import PRICE, create, optioned, simple, variant
from tests.world import World


async def count(world: World, row: type[TenantRow]) -> int:
    statement = select(func.count()).select_from(row).where(within(row))
    return await world.database.viewer(world.actor).scalar(statement)


async def stored(world: World, id: UUID) -> Product:
    """Read a product back with its variants."""
    viewer = world.database.viewer(world.actor)
    product = (await products_by_ids(viewer, [id]))[id]
    product.variants = (await variants_by_product(viewer, [id]))[id]
    return product


async def test_what_is_answered_is_what_is_stored(world: World) -> None:
    beans = replace(
        simple(sku="BEANS", barcode="4006381333931", taxable=False, initial_quantity=5),
        description="Dark",
        image_url="https://example.com/beans.png",
        external_reference_id="erp-7",
        metadata={"origin": "Peru"},
    )
    shirt = optioned(
        variant("S", "Red", sku="SHIRT-S", name="Small red", metadata={"a": "b"}),
        variant("L", "Blue", enforce_inventory_limit=True, external_reference_id="erp-8"),
    )
    for wanted in (beans, shirt):
        product = await create(world, wanted)
        assert await stored(world, product.id) == replace(
            product, variants=list(product.variants or ())
        )


async def test_inv_6_first_units_are_the_first_entry_of_the_history(world: World) -> None:
    await create(world, optioned(variant("S", "Red", initial_quantity=7), variant("L", "Red")))
    await create(world, simple(initial_quantity=0))
    row = InventoryAdjustmentRow
    (entry,) = await world.database.viewer(world.actor).rows(
        select(row.quantity_delta, row.new_quantity, row.change_reason).where(within(row))
    )
    assert tuple(entry) == (7, 7, InventoryChangeReason.RECEIVED_STOCK)


async def test_stock_is_tracked_when_a_first_quantity_is_given_even_none_at_all(
    world: World,
) -> None:
    for quantity, tracked in ((0, True), (None, False)):
        product = await create(world, simple(initial_quantity=quantity))
        (only,) = (await stored(world, product.id)).variants or ()
        assert (only.tracked, only.on_hand) == (tracked, 0)


async def test_cat_31_a_sku_in_use_is_refused_at_its_place_and_nothing_is_written(
    world: World,
) -> None:
    await create(world, simple(sku="A", initial_quantity=1))
    with pytest.raises(Problem) as refused:
        await create(world, simple(sku=" A "))
    assert refused.value.code is ErrorCode.SKU_ALREADY_EXISTS
    assert refused.value.field == ("defaultVariant", "sku")

    taken = optioned(
        variant("S", "Red", sku="B", initial_quantity=1),
        variant("L", "Red", sku="A"),
        variant("S", "Blue"),
    )
    with pytest.raises(Problem) as refused:
        await create(world, taken)
    assert refused.value.field == ("variants", "1", "sku")
    rows = (ProductRow, VariantRow, SellableCodeRow, InventoryAdjustmentRow)
    assert [await count(world, row) for row in rows] == [1, 1, 1, 1]

    await create(world, simple(sku="B"))
    with pytest.raises(Problems) as all_refused:
        await create(world, taken)
    fields = [problem.field for problem in all_refused.value.problems]
    assert fields == [("variants", "0", "sku"), ("variants", "1", "sku")]


async def test_a_sku_differs_by_case_and_between_environments(world: World) -> None:
    await create(world, simple(sku="A"))
    await create(world, simple(sku="a"))
    stranger = world.caller(ActorKind.SECRET_KEY, world.actor.scopes, environment_id=new_id())
    other = await create_product(world.database, stranger, simple(sku="A"))
    found = await sellable_by_sku(world.database.viewer(stranger), "A")
    assert found is not None
    assert found[1].id == other.id


async def test_cat_31_of_many_who_want_a_sku_at_once_one_gets_it(world: World) -> None:
    answers = await asyncio.gather(
        *(create(world, simple(sku="A")) for _ in range(10)), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, Problem)]
    assert [refusal.code for refusal in refusals] == [ErrorCode.SKU_ALREADY_EXISTS] * 9
    assert await count(world, ProductRow) == 1


async def test_products_with_the_same_skus_in_opposite_order_never_deadlock(world: World) -> None:
    skus = [f"SKU-{number}" for number in range(4)]
    sizes = (("S", "Red"), ("S", "Blue"), ("L", "Red"), ("L", "Blue"))

    def wanted(skus: list[str]) -> NewProduct:
        return optioned(*(variant(*size, sku=sku) for size, sku in zip(sizes, skus, strict=True)))

    answers = await asyncio.gather(
        *(create(world, wanted(skus[:: 1 if turn % 2 else -1])) for turn in range(12)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers].count(Product) == 1
    assert [type(answer) for answer in answers].count(Problems) == 11


async def test_an_environment_gets_one_default_location_whoever_comes_first(world: World) -> None:
    await asyncio.gather(*(create(world, simple()) for _ in range(8)))
    assert await count(world, LocationRow) == 1
    assert await count(world, ProductRow) == 8


async def test_a_product_is_written_in_few_statements_whatever_its_size(world: World) -> None:
    await create(world, simple())
    values = [str(number) for number in range(60)]
    many = replace(
        optioned(*(variant(value, "Red", sku=value, initial_quantity=1) for value in values))
    )
    many = replace(many, options=[replace(many.options[0], values=values), many.options[1]])
    for wanted in (replace(simple(sku="A", initial_quantity=1), name="Tea"), many):
        with statements.counted() as sent:
            await create(world, wanted)
        # BEGIN, codes, slug, product, variants, the default location, levels, history, event, COMMIT
        assert len(sent) == 10


async def test_cat_2_the_database_itself_refuses_a_second_variant_of_a_simple_product(
    world: World,
) -> None:
    product = await create(world, simple())
    (only,) = product.variants or ()
    for is_default, constraint in ((False, "option_values"), (True, "default")):
        values = {
            "id": new_id(),
            "product_id": product.id,
            "position": 1,
            "is_default": is_default,
            "option_values": ["L"] if is_default else [],
            "images": [],
            "public_metadata": {},
            "unit_price_minor": PRICE.minor,
            "currency": PRICE.currency,
            "taxable": True,
            "tax_category": only.tax_category,
            "status": only.status,
            "metadata": {},
            "version": 1,
            "created_at": only.created_at,
            "updated_at": only.created_at,
        }
        with pytest.raises(ConstraintViolated, match=f"uq_variants_{constraint}"):
            async with world.database.transaction(world.actor) as tx:
                await tx.add(VariantRow, values)


def test_a_variant_begins_active_taxable_unlimited_and_untracked() -> None:
    new = NewVariant(PRICE)
    assert (new.status.value, new.tax_category.value) == ("ACTIVE", "GENERAL")
    assert (new.taxable, new.enforce_inventory_limit, new.initial_quantity) == (True, False, None)
