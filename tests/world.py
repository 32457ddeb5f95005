"""The World: a shop in a database of its own, with the builders that tests need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from ordergraph.commerce.merchants.founding import NewMerchant, found_merchant
from ordergraph.commerce.orders.numbering import Numbers
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import settle_attempt
from ordergraph.commerce.payments.gateways.sandbox import SandboxGateway
from ordergraph.commerce.payments.reconciling import reconcile
from ordergraph.commerce.search.indexing import Indexing
from ordergraph.core.ids import new_id
from ordergraph.core.scopes import BUYER_SCOPES, MERCHANT_SCOPES
from ordergraph.graph.context import Context
from ordergraph.graph.schema import build_schema
from ordergraph.graph.services import Services
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.clock import ManualClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.events.broadcast import PostgresBroadcast
from ordergraph.runtime.events.cursors import CursorSeal
from ordergraph.runtime.events.following import LogFollowing
from ordergraph.runtime.events.log import EventLog
from ordergraph.runtime.events.outbox import Outbox
from ordergraph.runtime.events.sequencing import Sequencer
from ordergraph.runtime.idempotency import Idempotency

SCHEMA = build_schema()
_SECRET = b"a secret of the tests only"


@dataclass(slots=True)
class Answer:
    """What a document was answered."""

    data: Any
    errors: list[GraphQLError]
    extensions: dict[str, Any]

    @property
    def payload(self) -> Any:
        """The value of the only root field."""
        assert self.data is not None, self.errors
        (value,) = self.data.values()
        return value

    @property
    def codes(self) -> list[str]:
        """The codes of the user errors of the only root field."""
        assert not self.errors, self.errors
        return [error["code"] for error in self.payload["userErrors"]]

    @property
    def paths(self) -> list[Any]:
        """The paths of the user errors of the only root field."""
        return [error["field"] for error in self.payload["userErrors"]]

    @property
    def top_codes(self) -> list[str]:
        """The codes of the errors at the top level."""
        return [
            getattr(error.original_error, "code", None) or (error.extensions or {}).get("code")
            for error in self.errors
        ]


class World:
    """One environment of one merchant, and callers of every kind."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock()
        self.broadcast = PostgresBroadcast(url)
        self.sequencer = Sequencer(url, self.broadcast)
        outbox = Outbox(self.sequencer.wake, self.broadcast)
        self.database = Database(
            url, self.clock, hooks=[Idempotency(), Indexing(), outbox], pool_size=20
        )
        self.gateway = SandboxGateway(url, self.clock)
        self.orders = Orders(self.database, self.gateway, Numbers(self.database), _SECRET)
        log = EventLog(self.database.engine, CursorSeal(_SECRET))
        self.following = LogFollowing(log, self.broadcast)
        self.services = Services(
            database=self.database,
            orders=self.orders,
            following=self.following,
            secret=_SECRET,
            nudge=lambda _: None,
        )
        self.merchant_id = new_id()

    async def open(self) -> None:
        """Found the merchant; its sandbox is the environment of the tests."""
        founder = Actor.system(new_id(), self.merchant_id)
        async with self.database.transaction(founder) as tx:
            wanted = NewMerchant(id=self.merchant_id, name="Test shop")
            environments = await found_merchant(tx, wanted)
        self.environment_id = next(each.id for each in environments if not each.livemode)
        self.other_environment_id = next(each.id for each in environments if each.livemode)
        self.actor = self.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES)
        self.browser = self.caller(ActorKind.PUBLISHABLE_KEY, BUYER_SCOPES)

    def caller(
        self,
        kind: ActorKind,
        scopes: frozenset[str],
        *,
        environment_id: UUID | None = None,
        order_id: UUID | None = None,
    ) -> Actor:
        """Make a caller of this world's environment, or of another."""
        environment = environment_id or self.environment_id
        principal = str(new_id())
        return Actor(environment, self.merchant_id, kind, principal, scopes, order_id=order_id)

    def stranger(self) -> Actor:
        """Make a merchant's caller of another environment, who may know ids but reach nothing."""
        return self.caller(
            ActorKind.SECRET_KEY, MERCHANT_SCOPES, environment_id=self.other_environment_id
        )

    async def graphql(
        self,
        document: str,
        *,
        caller: Actor | None = None,
        header: str | None = None,
        **variables: Any,
    ) -> Answer:
        """Run a document as the server would, as the merchant unless another `caller` is named."""
        context = Context(self.services, caller or self.actor, "req_test", header)
        result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
        return Answer(result.data, result.errors or [], context.extensions)

    async def reconcile(self) -> int:
        """Have all payment attempts that are due looked after."""

        async def settle(actor: Actor, attempt_id: UUID, outcome: Any) -> None:
            await settle_attempt(self.orders, actor, attempt_id, outcome)

        return await reconcile(self.database, self.gateway, settle)

    async def close(self) -> None:
        """Close the connections."""
        await self.sequencer.stop()
        await self.gateway.close()
        await self.database.close()
