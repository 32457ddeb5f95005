"""`ordergraph operations`: files as clients' tools write them, and what is wrong with them."""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ordergraph.cli.main import app
from tests.databases import Databases

SHOP = "query Shop {\n  shop { name }\n}\n"
TWO = "query A { ...S } query B { ...S } fragment S on Query { shop { currency } }"
BAD = "query Bad {\n  shop { nam }\n  shopp\n}"
ABSENT = "env_00000000000000000000000000"
Run = Callable[..., Result]


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
async def database(databases: Databases) -> Any:
    """One migrated database for all tests: each has an environment of its own."""
    async with databases.fresh() as url:
        yield url


@pytest.fixture
def run(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.graphql").write_text(SHOP)
    made = CliRunner().invoke(app, ["merchant", "create", "--name", "Coffee"])
    environment = json.loads(made.stdout)["environments"][0]["id"]

    def invoke(*words: str, stdin: str | None = None) -> Result:
        named = words if "--environment" in words else (*words, "--environment", environment)
        return CliRunner().invoke(app, ["operations", *named], input=stdin)

    return invoke


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def refusal(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("ordergraph: ").strip()


def added(result: Result) -> list[tuple[str, list[str], bool]]:
    return [(each["hash"], each["names"], each["added"]) for each in told(result)["operations"]]


def listed(run: Run) -> set[str]:
    return {each["hash"] for each in told(run("list"))["operations"]}


def test_a_document_is_registered_exactly_as_its_file_is(run: Run) -> None:
    assert added(run("add", "shop.graphql")) == [(hash_of(SHOP), ["Shop"], True)]
    (one,) = told(run("list"))["operations"]
    assert (one["hash"], one["names"]) == (hash_of(SHOP), ["Shop"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.+\+00:00", one["registeredAt"])


def test_adding_again_changes_nothing(run: Run) -> None:
    told(run("add", "shop.graphql"))
    assert added(run("add", "shop.graphql", "-", stdin=TWO)) == [
        (hash_of(SHOP), ["Shop"], False),
        (hash_of(TWO), ["A", "B"], True),
    ]
    assert listed(run) == {hash_of(SHOP), hash_of(TWO)}


def test_removing_takes_out_what_is_there_and_names_what_is_not(run: Run) -> None:
    told(run("add", "shop.graphql"))
    unknown = hash_of("{ nobody }")
    assert refusal(run("remove", hash_of(SHOP), unknown)) == (
        f"Nothing is registered as {unknown} (hash)."
    )
    assert listed(run) == {hash_of(SHOP)}
    assert told(run("remove", f"sha256:{hash_of(SHOP)}")) == {"removed": [hash_of(SHOP)]}
    assert listed(run) == set()


def apollo(*operations: dict[str, str]) -> str:
    return json.dumps(
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    )


def test_apollos_manifest_is_read(run: Run) -> None:
    manifest = apollo(
        {"id": hash_of(SHOP), "name": "Shop", "type": "query", "body": SHOP},
        {"id": hash_of(TWO), "name": "A", "type": "query", "body": TWO},
    )
    assert added(run("add", "-", stdin=manifest)) == [
        (hash_of(SHOP), ["Shop"], True),
        (hash_of(TWO), ["A", "B"], True),
    ]


def test_the_map_of_relay_and_codegen_is_read(run: Run, tmp_path: Path) -> None:
    manifest = {hash_of(SHOP): SHOP, f"sha256:{hash_of(TWO)}": TWO}
    (tmp_path / "persisted.json").write_text(json.dumps(manifest))
    assert [hash for hash, _, _ in added(run("add", "persisted.json"))] == [
        hash_of(SHOP),
        hash_of(TWO),
    ]


WRONG = [
    ("a.graphql", BAD, "a.graphql:2:10: Cannot query field 'nam' on type 'Shop'."),
    ("a.graphql", BAD, "a.graphql:3:3: Cannot query field 'shopp' on type 'Query'."),
    ("a.graphql", "query {", "a.graphql:1:8: Syntax Error: Expected Name, found <EOF>."),
    ("a.graphql", "  \n", "a.graphql: The file is empty."),
    ("a.graphql", "\udcff", "a.graphql: The file is not in UTF-8."),
    ("a.graphql", '{ node(id: "\\u0000") { id } }', "a.graphql: Texts may not contain NUL."),
    ("a.graphql", "{ shop" + "{ __typename " * 20 + "}" * 21, "a.graphql: The document is nes"),
    ("a.json", "{ shop { name } }", "a.json: The file is not JSON: Expecting property name"),
    ("a.json", "[]", "a.json: The file has no operations."),
    ("a.json", "{}", "a.json: The file has no operations."),
    ("a.json", '{"format": "other"}', "a.json: The file is no apollo-persisted-query-manifest"),
    ("a.json", '{"format": "apollo-persisted-query-manifest"}', "a.json: The file is no "),
    ("a.json", '{"ab": 5}', "a.json, ab: The document is not text."),
    ("a.json", json.dumps({"ab": SHOP}), "a.json, ab: The id is not the SHA-256 of the docu"),
    ("a.json", json.dumps({hash_of(BAD): BAD}), f"a.json, {hash_of(BAD)}:3:3: Cannot query"),
    (
        "a.json",
        apollo({"id": "x", "name": "Shop", "body": SHOP}),
        "a.json, operation 1 (Shop): The id is not the SHA-256 of the document.",
    ),
    (
        "a.json",
        apollo({"id": hash_of(BAD), "name": "Bad", "body": BAD}),
        "a.json, operation 1 (Bad):2:10: Cannot query field 'nam'",
    ),
]


def test_what_is_wrong_with_a_file_is_said_with_its_place(run: Run, tmp_path: Path) -> None:
    for name, text, said in WRONG:
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        assert said in refusal(run("add", "shop.graphql", name)), text
    assert listed(run) == set()


def test_a_file_that_is_not_there_and_an_unknown_environment_are_said(run: Run) -> None:
    assert refusal(run("add", "gone.graphql")) == (
        "gone.graphql: The file cannot be read: No such file or directory."
    )
    for words in (("add", "shop.graphql"), ("list",), ("remove", hash_of(SHOP))):
        assert refusal(run(*words, "--environment", ABSENT)) == (
            "No environment with this id was found (environment)."
        )
    assert refusal(run("remove", "ab")) == (
        "A hash is the 64 hexadecimal digits of a SHA-256 (hash)."
    )
