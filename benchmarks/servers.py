"""The servers that are compared, each a process of its own over one Postgres."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import orjson
from sqlalchemy import make_url

from benchmarks.jobs import Step
from benchmarks.measuring import Family
from ordergraph.runtime.db.driver import connect
from ordergraph.runtime.db.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[1]
OPERATIONS = Path(__file__).with_name("operations")
START_SECONDS = 60


def operation(name: str) -> str:
    """Return the text of an operation."""
    return (OPERATIONS / f"{name}.graphql").read_text()


class Postgres:
    """A Postgres over a data folder of its own, thrown away at the end.

    It keeps its promises to the disk, as in production, unless it only has to run.
    """

    def __init__(self, durable: bool = True) -> None:
        self._durable = durable

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="ordergraph-benchmark-"))
        self.home.chmod(0o755)  # Postgres may run as another user, who has to enter
        self._server = EmbeddedPostgres(self.home / "postgres", self._durable)
        self.url = self._server.start()
        folder = self.home / "postgres" / "data"
        self.log = folder / "server.log"
        self._family = postgres_over(folder)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def driver_url(self) -> str:
        """The URL as asyncpg takes it."""
        return make_url(self.url).set(drivername="postgresql").render_as_string(False)

    def analyze(self) -> None:
        """Let the planner know what is in the tables, as autovacuum does within a minute."""
        asyncio.run(_analyze(self.url))

    def cpu_seconds(self) -> float:
        """Return the processor time of all its processes so far."""
        return self._family.cpu_seconds()


async def _analyze(url: str) -> None:
    connection = await connect(url, "benchmark")
    await connection.execute("ANALYZE")
    await connection.close()


def postgres_over(folder: Path) -> Family:
    """Return the processes of the Postgres that runs over a data folder."""
    return Family(int((folder / "postmaster.pid").read_text().split()[0]))


class Server:
    """A server that is measured: one process that was started, and how it is asked."""

    application_name = "ordergraph"
    """How its connections are called that do its clients' work."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        log: Path,
        port: int | None = None,
    ) -> None:
        self.name = name
        self._log = log
        ours = ("ORDERGRAPH_", "DATABASE_URL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=kept | dict(environment), stdout=output, stderr=output
            )
        self._family = Family(self.process.pid)
        self.port = port or self._wait_for_port()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_seconds(self) -> float:
        """Return the processor time of its processes so far."""
        return self._family.cpu_seconds()

    def step(
        self,
        name: str,
        variables: Mapping[str, Any],
        token: str,
        *,
        takes: dict[str, list[str | int]] | None = None,
        mutates: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Step:
        """Return the request for an operation; texts in `variables` may have `@@NAME@@`."""
        body = orjson.dumps({"query": operation(name), "variables": variables}).decode()
        return Step(
            name,
            "/graphql",
            _numbers_in_place(body),
            {"authorization": f"Bearer {token}", **(headers or {})},
            takes or {},
            mutates,
        )

    def said(self) -> str:
        """Return what the process has logged."""
        return self._log.read_text(errors="replace")

    def _wait_for_port(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r'"url": ?"http://[^:"]+:(\d+)', self.said())
            if found:
                return int(found[1])
            time.sleep(0.02)
        self.process.kill()
        raise RuntimeError(f"{self.name} did not start:\n{self.said()}")


class Limit(Server):
    """The limit `g`: each operation is a path of its own."""

    application_name = "limit"

    def step(
        self,
        name: str,
        variables: Mapping[str, Any],
        token: str,
        *,
        takes: dict[str, list[str | int]] | None = None,
        mutates: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Step:
        body = _numbers_in_place(orjson.dumps({"variables": variables}).decode())
        sent = {"authorization": f"Bearer {token}", **(headers or {})}
        return Step(name, f"/{name}", body, sent, takes or {}, mutates)


def start_ours(
    postgres: Postgres, name: str = "ordergraph", source: Path | None = None, **settings: str
) -> Server:
    """Start `ordergraph serve` over the database, of this checkout or of another's `src`."""
    command, environment = serving(source)
    environment |= {"DATABASE_URL": postgres.url, **settings}
    return Server(name, command, environment, postgres.home / name)


def serving(source: Path | None = None, port: int = 0) -> tuple[list[str], dict[str, str]]:
    """Return the command that serves, and what is set beside it."""
    command = [str(Path(sys.executable).with_name("ordergraph"))]
    environment = {"ORDERGRAPH_LOG_JSON": "true"}
    if source is not None:
        environment["PYTHONPATH"] = str(source.resolve())
        command = [sys.executable, "-c", "from ordergraph.cli.main import main; main()"]
    return [*command, "serve", "--port", str(port)], environment


def start_limit(postgres: Postgres, tokens: Mapping[str, str]) -> Server:
    """Start the limit over the database; `tokens` says which environment each token opens."""
    environment = {
        "LIMIT_DATABASE": postgres.driver_url,
        "LIMIT_TOKENS": orjson.dumps(tokens).decode(),
    }
    command = [sys.executable, "-m", "benchmarks.limit"]
    return Limit("g", command, environment, postgres.home / "g")


def _numbers_in_place(body: str) -> str:
    """Take the quotes off values that stand for numbers: those whose name begins with NUMBER."""
    return re.sub(r'"(@@NUMBER\w*@@)"', r"\1", body)
