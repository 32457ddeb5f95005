"""Keeping documents up with the catalog, in the transactions that change it."""

from ordergraph.commerce.bundles import events as bundles
from ordergraph.commerce.catalog import events as products
from ordergraph.commerce.categories.events import CATEGORY_CHANGED, CATEGORY_DELETED
from ordergraph.commerce.merchants.events import SETTINGS_CHANGED
from ordergraph.commerce.search.documenting import write_documents
from ordergraph.commerce.search.reindexing import reindex_category_later, reindex_later
from ordergraph.core.events import Event
from ordergraph.runtime.db.transaction import Transaction


class Indexing:
    """Takes part in every transaction: what tells of products or bundles changes searches (SRC-5).

    Documents are written in the same transaction, all in one statement, and one that tells of none
    pays nothing. A category may have many members, and another language is one for all: jobs write
    these documents.
    """

    async def opened(self, tx: Transaction) -> None:
        """Nothing to do: what changes is told during the transaction."""

    async def closing(self, tx: Transaction) -> None:
        """Write the documents of what was told of."""
        if not tx.events:
            return
        changed = {
            event.subject_id
            for event in tx.events
            if event.type.startswith((products.PREFIX, bundles.PREFIX))
        }
        if changed:
            await write_documents(tx, changed)
        for category_id in {event.subject_id for event in tx.events if _renames(event)}:
            await reindex_category_later(tx, category_id)
        if any(_changes_language(event) for event in tx.events):
            await reindex_later(tx)

    def closed(self, tx: Transaction, *, committed: bool) -> None:
        """Nothing to do: documents go the way of their transaction."""


def _renames(event: Event) -> bool:
    is_old = event.type == CATEGORY_CHANGED and not event.payload.get("isNew")
    return is_old or event.type == CATEGORY_DELETED


def _changes_language(event: Event) -> bool:
    return event.type == SETTINGS_CHANGED and "searchLanguage" in event.payload["changed"]
