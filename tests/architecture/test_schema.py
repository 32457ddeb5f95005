"""The schema keeps the rules of its shape; each check is shown to bite on a broken sample."""

from collections.abc import Callable, Iterator

import pytest

from ordergraph.core.meanings import MEANINGS
from ordergraph.core.problems import ErrorCode
from ordergraph.graph.schema import build_schema
from tests.architecture import sdl
from tests.architecture.sdl import Sdl

Check = Callable[[Sdl], Iterator[str]]

SERVED = Sdl(str(build_schema()))
POLICY = '@requiresScopes(scopes: ["x"])'
CONNECTION = (
    "type XConnection { edges: [XEdge!]! nodes: [X!]! pageInfo: PageInfo! totalCount: Int! "
    "totalCountIsExact: Boolean! } type XEdge { cursor: String! node: X! } "
)

BITES: list[tuple[Check, str]] = [
    (sdl.root_fields_without_a_policy, "type Query { open: Int }"),
    (sdl.root_fields_without_a_policy, f"type Mutation {{ a: Int {POLICY} b: Int }}"),
    (sdl.root_fields_without_a_policy, "type Subscription { a: Int @deprecated }"),
    (sdl.scoped_fields_that_are_never_null, f"type Order {{ note: String! {POLICY} }}"),
    (sdl.scoped_fields_that_are_never_null, f"type Query {{ orders: [Int!]! {POLICY} }}"),
    (sdl.root_fields_that_null_everything, f"type Query {{ node: Int! {POLICY} }}"),
    (sdl.things_without_a_description, "type Order"),
    (sdl.things_without_a_description, '"Order" type Order'),
    (sdl.things_without_a_description, '"" scalar Long'),
    (sdl.things_without_a_description, '"An order." type Order { id: ID! }'),
    (sdl.things_without_a_description, '"It." input A { "One." a: Int b: Int }'),
    (sdl.things_without_a_description, '"It." enum A { ONE }'),
    (sdl.things_without_a_description, '"It." type A { "One." a(b: Int): Int }'),
    (sdl.things_without_a_description, '"It." directive @a(b: Int) on FIELD'),
    (sdl.things_without_a_description, 'directive @a("One." b: Int) on FIELD'),
    (sdl.things_without_a_description, '"It." interface A { a: Int }'),
    (sdl.names_that_break_the_grammar, "type order { id: ID }"),
    (sdl.names_that_break_the_grammar, "type Order { line_items: ID }"),
    (sdl.names_that_break_the_grammar, "type Order { items(First: Int): ID }"),
    (sdl.names_that_break_the_grammar, "input OrderInput { Id: ID }"),
    (sdl.names_that_break_the_grammar, "enum Status { Open }"),
    (
        sdl.mutations_of_another_shape,
        "type Mutation { orderCreate(input: OrderCreateInput!): OrderCreatePayload }",
    ),
    (sdl.mutations_of_another_shape, "type Mutation { pay(input: PayInput): PayPayload }"),
    (sdl.mutations_of_another_shape, "type Mutation { pay(id: ID!): PayPayload }"),
    (sdl.mutations_of_another_shape, "type Mutation { pay(input: PayInput!): Order }"),
    (sdl.mutations_of_another_shape, "type Mutation { pay(input: PayInput!): PayPayload! }"),
    (sdl.payloads_of_another_shape, "type PayPayload { order: Order }"),
    (sdl.payloads_of_another_shape, "type PayPayload { userErrors: [UserError!]! }"),
    (
        sdl.payloads_of_another_shape,
        "type PayPayload { order: Order! userErrors: [UserError!]! }",
    ),
    (sdl.payloads_of_another_shape, "type PayPayload { order: Order userErrors: [UserError!] }"),
    (sdl.numbers_that_could_be_money, "type Order { total: Float }"),
    (sdl.numbers_that_could_be_money, "type Order { total: Int! }"),
    (sdl.numbers_that_could_be_money, "type Order { totals: [Long!] }"),
    (sdl.numbers_that_could_be_money, "input PayInput { amount: Int }"),
    (sdl.numbers_that_could_be_money, "type Order { due(below: Float): Boolean }"),
    (sdl.connections_of_another_shape, "type XConnection { edges: [XEdge!]! }"),
    (sdl.connections_of_another_shape, CONNECTION.replace("totalCount: Int! ", "")),
    (sdl.connections_of_another_shape, CONNECTION.replace("node: X!", "node: X")),
    (sdl.connections_of_another_shape, CONNECTION + "type Query { xs(first: Int): XConnection }"),
    (sdl.connections_of_another_shape, "type Query { xs(first: Int, after: String): [X!] }"),
    (sdl.lists_with_holes, "type Order { lines: [LineItem]! }"),
    (sdl.lists_with_holes, "input PayInput { sources: [Source] }"),
]

ALL = sorted({check for check, _ in BITES}, key=lambda check: check.__name__)


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_the_schema_keeps_each_rule_of_its_shape(check: Check) -> None:
    assert list(check(SERVED)) == []


@pytest.mark.parametrize(("check", "text"), BITES)
def test_a_broken_sample_is_caught(check: Check, text: str) -> None:
    assert list(check(Sdl(text)))


def test_a_sound_connection_is_left_alone() -> None:
    sound = Sdl(CONNECTION + "type Query { xs(first: Int, after: String): XConnection }")
    assert list(sdl.connections_of_another_shape(sound)) == []


def test_all_of_the_schema_was_walked() -> None:
    assert len(list(SERVED.described())) > 700
    assert [name for name, _ in SERVED.fields("Mutation")].count("Mutation") > 20


def test_err_4_every_code_has_a_meaning_of_its_own_and_the_schema_shows_it() -> None:
    assert set(MEANINGS) == set(ErrorCode)
    assert len(set(MEANINGS.values())) == len(MEANINGS)
    shown = {
        value.name.value: value.description.value for value in SERVED.types["ErrorCode"].values
    }
    assert shown == {code.value: meaning for code, meaning in MEANINGS.items()}
