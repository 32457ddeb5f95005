"""The settings of a shop, as merchants send and see them."""

from typing import Any

import pytest

from ordergraph.runtime.actor import ActorKind
from tests.world import Answer, World

SETTINGS = (
    "tipLimit { amount currency } cartLifetimeDays pricesIncludeTax allowNegativeStock"
    " lowStockThreshold searchLanguage"
)
ASK = f"{{ settings {{ {SETTINGS} }} }}"
CHANGE = f"""mutation($input: UpdateSettingsInput!) {{ updateSettings(input: $input) {{
  settings {{ {SETTINGS} }} userErrors {{ code message field }} }} }}"""
DEFAULTS = {
    "tipLimit": None,
    "cartLifetimeDays": 30,
    "pricesIncludeTax": False,
    "allowNegativeStock": False,
    "lowStockThreshold": None,
    "searchLanguage": "ENGLISH",
}


async def change(world: World, *, caller: Any = None, **input: Any) -> Answer:
    return await world.graphql(CHANGE, caller=caller, input=input)


async def test_settings_are_read_changed_and_read_again(world: World) -> None:
    assert (await world.graphql(ASK)).payload == DEFAULTS
    limit = {"amount": 5000, "currency": "EUR"}
    changed = await change(world, lowStockThreshold=5, searchLanguage="SIMPLE", tipLimit=limit)
    expected = {
        **DEFAULTS,
        "lowStockThreshold": 5,
        "searchLanguage": "SIMPLE",
        "tipLimit": limit,
    }
    assert (changed.codes, changed.payload["settings"]) == ([], expected)
    assert (await world.graphql(ASK)).payload == expected
    assert (await change(world, lowStockThreshold=None)).payload["settings"] == {
        **expected,
        "lowStockThreshold": None,
    }
    assert (await world.graphql(ASK, caller=world.stranger())).payload == DEFAULTS


async def test_shop_shows_at_once_whether_prices_include_tax(world: World) -> None:
    await change(world, pricesIncludeTax=True)
    shop = await world.graphql("{ shop { pricesIncludeTax } }", caller=world.browser)
    assert shop.payload == {"pricesIncludeTax": True}


@pytest.mark.parametrize(
    ("input", "code", "path"),
    [
        ({}, "NO_FIELDS_TO_UPDATE", []),
        ({"lowStockThreshold": -1}, "INVALID_FIELD", ["lowStockThreshold"]),
        ({"lowStockThreshold": 1.5}, "INVALID_FIELD", ["lowStockThreshold"]),
        ({"pricesIncludeTax": None}, "FIELD_REQUIRED", ["pricesIncludeTax"]),
        ({"cartLifetimeDays": None}, "FIELD_REQUIRED", ["cartLifetimeDays"]),
        ({"cartLifetimeDays": 1}, "INVALID_FIELD", ["cartLifetimeDays"]),
        (
            {"tipLimit": {"amount": -1, "currency": "EUR"}},
            "AMOUNT_OUT_OF_RANGE",
            ["tipLimit", "amount"],
        ),
        ({"searchLanguage": None}, "FIELD_REQUIRED", ["searchLanguage"]),
        ({"allowNegativeStock": None}, "FIELD_REQUIRED", ["allowNegativeStock"]),
    ],
)
async def test_what_is_wrong_is_told_with_its_path_and_changes_nothing(
    world: World, input: dict[str, Any], code: str, path: list[str]
) -> None:
    refused = await change(world, **input)
    assert (refused.codes, refused.paths) == ([code], [["input", *path] if path else None])
    assert refused.payload["settings"] is None
    assert (await world.graphql(ASK)).payload == DEFAULTS


async def test_only_who_may_reads_and_changes_settings(world: World) -> None:
    reader = world.caller(ActorKind.SECRET_KEY, frozenset({"settings.read"}))
    writer = world.caller(ActorKind.SECRET_KEY, frozenset({"settings.write"}))
    assert (await world.graphql(ASK, caller=reader)).payload == DEFAULTS
    assert (await world.graphql(ASK, caller=writer)).top_codes == ["FORBIDDEN"]
    for caller in (reader, world.browser):
        assert (await change(world, caller=caller, lowStockThreshold=1)).top_codes == ["FORBIDDEN"]
    assert (await world.graphql(ASK, caller=world.browser)).top_codes == ["FORBIDDEN"]
    assert (await world.graphql(ASK)).payload == DEFAULTS
    answered = await change(world, caller=writer, lowStockThreshold=1)
    assert answered.payload["settings"]["lowStockThreshold"] == 1


async def test_idm_5_a_repeated_change_is_done_once_and_answers_the_present(world: World) -> None:
    document = CHANGE.replace(
        "updateSettings(input: $input)", 'updateSettings(input: $input) @idempotent(key: "one")'
    )
    first = await world.graphql(document, input={"lowStockThreshold": 1})
    await change(world, lowStockThreshold=2)
    again = await world.graphql(document, input={"lowStockThreshold": 1})
    assert first.payload["settings"]["lowStockThreshold"] == 1
    assert again.payload["settings"]["lowStockThreshold"] == 2
    assert again.extensions["idempotency"] == {"replayed": True}
