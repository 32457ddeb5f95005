"""Writing proofs: a plain JSON object of texts, whole numbers, true, false and null."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from ordergraph.core.amounts import NetAmounts, OrderAmounts
from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.breakdowns import Share as Shared
from ordergraph.core.discounting import allocation_of
from ordergraph.core.drafts import DiscountDraft, DiscountScope, LineDraft, OrderDraft, TaxComponent
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.percents import percent_text
from ordergraph.core.pricing import tip_allowance
from ordergraph.core.proving.settlement import reversal_document
from ordergraph.core.proving.steps import Input, Share, Step
from ordergraph.core.proving.subjects import FORMAT, Identity, ProvenOrder

Document = dict[str, Any]


def put_in_order(proven: ProvenOrder) -> ProvenOrder:
    """Return the order with its lines and discounts in the order in which they take effect."""
    draft = arranged(proven.draft)
    return replace(proven, draft=draft, stored=stored_alike(proven.stored, draft))


def arranged(draft: OrderDraft) -> OrderDraft:
    """Return what is priced with lines and discounts in the order in which they take effect.

    What depends on the currency alone is made plain: up to which amount tips are accepted.
    """
    return replace(
        draft,
        lines=tuple(sorted(draft.lines, key=lambda line: (line.position, line.id.int))),
        discounts=tuple(sorted(draft.discounts, key=_turn)),
        tip_limit=tip_allowance(draft),
    )


def stored_alike(stored: Breakdown, draft: OrderDraft) -> Breakdown:
    """Return stored figures with lines and discounts in the order of a draft."""
    lines = {line.id: at for at, line in enumerate(draft.lines)}
    discounts = {discount.id: at for at, discount in enumerate(draft.discounts)}
    return replace(
        stored,
        lines=tuple(sorted(stored.lines, key=lambda each: lines.get(each.id, len(lines)))),
        discounts=tuple(
            sorted(stored.discounts, key=lambda each: discounts.get(each.id, len(discounts)))
        ),
    )


def _turn(discount: DiscountDraft) -> tuple[bool, bool, datetime, int]:
    """Percentages first, in each the line scope first; then by time, then by id (5.3)."""
    return (
        discount.percent is None,
        discount.scope is DiscountScope.ORDER,
        discount.applied_at,
        discount.id.int,
    )


def body_of(proven: ProvenOrder, steps: Sequence[Step]) -> Document:
    """Write all of a proof but what is said about it as a whole."""
    stored = proven.stored
    return {
        "format": FORMAT,
        "order": _identity(proven.identity, proven.draft.currency),
        "inputs": inputs_document(proven.draft, proven.names),
        "steps": [_step(step) for step in steps],
        "amounts": amounts_document(stored.amounts, proven.total),
        "figures": figures_document(stored),
        "money": _money(proven),
        "net": net_document(proven.net),
    }


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a proof without its own digest: members sorted by name, no spaces."""
    rest = {name: value for name, value in document.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def instant(value: datetime) -> str:
    """Write an instant in UTC with six digits of a second's fraction."""
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def inputs_document(draft: OrderDraft, names: Mapping[UUID, str]) -> Document:
    """Write all that the price of the order depends on."""
    charges = frozenset(charge.id for charge in draft.charges)
    return {
        "lines": [_line(line, names) for line in draft.lines],
        "discounts": [_discount(discount, names) for discount in draft.discounts],
        "taxes": [_tax(tax, charges) for tax in draft.taxes],
        "flatTaxes": [
            {"id": encode(Prefix.TAX_BREAKDOWN, tax.id), "name": tax.name, "amount": tax.amount}
            for tax in draft.flat_taxes
        ],
        "charges": [
            {
                "id": encode(Prefix.CHARGE, charge.id),
                "name": names.get(charge.id),
                "amount": charge.amount,
                "percent": None if charge.percent is None else percent_text(charge.percent),
                "basis": charge.basis.value,
                "taxable": charge.taxable,
                "taxCategory": charge.tax_category.value,
            }
            for charge in draft.charges
        ],
        "tips": [
            {
                "id": encode(Prefix.TIP, tip.id),
                "name": names.get(tip.id),
                "amount": tip.amount,
                "percent": None if tip.percent is None else percent_text(tip.percent),
            }
            for tip in draft.tips
        ],
        "taxRounding": draft.tax_rounding.value,
        "tipLimit": tip_allowance(draft),
    }


def net_document(net: NetAmounts) -> Document:
    """Write the figures net of refunds."""
    return {
        "subtotal": net.subtotal,
        "discount": net.discount,
        "charge": net.charge,
        "tax": net.tax,
        "includedTax": net.included_tax,
        "tip": net.tip,
        "total": net.total,
        "paid": net.paid,
        "refunded": net.refunded,
        "netCollected": net.net_collected,
        "balance": net.balance,
        "outstanding": net.outstanding,
        "credit": net.credit,
    }


def _identity(identity: Identity, currency: str) -> Document:
    return {
        "id": encode(Prefix.ORDER, identity.id),
        "number": identity.number,
        "version": identity.version,
        "currency": currency,
        "status": identity.status,
        "computedAt": instant(identity.computed_at),
    }


def _line(line: LineDraft, names: Mapping[UUID, str]) -> Document:
    return {
        "id": encode(Prefix.LINE_ITEM, line.id),
        "name": names.get(line.id),
        "position": line.position,
        "quantity": line.quantity,
        "unitPrice": line.unit_price,
        "modifiers": [
            {"delta": delta, "quantity": quantity, "taxable": taxable}
            for delta, quantity, taxable in line.modifiers
        ],
        "taxable": line.taxable,
        "taxCategory": line.tax_category.value,
    }


def _discount(discount: DiscountDraft, names: Mapping[UUID, str]) -> Document:
    eligible = discount.line_ids
    return {
        "id": encode(Prefix.APPLIED_DISCOUNT, discount.id),
        "name": names.get(discount.id),
        "scope": discount.scope.value,
        "percent": None if discount.percent is None else percent_text(discount.percent),
        "amount": discount.amount,
        "allocation": None if discount.percent is not None else allocation_of(discount).value,
        "appliedAt": instant(discount.applied_at),
        "eligibleLines": None
        if eligible is None
        else sorted(encode(Prefix.LINE_ITEM, id) for id in eligible),
    }


def _tax(tax: TaxComponent, charges: frozenset[UUID]) -> Document:
    reached = tax.applies_to
    return {
        "id": encode(Prefix.TAX_BREAKDOWN, tax.id),
        "name": tax.name,
        "type": tax.type.value,
        "jurisdiction": None if tax.jurisdiction is None else tax.jurisdiction.as_stored(),
        "percent": percent_text(tax.percent),
        "inclusive": tax.inclusive,
        "appliesTo": None if reached is None else sorted(_item(id, charges) for id in reached),
        "stated": tax.stated,
    }


def _item(id: UUID, charges: frozenset[UUID]) -> str:
    return encode(Prefix.CHARGE if id in charges else Prefix.LINE_ITEM, id)


def _step(step: Step) -> Document:
    about = {"kind": step.about.kind, "id": step.about.id, "name": step.about.name}
    document: Document = {
        "number": step.number,
        "rule": step.rule,
        "figure": step.figure,
        "about": {**about, "item": step.about.item},
        "operation": step.operation,
        "inputs": [_input(each) for each in step.inputs],
        "exact": step.exact,
        "rounding": step.rounding,
        "result": step.result,
    }
    if step.shares is not None:
        document["shares"] = [_share(each) for each in step.shares]
    return document


def _input(given: Input) -> Document:
    document: Document = {"name": given.name, "value": given.value, "from": given.source}
    if given.minus:
        document["minus"] = True
    return document


def _share(share: Share) -> Document:
    document: Document = {"of": share.of, "weight": _input(share.weight)}
    if share.quantity is None:
        document |= {"floor": share.floor, "remainder": share.remainder, "extra": share.extra}
    else:
        document |= {"quantity": _input(share.quantity), "asked": share.asked}
    document["share"] = share.share
    if share.left is not None:
        document["left"] = share.left
    return document


def amounts_document(amounts: OrderAmounts, total: int) -> Document:
    """Write the figures of the order as sold."""
    return {
        "subtotal": amounts.subtotal,
        "discount": amounts.discount,
        "charge": amounts.charge,
        "tax": amounts.tax,
        "includedTax": amounts.included_tax,
        "tip": amounts.tip,
        "total": total,
    }


def figures_document(stored: Breakdown) -> Document:
    """Write what each part of the order comes to."""
    charges = frozenset(charge.id for charge in stored.charges)
    return {
        "lines": [
            {
                "id": encode(Prefix.LINE_ITEM, line.id),
                "gross": line.gross,
                "discount": line.discount,
                "net": line.net,
                "tax": line.tax,
                "includedTax": line.included_tax,
            }
            for line in stored.lines
        ],
        "discounts": [
            {
                "id": encode(Prefix.APPLIED_DISCOUNT, each.id),
                "amount": each.amount,
                "applied": each.applied,
                "shares": _shares(each.shares, each.applied, charges),
            }
            for each in stored.discounts
        ],
        "taxes": [
            {
                "id": encode(Prefix.TAX_BREAKDOWN, tax.id),
                "taxable": tax.taxable,
                "tax": tax.tax,
                "shares": _shares(tax.shares, tax.tax, charges),
            }
            for tax in stored.taxes
            if tax.percent is not None
        ],
        "flatTaxes": [
            {"id": encode(Prefix.TAX_BREAKDOWN, tax.id), "tax": tax.tax}
            for tax in stored.taxes
            if tax.percent is None
        ],
        "charges": [
            {
                "id": encode(Prefix.CHARGE, charge.id),
                "amount": charge.amount,
                "tax": charge.tax,
                "includedTax": charge.included_tax,
            }
            for charge in stored.charges
        ],
        "tips": [{"id": encode(Prefix.TIP, tip.id), "amount": tip.amount} for tip in stored.tips],
    }


def _shares(shares: Sequence[Shared], whole: int, charges: frozenset[UUID]) -> list[Any] | None:
    """Write who bears an amount, without who bears nothing; None where that was not kept."""
    if whole and not shares:
        return None
    return [{"of": _item(id, charges), "share": share} for id, share in shares]


def _money(proven: ProvenOrder) -> Document:
    return {
        "everPaid": proven.ever_paid,
        "payments": [
            {"id": encode(Prefix.PAYMENT, each.id), "amount": each.amount}
            for each in proven.payments
        ],
        "refunds": [
            {
                "id": encode(Prefix.REFUND, each.id),
                "status": each.status,
                "amount": each.amount,
                "counted": each.counted,
                "reversal": reversal_document(each.reversal),
                "takenBack": reversal_document(each.taken_back),
            }
            for each in proven.refunds
        ],
    }
