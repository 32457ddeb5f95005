"""The states of a refund and the only moves between them (domain 31)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ordergraph.commerce.payments.gateway import RefundStatus as Observed


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "PENDING"
    IN_TRANSIT = "IN_TRANSIT"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Tell whether the money is back, or will not go back."""
        return self in (RefundStatus.SUCCEEDED, RefundStatus.FAILED)


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


OBSERVED: Mapping[Observed, RefundStatus] = {
    Observed.PENDING: RefundStatus.IN_TRANSIT,
    Observed.SUCCEEDED: RefundStatus.SUCCEEDED,
    Observed.FAILED: RefundStatus.FAILED,
}
"""What a refund's status at the processor says about ours."""


def advance(current: RefundStatus, observed: RefundStatus) -> RefundStatus:
    """Return the status after an observation: the one observed, unless `current` is final."""
    return current if current.is_final else observed
