"""Reading modifier sets through the graph."""

from typing import Any

import pytest

from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.graph.modifiers.documents import (
    SHOWN,
    WORDS,
    as_input,
    choice,
    choices,
    done,
    make,
    read,
)
from tests.world import World

LIST = """
query Sets($first: Int, $after: String, $filter: ModifierSetFilter, $sort: ModifierSetSort) {
  modifierSets(first: $first, after: $after, filter: $filter, sort: $sort) {
    nodes { id name groups { name modifiers { name } } }
    pageInfo { hasNextPage endCursor } totalCount
  }
}
"""
NODES = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename id
  ... on ModifierSet { setName: name groups { id } }
  ... on ModifierGroup { groupName: name modifiers { id } }
  ... on Modifier { modifierName: name unitPriceDelta { amount } } } }"""


async def names(world: World, **variables: Any) -> list[str]:
    answer = await world.graphql(LIST, **variables)
    assert answer.errors == []
    return [node["name"] for node in answer.payload["nodes"]]


async def test_buyers_see_what_is_offered_and_nothing_else(world: World) -> None:
    hidden = choice("Hidden", status="INACTIVE")
    made = await make(
        world,
        choices("Milk", choice("Oat"), hidden),
        choices("Never", choice("No"), status="INACTIVE"),
        {**WORDS, "status": "INACTIVE"},
    )
    seen = await read(world, made["id"], caller=world.browser, fields=SHOWN)
    assert [
        (each["name"], [one["name"] for one in each["modifiers"]]) for each in seen["groups"]
    ] == [("Milk", ["Oat"])]
    milk, never, _ = made["groups"]
    ids = [
        made["id"],
        milk["id"],
        never["id"],
        *(each["id"] for each in milk["modifiers"]),
        never["modifiers"][0]["id"],
    ]
    for caller, there in (
        (world.actor, [True] * 6),
        (world.browser, [True, True, False, True, False, False]),
        (world.stranger(), [False] * 6),
    ):
        found = await world.graphql(NODES, caller=caller, ids=ids)
        assert found.errors == []
        assert [each is not None for each in found.payload] == there
    await done(world, "retireModifierSet", id=made["id"])
    assert await read(world, made["id"], caller=world.browser, fields=SHOWN) is None
    found = await world.graphql(NODES, caller=world.browser, ids=ids)
    assert found.payload == [None] * 6
    listed = await world.graphql(LIST, caller=world.browser)
    assert (listed.payload["nodes"], listed.payload["totalCount"]) == ([], 0)
    assert await names(world) == ["Coffee"]


async def test_sets_groups_and_modifiers_are_found_by_their_ids(world: World) -> None:
    made = await make(world)
    milk = made["groups"][0]
    oat = milk["modifiers"][1]
    found = await world.graphql(NODES, ids=[made["id"], milk["id"], oat["id"]])
    assert found.payload == [
        {
            "__typename": "ModifierSet",
            "id": made["id"],
            "setName": "Coffee",
            "groups": [{"id": each["id"]} for each in made["groups"]],
        },
        {
            "__typename": "ModifierGroup",
            "id": milk["id"],
            "groupName": "Milk",
            "modifiers": [{"id": each["id"]} for each in milk["modifiers"]],
        },
        {
            "__typename": "Modifier",
            "id": oat["id"],
            "modifierName": "Oat",
            "unitPriceDelta": {"amount": 60},
        },
    ]


async def test_id_2_unknown_and_foreign_sets_are_null_and_malformed_ids_an_error(
    world: World,
) -> None:
    made = await make(world)
    assert await read(world, encode(Prefix.MODIFIER_SET, new_id())) is None
    assert await read(world, made["id"], caller=world.stranger()) is None
    document = "query($id: ID!) { modifierSet(id: $id) { id } }"
    for id in ("nonsense", made["groups"][0]["id"]):
        answer = await world.graphql(document, id=id)
        assert (answer.payload, answer.top_codes) == (None, ["INVALID_ID"])


async def test_key_4_metadata_is_for_those_who_may_read_products(world: World) -> None:
    made = await make(world, metadata={"secret": "recipe"})
    document = "query($id: ID!) { modifierSet(id: $id) { name metadata } }"
    answer = await world.graphql(document, caller=world.browser, id=made["id"])
    assert answer.payload == {"name": "Coffee", "metadata": None}
    assert answer.top_codes == ["FORBIDDEN"]
    scopes = {"commerce.products.read", "commerce.catalog.read", "commerce.bundles.read"}
    blind = world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES - scopes)
    for scope in scopes:
        reader = world.caller(ActorKind.SECRET_KEY, frozenset({scope}))
        assert (await read(world, made["id"], caller=reader, fields="name")) == {"name": "Coffee"}
    for asked in (document, "{ modifierSets { nodes { id } } }"):
        variables = {"id": made["id"]} if asked is document else {}
        answer = await world.graphql(asked, caller=blind, **variables)
        assert (answer.payload, answer.top_codes) == (None, ["FORBIDDEN"])


async def test_lists_filter_and_sort(world: World) -> None:
    for name in ("banana", "Apple", "cherry 100%"):
        await make(world, name=name)
    cherry = await world.graphql(LIST, filter={"query": "100%"})
    await done(world, "retireModifierSet", id=cherry.payload["nodes"][0]["id"])
    by_name = {"field": "NAME", "direction": "ASC"}
    assert await names(world) == ["cherry 100%", "Apple", "banana"]
    assert await names(world, sort=by_name) == ["Apple", "banana", "cherry 100%"]
    assert await names(world, filter={"query": "APPL"}) == ["Apple"]
    assert await names(world, filter={"query": "%"}) == ["cherry 100%"]
    assert await names(world, filter={"status": "RETIRED"}) == ["cherry 100%"]
    assert await names(world, filter={"status": "ACTIVE"}, sort=by_name) == ["Apple", "banana"]
    too_long = await world.graphql(LIST, filter={"query": "x" * 201})
    assert too_long.top_codes == ["STRING_TOO_LONG"]


@pytest.mark.parametrize("field", ["NAME", "CREATED_AT"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pag_3_pages_follow_one_another(world: World, field: str, direction: str) -> None:
    for name in ("b", "A", "B", "a", "c"):
        await make(world, name=name)
    sort = {"field": field, "direction": direction}
    whole = await names(world, sort=sort)
    walked: list[str] = []
    after = None
    while True:
        page = await world.graphql(LIST, sort=sort, first=2, after=after)
        assert page.payload["totalCount"] == 5
        walked += [node["name"] for node in page.payload["nodes"]]
        if not page.payload["pageInfo"]["hasNextPage"]:
            break
        after = page.payload["pageInfo"]["endCursor"]
    assert walked == whole
    assert sorted(whole) == ["A", "B", "a", "b", "c"]


@pytest.mark.parametrize("number", [1, 7])
async def test_a_page_costs_the_same_statements_whatever_its_size(
    world: World, number: int
) -> None:
    for _ in range(number):
        await make(world)
    document = "{ modifierSets(first: 50) { nodes { id groups { modifiers { id } } } } }"
    with counted() as statements:
        answer = await world.graphql(document)
    assert len(answer.payload["nodes"]) == number
    assert len(answer.payload["nodes"][0]["groups"][0]["modifiers"]) == 2
    assert len(statements) == 2
    with counted() as statements:
        await world.graphql("{ modifierSets(first: 50) { nodes { id name } } }")
    assert len(statements) == 1


async def test_a_whole_set_is_one_statement_and_making_one_too(world: World) -> None:
    with counted() as statements:
        made = await make(world)
    assert len(statements) == 1
    with counted() as statements:
        await read(world, made["id"])
    assert len(statements) == 1
    with counted() as statements:
        await done(
            world,
            "replaceModifierGroups",
            id=made["id"],
            expectedVersion=1,
            groups=[choices("New", *[choice("A")] * 20)] * 10 + as_input(made),
        )
    assert [text.split()[0] for text in statements.texts] == [
        "BEGIN",
        "SELECT",
        "SELECT",
        "WITH",
        "COMMIT",
    ]
