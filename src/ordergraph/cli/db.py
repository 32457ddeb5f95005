"""`ordergraph db`."""

import asyncio
import sys
from pathlib import Path

from ordergraph.cli.databases import database_server, settings_with
from ordergraph.runtime.db import migrating


def upgrade(*, data_dir: Path | None) -> None:
    """Bring the database to this version."""
    with database_server(settings_with(data_dir=data_dir)) as url:
        changed = asyncio.run(migrating.upgrade(url))
    print("The database has been upgraded." if changed else "The database is up to date.")


def check(*, data_dir: Path | None) -> None:
    """Compare migrations and declared tables in a scratch database; exit 1 when they differ."""
    with database_server(settings_with(data_dir=data_dir)) as url:
        differences = asyncio.run(migrating.differences(url))
    if differences:
        sys.exit(f"The migrations are behind the tables (make migration):\n{differences}")
    print("The migrations make exactly the tables that the code declares.")


def revision(*, message: str, data_dir: Path | None) -> None:
    """Write a migration and say where."""
    with database_server(settings_with(data_dir=data_dir)) as url:
        path = asyncio.run(migrating.write_revision(url, message))
    print(f"Written: {path}. Read it before you commit it.")
