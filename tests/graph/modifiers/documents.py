"""The documents of modifier sets as clients send them, and short ways to send them."""

from typing import Any

from ordergraph.runtime.actor import Actor
from tests.world import Answer, World

SET = """
id name status metadata version createdAt updatedAt
groups {
  id name type position minSelected maxSelected allowQuantities minQuantity maxQuantity
  maxTotalQuantity longestText showOnReceipt showOnFulfillment status
  modifiers {
    id name unitPriceDelta { amount currency } position selectedByDefault defaultQuantity taxable
    taxCategory status
  }
}
"""
SHOWN = SET.replace("metadata", "")
"""What a buyer may ask for."""


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def choice(name: str, amount: int = 0, **more: Any) -> dict[str, Any]:
    return {"name": name, "unitPriceDelta": usd(amount), **more}


def choices(name: str, *modifiers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "modifiers": list(modifiers), **more}


MILK = choices("Milk", choice("Dairy", selectedByDefault=True), choice("Oat", 60), maxSelected=1)
WORDS = {"name": "Engraving", "type": "TEXT", "longestText": 20}


async def send(world: World, name: str, /, *, caller: Actor | None = None, **input: Any) -> Answer:
    """Send one of the mutations of modifier sets."""
    pascal = name[0].upper() + name[1:]
    document = (
        f"mutation($input: {pascal}Input!) {{ {name}(input: $input) {{ modifierSet {{ {SET} }}"
        " userErrors { code message field ... on VersionError { currentVersion } } } }"
    )
    return await world.graphql(document, caller=caller, input=input)


async def make(world: World, *groups: dict[str, Any], **more: Any) -> Any:
    """Make a set, by default of milk and an engraving, and return it."""
    input = {"name": "Coffee", "groups": list(groups) or [MILK, WORDS], **more}
    answer = await send(world, "createModifierSet", **input)
    assert (answer.errors, answer.codes) == ([], [])
    return answer.payload["modifierSet"]


async def done(world: World, name: str, /, **input: Any) -> Any:
    """Send a mutation that has to succeed and return the set."""
    answer = await send(world, name, **input)
    assert (answer.errors, answer.codes) == ([], [])
    return answer.payload["modifierSet"]


async def read(world: World, id: str, *, caller: Actor | None = None, fields: str = SET) -> Any:
    """Read a set, or None."""
    document = f"query($id: ID!) {{ modifierSet(id: $id) {{ {fields} }} }}"
    answer = await world.graphql(document, caller=caller, id=id)
    assert answer.errors == []
    return answer.payload


def as_input(modifier_set: Any) -> list[dict[str, Any]]:
    """Return the groups of a set as an input that changes nothing."""
    return [_group(group) for group in modifier_set["groups"]]


def _group(group: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in group.items() if name != "position"}
    if kept["type"] == "LIST":
        del kept["longestText"]
    return {**kept, "modifiers": [_modifier(each) for each in group["modifiers"]]}


def _modifier(modifier: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in modifier.items() if name != "position"}
