"""What one caller may ask for at once; every number is a setting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of requests, documents and sockets.

    Aliases, introspections and root mutations are counted with every fragment written out, as the
    executor would meet them; `arguments` counts everything with a colon: arguments, variables,
    members of objects, aliases. Cost is 1 for an object and 20 for a proof, times the page size
    of a connection or the typical size of a list. A kept document takes about 200 bytes of memory
    for each of its characters. `queued_...` is what waits for one connection that does not take
    its events, a character counted as a byte: what is beyond closes it.
    """

    body_bytes: int = 256 * 1024
    frame_bytes: int = 256 * 1024
    body_seconds: float = 20.0

    document_bytes: int = 64 * 1024
    tokens: int = 5_000
    operations: int = 50
    selections: int = 2_000
    directives: int = 50
    arguments: int = 1_000
    depth: int = 12
    introspection_depth: int = 20
    introspections: int = 2
    aliases: int = 50
    root_mutations: int = 5
    cost: int = 10_000

    page_size: int = 20
    largest_page: int = 100
    list_size: int = 10

    query_seconds: float = 30.0
    cached_characters: int = 500_000

    init_seconds: float = 5.0
    close_seconds: float = 10.0
    recheck_seconds: float = 2.0
    socket_operations: int = 32
    keep_alive_seconds: float = 12.0
    queued_messages: int = 1_000
    queued_bytes: int = 1024 * 1024
