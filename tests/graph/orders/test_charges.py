"""Charges and tips through the graph: what is sent, shown and refused, and who sees what."""

from typing import Any

import pytest

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import ActorKind
from tests.world import Answer, World

PARTS = """charges { id type name description percent basis taxable taxCategory
  amount { amount } tax { amount } includedTax { amount } total { amount } refunded { amount }
  metadata } tips { id name description percent amount { amount } status metadata }
  version netAmounts { total { amount currency } }"""


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


async def send(world: World, name: str, what: str = PARTS, /, caller: Any = None, **input: Any):
    document = (
        f"mutation($input: {name[0].upper() + name[1:]}Input!) {{ {name}(input: $input)"
        f" {{ order {{ id {what} }} userErrors {{ code field }} }} }}"
    )
    return await world.graphql(document, caller=caller, input=input)


async def an_order(world: World, **more: Any) -> Any:
    line = {"name": "Beans", "unitPrice": usd(10_000)}
    made = await send(world, "createOrder", lineItems=[line], **more)
    assert made.codes == []
    return made.payload["order"]


def order_of(answer: Answer) -> Any:
    assert (answer.errors, answer.codes) == ([], [])
    return answer.payload["order"]


async def test_a_charge_is_added_shown_whole_changed_and_removed(world: World) -> None:
    order = await an_order(world)
    wanted = {
        "orderId": order["id"],
        "type": "SHIPPING",
        "name": "Mail",
        "description": "Two days",
        "percent": "12.5",
        "basis": "SUBTOTAL_PRE_DISCOUNT",
        "taxable": True,
        "taxCategory": "SERVICES",
        "metadata": {"carrier": "A"},
    }
    (charge,) = order_of(await send(world, "addCharge", **wanted))["charges"]
    named = {"orderId": order["id"], "chargeId": charge.pop("id")}
    assert charge == {
        **{key: wanted[key] for key in wanted if key != "orderId"},
        "amount": {"amount": 1250},
        "tax": {"amount": 0},
        "includedTax": {"amount": 0},
        "total": {"amount": 1250},
        "refunded": {"amount": 0},
    }
    changed = order_of(await send(world, "updateCharge", **named, amount=usd(700)))
    (charge,) = changed["charges"]
    assert (charge["percent"], charge["basis"], charge["amount"]) == (None, None, {"amount": 700})
    assert charge["description"] == "Two days"
    same = order_of(await send(world, "updateCharge", **named, amount=usd(700)))
    assert same["version"] == changed["version"] == 3
    cleared = order_of(await send(world, "updateCharge", **named, description=None, metadata=None))
    assert (cleared["charges"][0]["description"], cleared["charges"][0]["metadata"]) == (None, {})
    left = order_of(await send(world, "removeCharge", **named))
    assert (left["charges"], left["netAmounts"]["total"]) == ([], usd(10_000))


async def test_an_order_is_made_with_charges_and_refuses_bad_ones_at_their_places(
    world: World,
) -> None:
    mail = {"type": "SHIPPING", "name": "Mail", "amount": usd(500)}
    fee = {"type": "SERVICE", "name": "Service", "percent": "10"}
    order = await an_order(world, charges=[mail, fee])
    assert [each["amount"]["amount"] for each in order["charges"]] == [500, 1000]
    assert (order["version"], order["netAmounts"]["total"]) == (1, usd(11_500))
    bad = [mail, {**fee, "amount": usd(1)}, {**mail, "name": ""}, {**fee, "percent": "1e1"}]
    refused = await send(world, "createOrder", currency="USD", charges=bad)
    assert sorted(zip(refused.codes, map(tuple, refused.paths), strict=True)) == [
        ("CONFLICTING_FIELDS", ("input", "charges", "1", "amount")),
        ("FIELD_REQUIRED", ("input", "charges", "2", "name")),
        ("INVALID_FORMAT", ("input", "charges", "3", "percent")),
    ]


async def test_a_tip_is_changed_and_told_where_it_is_wrong(world: World) -> None:
    order = await an_order(world)
    named = {"orderId": order["id"]}
    wanted = {"amount": usd(500), "name": "Team", "description": "For all", "metadata": {"a": "b"}}
    (tip,) = order_of(await send(world, "addTip", **named, **wanted))["tips"]
    assert (tip["name"], tip["description"], tip["metadata"]) == ("Team", "For all", {"a": "b"})
    named["tipId"] = tip["id"]
    (tip,) = order_of(await send(world, "updateTip", **named, percent="18", name=None))["tips"]
    assert (tip["percent"], tip["amount"], tip["name"]) == ("18", {"amount": 1800}, None)
    for sent, code, path in (
        ({}, "NO_FIELDS_TO_UPDATE", None),
        ({"percent": "0.5"}, "INVALID_FIELD", ["input", "percent"]),
        ({"amount": usd(100_001)}, "TIP_TOO_LARGE", ["input", "amount"]),
        ({"amount": usd(0)}, "AMOUNT_OUT_OF_RANGE", ["input", "amount", "amount"]),
    ):
        refused = await send(world, "updateTip", **named, **sent)
        assert (refused.codes, refused.paths) == ([code], [path])


async def test_chg_3_a_buyer_sees_charges_and_changes_the_own_tip_only(world: World) -> None:
    mail = {"type": "SHIPPING", "name": "Mail", "amount": usd(500), "metadata": {"carrier": "A"}}
    order = await an_order(world, charges=[mail])
    id = decode(Prefix.ORDER, order["id"])
    buyer = world.caller(ActorKind.BUYER, BUYER_SCOPES, order_id=id)
    shown = "charges { name total { amount } } tips { id amount { amount } }"
    tipped = await send(world, "addTip", shown, caller=buyer, orderId=order["id"], percent="10")
    assert order_of(tipped)["charges"] == [{"name": "Mail", "total": {"amount": 500}}]
    own = {"orderId": order["id"], "tipId": order_of(tipped)["tips"][0]["id"]}
    raised = order_of(await send(world, "updateTip", shown, caller=buyer, **own, percent="20"))
    assert [each["amount"]["amount"] for each in raised["tips"]] == [2000]
    staffs = order_of(await send(world, "addTip", orderId=order["id"], amount=usd(1)))["tips"][-1]
    named = {"orderId": order["id"], "tipId": staffs["id"]}
    refused = await send(world, "updateTip", shown, caller=buyer, **named, percent="20")
    assert (refused.codes, refused.paths) == (["RESOURCE_NOT_FOUND"], [["input", "tipId"]])


async def test_tip_5_each_payment_shows_its_part_of_the_tips_once_the_order_is_paid(
    world: World,
) -> None:
    order = await an_order(world)
    named = {"orderId": order["id"]}
    await send(world, "addTip", **named, amount=usd(1000))
    payments = "payments { amount { amount } tip { amount currency } }"
    shares: list[Any] = []
    for amount, completion in ((3333, "PARTIAL_PAYMENT"), (3333, "PARTIAL_PAYMENT"), (4334, None)):
        source = {"token": "tok_visa", "amount": usd(amount)}
        meant = {} if completion is None else {"completion": completion}
        paid = order_of(await send(world, "pay", payments, **named, sources=[source], **meant))
        shares.append([each["tip"]["amount"] for each in paid["payments"]])
    assert shares == [[0], [0, 0], [303, 303, 394]]


PAID = [
    ("addLineItems", {"lineItems": [{"name": "Pin", "unitPrice": usd(1)}]}),
    ("updateLineItem", {"lineItemId": "lineItems", "quantity": 2}),
    ("removeLineItems", {"lineItemIds": ["lineItems"]}),
    ("addCharge", {"type": "OTHER", "name": "Fee", "amount": usd(1)}),
    ("updateCharge", {"chargeId": "charges", "name": "Fee"}),
    ("removeCharge", {"chargeId": "charges"}),
    ("applyCoupon", {"code": "SAVE"}),
    ("addTip", {"amount": usd(1)}),
    ("updateTip", {"tipId": "tips", "name": "Team"}),
    ("removeTip", {"tipId": "tips"}),
    ("updateOrder", {"buyerEmail": "a@example.com"}),
]


@pytest.mark.parametrize(("closed", "code"), [(False, "ORDER_NOT_MUTABLE"), (True, "ORDER_CLOSED")])
async def test_9_5_what_was_sold_cannot_change_through_the_graph(
    world: World, closed: bool, code: str
) -> None:
    mail = {"type": "SHIPPING", "name": "Mail", "amount": usd(500)}
    order = await an_order(world, charges=[mail])
    named = {"orderId": order["id"]}
    order_of(await send(world, "addTip", **named, amount=usd(100)))
    whole = f"lineItems {{ id }} status {PARTS}"
    paid = order_of(await send(world, "pay", whole, **named, sources=[{"token": "tok_visa"}]))
    if closed:
        paid = order_of(await send(world, "closeOrder", whole, **named))
    for name, example in PAID:
        input = {key: own(paid, value) for key, value in example.items()}
        refused = await send(world, name, **named, **input)
        assert refused.codes == [code], name
    noted = order_of(await send(world, "updateOrder", whole, **named, buyerNote="Ring twice."))
    assert noted == {**paid, "version": paid["version"] + 1}


def own(order: Any, value: Any) -> Any:
    """Put the id of the order's first part of a kind where an example names the kind."""
    if isinstance(value, list):
        return [own(order, each) for each in value]
    return order[value][0]["id"] if value in ("lineItems", "charges", "tips") else value
