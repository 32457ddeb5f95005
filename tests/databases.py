"""Databases for tests: one template for each test process, cheap copies of it."""

import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Self
from uuid import getnode

import psutil
from sqlalchemy import make_url

from ordergraph.runtime.db.driver import connect, engine_url
from ordergraph.runtime.db.migrating import upgrade


class Databases:
    """Creates and drops databases on one server; the template is made when first needed."""

    _numbers = count(1)  # of all that this process makes

    def __init__(self, url: str) -> None:
        self.url = engine_url(url)
        self._prefix = f"og_{getnode() & 0xFFFF:x}_"
        self.template = f"{self._prefix}{os.getpid()}_template_{next(self._numbers)}"
        self._ready = False

    async def __aenter__(self) -> Self:
        self._connection = await connect(self.url, "tests")
        # Copying files beats writing them to the log, where nothing waits for the disk.
        volatile = await self._connection.fetchval("SHOW fsync") == "off"
        self._strategy = "FILE_COPY" if volatile else "WAL_LOG"
        await self._drop_abandoned()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._ready:
            await self.drop(self.template)
        await self._connection.close()

    @asynccontextmanager
    async def fresh(self) -> AsyncGenerator[str]:
        """Lend a migrated database without data; it is dropped afterwards."""
        await self._make_template()
        async with self.empty(template=self.template) as url:
            yield url

    @asynccontextmanager
    async def empty(self, template: str = "template0") -> AsyncGenerator[str]:
        """Lend a copy of `template`, by default a database without any table."""
        name = f"{self._prefix}{os.getpid()}_{next(self._numbers)}"
        await self._connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {self._strategy}'
        )
        try:
            yield self._url_of(name)
        finally:
            await self.drop(name)

    async def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        await self._connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _make_template(self) -> None:
        if self._ready:
            return
        await self._connection.execute(f'CREATE DATABASE "{self.template}" TEMPLATE template0')
        await upgrade(self._url_of(self.template))
        self._ready = True

    async def _drop_abandoned(self) -> None:
        """Drop what test processes that were killed have left on this machine."""
        for row in await self._connection.fetch("SELECT datname FROM pg_database"):
            made_by = re.fullmatch(rf"{self._prefix}(\d+)_\w+", row["datname"])
            if made_by and not psutil.pid_exists(int(made_by[1])):
                await self.drop(row["datname"])

    def _url_of(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)
