"""Running a piece of work on the migrated database of a command."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ordergraph.cli.databases import database_server, settings_with
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.migrating import upgrade

T = TypeVar("T")


def work_on_database(data_dir: Path | None, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on the database, migrated first; a server that runs on it is not disturbed."""
    with database_server(settings_with(data_dir=data_dir)) as url:
        return asyncio.run(_work(url, work))


async def _work(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    await upgrade(url)
    database = Database(url, SystemClock(), pool_size=1)
    try:
        return await work(database)
    finally:
        await database.close()


def tell(answer: Mapping[str, Any]) -> None:
    """Print an answer that scripts can read: one JSON object."""
    print(json.dumps(answer))
