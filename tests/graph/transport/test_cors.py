"""Browser shops on other origins: who may ask, and who may read."""

import pytest

from tests.graph.transport.conftest import Client, codes
from tests.graph.transport.toy import BROWSER, SECRET, SHOP, SHOP_ORIGIN

QUERY = {"query": "{ hello }"}
ELSEWHERE = "https://elsewhere.example"


async def test_a_preflight_is_answered_without_a_key(client: Client) -> None:
    headers = {
        "origin": SHOP_ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,ordergraph-order-secret,x-evil",
    }
    answer = await client.http.options(client.url, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    allowed = {name: value for name, value in answer.headers.items() if "control-allow" in name}
    assert allowed == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, "
        "ordergraph-order-secret",
    }
    assert answer.headers["access-control-max-age"] == "7200"


async def test_a_publishable_key_without_a_list_works_from_any_origin(client: Client) -> None:
    answer = await client.post(QUERY, token=BROWSER, origin=ELSEWHERE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "X-Request-Id, Retry-After"
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_publishable_key_with_a_list_works_from_its_origins(client: Client) -> None:
    answer = await client.post(QUERY, token=SHOP, origin=SHOP_ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP_ORIGIN
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "https://shop.example.evil.example"])
async def test_a_publishable_key_with_a_list_is_refused_elsewhere(
    client: Client, origin: str
) -> None:
    answer = await client.post({"query": "mutation { bump }"}, token=SHOP, origin=origin)
    assert (answer.status_code, codes(answer.json()), client.toy.count) == (403, ["FORBIDDEN"], 0)
    assert "access-control-allow-origin" not in answer.headers


async def test_our_own_pages_may_use_any_key(client: Client) -> None:
    own = f"http://{client.address}"
    assert (await client.post(QUERY, token=SHOP, origin=own)).status_code == 200
    assert (await client.post(QUERY, token=SECRET, origin=own)).status_code == 200


async def test_a_secret_key_is_answered_without_cors_headers(client: Client) -> None:
    answer = await client.post(QUERY, token=SECRET, origin=SHOP_ORIGIN)
    assert answer.status_code == 200
    assert [name for name in answer.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("body", [b"{", b'{"query": "{"}', b'{"query": "' + b"x" * 300_000 + b'"}'])
async def test_a_shop_may_read_why_its_request_was_refused(client: Client, body: bytes) -> None:
    answer = await client.post(body, token=SHOP, origin=SHOP_ORIGIN)
    assert answer.status_code in (400, 413)
    assert answer.headers["access-control-allow-origin"] == SHOP_ORIGIN


async def test_a_shop_may_read_that_its_key_is_unknown(client: Client) -> None:
    answer = await client.post(QUERY, token="pk_revoked", origin=SHOP_ORIGIN)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "*")
