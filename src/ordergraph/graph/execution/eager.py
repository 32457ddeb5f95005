"""Running a coroutine as far as it gets without waiting."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Done(Generic[T]):
    """What was there at once."""

    value: T


def begin(awaitable: Awaitable[T]) -> Done[T] | Awaitable[T]:
    """Return what is there without waiting, else what is to be awaited in its place, at once.

    It is what most of the time does not wait at all that gains by this: nothing has to be
    prepared for the case that it takes too long.
    """
    running: Any = awaitable
    if running.__class__ is not types.CoroutineType:
        return awaitable
    try:
        waiting = running.send(None)
    except StopIteration as end:
        return Done(end.value)
    return _rest(running, waiting)


@types.coroutine
def _rest(running: Coroutine[Any, None, T], waiting: Any) -> Generator[Any, None, T]:
    """Go on with a coroutine that is waiting already."""
    while True:
        try:
            yield waiting
        except BaseException as error:
            try:
                waiting = running.throw(error)
            except StopIteration as end:
                return end.value
        else:
            return (yield from running.__await__())
