"""Labels of products and bundles, and the categories that come of them."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ordergraph.commerce.categories.labeling import (
    assign_labels,
    check_labels,
    leave_categories,
    set_active,
)
from ordergraph.commerce.categories.reads import (
    categories_of_members,
    category_page,
    member_counts,
)
from ordergraph.commerce.categories.rules import Category, MemberCounts, MemberKind
from ordergraph.commerce.categories.tables import CategoryRow
from ordergraph.core.ids import new_id
from ordergraph.core.paging import PageRequest
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.statements import counted
from tests.world import World


def _found(labels: Sequence[str]) -> list[tuple[ErrorCode, tuple[str, ...]]]:
    findings = Findings()
    check_labels(findings, labels, "categories")
    return [(problem.code, problem.field) for problem in findings.problems]


async def _label(
    world: World,
    member_id: UUID,
    *labels: str,
    kind: MemberKind = MemberKind.PRODUCT,
    active: bool = True,
    actor: Actor | None = None,
) -> None:
    async with world.database.transaction(actor or world.actor) as tx:
        await assign_labels(tx, {member_id: labels}, kind, active=active)


async def _labels(world: World, member_id: UUID) -> list[str]:
    found = await categories_of_members(world.database.viewer(world.actor), [member_id])
    return [category.name for category in found[member_id]]


async def _all(world: World) -> Sequence[Category]:
    page = await category_page(world.database.viewer(world.actor), PageRequest(100))
    return page.items


def test_ctg_1_labels_are_trimmed_and_kept_once_in_their_first_spelling() -> None:
    findings = Findings()
    labels = check_labels(findings, [" Hot drinks ", "Tea", "HOT DRINKS", "tea"], "categories")
    assert (labels, findings.problems) == (["Hot drinks", "Tea"], [])


def test_ctg_1_sharp_s_is_the_same_label_as_ss() -> None:
    assert check_labels(Findings(), ["Straße", "STRASSE"], "categories") == ["Straße"]


def test_a_label_has_1_to_100_characters() -> None:
    assert _found(["x" * 100]) == []
    assert _found([" ", "x" * 101]) == [
        (ErrorCode.FIELD_REQUIRED, ("categories", "0")),
        (ErrorCode.STRING_TOO_LONG, ("categories", "1")),
    ]


def test_ctg_1_a_product_has_at_most_50_labels_repeats_not_counted() -> None:
    fifty = [f"label {number}" for number in range(50)]
    assert _found([*fifty, "LABEL 0"]) == []
    assert _found([*fifty, "one more"]) == [(ErrorCode.TOO_MANY_ITEMS, ("categories",))]


async def test_ctg_4_a_label_makes_its_category_once(world: World) -> None:
    first, second = new_id(), new_id()
    await _label(world, first, "Hot drinks", "Tea")
    await _label(world, second, "hot DRINKS")
    assert [(each.name, each.slug, each.position) for each in await _all(world)] == [
        ("Hot drinks", "hot-drinks", 0),
        ("Tea", "tea", 0),
    ]
    assert await _labels(world, second) == ["Hot drinks"]


async def test_ctg_1_labels_keep_the_order_they_were_sent_in(world: World) -> None:
    member = new_id()
    await _label(world, member, "b", "c", "a")
    assert await _labels(world, member) == ["b", "c", "a"]
    await _label(world, member, "c", "a", "b")
    assert await _labels(world, member) == ["c", "a", "b"]


async def test_ctg_2_labels_are_replaced_as_a_whole_and_an_empty_list_clears(world: World) -> None:
    member, other = new_id(), new_id()
    await _label(world, member, "Tea", "Hot")
    await _label(world, other, "Tea")
    await _label(world, member, "Cold")
    assert await _labels(world, member) == ["Cold"]
    await _label(world, member)
    assert await _labels(world, member) == []
    assert await _labels(world, other) == ["Tea"]
    assert {each.name for each in await _all(world)} == {"Tea", "Hot", "Cold"}


async def test_ctg_4_different_labels_with_one_slug_get_numbers(world: World) -> None:
    await _label(world, new_id(), "Tea", "Tea!", "Tea?")
    assert sorted(each.slug for each in await _all(world)) == ["tea", "tea-2", "tea-3"]


async def test_ctg_3_counts_are_of_active_members_by_kind(world: World) -> None:
    product, hidden, bundle = new_id(), new_id(), new_id()
    await _label(world, product, "Tea")
    await _label(world, hidden, "Tea", active=False)
    await _label(world, bundle, "Tea", kind=MemberKind.BUNDLE)
    (tea,) = await _all(world)
    viewer = world.database.viewer(world.actor)

    async def counts() -> MemberCounts:
        return (await member_counts(viewer, [tea.id]))[tea.id]

    assert await counts() == MemberCounts(products=1, bundles=1)
    async with world.database.transaction(world.actor) as tx:
        await set_active(tx, [hidden, bundle], True)
        await set_active(tx, [bundle], False)
    assert await counts() == MemberCounts(products=2, bundles=0)
    async with world.database.transaction(world.actor) as tx:
        await leave_categories(tx, [product])
    assert await counts() == MemberCounts(products=1, bundles=0)


async def test_categories_of_an_environment_are_its_own(world: World) -> None:
    mine, theirs = new_id(), new_id()
    await _label(world, mine, "Tea")
    await _label(world, theirs, "Tea", actor=world.stranger())
    assert len(await _all(world)) == 1
    assert await _labels(world, theirs) == []


async def test_many_members_are_labeled_with_as_many_statements_as_one(world: World) -> None:
    async def statements(members: int) -> int:
        labels = {new_id(): [f"a {at}", f"b {members}"] for at in range(members)}
        async with world.database.transaction(world.actor) as tx:
            with counted() as count:
                await assign_labels(tx, labels, MemberKind.PRODUCT, active=True)
        return len(count)

    assert await statements(1) == await statements(200)


async def test_products_that_make_the_same_new_labels_at_once_share_the_categories(
    world: World,
) -> None:
    members = [new_id() for _ in range(16)]
    labels = ["Tea", "Coffee", "Cocoa", "Water"]
    await asyncio.gather(
        *(
            _label(world, member, *(labels if at % 2 else reversed(labels)))
            for at, member in enumerate(members)
        )
    )
    async with world.database.transaction(world.actor) as tx:
        made = await tx.scalar(select(func.count()).where(within(CategoryRow)))
    assert made == 4
    for at, member in enumerate(members):
        assert await _labels(world, member) == (labels if at % 2 else labels[::-1])


async def test_a_category_that_is_deleted_while_a_product_takes_its_label_is_made_anew(
    world: World,
) -> None:
    first, second = new_id(), new_id()
    await _label(world, first, "Tea")
    (tea,) = await _all(world)
    async with world.database.transaction(world.actor) as deleting:
        await deleting.lock(CategoryRow, tea.id, "category", "id")
        labeling = asyncio.create_task(_label(world, second, "Tea"))
        await asyncio.sleep(0.2)
        assert not labeling.done()
        await deleting.execute(CategoryRow.__table__.delete().where(CategoryRow.id == tea.id))  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownArgumentType]
    await labeling
    (anew,) = await _all(world)
    assert (anew.name, anew.id == tea.id) == ("Tea", False)
    assert await _labels(world, second) == ["Tea"]
    assert await _labels(world, first) == []


@pytest.mark.parametrize("sizes", [(1, 50)])
async def test_categories_of_members_are_read_with_one_statement(
    world: World, sizes: tuple[int, ...]
) -> None:
    members = [new_id() for _ in range(max(sizes))]
    async with world.database.transaction(world.actor) as tx:
        labels = {member: ["Tea", "Hot"] for member in members}
        await assign_labels(tx, labels, MemberKind.PRODUCT, active=True)
    viewer = world.database.viewer(world.actor)
    for size in sizes:
        with counted() as count:
            found = await categories_of_members(viewer, members[:size])
        assert (len(count), len(found)) == (1, size)
