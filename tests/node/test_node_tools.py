"""Tools that read the schema: what storefront developers run over it must take it as it stands."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.node.conftest import HERE, install

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]
TOOLS = HERE / "tools"
SCHEMA = HERE.parent.parent / "schema.graphql"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tools' settings and our schema, as a storefront's checkout has them."""
    lacking = install(TOOLS)
    if lacking and os.environ.get("CI"):
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("storefront") / "checkout"
    shutil.copytree(TOOLS, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(TOOLS / "node_modules")
    shutil.copy(SCHEMA, folder)
    return folder


def run(folder: Path, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = folder / "node_modules" / ".bin" / tool
    return subprocess.run(
        [str(program), *arguments], cwd=folder, capture_output=True, text=True, timeout=270
    )


def test_graphql_eslint_finds_nothing_in_the_schema(bench: Path) -> None:
    done = run(bench, "eslint", "schema.graphql")
    assert done.returncode == 0, done.stdout + done.stderr

    broken = SCHEMA.read_text().replace("type Product implements", "type product implements")
    (bench / "schema.graphql").write_text(broken)
    assert run(bench, "eslint", "schema.graphql").returncode != 0
    shutil.copy(SCHEMA, bench)


def test_relay_compiles_a_refetchable_fragment_and_a_connection(bench: Path) -> None:
    done = run(bench, "relay-compiler", "relay.config.json")
    assert done.returncode == 0, done.stdout + done.stderr
    written = {path.name for path in (bench / "src" / "__generated__").iterdir()}
    assert {"ShelfPageQuery.graphql.js", "ShelfOrderQuery.graphql.js"} <= written


def test_graphql_codegen_writes_types_that_strict_typescript_takes(bench: Path) -> None:
    done = run(bench, "graphql-codegen")
    assert done.returncode == 0, done.stdout + done.stderr
    strict = ("--noEmit", "--strict", "--skipLibCheck", "--module", "esnext")
    resolution = ("--moduleResolution", "bundler", "--target", "es2022")
    done = run(bench, "tsc", *strict, *resolution, "src/shelf.ts")
    assert done.returncode == 0, done.stdout + done.stderr
