"""Importing a file by the real command: how long it takes, and how much memory it holds at most."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.catalogs import SIZES, write_catalog
from benchmarks.data import Shop
from benchmarks.servers import Postgres


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import took; `megabytes` is the most that the command held in memory."""

    variants: int
    seconds: float
    command_cpu: float
    postgres_cpu: float
    megabytes: float


def import_products(postgres: Postgres, shop: Shop, products: int) -> Imported:
    """Write a file of so many products of three variants, and import it."""
    path = postgres.home / f"catalog-{products}.csv"
    write_catalog(path, products)
    arguments = ["catalog", "import", str(path), "--environment", shop.environment_id]
    before = postgres.cpu_seconds()
    begun = time.monotonic()
    process, usage, output = _run(postgres, arguments)
    took = time.monotonic() - begun
    assert process == 0, output
    told = orjson.loads(output)
    assert told["products"]["created"] == products, told
    return Imported(
        products * len(SIZES),
        took,
        usage.ru_utime + usage.ru_stime,
        postgres.cpu_seconds() - before,
        usage.ru_maxrss * _UNIT / 1e6,
    )


def _run(postgres: Postgres, arguments: list[str]) -> tuple[int, os.struct_rusage, bytes]:
    """Run the command to its end; return its code, what it used, and what it said."""
    command = [str(Path(sys.executable).with_name("ordergraph")), *arguments]
    environment = {**os.environ, "DATABASE_URL": postgres.url}
    said = postgres.home / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output)
        ended, status, usage = 0, 0, None
        while not ended:
            time.sleep(_LOOK_SECONDS)
            postgres.cpu_seconds()  # what its processes took is gone with them
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage, said.read_bytes()


_LOOK_SECONDS = 0.05
_UNIT = 1 if sys.platform == "darwin" else 1024
"""In what the system tells how much memory a process has held."""
