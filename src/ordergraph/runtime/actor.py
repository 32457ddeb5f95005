"""Who acts: the identity that a credential stands for, and the key its request carries."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Self
from uuid import UUID


class ActorKind(StrEnum):
    """What sort of credential acts."""

    SECRET_KEY = "SECRET_KEY"
    PUBLISHABLE_KEY = "PUBLISHABLE_KEY"
    BUYER = "BUYER"
    SYSTEM = "SYSTEM"


@dataclass(slots=True)
class IdempotencyKey:
    """A caller's key for one mutation field, with what it is bound to (IDM-2, IDM-3)."""

    key: str
    operation: str
    fingerprint: bytes
    claimed: bool = False


@dataclass(slots=True)
class Actor:
    """The caller of one request: every read and write is confined to its environment (ENV-1).

    `order_id` is the one order that a buyer's secret opens. `committed` counts the transactions
    that this request has committed: none means that a conflict may be retried (CON-4).
    """

    environment_id: UUID
    merchant_id: UUID
    kind: ActorKind
    principal: str
    scopes: frozenset[str]
    livemode: bool = False
    order_id: UUID | None = None
    request_id: str = ""
    idempotency: IdempotencyKey | None = None
    committed: int = field(default=0)

    @classmethod
    def system(cls, environment_id: UUID, merchant_id: UUID, principal: str = "system") -> Self:
        """Return the server itself as an actor in one environment: jobs, commands, bookkeeping."""
        return cls(environment_id, merchant_id, ActorKind.SYSTEM, principal, frozenset())

    @property
    def is_buyer(self) -> bool:
        """Tell whether a browser acts, with or without an order's secret."""
        kind = self.kind
        return kind is _BROWSER or kind is _BUYER

    def audience(self) -> tuple[object, ...]:
        """Return all that decides what the actor may see: everything but who it is in person."""
        return tuple(getattr(self, name) for name in _SEEN)

    def for_mutation(self, idempotency: IdempotencyKey | None) -> Actor:
        """Return this caller as the actor of one mutation field, with that field's key."""
        return Actor(
            self.environment_id,
            self.merchant_id,
            self.kind,
            self.principal,
            self.scopes,
            self.livemode,
            self.order_id,
            self.request_id,
            idempotency,
        )


_BROWSER, _BUYER = ActorKind.PUBLISHABLE_KEY, ActorKind.BUYER
_SEEN = tuple(
    each.name
    for each in fields(Actor)
    if each.name not in {"principal", "request_id", "idempotency", "committed"}
)
