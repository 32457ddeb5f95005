"""Asking again and again whether a credential still opens, while events flow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog

StillValid = Callable[[], Awaitable[bool]]

_log = structlog.get_logger(__name__)


async def until_invalid(still_valid: StillValid, seconds: float) -> None:
    """Return when the credential no longer opens; a question that fails is asked again."""
    valid = True
    while valid:
        await asyncio.sleep(seconds)
        try:
            valid = await still_valid()
        except Exception as error:
            _log.warning("a credential could not be checked again", exc_info=error)


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have cleaned up."""
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    for task in waiting:
        with suppress(asyncio.CancelledError, Exception):
            await task
