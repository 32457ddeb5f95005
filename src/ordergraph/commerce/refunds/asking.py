"""What a request for a refund names, judged: its shape, its currency, its payments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments.reads import payments_by_ids
from ordergraph.commerce.refunds.rules import NewRefund, RefundedLine, RefundedPart
from ordergraph.core.amounts import require_same_currency
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.targeting import FlatTaxTarget, LineTarget, Target, Targets
from ordergraph.core.tendering import Leg
from ordergraph.runtime.db.transaction import Reader

_PARTS = (
    ("line_items", "lineItems"),
    ("charges", "charges"),
    ("tips", "tips"),
    ("flat_tax", "flatTax"),
)


async def check_payment(reader: Reader, order: Order, wanted: NewRefund) -> None:
    """Refuse a payment that is not of the order: `REFUND_TARGET_MISMATCH` (REF-1)."""
    id = wanted.payment_id
    if id is None or any(payment.id == id for payment in order.payments):
        return
    if not await payments_by_ids(reader, [id]):
        raise not_found("payment", "paymentId")
    raise Problem(
        ErrorCode.REFUND_TARGET_MISMATCH,
        "This payment is not of the order that is to be refunded.",
        ("paymentId",),
    )


def check_shape(wanted: NewRefund) -> None:
    """Refuse what was sent together that excludes each other, and numbers that are no counts."""
    named = [name for field, name in _PARTS if getattr(wanted, field) is not None]
    if wanted.amount is not None and named:
        raise _conflict("A refund is of an amount or of parts of the sale, not both.", named[0])
    if wanted.include_tip and wanted.tips is not None:
        raise _conflict("Name the tips, or include all of them.", "includeTip")
    if wanted.payment_id is not None and wanted.allocations is not None:
        raise _conflict("Name one payment, or the amounts of all of them.", "allocations")
    if wanted.allocations is not None and not wanted.allocations:
        raise Problem(ErrorCode.FIELD_REQUIRED, "Name at least one payment.", ("allocations",))
    empty = [name for field, name in _PARTS if getattr(wanted, field) == ()]
    if empty and len(empty) == len(named):
        raise Problem(ErrorCode.FIELD_REQUIRED, "Name at least one.", (empty[0],))
    _check_counts(wanted)


def _check_counts(wanted: NewRefund) -> None:
    findings = Findings()
    for at, line in enumerate(wanted.line_items or ()):
        if line.quantity is not None and not _is_count(line.quantity, 1):
            _note(findings, "A quantity is a whole number from 1.", at, "quantity")
        if line.restock_quantity is not None and not _is_count(line.restock_quantity, 0):
            _note(findings, "A number of units is a whole number.", at, "restockQuantity")
    findings.settle()


def targets_of(order: Order, wanted: NewRefund) -> Targets:
    """Return the parts of the sale that are named, amounts in the order's currency (MON-4)."""
    flat = wanted.flat_tax
    tips = _parts(order, wanted.tips, "tips")
    if wanted.include_tip:
        tips = tuple(Target(tip.id) for tip in order.live_tips)
    return Targets(
        lines=tuple(
            _line(order, line, ("lineItems", at)) for at, line in enumerate(wanted.line_items or ())
        ),
        charges=_parts(order, wanted.charges, "charges"),
        tips=tips,
        flat_tax=None if flat is None else FlatTaxTarget(_minor(order, flat.amount, "flatTax")),
    )


def legs_of(order: Order, wanted: NewRefund) -> Sequence[Leg]:
    """Return the payments that are named with amounts in the order's currency."""
    return [
        Leg(each.payment_id, _in_currency(order, each.amount, "allocations", at, "amount"))
        for at, each in enumerate(wanted.allocations or ())
    ]


def amount_of(order: Order, amount: Money) -> int:
    """Return an amount to refund in minor units of the order's currency."""
    return _in_currency(order, amount, "amount")


def _line(order: Order, line: RefundedLine, path: tuple[str | int, ...]) -> LineTarget:
    tax = None if line.tax is None else _in_currency(order, line.tax, *path, "tax")
    return LineTarget(line.line_item_id, line.quantity, _minor(order, line.amount, *path), tax)


def _parts(order: Order, parts: Sequence[RefundedPart] | None, group: str) -> tuple[Target, ...]:
    return tuple(
        Target(part.id, _minor(order, part.amount, group, at))
        for at, part in enumerate(parts or ())
    )


def _minor(order: Order, amount: Money | None, *path: str | int) -> int | None:
    return None if amount is None else _in_currency(order, amount, *path, "amount")


def _in_currency(order: Order, amount: Money, *path: str | int) -> int:
    return require_same_currency(amount, order.currency, (*path, "currency"))


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int) and value >= least


def _note(findings: Findings, words: str, at: int, field: str) -> None:
    findings.add(ErrorCode.LINE_ITEM_INVALID_QUANTITY, words, "lineItems", at, field)


def _conflict(words: str, field: str) -> Problem:
    return Problem(ErrorCode.CONFLICTING_FIELDS, words, (field,))
