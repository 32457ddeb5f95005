"""`ordergraph catalog reindex`: searches find again what has no documents, or old ones."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ordergraph.cli.main import app
from ordergraph.core.ids import Prefix, decode
from ordergraph.runtime.db.driver import connect
from tests.databases import Databases

ABSENT = "env_00000000000000000000000000"


@pytest.fixture
async def database(databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    async with databases.fresh() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


async def asked(url: str, sql: str, *values: Any) -> Any:
    connection = await connect(url, "tests")
    try:
        return await connection.fetchval(sql, *values)
    finally:
        await connection.close()


async def test_all_documents_of_one_environment_are_written_anew(database: str) -> None:
    made = await asyncio.to_thread(run, "merchant", "create", "--name", "Coffee")
    environment = json.loads(made.stdout)["environments"][0]["id"]
    id = decode(Prefix.ENVIRONMENT, environment)
    await asked(
        database,
        """INSERT INTO bundles (environment_id, id, name, name_key, slug, status, images,
        unit_price_minor, currency, taxable, tax_category, metadata, public_metadata, version,
        created_at, updated_at) VALUES ($1, $1, 'Tea box', 'tea box', 'tea-box', 'ACTIVE', '[]',
        1, 'USD', true, 'GENERAL', '{}', '{}', 1, '2026-11-21', '2026-11-21')""",
        id,
    )
    told = await asyncio.to_thread(run, "catalog", "reindex", "--environment", environment)
    assert (told.exit_code, told.stderr) == (0, "")
    assert json.loads(told.stdout) == {"environmentId": environment, "written": 1}
    count = "SELECT count(*) FROM search_documents WHERE environment_id = $1 AND id = $1"
    assert await asked(database, count, id) == 1


def test_an_environment_that_does_not_exist_is_refused(database: str) -> None:
    told = run("catalog", "reindex", "--environment", ABSENT)
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.count("\n") == 1
