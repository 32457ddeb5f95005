"""The benchmarks run from end to end; what they measure is nobody's promise here."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from ordergraph.graph.schema import build_schema

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = sorted((ROOT / "benchmarks" / "operations").glob("*.graphql"))


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_the_schema_knows_what_the_benchmarks_ask(path: Path) -> None:
    assert validate(build_schema()._schema, parse(path.read_text())) == []


async def test_a_page_and_a_purchase_are_measured_beside_the_limit(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    arguments = ["sku", "purchase", "--quick", "--seconds", "0.1", "--slices", "1"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks", *arguments, "--json", str(lines)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, said.decode()
    page, purchase = map(json.loads, lines.read_text().splitlines())
    assert (page["scenario"], purchase["scenario"]) == ("sku", "purchase")
    for report in (page, purchase):
        ours, limit = report["rows"]
        assert (ours["server"], limit["server"]) == ("ordergraph", "g")
        assert _is_whole(ours)
        assert _is_whole(limit)
    # The limit answers the same with the fewest statements there can be.
    assert [row["statements"] for row in page["rows"]][-1] == 1
    assert [row["statements"] for row in purchase["rows"]][-1] == 6


def _is_whole(row: dict[str, Any]) -> bool:
    """Everything was measured: no figure of a server is missing or nothing."""
    return all(value for name, value in row.items() if name != "server")
