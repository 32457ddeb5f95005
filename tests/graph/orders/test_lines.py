"""Bundles and modifiers on lines through the graph: what is sent, what is shown, who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from ordergraph.commerce.modifiers.bounding import Bounds
from ordergraph.commerce.modifiers.describing import WantedChoice, WantedChoices
from ordergraph.commerce.modifiers.rules import ModifierGroupType, ModifierSet
from ordergraph.core.ids import Prefix, decode, encode
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.graph.execution.weighing import Weigher
from ordergraph.graph.limits import Limits
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import Counter, usd
from tests.graph.orders import documents as send
from tests.graph.orders.test_orders import buyer_of, money
from tests.world import SCHEMA, World

SHOWN = """
fragment Shown on Order { version netAmounts { total { amount } } lineItems { id sourceType name
  quantity gross { amount } product { name } variant { sku }
  bundle { id name unitPrice { amount } }
  components { quantity name sku variant { sku } }
  modifiers { id groupName name quantity text unitPriceDelta { amount } total { amount } } } }
"""
CREATE = (
    SHOWN
    + """mutation($input: CreateOrderInput!) { createOrder(input: $input) {
  order { id ...Shown } userErrors { code field } } }"""
)
UPDATE = (
    SHOWN
    + """mutation($input: UpdateLineItemInput!) { updateLineItem(input: $input) {
  order { id ...Shown } userErrors { code field } } }"""
)
ORDER = SHOWN + "query($id: ID!) { order(id: $id) { id ...Shown } }"
RESOLVE = """mutation($input: ResolveInventoryExceptionInput!) {
  resolveInventoryException(input: $input) { order { id version inventoryException nextActions }
    userErrors { code field ... on StockError { lines { requested available } } } } }"""


@dataclass(frozen=True, slots=True)
class Cafe:
    """Sells coffee with modifiers, and a breakfast of it with two rolls."""

    world: World
    extras: ModifierSet
    coffee: UUID
    roll: UUID
    breakfast: UUID

    @property
    def counter(self) -> Counter:
        return Counter(self.world)

    def line(self, **more: Any) -> dict[str, Any]:
        return {"bundleId": encode(Prefix.BUNDLE, self.breakfast), **more}

    def loose(self, **more: Any) -> dict[str, Any]:
        return {"variantId": encode(Prefix.VARIANT, self.coffee), **more}

    def milk(self, name: str) -> dict[str, Any]:
        group = self.extras.groups[0]
        id = next(each.id for each in group.modifiers if each.name == name)
        return {
            "groupId": encode(Prefix.MODIFIER_GROUP, group.id),
            "selected": [{"modifierId": encode(Prefix.MODIFIER, id)}],
        }

    def called(self, text: str) -> dict[str, Any]:
        return {"groupId": encode(Prefix.MODIFIER_GROUP, self.extras.groups[1].id), "text": text}

    async def order(self, *lines: dict[str, Any], **more: Any) -> Any:
        made = await self.world.graphql(CREATE, input={"lineItems": list(lines)}, **more)
        assert (made.errors, made.codes) == ([], [])
        return made.payload["order"]


@pytest.fixture
async def cafe(world: World) -> Cafe:
    counter = Counter(world)
    milk = WantedChoices(
        "Milk",
        modifiers=[
            WantedChoice("Whole", usd(0), selected_by_default=True),
            WantedChoice("Oat", usd(50)),
        ],
        bounds=Bounds(min_selected=1, max_selected=1),
    )
    extras = await counter.extras(milk, WantedChoices("Name", ModifierGroupType.TEXT))
    coffee = await counter.variant(400, modifier_set_id=extras.id, sku="COFFEE")
    roll = await counter.variant(200, sku="ROLL")
    breakfast = await counter.bundle(500, (coffee, 1), (roll, 2), modifier_set_id=extras.id)
    return Cafe(world, extras, coffee, roll, breakfast)


async def test_bun_2_a_line_shows_its_bundle_its_components_and_what_was_chosen(
    cafe: Cafe,
) -> None:
    modifiers = [cafe.milk("Oat"), cafe.called("Sarah")]
    made = await cafe.order(cafe.line(quantity=2, modifiers=modifiers), cafe.loose())
    bundle, loose = made["lineItems"]
    ids = [each.pop("id") for each in bundle["modifiers"]]
    assert all(id.startswith("olim_") for id in ids)
    assert len(set(ids)) == 2
    assert (bundle["sourceType"], bundle["variant"], bundle["product"]) == ("BUNDLE", None, None)
    assert bundle["bundle"] == {
        "id": encode(Prefix.BUNDLE, cafe.breakfast),
        "name": "Breakfast",
        "unitPrice": {"amount": 500},
    }
    assert bundle["components"] == [
        {"quantity": 1, "name": "Beans", "sku": "COFFEE", "variant": {"sku": "COFFEE"}},
        {"quantity": 2, "name": "Beans", "sku": "ROLL", "variant": {"sku": "ROLL"}},
    ]
    plain = {"groupName": "Milk", "quantity": 1, "text": None}
    assert bundle["modifiers"] == [
        {**plain, "name": "Oat", "unitPriceDelta": {"amount": 50}, "total": {"amount": 100}},
        {
            "groupName": "Name",
            "name": "Name",
            "quantity": 1,
            "text": "Sarah",
            "unitPriceDelta": {"amount": 0},
            "total": {"amount": 0},
        },
    ]
    assert bundle["gross"] == {"amount": 1100}
    assert (loose["bundle"], loose["components"]) == (None, [])
    assert (loose["product"], loose["variant"]) == ({"name": "Beans"}, {"sku": "COFFEE"})
    assert [each["name"] for each in loose["modifiers"]] == ["Whole"]
    assert made["netAmounts"]["total"] == {"amount": 1500}
    read = await cafe.world.graphql(ORDER, id=made["id"])
    assert read.payload["lineItems"][1] == loose


async def test_bun_8_a_line_keeps_what_it_was_when_its_bundle_is_deleted(cafe: Cafe) -> None:
    made = await cafe.order(cafe.line())
    gone = await cafe.world.graphql(
        "mutation($input: DeleteBundleInput!) { deleteBundle(input: $input) { deletedId"
        " userErrors { code field } } }",
        input={"id": encode(Prefix.BUNDLE, cafe.breakfast)},
    )
    assert gone.codes == []
    shown = (await cafe.world.graphql(ORDER, id=made["id"])).payload
    assert shown == made
    # A browser still sees what it bought, and not what is no longer offered.
    buyer = buyer_of(cafe.world, made["id"])
    (line,) = (await cafe.world.graphql(ORDER, caller=buyer, id=made["id"])).payload["lineItems"]
    assert line == {**made["lineItems"][0], "bundle": None}


async def test_err_1_what_is_wrong_with_lines_and_their_modifiers_is_told_together(
    cafe: Cafe,
) -> None:
    foam = {"name": "Foam", "unitPriceDelta": money(5)}
    oat = cafe.milk("Oat")
    bad = await cafe.world.graphql(
        CREATE,
        input={
            "lineItems": [
                {"bundleId": "var_x"},
                cafe.line(modifiers=[{"groupId": "mod_x"}]),
                cafe.line(modifiers=[{**oat, "selected": [{"modifierId": "mg_x"}]}]),
                cafe.line(modifiers=[{**oat, "selected": []}]),
                cafe.line(modifiers=[{**oat, "text": "Sarah"}]),
                cafe.loose(adHocModifiers=[{**foam, "unitPriceDelta": money(5, "EUR")}]),
                cafe.loose(adHocModifiers=[{**foam, "quantity": 1.5}, {**foam, "name": ""}]),
                {**cafe.line(), **cafe.loose()},
            ]
        },
    )
    at = [(code, tuple(path[2:])) for code, path in zip(bad.codes, bad.paths, strict=True)]
    assert sorted(at) == sorted(
        [
            ("INVALID_ID", ("0", "bundleId")),
            ("INVALID_ID", ("1", "modifiers", "0", "groupId")),
            ("INVALID_ID", ("2", "modifiers", "0", "selected", "0", "modifierId")),
            ("MODIFIER_SELECTION_INVALID", ("3", "modifiers", "0", "selected")),
            ("MODIFIER_SELECTION_INVALID", ("4", "modifiers", "0", "text")),
            ("CURRENCY_MISMATCH", ("5", "adHocModifiers", "0", "unitPriceDelta", "currency")),
            ("MODIFIER_SELECTION_INVALID", ("6", "adHocModifiers", "0", "quantity")),
            ("FIELD_REQUIRED", ("6", "adHocModifiers", "1", "name")),
            ("CONFLICTING_FIELDS", ("7", "bundleId")),
        ]
    )
    assert bad.payload["order"] is None
    orders = await cafe.world.graphql("{ orders(filter: {placed: null}) { nodes { id } } }")
    assert orders.payload["nodes"] == []


async def test_mod_5_a_line_is_chosen_anew_on_the_version_that_was_seen(cafe: Cafe) -> None:
    made = await cafe.order(cafe.loose())
    change = {
        "orderId": made["id"],
        "lineItemId": made["lineItems"][0]["id"],
        "modifiers": [cafe.milk("Oat")],
    }
    blind = await cafe.world.graphql(UPDATE, input=change)
    assert (blind.codes, blind.paths) == (["FIELD_REQUIRED"], [["input", "expectedVersion"]])
    stale = await cafe.world.graphql(UPDATE, input={**change, "expectedVersion": 7})
    assert stale.codes == ["VERSION_CONFLICT"]
    done = await cafe.world.graphql(UPDATE, input={**change, "expectedVersion": 1})
    (line,) = done.payload["order"]["lineItems"]
    assert ([each["name"] for each in line["modifiers"]], line["gross"]) == (
        ["Oat"],
        {"amount": 450},
    )
    change = {name: value for name, value in change.items() if name != "modifiers"}
    for fields, names in (
        ({"adHocModifiers": [{"name": "Foam", "unitPriceDelta": money(5)}]}, ["Oat", "Foam"]),
        ({"modifiers": None}, ["Whole", "Foam"]),
        ({"adHocModifiers": None}, ["Whole"]),
    ):
        version = done.payload["order"]["version"]
        done = await cafe.world.graphql(
            UPDATE, input={**change, **fields, "expectedVersion": version}
        )
        (line,) = done.payload["order"]["lineItems"]
        assert [each["name"] for each in line["modifiers"]] == names


async def test_mod_7_a_browser_chooses_from_the_set_and_makes_nothing_up(cafe: Cafe) -> None:
    browser = cafe.world.browser
    made = await cafe.order(cafe.line(modifiers=[cafe.milk("Oat")]), cafe.loose(), caller=browser)
    buyer = buyer_of(cafe.world, made["id"])
    line = {"orderId": made["id"], "lineItemId": made["lineItems"][0]["id"], "expectedVersion": 1}
    foam = [{"name": "Foam", "unitPriceDelta": money(0)}]
    for document, caller, input in (
        (CREATE, browser, {"lineItems": [cafe.line(adHocModifiers=foam)]}),
        (
            send.ADD_LINES,
            buyer,
            {"orderId": made["id"], "lineItems": [cafe.line(adHocModifiers=[])]},
        ),
        (UPDATE, buyer, {**line, "adHocModifiers": foam}),
        (UPDATE, buyer, {**line, "adHocModifiers": None}),
    ):
        refused = await cafe.world.graphql(document, caller=caller, input=input)
        assert refused.top_codes == ["FORBIDDEN"]
    assert (await cafe.world.graphql(ORDER, id=made["id"])).payload["version"] == 1
    chosen = await cafe.world.graphql(
        UPDATE, caller=buyer, input={**line, "modifiers": [cafe.milk("Whole")]}
    )
    assert chosen.payload["order"]["netAmounts"]["total"] == {"amount": 900}


async def test_a_key_for_orders_alone_sees_the_snapshot_and_not_the_catalog(cafe: Cafe) -> None:
    made = await cafe.order(cafe.line())
    narrow = cafe.world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.orders.read"}))
    answer = await cafe.world.graphql(ORDER, caller=narrow, id=made["id"])
    assert set(answer.top_codes) == {"FORBIDDEN"}
    (line,) = answer.payload["lineItems"]
    assert (line["bundle"], line["product"], line["variant"]) == (None, None, None)
    assert [(each["sku"], each["variant"]) for each in line["components"]] == [
        ("COFFEE", None),
        ("ROLL", None),
    ]


async def test_bundles_and_modifiers_add_at_most_two_statements_to_a_page(cafe: Cafe) -> None:
    for _ in range(3):
        await cafe.order(
            cafe.line(modifiers=[cafe.milk("Oat")]), cafe.loose(), cafe.loose(separate=True)
        )
    await cafe.world.orders.numbers.prepare(cafe.world.environment_id)
    taken: dict[str, int] = {}
    documents = {
        "page": "{ orders { nodes { id lineItems { variant { sku product { name } } %s } } } }",
        "order": "{ order(id: $id) { id lineItems { variant { sku product { name } } %s } } }",
    }
    more = "bundle { name } components { name variant { sku } } modifiers { name total { amount } }"
    id = (await cafe.order(cafe.line(), cafe.loose()))["id"]
    for name, document in documents.items():
        for shown in ("", "modifiers { name } components { name }", more):
            text = document % shown
            with counted() as statements:
                answer = await cafe.world.graphql(
                    f"query($id: ID!) {text}" if "$id" in text else text,
                    **({"id": id} if "$id" in text else {}),
                )
            assert answer.errors == []
            taken.setdefault(name, len(statements))
            allowed = 2 if shown == more else 0
            assert len(statements) <= taken[name] + allowed, (name, shown, statements.texts)


def test_a_page_of_orders_with_all_of_their_lines_may_be_asked_for() -> None:
    fragment, operation = parse(SHOWN + "{ orders { nodes { id ...Shown } } }").definitions
    assert isinstance(fragment, FragmentDefinitionNode)
    assert isinstance(operation, OperationDefinitionNode)
    schema: Any = SCHEMA
    weigher = Weigher(schema._schema, {"Shown": fragment}, Limits(), {})
    assert weigher.weigh(operation).cost < Limits().cost


async def test_what_the_pages_of_most_orders_show_is_read_as_narrowly_as_before(
    cafe: Cafe,
) -> None:
    id = (await cafe.order(cafe.line(), cafe.loose()))["id"]
    narrow = "{ order(id: $id) { number lineItems { name quantity variant { sku } } } }"
    with counted() as statements:
        await cafe.world.graphql(f"query($id: ID!) {narrow}", id=id)
    assert len(statements) == 1
    assert not any(word in statements.texts[0] for word in ("modifiers", "components"))
    for shown in ("bundle { id }", "product { id }", "components { name }", "modifiers { name }"):
        answer = await cafe.world.graphql(
            f"query($id: ID!) {{ order(id: $id) {{ lineItems {{ {shown} }} }} }}", id=id
        )
        assert answer.errors == []


async def test_inv_14_an_operator_resolves_an_exception_through_the_graph(cafe: Cafe) -> None:
    counter = cafe.counter
    made = await cafe.order(cafe.line())
    plain = await cafe.world.graphql(RESOLVE, input={"orderId": made["id"], "takeStock": False})
    assert plain.codes == ["ORDER_NOT_MUTABLE"]
    await cafe.world.graphql(
        send.PAY, key="k", input={"orderId": made["id"], "sources": [{"token": "tok_visa"}]}
    )
    await counter.sql(
        "update orders set inventory_exception = 'PAID_INVENTORY_FAILED',"
        " missing_stock = jsonb_build_object(cast(:roll as text), 9)"
        " where environment_id = :mine",
        roll=str(cafe.roll),
        mine=cafe.world.environment_id,
    )
    input = {"orderId": made["id"], "takeStock": True}
    for caller, codes in (
        (cafe.world.browser, []),
        (buyer_of(cafe.world, made["id"]), []),
        (cafe.world.stranger(), ["RESOURCE_NOT_FOUND"]),
        (cafe.world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - {"commerce.orders.write"}), []),
    ):
        refused = await cafe.world.graphql(RESOLVE, caller=caller, input=input)
        assert refused.top_codes == ([] if codes else ["FORBIDDEN"])
        assert not codes or refused.codes == codes
    short = await cafe.world.graphql(RESOLVE, input=input)
    assert short.payload["userErrors"] == [
        {
            "code": "INVENTORY_UNAVAILABLE",
            "field": None,
            "lines": [{"requested": 1, "available": 4}],
        }
    ]
    assert await counter.stock(cafe.roll) == (8, 0)
    done = await cafe.world.graphql(RESOLVE, input={**input, "takeStock": False})
    order = done.payload["order"]
    assert (order["inventoryException"], done.codes) == ("RESOLVED", [])
    assert "RESOLVE_INVENTORY" not in order["nextActions"]
    shown = await cafe.world.graphql(
        "query($id: ID!) { order(id: $id) { inventoryException } }",
        caller=buyer_of(cafe.world, made["id"]),
        id=made["id"],
    )
    assert shown.payload == {"inventoryException": "RESOLVED"}


async def test_inv_14_orders_are_listed_by_their_exceptions(cafe: Cafe) -> None:
    made = [(await cafe.order(cafe.loose()))["id"] for _ in range(3)]
    failed, resolved, _ = made
    for order, exception in ((failed, "PAID_INVENTORY_FAILED"), (resolved, "RESOLVED")):
        await cafe.counter.sql(
            "update orders set inventory_exception = :exception"
            " where environment_id = :mine and id = :id",
            exception=exception,
            mine=cafe.world.environment_id,
            id=decode(Prefix.ORDER, order),
        )
    document = (
        "query($wanted: [InventoryException!]) { orders(filter: {inventoryException: $wanted}"
        " sort: {field: CREATED_AT direction: ASC}) { nodes { id inventoryException } } }"
    )
    for wanted, found in (
        (["PAID_INVENTORY_FAILED"], [failed]),
        (["PAID_INVENTORY_FAILED", "RESOLVED"], [failed, resolved]),
        (None, made),
    ):
        answer = await cafe.world.graphql(document, wanted=wanted)
        assert [each["id"] for each in answer.payload["nodes"]] == found


async def test_upd_2_the_name_of_a_line_cannot_be_cleared(world: World) -> None:
    wanted = {"lineItems": [{"name": "Wrap", "unitPrice": money(100)}]}
    order = (await world.graphql(CREATE, input=wanted)).payload["order"]
    named = {"orderId": order["id"], "lineItemId": order["lineItems"][0]["id"]}
    refused = await world.graphql(UPDATE, input={**named, "name": None, "quantity": 2})
    assert (refused.codes, refused.paths) == (["FIELD_REQUIRED"], [["input", "name"]])
    after = await world.graphql(ORDER, id=order["id"])
    assert after.payload["version"] == order["version"]
