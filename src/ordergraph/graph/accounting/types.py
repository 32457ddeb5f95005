"""The ledger of an order as merchants see it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from ordergraph.commerce.accounting import reads
from ordergraph.commerce.accounting.lifecycle import Account, PostingKind
from ordergraph.commerce.payments.reads import payments_by_ids
from ordergraph.commerce.refunds.reads import refunds_by_ids
from ordergraph.core.ids import Prefix
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import identified
from ordergraph.graph.money import DateTime, Money
from ordergraph.graph.payments.types import Payment

if TYPE_CHECKING:
    from ordergraph.graph.refunds.types import Refund

READ = "payments.payment_intents.read"
"""Who may see the ledger: merchants who see payments; browsers never have this scope."""

shown(
    Account,
    "Where money of an order stands.",
    {
        Account.RECEIVABLE: "What the buyer owes for the order.",
        Account.TENDER: "Money that was collected and not given back.",
        Account.REFUND_LIABILITY: "Refunds that were accepted and are not back yet.",
        Account.SALES: "What was earned with lines, the taxes inside their prices left out.",
        Account.DISCOUNT: "What discounts took off.",
        Account.TAX: "Taxes owed to the state, those inside prices too.",
        Account.TIP: "Tips.",
        Account.FEE: "What was earned with charges, the taxes inside them left out.",
    },
    name="LedgerAccount",
)

shown(
    PostingKind,
    "Why money of an order moved between its accounts. Values may be added.",
    {
        PostingKind.SALE: "The order was placed, or what it comes to changed afterwards.",
        PostingKind.VOID: "The order was closed without ever having been paid.",
        PostingKind.PAYMENT: "Money was collected.",
        PostingKind.REFUND: "A refund was accepted.",
        PostingKind.REFUND_SENT: "Money of a refund is back.",
        PostingKind.REFUND_FAILED: "Money of a refund did not go back.",
    },
    name="LedgerTransactionType",
)


@strawberry.type(description="What one account of an order is debited or credited.")
class LedgerEntry:
    account: Account = strawberry.field(description="The account.")
    amount: Money = strawberry.field(description="A debit, or a credit below zero.")


def _type(root: strawberry.Parent[reads.BookedPosting]) -> PostingKind:
    return root.kind


def _version(root: strawberry.Parent[reads.BookedPosting]) -> int:
    return root.order_version


@strawberry.type(
    description="One movement of an order's money. Its entries add up to zero and never change."
)
class LedgerTransaction:
    id: strawberry.ID = identified(Prefix.LEDGER_TRANSACTION)
    posted_as: PostingKind = strawberry.field(
        name="type", resolver=_type, description="Why it was posted."
    )
    entries: list[LedgerEntry] = strawberry.field(
        description="The accounts that it moves, at most eight."
    )
    version: int = strawberry.field(
        resolver=_version, description="The version of the order that it came with."
    )
    created_at: DateTime = strawberry.field(description="When it was posted.")

    @scoped(READ, description="The payment that it is about.")
    def payment(self, root: strawberry.Parent[reads.BookedPosting], info: Info) -> Payment | None:
        if root.payment_id is None:
            return None
        return info.context.take(payments_by_ids, root.payment_id)  # pyright: ignore[reportReturnType]

    @scoped("commerce.refunds.read", description="The refund that it is about.")
    def refund(
        self, root: strawberry.Parent[reads.BookedPosting], info: Info
    ) -> Annotated["Refund", strawberry.lazy("ordergraph.graph.refunds.types")] | None:
        if root.refund_id is None:
            return None
        return info.context.take(refunds_by_ids, root.refund_id)  # pyright: ignore[reportReturnType]


def moment(posting: reads.BookedPosting) -> tuple[datetime, UUID]:
    """Return where a movement stands in the ledger of its order."""
    return posting.created_at, posting.id
