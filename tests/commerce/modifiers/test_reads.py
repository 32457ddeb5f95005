"""Looking modifier sets up on a real Postgres."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from ordergraph.commerce.modifiers import reads
from ordergraph.commerce.modifiers.bounding import Bounds
from ordergraph.commerce.modifiers.changing import SetChanges, create_set, retire_set
from ordergraph.commerce.modifiers.describing import WantedChoice, WantedChoices
from ordergraph.commerce.modifiers.rules import ModifierGroupType, ModifierSet, ModifierStatus
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.runtime.db.failures import ConstraintViolated
from ordergraph.runtime.db.statements import counted
from tests.world import World

INACTIVE = ModifierStatus.INACTIVE
OAT = WantedChoice(
    "Oat", Money(60, "USD"), selected_by_default=True, taxable=False, tax_category=TaxCategory.FOOD
)
SOY = WantedChoice("Soy", Money(50, "USD"), status=INACTIVE)
MILK = WantedChoices(
    "Milk",
    bounds=Bounds(1, 2, True, 1, 3, 4),
    show_on_receipt=False,
    modifiers=[OAT, SOY],
)
WORDS = WantedChoices("Words", ModifierGroupType.TEXT, longest_text=7, status=INACTIVE)


async def make(world: World, *groups: WantedChoices, name: str = "Coffee") -> ModifierSet:
    wanted = SetChanges(name=name, metadata={"menu": "hot"})
    return await create_set(
        world.database, world.actor, wanted, groups or (MILK, WORDS), Findings()
    )


def shape(found: ModifierSet) -> list[tuple[str, Sequence[str]]]:
    return [(group.name, [each.name for each in group.modifiers]) for group in found.groups]


async def test_what_was_made_is_read_as_it_was_in_one_statement(world: World) -> None:
    made = [await make(world), await make(world), await make(world, WORDS)]
    viewer = world.database.viewer(world.actor)
    with counted() as statements:
        found = await reads.sets_by_ids(viewer, [each.id for each in made] + [new_id()])
    assert found == {each.id: each for each in made}
    assert len(statements) == 1


async def test_browsers_find_what_is_active(world: World) -> None:
    made = await make(world)
    for viewer, seen in (
        (world.database.viewer(world.actor), [("Milk", ["Oat", "Soy"]), ("Words", [])]),
        (world.database.viewer(world.browser), [("Milk", ["Oat"])]),
    ):
        assert shape((await reads.sets_by_ids(viewer, [made.id]))[made.id]) == seen
    await retire_set(world.database, world.actor, made.id)
    assert await reads.sets_by_ids(world.database.viewer(world.browser), [made.id]) == {}
    assert len(await reads.sets_by_ids(world.database.viewer(world.actor), [made.id])) == 1


async def test_env_1_a_stranger_finds_nothing(world: World) -> None:
    made = await make(world)
    milk = made.groups[0]
    stranger = world.database.viewer(world.stranger())
    assert await reads.sets_by_ids(stranger, [made.id]) == {}
    assert await reads.groups_by_ids(stranger, [milk.id]) == {}
    assert await reads.modifiers_by_ids(stranger, [milk.modifiers[0].id]) == {}


async def test_groups_and_modifiers_are_found_by_their_ids_in_one_statement_each(
    world: World,
) -> None:
    first, second = await make(world), await make(world)
    groups = [first.groups[0], second.groups[1]]
    modifiers = [first.groups[0].modifiers[1], second.groups[0].modifiers[0]]
    viewer = world.database.viewer(world.actor)
    with counted() as statements:
        assert await reads.groups_by_ids(viewer, [each.id for each in groups]) == {
            each.id: each for each in groups
        }
        assert await reads.modifiers_by_ids(viewer, [each.id for each in modifiers]) == {
            each.id: each for each in modifiers
        }
    assert len(statements) == 2


GROUP = """INSERT INTO modifier_groups (environment_id, id, set_id, name, type, position,
    min_selected, max_selected, allow_quantities, min_quantity, max_quantity, longest_text,
    show_on_receipt, show_on_fulfillment, status)
    VALUES (:scope, :id, :set_id, 'G', 'LIST', 9, :min_selected, :max_selected, true,
    :min_quantity, :max_quantity, 255, true, true, 'ACTIVE')"""
PLAIN = {"min_selected": 0, "max_selected": 1, "min_quantity": 1, "max_quantity": 1}


@pytest.mark.parametrize(
    "broken",
    [
        {"min_selected": -1},
        {"min_selected": 2},
        {"min_quantity": 0},
        {"min_quantity": 2},
        {"set_id": new_id()},
    ],
)
async def test_the_database_refuses_bounds_that_contradict_themselves(
    world: World, broken: dict[str, Any]
) -> None:
    made = await make(world)
    values = {**PLAIN, "id": new_id(), "set_id": made.id, **broken}
    with pytest.raises(ConstraintViolated):
        async with world.database.transaction(world.actor) as tx:
            await tx.execute(text(GROUP), values)
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(text(GROUP), {**PLAIN, "id": new_id(), "set_id": made.id})
    found = await reads.sets_by_ids(world.database.viewer(world.actor), [made.id])
    assert found[made.id].groups[:2] == made.groups
    assert replace(found[made.id], groups=()) == replace(made, groups=())
    assert len(found[made.id].groups) == 3
