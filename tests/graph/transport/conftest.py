"""The toy server, and clients that speak to it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from ordergraph.graph.limits import Limits
from tests.graph.transport.toy import PATIENCE, SECRET, Toy, served

MODERN = "application/graphql-response+json"


@dataclass
class Client:
    """Asks the toy server over HTTP."""

    toy: Toy
    address: str
    http: httpx2.AsyncClient

    @property
    def url(self) -> str:
        return f"http://{self.address}/graphql"

    async def post(
        self, body: Any, *, token: str | None = SECRET, accept: str | None = MODERN, **headers: str
    ) -> httpx2.Response:
        """POST a body: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json"}
        if accept is not None:
            sent["accept"] = accept
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(self.url, content=content, headers=sent)

    async def query(self, document: str, **variables: Any) -> Any:
        """Run a document and return the decoded answer."""
        return (await self.post({"query": document, "variables": variables})).json()

    async def get(
        self, *, token: str = SECRET, accept: str = MODERN, **parameters: str
    ) -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}", "accept": accept}
        return await self.http.get(self.url, params=parameters, headers=headers)


def codes(answer: Any) -> list[str]:
    """The codes of an answer's errors."""
    return [error["extensions"]["code"] for error in answer["errors"]]


@pytest.fixture(scope="session")
async def served_toy() -> AsyncIterator[tuple[Toy, str]]:
    """One toy server for all tests; sockets are checked again often, and kept alive."""
    toy = Toy()
    limits = Limits(recheck_seconds=0.1, keep_alive_seconds=0.1, init_seconds=PATIENCE)
    async with served(toy, limits) as address:
        yield toy, address


@pytest.fixture
async def client(served_toy: tuple[Toy, str]) -> AsyncIterator[Client]:
    toy, address = served_toy
    toy.reset()
    async with httpx2.AsyncClient(timeout=PATIENCE, verify=False) as http:
        yield Client(toy, address, http)
