"""A product page as caches ask for it: computed, known to whoever asks, known to the server."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from benchmarks.bench import Bench
from benchmarks.comparing import Measured, Plan, compare
from benchmarks.jobs import Step
from benchmarks.load import rendered
from benchmarks.reporting import Report
from benchmarks.servers import OPERATIONS, Server, operation, start_ours

_CONNECTIONS = 8
_PAGE = "product-detail"
_CACHING: dict[str, Any] = {"ORDERGRAPH_CACHE_MB": "64"}
"""What turns the cache of the process on."""


def cached_page(bench: Bench) -> Report:
    """Ask for product pages by GET: of a server without and of one with a cache of its own."""
    _register(bench)
    with start_ours(bench.postgres, "caching", **_CACHING) as caching:
        ids = bench.shop.product_ids
        page = _page(bench.shop.publishable_key, {})
        known = _page(bench.shop.publishable_key, {"if-none-match": "@@TAG@@"})
        plain = {"ID": ids}
        plans = [
            Plan(bench.ours, [page], _CONNECTIONS, plain, label="uncached"),
            Plan(
                bench.ours,
                [known],
                _CONNECTIONS,
                _tagged(bench.ours, page, ids),
                label="304, computed",
            ),
            Plan(caching, [page], _CONNECTIONS, plain, label="a hit"),
            Plan(caching, [known], _CONNECTIONS, _tagged(caching, page, ids), label="304 of a hit"),
        ]
        found = compare(bench, plans)
    return Report("cached-page", [_row(each, found[0]) for each in found])


def _register(bench: Bench) -> None:
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("ordergraph")), "operations", "add"),
            *(str(OPERATIONS / f"{_PAGE}.graphql"), "--environment", bench.shop.environment_id),
        ],
        env={**os.environ, "DATABASE_URL": bench.postgres.url},
        capture_output=True,
        check=True,
    )


def _page(key: str, headers: dict[str, str]) -> Step:
    hash = sha256(operation(_PAGE).encode()).hexdigest()
    variables = quote(orjson.dumps({"id": "@@ID@@"}), safe="@")
    path = f"/graphql?documentId=sha256:{hash}&variables={variables}&key={key}"
    return Step(_PAGE, path, None, headers)


def _tagged(server: Server, page: Step, ids: list[str]) -> dict[str, list[str]]:
    """Return the products with the tag that each page has."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    tags: list[str] = []
    for id in ids:
        path = rendered(page, {"ID": id}).split(b" ", 2)[1].decode()
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, body[:500]
        tags.append(response.headers["etag"])
    return {"ID": ids, "TAG": tags}


def _row(found: Measured, uncached: Measured) -> dict[str, Any]:
    whole = found.server_ms + found.postgres_ms
    return {
        "page": found.server,
        "server CPU ms/request": found.server_ms,
        "Postgres": found.postgres_ms,
        "both": whole,
        "statements": found.statements,
        "requests/s": found.per_second,
        "p50 ms": found.p50,
        "p99": found.p99,
        "of uncached": found.server_ms / uncached.server_ms,
    }


SCENARIOS = {"cached-page": cached_page}
