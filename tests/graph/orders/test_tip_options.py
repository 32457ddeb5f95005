"""Suggested tips, as merchants set them and shops show them (TIP-4)."""

from typing import Any

from tests.world import World

OPTIONS = """tipOptions {
  percents defaultPercent amounts { amount } amountsBelow { amount currency }
  defaultAmount { amount } customTips }"""
CHANGE = f"""mutation($input: UpdateSettingsInput!) {{ updateSettings(input: $input) {{
  settings {{ {OPTIONS} }} userErrors {{ code message field }} }} }}"""
SHOWN = "tipSuggestions { percent amount { amount currency } isDefault }"
CREATE = f"""mutation($input: CreateOrderInput!) {{ createOrder(input: $input) {{
  order {{ id {SHOWN} }} userErrors {{ code message field }} }} }}"""
PREVIEW = f"""query($input: OrderDraftInput!) {{ previewOrder(input: $input) {{
  {SHOWN} userErrors {{ code message field }} }} }}"""


def usd(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "USD"}


async def test_tip_4_what_the_merchant_sets_is_shown_by_shops_orders_and_previews(
    world: World,
) -> None:
    wanted = {
        "percents": ["15", "18.50"],
        "defaultPercent": "18.5",
        "amounts": [usd(100), usd(200)],
        "amountsBelow": usd(1000),
    }
    kept = {
        "percents": ["15", "18.5"],
        "defaultPercent": "18.5",
        "amounts": [{"amount": 100}, {"amount": 200}],
        "amountsBelow": usd(1000),
        "defaultAmount": None,
        "customTips": True,
    }
    shop = f"{{ shop {{ {OPTIONS} }} }}"
    assert (await world.graphql(shop, caller=world.browser)).payload == {"tipOptions": None}
    changed = await world.graphql(CHANGE, input={"tipOptions": wanted})
    assert (changed.errors, changed.codes) == ([], [])
    assert changed.payload["settings"] == {"tipOptions": kept}
    assert (await world.graphql(shop, caller=world.browser)).payload == {"tipOptions": kept}

    draft = {"lineItems": [{"name": "Wrap", "unitPrice": usd(2000)}]}
    made = await world.graphql(CREATE, input=draft)
    expected = [
        {"percent": "15", "amount": usd(300), "isDefault": False},
        {"percent": "18.5", "amount": usd(370), "isDefault": True},
    ]
    order = made.payload["order"]
    assert order["tipSuggestions"] == expected
    asked = f"query($id: ID!) {{ order(id: $id) {{ {SHOWN} }} }}"
    assert (await world.graphql(asked, id=order["id"])).payload == {"tipSuggestions": expected}
    listed = await world.graphql(f"{{ orders {{ nodes {{ {SHOWN} }} }} }}")
    assert listed.payload["nodes"] == [{"tipSuggestions": expected}]
    small = {"lineItems": [{"name": "Wrap", "unitPrice": usd(999)}]}
    assert (await world.graphql(PREVIEW, input=small)).payload["tipSuggestions"] == [
        {"percent": None, "amount": usd(100), "isDefault": False},
        {"percent": None, "amount": usd(200), "isDefault": False},
    ]

    cleared = await world.graphql(CHANGE, input={"tipOptions": None})
    assert cleared.payload["settings"] == {"tipOptions": None}
    assert (await world.graphql(asked, id=order["id"])).payload == {"tipSuggestions": []}


async def test_tip_4_options_that_cannot_be_are_refused_at_their_place(world: World) -> None:
    wanted = {"percents": ["15", "0.5"], "defaultPercent": "20", "amounts": [usd(0)]}
    answer = await world.graphql(CHANGE, input={"tipOptions": wanted})
    found = zip(answer.codes, answer.paths, strict=True)
    assert sorted((code, *(path or ())[2:]) for code, path in found) == [
        ("AMOUNT_OUT_OF_RANGE", "amounts", "0", "amount"),
        ("FIELD_REQUIRED", "amountsBelow"),
        ("INVALID_FIELD", "defaultPercent"),
        ("INVALID_FIELD", "percents", "1"),
    ]
    assert (await world.graphql(f"{{ settings {{ {OPTIONS} }} }}")).payload == {"tipOptions": None}
