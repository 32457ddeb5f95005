"""What resolvers may know of the selection below their fields."""

import pytest
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode, parse

from ordergraph.graph.execution.outlook import Outlook
from tests.graph.execution.small import Small


def outlook(text: str) -> Outlook:
    """Look from the first root field of a document."""
    definitions = parse(text).definitions
    operation = next(each for each in definitions if isinstance(each, OperationDefinitionNode))
    fragments = {
        each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)
    }
    nodes = [each for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    return Outlook(nodes[:1], fragments)


def test_fields_are_found_by_their_path() -> None:
    seen = outlook("{ products { nodes { id variants { sku } } pageInfo { endCursor } } }")
    assert seen.has(("nodes",))
    assert seen.has(("nodes", "variants", "sku"))
    assert seen.has(("pageInfo", "endCursor"))
    assert not seen.has(("edges",))
    assert not seen.has(("nodes", "sku"))
    assert not seen.has(("nodes", "variants", "id"))


def test_the_name_in_the_schema_counts_and_not_the_alias() -> None:
    seen = outlook("{ products { variants: nodes { id } } }")
    assert seen.has(("nodes", "id"))
    assert not seen.has(("variants",))


def test_what_conditions_may_leave_out_counts_as_selected() -> None:
    seen = outlook(
        "{ node { ... on Product { name @skip(if: true) } ... @include(if: $a) { id } } }"
    )
    assert seen.has(("name",))
    assert seen.has(("id",))


def test_all_nodes_of_a_field_are_looked_through() -> None:
    seen = outlook(
        "{ a { b { c } ...F b { d } } } fragment F on A { b { e ...G } } fragment G on B { f }"
    )
    assert all(seen.has(("b", name)) for name in "cdef")


def test_many_fragments_are_looked_through_once_each() -> None:
    fragments = " ".join(
        f"fragment F{n} on A {{ ...F{n + 1} ...F{n + 1} x{n} }}" for n in range(60)
    )
    seen = outlook(f"{{ a {{ ...F0 }} }} {fragments} fragment F60 on A {{ x60 }}")
    assert seen.has(("x60",))
    assert not seen.has(("y",))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{ ahead { text number } }", "with a number"),
        (
            "{ ahead { text ...F } } fragment F on Leaf { a: number @skip(if: true) }",
            "with a number",
        ),
        ("{ ahead { text } leaves { number } }", "without"),
    ],
)
async def test_both_executors_look_ahead_alike(text: str, found: str) -> None:
    answer = await Small().ask(text)
    assert answer["data"]["ahead"][0]["text"] == found
