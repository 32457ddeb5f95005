"""Migrations: once, by one process, and exactly to the tables that the code declares."""

import asyncio
import shutil
from pathlib import Path

import pytest

from ordergraph.runtime.db import migrating
from ordergraph.runtime.db.driver import connect
from ordergraph.runtime.db.migrating import DatabaseUnsuitable, differences, upgrade, write_revision
from tests.databases import Databases


async def _version(url: str) -> str:
    connection = await connect(url, "test")
    try:
        return await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()


async def test_an_empty_database_is_brought_to_the_newest_revision_once(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with databases.empty() as url:
        assert await upgrade(url) is True
        assert await _version(url) == migrating.revisions()[-1]
        # Without work it is one look at the version: alembic is not even asked.
        monkeypatch.setattr(migrating, "_work", None)
        assert await upgrade(url) is False


async def test_processes_that_migrate_at_once_wait_for_one_another(databases: Databases) -> None:
    async with databases.empty() as url:
        await asyncio.gather(*(upgrade(url) for _ in range(4)))
        assert await _version(url) == migrating.revisions()[-1]


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(
    databases: Databases,
) -> None:
    async with databases.empty() as url:
        await upgrade(url)
        connection = await connect(url, "test")
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        await connection.close()
        with pytest.raises(DatabaseUnsuitable, match="revision 9999, which this program does not"):
            await upgrade(url)
        assert await _version(url) == "9999"


async def test_a_server_that_is_too_old_is_refused(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "OLDEST_SERVER", 99)
    async with databases.empty() as url:
        with pytest.raises(DatabaseUnsuitable, match="Postgres 99 or newer is needed"):
            await upgrade(url)


async def test_the_migrations_make_the_tables_that_the_code_declares(database_url: str) -> None:
    assert await differences(database_url) == ""


async def test_a_revision_is_written_from_what_the_code_declares(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.migrations_folder(), folder)
    for file in folder.glob("versions/*.py"):
        if not file.name.startswith("0001"):
            file.unlink()
    monkeypatch.setattr(migrating, "migrations_folder", lambda: folder)
    written = await write_revision(database_url, "All tables")
    assert written == folder / "versions" / "0002_all_tables.py"
    text = written.read_text()
    assert 'revision = "0002"\ndown_revision = "0001"' in text.replace("'", '"')
    assert "op.create_table('event_log'" in text
    assert "pgqueuer" not in text
    assert await differences(database_url) == ""
