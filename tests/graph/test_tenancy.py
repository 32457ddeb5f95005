"""An id of another environment is answered like one that does not exist, wherever ids are taken.

The cases are generated from the schema: every id argument and every id in an input (ENV-1, ID-2).
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from ordergraph.core.ids import Prefix, decode, encode, new_id
from ordergraph.graph.context import Context
from ordergraph.runtime.db.base import Base
from ordergraph.runtime.db.driver import connect
from tests.graph.confinement import TENANT_TABLES, unconfined
from tests.graph.conftest import Street
from tests.graph.schema_walk import GRAPH, Path, id_arguments, objects
from tests.graph.shop import Shop, money, open_shop, parts_of
from tests.world import SCHEMA, Answer, World

PRODUCT, VARIANT, CUSTOMER = Prefix.PRODUCT, Prefix.VARIANT, Prefix.CUSTOMER
COUPON, TAX_RATE, ORDER, LINE = Prefix.COUPON, Prefix.TAX_RATE, Prefix.ORDER, Prefix.LINE_ITEM
ATTEMPT, DISCOUNT, TIP = Prefix.PAYMENT_ATTEMPT, Prefix.APPLIED_DISCOUNT, Prefix.TIP
CHARGE, PAYMENT, REFUND = Prefix.CHARGE, Prefix.PAYMENT, Prefix.REFUND
BUNDLE, COMPONENT, CATEGORY = Prefix.BUNDLE, Prefix.BUNDLE_COMPONENT, Prefix.CATEGORY
SET, GROUP, MODIFIER = Prefix.MODIFIER_SET, Prefix.MODIFIER_GROUP, Prefix.MODIFIER
LOCATION = Prefix.LOCATION
DEFAULT = ("the default location", LOCATION)
"""Another location than the shop's own second one."""

NAMES = {"name": "Spring", "percentOff": "20"}
PRICED = {"unitPrice": money(100)}
OAT = {"name": "Oat", "unitPriceDelta": money(50)}
CHOSEN = [{"groupId": GROUP, "selected": [{"modifierId": MODIFIER}]}]
BEANS = {"name": "Beans", "productType": "PHYSICAL"}

PARTS_OF_A_SALE = {
    "orderId": ORDER,
    "paymentId": PAYMENT,
    "lineItems": [{"lineItemId": LINE, "quantity": 1}],
    "charges": [{"chargeId": CHARGE}],
    "tips": [{"tipId": TIP}],
}
ONE_PAYMENT = {
    "orderId": ORDER,
    "amount": money(10),
    "allocations": [{"paymentId": PAYMENT, "amount": money(10)}],
}

LEVY = {"name": "Levy", "percent": "1", "lineItemIds": [LINE], "chargeIds": [CHARGE]}
DRAFT = {"customerId": CUSTOMER, "lineItems": [{"variantId": VARIANT, "modifiers": CHOSEN}]}
BOX = {"lineItems": [{"bundleId": BUNDLE}]}
EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("createProduct", {**BEANS, "defaultVariant": PRICED, "modifierSetId": SET}),
    ("createProduct", {**BEANS, "defaultVariant": {**PRICED, "modifierSetId": SET}}),
    (
        "createProduct",
        {
            **BEANS,
            "options": [{"name": "Size", "values": ["S"]}],
            "variants": [
                {
                    **PRICED,
                    "selectedOptions": [{"name": "Size", "value": "S"}],
                    "modifierSetId": SET,
                }
            ],
        },
    ),
    ("updateProduct", {"id": PRODUCT, "defaultVariantId": VARIANT, "modifierSetId": SET}),
    ("replaceProductCategories", {"productId": PRODUCT, "categories": ["Tea"]}),
    (
        "addVariant",
        {
            **PRICED,
            "productId": PRODUCT,
            "selectedOptions": [{"name": "Size", "value": "M"}],
            "modifierSetId": SET,
        },
    ),
    ("updateVariant", {"id": VARIANT, "modifierSetId": SET}),
    (
        "createBundle",
        {**PRICED, "name": "Set", "components": [{"variantId": VARIANT}], "modifierSetId": SET},
    ),
    ("updateBundle", {"id": BUNDLE, "modifierSetId": SET}),
    ("replaceBundleCategories", {"bundleId": BUNDLE, "categories": ["Tea"]}),
    ("addBundleComponents", {"bundleId": BUNDLE, "components": [{"variantId": VARIANT}]}),
    ("updateBundleComponent", {"bundleId": BUNDLE, "componentId": COMPONENT, "quantity": 2}),
    ("updateCategory", {"id": CATEGORY, "position": 3}),
    (
        "createModifierSet",
        {"name": "Milk", "groups": [{"id": GROUP, "name": "Milk", "modifiers": [OAT]}]},
    ),
    (
        "createModifierSet",
        {"name": "Milk", "groups": [{"name": "Milk", "modifiers": [{**OAT, "id": MODIFIER}]}]},
    ),
    ("updateModifierSet", {"id": SET, "name": "Milks"}),
    ("countInventory", {"variantId": VARIANT, "locationId": LOCATION, "quantity": 3}),
    ("adjustInventory", {"variantId": VARIANT, "locationId": LOCATION, "quantityDelta": 1}),
    (
        "transferInventory",
        {
            "variantId": VARIANT,
            "fromLocationId": DEFAULT,
            "toLocationId": LOCATION,
            "quantity": 1,
        },
    ),
    ("updateLocation", {"id": LOCATION, "name": "Cellar"}),
    ("createOrder", {"lineItems": [{"bundleId": BUNDLE}]}),
    ("createOrder", {"lineItems": [{"variantId": VARIANT, "modifiers": CHOSEN}]}),
    ("addLineItems", {"orderId": ORDER, "lineItems": [{"bundleId": BUNDLE}]}),
    (
        "addLineItems",
        {"orderId": ORDER, "lineItems": [{"variantId": VARIANT, "modifiers": CHOSEN}]},
    ),
    (
        "updateLineItem",
        {"orderId": ORDER, "lineItemId": LINE, "modifiers": CHOSEN, "expectedVersion": 3},
    ),
    ("resolveInventoryException", {"orderId": ORDER, "takeStock": False}),
    ("adjustInventory", {"variantId": VARIANT, "quantityDelta": 1}),
    ("createCoupon", {**NAMES, "limitToItemIds": [PRODUCT]}),
    ("createCoupon", {**NAMES, "limitToItemIds": [VARIANT]}),
    ("createCoupon", {**NAMES, "limitToItemIds": [BUNDLE]}),
    ("updateCoupon", {"id": COUPON, "name": "Summer"}),
    ("updateCoupon", {"id": COUPON, "limitToItemIds": [PRODUCT]}),
    ("createOrder", {"customerId": CUSTOMER, "lineItems": [{"variantId": VARIANT}]}),
    ("checkoutOrder", {"order": DRAFT, "sources": [{"token": "tok_visa"}]}),
    ("checkoutOrder", {"order": BOX, "sources": [{"token": "tok_visa"}]}),
    ("rotateOrderSecret", {"orderId": ORDER}),
    ("addLineItems", {"orderId": ORDER, "lineItems": [{"variantId": VARIANT}]}),
    ("updateLineItem", {"orderId": ORDER, "lineItemId": LINE, "quantity": 3}),
    ("removeLineItems", {"orderId": ORDER, "lineItemIds": [LINE]}),
    ("applyCoupon", {"orderId": ORDER, "couponId": COUPON}),
    ("applyCoupon", {"orderId": ORDER, "couponId": COUPON, "lineItemIds": [LINE]}),
    (
        "addDiscount",
        {"orderId": ORDER, "name": "Sorry", "percent": "5", "lineItemIds": [LINE]},
    ),
    ("removeDiscount", {"orderId": ORDER, "discountId": DISCOUNT}),
    ("addTip", {"orderId": ORDER, "amount": money(100)}),
    ("updateTip", {"orderId": ORDER, "tipId": TIP, "percent": "5"}),
    ("removeTip", {"orderId": ORDER, "tipId": TIP}),
    ("addCharge", {"orderId": ORDER, "type": "SHIPPING", "name": "Mail", "amount": money(5)}),
    ("updateCharge", {"orderId": ORDER, "chargeId": CHARGE, "name": "Courier"}),
    ("removeCharge", {"orderId": ORDER, "chargeId": CHARGE}),
    ("updateOrder", {"orderId": ORDER, "customerId": CUSTOMER}),
    ("updateOrderTax", {"orderId": ORDER, "exempt": True}),
    ("updateOrderTax", {"orderId": ORDER, "components": [LEVY]}),
    ("pay", {"orderId": ORDER, "sources": [{"token": "tok_visa"}]}),
    ("pay", {"orderId": ORDER, "resumeAttemptId": ATTEMPT}),
    ("closeOrder", {"orderId": ORDER}),
    ("refund", {"orderId": ORDER, "lineItems": [{"lineItemId": LINE, "quantity": 1}]}),
    ("refund", PARTS_OF_A_SALE),
    ("refund", ONE_PAYMENT),
    ("updateRefund", {"refundId": REFUND, "externalReferenceId": "case-7"}),
    ("deleteTaxRate", {"id": TAX_RATE}),
    ("deleteCoupon", {"id": COUPON}),
    (
        "replaceModifierGroups",
        {
            "id": SET,
            "groups": [{"id": GROUP, "name": "Milk", "modifiers": [{**OAT, "id": MODIFIER}]}],
            "expectedVersion": 1,
        },
    ),
    ("removeBundleComponent", {"bundleId": BUNDLE, "componentId": COMPONENT}),
    ("deleteBundle", {"id": BUNDLE}),
    ("deleteCategory", {"id": CATEGORY}),
    ("deleteLocation", {"id": LOCATION}),
    ("retireModifierSet", {"id": SET}),
    ("deleteVariant", {"id": VARIANT}),
    ("deleteProduct", {"id": PRODUCT}),
]
"""A valid input for every mutation that takes ids; a prefix stands for the shop's own id."""

CLEARED = {("input", "defaultVariantId")}
"""What an empty text clears: it means something there (UPD-2)."""

NEVER_VALID = {"createModifierSet"}
"""What is new has no id yet: even an own one is not found."""

LOOKUPS: list[tuple[str, dict[str, Any]]] = [
    ("bundle", {"id": BUNDLE}),
    ("category", {"id": CATEGORY}),
    ("location", {"id": LOCATION}),
    ("modifierSet", {"id": SET}),
    ("product", {"id": PRODUCT}),
    ("productVariant", {"id": VARIANT}),
    ("coupon", {"id": COUPON}),
    ("customer", {"id": CUSTOMER}),
    ("order", {"id": ORDER}),
    ("taxRate", {"id": TAX_RATE}),
    ("orders", {"filter": {"customerId": CUSTOMER}}),
    ("coupons", {"filter": {"limitItemId": PRODUCT}}),
    ("node", {"id": ORDER}),
    ("nodes", {"ids": [ORDER]}),
    ("refund", {"id": REFUND}),
    ("refunds", {"filter": {"orderId": ORDER, "paymentId": PAYMENT, "customerId": CUSTOMER}}),
]
"""The same for the root fields of queries."""

PREVIEWS: list[tuple[str, dict[str, Any]]] = [
    ("previewCoupon", {"input": {"orderId": ORDER, "codes": ["A"], "lineItemIds": [LINE]}}),
    ("previewRefund", {"input": PARTS_OF_A_SALE}),
    ("previewRefund", {"input": ONE_PAYMENT}),
    ("previewOrder", {"input": DRAFT}),
    ("previewOrder", {"input": BOX}),
]
"""The same for queries that answer as mutations do, with user errors."""

ITS_OWN_CODE = {
    ("applyCoupon", ("input", "couponId")): "COUPON_NOT_FOUND",
    ("removeDiscount", ("input", "discountId")): "DISCOUNT_NOT_FOUND",
    **{
        (name, ("input", *line, "modifiers", "0", *path)): "MODIFIER_NOT_AVAILABLE"
        for name, line in (
            ("createOrder", ("lineItems", "0")),
            ("previewOrder", ("lineItems", "0")),
            ("checkoutOrder", ("order", "lineItems", "0")),
            ("addLineItems", ("lineItems", "0")),
            ("updateLineItem", ()),
        )
        for path in (("groupId",), ("selected", "0", "modifierId"))
    },
}
"""Ids whose absence has a code of its own (domain 28); everything else is RESOURCE_NOT_FOUND."""


def places(value: Any, path: Path) -> Iterator[tuple[Path, Prefix]]:
    """Yield where the ids stand in an example."""
    if isinstance(value, Prefix):
        yield path, value
    elif isinstance(value, tuple):
        yield path, value[1]
    elif isinstance(value, dict):
        for name, held in value.items():
            yield from places(held, (*path, name))
    elif isinstance(value, list):
        for at, held in enumerate(value):
            yield from places(held, (*path, str(at)))


MUTATION_CASES = [
    (name, example, path, prefix)
    for name, example in EXAMPLES
    for path, prefix in places(example, ("input",))
]
QUERY_CASES = [
    (name, example, path, prefix)
    for name, example in LOOKUPS
    for path, prefix in places(example, ())
]
PREVIEW_CASES = [
    (name, example, path, prefix)
    for name, example in PREVIEWS
    for path, prefix in places(example, ())
]


def named(case: Any) -> str | None:
    return ".".join(case) if isinstance(case, tuple) else case if isinstance(case, str) else ""


def filled(value: Any, ids: Mapping[Any, str]) -> Any:
    """Put a shop's ids in the place of the prefixes."""
    if isinstance(value, Prefix):
        return ids[value]
    if isinstance(value, tuple):
        return ids[value[0]]
    if isinstance(value, dict):
        return {name: filled(held, ids) for name, held in value.items()}
    return [filled(held, ids) for held in value] if isinstance(value, list) else value


def own(shop: Shop, name: str, example: Any) -> Mapping[Any, str]:
    """Return the ids that make an example valid: some work on the paid order."""
    if name == "addVariant":
        return {**shop.ids, PRODUCT: shop.optioned_product}
    if name == "transferInventory":
        return {**shop.ids, DEFAULT[0]: shop.default_location}
    on_paid = name in ("refund", "refunds", "previewRefund") or "resumeAttemptId" in example
    return shop.paid_ids if on_paid else shop.ids


def replaced(value: Any, path: Path, id: str) -> Any:
    """Put another id at a path."""
    copy = deepcopy(value)
    inside = copy
    for step in path[:-1]:
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    if isinstance(inside, list):
        inside[int(path[-1])] = id
    else:
        inside[path[-1]] = id
    return copy


def unknown(prefix: Prefix) -> str:
    return encode(prefix, new_id())


def wrong_kinds(prefix: Prefix) -> list[str]:
    """Return ids that are malformed, and one of a kind that is never looked for."""
    suffix = encode(prefix, new_id()).rpartition("_")[2]
    return ["", "1", prefix.value, f"{prefix.value}_{suffix[:-1]}", unknown(Prefix.EVENT)]


async def send(shop: Shop, name: str, input: Any) -> Answer:
    payload = GRAPH.type_map["Mutation"].fields[name].type
    objects_of = [
        f"{field} {{ __typename }}" if field != "deletedId" else field
        for field, shown in payload.fields.items()
        if field not in ("userErrors", "clientSecret") and shown
    ]
    return await shop.send(name, " ".join(objects_of), **input)


_LIST = "{ totalCount nodes { __typename } }"
_ERRORS = "{ userErrors { code field } }"
INSIDE = {
    **dict.fromkeys(("orders", "coupons", "refunds"), _LIST),
    **{name: _ERRORS for name, _ in PREVIEWS},
}


async def ask(street: Street, name: str, arguments: dict[str, Any]) -> Answer:
    taken = GRAPH.type_map["Query"].fields[name].args
    declared = ", ".join(f"${each}: {taken[each].type}" for each in arguments)
    passed = ", ".join(f"{each}: ${each}" for each in arguments)
    inside = INSIDE.get(name, "{ __typename }")
    return await street.world.graphql(
        f"query({declared}) {{ {name}({passed}) {inside} }}", **arguments
    )


async def contents(world: World) -> dict[str, str]:
    """Return what stands in every table, in short; the lease of order numbers may move on."""
    tables = sorted(Base.metadata.tables.keys() - {"order_numbers"})
    sums = ", ".join(
        f"(SELECT coalesce(md5(string_agg(x::text, '|' ORDER BY x::text)), '') FROM {name} x)"
        for name in tables
    )
    connection = await connect(world.database.url, "tests")
    row = await connection.fetchrow(f"SELECT {sums}")
    await connection.close()
    return dict(zip(tables, row, strict=True))


def test_every_id_that_a_mutation_takes_has_an_example() -> None:
    covered = {(name, path) for name, _, path, _ in MUTATION_CASES}
    assert covered == id_arguments("Mutation")


async def test_the_examples_are_valid(world: World) -> None:
    shop = await open_shop(world, world.actor)
    missing = {"RESOURCE_NOT_FOUND", "INVALID_ID", *ITS_OWN_CODE.values()}
    for name, example in EXAMPLES:
        if "orderId" in example:
            shop.order = await shop.open_order()
            shop.ids |= parts_of(shop.order)
        answer = await send(shop, name, filled(example, own(shop, name, example)))
        if name in NEVER_VALID:
            continue
        assert missing.isdisjoint(answer.codes), name


def test_every_id_that_a_query_takes_has_an_example() -> None:
    cases = [*QUERY_CASES, *PREVIEW_CASES]
    assert {(name, path) for name, _, path, _ in cases} == id_arguments("Query")


def test_no_id_is_taken_below_the_root() -> None:
    roots = ("Query", "Mutation", "Subscription")
    below = [kind for kind in objects() if kind.name not in roots]
    assert [kind.name for kind in below if id_arguments(kind.name)] == []


@pytest.mark.parametrize(("name", "example", "path", "prefix"), MUTATION_CASES, ids=named)
async def test_env_1_a_mutation_takes_a_foreign_id_for_an_unknown_one(
    street: Street, name: str, example: Any, path: Path, prefix: Prefix
) -> None:
    valid, before = filled(example, own(street.mine, name, example)), await contents(street.world)
    code = ITS_OWN_CODE.get((name, path), "RESOURCE_NOT_FOUND")
    answers: list[Answer] = []
    for id in (street.foreign.ids[prefix], unknown(prefix)):
        answer = await send(street.mine, name, replaced({"input": valid}, path, id)["input"])
        assert (answer.codes, answer.paths) == ([code], [list(path)])
        objects_of = {key: held for key, held in answer.payload.items() if key != "userErrors"}
        assert set(objects_of.values()) == {None}
        answers.append(answer)
    assert answers[0].data == answers[1].data
    assert await contents(street.world) == before


@pytest.mark.parametrize(("name", "example", "path", "prefix"), MUTATION_CASES, ids=named)
async def test_id_2_a_mutation_refuses_an_id_of_the_wrong_kind_at_its_place(
    street: Street, name: str, example: Any, path: Path, prefix: Prefix
) -> None:
    valid, before = filled(example, own(street.mine, name, example)), await contents(street.world)
    for id in wrong_kinds(prefix):
        if id == "" and path in CLEARED:
            continue
        answer = await send(street.mine, name, replaced({"input": valid}, path, id)["input"])
        assert (answer.codes, answer.paths) == (["INVALID_ID"], [list(path)]), id
    assert await contents(street.world) == before


@pytest.mark.parametrize(
    ("name", "input"),
    [
        ("updateLineItem", {"lineItemId": LINE, "quantity": 3}),
        ("removeLineItems", {"lineItemIds": [LINE]}),
        ("applyCoupon", {"couponId": COUPON, "lineItemIds": [LINE]}),
        ("removeDiscount", {"discountId": DISCOUNT}),
        ("updateTip", {"tipId": TIP, "percent": "5"}),
        ("removeTip", {"tipId": TIP}),
        ("updateCharge", {"chargeId": CHARGE, "name": "Courier"}),
        ("removeCharge", {"chargeId": CHARGE}),
        ("pay", {"resumeAttemptId": ATTEMPT}),
        ("refund", {"lineItems": [{"lineItemId": LINE, "quantity": 1}]}),
    ],
    ids=named,
)
async def test_a_part_of_another_order_is_not_found(street: Street, name: str, input: Any) -> None:
    shop, before = street.mine, await contents(street.world)
    at_home, elsewhere = shop.order["id"], shop.paid_ids
    if name == "refund":
        at_home, elsewhere = shop.paid_order["id"], shop.ids
    ((path, _),) = [each for each in places(input, ("input",)) if each[1] is not COUPON]
    answer = await send(street.mine, name, {"orderId": at_home, **filled(input, elsewhere)})
    code = ITS_OWN_CODE.get((name, path), "RESOURCE_NOT_FOUND")
    assert (answer.codes, answer.paths) == ([code], [list(path)])
    assert await contents(street.world) == before


@pytest.mark.parametrize(("name", "example", "path", "prefix"), QUERY_CASES, ids=named)
async def test_env_1_a_query_takes_a_foreign_id_for_an_unknown_one(
    street: Street, name: str, example: Any, path: Path, prefix: Prefix
) -> None:
    own_ids = own(street.mine, name, example)
    mine = await ask(street, name, filled(example, own_ids))
    empty = {"totalCount": 0, "nodes": []}
    lists = dict.fromkeys(("orders", "coupons", "refunds"), empty)
    nothing = {**lists, "nodes": [None]}.get(name)
    assert mine.errors == []
    assert mine.payload != nothing
    for id in (street.foreign.ids[prefix], unknown(prefix)):
        answer = await ask(street, name, replaced(filled(example, own_ids), path, id))
        assert (answer.errors, answer.payload) == ([], nothing)


@pytest.mark.parametrize(("name", "example", "path", "prefix"), QUERY_CASES, ids=named)
async def test_id_2_a_query_refuses_an_id_of_the_wrong_kind_and_answers_null(
    street: Street, name: str, example: Any, path: Path, prefix: Prefix
) -> None:
    for id in wrong_kinds(prefix):
        valid = filled(example, own(street.mine, name, example))
        answer = await ask(street, name, replaced(valid, path, id))
        assert answer.top_codes == ["INVALID_ID"]
        assert list(answer.errors[0].original_error.field) == list(path)
        assert answer.payload == ([None] if name == "nodes" else None)


@pytest.mark.parametrize(("name", "example", "path", "prefix"), PREVIEW_CASES, ids=named)
async def test_a_preview_takes_a_foreign_id_for_an_unknown_one_and_refuses_other_kinds(
    street: Street, name: str, example: Any, path: Path, prefix: Prefix
) -> None:
    valid = filled(example, own(street.mine, name, example))
    assert (await ask(street, name, valid)).payload == {"userErrors": []}
    for id in (street.foreign.ids[prefix], unknown(prefix)):
        answer = await ask(street, name, replaced(valid, path, id))
        code = ITS_OWN_CODE.get((name, path), "RESOURCE_NOT_FOUND")
        assert answer.payload == {"userErrors": [{"code": code, "field": list(path)}]}
    for id in wrong_kinds(prefix):
        answer = await ask(street, name, replaced(valid, path, id))
        assert answer.payload == {"userErrors": [{"code": "INVALID_ID", "field": list(path)}]}


async def follow(world: World, document: str, **variables: Any) -> Any:
    """Return the first answer of a subscription."""
    context = Context(world.services, world.actor, "req_test")
    events = await SCHEMA.subscribe(document, variable_values=variables, context_value=context)
    async for event in events:
        return event
    return None


ONE = "subscription($id: ID!) { orderUpdated(id: $id) { type } }"
ALL = "subscription($f: OrderEventFilter) { orderEvents(filter: $f) { type } }"


async def test_subscriptions_keep_the_same_rules(street: Street) -> None:
    assert id_arguments("Subscription") == {
        ("orderUpdated", ("id",)),
        ("orderEvents", ("filter", "customerId")),
        ("catalogEvents", ("filter", "id", "0")),
    }
    for id in (street.foreign.ids[ORDER], unknown(ORDER)):
        refused = await follow(street.world, ONE, id=id)
        assert [each.original_error.code for each in refused.errors] == ["RESOURCE_NOT_FOUND"]
        assert refused.errors[0].original_error.message == "No order with this id was found."
    for id in wrong_kinds(ORDER):
        refused = await follow(street.world, ONE, id=id)
        assert [each.original_error.code for each in refused.errors] == ["INVALID_ID"]
        refused = await follow(street.world, ALL, f={"customerId": id})
        assert refused.errors[0].original_error.field == ("filter", "customerId")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT orders.id FROM orders WHERE orders.id = $1",
        "SELECT orders.environment_id FROM orders",
        "SELECT o.id FROM orders AS o WHERE orders.environment_id = $1",
        "SELECT a.id FROM orders AS a JOIN customers ON true WHERE a.environment_id = $1",
        "SELECT 1 FROM orders, customers WHERE orders.environment_id = $1",
        "UPDATE orders SET number = $1 WHERE orders.id = $2",
        "DELETE FROM orders WHERE orders.id = $1",
        "INSERT INTO orders (id, number) VALUES ($1, $2)",
        "SELECT (SELECT count(*) FROM customers) FROM orders WHERE orders.environment_id = $1",
    ],
)
def test_a_statement_without_its_environment_is_caught(statement: str) -> None:
    assert list(unconfined(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT orders.id FROM orders WHERE orders.environment_id = $1",
        "SELECT a.id FROM orders AS a JOIN customers AS c ON c.environment_id = a.environment_id"
        " WHERE a.environment_id = $1",
        "INSERT INTO orders (environment_id, id) VALUES ($1, $2)",
        "SELECT 1 FROM pg_stat_activity",
    ],
)
def test_a_statement_within_its_environment_is_left_alone(statement: str) -> None:
    assert list(unconfined(statement)) == []


def test_the_tables_of_all_rooms_are_watched() -> None:
    assert {"orders", "products", "variants", "customers", "payments"} <= TENANT_TABLES
    assert len(TENANT_TABLES) > 15


def test_ids_of_the_shops_differ(street: Street) -> None:
    assert street.mine.ids.keys() == street.foreign.ids.keys()
    assert all(
        decode(prefix, id) != decode(prefix, street.foreign.ids[prefix])
        for prefix, id in street.mine.ids.items()
    )
