"""Real server processes for the journeys: started, asked, killed, started again."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import psutil

from ordergraph.commerce.access.opening import open_merchant
from ordergraph.commerce.merchants.founding import NewMerchant
from ordergraph.core.ids import Prefix, encode
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db.database import Database
from tests.journeys.callers import Caller
from tests.places import new_folder

ORDERGRAPH = Path(sys.executable).with_name("ordergraph")
START_SECONDS = 120
STOP_SECONDS = 90


def environment(**more: str) -> dict[str, str]:
    """Return what a command inherits: everything but a database and our own settings."""
    ours = ("ORDERGRAPH_", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | more


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true, and fail when it never is."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            if true():
                return
            await asyncio.sleep(0.05)


class Server:
    """One process of `ordergraph serve --demo --port 0`."""

    def __init__(self, house: House, process: subprocess.Popen[bytes], log: Path) -> None:
        self.house = house
        self.process = process
        self.url = ""
        self._log = log

    @property
    def base(self) -> str:
        return self.url.removesuffix("/graphql")

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def caller(self, token: str, **headers: str) -> Caller:
        """Return somebody who holds a token."""
        return Caller(self.house.http, self.url, token, headers)

    def kill(self) -> None:
        """Kill the process at once, as a power cut would; the database stays."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask the process to leave, and return the code it leaves with."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    async def died(self, seconds: float = 60) -> int:
        """Wait until the process is gone, and return the code it left with."""
        return await asyncio.to_thread(self.process.wait, seconds)

    def said(self) -> str:
        """Return what the process has logged."""
        return self._log.read_text()

    def lines(self, message: str) -> list[dict[str, Any]]:
        """Return the lines in which the process has logged this message."""
        lines = (json.loads(line) for line in self.said().splitlines() if line.endswith("}"))
        return [line for line in lines if line["message"] == message]

    async def logged(self, message: str, times: int = 1) -> dict[str, Any]:
        """Wait until the process has logged a message so often, and return the last line."""
        await until(lambda: len(self.lines(message)) >= times)
        return self.lines(message)[times - 1]

    def is_serving(self) -> bool:
        """Tell whether the process has said where it serves."""
        for line in self.lines("serving"):
            self.url = line["url"]
        return bool(self.url)


class House:
    """A data folder of its own, and the servers that share it."""

    def __init__(self, folder: Path, http: httpx2.AsyncClient) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.http = http
        self._started: list[Server] = []

    async def start(self, *, fault: str | None = None, workers: int = 1) -> Server:
        """Start a server, and wait until it is up; with `fault` it kills itself at that point."""
        server = self._launch(fault, workers)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and server.process.poll() is None:
            if server.is_serving() and await self._is_ready(server):
                return server
            await asyncio.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{server.said()}")

    def _launch(self, fault: str | None, workers: int) -> Server:
        log = self.folder / f"server-{len(self._started)}.log"
        words = ("--demo", "--port", "0", "--workers", str(workers))
        settings = {"ORDERGRAPH_LOG_JSON": "true"} | ({"ORDERGRAPH_FAULT": fault} if fault else {})
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [ORDERGRAPH, "serve", *words, "--data-dir", str(self.data_dir)],
                env=environment(**settings),
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        server = Server(self, process, log)
        self._started.append(server)
        return server

    async def _is_ready(self, server: Server) -> bool:
        try:
            return (await self.http.get(f"{server.base}/health/ready")).status_code == 200
        except httpx2.TransportError:
            return False

    @property
    def demo(self) -> dict[str, str]:
        """What demo.json says."""
        return json.loads((self.data_dir / "demo.json").read_text())

    def run(self, *words: str) -> str:
        """Run a command of `ordergraph` over this folder, and return what it prints."""
        done = subprocess.run(
            [ORDERGRAPH, *words, "--data-dir", str(self.data_dir)],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def postmaster(self) -> Path:
        """The file by which Postgres says that it runs."""
        return self.data_dir / "postgres" / "data" / "postmaster.pid"

    def postgres(self) -> psutil.Process:
        """Return the process of the running Postgres."""
        return psutil.Process(int(self.postmaster.read_text().split()[0]))

    def _socket_folder(self) -> str:
        return self.postmaster.read_text().splitlines()[4]

    async def shop(self, currency: str = "USD") -> Shop:
        """Found a merchant as `ordergraph merchant create` does, and return its sandbox."""
        url = f"postgresql+asyncpg://postgres@/postgres?host={self._socket_folder()}"
        database = Database(url, SystemClock(), pool_size=1)
        try:
            opened = await open_merchant(database, NewMerchant("Journey", currency=currency))
        finally:
            await database.close()
        sandbox = next(each for each in opened if not each.environment.livemode)
        return Shop(
            encode(Prefix.ENVIRONMENT, sandbox.environment.id),
            sandbox.secret.token,
            sandbox.publishable.token,
        )

    @asynccontextmanager
    async def ledger(self) -> AsyncGenerator[Ledger]:
        """Open the database beside the servers."""
        connection = await asyncpg.connect(
            host=self._socket_folder(), user="postgres", database="postgres"
        )
        try:
            yield Ledger(connection)
        finally:
            await connection.close()

    def close(self) -> None:
        """Stop what still runs, and remove the folder."""
        for server in self._started:
            if server.process.poll() is None:
                server.stop()
        if self.postmaster.exists():
            # A killed server's Postgres has nobody left who would stop it.
            postgres = self.postgres()
            postgres.terminate()
            postgres.wait(STOP_SECONDS)
        shutil.rmtree(self.folder)


class Shop:
    """A merchant's sandbox and its two keys."""

    def __init__(self, environment_id: str, secret_key: str, publishable_key: str) -> None:
        self.environment_id = environment_id
        self.secret_key = secret_key
        self.publishable_key = publishable_key


class Ledger:
    """What is written in the database, read beside the servers: the truth that answers claim."""

    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self._connection = connection

    async def rows(self, statement: str, *values: Any) -> Sequence[dict[str, Any]]:
        """Return the rows of a statement."""
        return [dict(row) for row in await self._connection.fetch(statement, *values)]

    async def value(self, statement: str, *values: Any) -> Any:
        """Return the only value of a statement."""
        return await self._connection.fetchval(statement, *values)


@asynccontextmanager
async def open_house() -> AsyncGenerator[House]:
    """Make a data folder for servers, and clean up behind them."""
    folder = new_folder("og-journey-")
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx2.AsyncClient(limits=limits, timeout=90) as http:
        house = House(folder, http)
        try:
            yield house
        finally:
            house.close()
