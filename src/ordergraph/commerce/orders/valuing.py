"""Valuing a fee or a tip: an amount or a percentage of the goods, exactly one of the two."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ordergraph.commerce.orders.picking import check_currency
from ordergraph.core.currencies import check_money
from ordergraph.core.money import Money
from ordergraph.core.percents import LEAST_PERCENT, parse_percent
from ordergraph.core.problems import ErrorCode, FieldPath, Findings
from ordergraph.core.sparse import OMITTED, Omitted


@dataclass(frozen=True, slots=True)
class Value:
    """An amount in minor units, or a percentage, which is a number as it was sent until judged."""

    fixed_minor: int | None = None
    percent: Decimal | None = None


NO_VALUE = Value()


@dataclass(frozen=True, slots=True)
class Scale:
    """What an amount may be at least, in minor units, and a percentage (MON-2, MON-7)."""

    least_minor: int = 0
    least_percent: Decimal = LEAST_PERCENT


def valued(
    findings: Findings,
    amount: Money | Omitted | None,
    percent: str | Decimal | Omitted | None,
    currency: str,
    scale: Scale,
    *path: str,
    present: Value = NO_VALUE,
) -> Value:
    """Return a value after a change: one sort takes the place of the other (CHG-1, TIP-1).

    What is omitted stays as at `present`, None clears. What is wrong is noted below `path`: both
    sorts at once are `CONFLICTING_FIELDS`, neither `FIELD_REQUIRED`, and the present value is
    returned.
    """
    new_amount = None if amount is OMITTED else amount
    new_percent = None if percent is OMITTED else percent
    if new_amount is not None and new_percent is not None:
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "Say either an amount or a percent, not both.",
            *path,
            "amount",
        )
        return present
    if new_amount is not None:
        return Value(fixed_minor=_amount(findings, new_amount, currency, scale, *path, "amount"))
    if new_percent is not None:
        return Value(percent=_percent(findings, new_percent, scale, *path, "percent"))
    kept = Value(
        present.fixed_minor if amount is OMITTED else None,
        present.percent if percent is OMITTED else None,
    )
    if kept == NO_VALUE:
        findings.add(ErrorCode.FIELD_REQUIRED, "Say an amount or a percent.", *path, "amount")
        return present
    return kept


def place_of(value: Value) -> FieldPath:
    """Return the field of the input that a value was sent in."""
    return ("percent",) if value.fixed_minor is None else ("amount",)


def _amount(findings: Findings, amount: Money, currency: str, scale: Scale, *field: str) -> int:
    if check_money(findings, amount, *field, least=scale.least_minor) is not None:
        check_currency(findings, amount, currency, *field)
    return amount.minor


def _percent(
    findings: Findings, percent: str | Decimal, scale: Scale, *field: str
) -> Decimal | None:
    with findings.noting():
        return parse_percent(percent, lowest=scale.least_percent, field=field)
    return None
