"""What is told of modifier sets."""

from uuid import UUID

from ordergraph.core.events import Event

MODIFIER_SET_CHANGED = "modifiers.CHANGED"


def modifier_set_changed(set_id: UUID, version: int) -> Event:
    """Build the event of a set that was made, changed or retired; `version` is that after it."""
    return Event(MODIFIER_SET_CHANGED, set_id, {"version": version})
