"""Looking attempts and payments up, and the objects that the rest of the house knows them by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text

from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.sources import ExternalKind, PaymentKind
from ordergraph.commerce.payments.tables import (
    IS_ACTIVE,
    CaptureStatus,
    PaymentAttemptRow,
    PaymentRow,
)
from ordergraph.core.money import Money
from ordergraph.runtime.db.prepared import Prepared, named
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader, Transaction


class PendingActionType(StrEnum):
    """What a buyer has to do before a payment can go on."""

    PAYMENT_AUTHENTICATION = "PAYMENT_AUTHENTICATION"


@dataclass(frozen=True, slots=True)
class PendingAction:
    """Something the buyer's client has to do; `id` is that of the attempt it belongs to."""

    id: UUID
    type: PendingActionType
    client_secret: str | None
    redirect_url: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of paying an order."""

    id: UUID
    order_id: UUID
    order_version: int
    amount: Money
    status: AttemptStatus
    kind: PaymentKind
    source: Mapping[str, Any]
    buyer_email: str | None
    failure_code: str | None
    failure_message: str | None
    client_secret: str | None
    redirect_url: str | None
    reference: str | None
    lease_until: datetime
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Tell whether the outcome is still open."""
        return self.status.is_active

    @property
    def has_failed(self) -> bool:
        """Tell whether it came to nothing: declined, expired or given up."""
        return not (self.is_active or self.status is AttemptStatus.SUCCEEDED)

    @property
    def is_resumable(self) -> bool:
        """Tell whether the client can go on with it after its action (PAY-10)."""
        return self.status is AttemptStatus.REQUIRES_ACTION

    @property
    def pending_actions(self) -> tuple[PendingAction, ...]:
        """What the buyer has to do now."""
        if not self.is_resumable:
            return ()
        kind = PendingActionType.PAYMENT_AUTHENTICATION
        return (PendingAction(self.id, kind, self.client_secret, self.redirect_url),)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money collected for an order."""

    id: UUID
    order_id: UUID
    attempt_id: UUID
    amount: Money
    refunded: Money
    kind: PaymentKind
    status: CaptureStatus
    tendered: Money | None
    change: Money | None
    external_kind: ExternalKind | None
    reference: str | None
    received_at: datetime | None
    brand: str | None
    last4: str | None
    gateway_reference: str | None
    captured_at: datetime

    @property
    def refundable_minor(self) -> int:
        """How much can still be given back; pending refunds count as given (REF-3)."""
        return self.amount.minor - self.refunded.minor


async def attempts_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Attempt]:
    """Return the attempts among `ids` that this caller may see, by id."""
    rows = map(_attempt, await reader.fetch(_ATTEMPTS_BY_IDS, {"ids": ids}))
    return {row.id: attempt_of(row) for row in rows if _visible(reader, row)}


async def payments_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Payment]:
    """Return the payments among `ids` that this caller may see, by id."""
    rows = map(_payment, await reader.fetch(_PAYMENTS_BY_IDS, {"ids": ids}))
    return {row.id: payment_of(row) for row in rows if _visible(reader, row)}


async def attempts_by_orders(
    reader: Reader, order_ids: Sequence[UUID]
) -> Mapping[UUID, list[Attempt]]:
    """Return each order's attempts, the oldest first."""
    found: dict[UUID, list[Attempt]] = {id: [] for id in order_ids}
    for row in map(_attempt, await reader.fetch(_ATTEMPTS_BY_ORDERS, {"orders": order_ids})):
        if _visible(reader, row):
            found[row.order_id].append(attempt_of(row))
    return found


async def attempts_as_of(
    reader: Reader, order_ids: Sequence[UUID], instant: datetime
) -> Mapping[UUID, list[Attempt]]:
    """Return each order's attempts that had begun by an instant, the oldest first (HIS-5).

    One that has moved since was under way then; its buyer is not shown the address any more.
    """
    found = await attempts_by_orders(reader, order_ids)
    hidden = reader.actor.is_buyer
    return {
        id: [
            _as_of(each, instant, hidden=hidden) for each in attempts if each.created_at <= instant
        ]
        for id, attempts in found.items()
    }


def _as_of(attempt: Attempt, instant: datetime, *, hidden: bool) -> Attempt:
    if attempt.updated_at <= instant:
        return attempt
    return replace(
        attempt,
        status=AttemptStatus.PROCESSING,
        failure_code=None,
        failure_message=None,
        client_secret=None,
        redirect_url=None,
        expires_at=None,
        updated_at=attempt.created_at,
        completed_at=None,
        buyer_email=None if hidden else attempt.buyer_email,
    )


async def payments_by_orders(
    reader: Reader, order_ids: Sequence[UUID]
) -> Mapping[UUID, list[Payment]]:
    """Return each order's payments, the oldest first."""
    found: dict[UUID, list[Payment]] = {id: [] for id in order_ids}
    for row in map(_payment, await reader.fetch(_PAYMENTS_BY_ORDERS, {"orders": order_ids})):
        if _visible(reader, row):
            found[row.order_id].append(payment_of(row))
    return found


async def active_attempt(reader: Reader, order_id: UUID) -> Attempt | None:
    """Return the order's attempt whose outcome is still open, if there is one."""
    rows = await reader.fetch(_ACTIVE_OF_ORDER, {"of_order": order_id})
    return attempt_of(_attempt(rows[0])) if rows else None


async def lock_attempt(tx: Transaction, id: UUID, *field: str | int) -> Attempt:
    """Lock an attempt and return it; a missing one is not found at `field`.

    The order is locked first (CON-2).
    """
    return attempt_of(await tx.lock(PaymentAttemptRow, id, "payment attempt", *field))


def attempt_of(row: Any) -> Attempt:
    """Make the object of a row."""
    return Attempt(
        id=row.id,
        order_id=row.order_id,
        order_version=row.order_version,
        amount=Money(row.amount_minor, row.currency),
        status=row.status,
        kind=row.source_kind,
        source=row.source,
        buyer_email=row.buyer_email,
        failure_code=row.failure_code,
        failure_message=row.failure_message,
        client_secret=row.client_secret,
        redirect_url=row.redirect_url,
        reference=row.reference,
        lease_until=row.lease_until,
        expires_at=row.expires_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        completed_at=row.completed_at,
    )


def payment_of(row: Any) -> Payment:
    """Make the object of a row."""
    return Payment(
        id=row.id,
        order_id=row.order_id,
        attempt_id=row.attempt_id,
        amount=Money(row.amount_minor, row.currency),
        refunded=Money(row.refunded_minor, row.currency),
        kind=row.kind,
        status=row.status,
        tendered=_money(row.tendered_minor, row.currency),
        change=_money(row.change_minor, row.currency),
        external_kind=row.external_kind,
        reference=row.reference,
        received_at=row.received_at,
        brand=row.brand,
        last4=row.last4,
        gateway_reference=row.gateway_reference,
        captured_at=row.captured_at,
    )


def _visible(reader: Reader, row: Any) -> bool:
    """Tell whether the caller may see what belongs to the row's order: a buyer only its own."""
    return not reader.actor.is_buyer or row.order_id == reader.actor.order_id


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


ATTEMPT_COLUMNS = tuple(PaymentAttemptRow.__table__.c)
PAYMENT_COLUMNS = tuple(PaymentRow.__table__.c)

_attempt = named(ATTEMPT_COLUMNS)
_payment = named(PAYMENT_COLUMNS)

_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_ORDERS = any_(bindparam("orders", type_=ARRAY(Uuid)))

_ATTEMPTS = select(*ATTEMPT_COLUMNS).where(within(PaymentAttemptRow))
_ATTEMPTS_BY_IDS = Prepared(_ATTEMPTS.where(PaymentAttemptRow.id == _IDS))
_ATTEMPTS_BY_ORDERS = Prepared(
    _ATTEMPTS.where(PaymentAttemptRow.order_id == _ORDERS).order_by(
        PaymentAttemptRow.created_at, PaymentAttemptRow.id
    )
)
_ACTIVE_OF_ORDER = Prepared(
    _ATTEMPTS.where(PaymentAttemptRow.order_id == bindparam("of_order"), text(IS_ACTIVE))
)

_PAYMENTS = select(*PAYMENT_COLUMNS).where(within(PaymentRow))
_PAYMENTS_BY_IDS = Prepared(_PAYMENTS.where(PaymentRow.id == _IDS))
_PAYMENTS_BY_ORDERS = Prepared(
    _PAYMENTS.where(PaymentRow.order_id == _ORDERS).order_by(PaymentRow.captured_at, PaymentRow.id)
)
