"""What a browser may send and see: its own order, the active catalog, nothing else (KEY-4)."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_required_input_field

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.scopes import BUYER_SCOPES, MERCHANT_SCOPES
from ordergraph.graph.nodes import FINDERS
from ordergraph.graph.schema import build_schema
from ordergraph.runtime.actor import Actor, ActorKind
from tests.architecture.sdl import Sdl, named, scopes
from tests.databases import Databases
from tests.graph.schema_walk import GRAPH, selection
from tests.graph.shop import ADDRESS, BAG, Shop, money, open_shop
from tests.graph.test_nodes import KINDS
from tests.graph.test_tenancy import contents
from tests.world import Answer, World

SERVED = Sdl(str(build_schema()))
ORDERS, TENDER = "commerce.orders.write", "payments.payment_intents.write"
LINE = {"variantId": Prefix.VARIANT}
ORDER = {"orderId": Prefix.ORDER}
ADDED = {"name": "Oat milk", "unitPriceDelta": money(50)}

FORBIDDEN_INPUTS: list[tuple[str, tuple[str, ...], Any, str]] = [
    ("createOrder", ("charges",), [BAG], ORDERS),
    ("createOrder", ("customerId",), Prefix.CUSTOMER, ORDERS),
    ("createOrder", ("source",), "POS", ORDERS),
    ("createOrder", ("internalNote",), "A regular.", ORDERS),
    ("createOrder", ("externalReferenceId",), "crm-1", ORDERS),
    ("createOrder", ("metadata",), {"channel": "ads"}, ORDERS),
    ("createOrder", ("lineItems", "0", "name"), "Gift wrap", ORDERS),
    ("createOrder", ("lineItems", "0", "unitPrice"), money(1), ORDERS),
    ("createOrder", ("lineItems", "0", "description"), "Red.", ORDERS),
    ("createOrder", ("lineItems", "0", "sku"), "GIFT", ORDERS),
    ("createOrder", ("lineItems", "0", "imageUrl"), "https://example.com/a.png", ORDERS),
    ("createOrder", ("lineItems", "0", "taxable"), False, ORDERS),
    ("createOrder", ("lineItems", "0", "taxCategory"), "FOOD", ORDERS),
    ("createOrder", ("lineItems", "0", "metadata"), {"engraving": "A"}, ORDERS),
    ("createOrder", ("lineItems", "0", "adHocModifiers"), [ADDED], ORDERS),
    ("addLineItems", ("lineItems", "0", "name"), "Gift wrap", ORDERS),
    ("addLineItems", ("lineItems", "0", "unitPrice"), money(1), ORDERS),
    ("addLineItems", ("lineItems", "0", "description"), "Red.", ORDERS),
    ("addLineItems", ("lineItems", "0", "sku"), "GIFT", ORDERS),
    ("addLineItems", ("lineItems", "0", "imageUrl"), "https://example.com/a.png", ORDERS),
    ("addLineItems", ("lineItems", "0", "taxable"), False, ORDERS),
    ("addLineItems", ("lineItems", "0", "taxCategory"), "FOOD", ORDERS),
    ("addLineItems", ("lineItems", "0", "metadata"), {"engraving": "A"}, ORDERS),
    ("addLineItems", ("lineItems", "0", "adHocModifiers"), [ADDED], ORDERS),
    ("updateLineItem", ("name",), "Cheap beans", ORDERS),
    ("updateLineItem", ("unitPrice",), money(1), ORDERS),
    ("updateLineItem", ("description",), "Red.", ORDERS),
    ("updateLineItem", ("sku",), "GIFT", ORDERS),
    ("updateLineItem", ("taxable",), False, ORDERS),
    ("updateLineItem", ("taxCategory",), "FOOD", ORDERS),
    ("updateLineItem", ("metadata",), {"engraving": "A"}, ORDERS),
    ("updateLineItem", ("adHocModifiers",), [ADDED], ORDERS),
    ("applyCoupon", ("couponId",), Prefix.COUPON, ORDERS),
    ("applyCoupon", ("lineItemIds",), [Prefix.LINE_ITEM], ORDERS),
    ("addTip", ("metadata",), {"table": "7"}, ORDERS),
    ("updateTip", ("metadata",), {"table": "7"}, ORDERS),
    ("updateOrder", ("customerId",), Prefix.CUSTOMER, ORDERS),
    ("updateOrder", ("internalNote",), "A regular.", ORDERS),
    ("updateOrder", ("externalReferenceId",), "crm-1", ORDERS),
    ("updateOrder", ("metadata",), {"channel": "ads"}, ORDERS),
    ("pay", ("sources", "0", "cash"), {"tendered": money(100_000)}, TENDER),
    (
        "pay",
        ("sources", "0", "external"),
        {"kind": "BANK_TRANSFER", "reference": "T-1"},
        TENDER,
    ),
    ("pay", ("sources", "0", "amount"), money(1), TENDER),
]
"""Every input field that a buyer may not send, a value for it, and the scope that it needs."""

FORBIDDEN_INPUTS += [
    ("checkoutOrder", ("order", *path) if name == "createOrder" else path, value, scope)
    for name, path, value, scope in FORBIDDEN_INPUTS
    if name in ("createOrder", "pay")
]
FORBIDDEN_INPUTS += [
    ("checkoutOrder", ("order", "discounts"), [{"name": "Mine", "percent": "50"}], ORDERS),
    ("pay", ("completion",), "PARTIAL_PAYMENT", TENDER),
]

BASES: dict[str, Any] = {
    "createOrder": {"lineItems": [LINE]},
    "addLineItems": {**ORDER, "lineItems": [LINE]},
    "updateLineItem": {**ORDER, "lineItemId": Prefix.LINE_ITEM},
    "applyCoupon": ORDER,
    "addTip": {**ORDER, "amount": money(1)},
    "updateTip": {**ORDER, "tipId": Prefix.TIP},
    "updateOrder": ORDER,
    "pay": {**ORDER, "sources": [{}], "expectedOutstanding": money(3588)},
    "checkoutOrder": {"order": {"lineItems": [LINE]}, "sources": [{}], "dryRun": True},
}
"""What is sent beside the forbidden field."""

_MAKING = ("createOrder", "checkoutOrder")

READABLE = {
    Prefix.PRODUCT: "product",
    Prefix.VARIANT: "productVariant",
    Prefix.COUPON: "coupon",
    Prefix.CUSTOMER: "customer",
    Prefix.TAX_RATE: "taxRate",
    Prefix.ORDER: "order",
}


@dataclass(frozen=True, slots=True)
class Counter:
    """A shop, and a browser that opened and filled an order of its own."""

    shop: Shop
    order_id: str
    ids: dict[Prefix, str]

    @property
    def browser(self) -> Actor:
        return self.shop.browser(self.order_id)

    async def ask(self, document: str, **variables: Any) -> Answer:
        return await self.shop.world.graphql(document, caller=self.browser, **variables)


async def open_counter(world: World) -> Counter:
    shop = await open_shop(world, world.actor)
    made = await shop.send(
        "createOrder",
        "order { id lineItems { id } }",
        caller=shop.browser(),
        lineItems=[{"variantId": shop.ids[Prefix.VARIANT], "quantity": 2}],
        buyerEmail="sarah@example.com",
        buyerPhone="+12025550100",
        shippingAddress=ADDRESS,
        billingAddress=ADDRESS,
    )
    assert made.codes == []
    order = made.payload["order"]
    ids = {Prefix.ORDER: order["id"], Prefix.LINE_ITEM: order["lineItems"][0]["id"]}
    return Counter(shop, order["id"], {**shop.ids, **ids})


@pytest.fixture(scope="module")
async def counter(databases: Databases) -> AsyncIterator[Counter]:
    """One counter for all tests that only look, or are refused."""
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        yield await open_counter(world)
        await world.close()


def filled(value: Any, ids: dict[Prefix, str]) -> Any:
    if isinstance(value, Prefix):
        return ids[value]
    if isinstance(value, dict):
        return {name: filled(held, ids) for name, held in value.items()}
    return [filled(held, ids) for held in value] if isinstance(value, list) else value


def with_field(input: Any, path: tuple[str, ...], value: Any) -> Any:
    inside = input
    for step in path[:-1]:
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    inside[path[-1]] = value
    return input


def policies(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the input fields that have a policy below an input type, with their scopes."""
    for field in SERVED.types[kind].fields:
        listed = "[" in str(GRAPH.type_map[kind].fields[field.name.value].type)
        held, below = scopes(field), named(field.type)
        if held is not None:
            yield (*path, field.name.value), held
        elif isinstance(get_named_type(GRAPH.type_map[below]), GraphQLInputObjectType):
            yield from policies(below, (*path, field.name.value, *(["0"] if listed else [])))


def test_the_inputs_that_buyers_may_not_send_are_those_with_a_policy() -> None:
    in_schema: set[tuple[str, tuple[str, ...], str]] = set()
    for _, field in SERVED.fields("Mutation"):
        if BUYER_SCOPES.isdisjoint(scopes(field) or ()):
            continue
        kind = named(field.arguments[0].type)
        for path, held in policies(kind):
            assert BUYER_SCOPES.isdisjoint(held)
            in_schema |= {(field.name.value, path, scope) for scope in held}
    assert {(name, path, scope) for name, path, _, scope in FORBIDDEN_INPUTS} == in_schema


@pytest.mark.parametrize(
    ("name", "path", "value", "scope"),
    FORBIDDEN_INPUTS,
    ids=[f"{name}.{'.'.join(path)}" for name, path, _, _ in FORBIDDEN_INPUTS],
)
async def test_pay_24_what_a_buyer_may_not_send_is_refused_and_nothing_happens(
    counter: Counter, name: str, path: tuple[str, ...], value: Any, scope: str
) -> None:
    shop, before = counter.shop, await contents(counter.shop.world)
    browser = shop.browser() if name in _MAKING else counter.browser
    for sent in (filled(value, counter.ids), *([None] if name == "updateOrder" else [])):
        input = with_field(filled(BASES[name], counter.ids), path, sent)
        answer = await shop.send(name, "order { id }", caller=browser, **input)
        assert (answer.data, answer.top_codes) == ({name: None}, ["FORBIDDEN"])
        refused = answer.errors[0].original_error
        assert refused.details() == {"missingScopes": [scope]}
        assert refused.field == ("input", *path)
    assert await contents(shop.world) == before


async def test_a_merchant_may_send_what_buyers_may_not(world: World) -> None:
    shop = await open_shop(world, world.actor)
    for name, path, value, _ in FORBIDDEN_INPUTS:
        if name != "pay":
            input = with_field(filled(BASES[name], shop.ids), path, filled(value, shop.ids))
            answer = await shop.send(name, "order { id }", **input)
            assert answer.errors == [], path


@pytest.mark.parametrize(
    "name",
    [
        field.name.value
        for _, field in SERVED.fields("Query", "Mutation")
        if scopes(field) and BUYER_SCOPES.isdisjoint(scopes(field) or ())
    ],
)
async def test_what_is_not_for_browsers_is_forbidden_to_them(counter: Counter, name: str) -> None:
    root = "Mutation" if name in GRAPH.mutation_type.fields else "Query"
    field = GRAPH.type_map[root].fields[name]
    arguments = [
        f"{key}: {_sample(argument.type)}"
        for key, argument in field.args.items()
        if str(argument.type).endswith("!")
    ]
    passed = f"({', '.join(arguments)})" if arguments else ""
    answer = await counter.ask(f"{root.lower()} {{ {name}{passed} {{ __typename }} }}")
    assert (answer.data, answer.top_codes) == ({name: None}, ["FORBIDDEN"])
    missing = list(scopes(next(f for _, f in SERVED.fields(root) if f.name.value == name)) or ())
    assert answer.errors[0].original_error.details() == {"missingScopes": missing}


def _sample(kind: Any) -> str:
    """Write a value of a type that the schema takes, whatever the business thinks of it."""
    inner = get_named_type(kind)
    if isinstance(inner, GraphQLInputObjectType):
        needed = [
            f"{name}: {_sample(field.type)}"
            for name, field in inner.fields.items()
            if is_required_input_field(field)
        ]
        text = f"{{{', '.join(needed)}}}"
    elif hasattr(inner, "values"):
        text = next(iter(inner.values))
    else:
        text = {"Long": "1", "Quantity": "1", "Int": "1", "Boolean": "true"}.get(inner.name, '"x"')
    return f"[{text}]" if "[" in str(kind) else text


def test_a_link_to_another_kind_of_thing_asks_for_its_scopes() -> None:
    readers = {KINDS[prefix]: set(finder.scopes) for prefix, finder in FINDERS.items()}
    open_links: list[str] = []
    for name, field in SERVED.fields():
        kind = named(field.type).removesuffix("Connection")
        if name not in readers or kind not in (readers.keys() | {"Node"}):
            continue
        policy = scopes(field)
        if policy is None and not readers[name] <= readers.get(kind, set()):
            open_links.append(f"{name}.{field.name.value}")
        if policy is not None and kind in readers and not set(policy) <= readers[kind]:
            open_links.append(f"{name}.{field.name.value}")
    assert open_links == []


async def test_each_scope_of_the_schema_can_be_held() -> None:
    held = {
        scope for _, node in (*SERVED.fields(), *SERVED.inputs()) for scope in scopes(node) or ()
    }
    assert held - MERCHANT_SCOPES - BUYER_SCOPES == set()
    assert BUYER_SCOPES.isdisjoint(MERCHANT_SCOPES)


def private(kind: str) -> set[str]:
    """Return the fields of a type that a browser may not see."""
    return {
        field.name.value
        for name, field in SERVED.fields(kind)
        if scopes(field) and BUYER_SCOPES.isdisjoint(scopes(field) or ())
    }


PRIVATE = {
    "Order": {"internalNote", "closeReason", "metadata", "customer", "ledger", "ledgerBalances"},
    "LineItem": {"metadata"},
    "AppliedDiscount": {"coupon"},
    "Charge": {"metadata"},
    "Tip": {"metadata"},
    "Activity": {"actor"},
    "Refund": {"reasonMessage", "metadata", "externalReferenceId"},
    "Product": {"externalReferenceId", "metadata"},
    "ProductVariant": {
        *("externalReferenceId", "metadata", "inventoryAdjustments", "inventoryHolds"),
        *("inventoryLevels", "lowStockThreshold", "quantityHeld", "quantityOnHand"),
    },
    "Bundle": {"externalReferenceId", "metadata"},
    "ModifierSet": {"metadata"},
}


def test_the_private_fields_are_those_that_are_written_here() -> None:
    kinds = [
        *(
            "Order",
            "LineItem",
            "AppliedDiscount",
            "Charge",
            "Tip",
            "Activity",
            "Payment",
            "PaymentAttempt",
            "Refund",
            "Product",
        ),
        *("ProductVariant", "Bundle", "BundleComponent", "Category", "ModifierSet"),
        *("ModifierGroup", "Modifier"),
    ]
    seen = {kind: private(kind) for kind in kinds}
    assert {kind: fields for kind, fields in seen.items() if fields} == PRIVATE


def check_shown(value: Any, forbidden: set[tuple[Any, ...]], path: tuple[Any, ...] = ()) -> int:
    """Walk an answer: what is private is null with an error of its own; return how many were."""
    if isinstance(value, list):
        return sum(check_shown(each, forbidden, (*path, at)) for at, each in enumerate(value))
    if not isinstance(value, dict):
        return 0
    found = 0
    for name in PRIVATE.get(value.get("__typename", ""), set()) & value.keys():
        assert value[name] is None, (*path, name)
        assert (*path, name) in forbidden
        found += 1
    return found + sum(check_shown(held, forbidden, (*path, key)) for key, held in value.items())


async def test_key_4_a_browser_sees_all_of_its_paid_order_but_what_is_private(
    world: World,
) -> None:
    counter = await paid_counter(world)
    everything = selection(GRAPH.type_map["Order"], depth=5)
    answer = await counter.ask(
        f"query($id: ID!) {{ order(id: $id) {everything} }}", id=counter.order_id
    )
    assert set(answer.top_codes) == {"FORBIDDEN"}
    paths = {tuple(error.path) for error in answer.errors}
    assert len(paths) == len(answer.errors)
    assert check_shown(answer.data, paths) == len(paths)
    order = answer.payload
    assert order["payments"][0]["amount"]["amount"] == order["pricing"]["total"]["amount"]
    assert order["buyerEmail"] == "sarah@example.com"
    assert order["activities"]["nodes"][0]["actor"] is None
    assert "A regular." not in str(answer.data)


async def paid_counter(world: World) -> Counter:
    """Open a counter whose order the browser has paid and the merchant has written on."""
    counter = await open_counter(world)
    due = await counter.ask(
        "query($id: ID!) { order(id: $id) { netAmounts { balance { amount currency } } } }",
        id=counter.order_id,
    )
    paid = await counter.shop.send(
        "pay",
        "order { status }",
        caller=counter.browser,
        orderId=counter.order_id,
        sources=[{"token": "tok_visa"}],
        expectedOutstanding=due.payload["netAmounts"]["balance"],
    )
    assert (paid.errors, paid.codes, paid.payload["order"]) == ([], [], {"status": "PAID"})
    await counter.shop.make(
        "updateOrder",
        "order { id }",
        orderId=counter.order_id,
        internalNote="A regular.",
        metadata={"risk": "low"},
    )
    await counter.shop.make(
        "refund", "refund { id }", orderId=counter.order_id, amount=money(10), reasonMessage="x"
    )
    return counter


async def test_a_browser_sees_the_active_catalog_and_nothing_private_of_it(
    counter: Counter,
) -> None:
    everything = selection(GRAPH.type_map["Product"], depth=4)
    answer = await counter.ask(
        f"{{ products(filter: {{status: [ACTIVE, INACTIVE, DELETED]}}) {{ totalCount"
        f" nodes {everything} }} }}"
    )
    paths = {tuple(error.path) for error in answer.errors}
    assert set(answer.top_codes) == {"FORBIDDEN"}
    assert check_shown(answer.data, paths) == len(paths)
    shown = [node["id"] for node in answer.payload["nodes"]]
    assert (shown, answer.payload["totalCount"]) == ([counter.ids[Prefix.PRODUCT]], 1)


async def test_an_inactive_product_is_invisible_to_browsers_everywhere(counter: Counter) -> None:
    shop = counter.shop
    product, variant = shop.inactive_product, shop.inactive_variant
    answer = await counter.ask(
        "query($p: ID!, $v: ID!, $t: String) { product(id: $p) { id } productVariant(id: $v) { id }"
        " nodes(ids: [$p, $v]) { id } products(filter: {query: $t}) { nodes { id } totalCount } }",
        p=product,
        v=variant,
        t="Old beans",
    )
    assert answer.errors == []
    assert answer.data == {
        "product": None,
        "productVariant": None,
        "nodes": [None, None],
        "products": {"nodes": [], "totalCount": 0},
    }
    line = [{"variantId": variant}]
    unknown = [{"variantId": encode(Prefix.VARIANT, new_id())}]
    answers = [
        await shop.send(
            "addLineItems",
            "order { id }",
            caller=counter.browser,
            orderId=counter.order_id,
            lineItems=lines,
        )
        for lines in (line, unknown)
    ]
    assert answers[0].data == answers[1].data
    assert answers[0].codes == ["RESOURCE_NOT_FOUND"]


async def test_a_browser_without_a_secret_or_with_another_orders_reaches_no_order(
    counter: Counter,
) -> None:
    shop, order = counter.shop, counter.order_id
    for browser in (shop.browser(), shop.browser(shop.ids[Prefix.ORDER])):
        found = await shop.world.graphql(
            "query($id: ID!, $li: ID!) { order(id: $id) { id } nodes(ids: [$id, $li]) { id } }",
            caller=browser,
            id=order,
            li=counter.ids[Prefix.LINE_ITEM],
        )
        assert (found.errors, found.data) == ([], {"order": None, "nodes": [None, None]})
        for name, input in (
            ("addTip", {"amount": money(1)}),
            ("updateOrder", {"buyerNote": "x"}),
            ("rotateOrderSecret", {}),
            ("pay", {"sources": [{"token": "tok_visa"}], "expectedOutstanding": money(1)}),
            ("removeLineItems", {"lineItemIds": [counter.ids[Prefix.LINE_ITEM]]}),
        ):
            answer = await shop.send(name, "order { id }", caller=browser, orderId=order, **input)
            assert (answer.codes, answer.paths) == (["RESOURCE_NOT_FOUND"], [["input", "orderId"]])


async def test_thirty_days_after_payment_a_browser_no_longer_sees_who_bought(
    world: World,
) -> None:
    counter = await paid_counter(world)
    contact = (
        "query($id: ID!) { order(id: $id) { buyerEmail buyerPhone shippingAddress { line1 }"
        " billingAddress { line1 } paymentAttempts { buyerEmail } lineItems { name } } }"
    )
    world.clock.advance(timedelta(days=30) - timedelta(microseconds=1))
    before = await counter.ask(contact, id=counter.order_id)
    assert before.errors == []
    assert before.payload["buyerEmail"] == "sarah@example.com"
    assert before.payload["shippingAddress"] == {"line1": "1 Main St"}
    world.clock.advance(timedelta(microseconds=1))
    after = await counter.ask(contact, id=counter.order_id)
    assert after.errors == []
    assert after.payload == {
        "buyerEmail": None,
        "buyerPhone": None,
        "shippingAddress": None,
        "billingAddress": None,
        "paymentAttempts": [{"buyerEmail": None}],
        "lineItems": [{"name": "Beans"}],
    }
    merchants = await world.graphql(contact, id=counter.order_id)
    assert merchants.payload["buyerEmail"] == "sarah@example.com"


async def test_a_merchant_without_a_scope_gets_null_there_and_the_rest(world: World) -> None:
    shop = await open_shop(world, world.actor)
    caller = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.orders.read"}))
    answer = await world.graphql(
        "query($id: ID!) { order(id: $id) { number internalNote customer { id } payments { id }"
        " paymentAttempts { id } refunds { id } lineItems { name variant { id } } } }",
        caller=caller,
        id=shop.paid_order["id"],
    )
    assert set(answer.top_codes) == {"FORBIDDEN"}
    order = answer.payload
    assert order.pop("number") is not None
    assert order == {
        "internalNote": "A regular.",
        "customer": None,
        "payments": None,
        "paymentAttempts": None,
        "refunds": None,
        "lineItems": [{"name": "Beans", "variant": None}],
    }
    missing = [error.original_error.details()["missingScopes"][0] for error in answer.errors]
    assert sorted(missing) == [
        "commerce.catalog.read",
        "commerce.refunds.read",
        "customers.read",
        "payments.payment_intents.read",
        "payments.payment_intents.read",
    ]
