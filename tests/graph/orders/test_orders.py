"""Orders through the graph: paths of problems, what browsers may not send, links, stale reads."""

from typing import Any

import pytest

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.scopes import BUYER_SCOPES, MERCHANT_SCOPES
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.db.statements import counted
from tests.graph.orders import documents as send
from tests.world import World

ORDERS = """
query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Customer { email
  orders(first: $first, after: $after) { totalCount nodes { id lineItems { name } }
  pageInfo { hasNextPage endCursor } } } } }
"""


def money(amount: int, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def line(price: int = 1000, **more: Any) -> dict[str, Any]:
    return {"name": "Gift wrap", "unitPrice": money(price), **more}


async def an_order(world: World, **more: Any) -> str:
    made = await world.graphql(send.CREATE_ORDER, input={"lineItems": [line()], **more})
    assert made.codes == []
    return made.payload["order"]["id"]


def buyer_of(world: World, order_id: str) -> Actor:
    id = decode(Prefix.ORDER, order_id)
    return world.caller(ActorKind.BUYER, BUYER_SCOPES, order_id=id)


async def test_err_1_problems_of_every_kind_are_told_together_at_their_paths(world: World) -> None:
    bad = await world.graphql(
        send.CREATE_ORDER,
        input={
            "customerId": "var_7",
            "buyerEmail": "nobody",
            "lineItems": [
                line(quantity=1.5),
                {"variantId": "cus_nonsense"},
                line(unitPrice=money(5, "XXQ")),
                line(unitPrice=money(-5)),
                line(unitPrice=money(5, "JPY"), quantity=-1),
            ],
        },
    )
    assert sorted(zip(bad.codes, map(tuple, bad.paths), strict=True)) == [
        ("AMOUNT_OUT_OF_RANGE", ("input", "lineItems", "3", "unitPrice", "amount")),
        ("CURRENCY_MISMATCH", ("input", "lineItems", "4", "unitPrice", "currency")),
        ("INVALID_FORMAT", ("input", "buyerEmail")),
        ("INVALID_ID", ("input", "customerId")),
        ("INVALID_ID", ("input", "lineItems", "1", "variantId")),
        ("LINE_ITEM_INVALID_QUANTITY", ("input", "lineItems", "0", "quantity")),
        ("LINE_ITEM_INVALID_QUANTITY", ("input", "lineItems", "4", "quantity")),
        ("UNKNOWN_CURRENCY", ("input", "lineItems", "2", "unitPrice", "currency")),
    ]
    assert bad.payload["order"] is None


async def test_err_1_added_lines_are_judged_whole(world: World) -> None:
    order_id = await an_order(world)
    bad = await world.graphql(
        send.ADD_LINES,
        input={"orderId": order_id, "lineItems": [{"variantId": "x"}, line(quantity=0)]},
    )
    assert sorted(bad.codes) == ["INVALID_ID", "LINE_ITEM_INVALID_QUANTITY"]
    unknown = await world.graphql(
        send.CREATE_ORDER, input={"currency": "DOLLARS", "lineItems": [line()]}
    )
    assert (unknown.codes, unknown.paths) == (["UNKNOWN_CURRENCY"], [["input", "currency"]])


async def test_err_1_a_malformed_customer_alone_is_told_as_such(world: World) -> None:
    order_id = await an_order(world)
    bad = await world.graphql(send.UPDATE, input={"orderId": order_id, "customerId": "nobody"})
    assert (bad.codes, bad.paths) == (["INVALID_ID"], [["input", "customerId"]])


async def test_prc_66_a_tip_that_is_too_large_is_told_with_the_limit(world: World) -> None:
    order_id = await an_order(world)
    document = send.TIP.replace(
        "code message field", "code field ... on LimitError { limit { amount } }"
    )
    refused = await world.graphql(document, input={"orderId": order_id, "amount": money(100_001)})
    assert refused.payload["userErrors"] == [
        {"code": "TIP_TOO_LARGE", "field": ["input", "amount"], "limit": {"amount": 100_000}}
    ]


@pytest.mark.parametrize("field", ["metadata", "internalNote", "externalReferenceId", "customerId"])
async def test_a_browser_cannot_clear_what_it_may_not_send(world: World, field: str) -> None:
    order_id = await an_order(world, metadata={"a": "b"}, internalNote="VIP")
    refused = await world.graphql(
        send.UPDATE,
        caller=buyer_of(world, order_id),
        input={"orderId": order_id, field: None},
    )
    assert refused.top_codes == ["FORBIDDEN"]
    kept = await world.graphql(
        "query($id: ID!) { order(id: $id) { version internalNote metadata } }", id=order_id
    )
    assert kept.payload == {"version": 1, "internalNote": "VIP", "metadata": {"a": "b"}}


@pytest.mark.parametrize(
    "wanted",
    [
        line(),
        {"variantId": "var_01h455vb4pex5vsknk084sn02q", "unitPrice": money(1)},
        {"variantId": "var_01h455vb4pex5vsknk084sn02q", "taxable": False},
    ],
)
async def test_a_browser_cannot_name_a_price(world: World, wanted: dict[str, Any]) -> None:
    refused = await world.graphql(
        send.CREATE_ORDER, caller=world.browser, input={"lineItems": [wanted]}
    )
    assert refused.top_codes == ["FORBIDDEN"]
    for source in (
        {"cash": {"tendered": money(5000)}},
        {"external": {"kind": "CHECK", "reference": "7"}},
    ):
        order_id = await an_order(world)
        refused = await world.graphql(
            send.PAY,
            caller=buyer_of(world, order_id),
            key="k",
            input={
                "orderId": order_id,
                "sources": [source],
                "expectedOutstanding": money(1000),
            },
        )
        assert refused.top_codes == ["FORBIDDEN"]


async def test_a_browser_reaches_its_own_order_and_no_other(world: World) -> None:
    mine, other = await an_order(world), await an_order(world)
    buyer = buyer_of(world, mine)
    for caller in (buyer, world.browser, world.stranger()):
        document = "query($id: ID!) { order(id: $id) { id } }"
        assert (await world.graphql(document, caller=caller, id=other)).payload is None
        refused = await world.graphql(
            send.PAY,
            caller=caller,
            key="00000000-0000-4000-8000-000000000000",
            input={
                "orderId": other,
                "sources": [{"token": "tok_visa"}],
                "expectedOutstanding": money(1000),
            },
        )
        assert (refused.codes, refused.paths) == (
            ["RESOURCE_NOT_FOUND"],
            [["input", "orderId"]],
        )
    for document, more in ((send.CLOSE, {}), (send.REFUND, {"key": "k"})):
        refused = await world.graphql(document, caller=buyer, input={"orderId": mine}, **more)
        assert refused.top_codes == ["FORBIDDEN"]


async def test_the_orders_of_a_customer_are_a_connection_newest_first(world: World) -> None:
    customer = await world.graphql(send.CREATE_CUSTOMER, input={"email": "a@example.com"})
    id = customer.payload["customer"]["id"]
    made = [await an_order(world, customerId=id) for _ in range(3)]
    await an_order(world)
    with counted() as statements:
        first = await world.graphql(ORDERS, id=id, first=2)
    assert len(statements) <= 3
    page = first.payload["orders"]
    assert [order["id"] for order in page["nodes"]] == [made[2], made[1]]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    rest = await world.graphql(ORDERS, id=id, first=2, after=page["pageInfo"]["endCursor"])
    assert [order["id"] for order in rest.payload["orders"]["nodes"]] == [made[0]]
    narrow = world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - {"commerce.orders.read"})
    denied = await world.graphql(ORDERS, caller=narrow, id=id)
    assert (denied.payload, denied.top_codes) == (
        {"email": "a@example.com", "orders": None},
        ["FORBIDDEN"],
    )


async def test_b2_37_a_later_mutation_of_a_request_sees_what_the_earlier_ones_did(
    world: World,
) -> None:
    order_id = await an_order(world)
    answer = await world.graphql(
        """mutation($pay: PayInput!, $refund: RefundInput!) {
          a: pay(input: $pay) { order { status refunds { id } activities { nodes { type } } } }
          b: refund(input: $refund) { order { status refunds { id }
            activities { nodes { type } } } }
          c: refund(input: $refund) { order { status refunds { id } } } }""",
        pay={"orderId": order_id, "sources": [{"token": "tok_visa"}]},
        refund={"orderId": order_id, "amount": money(500)},
    )
    assert answer.errors == []
    assert [len(answer.data[name]["order"]["refunds"]) for name in "abc"] == [0, 1, 2]
    assert len(answer.data["b"]["order"]["activities"]["nodes"]) == 3
    assert answer.data["c"]["order"]["status"] == "REFUNDED"


async def test_inv_11_a_shortage_is_a_stock_error_with_its_lines(world: World) -> None:
    product = await world.graphql(
        send.CREATE_PRODUCT,
        input={
            "name": "Beans",
            "productType": "PHYSICAL",
            "defaultVariant": {
                "unitPrice": money(1999),
                "initialQuantityAvailable": 2,
                "enforceInventoryLimit": True,
            },
        },
    )
    variant = product.payload["product"]["defaultVariant"]["id"]
    made = await world.graphql(
        send.CREATE_ORDER, input={"lineItems": [{"variantId": variant, "quantity": 3}]}
    )
    order = made.payload["order"]
    document = send.PAY.replace(
        "code message field retryable",
        "code ... on StockError { lines { lineItemId requested available } }",
    )
    refused = await world.graphql(
        document, key="k", input={"orderId": order["id"], "sources": [{"token": "tok_visa"}]}
    )
    assert refused.payload["userErrors"] == [
        {
            "code": "INVENTORY_UNAVAILABLE",
            "lines": [{"lineItemId": order["lineItems"][0]["id"], "requested": 3, "available": 2}],
        }
    ]


@pytest.mark.parametrize(
    ("sources", "code", "path"),
    [
        ([{}], "PAYMENT_SOURCE_INVALID", ["input", "sources", "0"]),
        (
            [{"token": "tok_visa", "cash": {"tendered": money(5)}}],
            "PAYMENT_SOURCE_INVALID",
            ["input", "sources", "0"],
        ),
        ([{"token": "tok_nobody"}], "PAYMENT_SOURCE_INVALID", ["input", "sources", "0", "token"]),
        (
            [{"external": {"kind": "CHECK", "reference": "7", "receivedAt": "yesterday"}}],
            "INVALID_FORMAT",
            ["input", "sources", "0", "external", "receivedAt"],
        ),
        ([{"token": "tok_visa"}] * 2, "TOO_MANY_ITEMS", ["input", "sources"]),
    ],
)
async def test_bad_sources_are_told_at_their_paths(
    world: World, sources: Any, code: str, path: list[str]
) -> None:
    order_id = await an_order(world)
    refused = await world.graphql(
        send.PAY, key="k", input={"orderId": order_id, "sources": sources}
    )
    assert (refused.codes, refused.paths) == ([code], [path])
