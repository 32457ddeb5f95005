"""The explorer in a real browser: queries, subscriptions, and no word to any other machine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page, expect

from ordergraph.graph.transport.endpoint import GraphQLEndpoint
from ordergraph.web.explorer import FOLDER, Explorer
from ordergraph.web.site import Site
from tests.graph.transport.toy import SECRET, Toy, serving, toy_schema

pytestmark = pytest.mark.usefixtures("built_explorer")

WELCOME = """query Greeting { hello(name: "explorer") }
subscription Watch { live { name } }
"""


@dataclass
class Visit:
    """The page, and what the browser did while it was open."""

    page: Page
    toy: Toy
    address: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def run(self, operation: str) -> None:
        """Press the button and choose an operation."""
        await self.page.get_by_label("Execute query (Ctrl-Enter)").click()
        await self.page.get_by_role("menuitem", name=operation).click()


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    toy = Toy()
    explorer = Explorer(token=SECRET, query=WELCOME)
    endpoint = GraphQLEndpoint(toy_schema(), toy)
    site = Site({"/": explorer, FOLDER: explorer, "/graphql": endpoint})
    async with serving(site) as address:
        page = await browser.new_page()
        visit = Visit(page, toy, address)
        page.on("request", lambda request: visit.asked.append(request.url))
        page.on("websocket", lambda socket: visit.asked.append(socket.url))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: visit.complaints.append(said.text) if said.type == "error" else None,
        )
        await page.goto(f"http://{address}/")
        yield visit
        await page.close()


async def test_a_query_runs_with_the_key_filled_in(visit: Visit) -> None:
    await visit.run("Greeting")
    await expect(visit.page.locator(".result-window")).to_contain_text("Hello, explorer!")


async def test_a_subscription_shows_each_event_as_it_comes(visit: Visit) -> None:
    await visit.run("Watch")
    await visit.toy.started.wait()
    for number in (1, 2):
        visit.toy.tick.set()
        await expect(visit.page.locator(".result-window")).to_contain_text(f"Thing {number}")
    assert f"ws://{visit.address}/graphql" in visit.asked


async def test_the_documentation_of_the_schema_is_there(visit: Visit) -> None:
    await visit.page.get_by_label("Show Documentation Explorer").click()
    await expect(visit.page.locator(".graphiql-doc-explorer")).to_contain_text("Query")


async def test_no_request_leaves_the_machine_and_nothing_is_refused_by_the_policy(
    visit: Visit,
) -> None:
    await visit.run("Greeting")
    await expect(visit.page.locator(".result-window")).to_contain_text("Hello, explorer!")
    elsewhere = [
        url
        for url in visit.asked
        if f"//{visit.address}/" not in url and not url.startswith("data:")
    ]
    assert (elsewhere, visit.complaints) == ([], [])
    assert any(url.endswith("/graphql") for url in visit.asked)
