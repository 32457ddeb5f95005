"""Importing many products at once: who is known, what changes, what is refused, who races."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ordergraph.commerce.catalog.exporting import exported_products
from ordergraph.commerce.catalog.importing import (
    Fate,
    Outcome,
    import_products,
    judge_products,
)
from ordergraph.commerce.catalog.matching import present_products
from ordergraph.commerce.catalog.naming import owner_of_slug
from ordergraph.commerce.catalog.overlaying import GivenProduct, GivenVariant, Present
from ordergraph.commerce.catalog.reads import variant_by_code
from ordergraph.commerce.catalog.rules import (
    Image,
    ProductStatus,
    ProductType,
    SelectedOption,
)
from ordergraph.commerce.catalog.shaping import NewOption
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow
from ordergraph.commerce.categories.reads import category_by_slug, member_counts
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import Problem
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.statements import counted
from ordergraph.runtime.events.tables import EventRow
from tests.commerce.bundles.boxes import pack
from tests.commerce.catalog.shelf import create, simple
from tests.commerce.inventory.shelves import history, hold, stock
from tests.commerce.search.shelves import found
from tests.world import World

PRICE = Money(1000, "USD")


def shirt(slug: str = "shirt", *sizes: str, **more: Any) -> GivenProduct:
    """Say of a shirt that it comes in these sizes, with SKUs made of both."""
    sizes = sizes or ("S", "M")
    fields = {"name": "Shirt", "product_type": ProductType.PHYSICAL} | more
    return GivenProduct(
        slug=slug,
        options=[NewOption("Size", sizes)],
        simple=False,
        variants=[
            GivenVariant([SelectedOption("Size", size)], PRICE, sku=f"{slug}-{size}", quantity=5)
            for size in sizes
        ],
        **fields,
    )


def mug(slug: str = "mug", **more: Any) -> GivenProduct:
    """Say of a mug that it has this SKU and, unless `more` says otherwise, a price."""
    variant = GivenVariant(**{"unit_price": PRICE, "sku": slug.upper(), **more})
    return GivenProduct(slug=slug, name=slug.title(), variants=[variant])


async def bring(world: World, *given: GivenProduct) -> Sequence[Outcome]:
    """Import as the merchant."""
    return await import_products(world.database, world.actor, given)


async def fates(world: World, *given: GivenProduct) -> list[Fate]:
    return [each.fate for each in await bring(world, *given)]


async def there(world: World, id: UUID | None) -> Present:
    """Return a product as the shop has it."""
    assert id is not None
    return (await present_products(world.database.viewer(world.actor), [id]))[id]


async def brought(world: World, given: GivenProduct) -> Present:
    """Import one product and return it as the shop has it."""
    (outcome,) = await bring(world, given)
    assert outcome.problems == []
    return await there(world, outcome.product_id)


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return [(each.code.value, ".".join(each.field)) for each in outcome.problems]


async def events(world: World) -> list[str]:
    """Return the kinds of all events so far, in the order told."""
    rows = await world.database.viewer(world.actor).rows(
        select(EventRow.type).where(within(EventRow)).order_by(EventRow.seq)
    )
    return [row.type for row in rows]


async def test_a_new_product_is_as_if_it_were_created(world: World) -> None:
    await create(world, simple("Jug", sku="JUG", initial_quantity=7, enforce_inventory_limit=True))
    given = mug("pot", quantity=7, enforce_inventory_limit=True, unit_price=Money(1999, "USD"))
    await bring(world, given)
    reader = world.database.viewer(world.actor)
    made, imported = [await variant_by_code(reader, sku=sku) for sku in ("JUG", "POT")]
    assert made is not None
    assert imported is not None
    own = {"id", "name", "slug", "product_id", "product_name", "sku", "created_at", "updated_at"}
    for one, other in zip(made, imported, strict=True):
        for name in set(one.__dataclass_fields__) - own - {"variants"}:
            assert getattr(one, name) == getattr(other, name), name


async def test_the_same_again_changes_nothing_and_tells_nothing(world: World) -> None:
    (first,) = await bring(world, shirt(categories=["Tops"], metadata={"a": "b"}))
    before, log = await there(world, first.product_id), await events(world)
    world.clock.advance(timedelta(minutes=1))
    assert await fates(world, shirt(categories=["Tops"], metadata={"a": "b"})) == [Fate.UNCHANGED]
    assert await there(world, first.product_id) == before
    assert await events(world) == log


async def test_one_event_is_told_for_each_product_that_visibly_changed(world: World) -> None:
    await bring(world, shirt(), mug())
    changed = shirt(name="Blouse")
    changed.variants[0].unit_price = Money(1100, "USD")
    changed.variants[1].quantity = 9
    assert await fates(world, changed, mug()) == [Fate.UPDATED, Fate.UNCHANGED]
    assert await events(world) == [
        *("product.CREATED", "product.CREATED"),
        *("inventory.CHANGED", "product.UPDATED"),
    ]


async def test_a_count_alone_is_no_new_version_of_the_product(world: World) -> None:
    (first,) = await bring(world, shirt())
    given = shirt()
    given.variants[0].quantity = 3
    present = await brought(world, given)
    assert (present.product.version, [each.version for each in present.variants]) == (1, [1, 1])
    assert await events(world) == ["product.CREATED", "inventory.CHANGED"]
    variant = present.variants[0]
    assert await stock(world, variant.id) == (3, 0)
    assert [
        (each.quantity_delta, each.change_reason.value) for each in await history(world, variant.id)
    ] == [(5, "RECEIVED_STOCK"), (-2, "INVENTORY_COUNT")]
    assert first.product_id == present.product.id


async def test_units_that_running_payments_hold_are_not_counted_away(world: World) -> None:
    (first,) = await bring(world, mug(quantity=5, enforce_inventory_limit=True))
    (variant,) = (await there(world, first.product_id)).variants
    await hold(world, {variant.id: 3})
    (refused,) = await bring(world, mug(quantity=2))
    assert told(refused) == [("INSUFFICIENT_STOCK", "defaultVariant.initialQuantityAvailable")]
    assert await stock(world, variant.id) == (5, 3)
    assert await fates(world, mug(quantity=3)) == [Fate.UPDATED]
    assert await stock(world, variant.id) == (3, 3)


async def test_a_count_below_zero_is_refused_and_an_oversold_one_may_stay(world: World) -> None:
    (first,) = await bring(world, mug(quantity=0))
    (refused,) = await bring(world, mug(quantity=-1))
    assert told(refused) == [("INSUFFICIENT_STOCK", "defaultVariant.initialQuantityAvailable")]
    (variant,) = (await there(world, first.product_id)).variants
    assert await stock(world, variant.id) == (0, 0)


async def test_tracking_is_switched_on_by_a_count_and_never_off(world: World) -> None:
    (first,) = await bring(world, mug())
    assert not (await there(world, first.product_id)).variants[0].tracked
    assert await fates(world, mug(quantity=0)) == [Fate.UPDATED]
    assert (await there(world, first.product_id)).variants[0].tracked
    assert await fates(world, mug(tracked=False)) == [Fate.UNCHANGED]
    assert (await there(world, first.product_id)).variants[0].tracked


async def test_what_is_not_said_stays_as_it_is(world: World) -> None:
    given = shirt(
        description="Linen",
        categories=["Tops", "Linen"],
        images=[Image("https://x.example/1.jpg", "One", 20, 10)],
        metadata={"a": "1", "b": "2"},
    )
    before = await brought(world, given)
    after = await brought(world, GivenProduct(slug="shirt", metadata={"b": "", "c": "3"}))
    assert after.product.metadata == {"a": "1", "c": "3"}
    before.product.metadata, before.product.version = after.product.metadata, 2
    before.product.updated_at = after.product.updated_at
    assert after == before


async def test_pictures_keep_the_sizes_that_a_file_does_not_say(world: World) -> None:
    picture = Image("https://x.example/1.jpg", "One", 20, 10)
    await bring(world, shirt(images=[picture]))
    after = await brought(world, shirt(images=[Image(picture.url, "Other")]))
    assert after.product.images == (Image(picture.url, "Other", 20, 10),)


async def test_new_variants_join_those_that_a_file_does_not_mention(world: World) -> None:
    await bring(world, shirt("shirt", "S", "M"))
    (outcome,) = await bring(world, shirt("shirt", "L"))
    assert (outcome.fate, outcome.created, outcome.updated) == (Fate.UPDATED, 1, 0)
    present = await there(world, outcome.product_id)
    assert present.product.options[0].values == ("S", "M", "L")
    assert [(each.sku, each.position) for each in present.variants] == [
        *(("shirt-S", 0), ("shirt-M", 1), ("shirt-L", 2)),
    ]
    assert (present.product.variant_count, present.product.version) == (3, 2)


async def test_variants_change_places_and_skus_and_barcodes(world: World) -> None:
    given = shirt()
    given.variants[0].barcode, given.variants[1].barcode = "1", "2"
    before = await brought(world, given)
    swapped = shirt()
    for index, size in enumerate(("M", "S")):
        swapped.variants[index].selected_options = [SelectedOption("Size", size)]
        swapped.variants[index].barcode = str(2 - index)
    after = await brought(world, swapped)
    assert [each.id for each in after.variants] == [each.id for each in before.variants]
    assert [
        (each.sku, each.selected_options[0].value, each.barcode) for each in after.variants
    ] == [("shirt-S", "M", "2"), ("shirt-M", "S", "1")]
    await bring(world, shirt())
    renamed = shirt()
    renamed.variants[0].sku, renamed.variants[1].sku = "shirt-M", "shirt-S"
    last = await brought(world, renamed)
    assert {each.sku: each.selected_options[0].value for each in last.variants} == {
        "shirt-M": "S",
        "shirt-S": "M",
    }


async def test_a_variant_without_its_sku_is_known_by_what_it_selects(world: World) -> None:
    before = await brought(world, shirt())
    given = shirt()
    given.variants[1].sku = "NEW"
    after = await brought(world, given)
    assert [each.id for each in after.variants] == [each.id for each in before.variants]
    assert after.variants[1].sku == "NEW"
    reader = world.database.viewer(world.actor)
    assert await variant_by_code(reader, sku="shirt-M") is None


async def test_an_import_does_not_turn_a_simple_product_into_one_with_options(world: World) -> None:
    before = await brought(world, mug())
    given = shirt("mug")
    (refused,) = await bring(world, given)
    assert told(refused)[0] == ("INVALID_PRODUCT_SHAPE", "options")
    assert await there(world, before.product.id) == before


async def test_a_product_goes_by_a_new_slug_and_the_old_one_leads_there(world: World) -> None:
    before = await brought(world, shirt())
    given = shirt("blouse")
    for variant, old in zip(given.variants, before.variants, strict=True):
        variant.sku = old.sku
    after = await brought(world, given)
    assert (after.product.id, after.product.slug) == (before.product.id, "blouse")
    reader = world.database.viewer(world.actor)
    assert await owner_of_slug(reader, "shirt") == before.product.id


async def test_what_a_bundle_bears_is_refused(world: World) -> None:
    (first,) = await bring(world, mug())
    (variant,) = (await there(world, first.product_id)).variants
    bundle = await pack(world, (variant.id, 1))
    async with world.database.transaction(world.actor) as tx:
        await tx.add(SellableCodeRow, {"id": bundle, "sku": "BOX", "barcode": "77"})
    outcomes = await bring(world, mug("box"), mug("pot", barcode="77"), mug("jug"))
    assert [told(each) for each in outcomes] == [
        [("SKU_ALREADY_EXISTS", "defaultVariant.sku")],
        [("BARCODE_ALREADY_EXISTS", "defaultVariant.barcode")],
        [],
    ]


async def test_another_environment_has_its_own(world: World) -> None:
    await bring(world, mug())
    there = await import_products(world.database, world.stranger(), [mug()])
    assert [each.fate for each in there] == [Fate.CREATED]
    assert await fates(world, mug()) == [Fate.UNCHANGED]


async def test_labels_are_replaced_and_menus_count_what_is_active(world: World) -> None:
    await bring(world, shirt(categories=["Tops", "New"]))
    present = await brought(
        world, shirt(categories=["tops", "Sale"], status=ProductStatus.INACTIVE)
    )
    assert present.labels == ["Tops", "Sale"]
    reader = world.database.viewer(world.actor)
    tops = await category_by_slug(reader, "tops")
    assert tops is not None
    assert (await member_counts(reader, [tops.id]))[tops.id].products == 0
    await bring(world, shirt(status=ProductStatus.ACTIVE))
    assert (await member_counts(reader, [tops.id]))[tops.id].products == 1


async def test_a_label_in_another_spelling_is_the_same_category_each_time(world: World) -> None:
    await bring(world, shirt("one", categories=["Tops"]), shirt("two", categories=["tops"]))
    assert await fates(world, shirt("two", categories=["tops"])) == [Fate.UNCHANGED]
    assert await fates(world, shirt("one", categories=["TOPS"])) == [Fate.UNCHANGED]


async def test_everything_wrong_with_a_product_is_found_at_once(world: World) -> None:
    given = shirt(name=" ", categories=["x" * 101], modifier_set_id=new_id())
    given.variants[0].sku = "x" * 101
    given.variants[1].unit_price = Money(-1, "USD")
    (refused, good) = await bring(world, given, mug())
    assert sorted(told(refused)) == [
        ("AMOUNT_OUT_OF_RANGE", "variants.1.unitPrice.amount"),
        ("FIELD_REQUIRED", "name"),
        ("RESOURCE_NOT_FOUND", "modifierSetId"),
        ("STRING_TOO_LONG", "categories.0"),
        ("STRING_TOO_LONG", "variants.0.sku"),
    ]
    assert good.fate is Fate.CREATED
    assert await events(world) == ["product.CREATED"]


async def test_judging_says_the_same_and_writes_nothing(world: World) -> None:
    await bring(world, shirt(), mug())
    changed, bad = shirt(name="Blouse"), mug("pot", unit_price=Money(-1, "USD"))
    log = await events(world)
    judged = await judge_products(
        world.database.viewer(world.actor), [changed, mug(), mug("jug"), bad]
    )
    assert [each.fate for each in judged] == [
        *(Fate.UPDATED, Fate.UNCHANGED, Fate.CREATED, Fate.REFUSED),
    ]
    assert await events(world) == log


async def test_search_finds_what_was_imported(world: World) -> None:
    (outcome,) = await bring(world, mug("marvel"))
    assert await found(world, "marvel") == [outcome.product_id]


@pytest.mark.parametrize("kind", ["new", "same", "changed"])
async def test_the_number_of_statements_does_not_grow_with_the_products(
    world: World, kind: str
) -> None:
    async def count(size: int) -> int:
        given = [shirt(f"shirt{size}x{n}", categories=["Tops"]) for n in range(size)]
        if kind != "new":
            await bring(world, *given)
        if kind == "changed":
            for each in given:
                each.name = "Blouse"
                each.categories = ["Bottoms"]
                each.variants[0].quantity, each.variants[1].sku = 9, f"{each.slug}-new"
        with counted() as statements:
            outcomes = await bring(world, *given)
        assert {each.fate.value for each in outcomes} == {
            {"new": "CREATED", "same": "UNCHANGED", "changed": "UPDATED"}[kind]
        }
        return len(statements.texts)

    await bring(world, shirt("first", categories=["Tops", "Bottoms"]))
    assert await count(2) == await count(40)


async def test_two_imports_of_the_same_at_once_make_it_once(world: World) -> None:
    given = [[shirt(f"shirt{n}", categories=["Tops"]) for n in range(20)] for _ in range(4)]
    outcomes = await asyncio.gather(*(bring(world, *each) for each in given))
    fates = [sorted(each[n].fate.value for each in outcomes) for n in range(20)]
    assert fates == [["CREATED", "UNCHANGED", "UNCHANGED", "UNCHANGED"]] * 20
    reader = world.database.viewer(world.actor)
    count = select(func.count()).select_from(ProductRow).where(within(ProductRow))
    assert await reader.scalar(count) == 20


async def test_changes_of_the_same_products_at_once_end_as_one_of_them(world: World) -> None:
    slugs = [f"shirt{n}" for n in range(10)]
    await bring(world, *(shirt(slug) for slug in slugs))

    async def rename(name: str, order: Sequence[str]) -> Sequence[Outcome]:
        return await bring(world, *(shirt(slug, name=name) for slug in order))

    both = await asyncio.gather(rename("One", slugs), rename("Two", slugs[::-1]))
    assert {each.fate for outcomes in both for each in outcomes} == {Fate.UPDATED}
    products = [await there(world, each.product_id) for each in both[0]]
    assert {each.product.version for each in products} == {3}
    assert len({each.product.name for each in products}) == 1


async def test_a_sku_that_somebody_takes_meanwhile_costs_its_product_alone(world: World) -> None:
    imported, created = await asyncio.gather(
        bring(world, *(mug(f"mug{n}") for n in range(30))),
        create(world, simple("Thief", sku="MUG7")),
        return_exceptions=True,
    )
    assert not isinstance(imported, BaseException)
    fates = [each.fate for each in imported]
    assert fates[:7] + fates[8:] == [Fate.CREATED] * 29
    # Whoever came later found the SKU taken, or the product that has it.
    assert fates[7] is (Fate.CREATED if isinstance(created, Problem) else Fate.UPDATED)


async def test_an_export_reads_a_page_with_the_same_statements_whatever_is_on_it(
    world: World,
) -> None:
    async def count() -> int:
        with counted() as statements:
            pages = [page async for page in exported_products(world.database.viewer(world.actor))]
        assert len(pages) == 1
        return len(statements.texts)

    await bring(world, shirt(categories=["Tops"]))
    alone = await count()
    await bring(world, *(shirt(f"shirt{n}", "S", "M", "L", categories=["New"]) for n in range(30)))
    assert await count() == alone


async def test_two_of_a_batch_never_become_one_product(world: World) -> None:
    await bring(world, shirt("shirt", "S", "M"))
    # Its size M is a product of its own now, and takes the SKU along.
    split = shirt("shirt-m", "M", "L")
    split.variants[0].sku = "shirt-M"
    for given in ([split, shirt("shirt", "S", "L")], [shirt("shirt", "S", "XL"), split]):
        outcomes = dict(zip((each.slug for each in given), await bring(world, *given), strict=True))
        assert outcomes["shirt"].fate is Fate.UPDATED
        assert told(outcomes["shirt-m"]) == [("SKU_ALREADY_EXISTS", "variants.0.sku")]
    present = await there(world, outcomes["shirt"].product_id)
    assert [each.sku for each in present.variants] == ["shirt-S", "shirt-M", "shirt-L", "shirt-XL"]


async def test_two_slugs_of_a_batch_that_lead_to_one_product_change_it_once(world: World) -> None:
    (first,) = await bring(world, mug("old"))
    await bring(world, GivenProduct(slug="new", variants=[GivenVariant(sku="OLD")]))
    one, other = await bring(world, mug("new", sku="OLD"), mug("old", sku="NEW"))
    assert (one.fate, one.product_id) == (Fate.UPDATED, first.product_id)
    assert told(other) == [("SLUG_ALREADY_EXISTS", "slug")]
