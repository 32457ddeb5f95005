"""A real browser, where there is one."""

import fcntl
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from ordergraph.web.explorer import Explorer

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: these tests look at the pages in it.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def built_explorer() -> None:
    """Build the explorer once for all test processes, where npm can."""
    if shutil.which("npm"):
        with (ROOT / "explorer" / "package.json").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            subprocess.run(["make", "explorer"], cwd=ROOT, capture_output=True, timeout=150)
    if not Explorer().is_built:
        pytest.skip("The explorer is not built, and npm could not build it: make explorer.")
