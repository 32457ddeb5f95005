"""Sparse inputs: what a client did not send, as the business knows it (UPD-1)."""

from typing import TypeVar

import strawberry

from ordergraph.core.sparse import OMITTED, Omitted

T = TypeVar("T")


def sent(value: T) -> T | Omitted:
    """Return what was sent for an optional input field, null included, or `OMITTED`."""
    return OMITTED if value is strawberry.UNSET else value
