"""The shop that all scenarios use: a catalog, a tax rate, a coupon, and orders."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson

from benchmarks.jobs import Step
from benchmarks.load import rendered
from benchmarks.servers import Postgres, Server

STOCK = 1_000_000
"""So much of every variant that no scenario but the flash sale comes to an end of it."""

COUPON = "SPRING20"
_IDLE_SECONDS = 2
SIZES = ("S", "M", "L")
_WORDS = (
    "Organic cotton, cut and sewn in small runs. The fabric is washed before it is cut, so that "
    "it keeps its shape; the seams are taped and the buttons are corozo. Made to be worn for "
    "years and mended when it has to be. "
)


@dataclass(slots=True)
class Shop:
    """What requests need to know."""

    environment_id: str
    secret_key: str
    publishable_key: str
    product_ids: list[str] = field(default_factory=list[str])
    variant_ids: list[str] = field(default_factory=list[str])
    skus: list[str] = field(default_factory=list[str])
    order_ids: list[str] = field(default_factory=list[str])


def found_shop(postgres: Postgres) -> Shop:
    """Make a merchant by the command line and return its sandbox, still empty."""
    told = subprocess.run(
        [
            str(Path(sys.executable).with_name("ordergraph")),
            "merchant",
            "create",
            "--name",
            "Bench",
        ],
        env={**os.environ, "DATABASE_URL": postgres.url},
        capture_output=True,
        check=True,
    ).stdout
    environments = orjson.loads(told.splitlines()[-1])["environments"]
    sandbox = next(each for each in environments if each["mode"] == "SANDBOX")
    return Shop(sandbox["id"], sandbox["secretKey"], sandbox["publishableKey"])


def stock_shelf(server: Server, shop: Shop, products: int) -> None:
    """Fill a shop through the API: products of three variants, a tax rate, a coupon."""
    caller = Caller(server, shop.secret_key)
    for number in range(products):
        made = caller("create-product", {"input": _product(number)})["product"]
        shop.product_ids.append(made["id"])
        shop.variant_ids += [each["id"] for each in made["variants"]]
        shop.skus += [each["sku"] for each in made["variants"]]
    caller("create-tax-rate", {"input": {"name": "Sales tax", "percent": "8.99"}})
    coupon = {"name": "Spring", "code": COUPON, "percentOff": "20"}
    caller("create-coupon", {"input": coupon})


class Caller:
    """Asks a server one thing at a time, outside of what is measured."""

    def __init__(self, server: Server, token: str) -> None:
        self._server = server
        self._token = token
        self._connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._fresh_until = 0.0

    def __call__(self, name: str, variables: Mapping[str, Any]) -> Any:
        """Do a mutation and return its payload."""
        answer = self.ask(self._server.step(name, variables, self._token))
        assert "errors" not in answer, answer["errors"]
        (payload,) = answer["data"].values()
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    def ask(self, step: Step, values: Mapping[str, str] | None = None) -> Any:
        """Send the request of a step and return its whole answer."""
        head, _, body = rendered(step, dict(values or {})).partition(b"\r\n\r\n")
        request, *lines = head.decode().split("\r\n")
        method, path, _ = request.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        if time.monotonic() > self._fresh_until:
            self._connection.close()  # the server may have done so too: the next request opens one
        self._fresh_until = time.monotonic() + _IDLE_SECONDS
        self._connection.request(method, path, body or None, headers)
        response = self._connection.getresponse()
        text = response.read()
        assert response.status == 200, (step.name, response.status, text[:500])
        return orjson.loads(text)


Takes = dict[str, list[str | int]]


def purchase(server: Server, shop: Shop) -> list[Step]:
    """Return the steps of a whole purchase: create with two lines, coupon, pay."""
    lines = [
        {"variantId": "@@ONE@@", "quantity": 2},
        {"variantId": "@@OTHER@@", "quantity": 1},
    ]
    email = "buyer@example.com"
    took: Takes = {"ORDER": ["data", "createOrder", "order", "id"]}
    step: Callable[..., Step] = server.step
    return [
        step(
            "create-order",
            {"input": {"lineItems": lines, "buyerEmail": email}},
            shop.secret_key,
            takes=took,
            mutates=True,
        ),
        step(
            "apply-coupon",
            {"input": {"orderId": "@@ORDER@@", "code": COUPON}},
            shop.secret_key,
            mutates=True,
        ),
        step(
            "pay",
            {
                "input": {"orderId": "@@ORDER@@", "sources": [{"token": "tok_visa"}]},
                "key": "@@FLOW@@",
            },
            shop.secret_key,
            mutates=True,
        ),
    ]


def refund(server: Server, shop: Shop) -> Step:
    """Return the request that gives an order back in full."""
    variables = {"input": {"orderId": "@@ORDER@@"}, "key": "@@FLOW@@"}
    return server.step("refund", variables, shop.secret_key, mutates=True)


def baskets(shop: Shop) -> dict[str, list[str]]:
    """Return the values of the two lines of purchases: another pair of variants for each."""
    half = len(shop.variant_ids) // 2
    return {"ONE": shop.variant_ids[:half], "OTHER": shop.variant_ids[half:]}


def _product(number: int) -> dict[str, Any]:
    return {
        "name": f"Field shirt no. {number}",
        "productType": "PHYSICAL",
        "description": _WORDS * 3,
        "imageUrl": f"https://images.example.com/shirts/{number}.jpg",
        "options": [{"name": "Size", "values": list(SIZES)}],
        "variants": [
            {
                "unitPrice": {"amount": 1999 + number, "currency": "USD"},
                "selectedOptions": [{"name": "Size", "value": size}],
                "sku": f"SHIRT-{number}-{size}",
                "enforceInventoryLimit": True,
                "initialQuantityAvailable": STOCK,
            }
            for size in SIZES
        ],
    }
