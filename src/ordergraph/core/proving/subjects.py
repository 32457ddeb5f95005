"""What is proven of an order: what it was priced on, what is stored of it, the money that moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ordergraph.core.amounts import NetAmounts
from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.drafts import OrderDraft
from ordergraph.core.sales import Reversal

FORMAT = "ordergraph-proof/1"


class ProvenPayment(NamedTuple):
    """Money collected, gross of what was given back of it."""

    id: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class ProvenRefund:
    """Money given back: what it undid, and what of that was taken back as it failed (REF-30).

    `amount` and `counted` are what is stored of it: all of it, and what has not failed.
    """

    id: UUID
    status: str
    amount: int
    counted: int
    reversal: Reversal
    taken_back: Reversal = field(default_factory=Reversal)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which state of which order a proof is of; `computed_at` is the instant of its last change."""

    id: UUID
    number: str | None
    version: int
    status: str
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class ProvenOrder:
    """An order as its proof has it; amounts are minor units.

    `stored`, `total` and `net` are the figures that are kept of it, which the steps have to come
    to; a discount or tax of older orders may have no shares. `names` has words for parts by id.
    """

    identity: Identity
    draft: OrderDraft
    stored: Breakdown
    total: int
    net: NetAmounts
    ever_paid: bool = False
    payments: tuple[ProvenPayment, ...] = ()
    refunds: tuple[ProvenRefund, ...] = ()
    names: Mapping[UUID, str] = field(default_factory=dict[UUID, str])


class Discrepancy(NamedTuple):
    """Something in a proof that does not hold; `step` and `rule` where it is of a step."""

    place: str
    message: str
    expected: str
    found: str
    step: int | None = None
    rule: str | None = None


class UnreadableProof(ValueError):
    """What was given is no proof, or one that is damaged; the message is a sentence."""
