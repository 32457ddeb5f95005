"""Inputs that stand in the document: converted once, and another object for each run."""

import strawberry
from graphql.execution.values import VariableValues

from ordergraph.graph.execution.compiled import CompiledExecution
from ordergraph.graph.execution.documents import Documents
from ordergraph.graph.limits import Limits

GIVEN: list["Wanted"] = []


@strawberry.input
class Range:
    least: int = 0


@strawberry.input
class Wanted:
    names: list[str]
    ranges: list[Range] | None = None
    note: str | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    def found(self, wanted: Wanted) -> int:
        GIVEN.append(wanted)
        wanted.names.append("changed")
        if wanted.ranges:
            wanted.ranges[0].least = 9
        return len(wanted.names)


async def test_a_resolver_that_changes_its_input_changes_no_other_run() -> None:
    graph = strawberry.Schema(Query)._schema
    documents, execution = Documents(graph, Limits()), CompiledExecution(graph)
    text = '{ found(wanted: {names: ["a", "b"], ranges: [{least: 1}]}) }'
    for _ in range(5):
        document = documents.prepare(text)
        document.registered = True
        answer = await execution.run(document.choose(None), VariableValues({}, {}), None)
        assert (answer.data, answer.errors) == ({"found": 3}, None)
    assert len({id(given) for given in GIVEN}) == 5
    assert all(given.note is strawberry.UNSET for given in GIVEN)
    assert GIVEN[-1].ranges is not GIVEN[-2].ranges
