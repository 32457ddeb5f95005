"""Taking a refund back, or the part of it that did not go back to its payments (REF-30)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ordergraph.commerce.accounting import rules as accounting
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.refunds.reads import PaymentRefund, Refund
from ordergraph.commerce.refunds.reversing import (
    count_given_back,
    read,
    reverse,
    reverse_taxes,
    standing_taxes,
    stored,
    taxes_of,
)
from ordergraph.core.failing import failed_part
from ordergraph.core.untaxing import TaxReversal, split_taxes
from ordergraph.runtime.db.transaction import Transaction


def take_back(tx: Transaction, order: Order, refund: Refund, legs: Sequence[PaymentRefund]) -> None:
    """Undo what a refund undid for the payments that did not take it, and count it as paid again.

    Each payment gets back exactly what was counted as given back of it; of the sale comes back the
    part that `failed_part` says, all that stands when nothing is left of the refund. Units that
    came back to the shelf stay there (REF-21).
    """
    failed = sum(leg.amount_minor for leg in legs)
    accepted = read(refund.reversal)
    standing = accepted.minus(read(refund.taken_back))
    part = failed_part(standing, failed)
    taxes = split_taxes(part, standing_taxes(refund.reversal, refund.taken_back))
    reverse(order, part, sign=-1)
    reverse_taxes(order, taxes, sign=-1)
    for leg in legs:
        count_given_back(order, leg.payment_id, -leg.amount_minor)
    ledger.take_back(tx, {leg.payment_id: leg.amount_minor for leg in legs})
    order.postings.append(accounting.refund_failed(refund.id, part))
    refund.failed_minor += failed
    taken = accepted.minus(standing.minus(part))
    refund.taken_back = stored(taken, _together(taxes_of(refund.taken_back), taxes))


def _together(before: Sequence[TaxReversal], now: Sequence[TaxReversal]) -> Sequence[TaxReversal]:
    """Add up what was taken back of each tax."""
    found = {tax.id: tax for tax in before}
    for tax in now:
        known = found.get(tax.id, TaxReversal(tax.id))
        shares: dict[UUID, int] = dict(known.shares)
        for id, minor in tax.shares:
            shares[id] = shares.get(id, 0) + minor
        found[tax.id] = TaxReversal(tax.id, tuple(shares.items()), known.flat + tax.flat)
    return list(found.values())
