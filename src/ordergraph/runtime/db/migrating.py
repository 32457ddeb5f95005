"""Bringing a database to the tables that this version of the program needs."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

import ordergraph
from ordergraph.runtime.db.driver import connect, engine_url

if TYPE_CHECKING:
    from alembic.config import Config

OLDEST_SERVER = 15
_LOCK = 7_312_846_501
"""The number of the advisory lock that the one migrating process holds."""


class DatabaseUnsuitable(RuntimeError):
    """This program cannot work with the database; the message says why and what to do."""


async def upgrade(url: str) -> bool:
    """Bring the database to the newest revision and say whether there was anything to do.

    Any number of processes may call it at once: one works, the others wait. Without work it is
    one look at the version. Raises `DatabaseUnsuitable` for a server that is too old, and for a
    database that a newer program has migrated.
    """
    if await _is_current(url):
        return False
    await _work(url, _upgrade)
    return True


async def differences(url: str) -> str:
    """Return how the declared tables differ from what the migrations make; empty when they agree.

    Works in a scratch database on the server of `url`, never in the shop's.
    """
    found: list[str] = []
    await _in_scratch_database(url, lambda connection: found.append(_compare(connection)))
    return found[0]


async def write_revision(url: str, message: str) -> Path:
    """Write the migration that leads from the present migrations to the declared tables.

    Works in a scratch database on the server of `url`, never in the shop's.
    """
    written: list[Path] = []
    await _in_scratch_database(url, lambda connection: written.append(_write(connection, message)))
    return written[0]


def migrations_folder() -> Path:
    """Return where the migrations are: in the installed package, else in the checkout."""
    package = Path(ordergraph.__file__).parent
    installed = package / "migrations"
    return installed if installed.exists() else package.parents[1] / "migrations"


def revisions() -> list[str]:
    """Return the numbers of all migrations, oldest first; file names begin with them."""
    return sorted(file.name.split("_")[0] for file in migrations_folder().glob("versions/*.py"))


async def _is_current(url: str) -> bool:
    connection = await connect(url, "ordergraph migration")
    try:
        server = connection.get_server_version()
        if server.major < OLDEST_SERVER:
            raise DatabaseUnsuitable(
                f"The database server is Postgres {server.major}; Postgres {OLDEST_SERVER} or "
                "newer is needed. Set DATABASE_URL to a newer server."
            )
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return False
        version = await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()
    known = revisions()
    if version is not None and version not in known:
        raise DatabaseUnsuitable(
            f"The database is at revision {version}, which this program does not know: a newer "
            "ordergraph has migrated it. Install that version, or restore an older backup."
        )
    return version == known[-1]


async def _in_scratch_database(url: str, work: Callable[[Connection], None]) -> None:
    """Run `work` over a new database at the newest revision, and drop it."""
    name = f"og_scratch_{uuid4().hex}"
    server = await connect(url, "ordergraph migration")
    try:
        await server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        scratch = make_url(engine_url(url)).set(database=name)
        scratch_url = scratch.render_as_string(hide_password=False)
        await upgrade(scratch_url)
        await _work(scratch_url, work)
    finally:
        await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.close()


async def _work(url: str, work: Callable[[Connection], None]) -> None:
    """Run alembic in one transaction, alone."""
    engine = create_async_engine(engine_url(url))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def _config(connection: Connection, **attributes: object) -> "Config":
    from alembic.config import Config

    config = Config(cmd_opts=argparse.Namespace(quiet=True))
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(attributes, connection=connection)
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")


def _compare(connection: Connection) -> str:
    from alembic import command
    from alembic.util.exc import AutogenerateDiffsDetected

    try:
        command.check(_config(connection, tables=True))
    except AutogenerateDiffsDetected as found:
        return str(found)
    return ""


def _write(connection: Connection, message: str) -> Path:
    from alembic import command

    number = f"{int(revisions()[-1]) + 1:04d}"
    command.revision(_config(connection, tables=True), message, autogenerate=True, rev_id=number)
    return next(migrations_folder().glob(f"versions/{number}_*.py"))
