"""A sale as refunds see it: what was sold, what was reversed of it so far, and one reversal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from ordergraph.core.amounts import NetAmounts, OrderAmounts, net_amounts


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line as sold, and what refunds reversed of each figure; taxes contain the included ones."""

    id: UUID
    quantity: int
    gross: int
    discount: int
    tax: int = 0
    included_tax: int = 0
    refunded_quantity: int = 0
    reversed_gross: int = 0
    reversed_discount: int = 0
    reversed_tax: int = 0
    reversed_included_tax: int = 0

    @property
    def net(self) -> int:
        return self.gross - self.discount

    @property
    def reversed_net(self) -> int:
        return self.reversed_gross - self.reversed_discount

    @property
    def added_tax(self) -> int:
        """The tax on top of `net`."""
        return self.tax - self.included_tax

    @property
    def remaining_net(self) -> int:
        return self.net - self.reversed_net

    @property
    def remaining_added_tax(self) -> int:
        return self.added_tax - self.reversed_tax + self.reversed_included_tax

    @property
    def remaining_included_tax(self) -> int:
        return self.included_tax - self.reversed_included_tax

    @property
    def remaining(self) -> int:
        """The money that can still go back for it."""
        return self.remaining_net + self.remaining_added_tax


@dataclass(frozen=True, slots=True)
class SoldCharge:
    """A charge as sold, and what was reversed of it; taxes contain the included ones."""

    id: UUID
    amount: int
    tax: int = 0
    included_tax: int = 0
    reversed_amount: int = 0
    reversed_tax: int = 0
    reversed_included_tax: int = 0

    @property
    def remaining_amount(self) -> int:
        return self.amount - self.reversed_amount

    @property
    def remaining_added_tax(self) -> int:
        return self.tax - self.included_tax - self.reversed_tax + self.reversed_included_tax

    @property
    def remaining(self) -> int:
        """The money that can still go back for it."""
        return self.remaining_amount + self.remaining_added_tax


@dataclass(frozen=True, slots=True)
class SoldTip:
    """A tip as sold, and what was reversed of it."""

    id: UUID
    amount: int
    reversed_amount: int = 0

    @property
    def remaining_amount(self) -> int:
        return self.amount - self.reversed_amount


@dataclass(frozen=True, slots=True)
class LineReversal:
    """What one refund takes back of a line, figure by figure; `tax` contains `included_tax`."""

    id: UUID
    quantity: int = 0
    gross: int = 0
    discount: int = 0
    tax: int = 0
    included_tax: int = 0

    @property
    def net(self) -> int:
        return self.gross - self.discount

    @property
    def money(self) -> int:
        """What the buyer gets back for the line."""
        return self.net + self.tax - self.included_tax


@dataclass(frozen=True, slots=True)
class ChargeReversal:
    """What one refund takes back of a charge; `tax` contains `included_tax`."""

    id: UUID
    amount: int = 0
    tax: int = 0
    included_tax: int = 0

    @property
    def money(self) -> int:
        """What the buyer gets back for the charge."""
        return self.amount + self.tax - self.included_tax


@dataclass(frozen=True, slots=True)
class TipReversal:
    """What one refund takes back of a tip."""

    id: UUID
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Reversal:
    """One refund: `returned` gives a payment back, the rest undoes the sale (AMT-3).

    Only what changes is listed.
    """

    returned: int = 0
    lines: tuple[LineReversal, ...] = ()
    charges: tuple[ChargeReversal, ...] = ()
    tips: tuple[TipReversal, ...] = ()
    flat_tax: int = 0

    @property
    def amounts(self) -> OrderAmounts:
        """What the order's figures shrink by."""
        return OrderAmounts(
            subtotal=sum(line.gross for line in self.lines),
            discount=sum(line.discount for line in self.lines),
            charge=sum(charge.amount for charge in self.charges),
            tax=sum(item.tax for item in (*self.lines, *self.charges)) + self.flat_tax,
            included_tax=sum(item.included_tax for item in (*self.lines, *self.charges)),
            tip=sum(tip.amount for tip in self.tips),
        )

    @property
    def reversed(self) -> int:
        """How much of the sale is undone."""
        return self.amounts.total

    @property
    def money(self) -> int:
        """What the buyer gets back in all."""
        return self.returned + self.reversed

    def minus(self, other: Reversal) -> Reversal:
        """Return what is left of it without a part of it; only what is left is listed."""
        lines = {part.id: part for part in other.lines}
        charges = {part.id: part for part in other.charges}
        tips = {part.id: part.amount for part in other.tips}
        left_of_lines = (_line_without(each, lines.get(each.id)) for each in self.lines)
        left_of_charges = (_charge_without(each, charges.get(each.id)) for each in self.charges)
        left_of_tips = (
            TipReversal(each.id, each.amount - tips.get(each.id, 0)) for each in self.tips
        )
        return Reversal(
            self.returned - other.returned,
            tuple(each for each in left_of_lines if each != LineReversal(each.id)),
            tuple(each for each in left_of_charges if each != ChargeReversal(each.id)),
            tuple(each for each in left_of_tips if each.amount),
            self.flat_tax - other.flat_tax,
        )


def _line_without(line: LineReversal, part: LineReversal | None) -> LineReversal:
    if part is None:
        return line
    return LineReversal(
        line.id,
        line.quantity - part.quantity,
        line.gross - part.gross,
        line.discount - part.discount,
        line.tax - part.tax,
        line.included_tax - part.included_tax,
    )


def _charge_without(charge: ChargeReversal, part: ChargeReversal | None) -> ChargeReversal:
    if part is None:
        return charge
    return ChargeReversal(
        charge.id,
        charge.amount - part.amount,
        charge.tax - part.tax,
        charge.included_tax - part.included_tax,
    )


@dataclass(frozen=True, slots=True)
class SoldOrder:
    """An order as sold, what was reversed of it, and the money that moved.

    `lines` stand in position order. `flat_tax` is the sum of the taxes on no line. `refunded`
    counts pending refunds (AMT-2); `ever_paid` says whether the order was paid in full once.
    """

    currency: str
    lines: tuple[SoldLine, ...]
    charges: tuple[SoldCharge, ...] = ()
    tips: tuple[SoldTip, ...] = ()
    flat_tax: int = 0
    reversed_flat_tax: int = 0
    paid: int = 0
    refunded: int = 0
    ever_paid: bool = False

    @property
    def as_sold(self) -> OrderAmounts:
        items = (*self.lines, *self.charges)
        return OrderAmounts(
            subtotal=sum(line.gross for line in self.lines),
            discount=sum(line.discount for line in self.lines),
            charge=sum(charge.amount for charge in self.charges),
            tax=sum(item.tax for item in items) + self.flat_tax,
            included_tax=sum(item.included_tax for item in items),
            tip=sum(tip.amount for tip in self.tips),
        )

    @property
    def reversed_so_far(self) -> OrderAmounts:
        items = (*self.lines, *self.charges)
        return OrderAmounts(
            subtotal=sum(line.reversed_gross for line in self.lines),
            discount=sum(line.reversed_discount for line in self.lines),
            charge=sum(charge.reversed_amount for charge in self.charges),
            tax=sum(item.reversed_tax for item in items) + self.reversed_flat_tax,
            included_tax=sum(item.reversed_included_tax for item in items),
            tip=sum(tip.reversed_amount for tip in self.tips),
        )

    @property
    def net_amounts(self) -> NetAmounts:
        return net_amounts(self.as_sold, self.reversed_so_far, self.paid, self.refunded)

    def after(self, reversal: Reversal) -> SoldOrder:
        """Return the order with a refund counted in."""
        lines = {delta.id: delta for delta in reversal.lines}
        charges = {delta.id: delta for delta in reversal.charges}
        tips = {delta.id: delta for delta in reversal.tips}
        return replace(
            self,
            lines=tuple(_line_after(line, lines.get(line.id)) for line in self.lines),
            charges=tuple(_charge_after(charge, charges.get(charge.id)) for charge in self.charges),
            tips=tuple(_tip_after(tip, tips.get(tip.id)) for tip in self.tips),
            reversed_flat_tax=self.reversed_flat_tax + reversal.flat_tax,
            refunded=self.refunded + reversal.money,
        )


def _line_after(line: SoldLine, delta: LineReversal | None) -> SoldLine:
    if delta is None:
        return line
    return replace(
        line,
        refunded_quantity=line.refunded_quantity + delta.quantity,
        reversed_gross=line.reversed_gross + delta.gross,
        reversed_discount=line.reversed_discount + delta.discount,
        reversed_tax=line.reversed_tax + delta.tax,
        reversed_included_tax=line.reversed_included_tax + delta.included_tax,
    )


def _charge_after(charge: SoldCharge, delta: ChargeReversal | None) -> SoldCharge:
    if delta is None:
        return charge
    return replace(
        charge,
        reversed_amount=charge.reversed_amount + delta.amount,
        reversed_tax=charge.reversed_tax + delta.tax,
        reversed_included_tax=charge.reversed_included_tax + delta.included_tax,
    )


def _tip_after(tip: SoldTip, delta: TipReversal | None) -> SoldTip:
    if delta is None:
        return tip
    return replace(tip, reversed_amount=tip.reversed_amount + delta.amount)
