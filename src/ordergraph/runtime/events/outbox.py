"""The outbox: a transaction's events become rows of the log in that same transaction (WHK-3)."""

from collections.abc import Callable
from typing import Any

from ordergraph.core.events import Event
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.events.broadcast import Broadcast
from ordergraph.runtime.events.tables import EventRow


async def write_events(tx: Transaction) -> None:
    """Write all events that the transaction told, in the order told, with one statement."""
    await tx.add(EventRow, *(_row(tx, event) for event in tx.events))


def _row(tx: Transaction, event: Event) -> dict[str, Any]:
    return {
        "id": new_id(),
        "type": event.type,
        "subject_id": event.subject_id,
        "payload": dict(event.payload),
        "request_id": tx.actor.request_id,
        "occurred_at": tx.now,
    }


class Outbox:
    """Takes part in every transaction: writes its events; after commit, has processes told."""

    def __init__(self, wake: Callable[[], None], broadcast: Broadcast) -> None:
        self._wake = wake
        self._broadcast = broadcast

    async def opened(self, tx: Transaction) -> None:
        """Nothing to do: events are told during the transaction."""

    async def closing(self, tx: Transaction) -> None:
        """Write the events, last of all."""
        await write_events(tx)

    def closed(self, tx: Transaction, *, committed: bool) -> None:
        """Wake the sequencer and send the announcements of a transaction that holds."""
        if not committed:
            return
        if tx.events:
            self._wake()
        for topic, message in tx.announcements:
            self._broadcast.announce(topic, message)
