"""What is told of an environment: that its settings changed."""

from collections.abc import Sequence
from uuid import UUID

from ordergraph.core.events import Event

SETTINGS_CHANGED = "settings.CHANGED"


def settings_changed(environment_id: UUID, names: Sequence[str]) -> Event:
    """Build the event of changed settings; `names` says which, as clients know them."""
    return Event(SETTINGS_CHANGED, environment_id, {"changed": list(names)})
