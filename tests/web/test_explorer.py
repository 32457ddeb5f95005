"""The explorer's page and files, as a browser gets them."""

import shutil
from pathlib import Path

import httpx2
import pytest

from ordergraph.web.explorer import FOLDER, STATIC, Explorer
from ordergraph.web.site import Site

KEY = 'og_test_sk_"<key>'


def client(static: Path) -> httpx2.AsyncClient:
    explorer = Explorer(token=KEY, query="{ shop }", static=static)
    transport = httpx2.ASGITransport(Site({"/": explorer, FOLDER: explorer}))
    return httpx2.AsyncClient(transport=transport, base_url="http://shop.example")


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """The page with stand-ins for the files from npm."""
    for file in STATIC.glob("explorer*.*"):
        shutil.copy(file, tmp_path)
    (tmp_path / "explorer").mkdir()
    for name in (
        "react.production.min.js",
        "react-dom.production.min.js",
        "graphql-ws.min.js",
        "graphiql.min.js",
        "graphiql.min.css",
        "LICENSES.txt",
    ):
        (tmp_path / "explorer" / name).write_text(f"/* {name} */")
    return tmp_path


async def test_the_page_carries_the_key_and_the_first_query_safely(static: Path) -> None:
    async with client(static) as browser:
        page = await browser.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert KEY not in page.text
    assert "og_test_sk_\\&quot;&lt;key&gt;" in page.text
    assert "{ shop }" in page.text


async def test_the_policy_of_the_page_lets_no_request_leave(static: Path) -> None:
    async with client(static) as browser:
        policy = (await browser.get("/")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "http" not in policy
    assert "//" not in policy


async def test_the_files_from_npm_and_our_own_are_served(static: Path) -> None:
    async with client(static) as browser:
        page = (await browser.get("/")).text
        named = [part.split('"')[0] for part in page.split(f'="{FOLDER}')[1:]]
        assert len(named) == 6
        for name in named:
            answer = await browser.get(FOLDER + name)
            assert (answer.status_code, bool(answer.text)) == (200, True)


@pytest.mark.parametrize(
    "path", ["explorer.html", "nothing.js", "../explorer.js", "..%2fexplorer.html", ""]
)
async def test_nothing_else_is_served(static: Path, path: str) -> None:
    async with client(static) as browser:
        assert (await browser.get(FOLDER + path)).status_code == 404


async def test_the_page_only_reads(static: Path) -> None:
    async with client(static) as browser:
        answer = await browser.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_where_npm_was_not_at_hand_the_page_says_how_to_add_the_explorer(
    static: Path,
) -> None:
    (static / "explorer" / "graphiql.min.js").rename(static / "graphiql.min.js")
    async with client(static) as browser:
        page = await browser.get("/")
        assert ("make explorer" in page.text, KEY[:10] in page.text) == (True, False)
        (static / "graphiql.min.js").rename(static / "explorer" / "graphiql.min.js")
        assert 'id="explorer"' in (await browser.get("/")).text
