"""What is told of audits: that the figures of an environment do not agree any more."""

from collections.abc import Mapping
from uuid import UUID

from ordergraph.core.events import Event

DRIFT = "audit.DRIFT"


def drift(environment_id: UUID, found: Mapping[str, int]) -> Event:
    """Build the event of an audit that found something else than the one before; `found` counts
    violations by check."""
    return Event(DRIFT, environment_id, {"violations": dict(found)})
