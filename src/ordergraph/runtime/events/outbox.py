"""The outbox: a transaction's events become rows of the log in that same transaction (WHK-3)."""

from collections.abc import Callable

import orjson

from ordergraph.core.ids import new_id
from ordergraph.runtime.db.together import write
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.events.broadcast import Broadcast


async def write_events(tx: Transaction) -> None:
    """Write all events that the transaction told, in the order told, with its last statement."""
    if not tx.events:
        return
    events = [
        {
            "id": str(new_id()),
            "type": event.type,
            "subject_id": str(event.subject_id),
            "payload": dict(event.payload),
        }
        for event in tx.events
    ]
    tx.defer(
        _TOLD,
        {
            "told_events": orjson.dumps(events).decode(),
            "told_by": tx.actor.request_id,
            "told_at": tx.now,
        },
    )


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


_TOLD = write(
    "told_events",
    """
    INSERT INTO event_log
        (environment_id, id, type, subject_id, payload, request_id, occurred_at)
    SELECT CAST(:scope AS uuid), id, type, subject_id, payload,
           CAST(:told_by AS text), CAST(:told_at AS timestamptz)
    FROM jsonb_to_recordset(CAST(:told_events AS jsonb))
        AS told (id uuid, type text, subject_id uuid, payload jsonb)
    """,
)
