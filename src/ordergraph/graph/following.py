"""Following the log of an environment: what the subscriptions of all rooms have in common."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import strawberry

from ordergraph.core.problems import OverflowProblem
from ordergraph.graph.context import Context
from ordergraph.runtime.events.live import Feed, Live
from ordergraph.runtime.events.log import LogEvent

Resume = Annotated[
    str | None,
    strawberry.argument(description="The cursor of the last event that was seen."),
]
Show = Callable[[LogEvent], Any]
"""Turns an event into what is told of it, or None where nothing is."""


def feed_of(context: Context, subject_id: UUID | None, show: Show) -> Feed:
    """Return what is told of the caller's environment, or of one subject in it."""
    return Feed(context.services.following, context.actor.environment_id, subject_id, show)


async def resumed(context: Context, after: str) -> int:
    """Return the position of a cursor; one that no longer works is `CURSOR_EXPIRED`."""
    log = context.services.following.log
    return await log.resume(context.actor.environment_id, after, "after")


async def followed(live: Live) -> AsyncGenerator[Any]:
    """Yield what is told up to now, then the live end; returns when that has ended."""
    async with aclosing(live.catch_up()) as missed:
        async for told in missed:
            yield told
    yield live


async def every_event(context: Context, after: str | None, show: Show) -> AsyncGenerator[Any]:
    """Yield every event that is shown, once and in order: behind `after`, else live ones only.

    Whoever follows all of them loses nothing silently: one that falls too far behind ends with
    `OverflowProblem`, which tells the cursor to go on from.
    """
    feed = feed_of(context, None, show)
    if after is None:
        log = context.services.following.log
        position, told_before = await log.start(context.actor.environment_id)
        live = Live(feed, position, context.forget)
        async with aclosing(live.skip(told_before)) as beside:
            async for told in beside:
                yield told
    else:
        live = Live(feed, await resumed(context, after), context.forget)
    async for told in followed(live):
        yield told
    raise OverflowProblem(live.overflow)
