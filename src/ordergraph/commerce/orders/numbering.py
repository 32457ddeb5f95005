"""Numbering orders: from blocks leased to this process, so that no order waits for another."""

from __future__ import annotations

from asyncio import Lock, Task, current_task
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakSet

from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.orders.tables import OrderNumberRow
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Conflict

_FIRST = 1001
_BLOCK = 100
_LOW = 50


@dataclass(slots=True)
class _Shelf:
    """The numbers at hand for one environment, and who counts on one of them."""

    free: deque[int] = field(default_factory=deque[int])
    counting_on_one: WeakSet[Task[Any]] = field(default_factory=WeakSet[Task[Any]])
    leasing: Lock = field(default_factory=Lock)

    @property
    def is_low(self) -> bool:
        return len(self.free) < max(_LOW, len(self.counting_on_one))


class Numbers:
    """Hands out order numbers, unique in an environment; gaps are allowed (ORD-28).

    A block is leased in a statement of its own, before the business transaction begins: creating
    an order locks no shared counter.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shelves: dict[UUID, _Shelf] = {}

    async def prepare(self, environment_id: UUID) -> None:
        """Make sure that a number is at hand for the transaction of this task that follows.

        However many prepare at once, there is one for each of them until it is taken or its task
        has ended.
        """
        shelf = self._shelves.setdefault(environment_id, _Shelf())
        task = current_task()
        if task is not None:
            shelf.counting_on_one.add(task)
        if shelf.is_low:
            async with shelf.leasing:
                while shelf.is_low:
                    shelf.free.extend(await self._lease(environment_id))

    def take(self, environment_id: UUID) -> str:
        """Return the next number, for a task that has prepared; without that, perhaps none."""
        shelf = self._shelves.get(environment_id)
        if shelf is None or not shelf.free:
            raise Conflict()
        task = current_task()
        if task is not None:
            shelf.counting_on_one.discard(task)
        return str(shelf.free.popleft())

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
