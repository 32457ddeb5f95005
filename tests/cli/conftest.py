"""What tests of commands share."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.catalog_shops import Shop, founded
from tests.databases import Databases


@pytest.fixture(scope="module")
async def catalogs(databases: Databases) -> Any:
    """One migrated database for all tests of a module: each has an environment of its own."""
    async with databases.fresh() as url:
        yield url


@pytest.fixture
def shop(catalogs: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:
    """An empty shop in which commands are run."""
    monkeypatch.setenv("DATABASE_URL", catalogs)
    monkeypatch.chdir(tmp_path)
    return founded(catalogs, tmp_path)
