"""How several workers share the connections of one embedded Postgres."""

from ordergraph.runtime.db.cluster import MAX_CONNECTIONS
from ordergraph.runtime.settings import Settings

OTHERS = 20
"""Connections for commands, dumps and people."""
OWN = 8
"""What a worker holds beside its pool for transactions and the half as large one for reads."""


class TooManyWorkers(RuntimeError):
    """The embedded Postgres has no connections for so many; the message says what to do."""


def pool_share(settings: Settings) -> int:
    """Return the size of the pool of a worker, so that all fit while one is being renewed.

    A database of your own has the connections that you gave it: there the setting stands.
    """
    if settings.database_url is not None:
        return settings.pool_size
    share = (MAX_CONNECTIONS - OTHERS) // (settings.workers + 1)
    if share < OWN + 2:
        raise TooManyWorkers(
            f"{settings.workers} workers are too many for the {MAX_CONNECTIONS} connections of "
            "the embedded Postgres: start fewer, or set DATABASE_URL."
        )
    return min(settings.pool_size, max(1, (share - OWN) * 2 // 3))
