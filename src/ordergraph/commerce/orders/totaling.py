"""What orders come to, as money: as sold, and net of what refunds reversed."""

from __future__ import annotations

from typing import Generic, TypeVar

from ordergraph.core.money import Money


class Summed:
    """What an order comes to in all, in minor units of its currency."""

    __slots__ = ()
    currency: str
    total_minor: int
    reversed_minor: int
    paid_minor: int
    refunded_minor: int


class Itemized(Summed):
    """What it comes to figure by figure."""

    __slots__ = ()
    subtotal_minor: int
    discount_minor: int
    charge_minor: int
    tax_minor: int
    included_tax_minor: int
    tip_minor: int
    reversed_subtotal_minor: int
    reversed_discount_minor: int
    reversed_charge_minor: int
    reversed_tax_minor: int
    reversed_included_tax_minor: int
    reversed_tip_minor: int


Kind = TypeVar("Kind", bound=Summed)


class Totals(Generic[Kind]):
    """What an order came to as sold, as money; each figure is made when it is asked for (AMT-7)."""

    __slots__ = ("_order",)

    def __init__(self, order: Kind) -> None:
        self._order = order

    @property
    def total(self) -> Money:
        return Money(self._order.total_minor, self._order.currency)

    @property
    def paid(self) -> Money:
        return Money(self._order.paid_minor, self._order.currency)

    @property
    def refunded(self) -> Money:
        return Money(self._order.refunded_minor, self._order.currency)

    @property
    def balance(self) -> Money:
        """What is still due; negative when too much was collected (AMT-3)."""
        order = self._order
        left = order.total_minor - order.reversed_minor
        return Money(left - order.paid_minor + order.refunded_minor, order.currency)


class NetTotals(Totals[Kind]):
    """The same net of what refunds reversed (AMT-1)."""

    __slots__ = ()

    @property
    def total(self) -> Money:
        order = self._order
        return Money(order.total_minor - order.reversed_minor, order.currency)


class Figures(Totals[Itemized]):
    """All figures of an order as sold."""

    __slots__ = ()

    @property
    def subtotal(self) -> Money:
        return Money(self._order.subtotal_minor, self._order.currency)

    @property
    def discount(self) -> Money:
        return Money(self._order.discount_minor, self._order.currency)

    @property
    def charge(self) -> Money:
        return Money(self._order.charge_minor, self._order.currency)

    @property
    def tax(self) -> Money:
        return Money(self._order.tax_minor, self._order.currency)

    @property
    def included_tax(self) -> Money:
        return Money(self._order.included_tax_minor, self._order.currency)

    @property
    def tip(self) -> Money:
        return Money(self._order.tip_minor, self._order.currency)


class NetFigures(Figures, NetTotals[Itemized]):
    """All figures of an order net of what refunds reversed."""

    __slots__ = ()

    @property
    def subtotal(self) -> Money:
        order = self._order
        return Money(order.subtotal_minor - order.reversed_subtotal_minor, order.currency)

    @property
    def discount(self) -> Money:
        order = self._order
        return Money(order.discount_minor - order.reversed_discount_minor, order.currency)

    @property
    def charge(self) -> Money:
        order = self._order
        return Money(order.charge_minor - order.reversed_charge_minor, order.currency)

    @property
    def tax(self) -> Money:
        order = self._order
        return Money(order.tax_minor - order.reversed_tax_minor, order.currency)

    @property
    def included_tax(self) -> Money:
        order = self._order
        return Money(order.included_tax_minor - order.reversed_included_tax_minor, order.currency)

    @property
    def tip(self) -> Money:
        order = self._order
        return Money(order.tip_minor - order.reversed_tip_minor, order.currency)
