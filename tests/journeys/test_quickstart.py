"""The README's quickstart, by copy and paste: run by bash, twice in a row."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.servers import House, Server, environment

README = Path(__file__).parents[2] / "README.md"
FIGURES = {
    "subtotal": {"amount": 6398},
    "discount": {"amount": 1280},
    "tax": {"amount": 460},
    "total": {"amount": 5578},
}
PAID = {"status": "PAID", "netAmounts": {"paid": {"amount": 5578}, "balance": {"amount": 0}}}


def quickstart(language: str) -> list[str]:
    """Return the blocks of a language that stand between the README's marks, in their order."""
    found = re.search(r"<!-- quickstart -->(.*)<!-- /quickstart -->", README.read_text(), re.DOTALL)
    assert found, "the README marks its quickstart"
    return re.findall(rf"^```{language}\n(.*?)^```$", found[1], re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(house: House, server: Server, tmp_path: Path) -> Path:
    """A checkout as a reader of the README has it, with the demo running."""
    (tmp_path / ".ordergraph").symlink_to(house.data_dir)
    return tmp_path


def paste(folder: Path) -> list[str]:
    """Run the shell blocks as they stand, and return what they print."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(quickstart("sh"))],
        cwd=folder,
        env=environment(NO_PROXY="127.0.0.1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_four_calls_lead_from_the_catalog_to_the_paid_order_as_often_as_one_likes(
    folder: Path,
) -> None:
    script = "\n".join(quickstart("sh"))
    assert script.count("curl ") == 1, "in the function that the calls are made with"
    assert len(re.findall(r"graphql '", script)) == 4
    for _ in range(2):
        printed = paste(folder)
        assert [json.loads(line) for line in printed] == [FIGURES, PAID]
        assert printed == quickstart("json")[0].splitlines(), "what the README shows"


async def test_the_readmes_watcher_sees_the_purchase_step_by_step(folder: Path) -> None:
    (script,) = quickstart("python")
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script),
        cwd=folder,
        env=environment(NO_PROXY="127.0.0.1"),
        stdout=subprocess.PIPE,
    )
    try:
        assert watching.stdout is not None
        async with asyncio.timeout(120):
            assert await watching.stdout.readline() == b"connection_ack\n"
            await asyncio.sleep(0.5)
            await asyncio.to_thread(paste, folder)
            seen = [(await watching.stdout.readline()).decode() for _ in range(3)]
    finally:
        watching.kill()
        await watching.wait()
    for line, type in zip(seen, ("CREATED", "UPDATED", "PAID"), strict=True):
        assert f"'type': '{type}'" in line
    assert "'balance': {'amount': 0}" in seen[-1]
