"""Asking again and again whether credentials still open: once for each, however many use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from typing import Any, Generic

import structlog

from ordergraph.graph.transport.application import Application, I

_AT_ONCE = 1_000
_log = structlog.get_logger(__name__)

End = Callable[[], None]


class _Watched(Generic[I]):
    """One credential and what ends with it."""

    __slots__ = ("ends", "identity")

    def __init__(self, identity: I) -> None:
        self.identity = identity
        self.ends: dict[object, End] = {}


class Rechecking(Generic[I]):
    """Watches the credentials of one process; nothing runs while none is watched."""

    def __init__(self, application: Application[I], seconds: float) -> None:
        self._application = application
        self._seconds = seconds
        self._watched: dict[Hashable, _Watched[I]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None

    def watch(self, identity: I, end: End) -> Callable[[], None]:
        """Have `end` called when the credential no longer opens; returns how to stop watching."""
        credential = self._application.credential(identity)
        watched = self._watched.setdefault(credential, _Watched(identity))
        one = object()
        watched.ends[one] = end
        if self._timer is None and self._asking is None:
            self._wait()

        def unwatch() -> None:
            watched.ends.pop(one, None)
            if not watched.ends and self._watched.get(credential) is watched:
                del self._watched[credential]
            if not self._watched and self._timer is not None:
                self._timer.cancel()
                self._timer = None

        return unwatch

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._asking = asyncio.create_task(self._ask_all(), name="rechecking credentials")

    async def _ask_all(self) -> None:
        try:
            everybody = list(self._watched.values())
            for start in range(0, len(everybody), _AT_ONCE):
                await self._ask(everybody[start : start + _AT_ONCE])
        finally:
            self._asking = None
            if self._watched:
                self._wait()

    async def _ask(self, some: list[_Watched[I]]) -> None:
        """Ask for some and end those that are not valid; a question that fails is asked again."""
        try:
            valid = await self._application.still_valid([each.identity for each in some])
        except Exception as error:
            _log.warning("credentials could not be checked again", exc_info=error)
            return
        for watched, still in zip(some, valid, strict=True):
            if not still:
                for end in list(watched.ends.values()):
                    end()


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have cleaned up."""
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    for task in waiting:
        with suppress(asyncio.CancelledError, Exception):
            await task
