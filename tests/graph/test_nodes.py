"""`node` and `nodes` find everything that has an id of its own, for whoever may see it (ID-2)."""

import pytest

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.graph.ids import Node
from ordergraph.graph.nodes import FINDERS
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.graph.conftest import Street
from tests.graph.schema_walk import objects
from tests.graph.shop import open_shop
from tests.world import World

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"

KINDS = {
    Prefix.PRODUCT: "Product",
    Prefix.VARIANT: "ProductVariant",
    Prefix.BUNDLE: "Bundle",
    Prefix.BUNDLE_COMPONENT: "BundleComponent",
    Prefix.CATEGORY: "Category",
    Prefix.MODIFIER_SET: "ModifierSet",
    Prefix.MODIFIER_GROUP: "ModifierGroup",
    Prefix.MODIFIER: "Modifier",
    Prefix.LOCATION: "Location",
    Prefix.INVENTORY_ADJUSTMENT: "InventoryAdjustment",
    Prefix.CUSTOMER: "Customer",
    Prefix.COUPON: "Coupon",
    Prefix.TAX_RATE: "TaxRate",
    Prefix.ORDER: "Order",
    Prefix.LINE_ITEM: "LineItem",
    Prefix.PAYMENT: "Payment",
    Prefix.PAYMENT_ATTEMPT: "PaymentAttempt",
    Prefix.REFUND: "Refund",
}
CATALOG = [
    *(Prefix.PRODUCT, Prefix.VARIANT, Prefix.BUNDLE, Prefix.BUNDLE_COMPONENT, Prefix.CATEGORY),
    *(Prefix.MODIFIER_SET, Prefix.MODIFIER_GROUP, Prefix.MODIFIER),
]
"""What browsers may look at while it is active."""

NEVER_FOUND = sorted(set(Prefix) - set(KINDS))
ALL = pytest.mark.parametrize("prefix", KINDS, ids=lambda prefix: prefix.value)


def test_every_type_with_the_interface_can_be_found_and_nothing_else() -> None:
    typed = {kind.name for kind in objects() if "Node" in [each.name for each in kind.interfaces]}
    assert set(FINDERS) == set(KINDS)
    assert set(KINDS.values()) == typed
    assert len({kind.source for kind in Node.__subclasses__()}) == len(typed)


@ALL
async def test_a_thing_is_found_by_its_id(street: Street, prefix: Prefix) -> None:
    id = street.mine.ids[prefix]
    answer = await street.world.graphql(NODE, id=id)
    assert answer.errors == []
    assert answer.payload == {"__typename": KINDS[prefix], "id": id}


@ALL
async def test_env_1_a_foreign_thing_is_null_like_an_unknown_one(
    street: Street, prefix: Prefix
) -> None:
    for id in (street.foreign.ids[prefix], encode(prefix, new_id())):
        answer = await street.world.graphql(NODE, id=id)
        assert (answer.errors, answer.payload) == ([], None)


@pytest.mark.parametrize("prefix", NEVER_FOUND, ids=lambda prefix: prefix.value)
async def test_an_id_of_a_kind_that_is_never_looked_for_is_refused(
    street: Street, prefix: Prefix
) -> None:
    answer = await street.world.graphql(NODE, id=encode(prefix, new_id()))
    assert (answer.payload, answer.top_codes) == (None, ["INVALID_ID"])


@ALL
async def test_key_4_without_the_scope_it_is_forbidden_whether_it_exists_or_not(
    street: Street, prefix: Prefix
) -> None:
    scopes = FINDERS[prefix].scopes
    assert scopes
    caller = street.world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - set(scopes))
    for id in (street.mine.ids[prefix], street.foreign.ids[prefix], encode(prefix, new_id())):
        answer = await street.world.graphql(NODE, caller=caller, id=id)
        assert (answer.payload, answer.top_codes) == (None, ["FORBIDDEN"])
        assert answer.errors[0].original_error.details() == {"missingScopes": list(scopes)}


@ALL
async def test_each_of_the_scopes_is_enough(street: Street, prefix: Prefix) -> None:
    for scope in set(FINDERS[prefix].scopes) & MERCHANT_SCOPES:
        caller = street.world.caller(ActorKind.SECRET_KEY, frozenset({scope}))
        answer = await street.world.graphql(NODE, caller=caller, id=street.mine.ids[prefix])
        assert answer.payload["__typename"] == KINDS[prefix]


async def test_nodes_keeps_the_order_with_nulls_and_errors_in_their_places(
    street: Street,
) -> None:
    mine, foreign = street.mine.ids, street.foreign.ids
    caller = street.world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - {"customers.read"})
    ids = [
        mine[Prefix.ORDER],
        "nonsense",
        mine[Prefix.CUSTOMER],
        foreign[Prefix.ORDER],
        mine[Prefix.PRODUCT],
        mine[Prefix.ORDER],
        encode(Prefix.TIP, new_id()),
    ]
    answer = await street.world.graphql(NODES, caller=caller, ids=ids)
    order = {"__typename": "Order", "id": mine[Prefix.ORDER]}
    product = {"__typename": "Product", "id": mine[Prefix.PRODUCT]}
    assert answer.payload == [order, None, None, None, product, order, None]
    assert [each.path for each in answer.errors] == [["nodes", 1], ["nodes", 2], ["nodes", 6]]
    assert answer.top_codes == ["INVALID_ID", "FORBIDDEN", "INVALID_ID"]
    assert answer.errors[0].original_error.field == ("ids", "1")


async def test_nodes_takes_at_most_100_ids(street: Street) -> None:
    ids = [street.mine.ids[Prefix.PRODUCT]] * 100
    answer = await street.world.graphql(NODES, ids=ids)
    assert len(answer.payload) == 100
    answer = await street.world.graphql(NODES, ids=[*ids, ids[0]])
    assert (answer.payload, answer.top_codes) == (None, ["TOO_MANY_ITEMS"])
    assert (await street.world.graphql(NODES, ids=[])).payload == []


@ALL
async def test_twenty_things_of_one_kind_are_one_statement(street: Street, prefix: Prefix) -> None:
    ids = [street.mine.ids[prefix], *(encode(prefix, new_id()) for _ in range(19))]
    with counted() as statements:
        answer = await street.world.graphql(NODES, ids=ids)
    assert [each["id"] for each in answer.payload if each] == ids[:1]
    assert len(statements) == 1


async def test_a_browser_finds_what_is_its_own_and_the_active_catalog(world: World) -> None:
    shop = await open_shop(world, world.actor)
    other, mine = shop.ids, shop.paid_ids
    browser = shop.browser(mine[Prefix.ORDER])
    found = {
        Prefix.ORDER: mine[Prefix.ORDER],
        Prefix.LINE_ITEM: mine[Prefix.LINE_ITEM],
        Prefix.PAYMENT: mine[Prefix.PAYMENT],
        Prefix.PAYMENT_ATTEMPT: mine[Prefix.PAYMENT_ATTEMPT],
        Prefix.REFUND: mine[Prefix.REFUND],
        **{prefix: mine[prefix] for prefix in CATALOG},
    }
    hidden = [shop.inactive_product, shop.inactive_variant]
    hidden += [other[Prefix.ORDER], other[Prefix.LINE_ITEM]]
    forbidden = [id for prefix, id in mine.items() if prefix in KINDS and prefix not in found]
    answer = await world.graphql(NODES, caller=browser, ids=[*found.values(), *hidden])
    assert [each and each["id"] for each in answer.payload] == [*found.values(), *[None] * 4]
    assert answer.errors == []
    answer = await world.graphql(NODES, caller=browser, ids=forbidden)
    assert answer.top_codes == ["FORBIDDEN"] * len(forbidden)
    stranger = shop.browser(other[Prefix.ORDER])
    answer = await world.graphql(NODES, caller=stranger, ids=[*found.values()][:5])
    assert (answer.payload, answer.errors) == ([None] * 5, [])
    answer = await world.graphql(NODES, caller=shop.browser(), ids=[*found.values()][:5])
    assert (answer.payload, answer.errors) == ([None] * 5, [])
