"""Tips as a shop suggests them: which there are, and what they come to on an order (TIP-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from ordergraph.core.currencies import as_decimal, check_money
from ordergraph.core.money import Money, round_half_up
from ordergraph.core.percents import SCALE, millionths, parse_percent, percent_text
from ordergraph.core.problems import ErrorCode, Findings

LEAST_TIP_PERCENT = Decimal(1)
MOST_OPTIONS = 3

_ALLOWANCES = {"USD": 100_000}


def percent_tip(percent: Decimal, goods: int) -> int:
    """Return a percentage of the goods after discounts, rounded half up once (PRC-65)."""
    return round_half_up(millionths(percent) * goods, SCALE)


def allowance(currency: str, limit: int | None) -> int:
    """Return up to which amount tips are accepted whatever the goods come to (PRC-66).

    `limit` is the shop's own in minor units of this currency, None the currency's.
    """
    return _ALLOWANCES.get(currency, 0) if limit is None else limit


@dataclass(frozen=True, slots=True)
class TipSuggestion:
    """A tip to offer for one order: a percentage or a fixed amount, and what it comes to."""

    percent: Decimal | None
    amount: Money
    is_default: bool


@dataclass(frozen=True, slots=True)
class TipOptions:
    """What tips a shop suggests: percentages, and amounts for orders whose goods are below one.

    Where `custom_tips` are off, buyers leave one of these or none.
    """

    percents: tuple[Decimal, ...]
    default_percent: Decimal | None = None
    amounts: tuple[Money, ...] = ()
    amounts_below: Money | None = None
    default_amount: Money | None = None
    custom_tips: bool = True

    def suggested(self, currency: str, goods: int, limit: int) -> list[TipSuggestion]:
        """Return what to show for an order whose goods come to `goods` after discounts.

        Both are minor units, as is `limit`, up to which tips are accepted whatever the goods come
        to. What comes to nothing or would be refused is left out (PRC-66).
        """
        below = self.amounts_below
        if below is not None and below.currency == currency and goods < below.minor:
            found = [
                TipSuggestion(None, each, each == self.default_amount) for each in self.amounts
            ]
        else:
            found = [
                TipSuggestion(
                    each, Money(percent_tip(each, goods), currency), each == self.default_percent
                )
                for each in self.percents
            ]
        return [each for each in found if 0 < each.amount.minor <= max(goods, limit)]

    def offers(self, percent: Decimal | None, amount: Money | None) -> bool:
        """Tell whether a tip is one of the options, whatever the goods come to."""
        return percent in self.percents if amount is None else amount in self.amounts

    def in_words(self, currency: str) -> str:
        """List the options of orders in a currency for a person: `15%, 20%, 1.00 USD`."""
        texts = [f"{percent_text(each)}%" for each in self.percents]
        amounts = [each for each in self.amounts if each.currency == currency]
        return ", ".join([*texts, *(f"{as_decimal(each)} {currency}" for each in amounts)])

    def as_stored(self) -> dict[str, Any]:
        """Return the options as JSON keeps them."""
        return {
            "percents": [percent_text(each) for each in self.percents],
            "defaultPercent": self.default_percent and percent_text(self.default_percent),
            "amounts": [_kept(each) for each in self.amounts],
            "amountsBelow": self.amounts_below and _kept(self.amounts_below),
            "defaultAmount": self.default_amount and _kept(self.default_amount),
            "customTips": self.custom_tips,
        }

    @classmethod
    def stored(cls, kept: Mapping[str, Any]) -> Self:
        """Return the options that JSON kept."""
        percent, below, amount = (
            kept[name] for name in ("defaultPercent", "amountsBelow", "defaultAmount")
        )
        return cls(
            tuple(Decimal(each) for each in kept["percents"]),
            None if percent is None else Decimal(percent),
            tuple(Money(**each) for each in kept["amounts"]),
            None if below is None else Money(**below),
            None if amount is None else Money(**amount),
            kept["customTips"],
        )


@dataclass(frozen=True, slots=True)
class WantedTipOptions:
    """Options as they were sent, with percentages as text, until they are judged."""

    percents: Sequence[str]
    default_percent: str | None = None
    amounts: Sequence[Money] = ()
    amounts_below: Money | None = None
    default_amount: Money | None = None
    custom_tips: bool = True

    def judged(self, findings: Findings, *field: str) -> TipOptions:
        """Return the options as they will be kept; what is wrong is noted below `field`.

        One to three percentages from 1 to 100; up to three amounts, which come with the bound
        below which they are shown, in its currency; a default is one of the options.
        """
        percents = [
            _percent(findings, each, *field, "percents", str(at))
            for at, each in enumerate(self.percents)
        ]
        default = self.default_percent
        options = TipOptions(
            tuple(each for each in percents if each is not None),
            None if default is None else _percent(findings, default, *field, "defaultPercent"),
            tuple(self.amounts),
            self.amounts_below,
            self.default_amount,
            self.custom_tips,
        )
        if not percents:
            message = "Name at least one percentage."
            findings.add(ErrorCode.FIELD_REQUIRED, message, *field, "percents")
        _check_number(findings, options.percents, *field, "percents")
        _check_number(findings, options.amounts, *field, "amounts")
        _check_amounts(findings, options, *field)
        _check_defaults(findings, options, *field)
        return options


def _kept(money: Money) -> dict[str, Any]:
    return {"minor": money.minor, "currency": money.currency}


def _percent(findings: Findings, text: str, *field: str) -> Decimal | None:
    with findings.noting():
        return parse_percent(text, lowest=LEAST_TIP_PERCENT, field=field)
    return None


def _check_number(findings: Findings, options: Sequence[Any], *field: str) -> None:
    if len(options) > MOST_OPTIONS:
        findings.add(ErrorCode.TOO_MANY_ITEMS, f"At most {MOST_OPTIONS} options.", *field)
    elif len(set(options)) < len(options):
        findings.add(ErrorCode.INVALID_FIELD, "No option stands twice.", *field)


def _check_amounts(findings: Findings, options: TipOptions, *field: str) -> None:
    below = options.amounts_below
    if below is not None:
        check_money(findings, below, *field, "amountsBelow", least=1)
    if (below is None) is bool(options.amounts):
        findings.add(
            ErrorCode.FIELD_REQUIRED,
            "Amounts come with the bound of the goods below which they are shown.",
            *field,
            "amountsBelow" if below is None else "amounts",
        )
    for at, amount in enumerate(options.amounts):
        sound = check_money(findings, amount, *field, "amounts", str(at), least=1)
        if sound and below is not None and sound.currency != below.currency:
            findings.add(
                ErrorCode.CURRENCY_MISMATCH,
                "The amounts are in the currency of their bound.",
                *(*field, "amounts", str(at), "currency"),
            )


def _check_defaults(findings: Findings, options: TipOptions, *field: str) -> None:
    percent, amount = options.default_percent, options.default_amount
    if percent is not None and percent not in options.percents:
        findings.add(
            ErrorCode.INVALID_FIELD, "A default is one of the options.", *field, "defaultPercent"
        )
    if amount is not None and amount not in options.amounts:
        findings.add(
            ErrorCode.INVALID_FIELD, "A default is one of the options.", *field, "defaultAmount"
        )
