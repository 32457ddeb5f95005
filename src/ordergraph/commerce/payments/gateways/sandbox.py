"""The sandbox gateway: a processor that moves no money, with durable books and test cards."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from asyncpg import (
    IntegrityConstraintViolationError,
    InterfaceError,
    InternalClientError,
    PostgresError,
)
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from ordergraph.commerce.payments.gateway import (
    ChargeOutcome,
    ChargeRequest,
    ChargeStatus,
    NotSent,
    OutcomeUnknown,
    RefundOutcome,
    RefundRequest,
    RefundStatus,
)
from ordergraph.commerce.payments.gateways.books import Books
from ordergraph.commerce.payments.gateways.tokens import TEST_CARDS, Behaviour, TestCard
from ordergraph.commerce.payments.rules import buyer_sentence
from ordergraph.runtime.clock import Clock

_BROKEN = (PostgresError, InterfaceError, InternalClientError, EmulatedDBAPIException, OSError)
"""How the driver says that an entry could not be made."""

SETTLING = timedelta(seconds=2)
"""How long the charge of a `tok_processing` takes to settle."""


class FaultPoint(StrEnum):
    """Where the process can be made to die, for tests of crashes (B4)."""

    BEFORE_CHARGE = "before_charge"
    AFTER_CHARGE = "after_charge"
    BEFORE_RESUME = "before_resume"
    AFTER_RESUME = "after_resume"
    BEFORE_REFUND = "before_refund"
    AFTER_REFUND = "after_refund"


class SandboxGateway:
    """Charges test cards; its books are written through connections of its own.

    With `fault` set the process kills itself when it gets to that point.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        timeout: timedelta = timedelta(seconds=5),
        fault: str | None = None,
        pool_size: int = 4,
    ) -> None:
        self.timeout = timeout
        self._clock = clock
        self._fault = FaultPoint(fault) if fault else None
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=timeout.total_seconds(),
            connect_args={
                "server_settings": {"application_name": "ordergraph-sandbox", "timezone": "UTC"},
                "timeout": timeout.total_seconds(),
            },
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._engine.dispose()

    def accepts(self, token: str, *, livemode: bool) -> bool:
        """Tell whether this is a test token; where money is real there are none (PAY-14)."""
        return not livemode and token in TEST_CARDS

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge a test card once for a key; refused once the key was given up."""
        self._reach(FaultPoint.BEFORE_CHARGE)
        async with self._books(alone=True) as books:
            charge = await books.open_charge(request.environment_id, self._new_charge(request))
            if charge is None:
                charge = await books.charge(request.environment_id, request.key)
        self._reach(FaultPoint.AFTER_CHARGE)
        return _outcome(charge)

    async def resume(self, environment_id: UUID, key: UUID) -> ChargeOutcome:
        """Take the client's word that it has finished its action."""
        self._reach(FaultPoint.BEFORE_RESUME)
        async with self._books() as books:
            charge = await books.charge(environment_id, key)
            if charge is None:
                charge = await books.bar(environment_id, key, self._clock.now())
            elif charge.status is ChargeStatus.REQUIRES_ACTION:
                card = TEST_CARDS[charge.token]
                fails = card.behaviour is Behaviour.ASKS_THEN_DECLINES
                status = ChargeStatus.DECLINED if fails else ChargeStatus.SUCCEEDED
                charge = await books.move(charge, status, self._clock.now(), card.failure)
        self._reach(FaultPoint.AFTER_RESUME)
        return _outcome(charge)

    async def look_up(self, environment_id: UUID, key: UUID) -> ChargeOutcome | None:
        """Say where a charge stands; one that was processing settles when its time has come."""
        async with self._books() as books:
            charge = await self._settled(books, environment_id, key)
        return None if charge is None else _outcome(charge)

    async def cancel(self, environment_id: UUID, key: UUID) -> ChargeOutcome:
        """Give a charge up; a key never seen is barred: a late charge with it is refused."""
        async with self._books() as books:
            charge = await books.bar(environment_id, key, self._clock.now())
            if charge is None:
                charge = await self._settled(books, environment_id, key)
                if charge.status in (ChargeStatus.REQUIRES_ACTION, ChargeStatus.PROCESSING):
                    charge = await books.move(charge, ChargeStatus.CANCELED, self._clock.now())
        return _outcome(charge)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Return money of a charge once for a key; never more than was captured."""
        self._reach(FaultPoint.BEFORE_REFUND)
        async with self._books() as books:
            charge = await books.charge(request.environment_id, request.charge_key)
            refund = await books.refund(request.environment_id, request.key)
            if refund is None:
                reason = _refusal(charge, request)
                if reason is None:
                    await books.give_back(charge, request.amount.minor)
                new = self._new_refund(request, reason)
                refund = await books.add_refund(request.environment_id, new)
        self._reach(FaultPoint.AFTER_REFUND)
        return _refund_outcome(refund)

    async def look_up_refund(self, environment_id: UUID, key: UUID) -> RefundOutcome | None:
        """Say where a refund stands."""
        async with self._books() as books:
            refund = await books.refund(environment_id, key)
        return None if refund is None else _refund_outcome(refund)

    @asynccontextmanager
    async def _books(self, *, alone: bool = False) -> AsyncGenerator[Books]:
        """Open the books for one entry, within the timeout; it is made wholly or not at all.

        With `alone` each statement is an entry of its own.
        """
        reached = False
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                lent: Any = await self._engine.raw_connection()
                try:
                    driver = lent.driver_connection
                    async with nullcontext() if alone else driver.transaction():
                        reached = True
                        yield Books(driver)
                finally:
                    if lent.driver_connection.is_closed():
                        lent.invalidate()
                    lent.close()
        except IntegrityConstraintViolationError:
            raise
        except (TimeoutError, PoolTimeout, DBAPIError, *_BROKEN) as failure:
            raise (OutcomeUnknown if reached else NotSent)(str(failure)) from failure

    async def _settled(self, books: Books, environment_id: UUID, key: UUID) -> Any:
        """Lock a charge and return it, settled if it was processing and its time has come."""
        charge = await books.charge(environment_id, key)
        if charge is None or charge.status is not ChargeStatus.PROCESSING:
            return charge
        now = self._clock.now()
        return (
            charge
            if now < charge.settles_at
            else await books.move(charge, ChargeStatus.SUCCEEDED, now)
        )

    def _new_charge(self, request: ChargeRequest) -> dict[str, Any]:
        card = TEST_CARDS[request.token]
        status = _AT_FIRST[card.behaviour]
        asks = status is ChargeStatus.REQUIRES_ACTION
        processing = status is ChargeStatus.PROCESSING
        now = self._clock.now()
        return {
            "id": request.key,
            "order_id": request.order_id,
            "token": request.token,
            "amount_minor": request.amount.minor,
            "refunded_minor": 0,
            "currency": request.amount.currency,
            "status": status,
            "failure_code": None if asks else card.failure,
            "client_secret": _client_secret(request.key) if asks else None,
            "settles_at": now + SETTLING if processing else None,
            "created_at": now,
            "updated_at": now,
        }

    def _new_refund(self, request: RefundRequest, reason: str | None) -> dict[str, Any]:
        return {
            "id": request.key,
            "charge_id": request.charge_key,
            "amount_minor": request.amount.minor,
            "currency": request.amount.currency,
            "status": RefundStatus.FAILED if reason else RefundStatus.SUCCEEDED,
            "failure_reason": reason,
            "created_at": self._clock.now(),
        }

    def _reach(self, point: FaultPoint) -> None:
        if self._fault is point:
            os.kill(os.getpid(), signal.SIGKILL)


_AT_FIRST = {
    Behaviour.SUCCEEDS: ChargeStatus.SUCCEEDED,
    Behaviour.DECLINES: ChargeStatus.DECLINED,
    Behaviour.ASKS: ChargeStatus.REQUIRES_ACTION,
    Behaviour.ASKS_THEN_DECLINES: ChargeStatus.REQUIRES_ACTION,
    Behaviour.SETTLES_LATER: ChargeStatus.PROCESSING,
    Behaviour.REFUSES_REFUNDS: ChargeStatus.SUCCEEDED,
}


def _client_secret(key: UUID) -> str:
    return f"{_reference('ch', key)}_secret_{secrets.token_urlsafe(18)}"


def _reference(kind: str, key: UUID) -> str:
    return f"{kind}_sandbox_{key.hex}"


def _outcome(row: Any) -> ChargeOutcome:
    card: TestCard | None = TEST_CARDS.get(row.token)
    asks = row.status is ChargeStatus.REQUIRES_ACTION
    return ChargeOutcome(
        status=row.status,
        reference=_reference("ch", row.id),
        failure_code=row.failure_code,
        failure_message=row.failure_code and buyer_sentence(row.failure_code),
        brand=card and card.brand,
        last4=card and card.last4,
        client_secret=row.client_secret if asks else None,
    )


def _refund_outcome(row: Any) -> RefundOutcome:
    return RefundOutcome(row.status, _reference("re", row.id), row.failure_reason)


def _refusal(charge: Any, request: RefundRequest) -> str | None:
    """Return why a refund cannot be made of a locked charge, in the words of domain 15.1."""
    if charge is None or charge.status is not ChargeStatus.SUCCEEDED:
        return "payment_refund_not_attempted"
    if charge.currency != request.amount.currency:
        return "payment_refund_failed"
    if TEST_CARDS[charge.token].behaviour is Behaviour.REFUSES_REFUNDS:
        return "expired_or_canceled_card"
    left = charge.amount_minor - charge.refunded_minor
    return None if 0 < request.amount.minor <= left else "payment_refund_failed"
