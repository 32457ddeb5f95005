"""Kinds of settings: what each takes, and that what is kept is read back."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from ordergraph.core.addresses import Address
from ordergraph.core.drafts import TaxRounding
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.settings import Amount, Choice, Flag, Kind, Place, Whole

HOME = Address("1 Main St", "Berlin", "10115", "DE")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Flag(), True),
        (Choice(TaxRounding), TaxRounding.LINE),
        (Whole(0, 5), 5),
        (Amount(least=1), Money(1, "EUR")),
        (Place(), HOME),
    ],
)
def test_a_value_is_kept_as_json_and_read_back(kind: Kind, value: Any) -> None:
    findings = Findings()
    assert kind.check(findings, value, "it") == value
    findings.settle()
    assert kind.read(orjson.loads(orjson.dumps(kind.stored(value)))) == value


@pytest.mark.parametrize(
    ("kind", "value", "code", "field"),
    [
        (Whole(2, 5), 1, ErrorCode.INVALID_FIELD, ("it",)),
        (Whole(2, 5), Decimal("2.5"), ErrorCode.INVALID_FIELD, ("it",)),
        (Amount(least=1), Money(0, "EUR"), ErrorCode.AMOUNT_OUT_OF_RANGE, ("it", "amount")),
        (Amount(), Money(1, "EURO"), ErrorCode.UNKNOWN_CURRENCY, ("it", "currency")),
        (
            Place(),
            Address("1 Main St", " ", "1", "DE"),
            ErrorCode.FIELD_REQUIRED,
            ("it", "city"),
        ),
    ],
)
def test_what_a_kind_cannot_hold_is_noted_where_it_is(
    kind: Kind, value: Any, code: ErrorCode, field: tuple[str, ...]
) -> None:
    findings = Findings()
    kind.check(findings, value, "it")
    assert [(each.code, each.field) for each in findings.problems] == [(code, field)]
