"""The push hub: whoever asks the same with the same rights gets one answer, made once."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol

from graphql import FieldNode, VariableNode

from ordergraph.graph.execution.documents import Operation
from ordergraph.graph.execution.engine import Answer, Engine, Prepared
from ordergraph.graph.transport.application import Application, I
from ordergraph.graph.transport.asgi import encoded, new_request_id
from ordergraph.runtime.events.following import Overflow
from ordergraph.runtime.events.live import Feed, Live
from ordergraph.runtime.events.log import LogEvent

AT_ONCE = 128
"""How many connections are written to before others have their turn."""

RESUME = "after"
"""The argument of a subscription's root field that only says where it begins."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[I]):
    """One subscription: who asks for what, and the context in which it runs by itself."""

    identity: I
    prepared: Prepared
    variables: Mapping[str, Any]
    context: Any
    request_id: str


class Seat(Protocol):
    """A follower's place in a group.

    `position` is that of the last event it got. `push` may not wait. `released` is called when
    the group ends, with the cursor to go on from or with what went wrong.
    """

    group: Group[Any] | None
    position: int

    def push(self, payload: str, position: int) -> None: ...
    def released(self, cursor: str, error: Exception | None) -> None: ...


class _Key(NamedTuple):
    text: str
    operation: str | None
    variables: str
    audience: Hashable


class Hub(Generic[I]):
    """Groups the live subscriptions of one process."""

    def __init__(self, engine: Engine, application: Application[I]) -> None:
        self.engine = engine
        self.application = application
        self._groups: dict[_Key, Group[I]] = {}

    async def pursue(
        self,
        asked: Asked[I],
        answers: AsyncGenerator[Answer | Live],
        seat: Seat,
        tell: Callable[[Answer, int], Awaitable[None]],
    ) -> Live | None:
        """Tell the answers of a subscription until it ends, or until `seat` has joined a group.

        Returns the place from which it has joined: when the group ends, pursue it again. What is
        told here is told to this follower alone, with the position it has reached in the log.
        """
        async for answer in answers:
            if not isinstance(answer, Live):
                await tell(answer, 0)
                continue
            while not self._join(asked, answer, seat):
                await self._catch_up(asked, answer, tell)
            return answer
        return None

    def _join(self, asked: Asked[I], live: Live, seat: Seat) -> bool:
        """Seat a follower, unless its group has told what the follower has not got yet."""
        key = self._key(asked)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(self, key, asked, live.feed, live.position)
        elif live.position < group.position:
            return False
        seat.position = live.position
        group.add(seat)
        return True

    async def _catch_up(
        self, asked: Asked[I], live: Live, tell: Callable[[Answer, int], Awaitable[None]]
    ) -> None:
        async with aclosing(live.catch_up()) as missed:
            async for shown in missed:
                answer = await self.engine.tell(
                    asked.prepared, shown, asked.context, asked.request_id
                )
                await tell(answer, live.position)

    def _key(self, asked: Asked[I]) -> _Key:
        operation = asked.prepared.operation
        where_it_begins = _resuming_variable(operation)
        variables = {n: v for n, v in asked.variables.items() if n != where_it_begins}
        return _Key(
            operation.document.text,
            operation.name,
            json.dumps(variables, sort_keys=True),
            self.application.audience(asked.identity),
        )

    def forget(self, group: Group[I]) -> None:
        """Let nobody join a group any more."""
        if self._groups.get(group.key) is group:
            del self._groups[group.key]


class Group(Generic[I]):
    """Those who follow one feed with one operation, and the task that serves them all.

    `position` is that of the last event it has told.
    """

    def __init__(self, hub: Hub[I], key: _Key, asked: Asked[I], feed: Feed, position: int) -> None:
        self.key = key
        self.position = position
        self._hub = hub
        self._identity = asked.identity
        self._prepared = asked.prepared
        self._feed = feed
        self._request_id = new_request_id()
        self._seats: dict[Seat, None] = {}
        self._executing = False
        self._task = asyncio.create_task(self._serve(), name="push group")

    def add(self, seat: Seat) -> None:
        """Seat a follower that has got everything up to the group's position."""
        seat.group = self
        self._seats[seat] = None

    def remove(self, seat: Seat) -> None:
        """Let a follower go; the last one closes the group."""
        seat.group = None
        self._seats.pop(seat, None)
        if not self._seats:
            self._hub.forget(self)
            if not self._executing:
                self._task.cancel()

    async def _serve(self) -> None:
        cursor, failure = "", None
        try:
            async with aclosing(self._feed.follow(self.position)) as events:
                async for event in events:
                    if isinstance(event, Overflow):
                        cursor = event.cursor
                        break
                    await self._tell(event)
                    if not self._seats:
                        return
        except Exception as error:
            failure = error
        self._hub.forget(self)
        seats, self._seats = self._seats, {}
        for seat in seats:
            seat.group = None
            seat.released(cursor, failure)

    async def _tell(self, event: LogEvent) -> None:
        """Run the operation on an event and hand the answer to everybody who has not got it."""
        shown = self._feed.show(event)
        if shown is None:
            self.position = event.position
            return
        hub = self._hub
        context = hub.application.context(self._identity, self._request_id, None)
        self._executing = True
        try:
            answer = await hub.engine.tell(self._prepared, shown, context, self._request_id)
        finally:
            self._executing = False
        payload = encoded(answer).decode()
        self.position = event.position
        await self._fan_out(payload, event.position)

    async def _fan_out(self, payload: str, position: int) -> None:
        seats = list(self._seats)
        for start in range(0, len(seats), AT_ONCE):
            for seat in seats[start : start + AT_ONCE]:
                if seat.group is self and seat.position < position:
                    seat.push(payload, position)
            # What was written leaves at the end of a turn, and others get theirs.
            await asyncio.sleep(0)


def _resuming_variable(operation: Operation) -> str | None:
    """Return the variable that only says where the subscription begins."""
    root = operation.node.selection_set.selections[0]
    if isinstance(root, FieldNode):
        for argument in root.arguments or ():
            if argument.name.value == RESUME and isinstance(argument.value, VariableNode):
                name = argument.value.name.value
                # Declared once and used once; whatever else it is used for decides the answer.
                uses = re.findall(rf"\${name}\b", operation.document.text)
                return name if len(uses) == 2 else None
    return None
