"""Judging sources before anybody is asked for money."""

from datetime import UTC, datetime, timedelta

import pytest

from ordergraph.commerce.payments.gateways.sandbox import SandboxGateway
from ordergraph.commerce.payments.sources import (
    CashSource,
    ExternalKind,
    ExternalSource,
    TokenSource,
)
from ordergraph.core.money import MOST_MINOR, Money
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.runtime.clock import ManualClock

DUE = Money(500, "USD")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_pay_14_a_token_of_another_mode_or_kind_is_refused_at_its_place() -> None:
    gateway = SandboxGateway("postgresql+asyncpg://nobody@127.0.0.1:1/none", ManualClock())
    TokenSource("tok_visa").check(gateway, livemode=False)
    for token, livemode in (("tok_visa", True), ("card_4242", False)):
        with pytest.raises(Problem) as refused:
            TokenSource(token).check(gateway, livemode=livemode)
        assert refused.value.code is ErrorCode.PAYMENT_SOURCE_INVALID
        assert refused.value.field == ("sources", "0", "token")


def test_a_token_is_neither_shown_nor_kept() -> None:
    source = TokenSource("tok_visa")
    assert "tok_visa" not in repr(source)
    assert source.summary() == {}


def test_ext_1_cash_that_covers_the_amount_is_good() -> None:
    CashSource(Money(500, "USD")).check(DUE)
    CashSource(Money(2000, "USD")).check(DUE)


@pytest.mark.parametrize(
    ("tendered", "code", "last"),
    [
        (Money(499, "USD"), ErrorCode.PAYMENT_AMOUNT_MISMATCH, "amount"),
        (Money(500, "EUR"), ErrorCode.CURRENCY_MISMATCH, "currency"),
        (Money(-1, "USD"), ErrorCode.AMOUNT_OUT_OF_RANGE, "amount"),
        (Money(MOST_MINOR + 1, "USD"), ErrorCode.AMOUNT_OUT_OF_RANGE, "amount"),
    ],
)
def test_ext_1_other_cash_is_refused(tendered: Money, code: ErrorCode, last: str) -> None:
    with pytest.raises(Problem) as refused:
        CashSource(tendered).check(DUE)
    assert refused.value.code is code
    assert refused.value.field == ("sources", "0", "cash", "tendered", last)


@pytest.mark.parametrize("reference", ["x", "x" * 255, "  T-1  "])
def test_ext_2_an_external_payment_has_a_reference(reference: str) -> None:
    source = ExternalSource(ExternalKind.BANK_TRANSFER, reference, NOW)
    source.check(NOW)
    assert source.summary() == {
        "externalKind": "BANK_TRANSFER",
        "reference": reference.strip(),
        "receivedAt": "2026-11-21T12:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("", ErrorCode.FIELD_REQUIRED),
        ("  ", ErrorCode.FIELD_REQUIRED),
        ("x" * 256, ErrorCode.STRING_TOO_LONG),
    ],
)
def test_ext_2_a_reference_has_1_to_255_characters(reference: str, code: ErrorCode) -> None:
    with pytest.raises(Problem) as refused:
        ExternalSource(ExternalKind.CHECK, reference).check(NOW)
    assert refused.value.code is code
    assert refused.value.field == ("sources", "0", "external", "reference")


def test_ext_2_all_that_is_wrong_with_an_external_payment_is_told_at_once() -> None:
    later = NOW + timedelta(seconds=1)
    with pytest.raises(Problems) as refused:
        ExternalSource(ExternalKind.CHECK, "", later).check(NOW)
    assert [(each.code, each.field[-1]) for each in refused.value.problems] == [
        (ErrorCode.FIELD_REQUIRED, "reference"),
        (ErrorCode.INVALID_FIELD, "receivedAt"),
    ]
