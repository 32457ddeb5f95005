"""A small schema and application behind the real endpoint, served by a real uvicorn."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import strawberry
import uvicorn
from strawberry.schema.config import StrawberryConfig

from ordergraph.commerce.operations.problems import NoneRegistered, NotRegistered
from ordergraph.core.problems import CursorProblem, ErrorCode, Forbidden, Problem, Problems
from ordergraph.graph.limits import Limits
from ordergraph.graph.money import SCALARS, Long, Quantity
from ordergraph.graph.transport.application import Credentials, Origins
from ordergraph.graph.transport.endpoint import GraphQLEndpoint

SECRET, BROWSER, SHOP, LIVE, CRASHING = "sk_test", "pk_test", "pk_shop", "sk_live", "sk_crash"
SHOP_ORIGIN = "https://shop.example"
PATIENCE = 60
"""Seconds after which something that was awaited will not come."""


@dataclass(slots=True)
class Identity:
    token: str
    order_secret: object = None


@dataclass
class Context:
    identity: Identity
    request_id: str
    idempotency_key: str | None
    toy: "Toy"
    extensions: dict[str, Any] = field(default_factory=dict)


Info = strawberry.Info[Context, None]


@strawberry.type
class Thing:
    id: strawberry.ID
    name: str

    @strawberry.field
    def parts(self) -> list["Thing"]:
        return [thing(1)]

    @strawberry.field(metadata={"typical_size": 2})
    def tags(self) -> list["Thing"]:
        return [thing(1), thing(2)]

    @strawberry.field
    async def owner(self) -> "Thing":
        await asyncio.sleep(0)
        return thing(7)

    @strawberry.field
    def things(self, first: int | None = None) -> "ThingConnection":
        return page(first)

    @strawberry.field
    def secret(self) -> str | None:
        raise Forbidden(["things.secrets"], "The field secret")


@strawberry.type
class ThingEdge:
    cursor: str
    node: Thing


@strawberry.type
class ThingConnection:
    nodes: list[Thing]
    edges: list[ThingEdge]
    total: int


def thing(number: int) -> Thing:
    return Thing(id=strawberry.ID(f"thing_{number}"), name=f"Thing {number}")


def page(first: int | None) -> ThingConnection:
    things = [thing(number) for number in range(first or 20)]
    return ThingConnection(
        nodes=things, edges=[ThingEdge(cursor=each.id, node=each) for each in things], total=99
    )


@strawberry.input
class ThingInput:
    name: str
    amount: Long | None = None
    tags: list[Long] | None = None


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"Hello, {name}!"

    @strawberry.field
    def thing(self) -> Thing:
        return thing(1)

    @strawberry.field
    def things(self, first: int | None = None) -> ThingConnection:
        return page(first)

    @strawberry.field
    def things_by_ids(self, ids: list[strawberry.ID]) -> list[Thing]:
        return [Thing(id=id, name="x") for id in ids]

    @strawberry.field
    def amount(self, value: Long) -> str:
        return repr(value)

    @strawberry.field
    def quantity(self, value: Quantity) -> str:
        return repr(value)

    @strawberry.field
    def whole(self, value: int) -> str:
        return repr(value)

    @strawberry.field
    def named(self, input: ThingInput) -> str:
        return input.name

    @strawberry.field
    def crash(self) -> str | None:
        raise RuntimeError("SELECT password FROM secrets")

    @strawberry.field
    async def crash_later(self) -> str | None:
        await asyncio.sleep(0)
        raise RuntimeError("connection to 10.0.0.1 lost")

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    def missing(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def problem(self) -> str | None:
        raise Problem(ErrorCode.INVALID_PAGE_SIZE, "first must be between 1 and 100.", ("first",))

    @strawberry.field
    def problems(self) -> str | None:
        raise Problems(
            [
                Problem(ErrorCode.INVALID_FIELD, "One thing.", ("a",)),
                Problem(ErrorCode.INVALID_FORMAT, "Another.", ("b", 0)),
            ]
        )

    @strawberry.field
    async def slow(self, info: Info) -> str:
        info.context.toy.started.set()
        await asyncio.sleep(30)
        return "done"

    @strawberry.field
    def idempotency_key(self, info: Info) -> str | None:
        return info.context.idempotency_key

    @strawberry.field
    def order_secret(self, info: Info) -> str:
        return repr(info.context.identity.order_secret)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def bump(self, info: Info, by: int = 1) -> int:
        info.context.toy.count += by
        info.context.extensions["bumped"] = True
        return info.context.toy.count

    @strawberry.mutation
    async def bump_slowly(self, info: Info) -> int:
        toy = info.context.toy
        toy.started.set()
        await toy.tick.wait()
        toy.count += 1
        return toy.count

    @strawberry.mutation
    def key(self, info: Info) -> str | None:
        return info.context.idempotency_key


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info, to: int = 3) -> AsyncGenerator[Thing, None]:
        for number in range(to):
            yield thing(number)

    @strawberry.subscription
    async def live(self, info: Info) -> AsyncGenerator[Thing, None]:
        toy = info.context.toy
        toy.following += 1
        toy.started.set()
        try:
            number = 0
            while True:
                await toy.tick.wait()
                toy.tick.clear()
                number += 1
                yield thing(number)
        finally:
            toy.following -= 1

    @strawberry.subscription
    async def broken(self) -> AsyncGenerator[Thing, None]:
        yield thing(1)
        raise RuntimeError("the table orders is locked")

    @strawberry.subscription
    async def expired(self) -> AsyncGenerator[Thing, None]:
        raise CursorProblem("cur_earliest")
        yield thing(1)


def toy_schema() -> strawberry.Schema:
    return strawberry.Schema(
        Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=SCALARS)
    )


class Toy:
    """The application: a few tokens, a counter that mutations move, a tick that is followed."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what a test before this one has done."""
        self.count = 0
        self.following = 0
        self.revoked: set[str] = set()
        self.asked: list[list[str]] = []
        self.trusting = False
        self.documents: dict[bytes, str] = {}
        self.tick = asyncio.Event()
        self.started = asyncio.Event()

    def register(self, document: str) -> str:
        """Trust a document; returns its hash as clients send it."""
        digest = sha256(document.encode())
        self.documents[digest.digest()] = document
        return digest.hexdigest()

    async def nobody_follows(self) -> None:
        """Wait until no subscription is left."""
        await eventually(lambda: self.following == 0)

    async def authenticate(self, credentials: Credentials, request_id: str) -> Identity:
        parameter = credentials.parameters.get("Authorization")
        text = credentials.headers.get("authorization") or parameter
        token = text.removeprefix("Bearer ") if isinstance(text, str) else ""
        if token == CRASHING:
            raise RuntimeError("the database is gone")
        if token not in (SECRET, BROWSER, SHOP, LIVE) or token in self.revoked:
            raise Problem(ErrorCode.UNAUTHENTICATED, "There is no such key.")
        return Identity(token, credentials.parameters.get("orderSecret"))

    async def still_valid(self, identities: Sequence[Identity]) -> Sequence[bool]:
        self.asked.append([identity.token for identity in identities])
        return [identity.token not in self.revoked for identity in identities]

    def credential(self, identity: Identity) -> str:
        return identity.token

    def audience(self, identity: Identity) -> str:
        return identity.token

    def origins(self, identity: Identity) -> Origins | None:
        if identity.token == SHOP:
            return Origins(frozenset({SHOP_ORIGIN}))
        return Origins() if identity.token == BROWSER else None

    def is_live(self, identity: Identity) -> bool:
        return identity.token == LIVE

    def may_introspect(self, identity: Identity) -> bool:
        return identity.token != LIVE

    def only_registered(self, identity: Identity) -> bool:
        return self.trusting

    async def registered(self, identity: Identity, sha256: bytes) -> str:
        if not self.documents:
            raise NoneRegistered
        if sha256 not in self.documents:
            raise NotRegistered
        return self.documents[sha256]

    def is_shareable(self, identity: Identity) -> bool:
        return False

    def surrogate_keys(self, context: Context) -> list[str]:
        return []

    def context(self, identity: Identity, request_id: str, idempotency_key: str | None) -> Context:
        return Context(identity, request_id, idempotency_key, self)


async def eventually(happens: Callable[[], bool], seconds: int = PATIENCE) -> None:
    """Wait until something happens, and fail when it does not."""
    for _ in range(seconds * 100):
        if happens():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not happen.")


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(toy: Toy, limits: Limits | None = None, port: int = 0) -> AsyncIterator[str]:
    """Serve the toy on a socket of its own; yields `host:port`."""
    async with serving(GraphQLEndpoint(toy_schema(), toy, limits or Limits()), port) as address:
        yield address


@contextlib.asynccontextmanager
async def serving(application: Any, port: int = 0, buffer: int = 0) -> AsyncIterator[str]:
    """Serve any ASGI application the way the real server is served.

    With `buffer` the system keeps only so many bytes of what a client has not taken.
    """
    listener = socket.create_server(("127.0.0.1", port))
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=256 * 1024,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield "{}:{}".format(*listener.getsockname())
    finally:
        server.should_exit = True
        await running
        listener.close()
