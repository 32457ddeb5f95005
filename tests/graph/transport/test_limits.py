"""Hostile documents are refused quickly, and good ones run."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
import structlog
from graphql import get_introspection_query

from ordergraph.core.problems import Problem
from ordergraph.graph.execution.documents import Documents, InvalidDocument
from ordergraph.graph.limits import Limits
from tests.graph.transport.conftest import Client, codes
from tests.graph.transport.toy import LIVE, toy_schema

SCHEMA = toy_schema()._schema
MOST_CALLS = 500_000
"""Functions called for any document: a walk that goes over it once stays well below."""


def doubled(inner: str, times: int = 60) -> str:
    """A short document whose fragments double its size with each line."""
    spread = "{ ...F0 }" + "".join(
        f" fragment F{at} on Query {{ ...F{at + 1} ...F{at + 1} }}" for at in range(times)
    )
    return f"{spread} fragment F{times} on Query {{ {inner} }}"


def nested(times: int) -> str:
    return "{ thing " + "{ owner " * times + "{ id }" + " }" * times + " }"


TOO_COMPLEX = {
    "fragments that double": doubled("thing { owner { id } }"),
    "aliases in fragments that double": doubled("a: hello"),
    "51 aliases": "{" + " ".join(f"a{at}: hello" for at in range(51)) + "}",
    "lists inside lists": "{ things(first:100) { nodes { things(first:100) { nodes { id } } } } }",
    "plain lists inside lists": "{ thing { parts { parts { parts { parts { id } } } } } }",
    "many ids": "{ thingsByIds(ids: [" + '"x" ' * 101 + "]) { parts { parts { id } } } }",
    "cycles through two-way links": "{ things "
    + "{ nodes { things " * 4
    + "{ total }"
    + "} }" * 4
    + "}",
    "10,000 equal fields": "{" + "hello " * 10_000 + "}",
    "4,900 equal fields": "{" + "hello " * 4_900 + "}",
    "1,900 equal fields": "{" + "hello " * 1_900 + "}",
    "1,200 equal objects": "{" + "thing{id} " * 1_200 + "}",
    "equal fields with other arguments": "{"
    + "".join(f"hello(name:{at}) " for at in range(800))
    + "}",
    "200 fragments beside each other": "{"
    + "".join(f"...F{at} " for at in range(200))
    + "}"
    + "".join(f"fragment F{at} on Query{{thing{{id}} thing{{id}}}} " for at in range(200)),
    "2^17 inline fragments": "{" + "...{" * 2**17 + "hello" + "}" * 2**17 + "}",
    "1,000 inline fragments beside each other": "{" + "...{hello}" * 1_000 + "}",
    "a megabyte of tokens": "{" + "a " * 120_000 + "}",
    "a megabyte of one string": '{ hello(name: "' + "x" * 200_000 + '") }',
    "5,000 operations": "".join(f"query A{at}{{hello}} " for at in range(5_000)),
    "51 operations": "".join(f"query A{at}{{hello}} " for at in range(51)),
    "50 introspections": "{" + "__schema{types{name}} " * 50 + "}",
    "3 introspections in fragments": "{...F ...F ...F} fragment F on Query {__schema{types{name}}}",
    "700 directives": "{" + "hello" + " @skip(if:false)" * 700 + "}",
    "an object of 1,200 fields": "{ named(input: {"
    + " ".join(f"k{at}: 1" for at in range(1_200))
    + "}) }",
    "6 mutations": "mutation {" + " ".join(f"m{at}: bump" for at in range(6)) + "}",
    "6 mutations in a fragment": "mutation { ...F ...F } "
    "fragment F on Mutation { a: bump b: bump c: bump }",
    "5,001 comments": "{hello}" + "#\n" * 5_001,
}

TOO_DEEP = {
    "13 levels": nested(11),
    "13 levels in fragments": "{ thing { ...F0 } }"
    + "".join(f" fragment F{at} on Thing {{ owner {{ ...F{at + 1} }} }}" for at in range(11))
    + " fragment F11 on Thing { id }",
    "21 levels of introspection": "{ __schema { types { fields { type "
    + "{ ofType " * 17
    + "{ name }"
    + " }" * 17
    + "} } } }",
    "a chain of 500 fragments": "{ ...F0 }"
    + "".join(f" fragment F{at} on Query{{...F{at + 1}}}" for at in range(500)),
}

INVALID = {
    "fragments in circles": "{ ...F0 } "
    + "".join(
        f" fragment F{at} on Query {{ ...F{(at * 7 + 1) % 40} ...F{(at + 1) % 40} }}"
        for at in range(40)
    ),
    "60 kB of one name": "{" + "u" * 60_000 + "}",
    "1,900 unknown fields": "{" + " ".join(f"u{at}" for at in range(1_900)) + "}",
    "900 unused variables": "query(" + " ".join(f"$v{at}:Int" for at in range(900)) + "){hello}",
    "190 lists in a list": "{ thingsByIds(ids: " + "[" * 190 + "]" * 190 + ") { id } }",
    "an object of 900 unknown fields": "{ named(input: {"
    + " ".join(f"k{at}: 1" for at in range(900))
    + "}) }",
    "1,000 braces": "{" * 1_000,
    "200 kB of an unclosed string": '{ hello(name: "' + "x" * 60_000,
}


def judged(document: str) -> Exception | None:
    """Prepare a document and return its refusal; more than `MOST_CALLS` of work fails."""
    calls, error = 0, None

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > MOST_CALLS:
            raise AssertionError("This document costs too much work.")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        prepared = Documents(SCHEMA, Limits()).prepare(document)
        Documents(SCHEMA, Limits()).cost(prepared.operations[0], {})
    except (Problem, InvalidDocument) as refusal:
        error = refusal
    finally:
        sys.setprofile(before)
    return error


@pytest.mark.parametrize("name", TOO_COMPLEX)
def test_a_document_that_is_too_complex_is_refused_with_little_work(name: str) -> None:
    error = judged(TOO_COMPLEX[name])
    assert isinstance(error, Problem)
    assert (error.code, len(error.message) < 120) == ("QUERY_TOO_COMPLEX", True)


@pytest.mark.parametrize("name", TOO_DEEP)
def test_a_document_that_is_too_deep_is_refused_with_little_work(name: str) -> None:
    error = judged(TOO_DEEP[name])
    assert isinstance(error, Problem)
    assert error.code == "QUERY_TOO_DEEP"


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_document_is_refused_with_little_work(name: str) -> None:
    error = judged(INVALID[name])
    assert isinstance(error, InvalidDocument)
    assert len(error.errors) <= 6


@pytest.mark.parametrize(
    ("document", "code"),
    [
        *(
            (document, "QUERY_TOO_COMPLEX")
            for document in TOO_COMPLEX.values()
            if len(document) < 250_000
        ),
        *((document, "QUERY_TOO_DEEP") for document in TOO_DEEP.values()),
        *((document, "INVALID_FIELD") for document in INVALID.values()),
    ],
    ids=[*(name for name in TOO_COMPLEX if len(TOO_COMPLEX[name]) < 250_000), *TOO_DEEP, *INVALID],
)
async def test_after_a_hostile_document_the_next_good_one_is_answered_at_once(
    client: Client, document: str, code: str
) -> None:
    answer = await client.post({"query": document})
    assert (answer.status_code, set(codes(answer.json()))) == (400, {code})
    assert len(answer.content) < 12_000
    assert await client.query("{ hello }") == {"data": {"hello": "Hello, world!"}}


ALLOWED = {
    "12 levels": nested(10),
    "50 aliases": "{" + " ".join(f"a{at}: hello" for at in range(50)) + "}",
    "5 mutations": "mutation {" + " ".join(f"m{at}: bump" for at in range(5)) + "}",
    "a full page of objects": "{ things(first: 100) { edges { node { id tags { id } } } total } }",
    "the standard introspection": get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    ),
    "two introspections": "{ a: __schema { types { name } } b: __schema { types { name } } }",
    "40 fragments beside each other": "{ thing {"
    + "".join(f"...F{at} " for at in range(40))
    + "} }"
    + "".join(f"fragment F{at} on Thing {{ id name owner {{ id name }} }} " for at in range(40)),
}


@pytest.mark.parametrize("name", ALLOWED)
async def test_a_document_within_the_limits_runs(client: Client, name: str) -> None:
    answer = await client.query(ALLOWED[name])
    assert "errors" not in answer


@pytest.mark.parametrize(
    ("document", "variables", "cost"),
    [
        ("{ hello }", {}, 0),
        ("{ thing { id name } }", {}, 1),
        ("{ thing { owner { id } } }", {}, 2),
        ("{ things { nodes { id } } }", {}, 21),
        ("{ things(first: 5) { nodes { id } edges { cursor node { id } } total } }", {}, 1 + 5 * 3),
        ("query ($n: Int) { things(first: $n) { nodes { id } } }", {"n": 7}, 8),
        ("query ($n: Int = 9) { things(first: $n) { nodes { id } } }", {}, 10),
        ("query ($n: Int = 9) { things(first: $n) { nodes { id } } }", {"n": None}, 21),
        ("query ($n: Int) { things(first: $n) { nodes { id } } }", {"n": 10**9}, 101),
        ("query ($n: Int) { things(first: $n) { nodes { id } } }", {"n": -3}, 1),
        ("query ($n: Int) { things(first: $n) { nodes { id } } }", {"n": "x"}, 101),
        ("{ thing { parts { id } } }", {}, 1 + 10),
        ("{ thing { tags { id } } }", {}, 1 + 2),
        ("query ($i: [ID!]!) { thingsByIds(ids: $i) { id } }", {"i": ["a", "b", "c"]}, 3),
        ("{ things(first: 3) { ...C } } fragment C on ThingConnection { nodes { id } }", {}, 4),
        (
            "{ a: things(first: 3) { ...C } b: things(first: 5) { ...C } } "
            "fragment C on ThingConnection { nodes { ...T } } fragment T on Thing { owner { id } }",
            {},
            1 + 3 * 2 + 1 + 5 * 2,
        ),
        ("{ __schema { types { fields { name } } } }", {}, 0),
        ("subscription { count { owner { id } } }", {}, 2),
    ],
)
def test_a_document_costs_what_its_objects_pages_and_lists_add_up_to(
    document: str, variables: dict[str, object], cost: int
) -> None:
    documents = Documents(SCHEMA, Limits())
    operation = documents.prepare(document).operations[0]
    assert [documents.cost(operation, variables) for _ in range(2)] == [cost, cost]


async def test_a_page_size_in_a_variable_is_judged_with_each_request(client: Client) -> None:
    document = (
        "query ($n: Int) { things(first: $n) { nodes { things(first: $n) { nodes { id } } } } }"
    )
    small, large = await client.query(document, n=10), await client.query(document, n=100)
    assert ("errors" in small, codes(large)) == (False, ["QUERY_TOO_COMPLEX"])


@pytest.mark.parametrize(
    ("change", "document"),
    [
        (lambda: Limits(tokens=4), '{ hello(name: "x") }'),
        (lambda: Limits(document_bytes=5), "{ hello }"),
        (lambda: Limits(operations=1), "query A { hello } query B { hello }"),
        (lambda: Limits(arguments=0), '{ hello(name: "x") }'),
        (lambda: Limits(directives=0), "{ hello @skip(if: true) }"),
        (lambda: Limits(depth=1), "{ thing { id } }"),
        (lambda: Limits(introspection_depth=1), "{ __schema { types { name } } }"),
        (lambda: Limits(introspections=0), "{ __schema { types { name } } }"),
        (lambda: Limits(aliases=0), "{ a: hello }"),
        (lambda: Limits(root_mutations=0), "mutation { bump }"),
        (lambda: Limits(cost=0), "{ thing { id } }"),
        (lambda: Limits(selections=1), "{ thing { id } }"),
        (lambda: Limits(page_size=10_000), "{ things { nodes { id } } }"),
        (lambda: Limits(list_size=10_000), "{ thing { parts { id } } }"),
    ],
)
def test_every_limit_is_a_setting(change: Callable[[], Limits], document: str) -> None:
    assert Documents(SCHEMA, Limits()).prepare(document)
    with pytest.raises(Problem) as refusal:
        Documents(SCHEMA, change()).prepare(document)
    assert refusal.value.code in ("QUERY_TOO_COMPLEX", "QUERY_TOO_DEEP")


def test_a_prepared_document_is_kept_and_the_least_used_goes_first() -> None:
    documents = Documents(SCHEMA, Limits(cached_characters=30))
    first, second = documents.prepare("{ hello }"), documents.prepare("{ a: hello }")
    assert documents.prepare("{ hello }") is first
    documents.prepare("{ thing { id } }")
    assert documents.prepare("{ hello }") is first
    assert documents.prepare("{ a: hello }") is not second


async def test_a_refused_document_is_logged_short(client: Client) -> None:
    with structlog.testing.capture_logs() as logs:
        await client.query("{" + "u" * 60_000 + "}")
    (entry,) = [entry for entry in logs if entry["event"] == "document refused"]
    assert (entry["characters"], len(entry["document"]) < 400) == (60_002, True)
    assert len(str(entry)) < 1_000


@pytest.mark.parametrize(
    ("document", "variables", "reason"),
    [
        (
            "query ($i: ThingInput!) { named(input: $i) }",
            {"i": {"secret": "tok_1234"}},
            "Variable '$i' has invalid value",
        ),
        (
            "query ($v: Long!) { amount(value: $v) }",
            {"v": "tok_1234"},
            "Variable '$v' has invalid value",
        ),
    ],
)
async def test_what_variables_hold_is_not_logged(
    client: Client, document: str, variables: dict[str, object], reason: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        await client.query(document, **variables)
    (entry,) = [entry for entry in logs if entry["event"] == "document refused"]
    assert entry["reason"] == reason
    assert "tok_1234" not in str(logs)


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ " + "x" * 50_000 + " }", {}),
        ('{ amount(value: "' + "x" * 50_000 + '") }', {}),
        ("query ($v: Long!) { amount(value: $v) }", {"v": "x" * 50_000}),
        ("query ($v: Long!) { amount(value: $v) }", {"v": list(range(20_000))}),
        ("query ($i: ThingInput!) { named(input: $i) }", {"i": {"x" * 50_000: 1}}),
        ("query A { hello } query B { hello }", {}),
    ],
)
async def test_errors_do_not_echo_long_input(
    client: Client, document: str, variables: dict[str, object]
) -> None:
    answer = await client.query(document, **variables)
    assert all(len(error["message"]) <= 303 for error in answer["errors"])
    assert len(str(answer)) < 2_500


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ helo }", {}),
        ("{ thing { nam } }", {}),
        ("{ hello(nam: 1) }", {}),
        ("query ($i: ThingInp!) { named(input: $i) }", {}),
        ("query ($i: ThingInput!) { named(input: $i) }", {"i": {"name": "x", "nam": "y"}}),
    ],
)
async def test_live_makes_no_suggestions(
    client: Client, document: str, variables: dict[str, object]
) -> None:
    body = {"query": document, "variables": variables}
    sandbox, live = await client.post(body), await client.post(body, token=LIVE)
    assert ("Did you mean" in sandbox.text, "Did you mean" in live.text) == (True, False)
    assert codes(sandbox.json()) == codes(live.json())


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { name } } }",
        '{ ...F } fragment F on Query { __type(name: "Thing") { name } }',
    ],
)
async def test_who_may_not_ask_for_the_schema_is_told_so(client: Client, document: str) -> None:
    answer = await client.post({"query": document}, token=LIVE)
    assert codes(answer.json()) == ["FORBIDDEN"]
    assert "errors" not in (await client.post({"query": document})).json()
