"""Numbering orders: from blocks leased to this process, so that no order waits for another."""

from __future__ import annotations

from collections import deque
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.orders.tables import OrderNumberRow
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Conflict

_FIRST = 1001
_BLOCK = 100
_LOW = 50


class Numbers:
    """Hands out order numbers, unique in an environment; gaps are allowed (ORD-28).

    A block is leased in a statement of its own, before the business transaction begins: creating
    an order locks no shared counter.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._free: dict[UUID, deque[int]] = {}

    async def prepare(self, environment_id: UUID) -> None:
        """Make sure that numbers are at hand for the transaction that follows."""
        free = self._free.setdefault(environment_id, deque())
        if len(free) < _LOW:
            free.extend(await self._lease(environment_id))

    def take(self, environment_id: UUID) -> str:
        """Return the next number; when a burst has used them all, the caller is to try again."""
        free = self._free.get(environment_id)
        if not free:
            raise Conflict()
        return str(free.popleft())

    async def _lease(self, environment_id: UUID) -> range:
        fresh = insert(OrderNumberRow).values(
            environment_id=environment_id, next_number=_FIRST + _BLOCK
        )
        statement = fresh.on_conflict_do_update(
            index_elements=[OrderNumberRow.environment_id],
            set_={"next_number": OrderNumberRow.next_number + _BLOCK},
        ).returning(OrderNumberRow.next_number)
        async with self._database.alone() as connection:
            end = int((await connection.execute(statement)).scalar_one())
        return range(end - _BLOCK, end)
