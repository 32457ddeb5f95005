"""The figures of an order, as sold and net of refunds, and the identities between them (AMT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ordergraph.core.money import MOST_MINOR, Money
from ordergraph.core.problems import ErrorCode, Problem


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """One figure per component, in minor units; `tax` contains `included_tax` (PRC-42)."""

    subtotal: int = 0
    discount: int = 0
    charge: int = 0
    tax: int = 0
    included_tax: int = 0
    tip: int = 0

    @property
    def additive_tax(self) -> int:
        return self.tax - self.included_tax

    @property
    def goods(self) -> int:
        """What the lines come to after discounts."""
        return self.subtotal - self.discount

    @property
    def total(self) -> int:
        """What there is to pay (AMT-7)."""
        return self.subtotal - self.discount + self.charge + self.tax - self.included_tax + self.tip

    def plus(self, other: OrderAmounts) -> OrderAmounts:
        """Add figure by figure."""
        return OrderAmounts(
            self.subtotal + other.subtotal,
            self.discount + other.discount,
            self.charge + other.charge,
            self.tax + other.tax,
            self.included_tax + other.included_tax,
            self.tip + other.tip,
        )

    def minus(self, other: OrderAmounts) -> OrderAmounts:
        """Subtract figure by figure."""
        return OrderAmounts(
            self.subtotal - other.subtotal,
            self.discount - other.discount,
            self.charge - other.charge,
            self.tax - other.tax,
            self.included_tax - other.included_tax,
            self.tip - other.tip,
        )


@dataclass(frozen=True, slots=True)
class NetAmounts:
    """What is left of a sale after refunds, and what was paid for it (AMT-7)."""

    subtotal: int
    discount: int
    charge: int
    tax: int
    included_tax: int
    tip: int
    total: int
    paid: int
    refunded: int

    @property
    def balance(self) -> int:
        """What is still due; negative when too much was collected (AMT-3)."""
        return self.total - self.net_collected

    @property
    def net_collected(self) -> int:
        return self.paid - self.refunded

    @property
    def outstanding(self) -> int:
        return max(0, self.balance)

    @property
    def credit(self) -> int:
        return max(0, -self.balance)


def net_amounts(
    as_sold: OrderAmounts, reversed_so_far: OrderAmounts, paid: int, refunded: int
) -> NetAmounts:
    """Take what refunds reversed off each figure of the sale (AMT-1 to AMT-4).

    `paid` is gross of refunds; `refunded` counts pending ones, and what only returned a payment.
    """
    net = as_sold.minus(reversed_so_far)
    return NetAmounts(
        net.subtotal,
        net.discount,
        net.charge,
        net.tax,
        net.included_tax,
        net.tip,
        net.total,
        paid,
        refunded,
    )


def check_amount(minor: int, lowest: int = 0, field: Sequence[str | int] = ()) -> int:
    """Return an amount that came in from outside; beyond the bounds: `AMOUNT_OUT_OF_RANGE`.

    `lowest` is 0 for prices, 1 for tips, payments and refunds, `-MOST_MINOR` for deltas (MON-2).
    """
    if lowest <= minor <= MOST_MINOR:
        return minor
    raise Problem(
        ErrorCode.AMOUNT_OUT_OF_RANGE,
        f"An amount here lies between {lowest} and {MOST_MINOR} minor units.",
        field,
    )


def require_same_currency(money: Money, currency: str, field: Sequence[str | int] = ()) -> int:
    """Return the minor units of an amount in `currency`; else raise `CURRENCY_MISMATCH` (MON-4)."""
    if money.currency == currency:
        return money.minor
    raise Problem(
        ErrorCode.CURRENCY_MISMATCH,
        f"This amount is in {money.currency}, the order in {currency}.",
        field,
    )
