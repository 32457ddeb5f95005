"""Variables that are taken as they came are those that graphql-core would have made of them."""

from typing import Any

import pytest

from ordergraph.graph.execution.documents import InvalidDocument
from ordergraph.graph.execution.variables import Variables
from tests.graph.execution.small import SCHEMA, Small

PLAIN = """query ($n: Int!, $no: Boolean) {
    leaf(number: $n) { text }
    either(other: $no) { __typename }
}"""
ODD = """query ($count: Int = 2, $no: Boolean! = true) {
    leaves(count: $count) { text @skip(if: $no) }
}"""


def coerced(text: str, variables: dict[str, Any]) -> Any:
    """Return what both executors make of variables, which must be the same."""
    small = Small()
    operation = small.documents.prepare(text).operations[0]
    found: list[Any] = []
    for execution in (small.reference, small.compiled):
        try:
            values = execution.coerce(operation, variables)
        except InvalidDocument as refused:
            found.append([error.message for error in refused.errors])
        else:
            sources = {
                name: (each.signature.name, each.value) for name, each in values.sources.items()
            }
            found.append((values.coerced, sources))
    assert found[0] == found[1]
    return found[1]


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        (PLAIN, {"n": 7, "no": True}, {"n": 7, "no": True}),
        (PLAIN, {"n": 7, "other": []}, {"n": 7}),
        (PLAIN, {"n": 7, "no": None}, {"n": 7, "no": None}),
        (ODD, {}, {"count": 2, "no": True}),
        (ODD, {"count": None, "no": False}, {"count": None, "no": False}),
        (ODD, {"count": 3}, {"count": 3, "no": True}),
        ("{ leaf { text } }", {"n": 1}, {}),
    ],
)
def test_variables_are_as_graphql_core_makes_them(
    text: str, variables: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert coerced(text, variables)[0] == expected


@pytest.mark.parametrize(
    "variables", [{}, {"n": None}, {"n": "7"}, {"n": True}, {"n": 2**31}, {"n": 1, "no": 1}]
)
def test_what_does_not_fit_is_refused_by_graphql_core(variables: dict[str, Any]) -> None:
    assert isinstance(coerced(PLAIN, variables), list)


@pytest.mark.parametrize(
    ("text", "variables", "is_taken"),
    [
        (PLAIN, {"n": 7}, True),
        (PLAIN, {"n": 7, "no": None}, True),
        (PLAIN, {"n": None}, False),
        (PLAIN, {"n": 7.0}, False),
        (ODD, {"count": 3, "no": False}, True),
        (ODD, {"count": 3}, False),
        ("{ leaf { text } }", {}, True),
    ],
)
def test_only_plain_values_are_taken(text: str, variables: dict[str, Any], is_taken: bool) -> None:
    operation = Small().documents.prepare(text).operations[0]
    assert (Variables(SCHEMA._schema).taken(operation, variables) is not None) == is_taken
