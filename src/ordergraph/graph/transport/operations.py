"""One operation on a socket, from its first message to its last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Generic

import structlog
from graphql import OperationType

from ordergraph.graph import masking
from ordergraph.graph.execution.documents import InvalidDocument
from ordergraph.graph.execution.engine import Answer
from ordergraph.graph.transport.application import I
from ordergraph.graph.transport.asgi import encoded, new_request_id
from ordergraph.graph.transport.hub import Asked, Group, Hub
from ordergraph.graph.transport.messages import beginning, written
from ordergraph.graph.transport.outlet import Outlet
from ordergraph.graph.transport.preparing import prepare
from ordergraph.graph.transport.requests import read_request
from ordergraph.runtime.events.live import Live


class Operations(Generic[I]):
    """The operations of one socket, by their ids."""

    def __init__(self, hub: Hub[I], identity: I, outlet: Outlet) -> None:
        self.hub = hub
        self.identity = identity
        self.outlet = outlet
        self._running: dict[str, SocketOperation[I]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __contains__(self, id: str) -> bool:
        return id in self._running

    def start(self, id: str, payload: Mapping[str, Any]) -> None:
        """Begin an operation."""
        self._running[id] = SocketOperation(self, id, payload)

    def cancel(self, id: str) -> None:
        """End an operation of which nothing more is wanted."""
        operation = self._running.pop(id, None)
        if operation is not None:
            operation.cancel()

    def ended(self, id: str, operation: SocketOperation[I]) -> None:
        """Free the id of an operation that has ended."""
        if self._running.get(id) is operation:
            del self._running[id]

    async def close(self) -> None:
        """End all, and wait until they have cleaned up."""
        running, self._running = self._running, {}
        tasks = [operation.cancel() for operation in running.values()]
        await asyncio.gather(*tasks, return_exceptions=True)

    def cursor(self) -> str | None:
        """Return the cursor from which every live subscription loses nothing; None without any."""
        live = [each for each in self._running.values() if each.live is not None]
        if not live:
            return None
        last = min(live, key=lambda each: each.reached())
        assert last.live is not None
        return last.live.feed.cursor(last.reached())


class SocketOperation(Generic[I]):
    """One operation: a task while it has something to do of its own, else a seat in a group."""

    __slots__ = (
        "_answers",
        "_asked",
        "_id",
        "_operations",
        "_prefix",
        "_request_id",
        "_task",
        "group",
        "live",
        "position",
    )

    def __init__(self, operations: Operations[I], id: str, payload: Mapping[str, Any]) -> None:
        self.group: Group[I] | None = None
        self.live: Live | None = None
        self.position = 0
        self._operations = operations
        self._id = id
        self._prefix = beginning("next", id)
        self._request_id = new_request_id()
        self._asked: Asked[I] | None = None
        self._answers: AsyncGenerator[Answer | Live] | None = None
        self._task = asyncio.create_task(self._run(payload))

    def push(self, payload: str, position: int) -> None:
        """Send an answer that was made for the whole group."""
        if self._operations.outlet.push(f"{self._prefix}{payload}}}", self, position):
            self.position = position

    def released(self, cursor: str, error: Exception | None) -> None:
        """Go on alone: the group has ended."""
        assert self.live is not None
        self.live.overflow = cursor
        self._task = asyncio.create_task(self._run(error=error))

    def cancel(self) -> asyncio.Task[None]:
        """Stop; returns the task that cleans up."""
        self._operations.outlet.drop(self)
        if self.group is None:
            self._task.cancel()
        else:
            self.group.remove(self)
            self._task = asyncio.create_task(self._close())
        return self._task

    def reached(self) -> int:
        """Return the position up to which its events were handed to the connection."""
        unsent = self._operations.outlet.unsent(self)
        return self.position if unsent is None else unsent - 1

    async def _run(
        self, payload: Mapping[str, Any] | None = None, error: Exception | None = None
    ) -> None:
        last = written("complete", self._id)
        with structlog.contextvars.bound_contextvars(request_id=self._request_id):
            try:
                if error is not None:
                    raise error
                if payload is not None:
                    await self._begin(payload)
                if await self._follow():
                    return
            except InvalidDocument as invalid:
                shown = masking.refused(invalid.errors, self._request_id)
                last = written("error", self._id, shown)
            except Exception as stopped:
                last = written("error", self._id, masking.stopped(stopped, self._request_id))
            finally:
                if self.group is None:
                    await self._close()
        self._operations.ended(self._id, self)
        await self._operations.outlet.say(last)

    async def _begin(self, payload: Mapping[str, Any]) -> None:
        """Run a query or mutation to its end, or open a subscription."""
        hub, identity = self._operations.hub, self._operations.identity
        request = read_request(payload)
        prepared = await prepare(hub.engine, hub.application, identity, request)
        context = hub.application.context(identity, self._request_id, None)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            answer = await hub.engine.run_to_its_end(prepared, context, self._request_id)
            return await self._tell(answer, 0)
        self._asked = Asked(identity, prepared, request.variables, context, self._request_id)
        self._answers = hub.engine.follow(prepared, context, self._request_id)

    async def _follow(self) -> bool:
        """Tell the answers of a subscription; True when a group tells them from now on."""
        if self._asked is None or self._answers is None:
            return False
        live = await self._operations.hub.pursue(self._asked, self._answers, self, self._tell)
        self.live = live
        return live is not None

    async def _tell(self, answer: Answer, position: int) -> None:
        text = f"{self._prefix}{encoded(answer).decode()}}}"
        await self._operations.outlet.say(text, self, position)

    async def _close(self) -> None:
        if self._answers is not None:
            await self._answers.aclose()
