"""What is told of bundles: one event for each change that a client can see."""

from enum import StrEnum
from uuid import UUID

from ordergraph.core.events import Event

PREFIX = "bundle."
"""Begins the type of every bundle event in the log."""


class BundleEventType(StrEnum):
    """What happened to a bundle; a change of one of its components is one of the bundle."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"


def bundle_event(bundle_id: UUID, type: BundleEventType, version: int) -> Event:
    """Build the event of a change; `version` is the bundle's after it."""
    return Event(f"{PREFIX}{type.value}", bundle_id, {"version": version})
