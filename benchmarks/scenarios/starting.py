"""How long a start takes over a data folder that is there, and how much memory it needs."""

from __future__ import annotations

import json
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.bench import Options
from benchmarks.data import Caller
from benchmarks.driving import LoadClient
from benchmarks.jobs import Job
from benchmarks.measuring import memory_bytes
from benchmarks.reporting import Report
from benchmarks.servers import Server, postgres_over, serving

_IDLE_SECONDS = 5
_MB = 1_000_000


def start_cold(options: Options) -> Report:
    """`ordergraph serve` from its start to its first answer, its own Postgres included."""
    with _demo() as (home, token):
        took = [_start(home, token) for _ in range(max(2, options.so_many(5)))]
    row = {
        "starts": len(took),
        "seconds to the first answer": statistics.median(took),
        "fastest": min(took),
        "slowest": max(took),
    }
    return Report("cold-start", [row])


def hold_memory(options: Options) -> Report:
    """The server process after five seconds of nothing, and after work."""
    with _demo() as (home, token), _serve(home) as server, LoadClient() as load:
        time.sleep(_IDLE_SECONDS)
        idle = memory_bytes(server.process.pid)
        database = postgres_over(home / "data" / "postgres" / "data")
        cpu, postgres = server.cpu_seconds(), database.cpu_seconds()
        time.sleep(_IDLE_SECONDS)
        cpu, postgres = server.cpu_seconds() - cpu, database.cpu_seconds() - postgres
        step = server.step("product-list", {"first": 20}, token)
        load.run(Job(server.port, [step], 8, None, options.so_many(2_000)))
        worked = memory_bytes(server.process.pid)
    row = {
        "idle MB": idle / _MB,
        "after 2,000 lists MB": worked / _MB,
        "idle CPU ms/s": cpu * 1000 / _IDLE_SECONDS,
        "Postgres": postgres * 1000 / _IDLE_SECONDS,
    }
    return Report("memory", [row])


@contextmanager
def _demo() -> Generator[tuple[Path, str]]:
    """Lend a data folder with the demo shop, and the shop's secret key; nothing runs over it."""
    home = Path(tempfile.mkdtemp(prefix="ordergraph-benchmark-"))
    home.chmod(0o755)  # Postgres may run as another user, who has to enter
    try:
        with _serve(home, "--demo"):
            pass
        yield home, json.loads((home / "data" / "demo.json").read_text())["secretKey"]
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _serve(home: Path, *arguments: str) -> Server:
    command, environment = serving()
    folder = ["--data-dir", str(home / "data"), *arguments]
    return Server("ordergraph", [*command, *folder], environment, home / "log")


def _start(home: Path, token: str) -> float:
    port = _free_port()
    command, environment = serving(port=port)
    begun = time.perf_counter()
    server = Server(
        "ordergraph",
        [*command, "--data-dir", str(home / "data")],
        environment,
        home / "log",
        port=port,
    )
    with server:
        while not _listens(port):
            time.sleep(0.002)
        answer = Caller(server, token).ask(server.step("ready", {}, token))
        took = time.perf_counter() - begun
    assert answer["data"]["shop"]["name"] == "Demo Coffee", answer
    return took


def _listens(port: int) -> bool:
    try:
        HTTPConnection("127.0.0.1", port).connect()
        return True
    except ConnectionRefusedError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


SCENARIOS = {"cold-start": start_cold, "memory": hold_memory}
