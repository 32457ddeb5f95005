"""The states of a refund and the only moves between them (domain 31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from ordergraph.commerce.payments.gateway import RefundStatus as Observed


class RefundStatus(StrEnum):
    """Where a refund stands: what its payments say together (REF-12)."""

    PENDING = "PENDING"
    IN_TRANSIT = "IN_TRANSIT"
    SUCCEEDED = "SUCCEEDED"
    PARTIALLY_SUCCEEDED = "PARTIALLY_SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Tell whether it is known of all its money whether it went back."""
        return self not in (RefundStatus.PENDING, RefundStatus.IN_TRANSIT)


class LegStatus(StrEnum):
    """Where the part of a refund stands that goes back to one payment."""

    PENDING = "PENDING"
    IN_TRANSIT = "IN_TRANSIT"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Tell whether the money is back, or will not go back."""
        return self in (LegStatus.SUCCEEDED, LegStatus.FAILED)


class RefundReason(StrEnum):
    """Why money is given back."""

    DUPLICATE = "DUPLICATE"
    FRAUDULENT = "FRAUDULENT"
    REQUESTED_BY_CUSTOMER = "REQUESTED_BY_CUSTOMER"
    DEFECTIVE_PRODUCT = "DEFECTIVE_PRODUCT"
    WRONG_ITEM_SHIPPED = "WRONG_ITEM_SHIPPED"
    NEVER_RECEIVED = "NEVER_RECEIVED"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED"
    ARRIVED_TOO_LATE = "ARRIVED_TOO_LATE"
    CUSTOMER_CHANGED_MIND = "CUSTOMER_CHANGED_MIND"
    BETTER_PRICE_FOUND = "BETTER_PRICE_FOUND"
    ACCIDENTAL_ORDER = "ACCIDENTAL_ORDER"
    OTHER = "OTHER"


OBSERVED: Mapping[Observed, LegStatus] = {
    Observed.PENDING: LegStatus.IN_TRANSIT,
    Observed.SUCCEEDED: LegStatus.SUCCEEDED,
    Observed.FAILED: LegStatus.FAILED,
}
"""What a refund's status at the processor says about ours."""


def advance(current: LegStatus, observed: LegStatus) -> LegStatus:
    """Return the status after an observation: the one observed, unless `current` is final."""
    return current if current.is_final else observed


def combined(legs: Sequence[LegStatus]) -> RefundStatus:
    """Return where a refund stands whose payments stand like this (REF-12).

    It is on its way while any of them is: PENDING while one was not answered yet.
    """
    if LegStatus.PENDING in legs:
        return RefundStatus.PENDING
    if LegStatus.IN_TRANSIT in legs:
        return RefundStatus.IN_TRANSIT
    if LegStatus.FAILED not in legs:
        return RefundStatus.SUCCEEDED
    return RefundStatus.PARTIALLY_SUCCEEDED if LegStatus.SUCCEEDED in legs else RefundStatus.FAILED
