"""The states of a payment attempt and the only moves between them (domain 31, CON-6)."""

from collections.abc import Mapping
from enum import StrEnum

from ordergraph.commerce.payments.gateway import ChargeStatus


class AttemptStatus(StrEnum):
    """Where one run of paying stands."""

    PROCESSING = "PROCESSING"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    CANCELED = "CANCELED"

    @property
    def is_active(self) -> bool:
        """Tell whether the outcome is still open: only then is the order locked (ORD-40)."""
        return self in ACTIVE


_EVERY = frozenset(AttemptStatus)
_LATE = frozenset({AttemptStatus.SUCCEEDED})

MOVES: Mapping[AttemptStatus, frozenset[AttemptStatus]] = {
    AttemptStatus.PROCESSING: _EVERY,
    AttemptStatus.REQUIRES_ACTION: _EVERY,
    AttemptStatus.SUCCEEDED: frozenset(),
    AttemptStatus.FAILED: frozenset(),
    AttemptStatus.EXPIRED: _LATE,
    AttemptStatus.CANCELED: _LATE,
}
"""What may be observed next in each status. A final one is never left, whoever comes late, but for
one fact: that what we gave up was charged after all (ORD-27)."""

ACTIVE = frozenset({AttemptStatus.PROCESSING, AttemptStatus.REQUIRES_ACTION})

OBSERVED: Mapping[ChargeStatus, AttemptStatus] = {
    ChargeStatus.SUCCEEDED: AttemptStatus.SUCCEEDED,
    ChargeStatus.DECLINED: AttemptStatus.FAILED,
    ChargeStatus.REQUIRES_ACTION: AttemptStatus.REQUIRES_ACTION,
    ChargeStatus.PROCESSING: AttemptStatus.PROCESSING,
    ChargeStatus.CANCELED: AttemptStatus.CANCELED,
}
"""What a charge's status at the processor says about our attempt."""


def advance(current: AttemptStatus, observed: AttemptStatus) -> AttemptStatus:
    """Return the status after an observation: the one observed, unless `current` is final."""
    return observed if observed in MOVES[current] else current
