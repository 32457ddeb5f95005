"""Making, changing and retiring modifier sets through the graph."""



from ordergraph.commerce.modifiers.events import MODIFIER_SET_CHANGED
from ordergraph.core.ids import Prefix, encode, new_id
from tests.graph.modifiers.documents import (
    WORDS,
    choice,
    choices,
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
