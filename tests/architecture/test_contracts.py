"""The import contracts hold, and each is shown to break when it should."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGE, ROOT

LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path, package: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_contract_is_kept() -> None:
    outcome = lint(ROOT, PACKAGE.parent)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/money.py", "import ordergraph.runtime", "Each floor imports only what stands below"),
        ("runtime/clock.py", "import ordergraph.commerce", "Each floor imports only what stands"),
        ("graph/schema.py", "import ordergraph.web", "Each floor imports only what stands below"),
        ("attic/__init__.py", "", "Each floor imports only what stands below it"),
        ("commerce/catalog/reads.py", "import ordergraph.commerce.orders", "Rooms of commerce"),
        ("commerce/payments/reads.py", "import ordergraph.commerce.coupons", "Rooms of commerce"),
        ("commerce/inventory/reads.py", "import ordergraph.commerce.catalog", "Rooms of commerce"),
        ("commerce/lottery/__init__.py", "", "Rooms of commerce"),
        ("core/money.py", "import sqlalchemy", "The core is pure"),
        ("core/money.py", "import asyncio", "The core is pure"),
        ("core/money.py", "from strawberry import type", "The core is pure"),
        ("graph/schema.py", "from sqlalchemy import select", "The API floor writes no SQL"),
        ("web/health.py", "import sqlalchemy", "The API floor writes no SQL"),
        ("core/money.py", "import ordergraph.core.ids", "No import cycle between siblings"),
    ],
)
def test_a_contract_breaks_when_it_should(
    module: str, line: str, contract: str, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    write(tmp_path, "core/ids.py", "import ordergraph.core.money")
    for package in PACKAGE.rglob("__init__.py"):
        write(tmp_path, package.relative_to(PACKAGE).as_posix())
    assert lint(tmp_path, tmp_path).returncode == 0

    write(tmp_path, module, line)
    outcome = lint(tmp_path, tmp_path)
    assert outcome.returncode == 1
    broken = [line for line in outcome.stdout.splitlines() if line.endswith("BROKEN")]
    assert len(broken) == 1, outcome.stdout
    assert broken[0].startswith(contract)


def write(folder: Path, module: str, text: str = "") -> None:
    """Write one module of a small house, and the packages around it."""
    path = folder / "ordergraph" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    for package in (path.parent, *path.parent.parents):
        if package == folder:
            break
        (package / "__init__.py").touch()
    path.write_text(f"{text}\n")
