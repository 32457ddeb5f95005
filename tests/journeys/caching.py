"""A whole server whose answers caches may keep, its shops, and a cache in front to be told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx2

from ordergraph.app import Application, compose
from ordergraph.commerce.access.issuing import IssuedKey, NewKey, create_key
from ordergraph.commerce.access.opening import open_merchant
from ordergraph.commerce.access.rules import KeyKind
from ordergraph.commerce.merchants.founding import NewMerchant
from ordergraph.commerce.operations.registering import NewDocument, register_documents
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import ManualClock
from ordergraph.runtime.settings import Settings
from tests.graph.transport.toy import eventually, serving

NAMES = "query Names { products(first: 5) { nodes { name } } }"
PAGE = "query Page($id: ID!) { product(id: $id) { name variants { sku quantityAvailable } } }"
ORDER = """mutation($input: CreateOrderInput!) {
  createOrder(input: $input) { order { id netAmounts { balance { amount currency } } } clientSecret
    userErrors { code message } } }"""


@dataclass
class Shop:
    """One environment, and callers of it."""

    environment_id: Any
    secret: str
    publishable: IssuedKey

    @property
    def env(self) -> str:
        return encode(Prefix.ENVIRONMENT, self.environment_id)


@dataclass
class Server:
    """Asks a server over HTTP, as a browser or a cache does."""

    application: Application
    clock: ManualClock
    url: str
    http: httpx2.AsyncClient

    async def shop(self) -> Shop:
        """Open a shop of a test's own."""
        wanted = NewMerchant(id=new_id(), name="Coffee")
        opened = (await open_merchant(self.application.database, wanted))[0]
        return Shop(opened.environment.id, opened.secret.token, opened.publishable)

    async def key(self, shop: Shop, **wanted: Any) -> IssuedKey:
        """Issue another publishable key of a shop."""
        actor = Actor.system(shop.environment_id, shop.environment_id)
        new = NewKey(KeyKind.PUBLISHABLE, **wanted)
        return await create_key(self.application.database, actor, new)

    async def register(self, shop: Shop, document: str) -> str:
        """Register a document in a shop and return its hash."""
        actor = Actor.system(shop.environment_id, shop.environment_id)
        await register_documents(self.application.database, actor, [NewDocument(document)])
        return sha256(document.encode()).hexdigest()

    async def get(
        self, shop: Shop, query: str | None = None, /, *, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """GET with the shop's publishable key in the address; `headers`, and parameters."""
        headers = {"accept": "application/json", **more.pop("headers", {})}
        parameters = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in more.items()
        }
        if query is not None:
            parameters["query"] = query
        parameters["key"] = key or shop.publishable.token
        return await self.http.get(self.url, params=parameters, headers=headers)

    async def post(
        self,
        shop: Shop,
        query: str,
        token: str | None = None,
        /,
        *,
        secret: str = "",
        **variables: Any,
    ) -> Any:
        """POST with the shop's secret key, or another, and return what the only field answered."""
        headers = {"authorization": f"Bearer {token or shop.secret}"}
        if secret:
            headers["ordergraph-order-secret"] = secret
        body = {"query": query, "variables": variables}
        answer = (await self.http.post(self.url, json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        (payload,) = answer["data"].values()
        assert not (payload or {}).get("userErrors"), payload
        return payload

    async def product(self, shop: Shop, name: str = "Beans", sku: str | None = None) -> Any:
        """Make a product with 10 units of its one variant, at 19.99."""
        variant: dict[str, Any] = {
            "unitPrice": {"amount": 1999, "currency": "USD"},
            "initialQuantityAvailable": 10,
            "enforceInventoryLimit": True,
        }
        if sku is not None:
            variant["sku"] = sku
        made = await self.post(
            shop,
            "mutation($input: CreateProductInput!) { createProduct(input: $input) "
            "{ product { id defaultVariant { id } } userErrors { code } } }",
            input={"name": name, "productType": "PHYSICAL", "defaultVariant": variant},
        )
        return made["product"]

    async def change(self, shop: Shop, name: str, answer: str, /, **input: Any) -> Any:
        """Send any mutation with the shop's secret key and return its payload."""
        pascal = name[0].upper() + name[1:]
        document = (
            f"mutation($input: {pascal}Input!) {{ {name}(input: $input) {{ {answer} "
            "userErrors { code } } }"
        )
        return await self.post(shop, document, input=input)

    async def bundle(self, shop: Shop, product: Any) -> str:
        """Make a bundle of two units of a product and return its id."""
        component = {"variantId": product["defaultVariant"]["id"], "quantity": 2}
        price = {"amount": 2999, "currency": "USD"}
        made = await self.change(
            shop,
            "createBundle",
            "bundle { id }",
            name="Two",
            unitPrice=price,
            components=[component],
        )
        return made["bundle"]["id"]

    async def adjust(self, shop: Shop, product: Any, by: int) -> None:
        """Change a product's stock by hand."""
        await self.post(
            shop,
            "mutation($input: AdjustInventoryInput!) { adjustInventory(input: $input) "
            "{ variant { id } userErrors { code } } }",
            input={"variantId": product["defaultVariant"]["id"], "quantityDelta": by},
        )

    async def buy(
        self, shop: Shop, product: Any, token: str = "tok_visa", quantity: int = 1
    ) -> str:
        """Order units of a product, try to pay them, and return the order's id."""
        line = {"variantId": product["defaultVariant"]["id"], "quantity": quantity}
        order = (await self.post(shop, ORDER, input={"lineItems": [line]}))["order"]
        await self.post(
            shop,
            "mutation($input: PayInput!) { pay(input: $input) { order { status } } }",
            input={
                "orderId": order["id"],
                "sources": [{"token": token}],
                "buyerEmail": "sarah@example.com",
                "expectedOutstanding": order["netAmounts"]["balance"],
            },
        )
        return order["id"]

    async def give_back(self, shop: Shop, order: str) -> None:
        """Refund an order's only line, and put what was bought back on the shelf."""
        read = "query($id: ID!) { order(id: $id) { lineItems { id } } }"
        line = (await self.post(shop, read, id=order))["lineItems"][0]["id"]
        lines = [{"lineItemId": line, "quantity": 1}]
        await self.post(
            shop,
            "mutation($input: RefundInput!) { refund(input: $input) { refund { status } userErrors "
            "{ code } } }",
            input={"orderId": order, "lineItems": lines, "restock": True},
        )


@asynccontextmanager
async def server(url: str, **settings: Any) -> AsyncIterator[Server]:
    """Serve everything over a migrated database."""
    clock = ManualClock()
    application = compose(Settings(database_url=url, pool_size=4, **settings), url, clock)
    await application.start()
    try:
        async with serving(application) as address, httpx2.AsyncClient(timeout=60) as http:
            yield Server(application, clock, f"http://{address}/graphql", http)
    finally:
        await application.stop()


@dataclass
class CacheInFront:
    """A real HTTP server that is told what to forget; it answers with `statuses`, then 204."""

    url: str = ""
    told: list[set[str]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def forgotten(self) -> set[str]:
        return set().union(*self.told)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.methods.append(scope["method"])
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.told.append(set(json.loads(body)["surrogateKeys"]))
        headers = [(b"location", self.url.encode())] if status == 302 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def hears(self, key: str) -> None:
        """Wait until it was told to forget a key."""
        await eventually(lambda: key in self.forgotten, seconds=30)


@asynccontextmanager
async def cache_in_front() -> AsyncIterator[CacheInFront]:
    """Run a cache that can be told."""
    cache = CacheInFront()
    async with serving(cache) as address:
        cache.url = f"http://{address}/purge"
        yield cache
