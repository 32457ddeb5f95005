"""A shop behind a real endpoint, with everything that pushes need."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from ordergraph.commerce.access.authenticating import Authentication
from ordergraph.commerce.access.issuing import NewKey, create_key
from ordergraph.commerce.operations.finding import RegisteredTexts
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport.endpoint import GraphQLEndpoint
from ordergraph.graph.view import View
from ordergraph.runtime.db.statements import Statements, counted
from tests.graph.transport.toy import eventually, serving
from tests.journeys.sockets import Socket, open_socket
from tests.world import SCHEMA, World

NOTE = """mutation Note($input: UpdateOrderInput!) { updateOrder(input: $input) {
    order { id version } userErrors { code message } } }"""
CREATE = """mutation Create($input: CreateOrderInput!) { createOrder(input: $input) {
    order { id version } userErrors { code message } } }"""


@dataclass
class House:
    """A shop behind a real endpoint, with everything that pushes need."""

    world: World
    endpoint: Any
    address: str
    token: str
    statements: Statements
    order_id: str = ""
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def hub(self) -> Any:
        return self.endpoint._websocket._hub

    @property
    def rechecking(self) -> Any:
        return self.endpoint._websocket._rechecking

    async def key(self, *scopes: str, actor: Any = None) -> str:
        """Issue a key; without scopes it holds all."""
        wanted = NewKey(scopes=scopes or None)
        return (await create_key(self.world.database, actor or self.world.actor, wanted)).token

    async def open(self, token: str = "") -> Socket:
        """Open a socket that stays until the test ends."""
        return await self.stack.enter_async_context(self.opened(token))

    def opened(self, token: str = "") -> Any:
        return open_socket(f"ws://{self.address}/graphql", token or self.token)

    async def edit(self, note: str = "") -> int:
        """Change the order once, and return its version then."""
        wanted = {"orderId": self.order_id, "buyerNote": note or str(random.random())}
        # In a context of its own: what the edit costs is not counted.
        edit = self.world.graphql(NOTE, input=wanted)
        answer = await asyncio.create_task(edit, context=Context())
        assert answer.codes == []
        return answer.payload["order"]["version"]

    async def live(self, seats: int) -> None:
        """Wait until so many subscriptions are live."""
        await eventually(lambda: self.seats() == seats)

    def seats(self) -> int:
        return sum(len(group._seats) for group in self.hub._groups.values())

    def is_idle(self) -> bool:
        """Tell whether nothing is left of any subscription."""
        names = {task.get_name() for task in asyncio.all_tasks()}
        return (
            not self.hub._groups
            and not self.world.following._tails
            and not self.rechecking._watched
            and "push group" not in names
        )


@asynccontextmanager
async def opened_house(url: str, limits: Limits, buffer: int = 0) -> AsyncIterator[House]:
    world = World(url)
    await world.open()
    # Whatever the server does is counted, because its tasks begin in here.
    with counted() as statements:
        await world.broadcast.start()
        await world.sequencer.start()
        await world.following.start()
        authentication = Authentication(world.database)
        texts = RegisteredTexts(world.database)
        view = View(world.services, authentication, texts, introspection_in_live=False)
        endpoint: Any = GraphQLEndpoint(SCHEMA, view, limits)
        async with serving(endpoint, buffer=buffer) as address:
            house = House(world, endpoint, address, "", statements)
            house.token = await house.key()
            line = {"name": "Tea", "unitPrice": {"amount": 400, "currency": "USD"}}
            made = await world.graphql(CREATE, input={"lineItems": [line]})
            house.order_id = made.payload["order"]["id"]
            async with house.stack:
                yield house
            await eventually(house.is_idle)
        await authentication.close()
    await world.following.stop()
    await world.broadcast.stop()
    await world.close()
