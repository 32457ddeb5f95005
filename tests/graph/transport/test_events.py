"""Server-sent events: graphql-sse's distinct connections mode."""

import asyncio
import json
from typing import Any

import pytest

from tests.graph.transport.conftest import Client
from tests.graph.transport.test_negotiation import URQL
from tests.graph.transport.toy import PATIENCE, SECRET

SSE = "text/event-stream"
HELLO = {"data": {"hello": "Hello, world!"}}


def events(text: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"] or "null")))
    return found


async def test_a_subscription_is_a_stream_of_events(client: Client) -> None:
    answer = await client.post({"query": "subscription { count(to: 2) { name } }"}, accept=SSE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{SSE}; charset=utf-8")
    assert answer.headers["cache-control"] == "private, no-store"
    assert events(answer.text) == [
        ("next", {"data": {"count": {"name": "Thing 0"}}}),
        ("next", {"data": {"count": {"name": "Thing 1"}}}),
        ("complete", None),
    ]


async def test_get_may_follow_too(client: Client) -> None:
    answer = await client.get(query="subscription { count(to: 1) { id } }", accept=SSE)
    assert [kind for kind, _ in events(answer.text)] == ["next", "complete"]


async def test_a_query_is_one_event_where_events_are_preferred(client: Client) -> None:
    for accept in (SSE, f"{SSE}, application/json;q=0.5"):
        answer = await client.post({"query": "{ hello }"}, accept=accept)
        assert events(answer.text) == [("next", HELLO), ("complete", None)]


@pytest.mark.parametrize("accept", [URQL, f"{SSE}, application/json", "*/*"])
async def test_a_query_is_json_where_events_are_merely_listed(client: Client, accept: str) -> None:
    answer = await client.post({"query": "{ hello }"}, accept=accept)
    assert answer.json() == HELLO


@pytest.mark.parametrize("accept", [URQL, "*/*", f"application/json, {SSE};q=0.1"])
async def test_a_subscription_is_events_wherever_they_are_listed(
    client: Client, accept: str
) -> None:
    answer = await client.post({"query": "subscription { count(to: 1) { id } }"}, accept=accept)
    assert [kind for kind, _ in events(answer.text)] == ["next", "complete"]


async def test_a_subscription_that_only_takes_json_is_406(client: Client) -> None:
    answer = await client.post(
        {"query": "subscription { count { id } }"}, accept="application/json"
    )
    assert answer.status_code == 406


@pytest.mark.parametrize(
    ("field", "code", "details"),
    [
        ("broken", "INTERNAL_ERROR", {}),
        ("expired", "CURSOR_EXPIRED", {"earliestCursor": "cur_earliest"}),
    ],
)
async def test_what_ends_a_subscription_is_told_in_a_last_event(
    client: Client, field: str, code: str, details: dict[str, str]
) -> None:
    answer = await client.post(
        {"query": f"subscription {{ {field} {{ id }} }}"}, accept=SSE, x_request_id="r"
    )
    *_, (kind, last), end = events(answer.text)
    assert (kind, end) == ("next", ("complete", None))
    assert last["errors"][0]["extensions"] == {"code": code, "requestId": "r", **details}
    assert "orders" not in answer.text


async def test_an_invalid_document_is_400_even_for_events(client: Client) -> None:
    answer = await client.post({"query": "subscription { nothing }"}, accept=f"{SSE}, {URQL}")
    assert answer.status_code == 400


async def test_a_silent_stream_is_kept_alive_and_ends_when_the_client_leaves(
    client: Client,
) -> None:
    headers = {"authorization": f"Bearer {SECRET}", "accept": SSE}
    body = {"query": "subscription { live { id } }"}
    async with client.http.stream("POST", client.url, json=body, headers=headers) as answer:
        parts = answer.aiter_text()
        assert await anext(parts) == ":\n\n"
        client.toy.tick.set()
        received = ""
        while "thing_1" not in received:
            received += await anext(parts)
        assert client.toy.following == 1
    await client.toy.nobody_follows()


async def test_a_stream_ends_soon_after_its_token_is_revoked(client: Client) -> None:
    headers = {"authorization": f"Bearer {SECRET}", "accept": SSE}
    body = {"query": "subscription { live { id } }"}
    async with client.http.stream("POST", client.url, json=body, headers=headers) as answer:
        client.toy.revoked.add(SECRET)
        async with asyncio.timeout(PATIENCE):
            text = (await answer.aread()).decode()
    (_, last), end = events(text)
    assert (last["errors"][0]["extensions"]["code"], end[0]) == ("UNAUTHENTICATED", "complete")
    assert client.toy.following == 0
