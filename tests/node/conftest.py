"""Node and the packages that its tests need, installed once for all test processes."""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


class Script:
    """A running script, which says one JSON object a line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def hear(self) -> Any:
        """Return the next thing that it says."""
        assert self._process.stdout is not None
        async with asyncio.timeout(120):
            line = await self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise AssertionError((await self._process.stderr.read()).decode())
        return json.loads(line)

    async def hear_all(self) -> list[Any]:
        """Return everything that it says until its end."""
        assert self._process.stdout is not None
        async with asyncio.timeout(120):
            said, complaint = await self._process.communicate()
        assert self._process.returncode == 0, complaint.decode()
        return [json.loads(line) for line in said.splitlines()]


@asynccontextmanager
async def running(script: str, url: str, token: str) -> AsyncIterator[Script]:
    """Run a script of this folder against a server."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(HERE / script),
        env={**os.environ, "URL": url, "TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Script(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture(scope="session", autouse=True)
def node_packages() -> None:
    """Install what package.json names, or skip with the reason; a build machine fails instead."""
    lacking = _lacking()
    if lacking and os.environ.get("CI"):
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)


def _lacking() -> str | None:
    if not (shutil.which("node") and shutil.which("npm")):
        return "Node is not installed: these tests run clients and audits from npm."
    return install(HERE)


def install(folder: Path) -> str | None:
    """Install what the package.json of `folder` names, once for all processes; say what failed."""
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    with (modules / ".installing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _install(folder, modules / ".installed")


def _install(folder: Path, stamp: Path) -> str | None:
    wanted = hashlib.sha256((folder / "package.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return None
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=400)
    if done.returncode:
        return f"The packages for Node could not be installed: {done.stderr or done.stdout}"
    stamp.write_text(wanted)
    return None
