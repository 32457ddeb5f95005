"""Refunds of certain lines, charges, tips and flat taxes of a sale, together (REF-5 to REF-10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ordergraph.core.money import Money, allocate
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem, not_found
from ordergraph.core.sales import (
    ChargeReversal,
    LineReversal,
    Reversal,
    SoldLine,
    SoldOrder,
    TipReversal,
)
from ordergraph.core.undoing import (
    check_paid,
    check_refundable,
    exceeds,
    refundable,
    remaining,
    undo_all,
    undo_charge,
    undo_line,
    undo_units,
)


@dataclass(frozen=True, slots=True)
class LineTarget:
    """Units of a line, or an amount of its money, exactly one of the two (REF-5).

    `tax` is how much of its tax goes back, where that is not computed (TAX-7).
    """

    id: UUID
    quantity: int | None = None
    amount: int | None = None
    tax: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """An amount of a charge or tip, its tax included; None is all that is left (REF-8)."""

    id: UUID
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class FlatTaxTarget:
    """An amount of the taxes on no line; None is all that is left (REF-9)."""

    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """What a refund names of a sale."""

    lines: tuple[LineTarget, ...] = ()
    charges: tuple[Target, ...] = ()
    tips: tuple[Target, ...] = ()
    flat_tax: FlatTaxTarget | None = None


def refund_targets(sold: SoldOrder, targets: Targets) -> Reversal:
    """Give back what is named: units at what was paid for them, amounts with their share of tax.

    The sale of what is named is undone, also on an order with credit, which stays. The last unit
    takes whatever is left of its line; an amount brings no unit back (REF-5). Discounts and
    percent charges are not computed anew (REF-8, REF-10).

    Raises `ORDER_NOT_PAID` for an order that was never paid in full, `REFUND_EXCEEDS_REFUNDABLE`
    with the figure, and with the place in the path (`lineItems`, 1, `quantity`)
    `RESOURCE_NOT_FOUND`, `LINE_ITEM_INVALID_QUANTITY`, `REFUND_QUANTITY_EXCEEDED`,
    `AMOUNT_OUT_OF_RANGE`, and `CONFLICTING_FIELDS` for what is named twice.
    """
    if not sold.ever_paid:
        raise Problem(ErrorCode.ORDER_NOT_PAID, "Lines can be refunded once the order is paid.")
    check_paid(sold)
    if refundable(sold) == 0:
        raise exceeds(sold)
    lines = _lines(sold, targets.lines)
    reversal = Reversal(
        lines=tuple(lines[line.id] for line in sold.lines if line.id in lines),
        charges=_charges(sold, targets.charges),
        tips=_tips(sold, targets.tips),
        flat_tax=_flat_tax(sold, targets.flat_tax),
    )
    if reversal.money == 0:
        raise Problem(
            ErrorCode.AMOUNT_OUT_OF_RANGE,
            "What is named brings no money back: it was free, or its money went back already.",
        )
    check_refundable(sold, reversal.money)
    if reversal.reversed == remaining(sold):
        return undo_all(sold, 0, {id: line.quantity for id, line in lines.items()})
    return reversal


def _lines(sold: SoldOrder, targets: Sequence[LineTarget]) -> dict[UUID, LineReversal]:
    known = {line.id: line for line in sold.lines}
    together: dict[UUID, LineTarget] = {}
    found: dict[UUID, LineReversal] = {}
    for at, target in enumerate(targets):
        path = ("lineItems", at)
        line = known.get(target.id)
        if line is None:
            raise not_found("line item", *path, "lineItemId")
        together[target.id] = target = _joined(together.get(target.id), target, path)
        if target.amount is None:
            found[line.id] = _units(sold, line, target, path)
        else:
            found[line.id] = _amount(sold, line, target, target.amount, path)
    return found


def _joined(
    before: LineTarget | None, target: LineTarget, path: tuple[str | int, ...]
) -> LineTarget:
    """Add units of a line that is named again to those asked for already."""
    if before is None:
        return target
    plain = (before.amount, before.tax, target.amount, target.tax) == (None, None, None, None)
    if plain and before.quantity is not None and target.quantity is not None:
        return replace(target, quantity=before.quantity + _whole(target.quantity, path))
    raise Problem(
        ErrorCode.CONFLICTING_FIELDS,
        "This line is named already: put what goes back of it into one entry.",
        (*path, "lineItemId"),
    )


def _whole(quantity: int, path: tuple[str | int, ...]) -> int:
    if quantity < 1:
        raise Problem(
            ErrorCode.LINE_ITEM_INVALID_QUANTITY,
            "A quantity is a whole number from 1.",
            (*path, "quantity"),
        )
    return quantity


def _units(
    sold: SoldOrder, line: SoldLine, target: LineTarget, path: tuple[str | int, ...]
) -> LineReversal:
    if target.quantity is None:
        raise Problem(
            ErrorCode.FIELD_REQUIRED,
            "Say how many units of the line go back, or how much of its money.",
            (*path, "quantity"),
        )
    units = _whole(target.quantity, path)
    left = line.quantity - line.refunded_quantity
    if units > left:
        raise Problem(
            ErrorCode.REFUND_QUANTITY_EXCEEDED,
            f"Of this line {left} can still be refunded.",
            (*path, "quantity"),
        )
    reversal = undo_units(line, units, target.tax)
    if target.tax is not None:
        _check_tax(sold, line, reversal.net, target.tax, path)
    return reversal


def _amount(
    sold: SoldOrder, line: SoldLine, target: LineTarget, amount: int, path: tuple[str | int, ...]
) -> LineReversal:
    if target.quantity is not None:
        raise Problem(
            ErrorCode.CONFLICTING_FIELDS,
            "Of a line go back units or an amount, not both.",
            (*path, "amount"),
        )
    _check_amount(sold, amount, line.remaining, (*path, "amount"))
    if target.tax is None:
        return undo_line(line, *allocate(amount, (line.remaining_net, line.remaining_added_tax)))
    if line.included_tax:
        _check_tax(sold, line, amount, target.tax, path)
        return undo_line(line, amount, 0, included=target.tax)
    net = amount - target.tax
    _check_tax(sold, line, net, target.tax, path)
    return undo_line(line, net, target.tax)


def _check_tax(
    sold: SoldOrder, line: SoldLine, net: int, tax: int, path: tuple[str | int, ...]
) -> None:
    """Refuse a tax that is not there, or that would leave a line more tax than price (TAX-7)."""
    if line.included_tax:
        least = max(0, line.remaining_included_tax - (line.remaining_net - net))
        most = min(line.remaining_included_tax, net)
    else:
        least, most = net + tax - line.remaining_net, line.remaining_added_tax
        most = min(most, net + tax)
    if tax > most:
        raise LimitProblem(
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            "So much of the line's tax cannot go back here.",
            Money(most, sold.currency),
            (*path, "tax"),
        )
    if tax < max(0, least):
        raise Problem(
            ErrorCode.AMOUNT_OUT_OF_RANGE,
            f"Of the line's tax at least {max(0, least)} minor units have to go back here.",
            (*path, "tax"),
        )


def _check_amount(sold: SoldOrder, amount: int, left: int, path: tuple[str | int, ...]) -> None:
    if amount > left:
        raise LimitProblem(
            ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
            "This is more than what can still be refunded of it.",
            Money(left, sold.currency),
            path,
        )
    if amount < 1:
        raise Problem(
            ErrorCode.AMOUNT_OUT_OF_RANGE, "An amount that goes back is at least 1.", path
        )


def _charges(sold: SoldOrder, targets: Sequence[Target]) -> tuple[ChargeReversal, ...]:
    known = {charge.id: charge for charge in sold.charges}
    _check_known(known, targets, "charge", "charges", "chargeId")
    found: list[ChargeReversal] = []
    for at, target in enumerate(targets):
        charge = known[target.id]
        amount = charge.remaining if target.amount is None else target.amount
        if target.amount is not None:
            _check_amount(sold, amount, charge.remaining, ("charges", at, "amount"))
        left = (charge.remaining_amount, charge.remaining_added_tax)
        found.append(undo_charge(charge, *allocate(amount, left)))
    return tuple(each for each in found if each != ChargeReversal(each.id))


def _tips(sold: SoldOrder, targets: Sequence[Target]) -> tuple[TipReversal, ...]:
    known = {tip.id: tip for tip in sold.tips}
    _check_known(known, targets, "tip", "tips", "tipId")
    found: list[TipReversal] = []
    for at, target in enumerate(targets):
        left = known[target.id].remaining_amount
        if target.amount is not None:
            _check_amount(sold, target.amount, left, ("tips", at, "amount"))
        found.append(TipReversal(target.id, left if target.amount is None else target.amount))
    return tuple(each for each in found if each.amount)


def _flat_tax(sold: SoldOrder, target: FlatTaxTarget | None) -> int:
    if target is None:
        return 0
    left = sold.flat_tax - sold.reversed_flat_tax
    if target.amount is None:
        return left
    _check_amount(sold, target.amount, left, ("flatTax", "amount"))
    return target.amount


def _check_known(
    known: Iterable[UUID], targets: Sequence[Target], what: str, group: str, field: str
) -> None:
    """Refuse what the order has not, and what is named twice."""
    seen: set[UUID] = set()
    there = set(known)
    for at, target in enumerate(targets):
        if target.id not in there:
            raise not_found(what, group, at, field)
        if target.id in seen:
            raise Problem(
                ErrorCode.CONFLICTING_FIELDS, f"This {what} is named already.", (group, at, field)
            )
        seen.add(target.id)
