"""What alembic runs: over the connection it is handed, or over DATABASE_URL by hand."""

import asyncio
import importlib
import os
import pkgutil
from typing import Any

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import ordergraph
from ordergraph.runtime.db.base import Base
from ordergraph.runtime.db.driver import engine_url

DECLARING = ("commerce", "runtime")
"""Floors whose modules declare tables."""


def load_tables() -> None:
    """Import every module that may declare a table, so that the metadata is whole."""
    for floor in DECLARING:
        package = importlib.import_module(f"{ordergraph.__name__}.{floor}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def is_ours(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Leave out the tables of the job queue, whose migration is written by hand."""
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


def migrate(connection: Connection) -> None:
    """Run what alembic was asked for in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=is_ours,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_by_hand() -> None:
    """Connect to DATABASE_URL and migrate."""
    engine = create_async_engine(engine_url(os.environ["DATABASE_URL"]))
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if context.config.attributes.get("tables", given is None):
    load_tables()
if given is None:
    asyncio.run(migrate_by_hand())
else:
    migrate(given)
