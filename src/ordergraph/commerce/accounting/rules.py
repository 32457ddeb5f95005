"""What moves between the accounts of an order: one posting for each movement, in balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ordergraph.commerce.accounting.lifecycle import Account, PostingKind
from ordergraph.core.amounts import OrderAmounts
from ordergraph.core.sales import Reversal


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement: what each account is debited (above 0) or credited, in minor units.

    The entries add up to 0 (LED-1); `payment_id` and `refund_id` name what moved the money.
    """

    kind: PostingKind
    receivable_minor: int = 0
    tender_minor: int = 0
    refund_liability_minor: int = 0
    sales_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    tip_minor: int = 0
    fee_minor: int = 0
    payment_id: UUID | None = None
    refund_id: UUID | None = None

    def of(self, account: Account) -> int:
        """Return what `account` is debited, in minor units; a credit is negative."""
        minor: int = getattr(self, FIELDS[account])
        return minor

    @property
    def is_empty(self) -> bool:
        """Whether nothing moves."""
        return not any(self.of(account) for account in Account)


FIELDS = {account: f"{account.value.lower()}_minor" for account in Account}
"""The field of a posting for each account, which is its column too."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What is booked of a sale: its figures, and how much of the included tax is of charges."""

    amounts: OrderAmounts
    included_in_charges: int

    def minus(self, other: Booked) -> Booked:
        """Subtract figure by figure."""
        return Booked(
            self.amounts.minus(other.amounts), self.included_in_charges - other.included_in_charges
        )


NOTHING = Booked(OrderAmounts(), 0)


def sale(before: Booked, after: Booked, kind: PostingKind = PostingKind.SALE) -> Posting:
    """Post the change of what a placed order comes to: due from the buyer, earned by what was sold.

    Tax that prices include is owed to the state like any other, so it is no part of sales or
    fees (LED-2).
    """
    change = after.minus(before)
    amounts = change.amounts
    return Posting(
        kind,
        receivable_minor=amounts.total,
        discount_minor=amounts.discount,
        sales_minor=-(amounts.subtotal - amounts.included_tax + change.included_in_charges),
        fee_minor=-(amounts.charge - change.included_in_charges),
        tax_minor=-amounts.tax,
        tip_minor=-amounts.tip,
    )


def payment(payment_id: UUID, minor: int) -> Posting:
    """Post money that was received: it is in hand, and no longer due (LED-4)."""
    return Posting(
        PostingKind.PAYMENT, receivable_minor=-minor, tender_minor=minor, payment_id=payment_id
    )


def refund(refund_id: UUID, reversal: Reversal) -> Posting:
    """Post a refund that was accepted: the sale is undone by it, and its money owed (LED-5).

    What only gives a payment back is due again.
    """
    undone = sale(_booked(reversal), NOTHING)
    return replace(
        undone,
        kind=PostingKind.REFUND,
        receivable_minor=reversal.returned,
        refund_liability_minor=-reversal.money,
        refund_id=refund_id,
    )


def refund_sent(refund_id: UUID, payment_id: UUID, minor: int) -> Posting:
    """Post money of a refund that went back to where a payment came from: no longer owed."""
    return Posting(
        PostingKind.REFUND_SENT,
        refund_liability_minor=minor,
        tender_minor=-minor,
        payment_id=payment_id,
        refund_id=refund_id,
    )


def refund_failed(refund_id: UUID, reversal: Reversal) -> Posting:
    """Post that a refund, or the part of one that `reversal` has, did not go back (REF-30)."""
    accepted = refund(refund_id, reversal)
    taken_back = {name: -getattr(accepted, name) for name in FIELDS.values()}
    return replace(accepted, kind=PostingKind.REFUND_FAILED, **taken_back)


def balances(postings: Sequence[Posting]) -> dict[Account, int]:
    """Return what every account comes to, in minor units; all together are 0."""
    return {account: sum(each.of(account) for each in postings) for account in Account}


def _booked(reversal: Reversal) -> Booked:
    return Booked(reversal.amounts, sum(charge.included_tax for charge in reversal.charges))
