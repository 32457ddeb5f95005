"""The moves of payment attempts, every pair of them."""

from itertools import product

import pytest

from ordergraph.commerce.payments.gateway import ChargeStatus
from ordergraph.commerce.payments.lifecycle import ACTIVE, OBSERVED, AttemptStatus, advance

FINAL = {
    AttemptStatus.SUCCEEDED,
    AttemptStatus.FAILED,
    AttemptStatus.EXPIRED,
    AttemptStatus.CANCELED,
}
GIVEN_UP = {AttemptStatus.EXPIRED, AttemptStatus.CANCELED}


@pytest.mark.parametrize(("current", "observed"), list(product(AttemptStatus, AttemptStatus)))
def test_con_6_a_final_status_is_never_left_and_an_open_one_takes_what_is_observed(
    current: AttemptStatus, observed: AttemptStatus
) -> None:
    late = current in GIVEN_UP and observed is AttemptStatus.SUCCEEDED  # a fact (ORD-27)
    assert advance(current, observed) is (observed if late or current not in FINAL else current)


def test_every_status_is_either_active_or_final() -> None:
    assert frozenset(AttemptStatus) - FINAL == ACTIVE
    assert {status for status in AttemptStatus if status.is_active} == {
        AttemptStatus.PROCESSING,
        AttemptStatus.REQUIRES_ACTION,
    }


def test_every_charge_status_says_something_about_the_attempt() -> None:
    assert OBSERVED == {
        ChargeStatus.SUCCEEDED: AttemptStatus.SUCCEEDED,
        ChargeStatus.DECLINED: AttemptStatus.FAILED,
        ChargeStatus.REQUIRES_ACTION: AttemptStatus.REQUIRES_ACTION,
        ChargeStatus.PROCESSING: AttemptStatus.PROCESSING,
        ChargeStatus.CANCELED: AttemptStatus.CANCELED,
    }
