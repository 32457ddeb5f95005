"""What is built once for a type makes of each value what graphql-core and Strawberry make of it."""

import random
from typing import Any, NewType, Optional

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
)
from graphql.utilities import coerce_input_value
from strawberry.annotation import StrawberryAnnotation
from strawberry.relay import GlobalID
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_argument

from ordergraph.graph.execution.coercing import Coercers, Odd, Unknown
from ordergraph.graph.execution.compiled import CompiledExecution
from ordergraph.graph.execution.converting import Converters, as_it_is
from ordergraph.graph.execution.documents import Documents
from ordergraph.graph.execution.reference import ReferenceExecution
from ordergraph.graph.execution.variables import Variables
from ordergraph.graph.limits import Limits
from tests.graph.schema_walk import GRAPH
from tests.world import SCHEMA

CONVERTER = SCHEMA.schema_converter
INPUTS = sorted(
    name for name, kind in GRAPH.type_map.items() if isinstance(kind, GraphQLInputObjectType)
)
SCALARS: dict[str, list[Any]] = {
    "ID": ["var_1", ""],
    "String": ["text", ""],
    "Int": [0, 3, -(2**31)],
    "Boolean": [True, False],
    "Float": [1.5],
    "Long": [0, 2**40],
    "Quantity": [1, 1.5],
    "CurrencyCode": ["USD"],
    "Decimal": ["8.99"],
    "DateTime": ["2026-11-21T09:30:00Z"],
    "Metadata": [{}, {"a": "b"}],
}
WRONG: list[Any] = [None, "wrong", 7, 2**53, 1.5, True, [], ["wrong"], {}, {"wrong": 1}, [None]]


class Values:
    """Makes values up for a type: right ones, of which so many parts are wrong."""

    def __init__(self, seed: int, wrong: float = 0) -> None:
        self._random = random.Random(seed)
        self._wrong = wrong

    def value(self, kind: Any) -> Any:
        if self._random.random() < self._wrong:
            return self._random.choice(WRONG)
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type)
        return None if self._random.random() < 0.2 else self._present(kind)

    def _present(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLList):
            return [self.value(kind.of_type) for _ in range(self._random.randint(0, 2))]
        if isinstance(kind, GraphQLInputObjectType):
            return self._fields(kind)
        if isinstance(kind, GraphQLEnumType):
            return self._random.choice(list(kind.values))
        return self._random.choice(SCALARS[kind.name])

    def _fields(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        found = {
            name: self.value(field.type)
            for name, field in kind.fields.items()
            if isinstance(field.type, GraphQLNonNull) or self._random.random() < 0.6
        }
        if self._random.random() < self._wrong:
            found.pop(self._random.choice(list(kind.fields)), None)
        return found


def strawberry_makes(value: Any, kind: Any, converter: Any = CONVERTER) -> Any:
    return convert_argument(value, kind, converter.scalar_registry, converter.config)


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_is_made_as_strawberry_makes_it(name: str) -> None:
    graph_type, values = GRAPH.type_map[name], Values(seed=1)
    kind = graph_type.extensions["strawberry-definition"].origin
    convert, coerce = Converters(CONVERTER).find(kind), Coercers().build(graph_type)
    assert convert is not None
    for _ in range(200):
        value = values.value(graph_type)
        core = coerce_input_value(value, graph_type)
        coerced = coerce(value)
        assert repr(coerced) == repr(core), value
        made, expected = convert(coerced), strawberry_makes(core, kind)
        assert made == expected
        assert repr(made) == repr(expected)


@pytest.mark.parametrize("name", INPUTS)
def test_what_is_wrong_is_left_to_graphql_core(name: str) -> None:
    graph_type, values = GRAPH.type_map[name], Values(seed=2, wrong=0.1)
    coerce, refused = Coercers().build(graph_type), 0
    for _ in range(300):
        value = values.value(graph_type)
        core = coerce_input_value(value, graph_type)
        try:
            assert repr(coerce(value)) == repr(core), value
        except Odd:
            refused += core is Undefined
        else:
            assert core is not Undefined
    assert refused


def test_every_argument_of_the_schema_is_known() -> None:
    converters, coercers = Converters(CONVERTER), Coercers()
    for root in (GRAPH.query_type, GRAPH.mutation_type, GRAPH.subscription_type):
        assert root is not None
        for field in root.fields.values():
            for argument in field.extensions["strawberry-definition"].arguments:
                assert converters.find(argument.type) is not None, (field, argument.python_name)
            for definition in field.args.values():
                coercers.build(definition.type)


def test_lists_are_others_for_each_run() -> None:
    kind = StrawberryAnnotation(list[list[str] | None]).resolve()
    convert = Converters(CONVERTER).find(kind)
    assert convert is not None
    given = [["a"], None, []]
    made = convert(given)
    assert made == given
    assert made is not given
    assert made[0] is not given[0]
    assert convert(None) is None
    assert convert(strawberry.UNSET) is strawberry.UNSET


Counted = NewType("Counted", int)
CALLS: list[Any] = []


def _count(value: Any) -> Any:
    CALLS.append(value)
    if not isinstance(value, int):
        raise GraphQLError("no number")
    return value


@strawberry.input
class Inner:
    counted: Counted


@strawberry.input
class Chained:
    name: str
    next: Optional["Chained"] = None


@strawberry.input(one_of=True)
class Either:
    name: strawberry.Maybe[str]
    number: strawberry.Maybe[int]


@strawberry.input
class Odds:
    many: list[Inner]
    more: list[list[int]] | None = strawberry.UNSET
    chained: Chained | None = None
    either: Either | None = None
    perhaps: strawberry.Maybe[int]
    id: GlobalID | None = None


@strawberry.input
class Plain:
    many: list[Inner] | None = None
    more: list[list[int]] = strawberry.field(default_factory=lambda: [[1]])
    left_out: str | None


@strawberry.type
class Query:
    @strawberry.field
    def odd(self, value: Odds) -> str:
        return repr(value)

    @strawberry.field
    def plain(self, value: Plain | None = None, values: list[Plain] | None = None) -> str:
        return repr((value, values))


ODD = "query ($value: Odds!) { odd(value: $value) }"
PLAIN = "query ($value: Plain, $values: [Plain!]) { plain(value: $value, values: $values) }"
GIVEN: list[tuple[str, dict[str, Any]]] = [
    (ODD, {"value": {"many": [{"counted": 1}]}}),
    (ODD, {"value": {"many": {"counted": 1}, "more": 3, "perhaps": 1}}),
    (ODD, {"value": {"many": [], "chained": {"name": "a", "next": {"name": "b"}}}}),
    (ODD, {"value": {"many": [], "either": {"name": "a"}}}),
    (ODD, {"value": {"many": [], "either": {"name": "a", "number": 1}}}),
    (ODD, {"value": {"many": [], "id": "UXVlcnk6MQ=="}}),
    (PLAIN, {}),
    (PLAIN, {"value": None, "values": None}),
    (PLAIN, {"value": {}, "values": [{"leftOut": "b"}]}),
    (PLAIN, {"value": {"leftOut": "a"}, "values": {"leftOut": "b"}}),
    (PLAIN, {"value": {"many": None, "more": [[], [2]], "leftOut": None}, "values": []}),
    (PLAIN, {"value": {"many": [{"counted": "one"}], "leftOut": None}}),
    (PLAIN, {"value": {"many": [{"counted": 1, "other": 2}], "leftOut": None}}),
]


def _graph() -> strawberry.Schema:
    counted = strawberry.scalar(name="Counted", parse_value=_count)
    return strawberry.Schema(Query, config=StrawberryConfig(scalar_map={Counted: counted}))


@pytest.mark.parametrize(("text", "variables"), GIVEN)
async def test_odd_inputs_are_made_as_strawberry_makes_them(
    text: str, variables: dict[str, Any]
) -> None:
    graph = _graph()._schema
    document = Documents(graph, Limits()).prepare(text)
    document.registered = True
    operation = document.choose(None)
    answers: list[Any] = []
    for execution in (ReferenceExecution(graph), CompiledExecution(graph)):
        try:
            coerced = execution.coerce(operation, variables)
        except Exception as refused:
            answers.append(repr(refused))
        else:
            answers.append((await execution.run(operation, coerced, None)).formatted)
    assert answers[0] == answers[1]


def test_what_is_left_out_is_none_or_made_anew() -> None:
    converter = _graph().schema_converter
    convert = Converters(converter).find(Plain)
    assert convert is not None
    assert convert({}) == strawberry_makes({}, Plain, converter) == Plain(left_out=None)
    assert convert({}).more is not convert({}).more


def test_a_scalar_is_parsed_once() -> None:
    graph = _graph()._schema
    operation = Documents(graph, Limits()).prepare(PLAIN).choose(None)
    CALLS.clear()
    value = {"many": [{"counted": 1}, {"counted": 2}], "leftOut": None}
    assert Variables(graph).taken(operation, {"value": value}) is not None
    assert CALLS == [1, 2]


def test_what_only_strawberry_knows_is_left_to_it() -> None:
    schema = _graph()
    converters, coercers = Converters(schema.schema_converter), Coercers()
    for kind in (Chained, Either, Odds, GlobalID):
        assert converters.find(kind) is None
        assert converters.find(kind) is None  # and stays so
    assert converters.find(str) is as_it_is
    for name in ("Chained", "Either", "Odds"):
        for _ in range(2):
            with pytest.raises(Unknown):
                coercers.build(schema._schema.type_map[name])
    assert isinstance(schema._schema.type_map["Counted"], GraphQLScalarType)
