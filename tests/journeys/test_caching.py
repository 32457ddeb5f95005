"""What caches may keep: which answers are public, for how long, and when they are dropped."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.access.issuing import revoke_key
from ordergraph.commerce.bundles.outdating import TOPIC
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import statements
from ordergraph.runtime.purging import PURGE
from tests.databases import Databases
from tests.journeys.caching import NAMES, ORDER, PAGE, Server, Shop, server

PRIVATE = "private, no-store"
MODERN = "application/graphql-response+json"
SHOP_ORIGIN, ELSEWHERE = "https://shop.example", "https://elsewhere.example"


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[str]:
    async with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def plain(database: str) -> AsyncIterator[Server]:
    """A server that keeps no answers itself."""
    async with server(database) as running:
        yield running


@pytest.fixture(scope="module")
async def keeping(database: str) -> AsyncIterator[Server]:
    """A server that keeps answers itself."""
    async with server(database, cache_mb=4) as running:
        yield running


@pytest.fixture
async def shop(plain: Server) -> Shop:
    return await plain.shop()


def policy(seconds: int) -> str:
    return f"public, s-maxage={seconds}, stale-while-revalidate={seconds}"


async def test_a_product_page_is_public_for_as_long_as_its_least_policy(
    plain: Server, shop: Shop
) -> None:
    product = await plain.product(shop)
    page = await plain.get(shop, PAGE, variables={"id": product["id"]})
    assert page.json() == {
        "data": {"product": {"name": "Beans", "variants": [{"sku": None, "quantityAvailable": 10}]}}
    }
    assert page.headers["cache-control"] == policy(10)
    assert page.headers["surrogate-key"] == f"{shop.env} {product['id']}"
    assert re.fullmatch(r'"[0-9a-f]{32}"', page.headers["etag"])
    assert page.headers["vary"] == "Accept"
    assert "x-request-id" not in page.headers
    names = await plain.get(shop, NAMES)
    assert names.headers["cache-control"] == policy(60)
    assert names.headers["surrogate-key"] == f"{shop.env} products-{shop.env} {product['id']}"


async def test_a_registered_document_is_public_by_its_hash(plain: Server, shop: Shop) -> None:
    product = await plain.product(shop)
    hash = await plain.register(shop, PAGE)
    for named in (
        {"documentId": hash},
        {"documentId": f"sha256:{hash}"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}},
    ):
        page = await plain.get(shop, variables={"id": product["id"]}, **named)
        assert page.json()["data"]["product"]["name"] == "Beans"
        assert page.headers["cache-control"] == policy(10)


async def test_an_answer_that_is_known_is_not_sent_again(plain: Server, shop: Shop) -> None:
    await plain.product(shop)
    page = await plain.get(shop, NAMES)
    etag = page.headers["etag"]
    for said in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await plain.get(shop, NAMES, headers={"if-none-match": said})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "cache-control", "surrogate-key", "vary"):
            assert again.headers[name] == page.headers[name]
        assert "content-type" not in again.headers
    assert (await plain.get(shop, NAMES, headers={"if-none-match": '"x"'})).status_code == 200
    modern = await plain.get(shop, NAMES, headers={"accept": MODERN, "if-none-match": etag})
    assert (modern.status_code, modern.content) == (200, page.content)
    assert modern.headers["content-type"] == f"{MODERN}; charset=utf-8"
    await plain.product(shop, "Mug")
    changed = await plain.get(shop, NAMES, headers={"if-none-match": etag})
    assert (changed.status_code, len(changed.json()["data"]["products"]["nodes"])) == (200, 2)


async def test_a_search_that_finds_nothing_goes_out_of_date_with_the_lists(
    plain: Server, shop: Shop
) -> None:
    nothing = await plain.get(shop, '{ sellableBySku(sku: "A") { __typename } }')
    assert nothing.json() == {"data": {"sellableBySku": None}}
    assert nothing.headers["surrogate-key"] == f"{shop.env} products-{shop.env}"
    product = await plain.product(shop, sku="A")
    found = await plain.get(shop, '{ sellableBySku(sku: "A") { __typename } }')
    assert found.headers["surrogate-key"] == f"{shop.env} {product['id']}"
    variant = await plain.get(
        shop, f'{{ productVariant(id: "{product["defaultVariant"]["id"]}") {{ sku }} }}'
    )
    assert variant.headers["surrogate-key"] == f"{shop.env} {product['id']}"
    start = await plain.get(shop, "{ shop { name } }")
    assert start.headers["surrogate-key"] == shop.env


async def test_bug_47_a_viewers_orders_and_errors_are_never_kept(plain: Server, shop: Shop) -> None:
    product = await plain.product(shop)
    order = await plain.buy(shop, product)
    for query in (
        "{ viewer { kind } }",
        "{ shop { name } viewer { kind } }",
        f'{{ order(id: "{order}") {{ id }} }}',
        f'{{ node(id: "{product["id"]}") {{ id }} }}',
        "{ products { nodes { name metadata } } }",
        "{ products(first: 500) { nodes { name } } }",
        "{ products { nodes { nam } } }",
        "{",
        "{ __schema { queryType { name } } }",
    ):
        answer = await plain.get(shop, query)
        assert answer.headers["cache-control"] == PRIVATE, query
        assert "etag" not in answer.headers
        assert "surrogate-key" not in answer.headers
        assert "x-request-id" in answer.headers


async def test_bug_47_a_buyer_with_an_order_is_answered_alone(plain: Server, shop: Shop) -> None:
    product = await plain.product(shop)
    line = {"variantId": product["defaultVariant"]["id"]}
    key = shop.publishable.token
    created = await plain.post(shop, ORDER, key, input={"lineItems": [line]})
    secret = {"ordergraph-order-secret": created["clientSecret"]}
    mine = f'{{ order(id: "{created["order"]["id"]}") {{ id }} }}'
    opened = await plain.get(shop, mine, headers=secret)
    assert opened.json() == {"data": {"order": {"id": created["order"]["id"]}}}
    assert opened.headers["cache-control"] == PRIVATE
    assert (await plain.get(shop, mine)).json() == {"data": {"order": None}}
    for headers in (
        secret,
        {"ordergraph-order-secret": "wrong"},
        {"ordergraph-order-secret": "x" * 300},
    ):
        names = await plain.get(shop, NAMES, headers=headers)
        assert names.json()["data"]["products"]["nodes"] == [{"name": "Beans"}]
        assert names.headers["cache-control"] == PRIVATE


async def test_a_key_in_a_header_is_answered_alone(plain: Server, shop: Shop) -> None:
    """A cache that does not look at the header would give one shop's answer to another."""
    await plain.product(shop)
    for token in (shop.publishable.token, shop.secret):
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        got = await plain.http.get(plain.url, params={"query": NAMES}, headers=headers)
        assert got.status_code == 200
        assert got.headers["cache-control"] == PRIVATE
    same = {"authorization": f"Bearer {shop.publishable.token}"}
    both = await plain.get(shop, NAMES, headers=same)
    assert (both.status_code, both.headers["cache-control"]) == (200, PRIVATE)
    posted = await plain.http.post(
        plain.url, params={"key": shop.publishable.token}, json={"query": NAMES}
    )
    assert posted.status_code == 401


async def test_an_event_stream_is_never_kept(plain: Server, shop: Shop) -> None:
    streamed = await plain.get(shop, NAMES, headers={"accept": "text/event-stream"})
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert streamed.headers["cache-control"] == PRIVATE


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]


async def test_key_2_only_a_publishable_key_may_stand_in_an_address(
    plain: Server, shop: Shop
) -> None:
    exposed = await plain.get(shop, NAMES, key=shop.secret)
    assert reason(exposed) == (401, "API_KEY_EXPOSED")
    assert exposed.json()["errors"][0]["message"] == (
        "A secret key may not stand in an address, where logs and histories keep it: send it as a "
        "header, and replace this one."
    )
    own = {"authorization": f"Bearer {shop.secret}"}
    assert reason(await plain.get(shop, NAMES, key=shop.secret, headers=own)) == (
        401,
        "API_KEY_EXPOSED",
    )
    assert reason(await plain.get(shop, NAMES, headers=own)) == (401, "API_KEY_AMBIGUOUS")
    made_up = shop.publishable.token[:-1] + "g"
    assert reason(await plain.get(shop, NAMES, key=made_up)) == (401, "API_KEY_NOT_FOUND")
    for query_string in ("query={shop{name}}", "query={shop{name}}&key="):
        answer = await plain.http.get(f"{plain.url}?{query_string}")
        assert reason(answer) == (401, "API_KEY_REQUIRED")
        assert answer.headers["cache-control"] == PRIVATE
    twice = await plain.http.get(f"{plain.url}?query={{shop{{name}}}}&key=a&key=b")
    assert (twice.status_code, twice.json()["errors"][0]["message"]) == (
        400,
        "The parameter key stands there twice.",
    )


async def test_a_mutation_in_an_address_is_405(plain: Server, shop: Shop) -> None:
    made = await plain.get(shop, "mutation { createOrder(input: {}) { order { id } } }")
    assert (made.status_code, made.headers["cache-control"]) == (405, PRIVATE)


async def test_pages_may_read_what_caches_keep(plain: Server, shop: Shop) -> None:
    """Also a page that asks after the cache was filled by somebody without an origin."""
    for headers in ({}, {"origin": ELSEWHERE}):
        answer = await plain.get(shop, NAMES, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["vary"] == "Accept"
    listed = (await plain.key(shop, allowed_origins=[SHOP_ORIGIN])).token
    nobody = await plain.get(shop, NAMES, key=listed)
    assert nobody.headers["vary"] == "Accept, Origin"
    assert "access-control-allow-origin" not in nobody.headers
    page = await plain.get(shop, NAMES, key=listed, headers={"origin": SHOP_ORIGIN})
    assert page.headers["access-control-allow-origin"] == SHOP_ORIGIN
    assert page.headers["vary"] == "Accept, Origin"
    refused = await plain.get(shop, NAMES, key=listed, headers={"origin": ELSEWHERE})
    assert (refused.status_code, refused.headers["cache-control"]) == (403, PRIVATE)


class Counting:
    """Counts the statements of a server, whoever sends them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        monkeypatch.setattr(statements, "note", self.texts.append)

    def about(self, table: str) -> int:
        return sum(bool(re.search(rf"\b{table}\b", text)) for text in self.texts)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


async def test_a_kept_answer_asks_the_database_nothing(keeping: Server, counting: Counting) -> None:
    shop = await keeping.shop()
    await keeping.product(shop)
    first = await keeping.get(shop, NAMES)
    keeping.clock.advance(timedelta(seconds=2))
    counting.texts.clear()
    kept = await keeping.get(shop, NAMES)
    known = await keeping.get(shop, NAMES, headers={"if-none-match": first.headers["etag"]})
    assert counting.about("products") == 0
    assert (kept.content, kept.headers["etag"]) == (first.content, first.headers["etag"])
    assert (kept.headers["age"], "age" in first.headers) == ("2", False)
    assert (known.status_code, known.content) == (304, b"")
    same = dict(kept.headers)
    for name in ("age", "date"):
        same.pop(name)
    assert same.items() <= dict(first.headers).items()


async def test_an_answer_is_kept_for_as_long_as_its_policy_says(
    keeping: Server, counting: Counting
) -> None:
    shop = await keeping.shop()
    product = await keeping.product(shop)
    for seconds, query in ((10, PAGE), (60, NAMES)):
        variables = {"id": product["id"]} if query is PAGE else {}
        await keeping.get(shop, query, variables=variables)
        keeping.clock.advance(timedelta(seconds=seconds - 1))
        counting.texts.clear()
        await keeping.get(shop, query, variables=variables)
        assert counting.about("products") == 0
        keeping.clock.advance(timedelta(seconds=1))
        await keeping.get(shop, query, variables=variables)
        assert counting.about("products") > 0


async def test_equal_questions_are_one_whatever_their_address_and_key(
    keeping: Server, counting: Counting
) -> None:
    shop = await keeping.shop()
    product = await keeping.product(shop)
    hash = await keeping.register(shop, PAGE)
    other = (await keeping.key(shop)).token
    page = await keeping.get(shop, PAGE, variables={"id": product["id"]})
    counting.texts.clear()
    for asked in (
        await keeping.get(shop, variables={"id": product["id"]}, documentId=hash),
        await keeping.get(shop, PAGE, key=other, variables={"id": product["id"]}),
        await keeping.get(shop, PAGE, variables={"id": product["id"]}, ignored="1"),
    ):
        assert asked.content == page.content
    assert counting.about("products") == 0
    modern = await keeping.get(
        shop, PAGE, variables={"id": product["id"]}, headers={"accept": MODERN}
    )
    assert modern.headers["content-type"].startswith(MODERN)


async def test_env_1_nothing_is_kept_across_environments(keeping: Server) -> None:
    one, other = await keeping.shop(), await keeping.shop()
    await keeping.product(one, "Beans")
    await keeping.product(other, "Mugs")
    for _ in range(2):
        for shop, name in ((one, "Beans"), (other, "Mugs")):
            answer = await keeping.get(shop, NAMES)
            assert answer.json()["data"]["products"]["nodes"] == [{"name": name}]


async def test_key_5_a_kept_answer_is_refused_to_a_key_that_no_longer_opens(
    keeping: Server,
) -> None:
    shop = await keeping.shop()
    await keeping.product(shop)
    key = await keeping.key(shop, allowed_origins=[SHOP_ORIGIN])
    assert (await keeping.get(shop, NAMES, key=key.token)).status_code == 200
    elsewhere = await keeping.get(shop, NAMES, key=key.token, headers={"origin": ELSEWHERE})
    assert elsewhere.status_code == 403
    own = await keeping.get(shop, NAMES, key=key.token, headers={"origin": SHOP_ORIGIN})
    assert own.headers["access-control-allow-origin"] == SHOP_ORIGIN
    buyer = {"ordergraph-order-secret": "wrong"}
    alone = await keeping.get(shop, NAMES, key=key.token, headers=buyer)
    assert alone.headers["cache-control"] == PRIVATE
    actor = Actor.system(shop.environment_id, shop.environment_id)
    await revoke_key(keeping.application.database, actor, key.key.id)
    keeping.clock.advance(timedelta(seconds=5))
    refused = await keeping.get(shop, NAMES, key=key.token)
    assert reason(refused) == (401, "API_KEY_REVOKED")
    assert refused.headers["cache-control"] == PRIVATE
    assert (await keeping.get(shop, NAMES)).status_code == 200


async def test_an_answer_with_errors_is_not_kept(keeping: Server, counting: Counting) -> None:
    shop = await keeping.shop()
    await keeping.product(shop)
    query = "{ products { nodes { name metadata } } }"
    for _ in range(2):
        counting.texts.clear()
        answer = await keeping.get(shop, query)
        assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert answer.headers["cache-control"] == PRIVATE
        assert counting.about("products") > 0


async def test_those_who_ask_at_the_same_time_are_answered_by_one_run(
    keeping: Server, counting: Counting
) -> None:
    shop = await keeping.shop()
    await keeping.product(shop)
    await keeping.get(shop, "{ shop { name } }")
    counting.texts.clear()
    answers = await asyncio.gather(*(keeping.get(shop, NAMES) for _ in range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert counting.about("products") == 1


async def quantity(keeping: Server, shop: Shop, product: Any) -> int:
    page = await keeping.get(shop, PAGE, variables={"id": product["id"]})
    return page.json()["data"]["product"]["variants"][0]["quantityAvailable"]


async def test_a_change_is_seen_at_once_by_those_who_asked_before(keeping: Server) -> None:
    shop = await keeping.shop()
    product = await keeping.product(shop)
    assert await quantity(keeping, shop, product) == 10
    await keeping.adjust(shop, product, 5)
    assert await quantity(keeping, shop, product) == 15
    await keeping.buy(shop, product, quantity=2)
    assert await quantity(keeping, shop, product) == 13
    names = await keeping.get(shop, NAMES)
    await keeping.product(shop, "Mug")
    assert (await keeping.get(shop, NAMES)).content != names.content


async def test_whatever_moves_what_is_left_is_told_in_its_transaction(keeping: Server) -> None:
    shop = await keeping.shop()
    told: list[str] = []
    keeping.application.broadcast.subscribe(TOPIC, told.append)
    product = await keeping.product(shop)
    assert told == [f"products-{shop.env}", product["id"]]
    told.clear()
    order = ""
    for move, times in (("adjust", 1), ("tok_visa", 1), ("tok_chargeDeclined", 2), ("restock", 1)):
        if move == "adjust":
            await keeping.adjust(shop, product, 1)
        elif move == "restock":
            await keeping.give_back(shop, order)
        else:
            bought = await keeping.buy(shop, product, move)
            order = order or bought
        assert (move, told) == (move, [product["id"]] * times)
        told.clear()


async def test_a_change_of_another_process_is_heard_of(keeping: Server, database: str) -> None:
    shop = await keeping.shop()
    product = await keeping.product(shop)
    assert await quantity(keeping, shop, product) == 10
    async with server(database, cache_mb=1) as other:
        await other.adjust(shop, product, 5)
        for _ in range(1_000):
            if await quantity(keeping, shop, product) == 15:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it was not heard of")


async def test_other_products_answers_stay(keeping: Server, counting: Counting) -> None:
    shop = await keeping.shop()
    one, other = await keeping.product(shop), await keeping.product(shop, "Mug")
    assert await quantity(keeping, shop, one) == await quantity(keeping, shop, other) == 10
    await keeping.adjust(shop, one, 1)
    counting.texts.clear()
    assert await quantity(keeping, shop, other) == 10
    assert counting.about("products") == 0


def test_a_server_without_caches_does_not_notice_what_goes_out_of_date(plain: Server) -> None:
    hooks = [type(hook).__name__ for hook in plain.application.database._hooks]
    assert hooks == ["Idempotency", "Indexing", "Outbox"]
    assert PURGE not in [kind.name for kind in plain.application._kinds()]
