"""The concrete parts that resolvers need; the composition root chooses them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.payments.reads import Attempt
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.events.following import LogFollowing


@dataclass(slots=True)
class Services:
    """What stands behind the schema, one for a process.

    `secret` seals cursors of lists. `nudge` tells the reconciler of payments when to look.
    """

    database: Database
    orders: Orders
    following: LogFollowing
    secret: bytes
    nudge: Callable[[datetime], None]

    def paid(self, attempt: Attempt | None) -> None:
        """Have an attempt that is still active looked after when its time comes."""
        if attempt is not None and attempt.is_active:
            self.nudge(attempt.lease_until)
