"""`ordergraph audit`: what does not hold is named, and the exit code tells."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ordergraph.cli.main import app
from ordergraph.cli.refusing import refusing
from ordergraph.core.ids import Prefix, decode, encode
from ordergraph.runtime.db.driver import connect
from tests.databases import Databases

COUPON = """INSERT INTO coupons (environment_id, id, name, name_key, code, percent, uses_count,
    limit_variant_ids, limit_product_ids, limit_bundle_ids, limit_category_ids, first_order_only,
    stackable, status, metadata, version, created_at, updated_at)
    VALUES ($1, $1, 'Spring', 'spring', 'SPRING', 10, 2, '{}', '{}', '{}', '{}', false, false,
    'ACTIVE', '{}', 1, '2026-11-21', '2026-11-21')"""


@pytest.fixture
async def database(databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    async with databases.fresh() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def test_what_holds_is_said_and_what_does_not_is_named(database: str) -> None:
    made = await run("merchant", "create", "--name", "Coffee")
    sandbox, live = (each["id"] for each in json.loads(made.stdout)["environments"])
    told = await run("audit")
    assert (told.exit_code, told.stderr.strip()) == (0, "")
    assert told.stdout.startswith("All ")
    assert told.stdout.endswith(" checks hold.\n")
    id = decode(Prefix.ENVIRONMENT, sandbox)
    connection = await connect(database, "tests")
    await connection.execute(COUPON, id)
    await connection.close()
    told = await run("audit")
    coupon = encode(Prefix.COUPON, id)
    assert told.exit_code == 1
    assert f"  {coupon} in {sandbox}: found 2, due 0\n" in told.stdout
    assert told.stdout.startswith("coupon.uses (invariant 7): 1 violations\n")
    told = await run("audit", "--json")
    assert told.exit_code == 1
    (finding,) = json.loads(told.stdout)["findings"]
    assert (finding["check"], finding["invariant"], finding["count"]) == ("coupon.uses", 7, 1)
    assert finding["violations"] == [
        {"environmentId": sandbox, "id": coupon, "found": "2", "due": "0"}
    ]
    assert (await run("audit", "--deep", "--environment", live)).exit_code == 0
    assert (await run("audit", "--environment", sandbox)).exit_code == 1


async def test_an_environment_that_does_not_exist_is_refused(database: str) -> None:
    told = await run("audit", "--environment", "env_00000000000000000000000000")
    assert told.exit_code == 1
    assert told.stdout == ""
    assert "No environment with this id was found" in told.stderr
    assert (await run("audit", "--environment", "ord_1")).exit_code == 1


def found(lines: int) -> None:
    with refusing():
        sys.stdout.write("found\n" * lines)
        sys.exit(3)


@pytest.mark.parametrize("lines", [1, 10_000])
def test_whoever_stops_reading_hears_no_complaint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lines: int
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        with pytest.raises(SystemExit) as left:
            found(lines)
    assert left.value.code == 1
    assert capsys.readouterr().err == ""


def test_a_broken_connection_is_still_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), refusing():
        raise BrokenPipeError("gone")
    assert capsys.readouterr().err == "ordergraph: The database cannot be used: gone\n"
