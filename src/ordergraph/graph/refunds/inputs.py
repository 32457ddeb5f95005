"""What clients send to give money back, or to see what would go back."""

from collections.abc import Sequence

import strawberry

from ordergraph.commerce.refunds.rules import (
    Allocated,
    NewRefund,
    RefundedFlatTax,
    RefundedLine,
    RefundedPart,
)
from ordergraph.core.ids import Prefix
from ordergraph.core.money import NO_MONEY, Money
from ordergraph.core.problems import Findings
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.money import Metadata, MoneyInput, Quantity, read_money
from ordergraph.graph.refunds.types import RefundReason
from ordergraph.graph.scopes import needs


@strawberry.input(description="Units of a line to give back, or an amount of its money.")
class RefundLineItemInput:
    line_item_id: strawberry.ID = strawberry.field(description="The line.")
    quantity: Quantity | None = strawberry.field(
        default=None,
        description="How many units; what was paid for them is computed, tax included. Not with "
        "an amount.",
    )
    amount: MoneyInput | None = strawberry.field(
        default=None,
        description="An amount of what was paid for the line, its share of tax included; no unit "
        "counts as returned. Not with a quantity.",
    )
    tax: MoneyInput | None = strawberry.field(
        default=None,
        directives=needs("commerce.refunds.tax_overrides.write"),
        description="How much of the line's tax goes back; by default its share is computed.",
    )
    restock_quantity: Quantity | None = strawberry.field(
        default=None,
        description="How many of the units go back on the shelf, from 0 to `quantity`; by "
        "default `restock` decides.",
    )


@strawberry.input(description="A charge to give back, or an amount of it.")
class RefundChargeInput:
    charge_id: strawberry.ID = strawberry.field(description="The charge.")
    amount: MoneyInput | None = strawberry.field(
        default=None,
        description="How much, its share of tax included; by default all that is left.",
    )


@strawberry.input(description="A tip to give back, or an amount of it.")
class RefundTipInput:
    tip_id: strawberry.ID = strawberry.field(description="The tip.")
    amount: MoneyInput | None = strawberry.field(
        default=None, description="How much; by default all that is left."
    )


@strawberry.input(description="The taxes on no line to give back, or an amount of them.")
class RefundFlatTaxInput:
    amount: MoneyInput | None = strawberry.field(
        default=None, description="How much; by default all that is left."
    )


@strawberry.input(description="What is to go back to one payment.")
class RefundAllocationInput:
    payment_id: strawberry.ID = strawberry.field(description="The payment.")
    amount: MoneyInput = strawberry.field(description="How much, at most what it has left.")


@strawberry.input(
    description="What to give back: an amount, or parts of the sale, or without either all that "
    "is left. Lines, charges, tips and flat taxes may be named together."
)
class RefundInput:
    order_id: strawberry.ID | None = strawberry.field(
        default=None, description="The order; may be left out where a payment of it is named."
    )
    payment_id: strawberry.ID | None = strawberry.field(
        default=None, description="Give back from this payment alone. Not with allocations."
    )
    amount: MoneyInput | None = strawberry.field(
        default=None,
        description="An amount, taken from lines, charges and taxes in proportion. Not with parts "
        "of the sale.",
    )
    line_items: list[RefundLineItemInput] | None = strawberry.field(
        default=None, description="Units or amounts of lines. Not with an amount."
    )
    charges: list[RefundChargeInput] | None = strawberry.field(
        default=None, description="Charges. Not with an amount."
    )
    tips: list[RefundTipInput] | None = strawberry.field(
        default=None, description="Tips. Not with an amount, nor with includeTip."
    )
    flat_tax: RefundFlatTaxInput | None = strawberry.field(
        default=None, description="Taxes that are on no line. Not with an amount."
    )
    allocations: list[RefundAllocationInput] | None = strawberry.field(
        default=None,
        description="How much goes back to which payment; the amounts add up to the refund. By "
        "default the payment made last is given back first.",
    )
    restock: bool | None = strawberry.field(
        default=None,
        description="Whether returned units go back on the shelf. By default those of lineItems "
        "do, and all that are left when the refund leaves nothing and the settings say so.",
    )
    include_tip: bool = strawberry.field(
        default=False,
        description="Whether an amount is taken from the tips too, else they come last; beside "
        "parts of the sale, whether all tips go back.",
    )
    reason: RefundReason | None = strawberry.field(default=None, description="Why.")
    reason_message: str | None = strawberry.field(
        default=None, description="Why, in words; at most 500 characters."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )
    external_reference_id: str | None = strawberry.field(
        default=None, description="The caller's own name for the refund, at most 255 characters."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


def read_refund(input: RefundInput) -> NewRefund:
    """Return a refund as the business takes it; all that is malformed is told together."""
    findings = Findings()
    order_id, payment_id = (
        None if text is None else noted(findings, prefix, text, name)
        for prefix, text, name in (
            (Prefix.ORDER, input.order_id, "orderId"),
            (Prefix.PAYMENT, input.payment_id, "paymentId"),
        )
    )
    wanted = NewRefund(
        order_id=order_id,
        amount=_money(findings, input.amount, "amount"),
        line_items=_lines(findings, input.line_items),
        charges=_charges(findings, input.charges),
        tips=_tips(findings, input.tips),
        flat_tax=None
        if input.flat_tax is None
        else RefundedFlatTax(_money(findings, input.flat_tax.amount, "flatTax", "amount")),
        payment_id=payment_id,
        allocations=_allocations(findings, input.allocations),
        restock=input.restock,
        include_tip=input.include_tip,
        reason=input.reason,
        reason_message=input.reason_message,
        metadata=input.metadata or {},
        external_reference_id=input.external_reference_id,
        expected_version=input.expected_version,
    )
    findings.settle()
    return wanted


def _money(
    findings: Findings, value: MoneyInput | None, *path: str, least: int = 1
) -> Money | None:
    return None if value is None else read_money(value, findings, *path, least=least)


def _lines(
    findings: Findings, lines: Sequence[RefundLineItemInput] | None
) -> tuple[RefundedLine, ...] | None:
    if lines is None:
        return None
    return tuple(
        RefundedLine(
            noted(findings, Prefix.LINE_ITEM, line.line_item_id, "lineItems", at, "lineItemId")
            or NOTHING,
            line.quantity,
            _money(findings, line.amount, "lineItems", str(at), "amount"),
            _money(findings, line.tax, "lineItems", str(at), "tax", least=0),
            line.restock_quantity,
        )
        for at, line in enumerate(lines)
    )


def _charges(
    findings: Findings, charges: Sequence[RefundChargeInput] | None
) -> tuple[RefundedPart, ...] | None:
    if charges is None:
        return None
    return tuple(
        RefundedPart(
            noted(findings, Prefix.CHARGE, each.charge_id, "charges", at, "chargeId") or NOTHING,
            _money(findings, each.amount, "charges", str(at), "amount"),
        )
        for at, each in enumerate(charges)
    )


def _tips(
    findings: Findings, tips: Sequence[RefundTipInput] | None
) -> tuple[RefundedPart, ...] | None:
    if tips is None:
        return None
    return tuple(
        RefundedPart(
            noted(findings, Prefix.TIP, each.tip_id, "tips", at, "tipId") or NOTHING,
            _money(findings, each.amount, "tips", str(at), "amount"),
        )
        for at, each in enumerate(tips)
    )


def _allocations(
    findings: Findings, allocations: Sequence[RefundAllocationInput] | None
) -> tuple[Allocated, ...] | None:
    if allocations is None:
        return None
    return tuple(
        Allocated(
            noted(findings, Prefix.PAYMENT, each.payment_id, "allocations", at, "paymentId")
            or NOTHING,
            _money(findings, each.amount, "allocations", str(at), "amount") or NO_MONEY,
        )
        for at, each in enumerate(allocations)
    )
