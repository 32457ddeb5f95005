"""Running a piece of work on the migrated database of a command."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from ordergraph.cli.databases import database_server, settings_with
from ordergraph.commerce.merchants.reads import own_environment
from ordergraph.core.problems import not_found
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.migrating import upgrade
from ordergraph.runtime.events.broadcast import PostgresBroadcast
from ordergraph.runtime.events.sequencing import Sequencer
from ordergraph.runtime.settings import Settings

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


def work_with_servers(data_dir: Path | None, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` as `work_on_database` does, with all that a server does when it writes: events
    get into the log, search documents and caches follow."""
    settings = settings_with(data_dir=data_dir)
    with database_server(settings) as url:
        return asyncio.run(_work_with_servers(settings, url, work))


async def _work_with_servers(
    settings: Settings, url: str, work: Callable[[Database], Awaitable[T]]
) -> T:
    from ordergraph.app import hooks_of  # loads the whole server

    await upgrade(url)
    broadcast = PostgresBroadcast(url)
    sequencer = Sequencer(url, broadcast)
    await broadcast.start()
    hooks = hooks_of(settings, sequencer.wake, broadcast)
    database = Database(url, SystemClock(), hooks, pool_size=3)
    try:
        return await work(database)
    finally:
        await sequencer.drain()
        await broadcast.flush()
        await sequencer.stop()
        await broadcast.stop()
        await database.close()


async def operator_of(database: Database, environment_id: UUID) -> Actor:
    """Return the person at the command line as an actor in an environment that exists."""
    actor = Actor.system(environment_id, environment_id, "operator")
    environment = await own_environment(database.viewer(actor))
    if environment is None:
        raise not_found("environment", "environment")
    return Actor.system(environment_id, environment.merchant.id, "operator")


def tell(answer: Mapping[str, Any]) -> None:
    """Print an answer that scripts can read: one JSON object."""
    print(json.dumps(answer))
