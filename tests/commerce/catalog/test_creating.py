"""Creating products: all or nothing, in a few statements."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.reads import products_by_ids, variant_by_code, variants_by_product
from ordergraph.commerce.catalog.rules import (
    Image,
    Product,
    ProductStatus,
    Seo,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.shaping import NewProduct, NewVariant
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, VariantRow
from ordergraph.commerce.categories.reads import (
    categories_of_members,
    category_page,
    member_counts,
)
from ordergraph.commerce.categories.tables import CategoryRow
from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.commerce.inventory.tables import InventoryAdjustmentRow, LocationRow
from ordergraph.commerce.modifiers.rules import ModifierSetStatus
from ordergraph.commerce.modifiers.tables import ModifierSetRow
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.paging import PageRequest
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import ConstraintViolated
from ordergraph.runtime.events.tables import EventRow
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


async def test_all_that_a_storefront_shows_is_stored_as_it_is_answered(world: World) -> None:
    pictures = [Image("https://example.com/a.png", "Front", 800, 600)]
    wanted = replace(
        optioned(
            variant(
                "S",
                "Red",
                compare_at_price=Money(2999, "USD"),
                images=[Image("https://example.com/red.png")],
                public_metadata={"care": "cold"},
            ),
            variant("L", "Blue", status=VariantStatus.INACTIVE),
        ),
        slug="Summer Shirt",
        seo=Seo("A shirt", "For the summer"),
        images=pictures,
        public_metadata={"fit": "slim"},
    )
    product = await create(world, wanted)
    assert (product.slug, product.images) == ("summer-shirt", tuple(pictures))
    assert await stored(world, product.id) == replace(
        product, variants=list(product.variants or ())
    )


async def test_cat_12_a_slug_is_made_of_the_name_and_numbered_when_taken(world: World) -> None:
    slugs = [(await create(world, simple("Crème Brûlée"))).slug for _ in range(3)]
    assert slugs == ["creme-brulee", "creme-brulee-2", "creme-brulee-3"]


async def test_cat_12_a_slug_in_use_is_refused_and_nothing_is_written(world: World) -> None:
    await create(world, simple("Beans", sku="A"))
    with pytest.raises(Problems) as refused:
        await create(world, replace(simple("Tea", sku="A", barcode="1"), slug="BEANS"))
    assert [(each.code.value, each.field) for each in refused.value.problems] == [
        ("SKU_ALREADY_EXISTS", ("defaultVariant", "sku")),
        ("SLUG_ALREADY_EXISTS", ("slug",)),
    ]
    rows = (ProductRow, VariantRow, SellableCodeRow)
    assert [await count(world, row) for row in rows] == [1, 1, 1]


async def test_cat_12_of_many_who_want_a_slug_at_once_one_gets_it(world: World) -> None:
    answers = await asyncio.gather(
        *(create(world, replace(simple(f"Tea {number}"), slug="tea")) for number in range(8)),
        return_exceptions=True,
    )
    refusals = [answer for answer in answers if isinstance(answer, Problem)]
    assert [refusal.code for refusal in refusals] == [ErrorCode.SLUG_ALREADY_EXISTS] * 7
    assert await count(world, ProductRow) == 1


async def test_cat_12_products_of_one_name_at_once_all_get_slugs_of_their_own(world: World) -> None:
    made = await asyncio.gather(*(create(world, simple("Tea")) for _ in range(8)))
    assert len({product.slug for product in made}) == 8


async def test_ctg_1_labels_are_trimmed_kept_once_and_in_order(world: World) -> None:
    labels = [" Coffee ", "Sale", "COFFEE"]
    product = await create(world, replace(simple(), categories=labels))
    viewer = world.database.viewer(world.actor)
    found = (await categories_of_members(viewer, [product.id]))[product.id]
    assert [each.name for each in found] == ["Coffee", "Sale"]


async def test_ctg_3_a_product_that_begins_inactive_is_not_counted_by_menus(world: World) -> None:
    await create(world, replace(simple("On"), categories=["Tea"]))
    await create(world, replace(simple("Off"), categories=["Tea"], status=ProductStatus.INACTIVE))
    viewer = world.database.viewer(world.actor)
    (category,) = (await category_page(viewer, PageRequest())).items
    assert (await member_counts(viewer, [category.id]))[category.id].products == 1


async def test_an_unreadable_label_is_refused_with_all_else_that_is_wrong(world: World) -> None:
    with pytest.raises(Problems) as refused:
        await create(world, replace(simple(" "), categories=["Coffee", " "]))
    assert [(each.code.value, each.field) for each in refused.value.problems] == [
        ("FIELD_REQUIRED", ("categories", "1")),
        ("FIELD_REQUIRED", ("name",)),
    ]
    assert await count(world, CategoryRow) == 0


async def test_a_modifier_set_is_attached_unless_it_is_unknown_or_retired(world: World) -> None:
    active, retired = new_id(), new_id()
    async with world.database.transaction(world.actor) as tx:
        for id, status in ((active, "ACTIVE"), (retired, "RETIRED")):
            await tx.add(
                ModifierSetRow,
                {
                    "id": id,
                    "name": "Milk",
                    "name_key": "milk",
                    "status": ModifierSetStatus(status),
                    "metadata": {},
                    "version": 1,
                    "created_at": tx.now,
                    "updated_at": tx.now,
                },
            )
    wanted = optioned(
        variant("S", "Red"),
        variant("L", "Red", modifier_set_id=new_id()),
        variant("S", "Blue", modifier_set_id=retired),
    )
    with pytest.raises(Problems) as refused:
        await create(world, replace(wanted, modifier_set_id=active))
    assert [(each.code.value, each.field) for each in refused.value.problems] == [
        ("RESOURCE_NOT_FOUND", ("variants", "1", "modifierSetId")),
        ("RESOURCE_DELETED", ("variants", "2", "modifierSetId")),
    ]
    assert await count(world, ProductRow) == 0
    product = await create(world, replace(simple(), modifier_set_id=active))
    (only,) = (await stored(world, product.id)).variants or ()
    assert isinstance(only, Variant)
    assert (only.own_modifier_set_id, only.modifier_set_id) == (None, active)


async def test_a_new_product_is_told_once_with_its_version(world: World) -> None:
    product = await create(world, optioned(variant("S", "Red"), variant("L", "Red")))
    rows = await world.database.viewer(world.actor).rows(
        select(EventRow.type, EventRow.subject_id, EventRow.payload).where(
            within(EventRow), EventRow.type.like("product.%")
        )
    )
    assert [tuple(row) for row in rows] == [("product.CREATED", product.id, {"version": 1})]


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
    found = await variant_by_code(world.database.viewer(stranger), sku="A")
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


async def test_products_with_the_same_labels_in_opposite_order_are_all_created(
    world: World,
) -> None:
    labels = [f"Label {number}" for number in range(6)]
    made = await asyncio.gather(
        *(
            create(world, replace(simple("Tea"), categories=labels[:: 1 if turn % 2 else -1]))
            for turn in range(12)
        )
    )
    assert await count(world, CategoryRow) == 6
    found = await categories_of_members(
        world.database.viewer(world.actor), [product.id for product in made]
    )
    for turn, product in enumerate(made):
        assert [each.name for each in found[product.id]] == labels[:: 1 if turn % 2 else -1]


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
        # BEGIN, codes, slug, product, variants, stock, its first units, document, event, COMMIT
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
