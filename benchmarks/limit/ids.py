"""Ids as clients see them: the same texts as the server's, by the server's own functions."""

from uuid import UUID

from ordergraph.core.ids import Prefix, encode, split

_PREFIXES = {prefix.value: prefix for prefix in Prefix}


def write(prefix: str, id: UUID) -> str:
    """Write an id."""
    return encode(_PREFIXES[prefix], id)


def read(text: str) -> UUID:
    """Read an id."""
    return split(text)[1]
