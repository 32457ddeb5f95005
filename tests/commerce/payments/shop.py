"""What the tests of payments share: environments, and a settle like that of orders."""

import asyncio
from datetime import timedelta
from uuid import UUID

from ordergraph.commerce.merchants.founding import NewMerchant, found_merchant
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeRequest, Gateway
from ordergraph.commerce.payments.gateways.sandbox import SandboxGateway
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import (
    Attempt,
    Payment,
    attempts_by_ids,
    lock_attempt,
    payments_by_orders,
)
from ordergraph.commerce.payments.reconciling import reconcile
from ordergraph.commerce.payments.sources import Source, TokenSource
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import Clock, ManualClock
from ordergraph.runtime.db.database import Database

VISA = TokenSource("tok_visa")


class Shop:
    """An environment with the sandbox gateway; `settled` lists what was settled, in order."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self.manual = ManualClock()
        self.clock: Clock = clock or self.manual
        self.database = Database(url, self.clock, pool_size=12)
        self.gateway = SandboxGateway(url, self.clock)
        self.settled: list[tuple[Actor, UUID, ChargeOutcome]] = []
        self.has_settled = asyncio.Event()

    async def open(self) -> None:
        """Found the merchant whose sandbox this is."""
        self.actor = await self.found()

    async def found(self) -> Actor:
        """Found one more merchant and return an actor in its sandbox."""
        wanted = NewMerchant("Coffee Corner")
        async with self.database.transaction(Actor.system(new_id(), wanted.id)) as tx:
            sandbox, _ = await found_merchant(tx, wanted)
        return Actor.system(sandbox.id, wanted.id)

    async def close(self) -> None:
        await self.gateway.close()
        await self.database.close()

    async def attempt(
        self,
        source: Source = VISA,
        *,
        order_id: UUID | None = None,
        actor: Actor | None = None,
        minor: int = 500,
    ) -> Attempt:
        """Open an attempt, as the first transaction of paying does."""
        async with self.database.transaction(actor or self.actor) as tx:
            return ledger.open_attempt(
                tx,
                order_id or new_id(),
                Money(minor, "USD"),
                source,
                order_version=3,
                buyer_email="sarah@example.com",
                gateway_timeout=self.gateway.timeout,
            )

    async def charge(self, attempt: Attempt, token: str = "tok_visa") -> ChargeOutcome:
        """Ask the processor, as paying does between its transactions."""
        return await self.gateway.charge(
            ChargeRequest(
                attempt.id,
                self.actor.environment_id,
                attempt.order_id,
                attempt.amount,
                token,
                False,
            )
        )

    async def settle(self, actor: Actor, attempt_id: UUID, outcome: ChargeOutcome) -> Attempt:
        """Apply an outcome, as the second transaction of paying does."""
        self.settled.append((actor, attempt_id, outcome))
        async with self.database.transaction(actor) as tx:
            before = await lock_attempt(tx, attempt_id)
            after = ledger.record_outcome(tx, before, outcome)
            if before.is_active and after.status is AttemptStatus.SUCCEEDED:
                ledger.record_payment(tx, after)
        self.has_settled.set()
        return after

    async def paid(self, source: Source = VISA, minor: int = 500) -> Payment:
        """Pay an order of its own and return the payment."""
        attempt = await self.attempt(source, minor=minor)
        await self.settle(self.actor, attempt.id, await self.charge(attempt))
        (payment,) = await self.payments(attempt.order_id)
        return payment

    async def reconcile(
        self, later: timedelta = timedelta(0), gateway: Gateway | None = None
    ) -> int:
        """Reconcile once, some time later; with another gateway if one is given."""
        self.manual.advance(later)
        return await reconcile(self.database, gateway or self.gateway, self.settle)

    async def settles(self) -> None:
        """Wait until something is settled by whoever works in the background."""
        async with asyncio.timeout(60):
            await self.has_settled.wait()

    async def reload(self, attempt: Attempt, actor: Actor | None = None) -> Attempt:
        """Read an attempt again."""
        viewer = self.database.viewer(actor or self.actor)
        return (await attempts_by_ids(viewer, [attempt.id]))[attempt.id]

    async def payments(self, order_id: UUID) -> tuple[Payment, ...]:
        """Read an order's payments."""
        viewer = self.database.viewer(self.actor)
        return tuple((await payments_by_orders(viewer, [order_id]))[order_id])
