"""The rows of the ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.accounting.lifecycle import Account, PostingKind
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of

_SUM = " + ".join(f"{account.value.lower()}_minor" for account in Account)


class PostingRow(TenantRow):
    """One movement of an order's money: an entry for each account, which add up to nothing.

    A row has all entries of its movement, so that the database itself refuses one that does not
    balance. Debits are positive. Rows are never changed.
    """

    __tablename__ = "ledger_postings"

    order_id: Mapped[UUID]
    kind: Mapped[PostingKind] = mapped_column(one_of(PostingKind, "kind"))
    order_version: Mapped[int]
    currency: Mapped[str]
    receivable_minor: Mapped[int]
    tender_minor: Mapped[int]
    refund_liability_minor: Mapped[int]
    sales_minor: Mapped[int]
    discount_minor: Mapped[int]
    tax_minor: Mapped[int]
    tip_minor: Mapped[int]
    fee_minor: Mapped[int]
    payment_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("orders", "order_id", ondelete="CASCADE"),
        CheckConstraint(f"{_SUM} = 0", name="balanced"),
        Index("ix_ledger_postings_order", "environment_id", "order_id", "created_at", "id"),
    )
