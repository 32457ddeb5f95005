"""Registered documents: named by their hash in either form, on every transport; only them, too."""

import json
from hashlib import sha256
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.graph.transport.conftest import Client, codes
from tests.graph.transport.toy import SECRET

JSON = "application/json"
HELLO = 'query Hello($name: String! = "world") { hello(name: $name) }\n'
BUMP = "mutation Bump { bump }"
COUNT = "subscription Count { count(to: 1) { id } }"


def persisted(hash: str) -> dict[str, Any]:
    """The form that Apollo's link sends."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}


def hash_of(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def forms(hash: str) -> list[dict[str, Any]]:
    """Every form in which a client may name a document."""
    return [
        persisted(hash),
        persisted(hash.upper()),
        {"documentId": hash},
        {"documentId": f"sha256:{hash}"},
    ]


def in_address(body: dict[str, Any]) -> dict[str, str]:
    """The same request as the parameters of an address."""
    return {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()
    }


async def on_socket(client: Client, *payloads: Any) -> list[Any]:
    """Ask on a websocket, one after the other; returns the first message for each."""
    told: list[Any] = []
    url = f"ws://{client.address}/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {SECRET}"}}
        await socket.send(json.dumps(init))
        await socket.recv()
        for number, payload in enumerate(payloads):
            asked = {"type": "subscribe", "id": str(number), "payload": payload}
            await socket.send(json.dumps(asked))
            told.append(json.loads(await socket.recv()))
            while told[-1]["type"] == "next" and json.loads(await socket.recv())["type"] == "next":
                pass
    return told


async def events(client: Client, body: Any) -> str:
    """Ask for an event stream and return it whole."""
    return (await client.post(body, accept="text/event-stream")).text


@pytest.mark.parametrize("form", range(4))
async def test_a_registered_document_runs_by_its_hash(client: Client, form: int) -> None:
    body = {**forms(client.toy.register(HELLO))[form], "variables": {"name": "you"}}
    posted = await client.post(body)
    got = await client.get(**in_address(body))
    assert posted.json() == got.json() == {"data": {"hello": "Hello, you!"}}
    (told,) = await on_socket(client, body)
    assert told["payload"] == {"data": {"hello": "Hello, you!"}}


@pytest.mark.parametrize("form", range(4))
async def test_subscriptions_and_mutations_run_by_their_hash(client: Client, form: int) -> None:
    count = forms(client.toy.register(COUNT))[form]
    bump = forms(client.toy.register(BUMP))[form]
    assert '"id":"thing_0"' in await events(client, count)
    (told,) = await on_socket(client, count)
    assert told["payload"]["data"]["count"] == {"id": "thing_0"}
    refused = await client.get(**in_address(bump))
    assert (refused.status_code, client.toy.count) == (405, 0)
    assert (await client.post(bump)).json()["data"] == {"bump": 1}


@pytest.mark.parametrize(
    ("documents", "message"),
    [((), "PersistedQueryNotSupported"), ((BUMP,), "PersistedQueryNotFound")],
)
@pytest.mark.parametrize("hash", [hash_of(HELLO), f"{hash_of(HELLO)[:-1]} "])
async def test_an_unknown_hash_is_told_so_that_apollo_sends_the_document(
    client: Client, documents: tuple[str, ...], message: str, hash: str
) -> None:
    for document in documents:
        client.toy.register(document)
    for body in (persisted(hash), {"documentId": hash}):
        for answer, status in (
            (await client.post(body), 400),
            (await client.get(accept=JSON, **in_address(body)), 200),
        ):
            assert answer.status_code == status
            (error,) = answer.json()["errors"]
            assert (error["message"], "data" in answer.json()) == (message, False)
            assert answer.headers["cache-control"] == "private, no-store"
    (told,) = await on_socket(client, persisted(hash))
    assert (told["type"], told["payload"][0]["message"]) == ("error", message)


@pytest.mark.parametrize("form", range(4))
async def test_a_document_beside_its_hash_runs_registered_or_not(client: Client, form: int) -> None:
    body = {"query": "{ hello }", **forms(hash_of("{ hello }"))[form]}
    assert (await client.post(body)).json() == {"data": {"hello": "Hello, world!"}}
    client.toy.register("{ hello }")
    assert (await client.post(body)).json() == {"data": {"hello": "Hello, world!"}}


@pytest.mark.parametrize("form", range(4))
async def test_a_document_beside_the_hash_of_another_is_refused(client: Client, form: int) -> None:
    body = {"query": BUMP, **forms(client.toy.register(HELLO))[form]}
    answer = await client.post(body)
    assert (answer.status_code, codes(answer.json())) == (400, ["INVALID_FIELD"])
    assert answer.json()["errors"][0]["message"] == (
        "The hash is not the SHA-256 of the document beside it."
    )
    (told,) = await on_socket(client, body)
    assert told["payload"][0]["extensions"]["code"] == "INVALID_FIELD"
    assert client.toy.count == 0


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": 5},
        {"documentId": ["ab"]},
        {"extensions": {"persistedQuery": "ab"}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "ab"}}},
        {"extensions": {"persistedQuery": {"sha256Hash": "ab"}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 5}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
    ],
)
async def test_a_malformed_name_of_a_document_is_a_clean_error(client: Client, body: Any) -> None:
    answer = await client.post(body)
    assert (answer.status_code, codes(answer.json())) == (400, ["INVALID_FIELD"])
    (told,) = await on_socket(client, {"query": "{ hello }", **body})
    assert told["payload"][0]["extensions"]["code"] == "INVALID_FIELD"


@pytest.fixture
async def trusting(client: Client) -> Client:
    """A server that runs registered documents only."""
    client.toy.trusting = True
    client.toy.register(HELLO)
    return client


INTROSPECTION = "{ __schema { queryType { name } } }"


@pytest.mark.parametrize("document", ["{ hello }", BUMP, INTROSPECTION, "{"])
async def test_only_registered_documents_run_where_that_is_set(
    trusting: Client, document: str
) -> None:
    body = {"query": document}
    for answer in (
        await trusting.post(body),
        await trusting.get(query=document),
        await trusting.post({**body, **persisted(hash_of(document))}),
        await trusting.post(body, accept="text/event-stream"),
    ):
        assert codes(answer.json()) == ["OPERATION_NOT_REGISTERED"]
    (told,) = await on_socket(trusting, body)
    assert told["payload"][0]["extensions"]["code"] == "OPERATION_NOT_REGISTERED"
    assert trusting.toy.count == 0


async def test_an_unregistered_subscription_is_refused_where_that_is_set(trusting: Client) -> None:
    streamed = await events(trusting, {"query": COUNT})
    assert codes(json.loads(streamed)) == ["OPERATION_NOT_REGISTERED"]
    (told,) = await on_socket(trusting, {"query": COUNT})
    assert told["payload"][0]["extensions"]["code"] == "OPERATION_NOT_REGISTERED"


async def test_registered_documents_run_there_by_hash_and_whole(trusting: Client) -> None:
    for body in (*forms(hash_of(HELLO)), {"query": HELLO}):
        assert (await trusting.post(body)).json() == {"data": {"hello": "Hello, world!"}}
    assert (await trusting.get(query=HELLO)).json() == {"data": {"hello": "Hello, world!"}}
    (told,) = await on_socket(trusting, {"query": HELLO})
    assert told["payload"] == {"data": {"hello": "Hello, world!"}}
