"""Tips as a shop suggests them (TIP-4)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.tips import TipOptions, WantedTipOptions


def usd(minor: int) -> Money:
    return Money(minor, "USD")


WANTED = WantedTipOptions(
    ("15", "18.50", "20"), "18.5", (usd(100), usd(200), usd(300)), usd(1000), usd(200)
)
OPTIONS = WANTED.judged(Findings(), "tipOptions")


def shown(currency: str, goods: int, limit: int = 0, **changes: Any) -> list[tuple[int, bool]]:
    options = replace(OPTIONS, **changes)
    return [
        (each.amount.minor, each.is_default) for each in options.suggested(currency, goods, limit)
    ]


def test_tip_4_small_orders_show_amounts_and_others_percentages_of_their_goods() -> None:
    assert shown("USD", 999) == [(100, False), (200, True), (300, False)]
    assert shown("USD", 1000) == [(150, False), (185, True), (200, False)]
    assert shown("USD", 1003) == [(150, False), (186, True), (201, False)]  # 185.555
    assert shown("EUR", 999) == [(150, False), (185, True), (200, False)]
    assert shown("USD", 1000, default_percent=None) == [(150, False), (185, False), (200, False)]


def test_tip_4_what_comes_to_nothing_or_would_be_refused_is_not_shown() -> None:
    assert shown("USD", 200) == [(100, False), (200, True)]
    assert shown("USD", 200, limit=300) == [(100, False), (200, True), (300, False)]
    assert shown("EUR", 0, limit=300) == []
    assert shown("EUR", 3) == [(1, True), (1, False)]


def test_tip_4_options_are_kept_as_they_were_judged() -> None:
    assert OPTIONS.percents == (Decimal(15), Decimal("18.5"), Decimal(20))
    assert TipOptions.stored(OPTIONS.as_stored()) == OPTIONS
    bare = WantedTipOptions(("10",), custom_tips=False).judged(Findings())
    assert bare == TipOptions((Decimal(10),), custom_tips=False)
    assert TipOptions.stored(bare.as_stored()) == bare


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"percents": (), "default_percent": None}, ErrorCode.FIELD_REQUIRED, "percents"),
        (
            {"percents": ("1", "2", "3", "4"), "default_percent": "1"},
            ErrorCode.TOO_MANY_ITEMS,
            "percents",
        ),
        ({"percents": ("18.5", "18.50")}, ErrorCode.INVALID_FIELD, "percents"),
        ({"percents": ("18.5", "0.5")}, ErrorCode.INVALID_FIELD, "percents.1"),
        ({"percents": ("18.5", "9.00001")}, ErrorCode.PERCENT_PRECISION, "percents.1"),
        ({"default_percent": "19"}, ErrorCode.INVALID_FIELD, "defaultPercent"),
        ({"default_amount": usd(201)}, ErrorCode.INVALID_FIELD, "defaultAmount"),
        ({"amounts_below": None}, ErrorCode.FIELD_REQUIRED, "amountsBelow"),
        ({"amounts": (), "default_amount": None}, ErrorCode.FIELD_REQUIRED, "amounts"),
        ({"amounts": (usd(200), usd(0))}, ErrorCode.AMOUNT_OUT_OF_RANGE, "amounts.1.amount"),
        ({"amounts": (usd(200), usd(200))}, ErrorCode.INVALID_FIELD, "amounts"),
        (
            {"amounts": (usd(200), Money(1, "EUR"))},
            ErrorCode.CURRENCY_MISMATCH,
            "amounts.1.currency",
        ),
        ({"amounts_below": usd(0)}, ErrorCode.AMOUNT_OUT_OF_RANGE, "amountsBelow.amount"),
    ],
)
def test_tip_4_options_that_cannot_be_are_told_at_their_place(
    changes: dict[str, Any], code: ErrorCode, field: str
) -> None:
    findings = Findings()
    replace(WANTED, **changes).judged(findings, "tipOptions")
    assert [(each.code, ".".join(map(str, each.field))) for each in findings.problems] == [
        (code, f"tipOptions.{field}")
    ]
