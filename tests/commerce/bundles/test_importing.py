"""Importing many bundles at once: who is known, what changes, how it is written, who races."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ordergraph.commerce.bundles.deleting import delete_bundle
from ordergraph.commerce.bundles.exporting import exported_bundles
from ordergraph.commerce.bundles.importing import (
    BundleOutcome,
    import_bundles,
    judge_bundles,
)
from ordergraph.commerce.bundles.matching import (
    GivenBundle,
    GivenComponent,
    Present,
    present_bundles,
)
from ordergraph.commerce.bundles.rules import BundleChanges, BundleStatus
from ordergraph.commerce.bundles.tables import BundleRow
from ordergraph.commerce.catalog.deleting import delete_product
from ordergraph.commerce.catalog.importing import Fate
from ordergraph.commerce.catalog.naming import owner_of_slug
from ordergraph.commerce.categories.reads import category_by_slug, member_counts
from ordergraph.core.money import Money
from ordergraph.core.problems import Problem
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.statements import counted
from ordergraph.runtime.events.tables import EventRow
from tests.commerce.catalog.shelf import create, simple
from tests.commerce.search.shelves import found
from tests.world import World

PRICE = Money(1500, "USD")


@pytest.fixture
async def shelf(world: World) -> World:
    """A shop with beans, a mug and a filter, whose SKUs are B, M and F."""
    for name in ("Beans", "Mug", "Filter"):
        await create(world, simple(name, sku=name[0]))
    return world


def box(
    slug: str = "box", parts: str = "BM", labels: Any = ("Sets",), **changes: Any
) -> GivenBundle:
    """Say of a bundle that it has one unit of each of these SKUs, of one letter each."""
    said = {"slug": slug, "name": "Box", "unit_price": PRICE} | changes
    components = [GivenComponent(sku, None, 1) for sku in parts]
    return GivenBundle(BundleChanges(**said), components, labels)


async def bring(world: World, *given: GivenBundle) -> Sequence[BundleOutcome]:
    """Import as the merchant."""
    return await import_bundles(world.database, world.actor, given)


async def brought(world: World, given: GivenBundle) -> Present:
    """Import one bundle, and return it as the shop has it."""
    (outcome,) = await bring(world, given)
    assert outcome.bundle_id is not None, [each.message for each in outcome.problems]
    return await there(world, outcome.bundle_id)


async def there(world: World, id: UUID) -> Present:
    """Return a bundle as the shop has it."""
    return (await present_bundles(world.database.viewer(world.actor), [id]))[id]


async def events(world: World) -> list[str]:
    """Return what was told of bundles so far."""
    rows = await world.database.viewer(world.actor).rows(
        select(EventRow.type)
        .where(within(EventRow), EventRow.type.startswith("bundle."))
        .order_by(EventRow.seq)
    )
    return [row.type for row in rows]


def told(outcome: BundleOutcome) -> list[tuple[str, str]]:
    return [(each.code.value, ".".join(each.field)) for each in outcome.problems]


async def test_the_same_again_changes_nothing_and_tells_nothing(shelf: World) -> None:
    before = await brought(shelf, box(metadata={"a": "b"}))
    shelf.clock.advance(timedelta(minutes=1))
    (again,) = await bring(shelf, box(metadata={"a": "b"}))
    assert again.fate is Fate.UNCHANGED
    assert await there(shelf, before.bundle.id) == before
    assert await events(shelf) == ["bundle.CREATED"]


async def test_components_are_replaced_in_their_order_and_those_that_stay_keep_their_ids(
    shelf: World,
) -> None:
    before = await brought(shelf, box(parts="BM"))
    beans, mug = before.components
    after = await brought(shelf, box(parts="FB"))
    new, old = after.components
    assert [(each.sku, each.position) for each in (new, old)] == [("F", 0), ("B", 1)]
    assert old.id == beans.id
    assert new.id not in (beans.id, mug.id)
    assert (after.bundle.version, after.bundle.component_count) == (2, 2)
    assert await events(shelf) == ["bundle.CREATED", "bundle.UPDATED"]
    none = await brought(shelf, box(parts=""))
    assert (none.components, none.bundle.available_for_sale) == ([], False)


async def test_a_variant_may_be_named_by_its_id(shelf: World) -> None:
    product = await create(shelf, simple("Nameless"))
    (variant,) = product.variants or ()
    given = box()
    given.components = [GivenComponent(None, variant.id, 3)]
    (part,) = (await brought(shelf, given)).components
    assert (part.variant_id, part.quantity, part.sku) == (variant.id, 3, None)


async def test_labels_and_status_count_in_menus(shelf: World) -> None:
    async def count(slug: str) -> int:
        reader = shelf.database.viewer(shelf.actor)
        category = await category_by_slug(reader, slug)
        assert category is not None
        counts = (await member_counts(reader, [category.id])).get(category.id)
        return 0 if counts is None else counts.bundles

    await bring(shelf, box("one"), box("two", labels=["Sets", "New"]))
    assert (await count("sets"), await count("new")) == (2, 1)
    await bring(shelf, box("one", status=BundleStatus.INACTIVE), box("two", labels=["New"]))
    assert (await count("sets"), await count("new")) == (0, 1)


async def test_search_finds_what_was_imported(shelf: World) -> None:
    present = await brought(shelf, box(name="Marvel"))
    assert await found(shelf, "marvel") == [present.bundle.id]


async def test_another_slug_leads_there_and_so_does_the_one_before(shelf: World) -> None:
    first = await brought(shelf, box("box", sku="BOX"))
    after = await brought(shelf, box("crate", sku="BOX"))
    assert (after.bundle.id, after.bundle.slug) == (first.bundle.id, "crate")
    reader = shelf.database.viewer(shelf.actor)
    assert [await owner_of_slug(reader, slug) for slug in ("box", "crate")] == [first.bundle.id] * 2
    back = await brought(shelf, box("box", sku="BOX"))
    assert (back.bundle.slug, back.bundle.version) == ("box", 3)


async def test_without_a_slug_one_is_made_of_the_name(shelf: World) -> None:
    one, two = await bring(shelf, box("", sku="X"), box("", sku="Y"))
    assert one.bundle_id is not None
    assert two.bundle_id is not None
    slugs = {(await there(shelf, id)).bundle.slug for id in (one.bundle_id, two.bundle_id)}
    assert slugs == {"box", "box-2"}


async def test_a_deleted_variant_comes_into_no_bundle_and_stays_where_it_is(shelf: World) -> None:
    product = await create(shelf, simple("Gone", sku="G"))
    (variant,) = product.variants or ()
    before = await brought(shelf, box(parts="GB"))
    await delete_product(shelf.database, shelf.actor, product.id)
    by_id = [GivenComponent(None, variant.id, 1), GivenComponent("B", None, 1)]
    again, new = box(), box("new")
    again.components = new.components = by_id
    outcomes = await bring(shelf, again, new, box("named", parts="G"))
    assert [each.fate for each in outcomes] == [Fate.UNCHANGED, Fate.REFUSED, Fate.REFUSED]
    assert told(outcomes[1]) == [("RESOURCE_DELETED", "components.0.variantId")]
    assert told(outcomes[2]) == [("RESOURCE_NOT_FOUND", "components.0.sku")]
    assert (await there(shelf, before.bundle.id)).bundle.version == 1


async def test_a_price_in_another_currency_than_its_components_is_refused(shelf: World) -> None:
    await brought(shelf, box())
    (outcome,) = await bring(shelf, box(unit_price=Money(1, "EUR")))
    assert told(outcome) == [
        ("CURRENCY_MISMATCH", "components.0.sku"),
        ("CURRENCY_MISMATCH", "components.1.sku"),
    ]


async def test_a_deleted_bundle_is_made_anew(shelf: World) -> None:
    first = await brought(shelf, box(sku="BOX"))
    await delete_bundle(shelf.database, shelf.actor, first.bundle.id)
    second = await brought(shelf, box(sku="BOX"))
    assert second.bundle.id != first.bundle.id


async def test_what_is_wrong_with_a_bundle_costs_that_bundle_alone(shelf: World) -> None:
    outcomes = await bring(shelf, box("a"), box("b", parts="X", name="", sku="B"), box("c"))
    assert [each.fate for each in outcomes] == [Fate.CREATED, Fate.REFUSED, Fate.CREATED]
    assert told(outcomes[1]) == [
        ("FIELD_REQUIRED", "name"),
        ("RESOURCE_NOT_FOUND", "components.0.sku"),
        ("SKU_ALREADY_EXISTS", "sku"),
    ]
    assert await events(shelf) == ["bundle.CREATED"] * 2


async def test_judging_writes_and_locks_nothing(shelf: World) -> None:
    reader = shelf.database.viewer(shelf.actor)
    given = [box(), box("b", parts="NB"), box("c", parts="E"), box("d", parts="X")]
    promised = {"N": None, "E": "EUR"}
    with counted() as statements:
        outcomes = await judge_bundles(reader, given, promised)
    assert not [each for each in statements.texts if not each.lstrip().startswith("SELECT")]
    assert not [each for each in statements.texts if " FOR " in each.upper().split("WHERE")[-1]]
    assert [each.fate.value for each in outcomes] == ["CREATED", "CREATED", "REFUSED", "REFUSED"]
    assert told(outcomes[2]) == [("CURRENCY_MISMATCH", "components.0.sku")]
    assert await events(shelf) == []


@pytest.mark.parametrize("kind", ["new", "same", "changed"])
async def test_the_number_of_statements_does_not_grow_with_the_bundles(
    shelf: World, kind: str
) -> None:
    async def count(size: int) -> int:
        given = [box(f"box{size}x{n}", sku=f"{size}-{n}") for n in range(size)]
        if kind != "new":
            await bring(shelf, *given)
        if kind == "changed":
            given = [
                box(f"box{size}x{n}", "FM", ["New"], sku=f"{size}-{n}-new", name="Crate")
                for n in range(size)
            ]
        with counted() as statements:
            outcomes = await bring(shelf, *given)
        assert {each.fate.value for each in outcomes} == {
            {"new": "CREATED", "same": "UNCHANGED", "changed": "UPDATED"}[kind]
        }
        return len(statements.texts)

    await bring(shelf, box("first", labels=["Sets", "New"]))
    assert await count(2) == await count(40)


async def test_an_export_reads_a_page_with_the_same_statements_whatever_is_on_it(
    shelf: World,
) -> None:
    async def count() -> int:
        with counted() as statements:
            pages = [page async for page in exported_bundles(shelf.database.viewer(shelf.actor))]
        assert len(pages) == 1
        return len(statements.texts)

    await bring(shelf, box())
    alone = await count()
    await bring(shelf, *(box(f"box{n}", "BMF", labels=["New"]) for n in range(30)))
    assert await count() == alone


async def test_two_imports_of_the_same_at_once_make_it_once(shelf: World) -> None:
    given = [[box(f"box{n}", sku=f"BOX{n}") for n in range(20)] for _ in range(4)]
    outcomes = await asyncio.gather(*(bring(shelf, *each) for each in given))
    fates = [sorted(each[n].fate.value for each in outcomes) for n in range(20)]
    assert fates == [["CREATED", "UNCHANGED", "UNCHANGED", "UNCHANGED"]] * 20
    reader = shelf.database.viewer(shelf.actor)
    assert await reader.scalar(select(func.count(BundleRow.id)).where(within(BundleRow))) == 20


async def test_changes_of_the_same_bundles_at_once_end_as_one_of_them(shelf: World) -> None:
    slugs = [f"box{n}" for n in range(10)]
    await bring(shelf, *(box(slug, "BMF") for slug in slugs))

    async def refill(parts: str, order: Sequence[str]) -> Sequence[BundleOutcome]:
        return await bring(shelf, *(box(slug, parts) for slug in order))

    both = await asyncio.gather(refill("FB", slugs), refill("M", slugs[::-1]))
    assert {each.fate for outcomes in both for each in outcomes} == {Fate.UPDATED}
    ids = [each.bundle_id for each in both[0] if each.bundle_id]
    present = [await there(shelf, id) for id in ids]
    assert {each.bundle.version for each in present} == {3}
    fillings = {"".join(part.sku or "" for part in each.components) for each in present}
    assert fillings in ({"FB"}, {"M"})


async def test_of_two_changes_at_once_the_later_builds_upon_the_earlier(shelf: World) -> None:
    first = await brought(shelf, box())
    await asyncio.gather(*(bring(shelf, box(metadata={key: "x"})) for key in "abcd"))
    present = await there(shelf, first.bundle.id)
    assert (present.bundle.version, present.bundle.metadata) == (5, dict.fromkeys("abcd", "x"))


async def test_a_sku_that_a_product_takes_meanwhile_costs_its_bundle_alone(shelf: World) -> None:
    imported, created = await asyncio.gather(
        bring(shelf, *(box(f"box{n}", sku=f"BOX{n}") for n in range(30))),
        create(shelf, simple("Thief", sku="BOX7")),
        return_exceptions=True,
    )
    assert not isinstance(imported, BaseException)
    fates = [each.fate for each in imported]
    assert fates[:7] + fates[8:] == [Fate.CREATED] * 29
    assert fates[7] is (Fate.CREATED if isinstance(created, Problem) else Fate.REFUSED)
