"""How much a list may cost: as many statements for fifteen rows as for five, wherever it stands.

The lists are those of the schema: every connection, with every link below it (API4, PAG-1 to 3).
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import GraphQLList, GraphQLUnionType, get_named_type, get_nullable_type

from ordergraph.core.ids import Prefix
from ordergraph.runtime.db.statements import counted
from tests.databases import Databases
from tests.graph.schema_walk import GRAPH, connections, selection
from tests.graph.shop import PARTS, Shop, money, open_shop
from tests.graph.test_nodes import KINDS
from tests.world import Answer, World

ROWS = 21
ENTRIES = "edges { cursor node %s } nodes %s pageInfo { hasNextPage startCursor endCursor }"

CONNECTIONS = connections()
NEEDED = {"Query.search": {"query": "shirt"}}
"""Arguments without which a connection answers nothing."""

OWNERS = {kind: prefix for prefix, kind in KINDS.items()} | {"Order": Prefix.ACTIVITY}
"""Whose list it is, where it does not stand at the root; an order with long lists."""

BUDGETS = {"Query.coupons": 3, "Query.customers": 12, "Query.taxRates": 1}
MOST = 34
"""Statements of a page with all that is below it three objects deep, totals included."""

ALL = pytest.mark.parametrize("place", CONNECTIONS)


@pytest.fixture(scope="module")
async def shop(databases: Databases) -> AsyncIterator[Shop]:
    """A shop with more than a page of everything, for all tests of this module."""
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        shop = await open_shop(world, world.actor)
        for number in range(ROWS):
            await asyncio.gather(*_rows(shop, number))
        yield shop
        await world.close()


def _rows(shop: Shop, number: int) -> list[Any]:
    price = {"amount": 100 + number, "currency": "USD"}
    sizes = [
        {"unitPrice": price, "selectedOptions": [{"name": "Size", "value": size}]} for size in "SML"
    ]
    return [
        shop.make(
            "createProduct",
            "product { id }",
            name=f"Shirt {number:02}",
            productType="PHYSICAL",
            options=[{"name": "Size", "values": ["S", "M", "L"]}],
            variants=sizes,
            categories=["Coffee", f"Shirts {number:02}"],
        ),
        shop.make(
            "createBundle",
            "bundle { id }",
            name=f"Shirts {number:02}",
            unitPrice=price,
            components=[{"variantId": shop.ids[Prefix.VARIANT]}],
            categories=["Coffee"],
        ),
        shop.make("createLocation", "location { id }", name=f"Shelf {number:02}"),
        shop.make(
            "createModifierSet",
            "modifierSet { id }",
            name=f"Choices {number:02}",
            groups=[{"name": "Text", "type": "TEXT"}],
        ),
        _waiting(shop),
        shop.make(
            "createCoupon",
            "coupon { id }",
            name=f"Off {number:02}",
            percentOff="5",
            limitToItemIds=[shop.ids[Prefix.PRODUCT], shop.ids[Prefix.VARIANT]],
        ),
        shop.make("createCustomer", "customer { id }", email=f"buyer{number:02}@example.com"),
        shop.make("createTaxRate", "taxRate { id }", name=f"{number}", percent="1", country="DE"),
        shop.make(
            "adjustInventory",
            "adjustment { id }",
            variantId=shop.ids[Prefix.VARIANT],
            quantityDelta=1,
        ),
        shop.make(
            "createOrder",
            "order { id }",
            customerId=shop.ids[Prefix.CUSTOMER],
            lineItems=[{"variantId": shop.ids[Prefix.VARIANT]}],
        ),
        _sold(shop, number),
    ]


async def _waiting(shop: Shop) -> None:
    """Have a buyer wait with a unit of the variant held."""
    line = {"variantId": shop.ids[Prefix.VARIANT]}
    made = await shop.make("createOrder", f"order {{ {PARTS} }}", lineItems=[line])
    await shop.pay(made["order"], "tok_requires3ds")


async def _sold(shop: Shop, number: int) -> None:
    customer = await shop.make(
        "createCustomer", "customer { id }", email=f"customer{number:02}@example.com"
    )
    opened = await shop.open_order(customerId=customer["customer"]["id"])
    order = (await shop.pay(opened))["id"]
    amount = {"amount": 100, "currency": "USD"}
    await shop.make("refund", "refund { id }", orderId=order, amount=amount)
    if number == 0:
        for note in range(ROWS):
            await shop.make("updateOrder", "order { id }", orderId=order, buyerNote=f"{note}")
        for _ in range(ROWS // 2):
            cent = {"amount": 1, "currency": "USD"}
            await shop.make("refund", "refund { id }", orderId=order, amount=cent)
        shop.ids[Prefix.ACTIVITY] = order


async def ask(shop: Shop, place: str, inside: str = "", **arguments: Any) -> Answer:
    """Ask for a connection by its place in the schema; by default for the ids of its entries."""
    owner, name = place.split(".")
    inside = inside or ENTRIES % (id_of(place), id_of(place))
    arguments = {**NEEDED.get(place, {}), **arguments}
    types = {"first": "Int", "after": "String", "query": "String!"}
    declared = [f"${name}: {types[name]}" for name in arguments]
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    text = f"{name}{f'({passed})' if passed else ''} {{ {inside} }}"
    if owner != "Query":
        declared.append("$id: ID!")
        arguments["id"] = shop.ids[OWNERS[owner]]
        text = f"node(id: $id) {{ ... on {owner} {{ {text} }} }}"
    opening = f"query({', '.join(declared)})" if declared else ""
    return await shop.world.graphql(f"{opening} {{ {text} }}", **arguments)


def id_of(place: str) -> str:
    """Select the id of an entry, whatever type of a union it is."""
    is_union = isinstance(node_of(place), GraphQLUnionType)
    return "{ ... on Node { id } }" if is_union else "{ id }"


def node_of(place: str) -> Any:
    """Return the type of a connection's entries."""
    owner, name = place.split(".")
    connection: Any = get_named_type(GRAPH.type_map[owner].fields[name].type)
    return get_named_type(connection.fields["nodes"].type)


def page_of(answer: Answer) -> Any:
    """Return the connection of an answer, wherever it stands."""
    assert answer.errors == []
    found = answer.payload
    while "pageInfo" not in found and "totalCount" not in found:
        (found,) = found.values()
    return found


def nodes_of(answer: Answer) -> list[Any]:
    """Return the nodes of the connection of an answer, wherever it stands."""
    found = answer.payload
    while "nodes" not in found:
        (found,) = found.values()
    return found["nodes"]


def test_a_root_field_that_answers_a_list_is_a_connection() -> None:
    listed = {
        name
        for name, field in GRAPH.query_type.fields.items()
        if isinstance(get_nullable_type(field.type), GraphQLList)
    }
    assert listed == {"nodes"}


@ALL
async def test_the_statements_of_a_list_do_not_grow_with_its_page(shop: Shop, place: str) -> None:
    """One that is sent for each row, however deep below it, would be sent ten times more.

    By how the loaders of a deep page meet, it takes some statements more or fewer.
    """
    everything = selection(node_of(place), depth=3)
    counts: list[int] = []
    # Never 20: a list of the same things below would be read along in the same statement.
    for first in (5, 15):
        with counted() as statements:
            answer = await ask(shop, place, f"nodes {everything}", first=first)
        assert answer.errors == []
        assert len(nodes_of(answer)) == first
        counts.append(len(statements))
    assert counts[1] < counts[0] + 10
    assert counts[1] <= BUDGETS.get(place, MOST)


async def test_a_product_page_with_variants_takes_at_most_three_statements(shop: Shop) -> None:
    with counted() as statements:
        answer = await shop.world.graphql(
            "{ products(first: 20, filter: {status: ACTIVE}) { edges { cursor node { id name"
            " variants { id sku unitPrice { amount } quantityAvailable availableForSale } } }"
            " pageInfo { hasNextPage endCursor } totalCount } }"
        )
    assert len(answer.payload["edges"]) == 20
    assert len(answer.payload["edges"][0]["node"]["variants"]) == 3
    assert len(statements) <= 3


@ALL
async def test_pag_1_a_page_has_1_to_100_entries_and_20_by_default(shop: Shop, place: str) -> None:
    for first in (0, -1, 101, -(2**31)):
        answer = await ask(shop, place, first=first)
        assert answer.top_codes == ["INVALID_PAGE_SIZE"]
        assert answer.errors[0].original_error.field == ("first",)
    assert len(page_of(await ask(shop, place))["edges"]) == 20
    assert len(page_of(await ask(shop, place, first=None))["edges"]) == 20
    assert len(page_of(await ask(shop, place, first=1))["edges"]) == 1
    assert len(page_of(await ask(shop, place, first=100))["edges"]) >= ROWS


@ALL
async def test_pag_2_following_the_cursors_visits_every_entry_once(shop: Shop, place: str) -> None:
    whole = page_of(await ask(shop, place, first=100))
    assert whole["pageInfo"]["hasNextPage"] is False
    wanted = [node["id"] for node in whole["nodes"]]
    assert len(set(wanted)) == len(wanted)
    seen: list[str] = []
    after = None
    while True:
        page = page_of(await ask(shop, place, first=8, after=after))
        assert page["nodes"] == [edge["node"] for edge in page["edges"]]
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == wanted
    last = page_of(await ask(shop, place, after=page["pageInfo"]["endCursor"]))
    assert (last["nodes"], last["pageInfo"]["endCursor"]) == ([], None)


@ALL
async def test_pag_2_a_damaged_cursor_is_refused(shop: Shop, place: str) -> None:
    good = page_of(await ask(shop, place, first=1))["pageInfo"]["endCursor"]
    swapped = good[:-1] + ("A" if good[-1] != "A" else "B")
    for bad in ("", "x", "===", "é", good[:-4], swapped, good + "AAAA", "A" * 5000, " " + good):
        answer = await ask(shop, place, after=bad)
        assert answer.top_codes == ["INVALID_CURSOR"], bad
        assert answer.errors[0].original_error.field == ("after",)


@ALL
async def test_pag_2_a_cursor_of_another_list_is_refused(shop: Shop, place: str) -> None:
    for other in sorted(set(CONNECTIONS) - {place}):
        cursor = page_of(await ask(shop, other, first=1))["pageInfo"]["endCursor"]
        assert (await ask(shop, place, after=cursor)).top_codes == ["INVALID_CURSOR"]


@pytest.mark.parametrize(
    ("name", "mine", "others"),
    [
        (
            "products",
            "sort: {field: NAME, direction: ASC}",
            [
                "",
                "sort: {field: NAME, direction: DESC}",
                "sort: {field: CREATED_AT, direction: ASC}",
                "sort: {field: NAME, direction: ASC} filter: {status: ACTIVE}",
                'sort: {field: NAME, direction: ASC} filter: {query: "shirt"}',
            ],
        ),
        (
            "orders",
            "filter: {status: [PAID, PARTIALLY_REFUNDED]}",
            [
                "",
                "filter: {status: PAID}",
                "filter: {status: [PAID, PARTIALLY_REFUNDED] placed: null}",
                "filter: {status: [PAID, PARTIALLY_REFUNDED]} sort: {field: TOTAL}",
            ],
        ),
        ("coupons", "filter: {status: ACTIVE}", ["", "filter: {status: DISABLED}"]),
        ("customers", 'filter: {query: "buyer"}', ["", "sort: {field: EMAIL}"]),
    ],
)
async def test_pag_2_a_cursor_is_bound_to_its_sort_and_filter(
    shop: Shop, name: str, mine: str, others: list[str]
) -> None:
    end = await shop.world.graphql(f"{{ {name}(first: 1 {mine}) {{ pageInfo {{ endCursor }} }} }}")
    after = f'after: "{end.payload["pageInfo"]["endCursor"]}"'
    again = await shop.world.graphql(f"{{ {name}(first: 1 {after} {mine}) {{ nodes {{ id }} }} }}")
    assert (again.errors, len(again.payload["nodes"])) == ([], 1)
    for other in others:
        answer = await shop.world.graphql(f"{{ {name}({after} {other}) {{ nodes {{ id }} }} }}")
        assert answer.top_codes == ["INVALID_CURSOR"], other


async def test_a_cursor_does_not_work_in_another_environment(shop: Shop) -> None:
    cursor = page_of(await ask(shop, "Query.products", first=1))["pageInfo"]["endCursor"]
    answer = await shop.world.graphql(
        "query($after: String) { products(after: $after) { nodes { id } } }",
        caller=shop.world.stranger(),
        after=cursor,
    )
    assert answer.top_codes == ["INVALID_CURSOR"]


async def test_a_cursor_of_one_owner_does_not_work_for_another(shop: Shop) -> None:
    cursor = page_of(await ask(shop, "Order.activities", first=1))["pageInfo"]["endCursor"]
    answer = await shop.world.graphql(
        "query($id: ID!, $after: String) { order(id: $id) { activities(after: $after) {"
        " nodes { id } } } }",
        id=shop.order["id"],
        after=cursor,
    )
    assert (answer.payload, answer.top_codes) == ({"activities": None}, ["INVALID_CURSOR"])


@ALL
async def test_the_total_is_counted_only_when_it_is_asked_for(shop: Shop, place: str) -> None:
    with counted() as without:
        await ask(shop, place, "pageInfo { hasNextPage }", first=1)
    with counted() as statements:
        page = page_of(
            await ask(shop, place, f"totalCount totalCountIsExact nodes {id_of(place)}", first=1)
        )
    assert len(statements) == len(without) + 1
    assert page["totalCountIsExact"] is True
    assert page["totalCount"] == len(page_of(await ask(shop, place, first=100))["nodes"])


async def test_pag_3_rows_that_are_inserted_neither_repeat_nor_hide_others(world: World) -> None:
    shop = await open_shop(world, world.actor)
    for name in "BDFH":
        await shop.product(name)
    document = (
        "query($after: String) { products(first: 3 after: $after"
        " sort: {field: NAME, direction: ASC}) { nodes { name } pageInfo { endCursor } } }"
    )
    first = (await world.graphql(document)).payload
    assert [node["name"] for node in first["nodes"]] == ["B", "Beans", "D"]
    for name in "ACEI":
        await shop.product(name)
    second = (await world.graphql(document, after=first["pageInfo"]["endCursor"])).payload
    assert [node["name"] for node in second["nodes"]] == ["E", "F", "H"]
    third = (await world.graphql(document, after=second["pageInfo"]["endCursor"])).payload
    assert [node["name"] for node in third["nodes"]] == ["I", "Old beans", "Shirt"]


WRITES = {
    "createOrder": 3,
    "createOrder for a customer": 4,
    "addLineItems": 5,
    "updateLineItem": 4,
    "removeLineItems": 4,
    "applyCoupon": 4,
    "addDiscount": 4,
    "addCharge": 4,
    "updateCharge": 4,
    "removeCharge": 4,
    "addTip": 4,
    "updateTip": 4,
    "updateOrder": 4,
    "updateOrderTax": 4,
    "pay": 12,
    "refund": 10,
    "closeOrder": 4,
}
"""Statements of a mutation with all that it answers, BEGIN and COMMIT included; pay and refund are
two transactions each, and carry an idempotency key."""


async def test_what_the_mutations_of_an_order_take(shop: Shop) -> None:
    """Keys of the order's number are leased beforehand, as they are for 49 of 50 orders."""
    world, taken = shop.world, dict[str, int]()
    await world.orders.numbers.prepare(world.environment_id)
    variant = (await shop.product("Tea"))["defaultVariant"]["id"]
    answer = "order { id version lineItems { id } netAmounts { balance { amount currency } } }"

    async def step(name: str, what: str = answer, /, **input: Any) -> Any:
        mutation = name.split()[0]
        pascal = mutation[0].upper() + mutation[1:]
        key = '@idempotent(key: "budget")' if mutation in ("pay", "refund") else ""
        document = (
            f"mutation($input: {pascal}Input!) {{ {mutation}(input: $input) {key}"
            f" {{ {what} userErrors {{ code field }} }} }}"
        )
        with counted() as statements:
            sent = await world.graphql(document, input=input)
        assert (sent.errors, sent.codes) == ([], [])
        taken[name] = len(statements)
        return sent.payload.get("order")

    lines = [{"variantId": variant, "quantity": 2}, {"name": "Wrap", "unitPrice": money(300)}]
    customer = {"customerId": shop.ids[Prefix.CUSTOMER]}
    await step("createOrder for a customer", lineItems=lines, **customer)
    order = await step("createOrder", lineItems=lines)
    id, line = order["id"], order["lineItems"][0]["id"]
    more = [{"variantId": variant, "quantity": 1, "separate": True}]
    order = await step("addLineItems", orderId=id, lineItems=more)
    await step("removeLineItems", orderId=id, lineItemIds=[order["lineItems"][-1]["id"]])
    await step("updateLineItem", orderId=id, lineItemId=line, quantity=3)
    await step("applyCoupon", orderId=id, code="SPRING20")
    await step("addDiscount", orderId=id, name="Sorry", percent="1", lineItemIds=[line])
    parts = f"{answer.removesuffix('}')} charges {{ id }} tips {{ id }} }}"
    order = await step("addCharge", parts, orderId=id, type="SERVICE", name="Fee", percent="10")
    charge = {"orderId": id, "chargeId": order["charges"][0]["id"]}
    await step("updateCharge", **charge, percent="5")
    await step("removeCharge", **charge)
    order = await step("addTip", parts, orderId=id, amount=money(100))
    await step("updateTip", orderId=id, tipId=order["tips"][0]["id"], percent="5")
    order = await step("updateOrder", orderId=id, buyerNote="Ring twice.")
    order = await step("updateOrderTax", orderId=id, components=[{"name": "A", "percent": "5"}])
    due = order["netAmounts"]["balance"]
    await step("pay", orderId=id, sources=[{"token": "tok_visa"}], expectedOutstanding=due)
    await step("refund", "refund { id status }", orderId=id, amount=money(100))
    await step("closeOrder", orderId=id)
    assert taken == WRITES
