"""What is told of products: one event for each change that a client can see."""

from enum import StrEnum
from uuid import UUID

from ordergraph.core.events import Event

PREFIX = "product."
"""Begins the type of every product event in the log."""


class ProductEventType(StrEnum):
    """What happened to a product; a change of one of its variants is one of the product."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"


def product_event(product_id: UUID, type: ProductEventType, version: int) -> Event:
    """Build the event of a change; `version` is the product's after it."""
    return Event(f"{PREFIX}{type.value}", product_id, {"version": version})
