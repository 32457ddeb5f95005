"""GraphQL over HTTP: what is answered, as which type, with which status."""

import asyncio
import contextlib
import gzip
import json
import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from ordergraph.graph.limits import Limits
from tests.graph.transport.conftest import MODERN, Client, codes
from tests.graph.transport.toy import BROWSER, CRASHING, SECRET, Toy, served

JSON = "application/json"
BUMP = "mutation { bump }"


async def test_a_query_is_answered(client: Client) -> None:
    answer = await client.post({"query": "{ hello }"})
    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "Hello, world!"}})
    assert answer.headers["content-type"] == f"{MODERN}; charset=utf-8"


async def test_async_fields_and_lists_are_answered(client: Client) -> None:
    answer = await client.query("{ thing { owner { name owner { id } } parts { name } } }")
    assert answer == {
        "data": {
            "thing": {
                "owner": {"name": "Thing 7", "owner": {"id": "thing_7"}},
                "parts": [{"name": "Thing 1"}],
            }
        }
    }


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (MODERN, MODERN),
        (JSON, JSON),
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{MODERN}, {JSON};q=0.9", MODERN),
        (f"{JSON}, {MODERN}", JSON),
        (f"{MODERN};q=0.5, {JSON};q=0.8", JSON),
        (f"{JSON};q=0, */*", MODERN),
        ("application/JSON; charset=utf-8", JSON),
    ],
)
async def test_the_answer_has_the_type_that_is_liked_best(
    client: Client, accept: str | None, answered: str
) -> None:
    if accept is None:
        client.http.headers.pop("accept")
    answer = await client.post({"query": "{ hello }"}, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        f"{answered}; charset=utf-8",
    )


async def test_an_answer_that_nobody_can_read_is_406(client: Client) -> None:
    answer = await client.post({"query": BUMP}, accept="text/html, image/png")
    assert (answer.status_code, codes(answer.json())) == (406, ["NOT_ACCEPTABLE"])
    assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert client.toy.count == 0


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ hello"},
        {"query": "{ nothing }"},
        {"query": "query ($value: Long!) { amount(value: $value) }", "variables": {"value": "1"}},
        {"query": "query ($value: Long!) { amount(value: $value) }"},
        {"query": "query A { hello } query B { hello }"},
        {"query": "query A { hello }", "operationName": "B"},
    ],
)
@pytest.mark.parametrize(("accept", "status"), [(MODERN, 400), (JSON, 200)])
async def test_what_graphql_refuses_has_no_data_and_the_status_of_its_media_type(
    client: Client, body: object, accept: str, status: int
) -> None:
    answer = await client.post(body, accept=accept)
    assert (answer.status_code, list(answer.json())) == (status, ["errors"])
    assert set(codes(answer.json())) == {"INVALID_FIELD"}


async def test_errors_of_fields_are_200_with_data(client: Client) -> None:
    answer = await client.post({"query": "{ hello problem }"})
    assert answer.status_code == 200
    assert answer.json()["data"] == {"hello": "Hello, world!", "problem": None}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
async def test_other_methods_are_405_with_allow(client: Client, method: str) -> None:
    answer = await client.http.request(method, client.url)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST, OPTIONS"
    if method != "HEAD":
        assert codes(answer.json()) == ["METHOD_NOT_ALLOWED"]


@pytest.mark.parametrize("token", [None, "sk_unknown", "sk_test x"])
async def test_nobody_in_particular_is_401(client: Client, token: str | None) -> None:
    answer = await client.post({"query": "{ hello }"}, token=token)
    assert (answer.status_code, codes(answer.json())) == (401, ["UNAUTHENTICATED"])
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_failing_authentication_is_a_masked_500(client: Client) -> None:
    answer = await client.post({"query": "{ hello }"}, token=CRASHING)
    assert (answer.status_code, codes(answer.json())) == (500, ["INTERNAL_ERROR"])
    assert "database" not in answer.text


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "text/application/json",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/graphql",
        "",
    ],
)
async def test_only_json_runs_anything(client: Client, content_type: str) -> None:
    answer = await client.post({"query": BUMP}, content_type=content_type)
    assert (answer.status_code, codes(answer.json())) == (415, ["UNSUPPORTED_MEDIA_TYPE"])
    assert client.toy.count == 0


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON ; charset=UTF-8", 'application/json;charset="utf-8"'],
)
async def test_json_in_utf_8_runs(client: Client, content_type: str) -> None:
    answer = await client.post({"query": BUMP}, content_type=content_type)
    assert (answer.status_code, client.toy.count) == (200, 1)


async def test_an_encoded_body_is_415(client: Client) -> None:
    body = gzip.compress(json.dumps({"query": BUMP}).encode())
    answer = await client.post(body, content_encoding="gzip")
    assert (answer.status_code, codes(answer.json())) == (415, ["UNSUPPORTED_MEDIA_TYPE"])
    assert client.toy.count == 0


async def test_a_gzip_body_that_is_not_declared_is_400(client: Client) -> None:
    body = gzip.compress(json.dumps({"query": BUMP}).encode())
    answer = await client.post(body)
    assert (answer.status_code, codes(answer.json())) == (400, ["INVALID_FORMAT"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b'[{"query": "{ hello }"}]',
        b"{",
        b'{"query": "\xff"}',
        b'{"query": "{ hello }", "variables": NaN}',
        b'{"query": "{ hello }", "variables": {"a": 1' + b"0" * 400 + b"}}",
        b'{"query": "{ hello }", "variables": {"a": 1e999999}}',
        b'{"query": "{ hello }", "variables": {"a": "\\u0000"}}',
        b'{"query": "{ hello }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ hello }", "variables": {"\\ud800": 1.5}}',
        b'{"query": "{ hello }", "variables": ' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"}",
        b"[" * 100_000 + b"]" * 100_000,
        b"\xef\xbb\xbf{}",
    ],
)
async def test_what_is_not_a_request_is_a_clean_400(client: Client, body: bytes) -> None:
    answer = await client.post(body)
    assert answer.status_code == 400
    assert codes(answer.json()) == ["INVALID_FORMAT"]
    assert (await client.query("{ hello }")) == {"data": {"hello": "Hello, world!"}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "FIELD_REQUIRED"),
        ({"query": None}, "FIELD_REQUIRED"),
        ({"query": ""}, "FIELD_REQUIRED"),
        ({"query": 5}, "INVALID_FIELD"),
        ({"query": "{ hello }", "variables": []}, "INVALID_FIELD"),
        ({"query": "{ hello }", "variables": "{}"}, "INVALID_FIELD"),
        ({"query": "{ hello }", "operationName": 5}, "INVALID_FIELD"),
        ({"query": "{ hello }", "extensions": "x"}, "INVALID_FIELD"),
    ],
)
async def test_a_request_of_the_wrong_shape_is_400(client: Client, body: object, code: str) -> None:
    for accept in (MODERN, JSON):
        answer = await client.post(body, accept=accept)
        assert (answer.status_code, codes(answer.json())) == (400, [code])


async def test_nulls_stand_for_what_is_left_out(client: Client) -> None:
    body = {"query": "{ hello }", "variables": None, "operationName": None, "extensions": None}
    assert (await client.post(body)).status_code == 200


async def test_a_body_declared_too_long_is_refused_at_once(client: Client) -> None:
    answer = await client.post(b'{"query": "' + b"x" * 300_000 + b'"}')
    assert (answer.status_code, codes(answer.json())) == (413, ["REQUEST_TOO_LARGE"])


async def growing(parts: int) -> AsyncIterator[bytes]:
    for _ in range(parts):
        yield b" " * 60_000


async def test_a_body_that_grows_too_long_is_refused_while_it_is_read(client: Client) -> None:
    headers = {"content-type": JSON, "authorization": f"Bearer {SECRET}"}
    answer = await client.http.post(client.url, content=growing(6), headers=headers)
    assert (answer.status_code, codes(answer.json())) == (413, ["REQUEST_TOO_LARGE"])


async def test_a_body_without_end_is_cut_off(client: Client) -> None:
    headers = {"content-type": JSON, "authorization": f"Bearer {SECRET}"}
    with contextlib.suppress(httpx2.NetworkError):
        answer = await client.http.post(client.url, content=growing(10**6), headers=headers)
        assert answer.status_code == 413
    assert await client.query("{ hello }") == {"data": {"hello": "Hello, world!"}}


async def test_the_largest_body_is_taken(client: Client) -> None:
    body = json.dumps({"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": ""}})
    name = "x" * (256 * 1024 - len(body))
    answer = await client.query("query ($n: String!) { hello(name: $n) }", n=name)
    assert len(answer["data"]["hello"]) == len(name) + len("Hello, !")


async def test_get_runs_queries(client: Client) -> None:
    answer = await client.get(
        query="query A($n: String!) { hello(name: $n) } query B { hello }",
        operationName="A",
        variables='{"n": "GET"}',
    )
    assert (answer.status_code, answer.json()) == (200, {"data": {"hello": "Hello, GET!"}})


async def test_get_never_runs_a_mutation(client: Client) -> None:
    answer = await client.get(query=BUMP)
    assert (answer.status_code, codes(answer.json())) == (405, ["METHOD_NOT_ALLOWED"])
    assert (answer.headers["allow"], client.toy.count) == ("POST", 0)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?query=",
        "?query=%ff",
        "?query={hello}&variables=[",
        "?query={hello}&query={thing}",
        "?query={hello}&variables=5",
        "?query={hello}&" + "&".join(["a=1"] * 50),
    ],
)
async def test_get_with_nothing_to_run_is_400(client: Client, address: str) -> None:
    headers = {"authorization": f"Bearer {SECRET}"}
    answer = await client.http.get(client.url + address, headers=headers)
    assert answer.status_code == 400
    assert codes(answer.json())[0] in ("INVALID_FORMAT", "INVALID_FIELD", "FIELD_REQUIRED")


async def test_two_operations_need_a_name(client: Client) -> None:
    document = "mutation A { bump } mutation B { bump(by: 10) }"
    answer = await client.post({"query": document})
    assert (answer.status_code, codes(answer.json()), client.toy.count) == (
        400,
        ["INVALID_FIELD"],
        0,
    )
    named = await client.post({"query": document, "operationName": "B"})
    assert named.json()["data"] == {"bump": 10}


@pytest.mark.parametrize(
    ("body", "token"),
    [({"query": "{ hello }"}, SECRET), ({"query": "{"}, SECRET), ({"query": "{ hello }"}, None)],
)
async def test_nothing_is_kept_by_caches(client: Client, body: object, token: str | None) -> None:
    answer = await client.post(body, token=token)
    assert answer.headers["cache-control"] == "private, no-store"


async def test_the_request_id_is_echoed_on_answers_and_errors(client: Client) -> None:
    good = await client.post({"query": "{ hello }"}, x_request_id="my-request.1")
    assert good.headers["x-request-id"] == "my-request.1"
    bad = await client.post({"query": "{ problem }"}, x_request_id="my-request.1")
    assert bad.json()["errors"][0]["extensions"]["requestId"] == "my-request.1"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", '"><script>'])
async def test_a_request_without_a_plain_id_gets_one(client: Client, given: str) -> None:
    answer = await client.post({"query": "{ problem }"}, x_request_id=given)
    made = answer.headers["x-request-id"]
    assert re.fullmatch(r"req_[0-9a-z]{26}", made)
    assert answer.json()["errors"][0]["extensions"]["requestId"] == made


async def test_the_idempotency_key_of_the_header_reaches_a_single_mutation(
    client: Client,
) -> None:
    answer = await client.post({"query": "mutation { __typename key }"}, idempotency_key="abc")
    assert answer.json()["data"]["key"] == "abc"


@pytest.mark.parametrize(
    "document",
    [
        "mutation { bump again: bump }",
        "mutation { ...Two } fragment Two on Mutation { bump again: bump }",
    ],
)
async def test_idm_12_the_header_with_more_than_one_mutation_is_400(
    client: Client, document: str
) -> None:
    answer = await client.post({"query": document}, idempotency_key="abc", accept=JSON)
    assert (answer.status_code, codes(answer.json())) == (400, ["IDEMPOTENCY_KEY_INVALID"])
    assert client.toy.count == 0


async def test_idm_11_queries_ignore_the_header(client: Client) -> None:
    answer = await client.post({"query": "{ idempotencyKey hello }"}, idempotency_key="abc")
    assert answer.json()["data"]["idempotencyKey"] is None


async def test_what_a_resolver_adds_to_the_answer_stands_in_its_extensions(
    client: Client,
) -> None:
    answer = await client.post({"query": BUMP})
    assert answer.json() == {"data": {"bump": 1}, "extensions": {"bumped": True}}


async def test_browsers_run_the_same_way(client: Client) -> None:
    answer = await client.post({"query": BUMP}, token=BROWSER)
    assert answer.json()["data"] == {"bump": 1}


async def test_a_query_that_takes_too_long_is_given_up(client: Client) -> None:
    toy = Toy()
    async with served(toy, Limits(query_seconds=0.05)) as address:
        slow = Client(toy, address, client.http)
        answer = await slow.query("{ slow }")
    assert (answer["data"], codes(answer)) == (None, ["TIMEOUT"])


async def test_a_body_that_trickles_is_given_up(client: Client) -> None:
    async with served(Toy(), Limits(body_seconds=0.05)) as address:
        reader, writer = await asyncio.open_connection(*address.split(":"))
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ncontent-length: 99\r\n"
        )
        writer.write(f"{head}authorization: Bearer {SECRET}\r\n\r\n{{".encode())
        status = await reader.readline()
        writer.close()
    assert status.split()[1] == b"408"


def test_the_limits_are_those_that_are_promised() -> None:
    assert (Limits().body_bytes, Limits().frame_bytes, Limits().document_bytes) == (
        256 * 1024,
        256 * 1024,
        64 * 1024,
    )
    assert (Limits().tokens, Limits().depth, Limits().introspection_depth) == (5_000, 12, 20)
    assert (Limits().aliases, Limits().cost, Limits().root_mutations) == (50, 10_000, 5)
    assert (Limits().introspections, Limits().init_seconds) == (2, 5)
    assert (Limits().socket_operations, Limits().recheck_seconds <= 5) == (32, True)
