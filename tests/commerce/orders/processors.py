"""Processors that fail on purpose, around the sandbox's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ordergraph.commerce.payments.gateway import NotSent, OutcomeUnknown

Failure = Callable[[], BaseException]


class Failing:
    """Fails one call, before or after it had its effect; everything else is the sandbox's."""

    def __init__(self, inner: Any, call: str, failure: Failure, *, after: bool = False) -> None:
        self._inner = inner
        self._call = call
        self._failure = failure
        self._after = after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._failing(found) if name == self._call else found

    def _failing(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def fail(*arguments: Any) -> Any:
            if self._after:
                await call(*arguments)
            raise self._failure()

        return fail


class Slow:
    """Waits in one call until it is let go; `reached` says that somebody is waiting."""

    def __init__(self, inner: Any, call: str) -> None:
        self._inner = inner
        self._call = call
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name != self._call:
            return found

        async def wait(*arguments: Any) -> Any:
            self.reached.set()
            await self.go.wait()
            return await found(*arguments)

        return wait


class Overtaken:
    """Charges as the sandbox does, and lets somebody else settle it before its caller hears."""

    def __init__(self, inner: Any, settle: Callable[[Any, Any], Awaitable[None]]) -> None:
        self._inner = inner
        self._settle = settle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def charge(self, request: Any) -> Any:
        outcome = await self._inner.charge(request)
        await self._settle(request.key, outcome)
        return outcome


def dead() -> BaseException:
    """The process dies here: whoever waited for it never hears anything."""
    return asyncio.CancelledError()


def unreachable() -> BaseException:
    return NotSent("no route")


def silent() -> BaseException:
    return OutcomeUnknown("timeout")
