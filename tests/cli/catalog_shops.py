"""Shops whose catalogs come from files and go to files."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from ordergraph.cli.main import app
from ordergraph.core.ids import Prefix, decode
from ordergraph.runtime.db.driver import connect


@dataclass
class Shop:
    """An environment, and the commands that work on it."""

    url: str
    environment: str
    folder: Path

    def run(self, *words: str, stdin: bytes | None = None) -> Result:
        named = words if "--environment" in words else (*words, "--environment", self.environment)
        return CliRunner().invoke(app, ["catalog", *named], input=stdin)

    def bring(self, text: str | bytes, *words: str, name: str = "a.csv") -> Result:
        """Import a file with this text."""
        data = text if isinstance(text, bytes) else text.encode()
        (self.folder / name).write_bytes(data)
        return self.run("import", name, *words)

    def take(self, name: str) -> Path:
        """Export into a file."""
        told(self.run("export", name))
        return self.folder / name

    async def brought(self, text: str) -> Result:
        """Import a file while other things go on: a command has an event loop of its own."""
        return await asyncio.to_thread(self.bring, text)

    async def log(self) -> list[Any]:
        """Return what the log tells of products and stock."""
        connection = await connect(self.url, "tests")
        try:
            return await connection.fetch(
                "SELECT type, payload->>'version' AS version, position IS NOT NULL AS positioned "
                "FROM event_log WHERE environment_id = $1 AND type !~ '^category' ORDER BY seq",
                decode(Prefix.ENVIRONMENT, self.environment),
            )
        finally:
            await connection.close()


def founded(url: str, folder: Path) -> Shop:
    """Found a shop in a database."""
    made = CliRunner().invoke(app, ["merchant", "create", "--name", "Coffee"])
    return Shop(url, json.loads(made.stdout)["environments"][0]["id"], folder)


def told(result: Result) -> Any:
    """Return what a command that succeeded printed."""
    assert (result.exit_code, result.stderr) == (0, ""), (result.stderr, result.exception)
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def refused(result: Result) -> tuple[Any, list[str]]:
    """Return the summary of an import with bad lines, and what was said of them."""
    assert result.exit_code == 1, (result.stdout, result.exception)
    return json.loads(result.stdout), result.stderr.splitlines()


def counts(**several: int) -> dict[str, int]:
    """Return how many products or bundles came to each end."""
    return {"created": 0, "updated": 0, "unchanged": 0, "refused": 0} | several
