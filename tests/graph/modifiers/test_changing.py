"""Making, changing and retiring modifier sets through the graph."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.modifiers.events import MODIFIER_SET_CHANGED
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from tests.graph.modifiers.documents import (
    MILK,
    WORDS,
    as_input,
    choice,
    choices,
    done,
    make,
    read,
    send,
    usd,
)
from tests.world import World

NOBODY = {
    Prefix.MODIFIER_SET: encode(Prefix.MODIFIER_SET, new_id()),
    Prefix.MODIFIER_GROUP: encode(Prefix.MODIFIER_GROUP, new_id()),
    Prefix.MODIFIER: encode(Prefix.MODIFIER, new_id()),
}


async def told(world: World) -> list[int]:
    """Return the versions that were told of modifier sets, in order."""
    async with world.database.transaction(world.actor) as tx:
        rows = await tx.driver_rows(
            "SELECT payload FROM event_log WHERE environment_id = $1 AND type = $2 ORDER BY seq",
            [world.environment_id, MODIFIER_SET_CHANGED],
        )
    return [row["payload"]["version"] for row in rows]


async def test_a_set_is_made_with_its_groups_and_modifiers(world: World) -> None:
    extras = choices(
        "Extras",
        choice("Shot", 80, defaultQuantity=2, taxable=False, taxCategory="PREPARED_FOOD"),
        choice("Syrup", 50, status="INACTIVE"),
        minSelected=1,
        maxSelected=2,
        allowQuantities=True,
        minQuantity=1,
        maxQuantity=4,
        maxTotalQuantity=6,
        showOnReceipt=False,
        showOnFulfillment=False,
        status="INACTIVE",
    )
    made = await make(world, extras, WORDS, name="  Coffee ", metadata={"menu": "hot"})
    assert made == await read(world, made["id"])
    assert made["createdAt"] == made["updatedAt"] == "2026-11-21T12:00:00.000000Z"
    first, second = made["groups"]
    shot, syrup = first.pop("modifiers")
    for each, prefix in ((made, "ms"), (first, "mg"), (shot, "mod")):
        assert each.pop("id").startswith(f"{prefix}_")
    assert (made["name"], made["status"], made["version"], made["metadata"]) == (
        "Coffee",
        "ACTIVE",
        1,
        {"menu": "hot"},
    )
    assert first == {
        "name": "Extras",
        "type": "LIST",
        "position": 0,
        "minSelected": 1,
        "maxSelected": 2,
        "allowQuantities": True,
        "minQuantity": 1,
        "maxQuantity": 4,
        "maxTotalQuantity": 6,
        "longestText": 255,
        "showOnReceipt": False,
        "showOnFulfillment": False,
        "status": "INACTIVE",
    }
    assert shot == {
        "name": "Shot",
        "unitPriceDelta": usd(80),
        "position": 0,
        "selectedByDefault": False,
        "defaultQuantity": 2,
        "taxable": False,
        "taxCategory": "PREPARED_FOOD",
        "status": "ACTIVE",
    }
    assert (syrup["position"], syrup["status"], syrup["taxable"]) == (1, "INACTIVE", True)
    assert (second["type"], second["maxSelected"], second["longestText"]) == ("TEXT", 1, 20)
    assert await told(world) == [1]


async def test_err_1_all_problems_of_a_set_are_told_at_once(world: World) -> None:
    answer = await send(
        world,
        "createModifierSet",
        name=" ",
        metadata={"": "x"},
        groups=[
            choices("A", minSelected=3, maxSelected=2),
            {"name": "", "type": "TEXT", "modifiers": [choice("x" * 256, -1)], "minSelected": 2},
            choices("B", choice("C"), choice("D", unitPriceDelta={"amount": 1, "currency": "EUR"})),
            choices("E", choice("F", id="nonsense"), id=NOBODY[Prefix.MODIFIER_GROUP]),
        ],
    )
    found = sorted(zip([".".join(path[1:]) for path in answer.paths], answer.codes, strict=True))
    assert answer.payload["modifierSet"] is None
    assert found == [
        ("groups.0.maxSelected", "INVALID_FIELD"),
        ("groups.0.modifiers", "FIELD_REQUIRED"),
        ("groups.1.minSelected", "INVALID_FIELD"),
        ("groups.1.modifiers", "INVALID_FIELD"),
        ("groups.1.modifiers.0.name", "STRING_TOO_LONG"),
        ("groups.1.modifiers.0.unitPriceDelta.amount", "AMOUNT_OUT_OF_RANGE"),
        ("groups.1.name", "FIELD_REQUIRED"),
        ("groups.2.modifiers.1.unitPriceDelta.currency", "CURRENCY_MISMATCH"),
        ("groups.3.id", "RESOURCE_NOT_FOUND"),
        ("groups.3.modifiers.0.id", "INVALID_ID"),
        ("metadata.", "METADATA_LIMIT_EXCEEDED"),
        ("name", "FIELD_REQUIRED"),
    ]
    listed = await world.graphql("{ modifierSets { nodes { id } } }")
    assert listed.payload["nodes"] == []
    assert await told(world) == []


A, B, C = choice("A"), choice("B"), choice("C")


@pytest.mark.parametrize(
    ("group", "path"),
    [
        ({"minSelected": -1}, "minSelected"),
        ({"minSelected": 51}, "minSelected"),
        ({"minSelected": 1.5}, "minSelected"),
        ({"minSelected": 4}, "minSelected"),
        ({"maxSelected": 0}, "maxSelected"),
        ({"maxSelected": 101}, "maxSelected"),
        ({"minSelected": 2, "maxSelected": 1}, "maxSelected"),
        ({"minQuantity": 2}, "minQuantity"),
        ({"maxQuantity": 2}, "maxQuantity"),
        ({"maxTotalQuantity": 2}, "maxTotalQuantity"),
        ({"allowQuantities": True, "minQuantity": 0}, "minQuantity"),
        ({"allowQuantities": True, "minQuantity": 3, "maxQuantity": 2}, "maxQuantity"),
        ({"allowQuantities": True, "maxQuantity": 1_000_001}, "maxQuantity"),
        (
            {"allowQuantities": True, "minQuantity": 2, "minSelected": 2, "maxTotalQuantity": 3},
            "maxTotalQuantity",
        ),
        ({"longestText": 10}, "longestText"),
        ({"modifiers": []}, "modifiers"),
        ({"modifiers": [A] * 101}, "modifiers"),
        ({"modifiers": [{**A, "status": "INACTIVE"}, B], "minSelected": 2}, "minSelected"),
        ({"modifiers": [{**A, "defaultQuantity": 2}]}, "modifiers.0.defaultQuantity"),
        (
            {
                "modifiers": [A, {**B, "defaultQuantity": 5}],
                "allowQuantities": True,
                "maxQuantity": 4,
            },
            "modifiers.1.defaultQuantity",
        ),
        (
            {"modifiers": [{**each, "selectedByDefault": True} for each in (A, B)]}
            | {"maxSelected": 1},
            "maxSelected",
        ),
        (
            {
                "modifiers": [{**A, "selectedByDefault": True, "defaultQuantity": 3}],
                "allowQuantities": True,
                "maxTotalQuantity": 2,
            },
            "maxTotalQuantity",
        ),
        ({"type": "TEXT"}, "modifiers"),
        ({"type": "TEXT", "modifiers": [], "maxSelected": 2}, "maxSelected"),
        ({"type": "TEXT", "modifiers": [], "allowQuantities": True}, "allowQuantities"),
        ({"type": "TEXT", "modifiers": [], "longestText": 0}, "longestText"),
        ({"type": "TEXT", "modifiers": [], "longestText": 2001}, "longestText"),
    ],
)
async def test_a_group_that_contradicts_itself_is_refused(
    world: World, group: dict[str, Any], path: str
) -> None:
    answer = await send(
        world,
        "createModifierSet",
        name="Coffee",
        groups=[WORDS, {"name": "Group", "modifiers": [A, B, C], **group}],
    )
    assert len(answer.codes) == 1
    assert set(answer.codes) <= {"INVALID_FIELD", "FIELD_REQUIRED", "TOO_MANY_ITEMS"}
    assert answer.paths == [["input", "groups", "1", *path.split(".")]]
    assert await told(world) == []


async def test_a_set_has_at_most_50_groups_and_puts_at_most_50_modifiers_on_a_line(
    world: World,
) -> None:
    made = await make(world, *[WORDS] * 50)
    assert len(made["groups"]) == 50
    answer = await send(world, "createModifierSet", name="Coffee", groups=[WORDS] * 51)
    assert (answer.codes, answer.paths) == (["TOO_MANY_ITEMS"], [["input", "groups"]])
    many = [{**A, "selectedByDefault": True}] * 51
    answer = await send(world, "createModifierSet", name="Coffee", groups=[choices("Many", *many)])
    assert (answer.codes, answer.paths) == (["INVALID_FIELD"], [["input", "groups"]])


async def test_upd_1_what_is_omitted_stays_and_what_is_sent_replaces(world: World) -> None:
    made = await make(world, metadata={"a": "1", "b": "2"})
    world.clock.advance(timedelta(minutes=1))
    changed = await done(
        world, "updateModifierSet", id=made["id"], name="Tea", metadata={"a": None, "c": "3"}
    )
    assert changed == made | {
        "name": "Tea",
        "metadata": {"b": "2", "c": "3"},
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert changed == await read(world, made["id"])
    assert await told(world) == [1, 2]
    cleared = await done(world, "updateModifierSet", id=made["id"], metadata={})
    assert (cleared["metadata"], cleared["name"], cleared["version"]) == ({}, "Tea", 3)


async def test_upd_3_equal_values_are_no_change_and_nothing_is_refused(world: World) -> None:
    made = await make(world, metadata={"a": "1"})
    world.clock.advance(timedelta(minutes=1))
    same = {"name": "Coffee", "metadata": {"a": "1"}}
    assert await done(world, "updateModifierSet", id=made["id"], **same) == made
    answer = await send(world, "updateModifierSet", id=made["id"], expectedVersion=1)
    assert answer.codes == ["NO_FIELDS_TO_UPDATE"]
    answer = await send(
        world, "updateModifierSet", id=made["id"], name=None, metadata={"x" * 41: "1"}
    )
    assert sorted(answer.codes) == ["FIELD_REQUIRED", "METADATA_LIMIT_EXCEEDED"]
    assert await read(world, made["id"]) == made
    assert await told(world) == [1]


@pytest.mark.parametrize(
    ("name", "input"),
    [
        ("updateModifierSet", {"name": "Tea"}),
        ("replaceModifierGroups", {"groups": []}),
    ],
)
async def test_upd_7_another_version_than_the_expected_one_is_a_conflict(
    world: World, name: str, input: dict[str, Any]
) -> None:
    made = await make(world)
    answer = await send(world, name, id=made["id"], expectedVersion=2, **input)
    assert (answer.codes, answer.paths) == (["VERSION_CONFLICT"], [["input", "expectedVersion"]])
    assert answer.payload["userErrors"][0]["currentVersion"] == 1
    assert await read(world, made["id"]) == made
    assert await told(world) == [1]


async def test_upd_7_replacing_groups_needs_the_version(world: World) -> None:
    made = await make(world)
    answer = await send(world, "replaceModifierGroups", id=made["id"], groups=[])
    assert answer.data is None
    assert "expectedVersion" in str(answer.errors[0])
    assert await read(world, made["id"]) == made


async def test_groups_and_modifiers_that_are_named_keep_their_ids(world: World) -> None:
    made = await make(world)
    milk, words = as_input(made)
    dairy, oat = milk["modifiers"]
    oat["unitPriceDelta"] = usd(70)
    milk["modifiers"] = [oat, choice("Soy", 50), dairy]
    replaced = await done(
        world,
        "replaceModifierGroups",
        id=made["id"],
        expectedVersion=1,
        groups=[words, choices("Size", choice("Large", 90)), milk],
    )
    assert replaced == await read(world, made["id"])
    assert replaced["version"] == 2
    assert [each["name"] for each in replaced["groups"]] == ["Engraving", "Size", "Milk"]
    assert [each["position"] for each in replaced["groups"]] == [0, 1, 2]
    first, _, last = replaced["groups"]
    assert (first["id"], last["id"]) == (words["id"], milk["id"])
    assert [(each["name"], each["position"]) for each in last["modifiers"]] == [
        ("Oat", 0),
        ("Soy", 1),
        ("Dairy", 2),
    ]
    assert (last["modifiers"][0]["id"], last["modifiers"][2]["id"]) == (oat["id"], dairy["id"])
    assert last["modifiers"][0]["unitPriceDelta"] == usd(70)
    assert await told(world) == [1, 2]


async def test_a_modifier_may_move_to_another_group_while_its_own_goes(world: World) -> None:
    made = await make(world)
    milk, words = as_input(made)
    oat = milk["modifiers"][1]
    replaced = await done(
        world,
        "replaceModifierGroups",
        id=made["id"],
        expectedVersion=1,
        groups=[choices("Vegan milk", oat)],
    )
    assert replaced == await read(world, made["id"])
    (group,) = replaced["groups"]
    assert group["id"] not in (milk["id"], words["id"])
    assert [each["id"] for each in group["modifiers"]] == [oat["id"]]
    gone = [milk["id"], words["id"], milk["modifiers"][0]["id"]]
    found = await world.graphql("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=gone)
    assert (found.errors, found.payload) == ([], [None, None, None])


async def test_upd_6_an_empty_list_clears_the_groups(world: World) -> None:
    made = await make(world)
    cleared = await done(
        world, "replaceModifierGroups", id=made["id"], expectedVersion=1, groups=[]
    )
    assert cleared["groups"] == []
    assert await read(world, made["id"]) == cleared


async def test_groups_that_equal_the_present_ones_are_no_change(world: World) -> None:
    made = await make(world)
    world.clock.advance(timedelta(minutes=1))
    same = await done(
        world,
        "replaceModifierGroups",
        id=made["id"],
        expectedVersion=1,
        groups=as_input(made),
    )
    assert same == made
    assert await told(world) == [1]


async def test_ids_of_another_set_are_not_found_and_named_twice_are_refused(world: World) -> None:
    made, other = await make(world), await make(world)
    (foreign_milk, _), (milk, words) = as_input(other), as_input(made)
    answer = await send(
        world,
        "replaceModifierGroups",
        id=made["id"],
        expectedVersion=1,
        groups=[
            foreign_milk,
            {**milk, "modifiers": [*milk["modifiers"], milk["modifiers"][1]]},
            words,
            words,
        ],
    )
    assert list(zip(answer.codes, [path[1:] for path in answer.paths], strict=True)) == [
        ("RESOURCE_NOT_FOUND", ["groups", "0", "id"]),
        ("INVALID_FIELD", ["groups", "3", "id"]),
        ("RESOURCE_NOT_FOUND", ["groups", "0", "modifiers", "0", "id"]),
        ("RESOURCE_NOT_FOUND", ["groups", "0", "modifiers", "1", "id"]),
        ("INVALID_FIELD", ["groups", "1", "modifiers", "2", "id"]),
    ]
    assert (await read(world, made["id"]), await read(world, other["id"])) == (made, other)


async def test_a_retired_set_is_out_of_use_for_good(world: World) -> None:
    made = await make(world)
    world.clock.advance(timedelta(minutes=1))
    retired = await done(world, "retireModifierSet", id=made["id"])
    assert retired == made | {
        "status": "RETIRED",
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert await done(world, "retireModifierSet", id=made["id"]) == retired
    for name, input in (
        ("updateModifierSet", {"name": "Tea"}),
        ("replaceModifierGroups", {"groups": [], "expectedVersion": 2}),
    ):
        answer = await send(world, name, id=made["id"], **input)
        assert (answer.codes, answer.paths) == (["RESOURCE_DELETED"], [["input", "id"]])
    assert await read(world, made["id"]) == retired
    assert await told(world) == [1, 2]


@pytest.mark.parametrize(
    ("name", "input"),
    [
        ("updateModifierSet", {"name": "Tea"}),
        ("replaceModifierGroups", {"groups": [], "expectedVersion": 1}),
        ("retireModifierSet", {}),
    ],
)
async def test_id_2_unknown_foreign_and_malformed_ids_are_refused(
    world: World, name: str, input: dict[str, Any]
) -> None:
    made = await make(world)
    stranger = world.stranger()
    for caller, id, code in (
        (None, NOBODY[Prefix.MODIFIER_SET], "RESOURCE_NOT_FOUND"),
        (stranger, made["id"], "RESOURCE_NOT_FOUND"),
        (None, made["groups"][0]["id"], "INVALID_ID"),
        (None, "nonsense", "INVALID_ID"),
    ):
        answer = await send(world, name, caller=caller, id=id, **input)
        assert (answer.codes, answer.paths) == ([code], [["input", "id"]])
    assert await read(world, made["id"]) == made


@pytest.mark.parametrize("writer", [False, True])
async def test_key_4_only_who_may_write_products_changes_sets(world: World, writer: bool) -> None:
    made = await make(world)
    scopes = MERCHANT_SCOPES - {"commerce.products.write"}
    callers = [world.browser, world.caller(ActorKind.SECRET_KEY, scopes)]
    if writer:
        callers = [world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.products.write"}))]
    for caller in callers:
        for name, input in (
            ("createModifierSet", {"name": "Coffee", "groups": []}),
            ("replaceModifierGroups", {"id": made["id"], "groups": [], "expectedVersion": 1}),
            ("updateModifierSet", {"id": made["id"], "name": "Tea"}),
            ("retireModifierSet", {"id": made["id"]}),
        ):
            pascal = name[0].upper() + name[1:]
            document = (
                f"mutation($input: {pascal}Input!) {{ {name}(input: $input)"
                " { modifierSet { id } userErrors { code } } }"
            )
            answer = await world.graphql(document, caller=caller, input=input)
            if writer:
                assert (answer.errors, answer.codes) == ([], [])
            else:
                assert (answer.payload, answer.top_codes) == (None, ["FORBIDDEN"])
    if not writer:
        assert await read(world, made["id"]) == made
        assert await told(world) == [1]


async def test_con_3_of_two_replacements_at_once_one_is_a_conflict(world: World) -> None:
    made = await make(world)
    milk, _ = as_input(made)

    async def replace(number: int) -> Any:
        groups = [{**milk, "name": f"Milk {number}"}, choices(f"New {number}", A)]
        return await send(
            world, "replaceModifierGroups", id=made["id"], expectedVersion=1, groups=groups
        )

    answers = await asyncio.gather(*(replace(number) for number in range(6)))
    won = [answer for answer in answers if not answer.codes]
    assert len(won) == 1
    assert [answer.codes for answer in answers if answer.codes] == [["VERSION_CONFLICT"]] * 5
    assert won[0].payload["modifierSet"] == await read(world, made["id"])
    assert await told(world) == [1, 2]


async def test_con_4_changes_without_an_expected_version_happen_one_after_the_other(
    world: World,
) -> None:
    made = await make(world)
    answers = await asyncio.gather(
        *(
            send(world, "updateModifierSet", id=made["id"], metadata={f"key{number}": "1"})
            for number in range(6)
        )
    )
    assert [answer.codes for answer in answers] == [[]] * 6
    after = await read(world, made["id"])
    assert (len(after["metadata"]), after["version"]) == (6, 7)
    assert await told(world) == [1, 2, 3, 4, 5, 6, 7]


async def test_idm_5_a_repeated_key_answers_the_same_set(world: World) -> None:
    document = (
        "mutation($input: CreateModifierSetInput!, $key: String!) {"
        " createModifierSet(input: $input) @idempotent(key: $key)"
        " { modifierSet { id groups { id } } userErrors { code } } }"
    )
    input = {"name": "Coffee", "groups": [MILK]}
    first = await world.graphql(document, input=input, key="k1")
    again = await world.graphql(document, input=input, key="k1")
    assert first.payload == again.payload
    assert again.extensions["idempotency"] == {"replayed": True}
    assert await told(world) == [1]
