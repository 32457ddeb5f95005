"""Looking the ledger of orders up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, func, select

from ordergraph.commerce.accounting.lifecycle import Account, PostingKind
from ordergraph.commerce.accounting.rules import FIELDS
from ordergraph.commerce.accounting.tables import PostingRow
from ordergraph.core.money import Money
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import Prepared, maker
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


@dataclass(frozen=True, slots=True)
class Entry:
    """What one account is debited (above 0) or credited."""

    account: Account
    amount: Money


@dataclass(frozen=True, slots=True)
class BookedPosting:
    """A movement as the ledger has it; amounts are minor units of `currency`."""

    id: UUID
    order_id: UUID
    kind: PostingKind
    order_version: int
    currency: str
    receivable_minor: int
    tender_minor: int
    refund_liability_minor: int
    sales_minor: int
    discount_minor: int
    tax_minor: int
    tip_minor: int
    fee_minor: int
    payment_id: UUID | None
    refund_id: UUID | None
    created_at: datetime

    @property
    def entries(self) -> list[Entry]:
        """The accounts that it moves, in their order."""
        every = ((account, getattr(self, name)) for account, name in FIELDS.items())
        return [Entry(account, Money(minor, self.currency)) for account, minor in every if minor]


async def posting_pages(
    reader: Reader, order_ids: Sequence[UUID], page: PageRequest, until: datetime | None = None
) -> Mapping[UUID, Page[BookedPosting]]:
    """Return one page of the ledger of each order, the oldest first, in one statement.

    Whoever is not the merchant sees nothing. `until` leaves out what was posted later.
    """
    pages = await _LEDGERS.pages(
        reader, "created_at", page, _open_to(reader, order_ids), _by_then(until)
    )
    return {
        id: Page([_posting(each) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def posting_counts(
    reader: Reader, order_ids: Sequence[UUID], until: datetime | None = None
) -> Mapping[UUID, int]:
    """Count the movements of each order, to one beyond the limit of counts."""
    return await _LEDGERS.counts(reader, _open_to(reader, order_ids), _by_then(until))


async def balances_by_orders(
    reader: Reader, order_ids: Sequence[UUID], until: datetime | None = None
) -> Mapping[UUID, list[Entry]]:
    """Return what the accounts of each order come to, those at 0 left out; they add up to 0."""
    found: dict[UUID, list[Entry]] = {id: [] for id in order_ids}
    values = {"orders": _open_to(reader, order_ids), "latest": until}
    for order_id, currency, *sums in await reader.fetch(_BALANCES, values):
        every = zip(Account, sums, strict=True)
        found[order_id] = [
            Entry(account, Money(int(minor), currency)) for account, minor in every if minor
        ]
    return found


def _open_to(reader: Reader, order_ids: Sequence[UUID]) -> Sequence[UUID]:
    return [] if reader.actor.is_buyer else order_ids


def _by_then(until: datetime | None) -> Mapping[str, datetime]:
    return {} if until is None else {"until": until}


_COLUMNS = columns_of(PostingRow, BookedPosting)
_posting = maker(BookedPosting, _COLUMNS)
_LEDGERS = Listing(
    select(*_COLUMNS).where(within(PostingRow)),
    PostingRow,
    {"created_at": PostingRow.created_at},
    {"until": PostingRow.created_at <= bindparam("until")},
    owner=PostingRow.order_id,
)
_LATEST = bindparam("latest", type_=DateTime(timezone=True))
_BALANCES = Prepared(
    select(
        PostingRow.order_id,
        PostingRow.currency,
        *(func.sum(getattr(PostingRow, name)) for name in FIELDS.values()),
    )
    .where(
        within(PostingRow),
        PostingRow.order_id == any_(bindparam("orders", type_=ARRAY(Uuid))),
        PostingRow.created_at <= func.coalesce(_LATEST, PostingRow.created_at),
    )
    .group_by(PostingRow.order_id, PostingRow.currency)
)
