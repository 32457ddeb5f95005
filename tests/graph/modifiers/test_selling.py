"""A coffee with modifiers, from the shelf to the line, as clients of every kind see it."""

from typing import Any

from ordergraph.core.ids import Prefix, decode, encode, new_id
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.db.statements import counted
from tests.graph.modifiers.documents import as_input, choice, choices, done, make, usd
from tests.world import Answer, World

SHELF = """query { products { nodes { id
  modifierSet { id name }
  variants { id name modifierSet { name groups { id name modifiers { id name } } } } } } }"""
ORDER = """order { id version
  lineItems { id unitPrice { amount } gross { amount } tax { amount } net { amount }
    modifiers { id groupName name unitPriceDelta { amount } quantity total { amount } text } }
  netAmounts { total { amount } } } userErrors { code field message }"""
LINE = {"quantity": 2}


async def product(world: World, **more: Any) -> Any:
    document = """mutation($input: CreateProductInput!) { createProduct(input: $input) {
      product { id variants { id } } userErrors { code field } } }"""
    shape = {"defaultVariant": {"unitPrice": usd(300)}} if "variants" not in more else {}
    input = {"name": "Coffee", "productType": "PHYSICAL", **shape, **more}
    answer = await world.graphql(document, input=input)
    assert (answer.errors, answer.codes) == ([], [])
    return answer.payload["product"]


async def order(world: World, *lines: dict[str, Any], caller: Actor | None = None) -> Answer:
    document = f"mutation($input: CreateOrderInput!) {{ createOrder(input: $input) {{ {ORDER} }} }}"
    return await world.graphql(document, caller=caller, input={"lineItems": list(lines)})


async def change(world: World, made: Any, caller: Actor | None = None, **input: Any) -> Answer:
    document = (
        f"mutation($input: UpdateLineItemInput!) {{ updateLineItem(input: $input) {{ {ORDER} }} }}"
    )
    line = made["lineItems"][0]["id"]
    input = {"orderId": made["id"], "lineItemId": line, **input}
    return await world.graphql(document, caller=caller, input=input)


def pick(group: Any, *names: str, **quantities: int) -> dict[str, Any]:
    ids = {each["name"]: each["id"] for each in group["modifiers"]}
    wanted = {**dict.fromkeys(names, 1), **quantities}
    return {
        "groupId": group["id"],
        "selected": [{"modifierId": ids[name], "quantity": many} for name, many in wanted.items()],
    }


def briefly(made: Any) -> list[tuple[str, int, int, int]]:
    (line,) = made["lineItems"]
    return [
        (each["name"], each["unitPriceDelta"]["amount"], each["quantity"], each["total"]["amount"])
        for each in line["modifiers"]
    ]


async def menu(world: World) -> Any:
    """Make a set of milk, shots and a text."""
    return await make(
        world,
        choices("Milk", choice("Dairy", selectedByDefault=True), choice("Oat", 60), maxSelected=1),
        choices("Shots", choice("Shot", 80), allowQuantities=True, maxQuantity=3),
        {"name": "Name", "type": "TEXT", "longestText": 10},
    )


async def test_a_buyer_reads_what_can_be_chosen_and_buys_it(world: World) -> None:
    held = await menu(world)
    milk, shots, words = held["groups"]
    made = await product(world, modifierSetId=held["id"])
    shelf = await world.graphql(SHELF, caller=world.browser)
    assert shelf.errors == []
    (shown,) = shelf.payload["nodes"]
    assert shown["modifierSet"] == {"id": held["id"], "name": "Coffee"}
    assert shown["variants"][0]["modifierSet"]["groups"] == [
        {
            "id": each["id"],
            "name": each["name"],
            "modifiers": [{"id": one["id"], "name": one["name"]} for one in each["modifiers"]],
        }
        for each in held["groups"]
    ]
    line = {"variantId": made["variants"][0]["id"], "quantity": 2}
    chosen = [pick(milk, "Oat"), pick(shots, Shot=2), {"groupId": words["id"], "text": " Eva "}]
    answer = await order(world, {**line, "modifiers": chosen}, caller=world.browser)
    assert (answer.errors, answer.codes) == ([], [])
    bought = answer.payload["order"]
    assert briefly(bought) == [("Oat", 60, 1, 120), ("Shot", 80, 2, 320), ("Name", 0, 1, 0)]
    (bought_line,) = bought["lineItems"]
    assert [each["text"] for each in bought_line["modifiers"]] == [None, None, "Eva"]
    assert [each["groupName"] for each in bought_line["modifiers"]] == ["Milk", "Shots", "Name"]
    assert bought_line["gross"]["amount"] == 2 * (300 + 60 + 2 * 80)
    assert bought["netAmounts"]["total"]["amount"] == 1040


async def test_a_variants_own_set_goes_before_its_products(world: World) -> None:
    of_product, of_variant = await menu(world), await make(world, choices("Size", choice("L", 90)))
    made = await product(
        world,
        modifierSetId=of_product["id"],
        options=[{"name": "Kind", "values": ["A", "B"]}],
        variants=[
            {"unitPrice": usd(300), "selectedOptions": [{"name": "Kind", "value": "A"}]},
            {
                "unitPrice": usd(300),
                "selectedOptions": [{"name": "Kind", "value": "B"}],
                "modifierSetId": of_variant["id"],
            },
        ],
    )
    first, second = (each["id"] for each in made["variants"])
    size = pick(of_variant["groups"][0], "L")
    wrong = await order(world, {"variantId": first, "modifiers": [size]})
    assert (wrong.codes, wrong.paths) == (
        ["MODIFIER_NOT_AVAILABLE"],
        [["input", "lineItems", "0", "modifiers", "0", "groupId"]],
    )
    right = await order(world, {"variantId": second, "modifiers": [size]})
    assert (right.codes, briefly(right.payload["order"])) == ([], [("L", 90, 1, 90)])
    by_default = await order(world, {"variantId": first})
    assert briefly(by_default.payload["order"]) == [("Dairy", 0, 1, 0)]


async def test_err_1_what_is_wrong_with_modifiers_is_told_with_full_paths(world: World) -> None:
    held = await menu(world)
    milk, shots, words = held["groups"]
    made = await product(world, modifierSetId=held["id"])
    variant = made["variants"][0]["id"]
    nobody = encode(Prefix.MODIFIER, new_id())
    answer = await order(
        world,
        {"variantId": variant},
        {
            "variantId": variant,
            "modifiers": [
                pick(milk, "Dairy", "Oat"),
                {"groupId": shots["id"], "selected": [{"modifierId": nobody, "quantity": 1}]},
                {"groupId": words["id"], "text": "Maximiliane"},
            ],
        },
    )
    assert answer.payload["order"] is None
    at = ["input", "lineItems", "1", "modifiers"]
    assert sorted(zip(answer.codes, answer.paths, strict=True)) == [
        ("MODIFIER_NOT_AVAILABLE", [*at, "1", "selected", "0", "modifierId"]),
        ("MODIFIER_SELECTION_INVALID", [*at, "0", "selected"]),
        ("STRING_TOO_LONG", [*at, "2", "text"]),
    ]
    messages = {each["code"]: each["message"] for each in answer.payload["userErrors"]}
    assert "Milk" in messages["MODIFIER_SELECTION_INVALID"]
    orders = await world.graphql("{ orders { nodes { id } } }")
    assert orders.payload["nodes"] == []


async def test_malformed_ids_are_told_once(world: World) -> None:
    held = await menu(world)
    made = await product(world, modifierSetId=held["id"])
    milk = held["groups"][0]
    answer = await order(
        world,
        {
            "variantId": made["variants"][0]["id"],
            "modifiers": [
                {"groupId": "nonsense"},
                {"groupId": milk["id"], "selected": [{"modifierId": milk["id"]}]},
            ],
        },
    )
    at = ["input", "lineItems", "0", "modifiers"]
    assert sorted(zip(answer.codes, answer.paths, strict=True)) == [
        ("INVALID_ID", [*at, "0", "groupId"]),
        ("INVALID_ID", [*at, "1", "selected", "0", "modifierId"]),
    ]


async def test_mod_5_modifiers_are_replaced_on_the_version_that_was_seen(world: World) -> None:
    held = await menu(world)
    milk, shots, _ = held["groups"]
    made = await product(world, modifierSetId=held["id"])
    bought = (await order(world, {"variantId": made["variants"][0]["id"]})).payload["order"]
    wanted = [pick(milk), pick(shots, Shot=3)]
    refused = await change(world, bought, modifiers=wanted)
    assert refused.codes == ["FIELD_REQUIRED"]
    assert refused.paths == [["input", "expectedVersion"]]
    stale = await change(world, bought, modifiers=wanted, expectedVersion=bought["version"] + 1)
    assert stale.codes == ["VERSION_CONFLICT"]
    changed = await change(world, bought, modifiers=wanted, expectedVersion=bought["version"])
    assert (changed.errors, changed.codes) == ([], [])
    after = changed.payload["order"]
    assert briefly(after) == [("Shot", 80, 3, 240)]
    assert after["netAmounts"]["total"]["amount"] == 540
    assert after["version"] == bought["version"] + 1


async def test_mod_6_an_untaxable_modifier_bears_no_tax(world: World) -> None:
    rate = """mutation($input: CreateTaxRateInput!) { createTaxRate(input: $input) {
      userErrors { code } } }"""
    assert (await world.graphql(rate, input={"name": "Tax", "percent": "10"})).codes == []
    held = await make(
        world, choices("Extras", choice("Deposit", 25, taxable=False), choice("Oat", 60))
    )
    made = await product(world, modifierSetId=held["id"])
    chosen = pick(held["groups"][0], "Deposit", "Oat")
    line = {"variantId": made["variants"][0]["id"], "quantity": 2, "modifiers": [chosen]}
    (bought,) = (await order(world, line)).payload["order"]["lineItems"]
    assert (bought["gross"]["amount"], bought["tax"]["amount"]) == (770, 72)


async def test_mod_7_ad_hoc_modifiers_are_the_merchants_alone(world: World) -> None:
    ribbon = {"name": "Ribbon", "unitPriceDelta": usd(50), "quantity": 2}
    wrap = {"name": "Gift wrap", "unitPrice": usd(300), "adHocModifiers": [ribbon]}
    answer = await order(world, wrap)
    assert (answer.errors, answer.codes) == ([], [])
    assert briefly(answer.payload["order"]) == [("Ribbon", 50, 2, 100)]
    made = await product(world)
    line = {"variantId": made["variants"][0]["id"], "adHocModifiers": [ribbon]}
    refused = await order(world, line, caller=world.browser)
    assert (refused.payload, refused.top_codes) == (None, ["FORBIDDEN"])
    orders = await world.graphql("{ orders { nodes { id } } }")
    assert [each["id"] for each in orders.payload["nodes"]] == [answer.payload["order"]["id"]]


async def test_a_line_keeps_its_modifiers_when_the_set_changes_or_is_retired(world: World) -> None:
    held = await menu(world)
    milk, *others = as_input(held)
    made = await product(world, modifierSetId=held["id"])
    line = {"variantId": made["variants"][0]["id"], "modifiers": [pick(held["groups"][0], "Oat")]}
    bought = (await order(world, line)).payload["order"]
    dearer = {**milk, "modifiers": [{**milk["modifiers"][1], "unitPriceDelta": usd(90)}]}
    await done(
        world,
        "replaceModifierGroups",
        id=held["id"],
        expectedVersion=1,
        groups=[dearer, *others],
    )
    doubled = (await change(world, bought, quantity=2)).payload["order"]
    assert briefly(doubled) == [("Oat", 60, 1, 120)]
    await done(world, "retireModifierSet", id=held["id"])
    tripled = (await change(world, bought, quantity=3)).payload["order"]
    assert briefly(tripled) == [("Oat", 60, 1, 180)]
    answer = await order(world, line)
    assert answer.codes == ["MODIFIER_NOT_AVAILABLE"]
    plain = await order(world, {"variantId": made["variants"][0]["id"]})
    assert briefly(plain.payload["order"]) == []


async def test_a_buyer_changes_the_modifiers_of_an_order_of_its_own_alone(world: World) -> None:
    held = await menu(world)
    made = await product(world, modifierSetId=held["id"])
    line = {"variantId": made["variants"][0]["id"]}
    bought = (await order(world, line, caller=world.browser)).payload["order"]
    wanted = [pick(held["groups"][0], "Oat")]
    own = world.caller(ActorKind.BUYER, BUYER_SCOPES, order_id=decode(Prefix.ORDER, bought["id"]))
    another = world.caller(ActorKind.PUBLISHABLE_KEY, BUYER_SCOPES)
    for stranger in (another, world.stranger()):
        answer = await change(
            world, bought, stranger, modifiers=wanted, expectedVersion=bought["version"]
        )
        assert answer.codes == ["RESOURCE_NOT_FOUND"]
    changed = await change(world, bought, own, modifiers=wanted, expectedVersion=bought["version"])
    assert (changed.errors, changed.codes) == ([], [])
    assert briefly(changed.payload["order"]) == [("Oat", 60, 1, 60)]


async def test_mon_3_modifiers_that_cost_more_than_any_amount_are_refused(world: World) -> None:
    gold = choice("Gold", 10**12)
    held = await make(world, choices("Extras", gold, allowQuantities=True))
    made = await product(world, modifierSetId=held["id"])
    chosen = pick(held["groups"][0], Gold=1_000_000)
    line = {"variantId": made["variants"][0]["id"], "quantity": 1_000_000, "modifiers": [chosen]}
    answer = await order(world, line)
    assert (answer.errors, answer.codes) == ([], ["AMOUNT_OUT_OF_RANGE"])
    orders = await world.graphql("{ orders { nodes { id } } }")
    assert orders.payload["nodes"] == []


async def test_mon_4_a_set_of_another_currency_cannot_be_chosen_from(world: World) -> None:
    euros = choice("Oat", unitPriceDelta={"amount": 60, "currency": "EUR"})
    held = await make(world, choices("Milk", euros))
    made = await product(world, modifierSetId=held["id"])
    line = {"variantId": made["variants"][0]["id"]}
    answer = await order(world, {**line, "modifiers": [pick(held["groups"][0], "Oat")]})
    assert (answer.codes, answer.paths) == (
        ["CURRENCY_MISMATCH"],
        [["input", "lineItems", "0", "modifiers", "0", "selected", "0", "modifierId"]],
    )
    assert briefly((await order(world, line)).payload["order"]) == []


async def test_a_retired_set_is_attached_to_nothing_new(world: World) -> None:
    held = await menu(world)
    await done(world, "retireModifierSet", id=held["id"])
    document = """mutation($input: CreateProductInput!) { createProduct(input: $input) {
      product { id } userErrors { code field message } } }"""
    shape = {"name": "Tea", "productType": "PHYSICAL", "defaultVariant": {"unitPrice": usd(300)}}
    for caller, id, code in (
        (world.actor, held["id"], "RESOURCE_DELETED"),
        (world.actor, encode(Prefix.MODIFIER_SET, new_id()), "RESOURCE_NOT_FOUND"),
        (world.stranger(), held["id"], "RESOURCE_NOT_FOUND"),
        (world.actor, "nonsense", "INVALID_ID"),
    ):
        answer = await world.graphql(document, caller=caller, input={**shape, "modifierSetId": id})
        assert (answer.codes, answer.paths) == ([code], [["input", "modifierSetId"]])


async def test_a_page_of_products_reads_all_their_sets_with_one_more_statement(
    world: World,
) -> None:
    document = "{ products { nodes { id modifierSet { groups { modifiers { id } } } } } }"
    plain = "{ products { nodes { id } } }"
    counts: list[int] = []
    for _ in range(2):
        for _ in range(3):
            await product(world, modifierSetId=(await menu(world))["id"])
        for asked in (plain, document):
            with counted() as statements:
                answer = await world.graphql(asked)
            counts.append(len(statements))
        assert all(each["modifierSet"]["groups"] for each in answer.payload["nodes"])
    assert counts == [1, 2, 1, 2]
