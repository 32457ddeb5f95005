"""From which payments of an order a refund is given back (REF-1, REF-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem, not_found


@dataclass(frozen=True, slots=True)
class Tender:
    """A payment, and how much of it can still be given back."""

    id: UUID
    left: int


@dataclass(frozen=True, slots=True)
class Leg:
    """What a refund gives back of one payment."""

    payment_id: UUID
    amount: int


def spread(amount: int, tenders: Sequence[Tender], currency: str) -> tuple[Leg, ...]:
    """Take an amount from the payments that were captured last, each up to what it has left.

    `tenders` stand in the order of their capture. More than they have together is
    `REFUND_EXCEEDS_REFUNDABLE`.
    """
    legs: list[Leg] = []
    missing = amount
    for tender in reversed(tenders):
        part = min(missing, tender.left)
        if part > 0:
            legs.append(Leg(tender.id, part))
            missing -= part
    if missing:
        raise LimitProblem(
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            "The payments have not so much left to give back.",
            Money(amount - missing, currency),
        )
    return tuple(legs)


def check_allocations(
    amount: int, allocations: Sequence[Leg], tenders: Sequence[Tender], currency: str
) -> tuple[Leg, ...]:
    """Return an allocation that a caller gave, if it is exact (REF-11).

    A payment that is not of the order is `RESOURCE_NOT_FOUND`, one that is named twice
    `CONFLICTING_FIELDS`, more than one has left `REFUND_EXCEEDS_REFUNDABLE` with the figure, less
    than 1 `AMOUNT_OUT_OF_RANGE`, another sum than the amount `REFUND_ALLOCATION_MISMATCH`.
    """
    left = {tender.id: tender.left for tender in tenders}
    seen: set[UUID] = set()
    for at, leg in enumerate(allocations):
        if leg.payment_id not in left:
            raise not_found("payment", "allocations", at, "paymentId")
        if leg.payment_id in seen:
            raise Problem(
                ErrorCode.CONFLICTING_FIELDS,
                "This payment is named already.",
                ("allocations", at, "paymentId"),
            )
        seen.add(leg.payment_id)
        _check_leg(leg, left[leg.payment_id], currency, at)
    together = sum(leg.amount for leg in allocations)
    if together != amount:
        raise LimitProblem(
            ErrorCode.REFUND_ALLOCATION_MISMATCH,
            f"The allocations add up to {together}, the refund comes to {amount}.",
            Money(amount, currency),
            ("allocations",),
        )
    return tuple(allocations)


def _check_leg(leg: Leg, left: int, currency: str, at: int) -> None:
    path = ("allocations", at, "amount")
    if leg.amount < 1:
        raise Problem(
            ErrorCode.AMOUNT_OUT_OF_RANGE, "An amount that goes back is at least 1.", path
        )
    if leg.amount > left:
        raise LimitProblem(
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            "This payment has not so much left to give back.",
            Money(left, currency),
            path,
        )
