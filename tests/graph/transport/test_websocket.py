"""The websocket: every close code of graphql-transport-ws, and operations that live together."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from ordergraph.graph.limits import Limits
from tests.graph.transport.conftest import Client
from tests.graph.transport.toy import (
    BROWSER,
    CRASHING,
    PATIENCE,
    SECRET,
    SHOP,
    SHOP_ORIGIN,
    Toy,
    eventually,
    served,
)

PROTOCOL = Subprotocol("graphql-transport-ws")
INIT = {"type": "connection_init", "payload": {"Authorization": f"Bearer {SECRET}"}}
ACK = {"type": "connection_ack"}


class Socket:
    """Speaks JSON, or anything else, to the server."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def say(self, message: Any) -> None:
        raw = message if isinstance(message, str | bytes) else json.dumps(message)
        await self._connection.send(raw)

    async def hear(self) -> Any:
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self._connection.recv())

    async def ask(self, id: str, query: str, **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.say({"type": "subscribe", "id": id, "payload": payload})

    async def initialise(self, token: str = SECRET) -> None:
        await self.say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        assert await self.hear() == ACK

    async def close_code(self) -> int:
        """Read until the server closes, and return its code."""
        with pytest.raises(ConnectionClosed) as closed:
            await self._read_on()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    async def _read_on(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                await self._connection.recv()


@asynccontextmanager
async def opened(
    client: Client, protocol: str | None = PROTOCOL, origin: str | None = None, **headers: str
) -> AsyncIterator[Socket]:
    async with connect(
        f"ws://{client.address}/graphql",
        subprotocols=None if protocol is None else [Subprotocol(protocol)],
        origin=None if origin is None else Origin(origin),
        additional_headers=headers,
        max_size=None,
    ) as connection:
        yield Socket(connection)


@pytest.fixture
async def socket(client: Client) -> AsyncIterator[Socket]:
    async with opened(client) as socket:
        yield socket


@pytest.fixture
async def ready(socket: Socket) -> Socket:
    await socket.initialise()
    return socket


async def test_a_query_is_answered_and_completed(ready: Socket) -> None:
    await ready.ask("a", "{ hello }")
    assert [await ready.hear(), await ready.hear()] == [
        {"type": "next", "id": "a", "payload": {"data": {"hello": "Hello, world!"}}},
        {"type": "complete", "id": "a"},
    ]


async def test_a_mutation_runs_on_a_socket(client: Client, ready: Socket) -> None:
    await ready.ask("a", "mutation { bump(by: 4) }")
    answer = await ready.hear()
    assert answer["payload"] == {"data": {"bump": 4}, "extensions": {"bumped": True}}


async def test_a_subscription_sends_each_event_and_completes(ready: Socket) -> None:
    await ready.ask("a", "subscription ($to: Int!) { count(to: $to) { id owner { id } } }", to=2)
    heard = [await ready.hear() for _ in range(3)]
    assert [message.get("payload", {}).get("data") for message in heard] == [
        {"count": {"id": "thing_0", "owner": {"id": "thing_7"}}},
        {"count": {"id": "thing_1", "owner": {"id": "thing_7"}}},
        None,
    ]
    assert heard[-1] == {"type": "complete", "id": "a"}


async def test_the_order_secret_of_the_parameters_reaches_the_application(
    client: Client, socket: Socket
) -> None:
    parameters = {"Authorization": f"Bearer {BROWSER}", "orderSecret": "s3cret"}
    await socket.say({"type": "connection_init", "payload": parameters})
    await socket.hear()
    await socket.ask("a", "{ orderSecret }")
    assert (await socket.hear())["payload"]["data"] == {"orderSecret": "'s3cret'"}


async def test_the_authorization_of_the_handshake_counts_too(client: Client) -> None:
    async with opened(client, Authorization=f"Bearer {SECRET}") as socket:
        await socket.say({"type": "connection_init"})
        assert await socket.hear() == ACK


@pytest.mark.parametrize("protocol", [None, "graphql-ws", "chat"])
async def test_another_protocol_is_4406(client: Client, protocol: str | None) -> None:
    async with opened(client, protocol) as socket:
        assert await socket.close_code() == 4406


async def test_an_operation_before_the_start_is_4401(client: Client, socket: Socket) -> None:
    await socket.ask("a", "mutation { bump }")
    assert (await socket.close_code(), client.toy.count) == (4401, 0)


async def test_no_start_in_time_is_4408(client: Client) -> None:
    toy = Toy()
    async with (
        served(toy, Limits(init_seconds=0.1)) as address,
        opened(Client(toy, address, client.http)) as socket,
    ):
        assert await socket.close_code() == 4408


async def test_a_start_that_arrived_while_the_process_was_held_up_is_in_time(
    client: Client,
) -> None:
    toy = Toy()
    async with (
        served(toy, Limits(init_seconds=1)) as address,
        opened(Client(toy, address, client.http)) as socket,
    ):
        await socket.say(INIT)
        time.sleep(1.2)  # noqa: ASYNC251 - the server runs on this very loop
        assert await socket.hear() == ACK


async def test_a_second_start_is_4429(ready: Socket) -> None:
    await ready.say(INIT)
    assert await ready.close_code() == 4429


async def test_an_id_in_use_is_4409(ready: Socket) -> None:
    await ready.ask("a", "subscription { live { id } }")
    await ready.ask("a", "{ hello }")
    assert await ready.close_code() == 4409


async def test_an_id_is_free_again_when_its_operation_has_ended(ready: Socket) -> None:
    for _ in range(3):
        await ready.ask("a", "{ hello }")
        assert [(await ready.hear())["type"], (await ready.hear())["type"]] == ["next", "complete"]
    await ready.ask("a", "subscription { live { id } }")
    await ready.say({"type": "complete", "id": "a"})
    await ready.ask("a", "{ hello }")
    assert (await ready.hear())["payload"]["data"] == {"hello": "Hello, world!"}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"Authorization": None},
        {"Authorization": 5},
        {"Authorization": ["Bearer"]},
        {"Authorization": {"a": {"b": [1.5, 2**70]}}},
        {"Authorization": "Bearer sk_unknown"},
        {"Authorization": "\U0001f600" * 1000},
        None,
    ],
)
async def test_a_bad_token_of_any_type_is_4403(socket: Socket, parameters: Any) -> None:
    await socket.say({"type": "connection_init", "payload": parameters})
    assert await socket.close_code() == 4403


async def test_a_failing_authentication_asks_to_come_again(socket: Socket) -> None:
    parameters = {"Authorization": f"Bearer {CRASHING}"}
    await socket.say({"type": "connection_init", "payload": parameters})
    assert await socket.close_code() == 1013


MALFORMED = [
    "",
    "5",
    "null",
    '"text"',
    "[]",
    '[{"type": "ping"}]',
    "{",
    "{}",
    '{"type": null}',
    '{"type": 5}',
    '{"type": ["ping"]}',
    '{"type": "start", "id": "a", "payload": {"query": "{ hello }"}}',
    '{"type": "connection_terminate"}',
    '{"type": "connection_ack"}',
    '{"type": "ping", "payload": 5}',
    '{"type": "ping", "payload": null}',
    '{"type": "ping", "payload": []}',
    '{"type": "pong", "payload": "x"}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": "a"}',
    '{"type": "subscribe", "id": "a", "payload": null}',
    '{"type": "subscribe", "id": "a", "payload": "{ hello }"}',
    '{"type": "subscribe", "id": "a", "payload": {}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": 5}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": null}}',
    '{"type": "subscribe", "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": null, "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": "' + "a" * 129 + '", "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ hello }", "variables": []}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ hello }", "variables": "x"}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ hello }", "variables": 5}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ hello }", "operationName": 5}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ hello }", "extensions": 5}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": 1}',
    '{"type": "complete", "id": ""}',
    '{"type": "ping", "payload": ' + '{"a":' * 60 + "1" + "}" * 60 + "}",
    "[" * 100_000,
    '{"type": "ping", "payload": {"a": NaN}}',
    '{"type": "ping", "payload": {"a": "\\u0000"}}',
    '{"type": "ping", "payload": {"a": "\\ud800"}}',
    b'{"type": "ping"}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("message", MALFORMED)
async def test_anything_malformed_is_4400(ready: Socket, message: str | bytes) -> None:
    await ready.say(message)
    assert await ready.close_code() == 4400


@pytest.mark.parametrize("message", MALFORMED)
async def test_anything_malformed_is_4400_before_the_start_too(
    socket: Socket, message: str | bytes
) -> None:
    await socket.say(message)
    assert await socket.close_code() == 4400


@pytest.mark.parametrize("payload", [5, "x", [], True])
async def test_connection_parameters_that_are_no_object_are_4400(
    socket: Socket, payload: Any
) -> None:
    await socket.say({"type": "connection_init", "payload": payload})
    assert await socket.close_code() == 4400


async def test_a_ping_is_answered_before_and_after_the_start(socket: Socket) -> None:
    await socket.say({"type": "ping"})
    assert await socket.hear() == {"type": "pong"}
    await socket.initialise()
    await socket.say({"type": "ping", "payload": {"a": 1}})
    assert await socket.hear() == {"type": "pong"}
    await socket.say({"type": "pong", "payload": {}})
    await socket.say({"type": "complete", "id": "nothing"})
    await socket.ask("a", "{ hello }")
    assert (await socket.hear())["type"] == "next"


async def test_a_frame_has_at_most_256_kb(ready: Socket) -> None:
    query = "query ($n: String!) { hello(name: $n) }"
    await ready.ask("a", query, n="x" * 260_000)
    assert len((await ready.hear())["payload"]["data"]["hello"]) == 260_008
    await ready.ask("b", query, n="x" * 263_000)
    assert await ready.close_code() == 1009


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ("{ hello", {}, "INVALID_FIELD"),
        ("", {}, "FIELD_REQUIRED"),
        ("{ nothing }", {}, "INVALID_FIELD"),
        ("query ($v: Long!) { amount(value: $v) }", {"v": 2**53}, "INVALID_FIELD"),
        ("query A { hello } query B { hello }", {}, "INVALID_FIELD"),
        ("{ thing { parts { parts { parts { parts { id } } } } } }", {}, "QUERY_TOO_COMPLEX"),
        ("{" + "hello " * 10_000 + "}", {}, "QUERY_TOO_COMPLEX"),
        ("subscription { count { id } broken { id } }", {}, "INVALID_FIELD"),
    ],
)
async def test_a_document_that_cannot_run_is_an_error_of_its_id_alone(
    client: Client, ready: Socket, document: str, variables: dict[str, Any], code: str
) -> None:
    await ready.ask("live", "subscription { live { id } }")
    await client.toy.started.wait()
    await ready.ask("bad", document, **variables)
    error = await ready.hear()
    assert (error["type"], error["id"]) == ("error", "bad")
    assert error["payload"][0]["extensions"]["code"] == code
    assert error["payload"][0]["extensions"]["requestId"].startswith("req_")
    client.toy.tick.set()
    assert (await ready.hear())["id"] == "live"


async def test_a_persisted_query_without_its_document_falls_back(ready: Socket) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "ab"}}
    await ready.say({"type": "subscribe", "id": "a", "payload": {"extensions": extensions}})
    error = await ready.hear()
    assert error["payload"][0]["message"] == "PersistedQueryNotSupported"


async def test_errors_of_fields_come_with_the_data(ready: Socket) -> None:
    await ready.ask("a", "{ hello crash }")
    payload = (await ready.hear())["payload"]
    assert payload["data"] == {"hello": "Hello, world!", "crash": None}
    assert payload["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"
    assert "SELECT" not in json.dumps(payload)


@pytest.mark.parametrize(
    ("field", "events", "extensions"),
    [
        ("broken", 1, {"code": "INTERNAL_ERROR"}),
        ("expired", 0, {"code": "CURSOR_EXPIRED", "earliestCursor": "cur_earliest"}),
    ],
)
async def test_what_ends_a_subscription_is_its_error(
    ready: Socket, field: str, events: int, extensions: dict[str, str]
) -> None:
    await ready.ask("a", f"subscription {{ {field} {{ id }} }}")
    for _ in range(events):
        assert (await ready.hear())["type"] == "next"
    error = await ready.hear()
    found = error["payload"][0]["extensions"]
    assert (error["type"], {name: found[name] for name in found if name != "requestId"}) == (
        "error",
        extensions,
    )
    assert "orders" not in json.dumps(error)
    await ready.ask("a", "{ hello }")
    assert (await ready.hear())["type"] == "next"


async def test_at_most_32_operations_run_on_one_socket(client: Client, ready: Socket) -> None:
    for number in range(32):
        await ready.ask(f"live-{number}", "subscription { live { id } }")
    await ready.ask("one-more", "{ hello }")
    error = await ready.hear()
    assert (error["type"], error["id"]) == ("error", "one-more")
    assert error["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    await ready.say({"type": "complete", "id": "live-7"})
    await ready.ask("one-more", "{ hello }")
    assert (await ready.hear())["type"] == "next"


async def test_a_completed_subscription_stops_following(client: Client, ready: Socket) -> None:
    await ready.ask("a", "subscription { live { id } }")
    await client.toy.started.wait()
    assert client.toy.following == 1
    await ready.say({"type": "complete", "id": "a"})
    await client.toy.nobody_follows()


async def test_a_client_that_leaves_stops_following(client: Client) -> None:
    async with opened(client) as socket:
        await socket.initialise()
        await socket.ask("a", "subscription { live { id } }")
        await client.toy.started.wait()
    await client.toy.nobody_follows()


async def test_the_subscriptions_of_a_revoked_token_end_with_4403(
    client: Client, ready: Socket
) -> None:
    await ready.ask("a", "subscription { live { id } }")
    await client.toy.started.wait()
    client.toy.revoked.add(SECRET)
    assert await ready.close_code() == 4403
    await client.toy.nobody_follows()


async def test_a_mutation_goes_on_when_its_client_leaves(client: Client) -> None:
    async with opened(client) as socket:
        await socket.initialise()
        await socket.ask("completed", "mutation { bumpSlowly }")
        await client.toy.started.wait()
        client.toy.started.clear()
        await socket.say({"type": "complete", "id": "completed"})
        await socket.ask("left", "mutation { bumpSlowly }")
        await client.toy.started.wait()
    client.toy.tick.set()
    await eventually(lambda: client.toy.count == 2)


async def test_a_slow_query_does_not_hold_up_the_others(client: Client, ready: Socket) -> None:
    await ready.ask("slow", "{ slow }")
    await client.toy.started.wait()
    await ready.ask("fast", "{ hello }")
    assert (await ready.hear())["id"] == "fast"


@pytest.mark.parametrize(
    ("token", "origin", "admitted"),
    [
        (BROWSER, "https://anywhere.example", True),
        (SHOP, SHOP_ORIGIN, True),
        (SHOP, "https://elsewhere.example", False),
        (SECRET, SHOP_ORIGIN, False),
        (SECRET, None, True),
        (SHOP, None, True),
        (SECRET, "own", True),
    ],
)
async def test_a_page_may_only_use_keys_that_allow_its_origin(
    client: Client, token: str, origin: str | None, admitted: bool
) -> None:
    page = f"http://{client.address}" if origin == "own" else origin
    async with opened(client, origin=page) as socket:
        await socket.say(
            {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        )
        if admitted:
            assert await socket.hear() == ACK
        else:
            assert await socket.close_code() == 4403
