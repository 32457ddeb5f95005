"""Audits and clients from npm, untouched, against the endpoint."""

import asyncio
import socket

import pytest

from tests.graph.transport.toy import SECRET, Toy, served
from tests.node.conftest import running

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]


async def test_every_audit_of_graphql_http_passes() -> None:
    async with (
        served(Toy()) as address,
        running("audits.mjs", f"http://{address}/graphql", SECRET) as script,
    ):
        results = await script.hear_all()
    assert [each for each in results if each["status"] != "ok"] == []
    assert len(results) >= 60


async def test_the_graphql_ws_client_works_and_comes_back_after_a_restart() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    toy = Toy()
    async with running("socket.mjs", f"http://127.0.0.1:{port}/graphql", SECRET) as script:
        async with served(toy, port=port):
            assert await script.hear() == {"connected": True}
            assert await script.hear() == {"query": [{"data": {"hello": "Hello, ws!"}}]}
            assert await script.hear() == {"connected": True}
            assert [each["data"]["count"]["id"] for each in (await script.hear())["count"]] == [
                "thing_0",
                "thing_1",
            ]
            assert await script.hear() == {"connected": True}
            assert await script.hear() == {"refused": ["INVALID_FIELD"]}
            assert await script.hear() == {"connected": True}
            await toy.started.wait()
            toy.tick.set()
            assert await script.hear() == {"live": "thing_1"}
            toy.reset()
        async with served(toy, port=port):
            assert await script.hear() == {"connected": True}
            async with asyncio.timeout(60):
                await toy.started.wait()
            toy.tick.set()
            assert await script.hear() == {"live": "thing_1"}


HELLO = "query Hello($name: String!) {\n  hello(name: $name)\n}"
"""As Apollo prints it."""


async def test_apollo_urql_and_graphql_sse_work() -> None:
    toy = Toy()
    toy.register(HELLO)
    async with (
        served(toy) as address,
        running("clients.mjs", f"http://{address}/graphql", SECRET) as script,
    ):
        said = await script.hear_all()
    assert said == [
        {"apollo": ["Hello, Apollo!", 2]},
        {"apolloRefused": ["INVALID_FIELD"]},
        {
            "registered": [
                "Hello, hash!",
                "Hello, world!",
                [["GET", False], ["GET", False], ["POST", True]],
            ]
        },
        {"urql": ["Hello, urql!", 4, "INVALID_FIELD"]},
        {"urqlEvents": ["thing_0", "thing_1"]},
        {"sse": ["thing_0", "thing_1", "Hello, sse!"]},
    ]
