"""The command line, as scripts use it: JSON on stdout, one sentence on stderr."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ordergraph.cli.main import app
from ordergraph.commerce.access.authenticating import Authentication
from ordergraph.commerce.access.problems import KeyRefusal, Unauthenticated
from ordergraph.commerce.access.reads import ApiKey
from ordergraph.core.scopes import BUYER_SCOPES, MERCHANT_SCOPES
from ordergraph.graph.schema import build_schema
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.database import Database
from tests.databases import Databases

Run = Callable[..., Result]


@pytest.fixture
async def empty_database(databases: Databases) -> AsyncIterator[str]:
    """The URL of a database without a table: commands migrate it themselves."""
    async with databases.empty() as url:
        yield url


@pytest.fixture
def run(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", empty_database)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, words)

    return invoke


def on(url: str, work: Callable[[Authentication], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        database = Database(url, SystemClock(), pool_size=2)
        door = Authentication(database)
        try:
            return await work(door)
        finally:
            await door.close()
            await database.close()

    return asyncio.run(connected())


def key_of(url: str, token: str) -> ApiKey:
    return on(url, lambda door: door.authenticate(token))


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def refusal(result: Result) -> str:
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("ordergraph: ")
    return result.stderr.removeprefix("ordergraph: ").strip()


def test_a_merchant_is_made_with_keys_that_open_both_environments(
    run: Run, empty_database: str
) -> None:
    made = answer(run("merchant", "create", "--name", "Coffee", "--currency", "EUR"))
    assert re.fullmatch(r"mer_[0-9a-z]{26}", made["merchantId"])
    assert [environment["mode"] for environment in made["environments"]] == ["SANDBOX", "LIVE"]
    for environment in made["environments"]:
        assert set(environment) == {"id", "mode", "secretKey", "publishableKey"}
        secret = key_of(empty_database, environment["secretKey"])
        publishable = key_of(empty_database, environment["publishableKey"])
        assert (secret.scopes, publishable.scopes) == (MERCHANT_SCOPES, BUYER_SCOPES)
        assert secret.livemode is publishable.livemode is (environment["mode"] == "LIVE")


def test_all_that_is_wrong_with_a_merchant_is_one_line(run: Run) -> None:
    assert refusal(run("merchant", "create", "--name", " ", "--currency", "EURO")) == (
        "name must not be empty (name). "
        "This is not a known currency: expected an ISO 4217 code such as USD (currency)."
    )


def test_a_key_is_issued_with_the_scopes_asked_for_and_can_be_revoked(
    run: Run, empty_database: str
) -> None:
    made = answer(run("merchant", "create", "--name", "Coffee"))
    environment = made["environments"][0]["id"]
    issued = answer(
        run(
            "key",
            "create",
            "--environment",
            environment,
            "--scopes",
            "customers.read, settings.read",
        )
    )
    assert issued["scopes"] == ["customers.read", "settings.read"]
    assert re.fullmatch(r"key_[0-9a-z]{26}", issued["id"])
    assert key_of(empty_database, issued["token"]).scopes == set(issued["scopes"])

    revoked = answer(run("key", "revoke", issued["id"], "--environment", environment))
    assert revoked["id"] == issued["id"]
    with pytest.raises(Unauthenticated) as refused:
        key_of(empty_database, issued["token"])
    assert refused.value.reason is KeyRefusal.API_KEY_REVOKED


def test_a_key_has_all_scopes_of_its_kind_unless_told_otherwise(run: Run) -> None:
    made = answer(run("merchant", "create", "--name", "Coffee"))
    environment = made["environments"][1]["id"]
    secret = answer(run("key", "create", "--environment", environment))
    publishable = answer(
        run("key", "create", "--environment", environment, "--kind", "publishable")
    )
    assert secret["scopes"] == sorted(MERCHANT_SCOPES)
    assert publishable["scopes"] == sorted(BUYER_SCOPES)
    assert secret["token"].startswith("og_live_sk_")
    assert publishable["token"].startswith("og_live_pk_")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["create", "--environment", "env_01m7y70dmden6a509ywk8cyzg5"],
            "No environment with this id was found (environment).",
        ),
        (
            ["create", "--environment", "mer_01m7y70dmden6a509ywk8cyzg5"],
            "This is the id of another kind: expected one that begins with env_ (environment).",
        ),
        (
            ["create", "--environment", "env_01m7y70dmden6a509ywk8cyzg5", "--kind", "public"],
            "A key is secret or publishable (kind).",
        ),
        (
            ["revoke", "key_1", "--environment", "env_01m7y70dmden6a509ywk8cyzg5"],
            "This is not an id: expected a prefix and 26 characters (id).",
        ),
    ],
)
def test_a_key_that_cannot_be_is_refused_in_one_line(
    run: Run, words: list[str], sentence: str
) -> None:
    assert refusal(run("key", *words)) == sentence


def test_an_unreachable_database_is_said_so_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://shop:hush@127.0.0.1:1/shop")
    said = refusal(run("merchant", "create", "--name", "Coffee"))
    assert said.startswith("The database cannot be used: ")
    assert "hush" not in said


def test_the_schema_is_printed_as_it_is_served(run: Run) -> None:
    assert run("schema", "export").stdout == f"{build_schema()}\n"


def test_the_migrations_are_compared_with_the_tables(run: Run) -> None:
    assert run("db", "upgrade").stdout == "The database has been upgraded.\n"
    assert run("db", "upgrade").stdout == "The database is up to date.\n"
    checked = run("db", "check")
    assert checked.exit_code == 0, checked.stderr


def test_help_comes_without_loading_the_server() -> None:
    loaded = (
        "import sys; from ordergraph.cli.main import main; "
        "print([name for name in ('sqlalchemy', 'strawberry', 'uvicorn') if name in sys.modules])"
    )

    said = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"
